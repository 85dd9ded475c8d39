"""What comes back from others: answers of real providers and of APIs under test; and texts that are to be masked."""

from __future__ import annotations

import json
import tomllib
from typing import Final
from urllib.parse import urlencode

from fuzz.oracles import check_challenge
from fuzz.pieces import Pieces, replaced_members
from fuzz.target import Target
from fuzz.world import CLIENT, LENIENT, SECRET, fake
from pytest_oauthcc.contract.api_answers import read_challenge
from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.messages import Headers, Request, Response
from pytest_oauthcc.core.refusals import challenge
from pytest_oauthcc.errors import Mismatch, OptionError
from pytest_oauthcc.live.comparing import challenge_parts, compare_refusals, compare_tokens
from pytest_oauthcc.live.learned_profile import profile_text
from pytest_oauthcc.live.learning import Lessons, Occasion
from pytest_oauthcc.live.redaction import Redactor
from pytest_oauthcc.live.sightings import secrets_of_answer
from pytest_oauthcc.masking import mask_headers, mask_json, mask_url
from pytest_oauthcc.profiles.checking import check
from pytest_oauthcc.rules.answers import error_of, lifetime_told, members_of, wait_until

__all__ = ["TARGETS"]

_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = ("WWW-Authenticate", "Content-Type", "Retry-After", "Set-Cookie", "Cache-Control")


def _challenge(data: bytes) -> None:
    """Make challenges that can be read again, and read those that somebody else made."""
    pieces = Pieces(data)
    texts = {"realm": pieces.text(), "error": pieces.text(), "error_description": pieces.text()}
    made = challenge("Bearer", dict(texts))
    check_challenge(made)
    scheme, parts = challenge_parts(made)
    found = read_challenge(made)
    assert scheme == "Bearer"
    assert found is not None
    assert dict(found.attributes) == parts
    assert found.rest == ""
    strange = pieces.rest().decode("latin-1")
    challenge_parts(strange)
    read_challenge(strange)


def _retry_after(data: bytes) -> None:
    value = data.decode("latin-1")
    entry = OtherRequest(Request("GET", "https://a.test/", Headers()), 1e9, "document")
    entry.outcome = Response(503, (("Retry-After", value),))
    moment = wait_until(entry)
    assert moment is None or isinstance(moment, float)
    try:
        told = float(value)
    except ValueError:
        return
    if value.strip().isdigit() and value.isascii() and told < 1e8:
        assert moment == 1e9 + told


def _live_answer(data: bytes) -> None:
    """Compare and learn from whatever a real provider answers."""
    pieces = Pieces(data)
    found = fake(LENIENT)
    status = pieces.choose((200, 400, 401, 503))
    good = {"access_token": "abcdefgh", "token_type": "Bearer", "expires_in": 60, "scope": "a b"}
    body = json.dumps(pieces.spoil(good)).encode() if pieces.byte() % 4 else pieces.take()
    headers = tuple((pieces.choose(_FIELDS), pieces.take().decode("latin-1")) for _ in range(pieces.byte() % 4))
    live = Response(status, headers, body)
    form = f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope=a".encode()
    found.send("POST", found.names.token_url, [("Content-Type", _FORM)], form)
    entry = found.provider.token_requests[-1]
    redactor = Redactor()
    secrets_of_answer(live, redactor)
    redactor.redact(body.decode("utf-8", "replace"))
    ours = entry.outcome
    assert isinstance(ours, Response)
    compare_tokens(ours, live)
    compare_refusals("token endpoint", ours, live)
    entry.outcome = live
    error_of(entry)
    lifetime_told(members_of(entry))
    wait_until(entry)
    entry.outcome = ours
    lessons = Lessons()
    lessons.note_token(Occasion(entry, live, None, found.provider.authority.state.values, entry.token))
    if lessons.answer:
        text = profile_text(lessons, "Learned")
        assert not check(tomllib.loads(text)).mistakes, text


