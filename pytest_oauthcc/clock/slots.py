"""The ways in which an object can hold another one, other than as a name in a module, and how to put one there."""

from __future__ import annotations

import functools
import sys
from types import CellType, FunctionType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

__all__ = ["Slot", "own_dict", "slots_of"]

# Straight from the type: some lazy modules have a __dict__ property that imports all they have.
_names_of_module: Any = vars(ModuleType)["__dict__"]


class Slot(NamedTuple):
    """
    A place that can be read and filled.

    Attributes:
        place: The same for a slot that is found in another way, as the items of a shared dict are. Good for one look.
        get: Gives what is in it.
        put: Puts something else into it.
    """

    place: tuple[int, int]
    get: Callable[[], Any]
    put: Callable[[Any], None]


def slots_of(holder: Any, wanted: Container[int]) -> Iterator[Slot]:
    """
    Find out in which of its places an object holds a wanted one.

    Args:
        holder: Anything that refers to a wanted object, or to a tuple or dict with one.
        wanted: The ids of the wanted objects.
    """
    own = type(holder)
    kind = own if own in _KINDS else next(base for base in own.__mro__ if base in _KINDS)
    return _KINDS[kind](holder, wanted)


def own_dict(thing: Any) -> Any:
    """Give the namespace of an object without asking the object, which may be a proxy, or None if it has none."""
    # By type: what cffi puts into sys.modules says of itself that it is a module.
    if issubclass(type(thing), ModuleType):
        return _names_of_module.__get__(thing)
    try:
        return object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None


def _cell(cell: CellType, wanted: Container[int]) -> Iterator[Slot]:
    def get() -> Any:
        try:
            return cell.cell_contents
        except ValueError:  # an empty one
            return None

    if id(get()) in wanted:
        yield Slot((id(cell), 0), get, lambda value: setattr(cell, "cell_contents", value))


def _static(method: Any, wanted: Container[int]) -> Iterator[Slot]:
    if id(method.__func__) in wanted:
        # A second __init__ is the one way to change it where it is, in whatever class that may be.
        yield Slot((id(method), 0), lambda: method.__func__, method.__init__)


def _class(owner: type, wanted: Container[int]) -> Iterator[Slot]:
    def attribute(name: str) -> Slot:
        place = id(owner), id(name)
        return Slot(place, lambda: vars(owner).get(name), lambda value: setattr(owner, name, value))

    return (attribute(name) for name, value in list(vars(owner).items()) if id(value) in wanted)


def _dict(container: dict[Any, Any], wanted: Container[int]) -> Iterator[Slot]:
    return (_item(container, key, id(key)) for key, value in list(container.items()) if id(value) in wanted)


def _list(container: list[Any], wanted: Container[int]) -> Iterator[Slot]:
    return (_item(container, index, index) for index, value in enumerate(container) if id(value) in wanted)


def _item(container: Any, key: Any, position: int) -> Slot:
    def get() -> Any:
        try:
            return container[key]
        except LookupError:
            return None

    return Slot((id(container), position), get, functools.partial(container.__setitem__, key))


def _defaults(function: FunctionType, wanted: Container[int]) -> Iterator[Slot]:
    def slot(index: int) -> Slot:
        def get() -> Any:
            values = function.__defaults__ or ()
            return values[index] if index < len(values) else None

        def put(value: Any) -> None:
            values = list(function.__defaults__ or ())
            values[index] = value
            function.__defaults__ = tuple(values)

        return Slot((id(function.__defaults__), index), get, put)

    for index, value in enumerate(function.__defaults__ or ()):
        if id(value) in wanted:
            yield slot(index)
    for items in (function.__kwdefaults__, vars(function)):
        if items:
            yield from _dict(items, wanted)
    names = function.__globals__
    if own_dict(sys.modules.get(str(names.get("__name__")))) is not names:  # its module has gone, or never was
        yield from _dict(names, wanted)


def _partial(partial: Any, wanted: Container[int]) -> Iterator[Slot]:
    def function(value: Any) -> None:
        partial.__setstate__((value, partial.args, partial.keywords, vars(partial)))

    def argument(index: int) -> Slot:
        def put(value: Any) -> None:
            arguments = (*partial.args[:index], value, *partial.args[index + 1 :])
            partial.__setstate__((partial.func, arguments, partial.keywords, vars(partial)))

        return Slot((id(partial.args), index), lambda: partial.args[index], put)

    if id(partial.func) in wanted:
        yield Slot((id(partial), 0), lambda: partial.func, function)
    yield from (argument(index) for index, value in enumerate(partial.args) if id(value) in wanted)
    yield from _dict(partial.keywords, wanted)


def _instance(holder: Any, wanted: Container[int]) -> Iterator[Slot]:
    names = own_dict(holder)
    if type(names) is dict:
        yield from _dict(names, wanted)
    for kind in type(holder).__mro__:
        if "__slots__" in vars(kind):
            for descriptor in vars(kind).values():
                if isinstance(descriptor, MemberDescriptorType) and id(_read(descriptor, holder)) in wanted:
                    yield Slot(
                        (id(holder), id(descriptor)),
                        functools.partial(_read, descriptor, holder),
                        functools.partial(descriptor.__set__, holder),
                    )


def _read(descriptor: MemberDescriptorType, holder: Any) -> Any:
    try:
        return descriptor.__get__(holder)
    except AttributeError:  # an empty slot
        return None


_KINDS: dict[type, Callable[[Any, Container[int]], Iterator[Slot]]] = {
    CellType: _cell,
    FunctionType: _defaults,
    functools.partial: _partial,
    staticmethod: _static,
    type: _class,
    dict: _dict,
    list: _list,
    object: _instance,
}
