"""Clients that hold the clock's functions by reference see a moved clock."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import time

import pytest

from pytest_oauthcc.contract.sight import Sight


def by_default(clock=time.time):
    return clock()


def by_keyword_default(*, clock=time.time):
    return clock()


class ByClass:
    clock = staticmethod(time.time)
    raw = time.monotonic

    def read(self):
        return self.clock()


class BySlot:
    __slots__ = ("clock",)

    def __init__(self):
        self.clock = time.monotonic


class ByInstance:
    def __init__(self, clock=None):
        self.clock = clock or time.time


@dataclasses.dataclass
class ByFactory:
    born: datetime.datetime = dataclasses.field(default_factory=datetime.datetime.now)


def by_closure(clock=None):
    clock = clock or time.monotonic_ns

    def read():
        return clock() / 1e9

    return read


REAL = time.time
HOLDERS = {
    "default": lambda: by_default,
    "keyword default": lambda: by_keyword_default,
    "class attribute": lambda: ByClass().read,
    "builtin in a class": lambda: lambda: ByClass.raw(),
    "slot": lambda: BySlot().clock and (lambda one=BySlot(): one.clock()),
    "instance": lambda: (lambda one=ByInstance(): one.clock()),
    "partial": lambda: functools.partial(time.time),
    "argument of a partial": lambda: functools.partial(lambda clock: clock(), time.time),
    "closure": by_closure,
    "list": lambda: (lambda held=[time.time]: held[0]()),
    "dictionary": lambda: (lambda held={"clock": time.time}: held["clock"]()),
    "bound method of datetime": lambda: (lambda one=ByInstance(datetime.datetime.now): one.clock().timestamp()),
    "default factory": lambda: (lambda: ByFactory().born.timestamp()),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_holder_of_a_real_clock_sees_a_moved_one(oauthcc_clock, holder):
    """Whoever holds a clock's function sees the moved time, and afterwards the real one again."""
    read = HOLDERS[holder]()
    before = read()
    sight = Sight(oauthcc_clock)

    oauthcc_clock.advance(hours=1)
    sight.show()
    during = read()
    sight.close()
    oauthcc_clock.reset()

    assert 3600 <= during - before < 3700
    assert read() - before < 100


def test_a_tuple_is_told(oauthcc_clock):
    """A clock in a tuple can't be replaced, and is named."""
    held = ByInstance()
    held.clock = (time.time,)
    sight = Sight(oauthcc_clock)

    oauthcc_clock.advance(hours=1)
    sight.show()

    assert any("ByInstance" in spot or "dictionary" in spot for spot in sight.blind_spots())
    sight.close()


def test_a_running_generator_is_told(oauthcc_clock):
    """A clock in a local variable of a generator can't be replaced, and is named."""

    def times(clock):
        while True:
            yield clock()

    running = times(time.time)
    next(running)
    sight = Sight(oauthcc_clock)

    oauthcc_clock.advance(hours=1)
    sight.show()

    assert any("times" in spot for spot in sight.blind_spots())
    sight.close()


def test_what_was_found_once_is_not_searched_for_again(oauthcc_clock, monkeypatch):
    """A second test with the same holders does not look at every object again."""
    first = Sight(oauthcc_clock)
    oauthcc_clock.advance(hours=1)
    first.show()
    first.close()
    if Sight._last is None:
        pytest.skip("something in this process holds a clock in an instance")
    monkeypatch.setattr("pytest_oauthcc.contract.sight._Places", None)

    second = Sight(oauthcc_clock)
    second.show()
    seen = by_default()
    second.close()

    assert seen - time.time() > -10
