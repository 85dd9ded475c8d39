"""Where in the loaded modules some objects are held by name, kept up to date at little cost."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_oauthcc.clock.infrastructure import is_left_alone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["Holder", "Places"]

# Straight from the type: some lazy modules have a __dict__ property that imports all they have.
_own_dict: Any = vars(ModuleType)["__dict__"]


class Holder(NamedTuple):
    """
    A module that holds wanted objects.

    Attributes:
        module: The module, or what stands in ``sys.modules`` in the place of one.
        names: Its namespace.
        held: The names under which it holds wanted objects, each with its object.
    """

    module: Any
    names: Mapping[str, Any]
    held: list[tuple[str, Any]]

    def as_it_is_now(self) -> Holder:
        """Give the same without what has changed since it was looked at."""
        get = self.names.get
        for name, value in self.held:
            if get(name) is not value:
                return self._replace(held=[(name, value) for name, value in self.held if get(name) is value])
        return self


class Places:
    """
    The places where modules hold one of the wanted objects, without looking at every module every time.

    A module is looked at again when it is new or when the number of its names has changed. A wanted object that took
    the place of another value under a name that was there before goes unseen until then.

    Args:
        wanted: The objects to look for, by identity.
        also: Names of modules to look at although they keep the real time.
    """

    def __init__(self, wanted: Collection[object], also: Collection[str] = ()) -> None:
        self._wanted = {id(thing): thing for thing in wanted}  # holds them, lest another takes over the id of one
        self._also = also
        self._modules: list[Any] = []
        self._namespaces: list[Mapping[str, Any]] = []
        self._sizes: list[int] = []
        self._holders: dict[int, Holder] = {}  # by the id of the module

    def are_of(self, wanted: Collection[object]) -> bool:
        """Whether these are the objects that are looked for."""
        return self._wanted.keys() == set(map(id, wanted))

    def current(self) -> list[Holder]:
        """Give all modules that hold a wanted object now."""
        loaded = sys.modules.copy()
        if not self._is_known(loaded):
            changed = self._changed(loaded)
            self._take_stock(loaded)  # before the search: what grows meanwhile is noticed next time
            for module in changed:
                self._holders.pop(id(module), None)
            for holder in _search(changed, self._wanted):
                self._holders[id(holder.module)] = holder
        return [holder.as_it_is_now() for holder in self._holders.values()]

    def newcomers(self, wanted: Collection[int]) -> list[Holder]:
        """
        Find objects in the modules that are new or have new names since ``current()`` was asked.

        Args:
            wanted: The ids of living objects.
        """
        loaded = sys.modules.copy()
        return [] if self._is_known(loaded) else list(_search(self._changed(loaded), wanted))

    def _is_known(self, loaded: dict[str, Any]) -> bool:
        return list(loaded.values()) == self._modules and list(map(len, self._namespaces)) == self._sizes

    def _changed(self, loaded: dict[str, Any]) -> list[Any]:
        sizes = {id(module): size for module, size in zip(self._modules, self._sizes, strict=True)}
        changed = {
            id(module): module  # once, also where a module goes by two names
            for name, module in loaded.items()
            if sizes.get(id(module)) != len(_namespace(module)) and (name in self._also or not is_left_alone(name))
        }
        return list(changed.values())

    def _take_stock(self, loaded: dict[str, Any]) -> None:
        # Modules are held from one look to the next, so that no other can be taken for one that has gone.
        self._modules = list(loaded.values())
        self._namespaces = list(map(_namespace, self._modules))
        self._sizes = list(map(len, self._namespaces))
        for identity in self._holders.keys() - set(map(id, self._modules)):
            del self._holders[identity]


def _namespace(module: Any) -> Mapping[str, Any]:
    """Give the names of a module, or of what stands in the place of one, and wake nothing up."""
    try:
        # By type: what cffi puts there says of itself that it is a module.
        if issubclass(type(module), ModuleType):
            names: Mapping[str, Any] = _own_dict.__get__(module)
        else:
            names = object.__getattribute__(module, "__dict__")
    except AttributeError:
        return {}
    return names


def _search(modules: Collection[Any], wanted: Collection[int]) -> Iterator[Holder]:
    for module in modules:
        names = _namespace(module)
        # A copy, since other threads import and define while this one looks.
        held = [(name, value) for name, value in list(names.items()) if id(value) in wanted]
        if held:
            yield Holder(module, names, held)
