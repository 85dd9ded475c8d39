"""How tests see a journal: a list of requests that grows, and that they can't change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, overload

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import Exchange

__all__ = ["RequestLog"]

E = TypeVar("E", bound="Exchange")


class RequestLog(Sequence[E], Generic[E]):
    """A read-only view of the journal that grows with it; compares and prints like a list."""

    __slots__ = ("_entries",)

    def __init__(self, entries: list[E]) -> None:
        self._entries = entries

    @overload
    def __getitem__(self, index: int) -> E: ...

    @overload
    def __getitem__(self, index: slice) -> list[E]: ...

    def __getitem__(self, index: int | slice) -> E | list[E]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[E]:
        return iter(tuple(self._entries))  # others may add to it meanwhile

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RequestLog):
            return self._entries == other._entries
        return self._entries == other

    __hash__ = None  # type: ignore[assignment]  # it changes, as a list does

    def __repr__(self) -> str:
        return repr(self._entries)
