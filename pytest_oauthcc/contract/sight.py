"""A clock that the client can see: also one that holds ``time.time`` or ``time.monotonic`` by reference."""

from __future__ import annotations

import datetime
import functools
import gc
import sys
import time
import types
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.infrastructure import caller_keeps_real_time, is_left_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_oauthcc.clock import Clock

__all__ = ["Sight"]

_NAMES = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_STEADY = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_MOMENTS = ("now", "utcnow", "today")
_NANO = 1_000_000_000

# Taken at import, which may happen while freezegun has fakes in their places; it remembers the real ones.
_freezegun: Any = sys.modules.get("freezegun.api")


def _real(name: str) -> Callable[[], Any]:
    real: Callable[[], Any] = getattr(_freezegun, f"real_{name}", None) or getattr(time, name)
    return real


_REAL = {name: _real(name) for name in _NAMES}
_DATETIME: Any = getattr(_freezegun, "real_datetime", None) or datetime.datetime


class _StandIn:
    """
    What is put in the place of a clock function that somebody holds by reference: it asks for the time by name.

    No function, which would become a method in a class; harmless if it is ever left behind.
    """

    def __init__(self, real: Callable[..., Any], ask: Callable[..., Any]) -> None:
        self.real = real
        self._ask = ask

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if caller_keeps_real_time(1):
            return self.real(*arguments, **named)
        return self._ask(*arguments, **named)

    def __deepcopy__(self, _memo: object) -> _StandIn:
        return self

    def __reduce__(self) -> Any:
        return self.real.__reduce__()

    def __repr__(self) -> str:
        return repr(self.real)


