"""Calling a client never hangs the run, and disturbs nobody else's alarm clock."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from pytest_oauthcc.contract import calls, loops
from pytest_oauthcc.contract.calls import Hang, call_many, call_once, patience


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch):
    """Let calls hang for a fraction of a second only."""
    monkeypatch.setattr(calls, "PATIENCE", 0.1)


def run(awaitable):
    async def wait():
        return await awaitable

    return asyncio.run(wait())


def wait_for_ever():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


class Waiting:
    """Waits when it goes, where no exception gets out."""

    def __del__(self):
        wait_for_ever()


def wait_in_a_finalizer_first():
    Waiting()
    wait_for_ever()


async def sleep_for_ever():
    await asyncio.Event().wait()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("function", [wait_for_ever, sleep_for_ever, wait_in_a_finalizer_first])
def test_a_call_that_hangs_is_stopped(function):
    """A lock that nobody releases, and a future that nobody sets, do not hang the run."""
    with pytest.raises(Hang):
        call_once(function, run)


@pytest.mark.parametrize("function", [wait_for_ever, sleep_for_ever])
def test_calls_that_hang_together_are_counted(function):
    """Of several callers those that do not come back are counted, be they threads or tasks."""
    assert call_many(function, 3, run) == ([], 3)


def test_callers_that_fail_and_callers_that_wait_are_told_apart():
    """Where a function fails in some threads before it returns anything to await, their errors are kept."""
    numbers = iter(range(3))
    lock = threading.Lock()

    def function():
        with lock:
            if next(numbers) == 0:
                raise ValueError("too early")
        return sleep_for_ever()

    outcomes, hung = call_many(function, 3, run)

    assert [str(outcome.error) for outcome in outcomes] == ["too early"]
    assert hung == 2


def test_outside_of_the_main_thread_nothing_is_stopped():
    """Signals reach the main thread only; elsewhere a call is left to run."""
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(call_once(lambda: 7, run)))
    thread.start()
    thread.join()

    assert outcomes[0].value == 7


def test_an_alarm_of_somebody_else_still_rings():
    """The timer of pytest-timeout goes on where it was, and its handler is there again."""
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    try:
        signal.setitimer(signal.ITIMER_REAL, 1000, 5)
        with patience():
            pass
        left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
        signal.raise_signal(signal.SIGALRM)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert 900 < left < 1000
    assert interval == 5
    assert rung == [True]


def test_an_old_pytest_asyncio_has_no_runner_to_share(request):
    """Where the plugin has no runner for functions the contract runs an event loop of its own."""

    class Plugins:
        def has_plugin(self, name):
            return name == "asyncio"

    class Config:
        pluginmanager = Plugins()

    class Request:
        fixturenames = ()
        config = Config()

        def getfixturevalue(self, name):
            raise pytest.FixtureLookupError(name, request)

    made = loops.event_loop(Request())

    assert next(made)(asyncio.sleep(0, "awaited")) == "awaited"
    made.close()
