"""Whatever a test does with a clock, all ways to ask agree, and nothing is left behind."""

from __future__ import annotations

import datetime as dt
import time
from datetime import UTC
from itertools import pairwise

import freezegun
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_oauthcc.clock import Clock

MOMENTS = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(9000, 1, 1), timezones=st.just(UTC)) | st.integers(
    0, 10**11
)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("advance"),
            st.floats(1e-6, 1e7) | st.timedeltas(dt.timedelta(0, 0, 1), dt.timedelta(999)),
        ),
        st.tuples(st.just("advance_to"), MOMENTS),
        st.tuples(st.sampled_from(["freeze", "unfreeze", "reset", "skip_sleeps", "sleep", "close"])),
    ),
    max_size=12,
)
# Of what the test froze itself: nothing, or one of these, around everything.
AROUND = {
    "nothing": None,
    "freezegun": lambda: freezegun.freeze_time("2030-01-01"),
    "freezegun, ticking": lambda: freezegun.freeze_time("2030-01-01", tick=True),
    "time-machine": lambda: time_machine.travel("2030-01-01", tick=False),
}


def check(clock):
    """All ways to ask give the same moment; on a running clock one after the other."""
    readings = [
        clock.time(),
        time.time(),
        clock.now().timestamp(),
        dt.datetime.now(UTC).timestamp(),
        time.time_ns() / 1e9,
        clock.time(),
    ]
    assert readings[-1] - readings[0] < 20
    for earlier, later in pairwise(readings):
        # Far from 1970 a float has no room for microseconds, and datetimes are cut off at them.
        assert later - earlier > -1e-4


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("name", ["freezegun", "time-machine"])
@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_any_sequence_of_moves(look_at_the_world, name, around, steps):
    """The clock, both modules and both directions agree after each step, and the world is whole at the end."""
    before = look_at_the_world()
    freeze = around() if around else None
    if freeze:
        freeze.start()
    try:
        inside = look_at_the_world()
        clock = Clock(name)
        for step, *args in steps:
            if step == "sleep":
                clock.skip_sleeps()
                time.sleep(5)
            elif step == "close":
                clock.close()
                clock = Clock(name)
            else:
                getattr(clock, step)(*args)
            check(clock)
            if step == "advance_to" and isinstance(args[0], dt.datetime):
                assert abs((clock.now() - args[0]).total_seconds()) < 20
        clock.close()
        assert look_at_the_world() == inside
        assert clock.offset == 0.0
    finally:
        clock.close()
        if freeze:
            freeze.stop()
    assert look_at_the_world() == before


@settings(max_examples=100, deadline=None)
@given(spans=st.lists(st.integers(1, 10**13), max_size=20))
@pytest.mark.parametrize("name", ["freezegun", "time-machine"])
def test_moves_add_up_to_the_microsecond(name, spans):
    """The offset and the time shown are the exact sum of the moves."""
    clock = Clock(name)
    clock.freeze()
    start = clock.now()
    for span in spans:
        clock.advance(dt.timedelta(microseconds=span))
    try:
        assert clock.now() - start == dt.timedelta(microseconds=sum(spans))
        assert round(clock.offset * 1e6) == sum(spans)
    finally:
        clock.close()
