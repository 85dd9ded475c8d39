"""The redactor: what it finds, and what it leaves alone."""

from __future__ import annotations

import base64
import cProfile
import html
import json
import warnings
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_oauthcc.core.keys import ClientKey
from pytest_oauthcc.live import canary
from pytest_oauthcc.live.canary import leaks_in, scan_files
from pytest_oauthcc.live.redaction import Redactor
from pytest_oauthcc.live.reports import RedactingFile, redact_object, redact_report, redact_warning
from pytest_oauthcc.masking import mask

SECRETS = ["plain-s3cr3t", "p+l%u/s= &<\"'>", "back\\slash\\n", "zwei\nZeilen!", "ümläut-€-𝄞", "a.b_c~d", "tab\tulator"]


def xml(text):
    return "".join(f"&#x{ord(char):X};" if not char.isalnum() else char for char in text)


ENCODINGS = {
    "raw": str,
    "quote": lambda text: quote(text, safe=""),
    "quote_plus": quote_plus,
    "quote_twice": lambda text: quote(quote(text, safe=""), safe=""),
    "lower_quote": lambda text: "".join(
        f"%{byte:02x}" if byte > 127 or not chr(byte).isalnum() else chr(byte) for byte in text.encode()
    ),
    "json": json.dumps,
    "json_utf8": lambda text: json.dumps(text, ensure_ascii=False),
    "json_in_json": lambda text: json.dumps(json.dumps(text)),
    "json_thrice_in_repr": lambda text: repr(json.dumps(json.dumps(json.dumps(text)))),
    "repr": repr,
    "repr_twice": lambda text: repr(repr(text)),
    "bytes": lambda text: repr(text.encode()),
    "ascii": ascii,
    "html": html.escape,
    "xml": xml,
    "basic": lambda text: base64.b64encode(f"id:{text}".encode()).decode(),
    "basic_long_id": lambda text: base64.b64encode(f"long-id:{text}".encode()).decode(),
    "basic_url": lambda text: quote(base64.b64encode(f"x:{text}::".encode()).decode(), safe=""),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "coloured": lambda text: "\x1b[31m" + "\x1b[0m\x1b[1;32m".join(text) + "\x1b[0m",
}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
@pytest.mark.parametrize("secret", SECRETS)
def test_every_spelling_is_found(secret, encode):
    """A secret is found in each encoding, and what stands around it stays."""
    redactor = Redactor()
    redactor.add(secret, "secret")
    text = f"before >{encode(secret)}< after"
    clean = redactor.redact(text)
    assert clean.startswith("before >")
    assert clean.endswith("< after")
    assert "***" in clean
    assert leaks_in(clean, {secret: "secret"}) == []
    core = max("".join(char if char.isascii() and char.isalnum() else " " for char in secret).split(), key=len)
    assert len(core) < 4 or core not in clean


@given(st.text(min_size=6, max_size=40), st.sampled_from(sorted(ENCODINGS.keys() - {"coloured"})))
def test_any_secret_in_any_spelling(secret, name):
    """Whatever the secret is made of, the canary finds nothing after the redactor."""
    redactor = Redactor()
    redactor.add(secret, "secret")
    clean = redactor.redact(f"[{ENCODINGS[name](secret)}]")
    assert leaks_in(clean, {secret: "secret"}) in ([], ["secret"] if secret in "[***0123456789abcdef]" else [])


@given(st.text(max_size=300))
def test_other_text_stays(text):
    """A text without a secret is the very same text afterwards."""
    redactor = Redactor()
    redactor.add("qQ7#-never-in-a-text-!", "secret")
    assert redactor.redact(text) is text


def test_the_ends_of_a_cut_secret():
    """Long texts are cut in the middle by pytest; the ends of a secret beside the dots go, too."""
    redactor = Redactor()
    redactor.add("abcdefghijklmnopqrstuvwxyz", "secret")
    assert "abcdefgh" not in redactor.redact("{'token': 'abcdefghij...uvwxyz'}")
    assert "uvwxyz" not in redactor.redact("{'token': 'abcdefghij...uvwxyz'}")
    assert redactor.redact("well...now") == "well...now"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("abcdefgh...", "***{0}..."),
        ("abcdWXYZ...", "***{1}..."),
        ("abcdefgh abcdWXYZ...", "abcdefgh ***{1}..."),
        ("abcd-cdef...", "abcd-cdef..."),
        ("cdef...", "cdef..."),
        ("...mnop", "...***{0}"),
        ("...56mnop", "...***{1}"),
        ("...mnop mn", "...***{0} mn"),
        ("...abcd-mnop", "...abcd-mnop"),
        ("...cdef", "...cdef"),
        ("abc...nop", "abc...nop"),
    ],
)
def test_pieces_beside_a_cut(text, clean):
    """A piece counts only if it is the beginning before the dots, or the end after them, and not too short."""
    redactor = Redactor()
    secrets = ("abcdefghijklmnop", "abcdWXYZ123456mnop")
    for secret in secrets:
        redactor.add(secret, "secret")
    assert redactor.redact(text) == clean.format(*(mask(secret).removeprefix("***") for secret in secrets))


