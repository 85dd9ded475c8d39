"""A clock that the client can see: also one that holds ``time.time`` or ``time.monotonic`` by reference."""

from __future__ import annotations

import datetime
import functools
import gc
import sys
import time
import types
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_oauthcc.clock.infrastructure import caller_keeps_real_time, is_left_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_oauthcc.clock import Clock

__all__ = ["Sight"]

_WALL = ("time", "time_ns")
_STEADY = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
_MOMENTS = ("now", "utcnow", "today")
_NANO = 1_000_000_000

# This module may be imported while freezegun has fakes in their places; it remembers the real ones.
_freezegun: Any = sys.modules.get("freezegun.api")


def _real(name: str) -> Callable[[], Any]:
    real: Callable[[], Any] = getattr(_freezegun, f"real_{name}", None) or getattr(time, name)
    return real


_REAL = {name: _real(name) for name in (*_WALL, *_STEADY)}
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

    # The reference counts of the real functions when nobody held one, to whom that is worth showing.
    _nothing_to_do: ClassVar[tuple[int, ...] | None] = None

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._undo: list[Callable[[], object]] = []
        self._blind: list[str] = []
        self._shown = False

    def show(self) -> None:
        """Let everybody see the clock from now on; once is enough, for the places hold until ``close``."""
        if self._shown:
            return
        self._shown = True
        counts = (*map(sys.getrefcount, _REAL.values()), sys.getrefcount(_DATETIME))
        if counts == Sight._nothing_to_do:
            return
        stand_ins = self._stand_ins()
        places = _Places(stand_ins)
        for put, thing in places.found:
            put(stand_ins[id(thing)])
            self._undo.append(functools.partial(put, thing))
        self._blind = places.unreachable
        Sight._nothing_to_do = None if places.found or places.unreachable else counts

    def blind_spots(self) -> list[str]:
        """Say who holds a real clock where it can't be replaced."""
        return self._blind

    def close(self) -> None:
        """Give everybody back what they had."""
        while self._undo:
            self._undo.pop()()

    def _stand_ins(self) -> dict[int, _StandIn]:
        found = {}
        for name, real in _REAL.items():
            if getattr(time, name) is not real:  # the clock moves it for those who ask by name
                found[id(real)] = _StandIn(real, functools.partial(_by_name, name))
            elif name in _STEADY:  # time-machine leaves it alone
                found[id(real)] = _StandIn(real, functools.partial(self._ahead, real, name.endswith("_ns")))
        if datetime.datetime is not _DATETIME:
            for bound in gc.get_referrers(_DATETIME):
                if isinstance(bound, types.BuiltinMethodType) and bound.__name__ in _MOMENTS:
                    found[id(bound)] = _StandIn(bound, functools.partial(_moment, bound.__name__))
        return found

    def _ahead(self, real: Callable[[], Any], in_nanoseconds: bool) -> Any:
        moved = max(self._clock.offset, 0.0)
        return real() + (round(moved * _NANO) if in_nanoseconds else moved)


