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
_NO_HOLDERS = (types.FrameType, types.BuiltinMethodType, types.MethodDescriptorType, types.ClassMethodDescriptorType)

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

    # What the last search found, and the reference counts at which nothing can have changed since: a search looks at
    # every object of the process.
    _last: ClassVar[_Places | None] = None
    _last_counts: ClassVar[tuple[int, ...]] = ()

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: _Places | None = None

    def show(self) -> None:
        """Let everybody see the clock from now on; once is enough, for the places hold until ``close``."""
        if self._places is not None:
            return
        self._places = Sight._last if _counts() == Sight._last_counts else None
        if self._places is None:
            Sight._last, Sight._last_counts = None, ()
            self._places = _Places()
        for put, real in self._places.found:
            stand_in = self._stand_in(real)
            if stand_in is not None:
                put(stand_in)

    def blind_spots(self) -> list[str]:
        """Say who holds a real clock where it can't be replaced."""
        return self._places.unreachable if self._places is not None else []

    def close(self) -> None:
        """Give everybody back what they had."""
        places, self._places = self._places, None
        if places is None:
            return
        for put, real in reversed(places.found):
            put(real)
        if places.is_lasting:
            Sight._last = places
            del places
            Sight._last_counts = _counts()

    def _stand_in(self, real: Callable[..., Any]) -> _StandIn | None:
        name = real.__name__
        if real not in _REAL.values():
            return _StandIn(real, functools.partial(_moment, name))
        if getattr(time, name) is not real:  # the clock moves it for those who ask by name
            return _StandIn(real, functools.partial(_by_name, name))
        if name in _STEADY:  # time-machine leaves it alone
            return _StandIn(real, functools.partial(self._ahead, real, name.endswith("_ns")))
        return None

    def _ahead(self, real: Callable[[], Any], in_nanoseconds: bool) -> Any:
        moved = max(self._clock.offset, 0.0)
        return real() + (round(moved * _NANO) if in_nanoseconds else moved)


def _counts() -> tuple[int, ...]:
    """Return how often the real functions are held."""
    return (*map(sys.getrefcount, _REAL.values()), sys.getrefcount(_DATETIME))


class _Places:
    """
    Where the real functions are held.

    Attributes:
        found: What puts another value there, with the function that is there now.
        unreachable: Who else holds one, in words.
        is_lasting: Whether all holders are functions, classes and modules, which stay as they are.
    """

    def __init__(self) -> None:
        self.found: list[tuple[Callable[[Any], object], Any]] = []
        self.unreachable: list[str] = []
        self.is_lasting = True
        reals = [*_REAL.values()]
        holders = gc.get_referrers(*reals, _DATETIME)
        bound = [one for one in holders if isinstance(one, types.BuiltinMethodType) and one.__self__ is _DATETIME]
        moments = [one for one in bound if one.__name__ in _MOMENTS]
        if moments:
            holders += gc.get_referrers(*moments)
        self._things = {id(one): one for one in (*reals, *moments)}
        ours = {id(one) for one in (self._things, _REAL, reals, holders, bound, moments)}
        holders = [
            one
            for one in holders
            if id(one) not in ours
            and not isinstance(one, _NO_HOLDERS)
            and not self._things.keys().isdisjoint(map(id, gc.get_referents(one)))
        ]
        containers = [one for one in holders if isinstance(one, dict | list | tuple) and not _is_namespace(one)]
        self._owners = _owners_of(containers, {id(holders), id(containers), *ours}) if containers else {}
        for holder in holders:
            self._look(holder)
        self._owners.clear()
        self._things.clear()

    def _look(self, holder: Any) -> None:
        match holder:
            case dict():
                self._look_at_dict(holder)
            case list():
                if not self._is_kept_by_infrastructure(holder):
                    places = self._of(enumerate(holder))
                    self._note([(functools.partial(holder.__setitem__, at), one) for at, one in places])
            case tuple():
                self._look_at_tuple(holder)
            case types.CellType():
                places = self._of([("cell_contents", holder.cell_contents)])
                self._note([(functools.partial(setattr, holder, name), one) for name, one in places])
            case functools.partial():
                self._note([(functools.partial(_refill, holder, one), one) for one in self._in_partial(holder)])
            case staticmethod():
                places = self._of([("", holder.__func__)])
                self._note([(functools.partial(staticmethod.__init__, holder), one) for _, one in places])
            case type() | types.ModuleType() | types.FunctionType():
                pass  # what they hold is in their dictionaries, cells and tuples
            case types.GeneratorType() | types.CoroutineType() | types.AsyncGeneratorType():
                self._note_unreachable(_module_of_code(holder), f"the running {holder.__qualname__}")
            case _:
                self._look_at_object(holder)

    def _look_at_dict(self, holder: dict[Any, Any]) -> None:
        places = self._of(list(holder.items()))
        if _is_namespace(holder):  # a module's: the clock's own business, if it moves them
            if not is_left_alone(str(holder["__name__"])):
                places = [(name, one) for name, one in places if getattr(time, one.__name__, None) is one]
                self._note([(functools.partial(holder.__setitem__, name), one) for name, one in places], lasting=True)
            return
        if self._is_kept_by_infrastructure(holder):
            return
        cls = next((owner for owner in self._owners.get(id(holder), ()) if isinstance(owner, type)), None)
        if cls is not None:
            self._note([(functools.partial(setattr, cls, name), one) for name, one in places], lasting=True)
        else:
            self._note([(functools.partial(holder.__setitem__, name), one) for name, one in places])

    def _look_at_tuple(self, holder: tuple[Any, ...]) -> None:
        for owner in self._owners.get(id(holder), ()):
            if isinstance(owner, types.FunctionType) and owner.__defaults__ is holder:
                if not is_left_alone(str(owner.__module__)):
                    places = self._of(enumerate(holder))
                    self._note([(functools.partial(_set_default, owner, at), one) for at, one in places], lasting=True)
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

    def _note(self, places: list[tuple[Callable[[Any], object], Any]], *, lasting: bool = False) -> None:
        self.found += places
        self.is_lasting = self.is_lasting and (lasting or not places)

    def _note_unreachable(self, module: str, what: str) -> None:
        if not is_left_alone(module):
            self.unreachable.append(what)
            self.is_lasting = False

    def _is_kept_by_infrastructure(self, holder: object) -> bool:
        """Whether freezegun, the clock or this module keeps the real functions there, to put them back."""
        return any(
            is_left_alone(str(owner.get("__name__", "")))
            if _is_namespace(owner)
            else is_left_alone(owner.__module__ if isinstance(owner, type) else type(owner).__module__)
            for owner in self._owners.get(id(holder), ())
        )


def _owners_of(containers: list[Any], ours: set[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {id(container): [] for container in containers}
    for owner in gc.get_referrers(*containers):
        if id(owner) in ours or isinstance(owner, types.FrameType):
            continue
        for one in gc.get_referents(owner):
            if id(one) in found:
                found[id(one)].append(owner)
    return found


def _is_namespace(holder: Any) -> bool:
    """Whether this is the dictionary of a module."""
    return isinstance(holder, dict) and "__spec__" in holder and "__name__" in holder


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
