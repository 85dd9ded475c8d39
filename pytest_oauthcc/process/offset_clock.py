"""The clock of a provider that runs in a process of its own: the machine's time and so much, and nothing is patched."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.arguments import expiry_of, lead_of, past_the_end, point_of, span_of
from pytest_oauthcc.clock.reading import moment_at
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from pytest_oauthcc.clock.arguments import TokenTimes

__all__ = ["OffsetClock"]

_SECOND = 1_000_000


class OffsetClock:
    """
    Runs ahead of the machine's time, or behind it, by as much as it was moved; or stands still.

    What tests may call of a ``Clock`` is there, but it moves nobody's time but the provider's: clients in other
    processes keep theirs.

    Args:
        machine: Gives the machine's time in microseconds since the epoch.
    """

    def __init__(self, machine: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._machine = machine
        self._ahead = 0
        self._stands_at: int | None = None
        self._sources: list[TokenTimes] = []
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        state = "frozen" if self._stands_at is not None else "running"
        return f"<OffsetClock {self.now():%Y-%m-%d %H:%M:%S} UTC, {self.offset:+g} s, {state}>"

    def _read(self) -> int:
        stands_at = self._stands_at
        return self._machine() + self._ahead if stands_at is None else stands_at

    def time(self) -> float:
        """Give the time in seconds since the epoch."""
        return self._read() / _SECOND

    def now(self) -> datetime:
        """Give the time as an aware datetime in UTC."""
        return moment_at(self._read())

    @property
    def offset(self) -> float:
        """Seconds by which it is ahead of the machine's time."""
        return (self._read() - self._machine()) / _SECOND if self._stands_at is not None else self._ahead / _SECOND

    @property
    def is_moved(self) -> bool:
        """Whether it was moved or stopped."""
        return self._stands_at is not None or self._ahead != 0

    def advance(
        self,
        delta: timedelta | float | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """Let time pass; the arguments are those of ``Clock.advance``."""
        __tracebackhide__ = True
        self._pass(span_of(delta, {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}))

    def advance_to(self, moment: datetime | float) -> None:
        """Set it to a moment: an aware datetime, or seconds since the epoch."""
        __tracebackhide__ = True
        self._pass(point_of(moment) - self._read())

    def expire(self, token: Any = None, *, before: float = 0) -> None:
        """Let time pass until a token expires; the arguments are those of ``Clock.expire``."""
        __tracebackhide__ = True
        self._pass(max(0, expiry_of(token, self._sources) - lead_of(before) - self._read()))

    def freeze(self) -> None:
        """Stop it where it is."""
        with self._lock:
            self._stands_at = self._read()

    def unfreeze(self) -> None:
        """Let it run on from where it stands."""
        with self._lock:
            if self._stands_at is not None:
                self._ahead, self._stands_at = self._stands_at - self._machine(), None

    def skip_sleeps(self) -> None:
        """
        Refuse to, for it is out of reach who sleeps.

        Raises:
            OptionError: Always.
        """
        __tracebackhide__ = True
        raise OptionError("the clock of a provider without a test moves the provider's time alone, and skips no sleeps")

    def reset(self) -> None:
        """Show the machine's time again."""
        with self._lock:
            self._ahead, self._stands_at = 0, None

    def follow(self, source: TokenTimes) -> None:
        """Let ``expire()`` know of somebody's tokens; ``source`` is as for ``Clock.follow``."""
        self._sources.append(source)

    def _pass(self, span: int) -> None:
        __tracebackhide__ = True
        with self._lock:
            obstacle = past_the_end(self._read(), span)
            if obstacle is not None:
                raise OptionError(obstacle)
            if self._stands_at is None:
                self._ahead += span
            else:
                self._stands_at += span