class _Places:
    """
    Where some functions are held.

    Two passes over all objects: who holds one of them, and who holds the tuples and dictionaries among those.

    Args:
        stand_ins: By the id of what they stand for.
    """

    def __init__(self, stand_ins: dict[int, _StandIn]) -> None:
        self.found: list[tuple[Callable[[Any], object], Any]] = []
        self.unreachable: list[str] = []
        self._things = {id(one.real): one.real for one in stand_ins.values()}
        ours = {id(self._things), id(_REAL), *(id(vars(one)) for one in stand_ins.values())}
        holders = [
            holder
            for holder in gc.get_referrers(*self._things.values())
            if id(holder) not in ours and not isinstance(holder, _StandIn | types.FrameType | types.BuiltinMethodType)
        ]
        containers = [holder for holder in holders if isinstance(holder, dict | list | tuple)]
        self._owners = _owners_of(containers, {id(holders), id(containers)})
        for holder in holders:
            self._look(holder)

    def _look(self, holder: Any) -> None:
        match holder:
            case dict():
                self._look_at_dict(holder)
            case list():
                if not self._is_kept_by_infrastructure(holder):
                    self._note([(functools.partial(holder.__setitem__, at), one) for at, one in self._of(enumerate(holder))])
            case tuple():
                self._look_at_tuple(holder)
            case types.CellType():
                self._note([(functools.partial(setattr, holder, "cell_contents"), holder.cell_contents)])
            case functools.partial():
                self._note([(functools.partial(_refill, holder, one), one) for one in self._in_partial(holder)])
            case staticmethod():
                self._note([(functools.partial(staticmethod.__init__, holder), holder.__func__)])
            case type() | types.ModuleType() | types.FunctionType():
                pass  # what they hold is in their dictionaries, cells and tuples
            case types.GeneratorType() | types.CoroutineType() | types.AsyncGeneratorType():
                self._note_unreachable(_module_of_code(holder), f"the running {holder.__qualname__}")
            case _:
                self._look_at_object(holder)

    def _look_at_dict(self, holder: dict[Any, Any]) -> None:
        places = self._of(list(holder.items()))
        if "__spec__" in holder and "__name__" in holder:  # a module's: the clock's own business, if it moves them
            if not is_left_alone(str(holder["__name__"])):
                places = [(name, one) for name, one in places if getattr(time, one.__name__, None) is one]
                self._note([(functools.partial(holder.__setitem__, name), one) for name, one in places])
            return
        if self._is_kept_by_infrastructure(holder):
            return
        cls = next((owner for owner in self._owners.get(id(holder), ()) if isinstance(owner, type)), None)
        if cls is not None:
            self._note([(functools.partial(setattr, cls, name), one) for name, one in places])
        else:
            self._note([(functools.partial(holder.__setitem__, name), one) for name, one in places])

    def _look_at_tuple(self, holder: tuple[Any, ...]) -> None:
        for owner in self._owners.get(id(holder), ()):
            if isinstance(owner, types.FunctionType) and owner.__defaults__ is holder:
                if not is_left_alone(str(owner.__module__)):
                    places = self._of(enumerate(holder))
                    self._note([(functools.partial(_set_default, owner, at), one) for at, one in places])
            elif isinstance(owner, dict):
                module = str(owner.get("__name__") or owner.get("__module__") or "")
                self._note_unreachable(module, f"a tuple in {module or 'a dictionary'}")
            elif not isinstance(owner, list | types.FunctionType | types.CodeType | tuple):
                self._note_unreachable(type(owner).__module__, f"a tuple in an object of {type(owner).__qualname__}")

    def _look_at_object(self, holder: Any) -> None:
        cls = type(holder)
        if is_left_alone(cls.__module__):
            return
        slots = (name for base in cls.__mro__ for name in _names(vars(base).get("__slots__", ())))
        names = [*getattr(holder, "__dict__", ()), *slots]
        places = self._of([(name, getattr(holder, name, None)) for name in names])
        self._note([(functools.partial(object.__setattr__, holder, name), one) for name, one in places])
        if not places:
            self._note_unreachable(cls.__module__, f"an object of {cls.__module__}.{cls.__qualname__}")

    def _of(self, pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        return [(key, value) for key, value in pairs if id(value) in self._things]

    def _in_partial(self, holder: functools.partial[Any]) -> list[Any]:
        return [one for one in (holder.func, *holder.args, *holder.keywords.values()) if id(one) in self._things]

    def _note(self, places: list[tuple[Callable[[Any], object], Any]]) -> None:
        self.found += places

    def _note_unreachable(self, module: str, what: str) -> None:
        if not is_left_alone(module):
            self.unreachable.append(what)

    def _is_kept_by_infrastructure(self, holder: object) -> bool:
        """Whether freezegun, the clock or this module keeps the real functions there, to put them back."""
        return any(
            is_left_alone(str(owner.get("__name__", "")))
            if isinstance(owner, dict) and "__spec__" in owner
            else is_left_alone(owner.__module__ if isinstance(owner, type) else type(owner).__module__)
            for owner in self._owners.get(id(holder), ())
        )


def _owners_of(containers: list[Any], ours: set[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {id(container): [] for container in containers}
    for owner in gc.get_referrers(*containers) if containers else ():
        if id(owner) in ours or isinstance(owner, types.FrameType):
            continue
        for one in gc.get_referents(owner):
            if id(one) in found:
                found[id(one)].append(owner)
    return found


def _names(slots: Any) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def _module_of_code(holder: Any) -> str:
    frame = getattr(holder, "gi_frame", None) or getattr(holder, "cr_frame", None) or getattr(holder, "ag_frame", None)
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))


def _set_default(function: types.FunctionType, position: int, value: Any) -> None:
    defaults = list(function.__defaults__ or ())
    defaults[position] = value
    function.__defaults__ = tuple(defaults)


def _refill(holder: functools.partial[Any], real: Any, value: Any) -> None:
    def swapped(one: Any) -> Any:
        return value if one is real or (isinstance(one, _StandIn) and one.real is real) else one

    keywords = {name: swapped(one) for name, one in holder.keywords.items()}
    state = (swapped(holder.func), tuple(map(swapped, holder.args)), keywords, vars(holder))
    holder.__setstate__(state)  # type: ignore[attr-defined]


def _by_name(name: str) -> Any:
    return getattr(time, name)()


def _moment(name: str, *arguments: Any, **named: Any) -> Any:
    return getattr(datetime.datetime, name)(*arguments, **named)
