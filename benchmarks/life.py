"""Rows: what a test pays before it asks for anything: the plugin's start, set-up and tear-down, moves of time."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
import types
from pathlib import Path

from benchmarks.measuring import Figures, alternate, time_each
from benchmarks.row import LeftOut, row


def _cpu_of_run(folder: str, *more: str) -> float:
    """Return the CPU seconds of a pytest run of one empty test."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, *more, folder]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=folder)  # noqa: S603
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@row("plugin", "plugin loaded and not used, CPU time added to a run", "", 0.010)
def _plugin(rounds: int) -> Figures:
    os.environ.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    # Other plugins that the environment happens to have would only make noise.
    others = {entry.name for entry in importlib.metadata.entry_points(group="pytest11")} - {"oauthcc"}
    alone = [argument for name in sorted(others) for argument in ("-p", f"no:{name}")]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text("def test_it(): pass\n", encoding="utf-8")
        both = alternate(
            lambda: _cpu_of_run(folder, *alone), lambda: _cpu_of_run(folder, *alone, "-p", "no:oauthcc"), rounds * 4
        )
    added = [ours - theirs for ours, theirs in zip(both.ours, both.theirs, strict=True)]
    return Figures(added, note=f"a run without it takes {both.other_median * 1e3:.0f} ms")


@row(
    "set-up",
    "set-up and tear-down, requests and httpx loaded",
    "`responses` and `respx` started and stopped by hand",
    0.3,
)
def _set_up(rounds: int) -> Figures:
    import httpx  # noqa: F401 - has to be loaded
    import requests  # noqa: F401 - has to be loaded
    import responses
    import respx

    from pytest_oauthcc import provider

    def ours() -> None:
        with provider():
            pass

    def theirs() -> None:
        with responses.RequestsMock(assert_all_requests_are_fired=False), respx.mock(assert_all_called=False):
            pass

    return alternate(lambda: time_each(ours, 200), lambda: time_each(theirs, 200), rounds * 4)


# --- moves of time


def _load_modules(total: int) -> None:
    """Fill the process with modules as applications have them, some of which hold clocks."""
    for number in range(total - len(sys.modules)):
        module = types.ModuleType(f"filler_{number}")
        vars(module).update({f"name_{index}": index for index in range(30)})
        if number % 5 == 0:
            module.datetime = dt.datetime  # type: ignore[attr-defined]
        if number % 7 == 0:
            module.time = time.time  # type: ignore[attr-defined]
        sys.modules[module.__name__] = module


def _first_move(modules: int, rounds: int) -> Figures:
    import freezegun

    from pytest_oauthcc.clock import Clock

    moment = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)

    def ours() -> None:
        clock = Clock()
        clock.advance(3600)
        clock.close()

    def theirs() -> None:
        freezer = freezegun.freeze_time(moment)
        freezer.start()
        freezer.stop()

    theirs()  # wakes the lazy modules of other packages, which are modules, too
    _load_modules(modules)
    # As long on both sides: what else the machine does for a moment would weigh on the shorter one alone.
    found = alternate(lambda: time_each(ours, 400), lambda: time_each(theirs, 20), rounds * 2).best()
    found.note = f"{len(sys.modules)} modules in all"
    return found


_FREEZE = "`freezegun.freeze_time(...)` started and stopped by hand"


@row("first-move-300", "first move of time in a test, 300 modules loaded", _FREEZE, 0.1, processes=6)
def _first_move_300(rounds: int) -> Figures:
    return _first_move(300, rounds)


@row("first-move-5000", "first move of time in a test, 5,000 modules loaded", _FREEZE, 0.1, processes=6)
def _first_move_5000(rounds: int) -> Figures:
    return _first_move(5_000, rounds)


def _further_move(backend: str, rounds: int) -> Figures:
    from pytest_oauthcc.clock import Clock

    clock = Clock(backend)
    clock.advance(1)
    try:
        return Figures([time_each(lambda: clock.advance(1), 200) for _ in range(rounds)])
    finally:
        clock.close()


@row("next-move", "each further move of time, freezegun", "", 50e-6, processes=2)
def _next_move(rounds: int) -> Figures:
    return _further_move("freezegun", rounds)


def _want_time_machine() -> None:
    if importlib.util.find_spec("time_machine") is None:
        raise LeftOut("time-machine is not installed")


@row("next-move-time-machine", "each further move of time, time-machine", "", 50e-6, processes=2)
def _next_move_time_machine(rounds: int) -> Figures:
    _want_time_machine()
    return _further_move("time-machine", rounds)


@row(
    "move-time-machine",
    "first move of time and its end, time-machine",
    "`time_machine.travel(...)` started, shifted and stopped by hand",
    2.0,
    processes=6,
)
def _move_time_machine(rounds: int) -> Figures:
    _want_time_machine()
    import time_machine

    from pytest_oauthcc.clock import Clock

    def ours() -> float:
        clocks = [Clock("time-machine") for _ in range(200)]  # every test has one, moved or not

        def move() -> None:
            clock = clocks.pop()
            clock.advance(3600)
            clock.close()

        return time_each(move, 200)

    def theirs() -> None:
        traveller = time_machine.travel(dt.datetime.now(dt.UTC), tick=True)
        traveller.start().shift(3600)
        traveller.stop()

    return alternate(ours, lambda: time_each(theirs, 200), rounds * 4).best()
