"""Monotonic time for journeys of time-machine, which moves the wall clock only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.hands import UNMOVED
from pytest_oauthcc.clock.holders import Holders
from pytest_oauthcc.clock.reading import freezegun_api, top_factory
from pytest_oauthcc.clock.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MonotonicHands"]

# Of use from one test to the next. So are the stand-ins: who took one in a test and lives on sees the next clock, too.
_works: dict[tuple[int, int], tuple[Holders, dict[int, StandIn]]] = {}


def _works_for_the_real() -> tuple[Holders, dict[int, StandIn]]:
    key = id(time.monotonic), id(time.monotonic_ns)
    if key not in _works:
        stand_ins = {id(real): StandIn(real, real) for real in (time.monotonic, time.monotonic_ns)}
        # Not both of the other backend's: all that its books or these keep alive would be no news, and hide somebody.
        bystanders = (time.gmtime, time.perf_counter_ns)
        _works[key] = Holders((time.monotonic, time.monotonic_ns), bystanders), stand_ins
    return _works[key]


class MonotonicHands:
    """Lets ``time.monotonic`` and ``time.monotonic_ns`` give the machine's monotonic time plus the moves of a clock."""

    def __init__(self) -> None:
        self._dial = UNMOVED
        holders, stand_ins = _works_for_the_real()
        slots = holders.find()
        self._places = holders.places
        self._stand_ins = list(stand_ins.values())
        self._stand_ins[0].serve(self._seconds)
        self._stand_ins[1].serve(self._nanoseconds)
        self._real_ns: Callable[[], int] = self._stand_ins[1].__wrapped__
        self._undo = [self._places.replace(stand_ins), holders.replace(slots, stand_ins)]

    def shift(self, nanoseconds: int) -> None:
        """Go on by so much."""
        self._dial = self._dial.moved(nanoseconds)
        for stand_in in self._stand_ins:  # a freeze of freezegun's that ended meanwhile has put the real ones back
            if getattr(time, stand_in.__name__) is stand_in.__wrapped__:
                setattr(time, stand_in.__name__, stand_in)

    def stand(self) -> None:
        """Stop."""
        self._dial = self._dial.stopped(self._real_ns())

    def go(self) -> None:
        """Run on from where it stands."""
        self._dial = self._dial.running(self._real_ns())

    def remove(self) -> None:
        """Put the real functions back."""
        while self._undo:
            self._undo.pop()()
        for stand_in in self._stand_ins:
            stand_in.retire()
        # A freeze of freezegun's that was begun meanwhile looked at modules with stand-ins, and remembers what it saw.
        remembered = getattr(freezegun_api(), "_GLOBAL_MODULES_CACHE", {})
        for holder in self._places.known() if remembered else ():
            remembered.pop(holder.names.get("__name__"), None)

    def _nanoseconds(self) -> int:
        # Under a freeze of freezegun's, begun inside this journey, its own is obeyed.
        ns: int = self._dial.read(self._real_ns()) if top_factory() is None else _frozen("fake_monotonic_ns")
        return ns

    def _seconds(self) -> float:
        seconds: float = self._dial.read(self._real_ns()) / 1e9 if top_factory() is None else _frozen("fake_monotonic")
        return seconds


def _frozen(name: str) -> Any:
    return getattr(freezegun_api(), name)()
