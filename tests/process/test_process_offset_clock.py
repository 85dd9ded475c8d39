"""The clock of a provider in a process of its own."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import pytest

from pytest_oauthcc import Clock, OptionError
from pytest_oauthcc.process.offset_clock import OffsetClock

INSIDE = {"close", "unfollow"}  # what a session calls at the end of a test


def test_the_clock_runs_stands_and_goes_back():
    """It moves as far as it is told, stands when frozen, and never touches the machine's time."""
    machine = [1_000_000_000]
    clock = OffsetClock(lambda: machine[0])
    assert (clock.time(), clock.offset) == (1000.0, 0.0)
    clock.advance(minutes=1)
    machine[0] += 1_000_000
    assert (clock.time(), clock.offset) == (1061.0, 60.0)
    assert "+60 s, running" in repr(clock)
    clock.freeze()
    machine[0] += 5_000_000
    assert (clock.time(), clock.offset) == (1061.0, 55.0)
    clock.advance(10)
    assert "frozen" in repr(clock)
    clock.unfreeze()
    clock.unfreeze()
    machine[0] += 1_000_000
    assert clock.time() == 1072.0
    clock.advance_to(500)
    assert clock.now() == datetime(1970, 1, 1, 0, 8, 20, tzinfo=UTC)
    clock.reset()
    assert clock.time() == 1007.0


def test_the_clock_knows_when_tokens_expire(fake):
    """``expire()`` goes to the expiry of the newest token, or stays where that is over."""
    fake.clock.freeze()
    token = fake.tokens or fake.mint(expires_in=100)
    fake.clock.expire(before=10)
    assert round(fake.tokens[0].expiry - fake.clock.time()) == 10
    fake.clock.expire(token)
    fake.clock.advance(100)
    at = fake.clock.time()
    fake.clock.expire()
    assert fake.clock.time() == at
    with pytest.raises(OptionError):
        fake.clock.expire("unknown")


def test_it_has_what_tests_may_call_of_a_clock():
    """Whoever was given one by ``standalone(...).clock`` finds the names and the arguments of ``Clock``."""
    for name, theirs in vars(Clock).items():
        if name.startswith("_") or name in INSIDE:
            continue
        own = vars(OffsetClock)[name]
        if isinstance(theirs, property):
            assert isinstance(own, property), name
        else:
            assert list(inspect.signature(own).parameters) == list(inspect.signature(theirs).parameters), name


def test_it_says_whether_it_was_moved(fake):
    """As ``Clock`` does: a move and a stop both count, until they are undone."""
    for move in (fake.clock.freeze, lambda: fake.clock.advance(1)):
        assert not fake.clock.is_moved
        move()
        assert fake.clock.is_moved
        fake.clock.reset()


def test_it_skips_no_sleeps(fake):
    """Clients are in other processes, and sleep as long as they like to."""
    with pytest.raises(OptionError, match="skips no sleeps"):
        fake.clock.skip_sleeps()
