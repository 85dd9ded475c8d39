"""Where in the loaded modules some objects are held by name, kept up to date at little cost."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_oauthcc.clock.infrastructure import is_left_alone
from pytest_oauthcc.clock.slots import own_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

__all__ = ["Holder", "Places", "namespace"]


class Holder(NamedTuple):
    """
    A module that holds wanted objects.

    Attributes:
        key: Its name in ``sys.modules``.
        module: The module, or what stands in ``sys.modules`` in the place of one.
        names: Its namespace.
        held: The names under which it held wanted objects when it was looked at, each with the id of its object.
    """

    key: str
    module: Any
    names: Mapping[str, Any]
    held: dict[str, int]


class Places:
    """
    The places where modules hold one of the wanted objects, without looking at every module every time.

    A module is looked at again when it is new or when the number of its names has changed. A wanted object that took
    the place of another value under a name that was there before goes unseen until then, unless it is the usual name.

    Args:
        wanted: The objects to look for, by identity.
        also: Names of modules to look at although they keep the real time.
        name: The usual name of the wanted objects, looked up every time where modules have it for something else.
    """

    def __init__(self, wanted: Collection[object], also: Collection[str] = (), name: str = "") -> None:
        self._wanted = tuple(wanted)  # holds them, lest another takes over the id of one
        self._ids = {id(thing): number for number, thing in enumerate(wanted)}
        self._also = also
        self._name = name
        self._keys: list[str] = []
        self._modules: list[Any] = []
        self._namespaces: list[Mapping[str, Any]] = []
        self._sizes: list[int] = []
        self._holders: dict[int, Holder] = {}  # by the id of the module
        self._left_alone: dict[int, Holder] = {}
        self._candidates: list[Holder] = []  # with the usual name, which was something else when it was looked up
        self._spots: dict[Collection[int], list[tuple[Mapping[str, Any], str]]] = {}

    def are_of(self, wanted: Collection[object]) -> bool:
        """Whether these are the objects that are looked for."""
        return self._ids.keys() == set(map(id, wanted))

    def is_out_of_date(self) -> bool:
        """Whether modules have come or gone, as far as their number tells."""
        return len(sys.modules) != len(self._modules)

    def look(self) -> None:
        """Find what is held in modules that are new, or that have more names or fewer."""
        if not self._is_known():
            loaded = sys.modules.copy()
            changed = self._changed(loaded)
            self._take_stock(loaded)  # before the search: what grows meanwhile is noticed next time
            self.look_at(changed)
        self._look_by_name()

    def look_at(self, modules: Mapping[str, Any]) -> None:
        """Find what is held in some modules, given by their names in ``sys.modules``."""
        for holder in _search(modules, self._ids):
            self._add(holder)

    def known(self) -> Collection[Holder]:
        """Give all modules that hold a wanted object, or did when they were looked at: see whether they still do."""
        return self._holders.values()

    def spots(self, wanted: Collection[int]) -> list[tuple[Mapping[str, Any], str]]:
        """
        Give the namespaces and names of what is known, once each, also in modules that keep the real time.

        Args:
            wanted: The ids of the wanted objects in question; hashable.
        """
        spots = self._spots.get(wanted)
        if spots is None:
            found = {}
            for _, _, names, held in (*self._holders.values(), *self._left_alone.values()):
                for name, identity in held.items():
                    if identity in wanted:
                        found[id(names), name] = names, name
            spots = self._spots[wanted] = list(found.values())
        return spots

    def replace(self, stand_ins: dict[int, Any]) -> Callable[[], None]:
        """
        Put a stand-in wherever a module is known to hold a wanted object.

        Args:
            stand_ins: What to put there, by the id of the wanted object. Left as it is by the caller.

        Returns:
            What puts the wanted objects back where the stand-ins still are, and where modules that were imported
            meanwhile took one.
        """
        references = list(map(sys.getrefcount, stand_ins.values()))
        replaced: list[tuple[Any, Mapping[str, Any], str, int]] = []
        for _, module, names, held in self.known():
            for name, identity in held.items():
                if identity in stand_ins and id(names.get(name)) == identity:
                    setattr(module, name, stand_ins[identity])
                    replaced.append((module, names, name, identity))

        def put_back() -> None:
            for module, names, name, identity in replaced:
                if names.get(name) is stand_ins[identity]:
                    setattr(module, name, self._wanted[self._ids[identity]])
            if list(map(sys.getrefcount, stand_ins.values())) == references:
                return  # nobody else has taken one
            taken = {id(stand_in): identity for identity, stand_in in stand_ins.items() if identity in self._ids}
            for _, module, _, held in self.newcomers(taken):
                for name, identity in held.items():
                    setattr(module, name, self._wanted[self._ids[taken[identity]]])
            self.look()  # they are among the known from now on

        return put_back

    def newcomers(self, wanted: Collection[int]) -> list[Holder]:
        """
        Find objects in the modules that are new or have new names since ``look()``.

        Args:
            wanted: The ids of living objects.
        """
        if self._is_known():
            return []
        changed = self._changed(sys.modules.copy())
        return [holder for holder in _search(changed, wanted) if self._may_be_touched(holder.key)]

    def _is_known(self) -> bool:
        return list(sys.modules.values()) == self._modules and list(map(len, self._namespaces)) == self._sizes

    def _changed(self, loaded: dict[str, Any]) -> dict[str, Any]:
        sizes = {id(module): size for module, size in zip(self._modules, self._sizes, strict=True)}
        return {key: module for key, module in loaded.items() if sizes.get(id(module)) != len(namespace(module))}

    def _may_be_touched(self, key: str) -> bool:
        return key in self._also or not is_left_alone(key)

    def _look_by_name(self) -> None:
        for holder in self._candidates[:]:
            identity = id(holder.names.get(self._name))
            if identity in self._ids:
                holder.held[self._name] = identity
                self._add(holder)
                self._candidates.remove(holder)

    def _add(self, holder: Holder) -> None:
        kind = self._holders if self._may_be_touched(holder.key) else self._left_alone
        # What was there before is kept: it may have been replaced for the time being, and come back.
        known = kind.setdefault(id(holder.module), holder)
        known.held.update(holder.held)
        self._spots.clear()

    def _take_stock(self, loaded: dict[str, Any]) -> None:
        # Modules are held from one look to the next, so that no other can be taken for one that has gone.
        self._keys, self._modules = list(loaded), list(loaded.values())
        self._namespaces = list(map(namespace, self._modules))
        self._sizes = list(map(len, self._namespaces))
        self._candidates = [
            Holder(key, module, names, {})
            for key, module, names in zip(self._keys, self._modules, self._namespaces, strict=True)
            if self._name in names and id(names.get(self._name)) not in self._ids
        ]
        for holders in (self._holders, self._left_alone):
            for identity in holders.keys() - set(map(id, self._modules)):
                del holders[identity]
        self._spots.clear()


def namespace(module: Any) -> Mapping[str, Any]:
    """Give the names of a module, or of what stands in the place of one, and wake nothing up."""
    names: Mapping[str, Any] | None = own_dict(module)
    return {} if names is None else names


def _search(modules: Mapping[str, Any], wanted: Collection[int]) -> Iterator[Holder]:
    for key, module in modules.items():
        names = namespace(module)
        # A copy, since other threads import and define while this one looks.
        held = {name: id(value) for name, value in list(names.items()) if id(value) in wanted}
        if held:
            yield Holder(key, module, names, held)
