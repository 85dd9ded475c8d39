"""
Times two ways of doing one thing in turns, so that whatever else the machine does meets both.

What happens in one thread is taken in CPU time: it leaves out when others had the processor.
"""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Batch = Callable[[int], None]
    Side = Callable[[], AbstractContextManager[Batch]]

__all__ = ["Figures", "alternate", "repeat", "time_calls", "time_each"]


@dataclass
class Figures:
    """
    What was measured of the two sides.

    Attributes:
        ours: Values of one side, one a round; seconds, unless the row says otherwise.
        theirs: Values of the other, round by round; empty where the target is an absolute figure.
        note: What else is worth telling.
    """

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    note: str = ""

    def add(self, other: Figures) -> None:
        """Append the rounds of another process."""
        self.ours += other.ours
        self.theirs += other.theirs
        self.note = other.note

    def best(self) -> Figures:
        """
        Return the best round of each side.

        For sides that differ in how much memory they look at: what else uses the caches of the machine slows down the
        one and hardly the other, for seconds, so that neighbours in time don't make up for it.
        """
        return Figures([min(self.ours)], [min(self.theirs)], self.note)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: each compares two neighbours in time."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True))

    @property
    def median(self) -> float:
        """The median of our side."""
        return statistics.median(self.ours)

    @property
    def other_median(self) -> float:
        """The median of the other side."""
        return statistics.median(self.theirs)

    def to_json(self) -> dict[str, Any]:
        """Return what ``Figures(**...)`` takes."""
        return {"ours": self.ours, "theirs": self.theirs, "note": self.note}


def repeat(once: Callable[[], object]) -> Batch:
    """Turn what is done once into what is done so many times."""

    def batch(count: int) -> None:
        for _ in range(count):
            once()

    return batch


def time_calls(side: Side, count: int, *, warm_up: int = 15) -> float:
    """Return the CPU seconds that one call takes, of so many after a warm-up in a fresh set-up."""
    with side() as batch:
        batch(warm_up)
        gc.collect()
        began = time.process_time()
        batch(count)
        return (time.process_time() - began) / count


def time_each(once: Callable[[], object], count: int, clock: Callable[[], float] = time.process_time) -> float:
    """Return the median of the CPU seconds that single calls take; no move of time reaches this clock."""
    gc.collect()
    found = []
    for _ in range(count):
        began = clock()
        once()
        found.append(clock() - began)
    return statistics.median(found)


def alternate(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> Figures:
    """
    Take a value of each side in turns, after one round that does not count; who comes first changes.

    Args:
        ours: Returns a value of our side.
        theirs: Returns one of the other.
        rounds: How many values of each.
    """
    ours(), theirs()
    figures = Figures()
    for number in range(rounds):
        for take, into in ((ours, figures.ours), (theirs, figures.theirs))[:: 1 if number % 2 else -1]:
            into.append(take())
    return figures
