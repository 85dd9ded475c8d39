"""Bytes as a source of choices, so that a fuzzer that only knows bytes can build requests, tables and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ODD_NUMBERS", "Pieces", "replaced_members"]

_Any = TypeVar("_Any")

ODD_NUMBERS: Final = (
    0, -1, 1, 0.5, 1e15, 1e308, 2**31, 2**63, 10**400, -(10**400), float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
"""Numbers that JSON as Python reads it may hold, and that arithmetic stumbles over."""


class Pieces:
    """
    Takes bytes apart from front to back; where they run out, every choice is the first one and every text empty.

    Args:
        data: Any bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """Return the next byte, 0 at the end."""
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def choose(self, options: Sequence[_Any]) -> _Any:
        """Return one of the options."""
        return options[self.byte() % len(options)]

    def take(self) -> bytes:
        """Return some bytes, with their number in front of them."""
        size = self.byte()
        found = self._data[self._at : self._at + size]
        self._at += size
        return found

    def rest(self) -> bytes:
        """Return all that is left."""
        found, self._at = self._data[self._at :], len(self._data)
        return found

    def text(self) -> str:
        """Return some text, with its length in front; bytes that are no UTF-8 become lone surrogates."""
        return self.take().decode("utf-8", "surrogateescape")

    def json(self, depth: int = 3) -> Any:
        """Return any value that ``json.loads`` can give, at most so many levels deep."""
        kind = self.byte() % (9 if depth else 7)
        if kind <= 1:
            return self.text()
        if kind == 2:  # the kinds have no names
            return self.choose(ODD_NUMBERS)
        if kind <= 6:
            return (None, True, False, "")[kind - 3]
        if kind == 7:
            return [self.json(depth - 1) for _ in range(self.byte() % 4)]
        return {self.text(): self.json(depth - 1) for _ in range(self.byte() % 4)}

    def spoil(self, members: dict[str, Any]) -> dict[str, Any]:
        """Return members of which some are replaced, left out or added."""
        found = dict(members)
        for _ in range(self.byte() % 4):
            name = self.choose([*members, ""]) or self.text()
            if self.byte() % 3:
                found[name] = self.json()
            else:
                found.pop(name, None)
        return found


def replaced_members(prefix: bytes, count: int) -> tuple[bytes, ...]:
    """
    Make inputs in which one member after the other is replaced by one odd value after the other.

    Args:
        prefix: What stands before the bytes for ``Pieces.spoil``.
        count: How many members there are.

    Returns:
        The inputs.
    """
    numbers = [bytes([2, number]) for number in range(len(ODD_NUMBERS))]
    others = [b"\0\1x", b"\3", b"\4", b"\5", b"\6", b"\7\1\4", b"\x08\1\1x\4"]
    return tuple(prefix + bytes([1, member, 1]) + value for member in range(count) for value in (*numbers, *others))
