"""Hands of our own, or of somebody's ``travel()``, that time-machine shows to everybody."""

from __future__ import annotations

import sys
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.monotonic import MonotonicHands
from pytest_oauthcc.clock.reading import moment_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

__all__ = ["OwnTravel", "TravellerHands", "in_effect", "start"]

# time-machine takes a destination in UTC, or in a named zone, as a wish to move the machine to that zone.
_NO_PLACE_IN_PARTICULAR = timezone(timedelta(hours=1))

_NO_SPAN = timedelta()

_own_travels: list[OwnTravel] = []


def _stack() -> list[Any]:
    module: Any = sys.modules.get("time_machine")
    # Version 2 had another name for it.
    travellers: list[Any] = getattr(module, "traveller_stack", None) or getattr(module, "coordinates_stack", None) or []
    return travellers


def start() -> OwnTravel:
    """Take the time over from the machine; nobody else may have done so. It runs on as it is."""
    import time_machine

    # A span is counted from now, and leads to no time zone.
    return OwnTravel(time_machine.travel(_NO_SPAN, tick=True))


def in_effect() -> TravellerHands | None:
    """Give the hands of the traveller whose time it is at the moment, or None where nobody travels."""
    stack = _stack()
    if not stack:
        return None
    return next((own for own in _own_travels if own.traveller is stack[-1]), None) or TravellerHands(stack[-1])


def _destination(microseconds: int, zone: tzinfo = _NO_PLACE_IN_PARTICULAR) -> Any:
    return moment_at(microseconds).astimezone(zone)


class TravellerHands:
    """A traveller of time-machine's, whoever started it."""

    def __init__(self, traveller: Any) -> None:
        self.traveller = traveller

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TravellerHands) and other.traveller is self.traveller

    def __hash__(self) -> int:
        return id(self.traveller)

    def read(self) -> int:
        """Give the time in microseconds since the epoch."""
        return int(self.traveller.time_ns()) // 1000

    def shift(self, microseconds: int) -> None:
        """Move by so much."""
        self.traveller.shift(timedelta(microseconds=microseconds))

    def stand(self) -> Callable[[], None] | None:
        """Stop, on the next full microsecond."""
        if not self.traveller._tick:  # noqa: SLF001
            return None
        # To the next microsecond: what was read a moment ago must not lie in the future.
        self._move_to(self.read() + 1, tick=False)
        return self._go

    def _go(self) -> None:
        if not self.traveller._tick:  # noqa: SLF001
            self._move_to(self.read(), tick=True)
            self.read()  # time-machine begins to count when it is read for the first time

    def _move_to(self, microseconds: int, *, tick: bool) -> None:
        zone: tzinfo = _NO_PLACE_IN_PARTICULAR
        name = self.traveller._destination_tzname  # noqa: SLF001
        if name:
            from zoneinfo import ZoneInfo

            zone = ZoneInfo(name)
        self.traveller.move_to(_destination(microseconds, zone), tick=tick)

    def is_in_effect(self) -> bool:
        """Whether the journey is still on."""
        return any(traveller is self.traveller for traveller in _stack())


class OwnTravel(TravellerHands):
    """A journey that this package started, and ends. Monotonic time goes with it."""

    def __init__(self, travel: Any) -> None:
        super().__init__(travel.start())
        self.read()  # time-machine begins to count when it is read for the first time
        self._travel = travel
        self._monotonic = MonotonicHands()
        _own_travels.append(self)

    def shift(self, microseconds: int) -> None:
        """Move by so much. Back goes the wall clock only: no machine takes back time that has passed."""
        super().shift(microseconds)
        if microseconds > 0:
            self._monotonic.shift(microseconds * 1000)

    def stand(self) -> Callable[[], None] | None:
        """Stop, on the next full microsecond."""
        go = super().stand()
        if go is not None:
            self._monotonic.stand()
        return go

    def _go(self) -> None:
        super()._go()
        self._monotonic.go()

    def remove(self) -> None:
        """End the journey, also below another one; one that somebody else ended is left alone."""
        _own_travels.remove(self)
        self._monotonic.remove()
        stack = _stack()
        if stack and stack[-1] is self.traveller:
            self._travel.stop()
        else:
            stack[:] = [traveller for traveller in stack if traveller is not self.traveller]
