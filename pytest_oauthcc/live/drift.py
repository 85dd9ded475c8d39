"""Where the fake and the provider differ, told once each: in the terminal, as JSON, by the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.live.comparing import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Drift"]

_WIDEST = 60  # characters of a cell
_HEAD = ("what", "fake", "live", "first test")


class Drift:
    """The differences that a run has seen, each with the first test that saw it."""

    def __init__(self) -> None:
        self._first: dict[Difference, str] = {}
        self.compared = 0
        self.passed_over = 0

    def __len__(self) -> int:
        return len(self._first)

    def note(self, differences: Iterable[Difference], test: str) -> None:
        """Take note of what one comparison found."""
        self.compared += 1
        for difference in differences:
            self._first.setdefault(difference, test)

    def pass_over(self) -> None:
        """Count an answer that is not compared, since it only says that the provider has a bad day."""
        self.passed_over += 1

    def merge(self, data: dict[str, Any]) -> None:
        """Take over what a worker of pytest-xdist has seen."""
        self.compared += data["compared"]
        self.passed_over += data["passed_over"]
        for row in data["differences"]:
            self._first.setdefault(Difference(row["what"], row["fake"], row["live"]), row["first_test"])

    def as_data(self) -> dict[str, Any]:
        """Return everything as JSON-like data, in a fixed order."""
        rows = [{**difference._asdict(), "first_test": test} for difference, test in sorted(self._first.items())]
        return {"compared": self.compared, "passed_over": self.passed_over, "differences": rows}

    def lines(self) -> Iterator[str]:
        """Yield the table for people."""
        rows = [_HEAD, *((*difference, test) for difference, test in sorted(self._first.items()))]
        cells = [[_shorten(cell) for cell in row[:3]] + [row[3]] for row in rows]
        widths = [max(len(row[column]) for row in cells) for column in range(3)]
        for row in cells:
            fixed = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            yield f"{fixed}  {row[3]}"


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}~"
