"""Whether a client sees the time of the test: who holds a clock that can't be moved, and whose threads move it."""

from __future__ import annotations

import datetime as dt
import functools
import gc
import sys
import threading
import time
from inspect import unwrap
from time import monotonic
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
    TracebackType,
)
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.infrastructure import is_left_alone
from pytest_oauthcc.clock.slots import own_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_oauthcc.clock import Clock

__all__ = ["blind_spots", "is_of_a_client", "time_runs_away"]

_LOOK = 0.05  # seconds for which other threads are watched
_RUNAWAY = 1.0  # seconds that the clock has to gain in that while

_FUNCTIONS = ("time", "time_ns", "monotonic", "monotonic_ns")
_MOMENTS = ("now", "utcnow", "today")
_RUNNING = (GeneratorType, CoroutineType, AsyncGeneratorType)
_NOTHING_OF_ITS_OWN = (FrameType, TracebackType)
# They send what clients tell them to; when tokens expire is none of their business.
_HTTP_LIBRARIES = frozenset({"aiohttp", "httpcore", "httpcore2", "httpx", "httpx2", "requests", "urllib3"})


@functools.cache
def is_of_a_client(module: str) -> bool:
    """Whether a module may be a client's: not of the standard library, an HTTP library or the machinery of tests."""
    family = module.partition(".")[0]
    return not (family in sys.stdlib_module_names or family in _HTTP_LIBRARIES or is_left_alone(module))


def blind_spots(client: object) -> list[str]:
    """
    Find where a client holds a real clock although the clock of the test has been moved.

    The clock replaces its functions in modules, attributes, default arguments, closures and partials. Left are tuples,
    local variables of running generators, and methods such as ``datetime.now`` that somebody took from their class.
    They are looked for in what the client can reach: its objects, functions, classes and modules, and the packages
    that those use. What else is alive in the process is not looked at.

    Args:
        client: What is called; usually a method of the client.

    Returns:
        Each holder in words.
    """
    clocks = _Clocks()
    found: list[Any] = []
    came_from: dict[int, Any] = {id(client): None}
    pending: list[Any] = [client]
    while pending:
        thing = pending.pop()
        for part in _parts(thing):
            if type(part) is BuiltinFunctionType and clocks.has(part):
                found.append(thing)
            elif id(part) not in came_from and gc.is_tracked(part):
                came_from[id(part)] = thing
                pending.append(part)
    return list(dict.fromkeys(_name_holder(thing, came_from) for thing in found))


class _Clocks:
    """Functions that tell the real time now, although the clock of the test has been moved."""

    def __init__(self) -> None:
        freezegun: Any = sys.modules.get("freezegun.api")
        reals = [getattr(freezegun, f"real_{name}", unwrap(getattr(time, name))) for name in _FUNCTIONS]
        # What is in its own place tells the time of the test: time-machine moves it wherever it is held.
        self._functions = {id(real) for real in reals if getattr(time, real.__name__) is not real}
        kind = getattr(freezegun, "real_datetime", dt.datetime)
        self._kind = None if kind is dt.datetime else kind

    def has(self, thing: BuiltinFunctionType) -> bool:
        owner = thing.__self__
        return id(thing) in self._functions or (
            owner is not None and owner is self._kind and thing.__name__ in _MOMENTS
        )


def time_runs_away(clock: Clock) -> bool:
    """
    Look whether a thread that sleeps moves the clock on and on, since its sleeps are skipped.

    Args:
        clock: Of the test.
    """
    if threading.active_count() == 1:
        return False
    before, began = clock.time(), monotonic()
    threading.Event().wait(_LOOK)  # which is not skipped
    return clock.time() - before > monotonic() - began + _RUNAWAY


def _parts(thing: Any) -> Iterable[Any]:
    """Return what a thing refers to; nothing where no client is behind it."""
    kind = type(thing)
    if issubclass(kind, FunctionType):
        return _parts_of_function(thing)
    if issubclass(kind, type):
        return gc.get_referents(thing) if is_of_a_client(str(thing.__module__)) else ()
    if issubclass(kind, ModuleType):
        # Its names and no more: that of asyncio's C code shows the collector objects that are dead, to touch which
        # ends the process (CPython 3.12).
        return (own_dict(thing),)
    if kind is dict and "__spec__" in thing:  # the namespace of a module
        return gc.get_referents(thing) if is_of_a_client(str(thing.get("__name__"))) else ()
    if issubclass(kind, _NOTHING_OF_ITS_OWN) or _is_machinery(str(kind.__module__)):
        return ()
    return gc.get_referents(thing)


def _parts_of_function(function: FunctionType) -> Iterator[Any]:
    names = function.__globals__
    yield from (part for part in gc.get_referents(function) if part is not names)
    if is_of_a_client(str(names.get("__name__"))):
        yield names
        yield from _imports_of(function.__code__, str(names.get("__package__")))


def _imports_of(code: CodeType, package: str) -> Iterator[ModuleType]:
    """Yield the modules that a function may import when it runs."""
    for name in code.co_names:
        for module in (sys.modules.get(name), sys.modules.get(f"{package}.{name}")):
            if module is not None:
                yield module
    for part in code.co_consts:
        if type(part) is CodeType:
            yield from _imports_of(part, package)


def _is_machinery(module: str) -> bool:
    return is_left_alone(module) and module.partition(".")[0] not in sys.stdlib_module_names


def _name_holder(thing: Any, came_from: dict[int, Any]) -> str:
    """Name a thing after itself, or after the nearest on the way to it that has a name."""
    while thing is not None:
        name = _name(thing)
        if name is not None:
            return name
        thing = came_from[id(thing)]
    return "call_api"


def _name(thing: Any) -> str | None:
    """Say what a thing is, if it is one that a client's author knows by name."""
    kind = type(thing)
    if kind is dict:
        module, what = str(thing.get("__name__")), "a value"
        return f"{what} of {module}" if "__spec__" in thing else None
    if issubclass(kind, _RUNNING):
        frame = next(getattr(thing, name) for name in ("gi_frame", "cr_frame", "ag_frame") if hasattr(thing, name))
        return None if frame is None else f"the running {thing.__qualname__}() of {frame.f_globals.get('__name__')}"
    named = thing if issubclass(kind, (type, FunctionType)) else kind
    module = str(named.__module__)
    return f"{named.__qualname__} of {module}" if is_of_a_client(module) else None