class Sight:
    """
    Shows a moved clock to those who hold the functions of the ``time`` module themselves.

    freezegun replaces names in modules. A default argument, an attribute of an instance, a ``functools.partial``, a
    closure keep the real function, and a client that uses one would wrongly be said never to renew its token.

    Args:
        clock: Of the test.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._undo: list[Callable[[], None]] = []
        self._blind: list[str] = []
        self._shown = False

    def show(self) -> None:
        """Let everybody see the clock from now on; once is enough, for the places hold until ``close``."""
        if self._shown:
            return
        self._shown = True
        for thing, stand_in in self._stand_ins():
            for holder in gc.get_referrers(thing):
                self._replace(holder, thing, stand_in)

    def blind_spots(self) -> list[str]:
        """Say who holds a real clock where it can't be replaced."""
        return self._blind

    def close(self) -> None:
        """Give everybody back what they had."""
        while self._undo:
            self._undo.pop()()

    # --- what stands in for what

    def _stand_ins(self) -> Iterator[tuple[Any, _StandIn]]:
        # Whether the backend moves monotonic time: freezegun does, time-machine does not.
        for name, real in _REAL.items():
            if getattr(time, name) is not real:
                yield real, _StandIn(real, functools.partial(_by_name, name))
            elif name in _STEADY and self._clock.offset:
                unit = _NANO if name.endswith("_ns") else 1
                yield real, _StandIn(real, functools.partial(self._ahead, real, unit))
        for bound in [found for found in gc.get_referrers(_DATETIME) if isinstance(found, types.BuiltinMethodType)]:
            if bound.__self__ is _DATETIME and bound.__name__ in _MOMENTS:
                yield bound, _StandIn(bound, functools.partial(_moment, bound.__name__))

    def _ahead(self, real: Callable[[], Any], unit: int) -> Any:
        moved = max(self._clock.offset, 0.0)
        return real() + (round(moved * unit) if unit == _NANO else moved)

    # --- where they are held

    def _replace(self, holder: Any, thing: Any, stand_in: _StandIn) -> None:
        if isinstance(holder, dict):
            self._replace_in_dict(holder, thing, stand_in)
        elif isinstance(holder, list):
            if not _is_ours(holder):
                self._replace_in_list(holder, thing, stand_in)
        elif isinstance(holder, types.CellType):
            self._set(lambda value: setattr(holder, "cell_contents", value), thing, stand_in)
        elif isinstance(holder, functools.partial):
            self._replace_in_partial(holder, thing, stand_in)
        elif isinstance(holder, staticmethod):
            self._set(lambda value: staticmethod.__init__(holder, value), thing, stand_in)
        elif isinstance(holder, tuple):
            self._replace_in_tuple(holder, thing, stand_in)
        elif isinstance(holder, type):
            self._replace_attributes(holder, vars(holder), thing, stand_in)
        elif not isinstance(holder, types.FrameType | types.ModuleType | types.BuiltinMethodType | _StandIn):
            self._replace_in_object(holder, thing, stand_in)

    def _set(self, put: Callable[[Any], object], thing: Any, stand_in: _StandIn) -> None:
        put(stand_in)
        self._undo.append(lambda: put(thing) and None)

    def _replace_in_dict(self, holder: dict[Any, Any], thing: Any, stand_in: _StandIn) -> None:
        module = holder.get("__name__") if "__spec__" in holder else None
        if module is not None:
            # Names in modules are the clock's own business, but for a backend that leaves monotonic time alone.
            if is_left_alone(str(module)) or getattr(time, thing.__name__, None) is not thing:
                return
        elif holder is _REAL or _is_ours(holder):
            return
        owner = next((one for one in gc.get_referrers(holder) if isinstance(one, type)), None)
        if owner is not None and vars(owner).get("__module__") == holder.get("__module__") and "__module__" in holder:
            self._replace_attributes(owner, holder, thing, stand_in)
            return
        for name in [name for name, value in list(holder.items()) if value is thing]:
            self._set(functools.partial(holder.__setitem__, name), thing, stand_in)

    def _replace_attributes(self, owner: type, names: Any, thing: Any, stand_in: _StandIn) -> None:
        if is_left_alone(owner.__module__):
            return
        for name in [name for name, value in list(names.items()) if value is thing]:
            self._set(functools.partial(setattr, owner, name), thing, stand_in)

    def _replace_in_list(self, holder: list[Any], thing: Any, stand_in: _StandIn) -> None:
        for position in [position for position, value in enumerate(holder) if value is thing]:
            self._set(functools.partial(holder.__setitem__, position), thing, stand_in)

    def _replace_in_partial(self, holder: functools.partial[Any], thing: Any, stand_in: _StandIn) -> None:
        def put(value: Any) -> None:
            function = value if holder.func in {thing, stand_in} else holder.func
            arguments = tuple(value if one in {thing, stand_in} else one for one in holder.args)
            holder.__setstate__((function, arguments, holder.keywords, vars(holder)))  # type: ignore[attr-defined]

        self._set(put, thing, stand_in)

    def _replace_in_tuple(self, holder: tuple[Any, ...], thing: Any, stand_in: _StandIn) -> None:
        for owner in gc.get_referrers(holder):
            if isinstance(owner, types.FunctionType) and owner.__defaults__ is holder:
                if not is_left_alone(owner.__module__ or ""):
                    changed = tuple(stand_in if value is thing else value for value in holder)
                    owner.__defaults__ = changed
                    self._undo.append(functools.partial(setattr, owner, "__defaults__", holder))
            elif isinstance(owner, dict) and not _is_ours(owner):
                name = owner.get("__name__") or type(owner).__name__
                if not is_left_alone(str(name)):
                    self._blind.append(f"a tuple in {name}")

    def _replace_in_object(self, holder: Any, thing: Any, stand_in: _StandIn) -> None:
        module = type(holder).__module__
        if is_left_alone(module) or isinstance(holder, types.FunctionType):
            return
        if isinstance(holder, types.GeneratorType | types.CoroutineType | types.AsyncGeneratorType):
            code = getattr(holder, "gi_code", None) or getattr(holder, "cr_code", None)
            if not is_left_alone(str(getattr(holder, "__module__", "") or "")) and code is not None:
                self._blind.append(f"the running {code.co_qualname}")
            return
        names = [*getattr(holder, "__dict__", {})]
        names += [name for base in type(holder).__mro__ for name in _slots_of(base)]
        found = [name for name in names if getattr(holder, name, None) is thing]
        for name in found:
            self._set(functools.partial(object.__setattr__, holder, name), thing, stand_in)
        if not found:
            self._blind.append(f"an object of {module}.{type(holder).__qualname__}")


def _slots_of(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _is_ours(holder: Any) -> bool:
    """Whether freezegun, the clock or this module keeps the real functions there, to put them back."""
    return any(
        (isinstance(owner, dict) and is_left_alone(str(owner.get("__name__", ""))) and "__spec__" in owner)
        or (is_left_alone(type(owner).__module__) and not isinstance(owner, type))
        for owner in gc.get_referrers(holder)
    )


def _by_name(name: str) -> Any:
    return getattr(time, name)()


def _moment(name: str, *arguments: Any, **named: Any) -> Any:
    return getattr(datetime.datetime, name)(*arguments, **named)
