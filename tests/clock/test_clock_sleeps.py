"""Sleeps that return at once and move the clock."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
import types
from asyncio import sleep as asyncio_sleep
from time import sleep

import anyio
import pytest
import trio
from trio import sleep as trio_sleep

REAL = {"time": time.sleep, "asyncio": asyncio.sleep, "trio": trio.sleep}
# Far more than any test may take: whoever does not skip them is noticed.
LONG = 3600


@pytest.fixture
def skipping(clock):
    """A clock that stands, so that the figures are exact, and skips."""
    clock.freeze()
    clock.skip_sleeps()
    return clock


def run_in_trio(function, *args):
    return trio.run(function, *args)


SLEEPS = {
    "time.sleep": lambda seconds: time.sleep(seconds),  # noqa: PLW0108 - what is there at the time of the call
    "time.sleep, by name": lambda seconds: sleep(seconds),  # noqa: PLW0108
    "asyncio.sleep": lambda seconds: asyncio.run(asyncio.sleep(seconds)),
    "asyncio.sleep, by name": lambda seconds: asyncio.run(asyncio_sleep(seconds)),
    "trio.sleep": lambda seconds: trio.run(trio.sleep, seconds),
    "trio.sleep, by name": lambda seconds: trio.run(trio_sleep, seconds),
    "anyio.sleep on asyncio": lambda seconds: anyio.run(anyio.sleep, seconds),
    "anyio.sleep on trio": lambda seconds: anyio.run(anyio.sleep, seconds, backend="trio"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("sleeping", SLEEPS.values(), ids=SLEEPS)
@pytest.mark.parametrize("seconds", [LONG, 0.25, 1e-6])
def test_a_sleep_moves_the_clock(skipping, sleeping, seconds):
    """Every kind of sleep returns at once and moves the clock by that much."""
    sleeping(seconds)
    assert skipping.offset == seconds


@pytest.mark.timeout(60)
def test_a_sleep_moves_a_clock_that_was_never_touched(clock):
    """Skipping needs no move before; the first sleep is the first move."""
    clock.skip_sleeps()
    assert not clock.is_moved
    before = time.time()
    time.sleep(LONG)
    assert before + LONG <= time.time() < before + LONG + 60


def test_sleeping_for_no_time_moves_nothing(skipping):
    """Sleeps of nought or less than a microsecond only give way, or do what the real ones do."""
    for sleeping in SLEEPS.values():
        sleeping(0)
        sleeping(1e-9)
    asyncio.run(asyncio.sleep(-1))
    assert skipping.offset == 0.0


@pytest.mark.parametrize(
    ("seconds", "error"),
    [(-1, ValueError), (float("nan"), ValueError), (float("inf"), OverflowError), ("1", TypeError), (None, TypeError)],
)
def test_what_the_real_sleep_refuses_is_refused(skipping, seconds, error):
    """Wrong arguments meet the machine's own sleep."""
    with pytest.raises(error):
        time.sleep(seconds)
    assert skipping.offset == 0.0


def test_asyncio_sleep_gives_its_result(skipping):
    """The second argument comes back."""
    assert asyncio.run(asyncio.sleep(5, "done")) == "done"
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_the_stand_in_is_a_coroutine_function(skipping):
    """Code that looks at what it is given sees no difference."""
    assert inspect.iscoroutinefunction(asyncio.sleep)
    assert inspect.iscoroutinefunction(trio.sleep)


@pytest.mark.timeout(60)
def test_sleeping_for_ever_is_not_skipped(skipping):
    """Those who sleep for ever until they are cancelled; that stays so."""

    async def main():
        task = asyncio.create_task(anyio.sleep_forever())
        await asyncio.sleep(1)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    assert skipping.offset == 1.0


@pytest.mark.timeout(60)
def test_tasks_that_sleep_at_once_sleep_the_same_time(skipping):
    """Two tasks that sleep together take as long as the one that sleeps longer."""

    async def main():
        await asyncio.gather(asyncio.sleep(10), asyncio.sleep(30), asyncio.sleep(20))

    asyncio.run(main())
    assert skipping.offset == 30.0

    async def nursery():
        async with trio.open_nursery() as tasks:
            tasks.start_soon(trio.sleep, 10)
            tasks.start_soon(trio.sleep, 5)

    trio.run(nursery)
    assert skipping.offset == 40.0


def test_an_asynchronous_sleep_lets_others_run(skipping):
    """There is one checkpoint in it."""
    order = []

    async def sleeper():
        order.append("sleeps")
        await asyncio.sleep(5)
        order.append("slept")

    async def main():
        task = asyncio.create_task(sleeper())
        await asyncio.sleep(0)
        order.append("other")
        await task

    asyncio.run(main())
    assert order == ["sleeps", "other", "slept"]


