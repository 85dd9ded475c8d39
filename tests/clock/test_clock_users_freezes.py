"""A freeze that the test began itself is obeyed, moved, and never broken."""

from __future__ import annotations

import datetime as dt
import gc
import sys
import time
import types
from datetime import UTC, timedelta

import freezegun
import freezegun.api
import pytest
import time_machine

from pytest_oauthcc.clock import Clock

IN_2030 = dt.datetime(2030, 1, 1, tzinfo=UTC)
IN_2040 = dt.datetime(2040, 1, 1, tzinfo=UTC)
A_WHILE = timedelta(seconds=30)

FREEZES = {
    "freezegun": freezegun.freeze_time,
    "freezegun, ticking": lambda moment: freezegun.freeze_time(moment, tick=True),
    "freezegun, by steps": lambda moment: freezegun.freeze_time(moment, auto_tick_seconds=15),
    "freezegun, somewhere else": lambda moment: freezegun.freeze_time(moment, tz_offset=-4),
    "time-machine": lambda moment: time_machine.travel(moment, tick=False),
    "time-machine, ticking": lambda moment: time_machine.travel(moment, tick=True),
}
STANDING = ["freezegun", "freezegun, by steps", "freezegun, somewhere else", "time-machine"]
RUNNING = ["freezegun, ticking", "time-machine, ticking"]
everybody = pytest.mark.parametrize("freeze", FREEZES.values(), ids=FREEZES)
freezegunners = pytest.mark.parametrize("freeze", [FREEZES[name] for name in FREEZES if "freezegun" in name])


@pytest.fixture(autouse=True)
def _no_garbage_collection():
    # Hypothesis, where it has been imported, looks at its watch at each collection; a stepping freeze then steps.
    gc.disable()
    yield
    gc.enable()


@everybody
def test_a_freeze_that_the_test_began_is_read(clock, freeze):
    """Whoever freezes, the clock shows that time, as often as it is asked."""
    with freeze(IN_2030):
        for _ in range(5):
            assert IN_2030 <= clock.now() < IN_2030 + timedelta(seconds=10)
        assert not clock.is_moved
        assert "not moved" in repr(clock)
    assert clock.now() < IN_2030


@everybody
def test_advance_moves_that_freeze(clock, freeze, world):
    """No second freeze is begun, the test's own one is moved and shows itself moved."""
    before = world()
    with freeze(IN_2030):
        during = world()
        clock.advance(hours=1)
        clock.advance(minutes=1)
        after = world()
        assert (
            IN_2030 + timedelta(hours=1, minutes=1) <= clock.now() < IN_2030 + timedelta(hours=1, minutes=1) + A_WHILE
        )
        assert abs(time.time() - (IN_2030.timestamp() + 3660)) < 30
        assert clock.offset == 3660.0
        assert after == during
    assert world() == before
    assert clock.offset == 0.0


@everybody
def test_the_moves_are_taken_back_from_a_freeze_that_outlives_the_clock(backend, freeze):
    """A freeze of a whole class is, after each test, where it would be without the plugin."""
    with freeze(IN_2030):
        for _ in range(2):
            clock = Clock(backend)
            clock.advance(hours=1)
            clock.advance_to(IN_2040)
            clock.freeze()
            clock.advance(5)
            clock.close()
            assert IN_2030 <= clock.now() < IN_2030 + A_WHILE


@pytest.mark.parametrize("freeze", [FREEZES[name] for name in STANDING], ids=STANDING)
def test_a_standing_freeze_shows_exact_moments(clock, freeze):
    """Boundaries are hit to the microsecond."""
    with freeze(IN_2030):
        clock.advance(0.000001)
        assert clock.now() == IN_2030 + timedelta(microseconds=1)
        clock.advance_to(IN_2040)
        assert clock.now() == IN_2040
        assert time.time() == IN_2040.timestamp()
        clock.advance_to(IN_2030)
        assert clock.now() == IN_2030


@everybody
def test_freeze_and_unfreeze_under_a_freeze_of_the_tests_own(clock, freeze):
    """What ran stands and runs again; what stood keeps standing."""
    with freeze(IN_2030):
        clock.freeze()
        clock.freeze()
        at = clock.now()
        clock.advance(100)
        assert clock.now() == at + timedelta(seconds=100)
        clock.unfreeze()
        assert at + timedelta(seconds=100) <= clock.now() < at + timedelta(seconds=100) + A_WHILE
        clock.unfreeze()


@pytest.mark.parametrize("freeze", [FREEZES[name] for name in RUNNING], ids=RUNNING)
def test_a_running_freeze_stands_and_runs_again(clock, freeze):
    """freeze() stops the hands of a ticking freeze, unfreeze() gives them back their way."""
    with freeze(IN_2030):
        clock.freeze()
        assert clock.is_moved
        first = time.time()
        assert all(time.time() == first for _ in range(1000))
        clock.unfreeze()
        assert not clock.is_moved
        while time.time() == first:
            pass


