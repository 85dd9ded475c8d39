"""Clocks of both backends, each of which has to leave the world as it found it."""

from __future__ import annotations

import pytest
from clock_world import state_of_the_world

from pytest_oauthcc.clock import Clock

BACKENDS = ["freezegun", "time-machine"]


@pytest.fixture(scope="session")
def look_at_the_world():
    return state_of_the_world


@pytest.fixture
def world():
    """Compares the world before the test with the one after it, when all clocks are closed."""
    before = state_of_the_world()
    yield state_of_the_world
    assert state_of_the_world() == before


@pytest.fixture
def make_clock(world):
    """Makes clocks that are closed after the test."""
    clocks = []

    def make(backend="freezegun"):
        clocks.append(Clock(backend))
        return clocks[-1]

    yield make
    for clock in clocks:
        clock.close()


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


@pytest.fixture
def clock(make_clock, backend):
    """A clock of either backend."""
    return make_clock(backend)


@pytest.fixture
def freezegun_clock(make_clock):
    return make_clock("freezegun")
