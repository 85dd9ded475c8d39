"""Every target of the fuzzers on a small budget, without a fuzzer: ``python -m fuzz`` goes farther."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.api_targets import signing
from fuzz.pieces import Pieces
from fuzz.table import TARGETS
from fuzz.world import LENIENT, NONCE, SECRET, fake

ROOT = Path(__file__).parents[2]


@st.composite
def spoilt(draw, seeds):
    """An input that goes deep, with a few bytes replaced, put in or left out."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=6))
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_inputs_to_begin_with_are_answered(target):
    """What the fuzzers start from keeps its promises, and so do the words of each format."""
    for data in (*target.seeds, *target.words, b"", bytes(64), b"\xff" * 64, bytes(range(256))):
        target.run(data)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_spoilt_inputs_are_answered(target):
    """No input leads to anything but an answer or an error that is documented."""

    @settings(max_examples=25)
    @given(spoilt([*target.seeds, *target.words, b""]))
    def run(data):
        target.run(data)

    run()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("assertion", bytes(9), LENIENT),
        ("registration", bytes(7), LENIENT),
        ("dpop", bytes(9), LENIENT),
        ("dpop", b"\1" + bytes(9), NONCE),
        ("api-dpop", bytes(9), LENIENT),
        ("api-dpop", b"\1" + bytes(9), NONCE),
        ("jwt", bytes(8), None),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else str(value),
)
def test_what_is_well_signed_gets_in(name, data, kind):
    """Where all that a fuzzer signed were refused for its signature, it would try nothing else; so it is twice."""
    journal = (signing() if kind is None else fake(kind).provider.authority).state.journal
    for _ in range(2):
        before = journal.count

        TARGETS[name].run(data)

        entries = [entry for entry in journal.all if entry.number > before]
        assert entries[0 if kind is None else -1].status == 200


def test_no_input_to_begin_with_holds_the_secret():
    """The oracles look for the secret in every text; an input that puts it anywhere would be a false alarm."""
    assert [name for name, target in TARGETS.items() for seed in target.seeds if SECRET.encode() in seed] == []


def test_every_target_says_what_it_reads():
    """The list of targets is for people, too, and the page about them has each."""
    text = (ROOT / "docs/hostile-input.md").read_text(encoding="utf-8")

    assert [name for name in TARGETS if f"`{name}`" not in text] == []
    assert all(target.about and target.seeds for target in TARGETS.values())


@given(st.binary(max_size=60))
def test_pieces_come_out_of_any_bytes(data):
    """Choices never fail; where the bytes run out they are the first ones."""
    pieces = Pieces(data)
    assert pieces.choose("abc") in "abc"
    pieces.json()
    members = pieces.spoil({"a": 1})
    assert isinstance(members, dict)
    assert pieces.take() + pieces.rest() in data
    assert (pieces.byte(), pieces.take(), pieces.text(), pieces.rest(), pieces.choose("xy")) == (0, b"", "", b"", "x")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["nonsense"], "there is no target 'nonsense'"), (["--seconds", "soon"], "invalid int value")],
)
def test_the_command_says_what_it_takes(arguments, told):
    """A wrong argument is answered with the targets that there are."""
    done = subprocess.run(
        [sys.executable, "-m", "fuzz", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert told in done.stderr
