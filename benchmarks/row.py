"""A row of the table: what is measured, beside what, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measuring import Figures

__all__ = ["ROWS", "LeftOut", "Row", "row"]

Unit = Literal["s", "bytes", "ratio", "per second"]


class LeftOut(Exception):
    """A row can't be measured here; says why."""


@dataclass(frozen=True)
class Row:
    """
    One comparison.

    Attributes:
        name: By which it is chosen on the command line.
        what: What of ours is measured.
        against: What it is measured beside; empty where the target is absolute.
        target: The most that the ratio or, without ``against``, the value may be.
        measure: Takes the number of rounds, and measures in this process.
        processes: In how many processes, one after the other, the rounds are repeated.
        more_is_better: Whether the target is the least instead of the most.
        unit: Of the values; where it is "ratio" our values are ratios themselves.
        why: What to say where the target is missed.
    """

    name: str
    what: str
    against: str
    target: float
    measure: Callable[[int], Figures]
    processes: int = 3
    more_is_better: bool = False
    unit: Unit = "s"
    why: str = ""

    def value(self, figures: Figures) -> float:
        """Return what is held against the target."""
        return figures.ratio if figures.theirs else figures.median

    def is_met(self, figures: Figures) -> bool:
        """Whether the target is met."""
        value = self.value(figures)
        return value >= self.target if self.more_is_better else value <= self.target


ROWS: dict[str, Row] = {}


def row(
    name: str,
    what: str,
    against: str,
    target: float,
    *,
    processes: int = 3,
    more_is_better: bool = False,
    unit: Unit = "s",
    why: str = "",
) -> Callable[[Callable[[int], Figures]], Callable[[int], Figures]]:
    """Put a function that measures into the table."""

    def register(measure: Callable[[int], Figures]) -> Callable[[int], Figures]:
        ROWS[name] = Row(name, what, against, target, measure, processes, more_is_better, unit, why)
        return measure

    return register
