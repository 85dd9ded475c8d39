"""The ways in which an object can hold another one, other than as a name in a module, and how to put one there."""

from __future__ import annotations

import functools
from types import CellType, FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Slot", "own_dict", "slots_of"]


class Slot(NamedTuple):
    """
    A place that can be read and filled.

    Attributes:
        get: Gives what is in it.
        put: Puts something else into it.
    """

    get: Callable[[], Any]
    put: Callable[[Any], None]


def slots_of(holder: Any, wanted: dict[int, Any]) -> Iterator[Slot]:
    """
    Find out in which of its places an object holds a wanted one.

    Args:
        holder: Anything that refers to a wanted object, or to a tuple or dict with one.
        wanted: The wanted objects by their ids.
    """
    return next(_KINDS[kind] for kind in type(holder).__mro__ if kind in _KINDS)(holder, wanted)


def own_dict(thing: Any) -> Any:
    """Give the namespace of an object without asking the object, which may be a proxy, or None if it has none."""
    try:
        return object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None


def _cell(cell: CellType, wanted: dict[int, Any]) -> Iterator[Slot]:
    def get() -> Any:
        try:
            return cell.cell_contents
        except ValueError:  # an empty one
            return None

    if id(get()) in wanted:
        yield Slot(get, lambda value: setattr(cell, "cell_contents", value))


def _static(method: Any, wanted: dict[int, Any]) -> Iterator[Slot]:
    if id(method.__func__) in wanted:
        # A second __init__ is the one way to change it where it is, in whatever class that may be.
        yield Slot(lambda: method.__func__, method.__init__)


def _class(owner: type, wanted: dict[int, Any]) -> Iterator[Slot]:
    def attribute(name: str) -> Slot:
        return Slot(lambda: vars(owner).get(name), lambda value: setattr(owner, name, value))

    return (attribute(name) for name, value in list(vars(owner).items()) if id(value) in wanted)


def _dict(container: dict[Any, Any], wanted: dict[int, Any]) -> Iterator[Slot]:
    return (_item(container, key) for key, value in list(container.items()) if id(value) in wanted)


def _list(container: list[Any], wanted: dict[int, Any]) -> Iterator[Slot]:
    return (_item(container, index) for index, value in enumerate(container) if id(value) in wanted)


def _item(container: Any, key: Any) -> Slot:
    def get() -> Any:
        try:
            return container[key]
        except LookupError:
            return None

    return Slot(get, functools.partial(container.__setitem__, key))


def _defaults(function: FunctionType, wanted: dict[int, Any]) -> Iterator[Slot]:
    def slot(index: int) -> Slot:
        def get() -> Any:
            values = function.__defaults__ or ()
            return values[index] if index < len(values) else None

        def put(value: Any) -> None:
            values = list(function.__defaults__ or ())
            values[index] = value
            function.__defaults__ = tuple(values)

        return Slot(get, put)

    yield from (slot(index) for index, value in enumerate(function.__defaults__ or ()) if id(value) in wanted)
    yield from _dict(function.__kwdefaults__ or {}, wanted)


def _partial(partial: Any, wanted: dict[int, Any]) -> Iterator[Slot]:
    def function(value: Any) -> None:
        partial.__setstate__((value, partial.args, partial.keywords, vars(partial)))

    def argument(index: int) -> Slot:
        def put(value: Any) -> None:
            arguments = (*partial.args[:index], value, *partial.args[index + 1 :])
            partial.__setstate__((partial.func, arguments, partial.keywords, vars(partial)))

        return Slot(lambda: partial.args[index], put)

    if id(partial.func) in wanted:
        yield Slot(lambda: partial.func, function)
    yield from (argument(index) for index, value in enumerate(partial.args) if id(value) in wanted)
    yield from _dict(partial.keywords, wanted)


def _instance(holder: Any, wanted: dict[int, Any]) -> Iterator[Slot]:
    names = own_dict(holder)
    if type(names) is dict:
        yield from _dict(names, wanted)
    for kind in type(holder).__mro__:
        if "__slots__" in vars(kind):
            for descriptor in vars(kind).values():
                if isinstance(descriptor, MemberDescriptorType) and id(_read(descriptor, holder)) in wanted:
                    yield Slot(
                        functools.partial(_read, descriptor, holder), functools.partial(descriptor.__set__, holder)
                    )


def _read(descriptor: MemberDescriptorType, holder: Any) -> Any:
    try:
        return descriptor.__get__(holder)
    except AttributeError:  # an empty slot
        return None


_KINDS: dict[type, Callable[[Any, dict[int, Any]], Iterator[Slot]]] = {
    CellType: _cell,
    FunctionType: _defaults,
    functools.partial: _partial,
    staticmethod: _static,
    type: _class,
    dict: _dict,
    list: _list,
    object: _instance,
}