def test_many_secrets_and_many_cuts():
    """What it costs to look beside three dots does not grow with the number of secrets."""
    costs = []
    for number in (10, 200):
        redactor = Redactor()
        for at in range(number):
            redactor.add(f"{at:06}-secret-{at:06}", "secret")
        profile = cProfile.Profile()
        text = "a line with dots... in it\n" * 200
        assert profile.runcall(redactor.redact, text) is text
        costs.append(sum(entry.callcount for entry in profile.getstats()))
    few, many = costs
    assert many < 2 * few + 10 * 200  # one look per secret, and none per secret and cut
    assert "000199" not in redactor.redact("cut...cret-000199")


def test_short_texts_and_repeated_ones():
    """A text of less than six characters is no secret; one is added once."""
    redactor = Redactor()
    for text in ("abc", "", "abcdef", "abcdef"):
        redactor.add(text, "secret")
    assert redactor.secrets == {"abcdef": "secret"}
    assert redactor.redact("abc abcdef") == "abc ***4721"
    redactor.forget_all()
    assert redactor.redact("abcdef") == "abcdef"


def test_the_lines_of_a_key():
    """A private key is found line by line, and without its line breaks."""
    pem = ClientKey().private_pem
    redactor = Redactor()
    redactor.add(pem, "private key")
    lines = pem.splitlines()
    clean = redactor.redact(f"{lines[3]} | {pem!r} | {''.join(lines[1:-1])}")
    assert not any(line in clean for line in lines[1:-1])


def test_overlapping_secrets():
    """Where one secret contains another, or two overlap, all of both goes."""
    redactor = Redactor()
    for secret in ("aaabbbccc", "bbbcccddd", "xaaabbbcccx"):
        redactor.add(secret, "secret")
    assert redactor.redact("-aaabbbcccddd-xaaabbbcccx-").count("***") == 2
    assert redactor.redact("\x1b[1maaabbb\x1b[0mccc\x1b[2mddd")[-4:] == "\x1b[2m"


def test_objects():
    """Texts inside of lists, tuples and tables are redacted; other objects are left alone."""

    def redact(text):
        return text.replace("secret", "***")

    value = {"secret": ["a secret", ("secret", 7, None, b"\xffsecret")], 1: {"x": object, "y": b"\xff"}}
    assert redact_object(value, redact) == {
        "***": ["a ***", ("***", 7, None, b"\xff***")],
        1: {"x": object, "y": b"\xff"},
    }
    assert redact_object(MappingProxyType({"x": "secret"}), redact) == {"x": "***"}
    message = SimpleNamespace(message="a secret")
    redact_warning(message, redact)
    assert message.message == "a ***"
    deep: list = []
    deep.append(deep)
    assert redact_object(deep, redact) is deep


class Showing:
    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return f"<{self.text}>"


def test_properties_of_tests():
    """What a test records about itself is written as text, so an object that shows a secret becomes a masked text."""
    harmless = Showing("nothing")
    found = [("secret", Showing("a secret")), ("b", {"secret"}), ("c", harmless), ("d", ["secret"]), ("e", 7)]
    report = SimpleNamespace(user_properties=found, when="call", nodeid="a secret")
    redact_report(report, lambda text: text.replace("secret", "***"))
    assert report.user_properties == [("***", "<a ***>"), ("b", "{'***'}"), ("c", harmless), ("d", ["***"]), ("e", 7)]
    assert report.nodeid == "a ***"


class Odd(Warning):
    def __str__(self):
        return f"odd secret {self.args!r}"


@pytest.mark.parametrize("warning", [UserWarning("a secret"), Odd("x"), UserWarning("harmless")])
def test_warnings(warning):
    """A warning says what it said, without the secret."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(warning, stacklevel=1)
    redact_warning(caught[0], lambda text: text.replace("secret", "***"))
    assert "secret" not in str(caught[0].message)
    assert str(caught[0].message)


def test_files(tmp_path, monkeypatch):
    """A file is searched, also one far inside of a directory, and a stream redacts what is written to it."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "leak.txt").write_text(quote("s3cr3t & more", safe=""))
    (tmp_path / "clean.txt").write_text("nothing")
    found = list(scan_files([tmp_path, tmp_path / "absent"], {"s3cr3t & more": "it"}))
    assert found == [(inner / "leak.txt", ["it"])]
    monkeypatch.setattr(canary, "_LARGEST", 5)
    assert list(scan_files([tmp_path / "clean.txt"], {"nothing": "it"})) == [(tmp_path / "clean.txt", [])]
    with Path(tmp_path / "out").open("w") as file:
        stream = RedactingFile(file, lambda text: text.replace("s3cr3t", "***"))
        assert stream.write("a s3cr3t") == 8
        stream.writelines([" s3cr3t"])
        stream.flush()
    assert (tmp_path / "out").read_text() == "a *** ***"