def test_stepping_goes_on_after_unfreeze(clock):
    """A freeze that goes on by a step at each reading stands while it is frozen, and steps again."""
    with freezegun.freeze_time(IN_2030, auto_tick_seconds=15):
        clock.freeze()
        assert [time.time() - IN_2030.timestamp() for _ in range(3)] == [0, 0, 0]
        clock.unfreeze()
        assert [time.time() - IN_2030.timestamp() for _ in range(3)] == [0, 15, 30]
        clock.advance(1)
        assert clock.time() == IN_2030.timestamp() + 46


def test_the_tests_own_tick_wins_over_our_freeze(clock):
    """Where the test moves its ticking freeze itself meanwhile, that runs on, and letting it go does no harm."""
    with freezegun.freeze_time(IN_2030, tick=True) as freezer:
        clock.freeze()
        freezer.move_to(IN_2040)
        clock.unfreeze()
        assert IN_2040 <= clock.now() < IN_2040 + A_WHILE
    with time_machine.travel(IN_2030, tick=True) as traveller:
        clock.freeze()
        traveller.move_to(IN_2040, tick=True)
        clock.unfreeze()
        assert IN_2040 <= clock.now() < IN_2040 + A_WHILE


@freezegunners
def test_a_freeze_inside_ours_is_obeyed_while_it_lasts(clock, freeze, world):
    """The inner freeze is read and moved; afterwards our time is what it was."""
    clock.advance(hours=1)
    clock.freeze()
    outer = clock.now()
    before = world()
    with freeze(IN_2040):
        assert IN_2040 <= clock.now() < IN_2040 + A_WHILE
        assert clock.offset == 0.0
        clock.advance(seconds=10)
        assert IN_2040 + timedelta(seconds=10) <= clock.now() < IN_2040 + A_WHILE
        assert clock.offset == 10.0
    assert clock.now() == outer
    assert clock.offset == 3600.0
    clock.advance(hours=1)  # with time-machine: puts monotonic time back, which freezegun took for the machine's own
    after = world()
    for state in before, after:
        del state["uuid"]  # freezegun puts the machine's own back, also inside a journey of time-machine
    assert after == before


def test_a_journey_inside_ours_is_obeyed_while_it_lasts(make_clock):
    """The same with time-machine in time-machine (which refuses to start inside freezegun, whoever uses it)."""
    clock = make_clock("time-machine")
    clock.advance(hours=1)
    with time_machine.travel(IN_2040, tick=False):
        clock.advance(seconds=10)
        assert clock.now() == IN_2040 + timedelta(seconds=10)
    assert clock.offset == 3600.0


@freezegunners
def test_a_clock_that_is_closed_under_a_running_freeze(make_clock, world, freeze):
    """Closed out of order, the clock leaves the test's own freeze in order, and that leaves nothing behind either."""
    before = world()
    clock = make_clock()
    clock.advance(hours=1)
    inner = freeze(IN_2040)
    stop = inner.stop  # taken before the clock is closed, as request.addfinalizer(freezer.stop) does
    inner.start()
    clock.close()
    assert len(freezegun.api.freeze_factories) == 1
    assert IN_2040 <= clock.now() < IN_2040 + A_WHILE
    assert dt.datetime.now(UTC).year in (2039, 2040)
    stop()
    assert world() == before
    assert dt.datetime is freezegun.api.real_datetime


def test_modules_that_freezegun_ignores_are_restored_at_once(make_clock, monkeypatch):
    """What the remaining freeze would not restore, since it ignores it by prefix, is restored when the clock closes."""
    module = types.ModuleType("github_auth")
    module.clock = real = time.time
    monkeypatch.setitem(sys.modules, module.__name__, module)
    clock = make_clock()
    clock.advance(1)
    assert module.clock is not real
    with freezegun.freeze_time(IN_2040):
        clock.close()
        assert module.clock is real
    assert module.clock is real


def test_two_freezes_left_in_a_closed_clock(make_clock, world):
    """Also the last of several freezes restores what our own had patched; the next clock tidies up."""
    before = world()
    clock = make_clock()
    clock.advance(hours=1)
    first, second = freezegun.freeze_time(IN_2040), freezegun.freeze_time(IN_2030)
    first.start()
    second.start()
    clock.close()
    second.stop()
    assert clock.now() == IN_2040
    first.stop()
    assert world() == before
    other = make_clock()
    other.advance(1)
    assert not {"fake_names", "reals"} & vars(freezegun.api._freeze_time).keys()


def test_a_reset_under_a_running_freeze(freezegun_clock, world):
    """The inner freeze goes on after a reset; a new move then moves it."""
    before = world()
    freezegun_clock.advance(hours=1)
    with freezegun.freeze_time(IN_2040):
        freezegun_clock.advance(5)
        freezegun_clock.reset()
        assert freezegun_clock.now() == IN_2040
        freezegun_clock.advance(6)
        assert freezegun_clock.now() == IN_2040 + timedelta(seconds=6)
    assert world() == before
    freezegun_clock.advance(7)
    assert freezegun_clock.offset == 7.0


