"""Who holds the machine's clocks by reference: default arguments, attributes, closures, partials and the like."""

from __future__ import annotations

import contextlib
import functools
import gc
import sys
import weakref
from types import CellType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.infrastructure import is_left_alone
from pytest_oauthcc.clock.slots import own_dict, slots_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_oauthcc.clock.slots import Slot

__all__ = ["Holders", "look"]

# What a tuple or dict may belong to so that it is the owner that has to be changed.
_THEIR_OWN = (type, FunctionType, functools.partial)


class Holders:
    """
    All that hold one of some functions, but for modules, which hold them by name.

    A search goes through everything that is alive, which takes time. So it is made only when somebody has taken one of
    the functions since the last one: when there are more references to it, but for those that are accounted for, than
    there were when last looked at. Who looks often hardly ever misses somebody for another one who has gone meanwhile.

    Holders in tuples, in the local variables of running functions and generators, and in C or Rust code are out of
    reach, and those of the modules that keep the real time are left alone.

    Args:
        wanted: The functions.
        bystander: Another function of the module time, such as nobody holds.
    """

    def __init__(self, wanted: Iterable[Callable[[], Any]], bystander: Callable[..., Any]) -> None:
        self._bystander = bystander
        self._wanted = {id(function): function for function in wanted}
        self._known: list[Callable[[], Any]] = []  # references that keep nobody alive
        self._short_lived: list[Any] = []  # holders to which there can be no such reference
        self._unaccounted: list[int] = []
        self._is_news = True
        self._is_replaced = False
        _all.append(self)

    def replace(self, stand_ins: dict[int, Any]) -> Callable[[], None]:
        """
        Put a stand-in wherever a function is held.

        Args:
            stand_ins: What to put there, by the id of the function.

        Returns:
            What puts the functions back where the stand-ins still are.
        """
        self._is_replaced = True
        replaced: list[tuple[Slot, Any]] = []
        for slot in self._slots():
            real = slot.get()
            # Some don't let themselves be changed; a slot that was found in two ways is filled by now.
            with contextlib.suppress(Exception):
                slot.put(stand_ins[id(real)])
                replaced.append((slot, real))

        def put_back() -> None:
            for slot, real in replaced:
                if slot.get() is stand_ins[id(real)]:
                    slot.put(real)
            replaced.clear()
            self._is_replaced = False

        return put_back

    def _slots(self) -> list[Slot]:
        if not self._is_news:
            return self._of_the_known()
        self._search()
        slots = self._of_the_known()
        slots += [slot for holder in self._short_lived for slot in slots_of(holder, self._wanted)]
        # Where there are holders that can't be remembered there has to be a search each time.
        self._is_news = bool(self._short_lived)
        self._short_lived.clear()
        self._unaccounted.clear()  # what is left is counted when all is quiet again
        return slots

    def look(self) -> None:
        """See whether somebody has taken one of the functions; to be called while nothing is replaced by anybody."""
        if not self._is_replaced:
            count = self._count(self._of_the_known())
            self._is_news |= any(now > before for now, before in zip(count, self._unaccounted, strict=False))
            self._unaccounted = count

    def _of_the_known(self) -> list[Slot]:
        holders = [holder for reference in self._known if (holder := reference()) is not None]
        return [slot for holder in holders for slot in slots_of(holder, self._wanted)]

    def _count(self, slots: list[Slot]) -> list[int]:
        held = [id(slot.get()) for slot in slots]
        counts = [sys.getrefcount(function) - held.count(id(function)) for function in self._wanted.values()]
        # Each freeze that freezegun has ever started refers to all functions of the module time, which is no news.
        no_news = sys.getrefcount(self._bystander)
        return [count - no_news for count in counts]

    def _search(self) -> None:
        self._known.clear()
        for holder, is_lasting in _search(self._wanted):
            try:
                self._known.append(_Lasting(holder) if is_lasting else weakref.ref(holder))
            except TypeError:
                self._short_lived.append(holder)


_all: list[Holders] = []


def look() -> None:
    """See whether somebody has taken one of the functions that were ever wanted."""
    for holders in _all:
        holders.look()


class _Lasting:
    """Looks like a weak reference, to what lasts anyway."""

    def __init__(self, holder: Any) -> None:
        self._holder = holder

    def __call__(self) -> Any:
        return self._holder


def _search(wanted: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
    """Find the holders, each with whether it may be remembered for good."""
    modules = {id(vars(module)): name for name, module in sys.modules.copy().items() if type(module) is ModuleType}
    found = [holder for holder in gc.get_referrers(*wanted.values()) if id(holder) not in modules]
    containers = {id(holder): holder for holder in found if type(holder) in (dict, list, tuple)}
    seen = {id(wanted)}
    for container, owners in _owners_of(containers, found):
        if any(isinstance(owner, ModuleType) or is_left_alone(_module_of(owner, modules)) for owner in owners):
            continue
        for owner in owners:
            holder = _holder(container, owner)
            if holder is not None and id(holder) not in seen:
                seen.add(id(holder))
                yield holder, holder is container and id(owner) in modules
    cells = {id(holder): holder for holder in found if isinstance(holder, CellType)}
    for cell, functions in _functions_of(cells, found):
        if not any(is_left_alone(function.__module__) for function in functions):
            yield cell, True  # it keeps nothing alive but the wanted function, as a static method does
    for holder in found:
        if id(holder) not in containers.keys() | cells.keys() and not is_left_alone(_module_of(holder, modules)):
            yield holder, isinstance(holder, staticmethod)


def _owners_of(containers: dict[int, Any], *ours: Any) -> Iterator[tuple[Any, list[Any]]]:
    owners: dict[int, list[Any]] = {identity: [] for identity in containers}
    contents = tuple(containers.values())
    ours_by_id = set(map(id, (containers, contents, *ours)))  # this search's own lists are no owners
    for owner in gc.get_referrers(*contents) if contents else ():
        if id(owner) not in ours_by_id:
            for thing in gc.get_referents(owner):
                if id(thing) in owners:
                    owners[id(thing)].append(owner)
    return ((containers[identity], known) for identity, known in owners.items())


def _functions_of(cells: dict[int, Any], found: list[Any]) -> Iterator[tuple[Any, list[FunctionType]]]:
    closures = {id(owner): owner for _, owners in _owners_of(cells, found) for owner in owners if type(owner) is tuple}
    functions: dict[int, list[FunctionType]] = {identity: [] for identity in cells}
    for closure, owners in _owners_of(closures):
        for cell in closure:
            if id(cell) in functions:
                functions[id(cell)] += [owner for owner in owners if isinstance(owner, FunctionType)]
    return ((cells[identity], known) for identity, known in functions.items())


def _holder(container: Any, owner: Any) -> Any:
    """Give what has the slot: the owner, the container itself, or None where it can't be reached."""
    if issubclass(type(owner), _THEIR_OWN) or own_dict(owner) is container:
        return owner
    return None if type(container) is tuple else container


def _module_of(holder: Any, modules: dict[int, str]) -> str:
    if id(holder) in modules:
        return modules[id(holder)]
    named = holder if issubclass(type(holder), (type, FunctionType)) else type(holder)
    return str(named.__module__)
