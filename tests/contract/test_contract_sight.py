"""A client is not said to be late by a clock that it can't see."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from pytest_oauthcc.contract.sight import blind_spots


class Holder:
    def __init__(self, held):
        self.held = held


HELD = {
    "a tuple": lambda: Holder((time.time,)),
    "datetime.now": lambda: Holder(dt.datetime.now),
}


def test_nobody_is_named_who_sees_the_time(oauthcc_clock):
    """A clock that is held where it could be replaced is none that can't be moved."""
    holder = Holder(time.time)
    oauthcc_clock.advance(hours=1)

    assert holder.held() - time.time() > -10
    assert not [spot for spot in blind_spots() if "Holder" in spot]


@pytest.mark.parametrize("held", HELD)
def test_who_holds_a_real_clock_is_named(oauthcc_clock, held):
    """An object with a clock that was not replaced is named."""
    holder = HELD[held]()
    oauthcc_clock.advance(hours=1)

    spots = blind_spots()

    assert holder.held
    assert any("Holder" in spot for spot in spots), spots


def test_a_running_generator_is_named(oauthcc_clock):
    """A clock in a local variable of a generator is named."""

    def times(clock):
        while True:
            yield clock()

    running = times(time.time)
    next(running)
    oauthcc_clock.advance(hours=1)

    assert any("times" in spot for spot in blind_spots())
    running.close()


def test_a_search_leaves_nothing_for_the_next_one(oauthcc_clock):
    """Two searches in a row find the same."""
    oauthcc_clock.advance(hours=1)

    assert blind_spots() == blind_spots()
