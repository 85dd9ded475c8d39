"""Clocks of both backends, each of which has to leave the world as it found it."""

from __future__ import annotations

import asyncio
import copyreg
import datetime as dt
import time
import uuid
from asyncio.base_events import BaseEventLoop

import freezegun.api
import pytest
import time_machine
import trio

from pytest_oauthcc.clock import Clock

BACKENDS = ["freezegun", "time-machine"]


def state_of_the_world():
    """All that a clock replaces, by identity."""
    api = freezegun.api
    return {
        "lists": [list(stack) for stack in (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets)],
        "travellers": list(time_machine.traveller_stack),
        "time": tuple(item for item in vars(time).items() if item[0] != "clock"),  # freezegun adds that one
        "datetime": tuple(vars(dt).items()),
        "asyncio": (asyncio.sleep, asyncio.tasks.sleep, BaseEventLoop.time),
        "trio": (trio.sleep, trio._timeouts.sleep, trio._core._run.perf_counter),
        "copyreg": dict(copyreg.dispatch_table),
        "uuid": (uuid._generate_time_safe, uuid._UuidCreate),
        "freezegun": (api.sys, api._get_fake_monotonic, api._get_fake_monotonic_ns, api._freeze_time.stop),
    }


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