def _masking(data: bytes) -> None:
    pieces = Pieces(data)
    kept = pieces.text()
    if SECRET in kept:
        return
    url = f"https://{kept}?client_secret={SECRET}&x={pieces.text()}"
    if "?" not in kept and "#" not in kept:
        assert SECRET not in mask_url(url)
    mask_url(kept)
    shown = mask_headers({"Authorization": f"{kept}{SECRET}", "Cookie": SECRET, f"{kept}-api-key": SECRET})
    assert SECRET not in json.dumps(shown)
    assert SECRET not in json.dumps(mask_json({kept: [{"client_secret": SECRET}], "token": {"x": SECRET}}))
    redactor = Redactor()
    redactor.add(SECRET, "client_secret")
    try:
        assert SECRET not in redactor.redact(f"{kept}{SECRET}{pieces.rest().decode('latin-1')}")
    except OptionError:
        return


def _failure_text(data: bytes) -> None:
    """Explain why a request is not the one that a test expected."""
    pieces = Pieces(data)
    found = fake(LENIENT)
    params = pieces.spoil({"grant_type": "client_credentials", "scope": "a b", "audience": "https://a.test"})
    form = {"client_id": CLIENT, "client_secret": SECRET, **params}
    body = urlencode(form, errors="surrogatepass").encode()
    found.send("POST", found.names.token_url, [("Content-Type", _FORM)], body)
    scope, name, value = pieces.choose(("a", "a b", "b a c", "")), pieces.choose([*params, "x"]), pieces.json()
    url = f"{found.names.api_url}orders?{urlencode({name: pieces.text()}, errors='surrogatepass')}"
    token = found.provider.mint("a")
    found.send("GET", url, [("Authorization", f"Bearer {token}"), ("Content-Type", "application/json")], pieces.rest())
    for assert_, expected in (
        (found.provider.assert_token_request, {"scope": scope, "params": {name: value}}),
        (found.provider.assert_token_request, {"scope": scope, "headers": {"Content-Type": value}}),
        (found.provider.assert_api_request, {"path": "/orders", "params": {name: value}, "scope": scope}),
        (found.provider.assert_api_request, {"json": value}),
    ):
        try:
            assert_(**expected)
        except (Mismatch, OptionError) as error:
            told = str(error)
            assert told
            assert SECRET not in told
            assert token not in told


TARGETS: Final = (
    Target(
        "failure-text",
        "what failing assertions tell of a request",
        _failure_text,
        (bytes(8), b"\0\1\1x\0", b"\1\1\1\0\x0d['a', 'b'][[[", *replaced_members(b"", 3)),
        (b"frozenset({'a'})", b'["a", "b"]', b"a,b", b"a;b", b"a%20b", b"A B", b"None", b"{'a': 1}", b"[["),
    ),
    Target(
        "www-authenticate",
        "WWW-Authenticate headers, made and read",
        _challenge,
        (b"\1r\5error\3d e", b'\0\0\0Bearer realm="a", error="b", DPoP algs="ES256"', b'\4"\\\xff\n\0\0Basic realm=x'),
        (b"Bearer ", b"DPoP ", b'realm="', b"error=", b", ", b'\\"'),
    ),
    Target(
        "retry-after",
        "Retry-After headers",
        _retry_after,
        (b"120", b"Fri, 31 Dec 1999 23:59:59 GMT", b"-1", b" 5 ", b"Fri, 31 Dec 9999 23:59:59 -2359"),
        (b"GMT", b"+0000", b"9999"),
    ),
    Target(
        "live-answer",
        "answers of real providers",
        _live_answer,
        (b"\0\1\0\0", b'\0\0\2{}\1\0\x0cBearer a="b"', *replaced_members(b"\0\1", 4)),
        (b"access_token", b"expires_in", b"eyJhbGciOiJub25lIn0.e30.", b"Bearer "),
    ),
    Target(
        "masking", "texts that hold secrets", _masking, (b"\3a.b\1x", b"\5a@b/c\0", b"\0\0"), (b"@", b"?", b"&", b"://")
    ),
)
