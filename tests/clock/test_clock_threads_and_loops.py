"""Threads and tasks see the time of the test; what waits for the machine keeps the machine's time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing.connection
import queue
import socketserver
import subprocess
import sys
import threading
import time
import types
from datetime import UTC, datetime

import anyio
import anyio.to_thread
import pytest
import trio

IN_2030 = datetime(2030, 1, 1, tzinfo=UTC)

# How a job gets into another thread, and its result back.


def in_a_thread(job):
    results = []
    thread = threading.Thread(target=lambda: results.append(job()))
    thread.start()
    thread.join()
    return results[0]


def as_the_target_of_a_thread(job):
    class Recorder(threading.Thread):
        def run(self):
            self._target = self.record
            super().run()

        def record(self):
            self.result = job()

    thread = Recorder(target=job)
    thread.start()
    thread.join()
    return thread.result


def in_an_executor(job):
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        return executor.submit(job).result()


def in_asyncio_to_thread(job):
    return asyncio.run(asyncio.to_thread(job))


def in_run_in_executor(job):
    async def main():
        return await asyncio.get_running_loop().run_in_executor(None, job)

    return asyncio.run(main())


def in_call_soon(job):
    async def main():
        result = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(lambda: result.set_result(job()))
        return await result

    return asyncio.run(main())


def in_a_task(job):
    async def task():
        return job()

    return asyncio.run(task())


def in_a_trio_task(job):
    async def task():
        return job()

    return trio.run(task)


def in_a_trio_thread(job):
    return trio.run(trio.to_thread.run_sync, job)


def in_an_anyio_thread(job):
    return anyio.run(anyio.to_thread.run_sync, job)


WAYS = [
    in_a_thread,
    as_the_target_of_a_thread,
    in_an_executor,
    in_asyncio_to_thread,
    in_run_in_executor,
    in_call_soon,
    in_a_task,
    in_a_trio_task,
    in_a_trio_thread,
    in_an_anyio_thread,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_other_threads_and_tasks_see_the_same_time(clock, way):
    """The function itself, at no depth at all, is asked in the other thread: that is where freezegun looks away."""
    clock.freeze()
    clock.advance_to(IN_2030)
    assert way(time.time) == IN_2030.timestamp()
    assert way(time.time_ns) == IN_2030.timestamp() * 1e9
    assert way(lambda: datetime.now(UTC)) == IN_2030
    assert way(clock.now) == IN_2030
    assert way(time.gmtime).tm_year == 2030


def test_a_thread_may_read_the_clock_while_another_imports_freezegun(make_clock, monkeypatch):
    """A module that is only half there says nothing about the time."""
    monkeypatch.setitem(sys.modules, "freezegun.api", types.ModuleType("freezegun.api"))

    assert abs(make_clock().time() - time.time()) < 60


def test_a_thread_may_move_the_clock(clock):
    """The moves of several threads add up."""
    clock.freeze()
    before = clock.offset
    threads = [threading.Thread(target=lambda: [clock.advance(1) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.offset - before == 200.0


# Waits that have to end. Each takes a few milliseconds of real time when all is well, and is cut off by the machine's
# own watch where it does not come back.


def wait_for_an_event():
    assert not threading.Event().wait(0.01)


def wait_for_a_condition():
    with (condition := threading.Condition()):
        assert not condition.wait_for(lambda: False, timeout=0.01)


def wait_for_a_queue():
    with pytest.raises(queue.Empty):
        queue.Queue().get(timeout=0.01)


def wait_for_a_full_queue():
    full = queue.Queue(1)
    full.put(1)
    with pytest.raises(queue.Full):
        full.put(2, timeout=0.01)


def wait_for_a_timer():
    done = threading.Event()
    threading.Timer(0.01, done.set).start()
    assert done.wait(10)


def wait_for_futures():
    with pytest.raises(TimeoutError):
        list(concurrent.futures.as_completed([concurrent.futures.Future()], timeout=0.01))


def wait_for_an_executor():
    release = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        with pytest.raises(TimeoutError):
            list(executor.map(lambda _: release.wait(10), [1], timeout=0.01))
        release.set()


def wait_for_a_subprocess():
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.01, check=False)


def wait_for_a_subprocess_that_comes_back():
    subprocess.run([sys.executable, "-c", ""], timeout=60, check=True)


def wait_for_a_connection():
    left, right = multiprocessing.connection.Pipe()
    assert multiprocessing.connection.wait([left], timeout=0.01) == []
    left.close()
    right.close()


def wait_for_a_request():
    class Server(socketserver.TCPServer):
        timeout = 0.01
        timed_out = False

        def handle_timeout(self):
            self.timed_out = True

    with Server(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        server.handle_request()
        assert server.timed_out


def wait_in_asyncio():
    asyncio.run(asyncio.sleep(0.01))


def wait_for_a_future_in_asyncio():
    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.get_running_loop().create_future(), 0.01)

    asyncio.run(main())


def wait_in_trio():
    trio.run(trio.sleep, 0.01)


def wait_for_trio_to_give_up():
    async def main():
        with trio.move_on_after(0.01):
            await trio.sleep_forever()

    trio.run(main)


def wait_in_anyio_on_asyncio():
    anyio.run(anyio.sleep, 0.01)


def wait_in_anyio_on_trio():
    anyio.run(anyio.sleep, 0.01, backend="trio")


WAITS = [
    wait_for_an_event,
    wait_for_a_condition,
    wait_for_a_queue,
    wait_for_a_full_queue,
    wait_for_a_timer,
    wait_for_futures,
    wait_for_an_executor,
    wait_for_a_subprocess,
    wait_for_a_subprocess_that_comes_back,
    wait_for_a_connection,
    wait_for_a_request,
    wait_in_asyncio,
    wait_for_a_future_in_asyncio,
    wait_in_trio,
    wait_for_trio_to_give_up,
    wait_in_anyio_on_asyncio,
    wait_in_anyio_on_trio,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_waiting_ends_while_the_clock_stands(clock, wait):
    """A clock that stands still keeps nobody waiting for ever."""
    clock.freeze()
    clock.advance(3600)
    wait()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
def test_waiting_ends_while_the_clock_runs(clock, wait):
    """The same with a clock that runs."""
    clock.advance(3600)
    wait()


def test_a_timeout_of_asyncio_is_not_about_the_clock(clock):
    """Half a minute of patience survives an hour on the clock, moved before or within."""

    async def main():
        async with asyncio.timeout(30):
            clock.advance(3600)
            await asyncio.sleep(0)
            clock.freeze()
            clock.advance(3600)
            await asyncio.sleep(0.001)
            clock.reset()
            await asyncio.sleep(0.001)

    asyncio.run(main())


def test_a_timeout_of_trio_is_not_about_the_clock(clock):
    """The same for trio."""

    async def main():
        with trio.fail_after(30):
            clock.advance(3600)
            await trio.lowlevel.checkpoint()
            clock.freeze()
            clock.advance(3600)
            await trio.sleep(0.001)
            clock.reset()
            await trio.sleep(0.001)

    trio.run(main)


def test_a_queue_with_a_patient_reader(clock):
    """A thread that waits with a timeout is not woken by a move."""
    letters = queue.Queue()
    got = []
    reader = threading.Thread(target=lambda: got.append(letters.get(timeout=60)))
    reader.start()
    clock.advance(3600)
    letters.put("a")
    reader.join()
    assert got == ["a"]


def test_the_durations_of_pytest_stay_real(clock):
    """What pytest measures is the machine's time, moved or frozen."""

    def move():
        clock.advance(days=30)
        clock.freeze()

    measured = pytest.CallInfo.from_call(move, "call")

    assert 0 < measured.duration < 60


def test_a_loop_with_a_time_of_its_own_keeps_it(freezegun_clock, monkeypatch):
    """Where somebody fakes the time of event loops, that stays faked."""
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: 5.0)
    freezegun_clock.advance(10)
    loop = asyncio.new_event_loop()
    assert loop.time() == 5.0
    loop.close()
    freezegun_clock.close()
    assert asyncio.BaseEventLoop.time(None) == 5.0


def test_a_loop_time_that_somebody_changed_meanwhile_is_left(freezegun_clock, monkeypatch):
    """Closing takes back only what is still ours."""
    original = asyncio.BaseEventLoop.time
    freezegun_clock.advance(10)
    asyncio.BaseEventLoop.time = mine = lambda _: 5.0
    try:
        freezegun_clock.close()
        assert asyncio.BaseEventLoop.time is mine
    finally:
        asyncio.BaseEventLoop.time = original
