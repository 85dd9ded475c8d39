"""Who keeps a real clock where nobody can move it: before a client is said to be late, it must have seen the time."""

from __future__ import annotations

import datetime as dt
import gc
import sys
import time
import types
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.infrastructure import is_left_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["blind_spots"]

_FUNCTIONS = ("time", "time_ns", "monotonic", "monotonic_ns")
_MOMENTS = ("now", "utcnow", "today")
_RUNNING = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
_NO_HOLDERS = (types.FrameType, types.ModuleType, types.MethodDescriptorType, types.ClassMethodDescriptorType)


def blind_spots() -> list[str]:
    """
    Find those who hold a real clock although the clock of the test has been moved.

    The clock replaces its functions in modules, attributes, default arguments, closures and partials. Left are tuples,
    local variables of running generators, and methods such as ``datetime.now`` that somebody took from their class.
    What belongs to the standard library or to the machinery of tests is of no interest.

    Returns:
        Each holder in words.
    """
    freezegun: Any = sys.modules.get("freezegun.api")
    reals = [getattr(freezegun, f"real_{name}", None) or getattr(time, name) for name in _FUNCTIONS]
    reals = [real for real in reals if isinstance(real, types.BuiltinFunctionType)]
    kind = getattr(freezegun, "real_datetime", None) or dt.datetime
    # time-machine moves time.time and datetime itself, wherever they are held.
    moved = [real for real in reals if not _shows_moved_time(real)]
    everybody = gc.get_referrers(*moved, kind)
    moments = [one for one in everybody if isinstance(one, types.BuiltinMethodType) and one.__self__ is kind]
    moments = [one for one in moments if one.__name__ in _MOMENTS and dt.datetime is not kind]
    if moments:
        everybody += gc.get_referrers(*moments)
    wanted = {id(one) for one in (*moved, *moments)}
    mine = {id(one) for one in (reals, moved, everybody, moments)}
    found = []
    for holder in everybody:
        if id(holder) not in mine and not isinstance(holder, _NO_HOLDERS) and _holds(holder, wanted):
            found += [f"{what} of {module}" for module, what in _belongs_to(holder, mine) if _is_the_clients(module)]
    # The frame of this call is among them, and would keep the lists alive for the next search to find.
    for one in (everybody, moments, moved, reals):
        one.clear()
    return list(dict.fromkeys(found))


def _shows_moved_time(real: Any) -> bool:
    return real.__name__ in {"time", "time_ns"} and getattr(time, real.__name__) is real


def _holds(holder: Any, wanted: set[int]) -> bool:
    return not wanted.isdisjoint(map(id, gc.get_referents(holder)))


def _belongs_to(holder: Any, mine: set[int]) -> Iterator[tuple[str, str]]:
    """Yield modules with what of theirs a holder is."""
    if isinstance(holder, _RUNNING):
        code = next(getattr(holder, name) for name in ("gi_frame", "cr_frame", "ag_frame") if hasattr(holder, name))
        yield str(code.f_globals.get("__name__") if code is not None else ""), f"the running {holder.__qualname__}()"
    elif isinstance(holder, dict | list | tuple | set | types.CellType | types.BuiltinMethodType):
        if isinstance(holder, dict) and "__spec__" in holder:
            return
        for owner in gc.get_referrers(holder):
            if id(owner) not in mine and not isinstance(owner, types.FrameType | dict | list | tuple):
                named = owner if isinstance(owner, type | types.FunctionType) else type(owner)
                yield str(named.__module__), f"{named.__qualname__}"
            elif isinstance(owner, dict) and "__spec__" in owner:
                yield str(owner.get("__name__")), "a value"
            elif isinstance(owner, dict):
                yield from _of_namespace(owner)
    else:
        named = holder if isinstance(holder, type | types.FunctionType) else type(holder)
        yield str(named.__module__), named.__qualname__


def _of_namespace(names: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for owner in gc.get_referrers(names):
        if getattr(owner, "__dict__", None) is names:
            yield str(type(owner).__module__), type(owner).__qualname__


def _is_the_clients(module: str) -> bool:
    return bool(module) and not is_left_alone(module) and module.partition(".")[0] not in sys.stdlib_module_names