def test_a_journey_that_outlives_the_one_below_it(make_clock, world):
    """Closed out of order, a time-machine clock leaves the test's own journey alone."""
    before = world()
    clock = make_clock("time-machine")
    clock.advance(hours=1)
    inner = time_machine.travel(IN_2040, tick=False)
    inner.start()
    clock.close()
    assert time.time() == IN_2040.timestamp()
    inner.stop()
    assert world() == before


def test_a_stop_too_many_takes_our_freeze(freezegun_clock, world):
    """Somebody who stops twice ends our freeze; the clock neither fails nor leaves anything behind."""
    before = world()
    other = freezegun.freeze_time(IN_2040)
    with other:
        pass
    freezegun_clock.advance(hours=1)
    other.stop()
    assert freezegun_clock.offset == 0.0
    freezegun_clock.close()
    assert world() == before


def test_a_freeze_that_outlives_the_journey_below_it(make_clock):
    """Closed under a freeze of freezegun's, a time-machine clock leaves that alone."""
    clock = make_clock("time-machine")
    clock.advance(hours=1)
    with freezegun.freeze_time(IN_2040):
        clock.close()
        assert time.time() == IN_2040.timestamp()


def test_a_stop_too_many_and_a_new_freeze(freezegun_clock):
    """The clock of a freeze that was stopped by somebody leaves the freeze alone that came after it."""
    other = freezegun.freeze_time(IN_2040)
    with other:
        pass
    freezegun_clock.advance(hours=1)
    other.stop()
    with freezegun.freeze_time(IN_2030):
        freezegun_clock.close()
        assert time.time() == IN_2030.timestamp()


def test_a_journey_stopped_once_too_often(make_clock, world):
    """The same with time-machine: the next move starts anew."""
    before = world()
    clock = make_clock("time-machine")
    clock.advance(hours=1)
    other = time_machine.travel(IN_2040)
    other.stop()
    assert clock.offset == 0.0
    clock.skip_sleeps()
    clock.advance(hours=2)
    time.sleep(60)
    assert clock.offset == 7260.0
    clock.close()
    assert world() == before


def test_a_freeze_that_is_over_is_not_moved_back(clock):
    """What was moved in a freeze that has ended is no concern of close()."""
    with freezegun.freeze_time(IN_2030) as freezer:
        clock.advance(10)
        clock.freeze()
    clock.close()
    assert freezer() == IN_2030.replace(tzinfo=None) + timedelta(seconds=10)


def test_a_failure_while_undoing_does_not_stop_the_rest(freezegun_clock, world, monkeypatch):
    """close() never raises, whatever somebody has done to a freeze in between."""
    before = world()
    with freezegun.freeze_time(IN_2030, tick=True) as freezer:
        freezegun_clock.advance(10)
        freezegun_clock.freeze()
        del freezer.time_to_freeze
        freezegun_clock.close()
    assert world() == before


@freezegun.freeze_time(IN_2030)
def test_under_the_freezegun_decorator(clock):
    """A decorated test is in its freeze, which expire() and the like move."""
    clock.follow(lambda _value: (IN_2030.timestamp(), IN_2030.timestamp() + 3600))
    clock.expire()
    assert dt.datetime.now(UTC) == IN_2030 + timedelta(hours=1)


@time_machine.travel(IN_2030, tick=False)
def test_under_the_time_machine_decorator(clock):
    """The same for time-machine's decorator."""
    clock.follow(lambda _value: (IN_2030.timestamp(), IN_2030.timestamp() + 3600))
    clock.expire(before=60)
    assert dt.datetime.now(UTC) == IN_2030 + timedelta(minutes=59)


def test_a_freeze_in_a_journey(clock):
    """A freeze of freezegun's inside a journey is obeyed, and after it the journey."""
    with time_machine.travel(IN_2030, tick=False):
        clock.advance(1)
        with freezegun.freeze_time(IN_2040):
            clock.advance(2)
            assert clock.now() == IN_2040 + timedelta(seconds=2)
        assert clock.now() == IN_2030 + timedelta(seconds=1)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC"])
def test_a_journey_to_a_named_zone_keeps_its_zone(clock, zone):
    """Stopping a journey leaves the local time zone where it is."""
    from zoneinfo import ZoneInfo

    moment = dt.datetime(2030, 7, 1, 12, tzinfo=ZoneInfo(zone))
    with time_machine.travel(moment, tick=True):
        name = time.tzname
        clock.freeze()
        assert time.tzname == name
        assert abs(time.time() - moment.timestamp()) < 30
        clock.unfreeze()
        assert time.tzname == name


def test_our_own_journey_does_not_move_the_machine(make_clock):
    """A travelled clock stays in the local time zone."""
    clock = make_clock("time-machine")
    before = (time.tzname, time.timezone)
    clock.advance(1)
    clock.freeze()
    assert (time.tzname, time.timezone) == before


def test_somebodys_own_stub_is_obeyed(clock, monkeypatch):
    """Where a test replaced time.time itself, the clock shows what it says."""
    monkeypatch.setattr(time, "time", lambda: 123.25)
    assert clock.time() == 123.25
