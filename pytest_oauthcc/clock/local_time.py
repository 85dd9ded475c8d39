"""The local time zone under freezegun, which takes everybody to live in Greenwich."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.reading import microseconds, microseconds_of, naive_at

if TYPE_CHECKING:
    from datetime import datetime
    from types import ModuleType

__all__ = ["LocalOffset"]


class LocalOffset:
    """
    An entry for freezegun's ``tz_offsets`` that keeps the local time of the machine.

    freezegun adds its ``tz_offset`` to every ``datetime.now()``, also to one with a time zone, where it is wrong; so
    its users leave it at zero, and a naive ``datetime.now()`` leaps by the local offset when the freeze begins: a
    client that keeps its expiry as naive local time is then wrong by an hour in Berlin, and right on a build server.
    This one looks at what it is added to. A ``timedelta`` can't do that: datetime would add it without asking.
    """

    def __init__(self, api: ModuleType) -> None:
        self._localtime: Any = api.real_localtime

    def _at(self, utc: datetime) -> timedelta:
        return timedelta(seconds=self._localtime(microseconds_of(utc) // 1_000_000).tm_gmtoff)

    def __radd__(self, moment: datetime) -> datetime:
        """Turn a moment in UTC into local time, unless it says itself which zone it is in."""
        if moment.tzinfo is not None:
            return moment
        return moment + self._at(moment)

    def __rsub__(self, since_epoch: timedelta) -> timedelta:
        """Turn local time, counted from the epoch, into UTC."""
        local = naive_at(0) + since_epoch
        return timedelta(microseconds=microseconds_of(local.astimezone()))

    def total_seconds(self) -> float:
        """Give the local offset of the present moment."""
        return self._at(naive_at(microseconds())).total_seconds()

    # dateutil remembers its zones by their offset, and this one's changes with the season.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalOffset) and self.total_seconds() == other.total_seconds()

    def __hash__(self) -> int:
        return hash(self.total_seconds())
