"""The search through everything that is alive for those who hold some functions by reference."""

from __future__ import annotations

import dataclasses
import functools
import gc
import sys
from collections import Counter
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_oauthcc.clock.infrastructure import is_left_alone
from pytest_oauthcc.clock.places import Holder
from pytest_oauthcc.clock.slots import own_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Found", "Haul", "search"]

# What a tuple or dict may belong to so that it is the owner that has to be changed.
_THEIR_OWN = (type, FunctionType, functools.partial)

# What keeps nothing alive but the function it holds, and what belongs to a class as that does.
_BARE = (staticmethod, dataclasses.Field)

# What may be kept alive as part of a tuple without anybody noticing.
_CONSTANT = (BuiltinFunctionType, ModuleType, str, bytes, int, float, type(None))


class Found(NamedTuple):
    """
    Somebody who holds one of the functions or more.

    Attributes:
        holder: Who that is, for ``slots_of()``.
        place: What refers to the functions: the holder, or a tuple, list or dict of its.
        is_lasting: Whether the holder may be remembered for good: it lasts anyway, or keeps nothing else alive.
        may_be_changed: Whether it can be changed, and is not left alone.
    """

    holder: Any
    place: Any
    is_lasting: bool
    may_be_changed: bool


class Haul(NamedTuple):
    """
    What a search has brought to light.

    Attributes:
        modules: The modules that hold one of the functions by name, by their names in ``sys.modules``.
        found: All others.
        references: How many references to each function were seen, by its id.
    """

    modules: dict[str, Any]
    found: list[Found]
    references: Counter[int]


def search(functions: tuple[Callable[..., Any], ...]) -> Haul:
    """Find all who hold one of the functions."""
    names: dict[int, str] = {}
    loaded = sys.modules.copy()
    for key, module in loaded.items():
        names[id(own_dict(module))] = key
        if not issubclass(type(module), ModuleType):
            names[id(module)] = key  # what stands in the place of a module may hold its names itself
    referrers = gc.get_referrers(*functions)
    wanted = set(map(id, functions))
    references = Counter(id(thing) for each in referrers for thing in gc.get_referents(each) if id(thing) in wanted)
    modules = {names[id(each)]: loaded[names[id(each)]] for each in referrers if id(each) in names}
    found = [each for each in referrers if id(each) not in names]
    del referrers  # or it would count among the owners of what is in it
    return Haul(modules, list(_sorted(found, names)), references)


def _sorted(found: list[Any], names: dict[int, str]) -> Iterator[Found]:
    containers = {id(each): each for each in found if type(each) in (dict, list, tuple)}
    cells = {id(each): each for each in found if isinstance(each, CellType)}
    for container, owners in _owners_of(containers, found):
        yield from _of_container(container, owners, names)
    for cell, functions in _functions_of(cells, found):
        yield Found(cell, cell, True, not any(is_left_alone(function.__module__) for function in functions))
    for each in found:
        if id(each) not in containers.keys() | cells.keys():
            left_alone = isinstance(each, ModuleType) or is_left_alone(_module_of(each, names))
            yield Found(each, each, isinstance(each, _BARE), not left_alone)


def _of_container(container: Any, owners: list[Any], names: dict[int, str]) -> Iterator[Found]:
    owners = [owner for owner in owners if not isinstance(owner, Holder)]  # of modules that have gone meanwhile
    claimants = [owner for owner in owners if _is_claimed(container, owner)]
    is_lasting = any(id(owner) in names for owner in owners)  # a constant of a module
    if type(container) is tuple and not claimants:
        is_lasting |= all(isinstance(item, _CONSTANT) for item in container)
        yield Found(container, container, is_lasting, False)
        return
    for owner in owners:
        if is_left_alone(_module_of(owner, names)):
            yield Found(container if is_lasting else owner, container, is_lasting, False)
            return
    for owner in claimants:
        yield Found(owner, container, False, True)
    if not claimants:
        yield Found(container, container, is_lasting, True)


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


def _is_claimed(container: Any, owner: Any) -> bool:
    """Whether it is the owner that has to be changed."""
    return issubclass(type(owner), _THEIR_OWN) or (type(container) is dict and own_dict(owner) is container)


def _module_of(holder: Any, names: dict[int, str]) -> str:
    if id(holder) in names:
        return names[id(holder)]
    if issubclass(type(holder), ModuleType):  # one that is not among the loaded ones any more
        return str(own_dict(holder).get("__name__"))
    named = holder if issubclass(type(holder), (type, FunctionType)) else type(holder)
    return str(named.__module__)
