"""``Clock``: the time of a test, as the test holds it in its hand."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock import holders, sleeps
from pytest_oauthcc.clock.arguments import expiry_of, lead_of, past_the_end, point_of, span_of
from pytest_oauthcc.clock.backends import BACKENDS, check_backend
from pytest_oauthcc.clock.others import in_effect
from pytest_oauthcc.clock.reading import microseconds, moment_at, seconds
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from pytest_oauthcc.clock.arguments import TokenTimes
    from pytest_oauthcc.clock.hands import Hands, OwnHands

__all__ = ["Clock"]

_SECOND = 1_000_000

# One for all clocks: they have only one time to move between them.
_lock = threading.RLock()


class Clock:
    """
    The time of a test: what the fake provider, the client and the test itself see.

    It shows the machine's time until the test moves it, and costs nothing until then. A moved clock runs on from where
    it was put; ``freeze()`` stops it. A freeze that the test began itself (freezegun, pytest-freezer, time-machine) is
    obeyed: then it is that one which is moved, and ``close()`` takes the moves back.

    What is moved: wall-clock time, and with it monotonic time, in all threads and tasks. Timeouts of event loops,
    sockets, threads and subprocesses, and pytest's own durations, keep the machine's time. Child processes and clocks
    in C or Rust code are out of reach.

    Args:
        backend: What moves the time where the test has not begun a freeze itself: ``"freezegun"`` or
            ``"time-machine"``.

    Raises:
        OptionError: There is no such backend, or it is not installed.
    """

    def __init__(self, backend: str = "freezegun") -> None:
        __tracebackhide__ = True
        check_backend(backend)
        self._backend = backend
        self._sources: list[TokenTimes] = []
        self._own: OwnHands | None = None
        self._moved: dict[Hands, int] = {}  # microseconds
        self._stopped: dict[Hands, Callable[[], None]] = {}  # what lets them go again
        self._is_closed = False
        holders.look()

    def __repr__(self) -> str:
        at = self.now()
        state = [f"moved by {self.offset:+g} s"] if self._moved_by() else ["not moved"]
        if self._hands_stopped_here():
            state.append("frozen")
        if self._is_closed:
            state.append("closed")
        return f"<Clock {at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC, {', '.join(state)}>"

    # -- reading

    def now(self) -> datetime:
        """Give the time that the test sees, as an aware datetime in UTC."""
        return moment_at(microseconds())

    def time(self) -> float:
        """Give the time that the test sees in seconds since the epoch, as its own ``time.time()`` would."""
        return seconds()

    @property
    def offset(self) -> float:
        """Seconds by which this clock has moved the time that is shown now; 0.0 after ``reset()``."""
        return self._moved_by() / _SECOND

    @property
    def is_moved(self) -> bool:
        """Whether this clock has moved or stopped the time that is shown now."""
        return bool(self._moved_by()) or self._hands_stopped_here()

    # -- moving

    def advance(
        self,
        delta: timedelta | float | None = None,
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
    ) -> None:
        """
        Let time pass; what is given is added up.

        Args:
            delta: A timedelta, or a number of seconds.
            days: Days to pass.
            hours: Hours to pass.
            minutes: Minutes to pass.
            seconds: Seconds to pass.

        Raises:
            OptionError: It is no span of time, or none that leads forward.
        """
        __tracebackhide__ = True
        span = span_of(delta, {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds})
        with _lock:
            self._pass(span)

    def advance_to(self, moment: datetime | float) -> None:
        """
        Set the clock to a moment.

        This is the one way to go back, as clocks do that are set right: wall-clock time then is earlier, while
        monotonic time stays where it is.

        Args:
            moment: An aware datetime, or seconds since the epoch.

        Raises:
            OptionError: It is no moment, or a datetime without a time zone.
        """
        __tracebackhide__ = True
        point = point_of(moment)
        with _lock:
            self._pass(point - microseconds())

    def expire(self, token: Any = None, *, before: float = 0) -> None:
        """
        Let time pass until a token expires; where that moment is over, the time is left as it is.

        Args:
            token: The value of a token, or an object with ``expires_at``; the newest token of all if left out.
            before: Seconds ahead of the expiry at which to stop.

        Raises:
            OptionError: There is no such token.
        """
        __tracebackhide__ = True
        lead = lead_of(before)
        with _lock:
            span = expiry_of(token, self._sources) - lead - microseconds()
            if span > 0:
                self._pass(span)

    def freeze(self) -> None:
        """Stop the clock where it is: time passes only when it is moved."""
        __tracebackhide__ = True
        with _lock:
            hands = self._hands()
            let_go = hands.stand()
            if let_go is not None:
                self._stopped[hands] = let_go

    def unfreeze(self) -> None:
        """Let the clock run on from where it stands, if it was this clock's ``freeze()`` that stopped it."""
        with _lock:
            hands = in_effect()
            if hands in self._stopped:
                self._stopped.pop(hands)()

    def skip_sleeps(self) -> None:
        """
        Let ``time.sleep``, ``asyncio.sleep`` and ``trio.sleep`` return at once and move the clock instead.

        Holds until the end of the test, or until ``reset()``, and for modules that imported the functions by name, too.
        The asynchronous ones give way to other tasks once. Tasks that sleep at the same time sleep the same time; what
        threads sleep adds up. A timeout around a sleep does not go off, since no real time passes. Where a library is
        imported later, call it again.
        """
        __tracebackhide__ = True
        with _lock:
            self._stay_open()
            sleeps.skip(self._sleep)

    # -- tokens

    def follow(self, source: TokenTimes) -> None:
        """
        Let ``expire()`` know of somebody's tokens.

        Args:
            source: Called with the value of a token, or None for the newest one; returns when it was issued and when it
                expires, in seconds since the epoch, or None where there is no such token.
        """
        if source not in self._sources:
            self._sources.append(source)

    def unfollow(self, source: TokenTimes) -> None:
        """Forget a source; one that is not followed is no mistake."""
        if source in self._sources:
            self._sources.remove(source)

    # -- undoing

    def reset(self) -> None:
        """
        Undo all moves, freezes and skipped sleeps of this clock.

        The machine's time is shown again, or that of a freeze that the test began itself, less the moves.
        """
        with _lock:
            self._undo()

    def close(self) -> None:
        """Undo everything for good, and forget the sources; never fails, and may be called again."""
        with _lock:
            self._is_closed = True
            self._undo()
            self._sources.clear()
            holders.look()

    # -- inside

    def _undo(self) -> None:
        sleeps.stop_skipping(self._sleep)
        self._undo_moves()

    def _undo_moves(self) -> None:
        # Whatever became of one of them, the others are undone.
        own, self._own = self._own, None
        for hands, let_go in self._stopped.items():
            if hands is not own and hands.is_in_effect():
                with contextlib.suppress(Exception):
                    let_go()
        for hands, span in self._moved.items():
            if hands is not own and hands.is_in_effect():
                with contextlib.suppress(Exception):
                    hands.shift(-span)
        self._stopped.clear()
        self._moved.clear()
        if own is not None:
            with contextlib.suppress(Exception):
                own.remove()

    def _hands(self) -> Hands:
        """Give the hands to move; where nobody has any, put up some of our own."""
        __tracebackhide__ = True
        self._stay_open()
        hands = in_effect()
        if hands is None:
            if self._own is not None:  # somebody took them away, as one stop() too many does
                self._undo_moves()
            hands = self._own = BACKENDS[self._backend]()
        return hands

    def _pass(self, span: int) -> None:
        __tracebackhide__ = True
        hands = self._hands()
        obstacle = past_the_end(hands.read(), span)
        if obstacle is not None:
            raise OptionError(obstacle)
        hands.shift(span)
        self._moved[hands] = self._moved.get(hands, 0) + span

    def _sleep(self, span: int) -> None:
        __tracebackhide__ = True
        with _lock:
            self._pass(span)

    def _moved_by(self) -> int:
        hands = in_effect() if self._moved else None
        return 0 if hands is None else self._moved.get(hands, 0)

    def _hands_stopped_here(self) -> bool:
        return bool(self._stopped) and in_effect() in self._stopped

    def _stay_open(self) -> None:
        __tracebackhide__ = True
        if self._is_closed:
            raise OptionError(
                "this clock can't be moved any more: the test it belonged to is over. "
                "Use the oauthcc_clock (or oauthcc.clock) of the test that is running."
            )


Clock.__module__ = "pytest_oauthcc"