@pytest.mark.timeout(60)
def test_infrastructure_sleeps_for_real(skipping):
    """What polls with time.sleep, as subprocess does, goes on to wait; that is no business of the clock's."""
    import subprocess

    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.communicate(b"\n")
    assert skipping.offset == 0.0


def test_reset_gives_the_real_sleeps_back(skipping, world):
    """After reset() or close() every name holds the machine's own sleep again."""
    assert time.sleep is not REAL["time"]
    assert repr(time.sleep) == "<time.sleep, skipped by oauthcc.clock>"
    kept = time.sleep
    skipping.reset()
    assert {"time": time.sleep, "asyncio": asyncio.sleep, "trio": trio.sleep} == REAL
    assert sleep is REAL["time"]
    assert asyncio_sleep is REAL["asyncio"]
    assert trio_sleep is REAL["trio"]
    # Somebody kept one: it sleeps for real.
    kept(0)
    assert repr(kept) == repr(REAL["time"])
    skipping.skip_sleeps()
    time.sleep(5)
    assert skipping.offset == 5.0
    kept(7)  # sleeps again while somebody skips
    assert skipping.offset == 12.0


def test_stand_ins_that_were_kept_sleep_for_real(skipping):
    """An asynchronous stand-in that survives the clock hands on to the real one."""
    asyncio_kept, trio_kept = asyncio.sleep, trio.sleep
    skipping.close()
    assert asyncio.run(asyncio_kept(0.001, "x")) == "x"
    trio.run(trio_kept, 0.001)
    assert skipping.offset == 0.0


def test_modules_imported_meanwhile_are_restored(skipping, monkeypatch):
    """A module that took the stand-in by name gets the real one back; one that was changed since is left."""
    late = types.ModuleType("late_module_of_this_test")
    late.sleep, late.nap, late.other = asyncio.sleep, time.sleep, 1
    monkeypatch.setitem(sys.modules, late.__name__, late)
    skipping.close()
    assert late.sleep is REAL["asyncio"]
    assert late.nap is REAL["time"]


def test_what_somebody_replaced_meanwhile_is_left(clock, monkeypatch):
    """A stub that the test puts in the place of our stand-in survives the clock."""
    clock.skip_sleeps()
    stub = object()
    here = sys.modules[__name__]
    monkeypatch.setattr(time, "sleep", stub)
    monkeypatch.delattr(here, "sleep")
    clock.close()
    assert time.sleep is stub
    assert not hasattr(here, "sleep")
    monkeypatch.undo()
    time.sleep = here.sleep = REAL["time"]  # monkeypatch knew only the stand-in


def test_a_module_that_held_something_else_is_left(clock, monkeypatch):
    """A name that used to hold the real sleep and holds a stub now is not replaced."""
    module = types.ModuleType("module_with_a_nap")
    module.nap = time.sleep
    monkeypatch.setitem(sys.modules, module.__name__, module)
    clock.skip_sleeps()
    clock.reset()
    module.nap = stub = object()
    clock.skip_sleeps()
    assert module.nap is stub


def test_two_clocks_skip(clock, make_clock, backend):
    """The newest one is moved; the sleeps are real when the last one has let go."""
    second = make_clock(backend)
    clock.freeze()
    clock.skip_sleeps()
    second.skip_sleeps()
    time.sleep(5)
    assert (clock.offset, second.offset) == (0.0, 5.0)
    second.close()
    time.sleep(7)
    assert clock.offset == 7.0
    clock.close()
    assert time.sleep is REAL["time"]


def test_a_library_imported_later_is_found_by_a_second_call(clock, monkeypatch):
    """Where trio comes late, skip_sleeps() may be called again."""
    timeouts = sys.modules["trio._timeouts"]
    monkeypatch.delitem(sys.modules, "trio._timeouts")
    clock.skip_sleeps()
    assert trio.sleep is REAL["trio"]
    sys.modules["trio._timeouts"] = timeouts
    clock.skip_sleeps()
    assert trio.sleep is not REAL["trio"]
    assert timeouts.sleep is trio.sleep


def test_a_stand_in_in_a_class_is_no_method(skipping):
    """time.sleep may be made an attribute of a class, as the built-in one may."""

    class Client:
        pause = time.sleep

        def poll(self):
            self.pause(9)

    Client().poll()
    assert skipping.offset == 9.0


def test_sleeps_skip_in_a_freeze_of_the_tests_own(clock):
    """The freeze that the test began is what moves."""
    import freezegun

    clock.skip_sleeps()
    with freezegun.freeze_time("2030-01-01"):
        before = time.time()
        time.sleep(60)
        assert time.time() == before + 60
