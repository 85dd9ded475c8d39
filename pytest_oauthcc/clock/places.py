"""Where in the loaded modules some objects are held by name, kept up to date at little cost."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_oauthcc.clock.infrastructure import is_left_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

__all__ = ["Holder", "Places"]

# Straight from the type: some lazy modules have a __dict__ property that imports all they have.
_own_dict: Any = vars(ModuleType)["__dict__"]


class Holder(NamedTuple):
    """
    A module that holds wanted objects.

    Attributes:
        module: The module, or what stands in ``sys.modules`` in the place of one.
        names: Its namespace.
        held: The names under which it held wanted objects when it was looked at, each with its object.
    """

    module: Any
    names: Mapping[str, Any]
    held: dict[str, Any]


class Places:
    """
    The places where modules hold one of the wanted objects, without looking at every module every time.

    A module is looked at again when it is new or when the number of its names has changed. A wanted object that took
    the place of another value under a name that was there before goes unseen until then.

    Args:
        wanted: The objects to look for, by identity.
        also: Names of modules to look at although they keep the real time.
        name: The usual name of the wanted objects, looked up in every module every time: that much is cheap.
    """

    def __init__(self, wanted: Collection[object], also: Collection[str] = (), name: str | None = None) -> None:
        self._wanted = {id(thing): thing for thing in wanted}  # holds them, lest another takes over the id of one
        self._also = also
        self._name = name
        self._modules: list[Any] = []
        self._namespaces: list[Mapping[str, Any]] = []
        self._sizes: list[int] = []
        self._holders: dict[int, Holder] = {}  # by the id of the module

    def are_of(self, wanted: Collection[object]) -> bool:
        """Whether these are the objects that are looked for."""
        return self._wanted.keys() == set(map(id, wanted))

    def current(self) -> Collection[Holder]:
        """Give all modules that hold a wanted object, or did when they were looked at: see whether they still do."""
        loaded = sys.modules.copy()
        if not self._is_known(loaded):
            changed = self._changed(loaded)
            self._take_stock(loaded)  # before the search: what grows meanwhile is noticed next time
            for holder in _search(changed, self._wanted):
                self._add(holder)
        if self._name is not None:
            for module, names in zip(self._modules, self._namespaces, strict=True):
                value = names.get(self._name)
                if id(value) in self._wanted and self._may_be_touched(str(names.get("__name__"))):
                    self._add(Holder(module, names, {self._name: value}))
        return self._holders.values()

    def replace(self, stand_ins: dict[int, Any]) -> Callable[[], None]:
        """
        Put a stand-in wherever a module holds a wanted object.

        Args:
            stand_ins: What to put there, by the id of the wanted object.

        Returns:
            What puts the wanted objects back where the stand-ins still are, and where modules that were imported
            meanwhile took one.
        """
        stand_ins = {identity: stand_ins[identity] for identity in self._wanted}
        replaced: list[tuple[Any, Mapping[str, Any], str, Any]] = []
        for module, names, held in self.current():
            for name, real in held.items():
                if names.get(name) is real:
                    setattr(module, name, stand_ins[id(real)])
                    replaced.append((module, names, name, real))

        def put_back() -> None:
            for module, names, name, real in replaced:
                if names.get(name) is stand_ins[id(real)]:
                    setattr(module, name, real)
            reals = {id(stand_in): self._wanted[identity] for identity, stand_in in stand_ins.items()}
            for module, _, held in self.newcomers(reals):
                for name, stand_in in held.items():
                    setattr(module, name, reals[id(stand_in)])

        return put_back

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
            if sizes.get(id(module)) != len(_namespace(module)) and self._may_be_touched(name)
        }
        return list(changed.values())

    def _may_be_touched(self, name: str) -> bool:
        return name in self._also or not is_left_alone(name)

    def _add(self, holder: Holder) -> None:
        # What was there before is kept: it may have been replaced for the time being, and come back.
        known = self._holders.setdefault(id(holder.module), holder)
        known.held.update(holder.held)

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
        held = {name: value for name, value in list(names.items()) if id(value) in wanted}
        if held:
            yield Holder(module, names, held)
