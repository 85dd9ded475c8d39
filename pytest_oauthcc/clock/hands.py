"""What a clock moves: the hands, whoever put them there, and how a pair of our own goes round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UNMOVED", "Dial", "Hands", "OwnHands"]


class Hands(Protocol):
    """The one thing that says what time it is, and that can be told another time. Hashable by what it stands for."""

    def read(self) -> int:
        """Give the time in microseconds since the epoch, and leave it as it is."""
        ...

    def shift(self, microseconds: int) -> None:
        """Move by so much, forward or (negative) back."""

    def stand(self) -> Callable[[], None] | None:
        """Stop, and give what lets them go again; None where they stood still already."""
        ...

    def is_in_effect(self) -> bool:
        """Whether they still have a say: False once the freeze that they belong to is over."""
        ...


class OwnHands(Hands, Protocol):
    """Hands that a backend put there, and takes away again."""

    def remove(self) -> None:
        """Give the time back to whom it was taken from, whatever others have begun or ended since."""


@dataclass(frozen=True, slots=True)
class Dial:
    """
    One face of the time (wall, monotonic, performance counter) in relation to the machine's own.

    Immutable, so that a thread that reads never sees half of a change.

    Attributes:
        ahead: Nanoseconds by which it is ahead of the machine's while it runs.
        at: Where it stands, in nanoseconds; None while it runs.
    """

    ahead: int = 0
    at: int | None = None

    def read(self, real: int) -> int:
        """Give the time it shows when the machine's own is ``real``."""
        return real + self.ahead if self.at is None else self.at

    def moved(self, nanoseconds: int) -> Self:
        """Give the dial set forward, or back, by so much."""
        if self.at is None:
            return type(self)(self.ahead + nanoseconds)
        return type(self)(self.ahead, self.at + nanoseconds)

    def stopped(self, real: int) -> Self:
        """Give the dial as it stands still from now on."""
        return type(self)(self.ahead, self.read(real))

    def running(self, real: int) -> Self:
        """Give the dial as it runs on from where it stands."""
        return type(self)(self.read(real) - real)


UNMOVED = Dial()
"""What shows the machine's own time."""
