"""Monotonic time for journeys of time-machine, which moves the wall clock only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.hands import Dial
from pytest_oauthcc.clock.holders import Holders
from pytest_oauthcc.clock.places import Places
from pytest_oauthcc.clock.reading import freezegun_api, top_factory
from pytest_oauthcc.clock.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MonotonicHands"]

_searchers: dict[tuple[int, ...], tuple[Places, Holders]] = {}  # of use from one test to the next


class MonotonicHands:
    """Lets ``time.monotonic`` and ``time.monotonic_ns`` give the machine's monotonic time plus the moves of a clock."""

    def __init__(self) -> None:
        self._dial = Dial()
        self._real_ns: Callable[[], int] = time.monotonic_ns
        reals: tuple[Callable[[], Any], ...] = (time.monotonic, time.monotonic_ns)
        self._stand_ins = [StandIn(reals[0], self._seconds), StandIn(reals[1], self._nanoseconds)]
        key = tuple(map(id, reals))
        if key not in _searchers:
            _searchers[key] = Places(reals), Holders(reals, time.strftime)
        replacements = dict(zip(key, self._stand_ins, strict=True))
        self._places, holders = _searchers[key]
        self._undo = [self._places.replace(replacements), holders.replace(replacements)]

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
        for stand_in in self._stand_ins:
            stand_in.retire()
        while self._undo:
            self._undo.pop()()
        # A freeze of freezegun's that was begun meanwhile looked at modules with stand-ins, and remembers what it saw.
        remembered = getattr(freezegun_api(), "_GLOBAL_MODULES_CACHE", {})
        for _, names, _ in self._places.current() if remembered else ():
            remembered.pop(names.get("__name__"), None)

    def _nanoseconds(self) -> int:
        # Under a freeze of freezegun's, begun inside this journey, its own is obeyed.
        ns: int = self._dial.read(self._real_ns()) if top_factory() is None else _frozen("fake_monotonic_ns")
        return ns

    def _seconds(self) -> float:
        seconds: float = self._dial.read(self._real_ns()) / 1e9 if top_factory() is None else _frozen("fake_monotonic")
        return seconds


def _frozen(name: str) -> Any:
    return getattr(freezegun_api(), name)()
