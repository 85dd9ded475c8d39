"""What the methods of the clock are given, checked and turned into microseconds."""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from datetime import datetime, timedelta
from numbers import Real
from typing import Any

from pytest_oauthcc.clock.reading import microseconds_of, moment_at
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import mask

__all__ = ["LATEST", "TokenTimes", "expiry_of", "lead_of", "point_of", "span_of"]

# Asked for the value of a token, or for None (the newest one), it answers when that was issued and when it expires, in
# seconds since the epoch, or None where there is no such token.
TokenTimes = Callable[[str | None], tuple[float, float] | None]

# One day before datetime comes to its end, so that every time zone has room.
LATEST = microseconds_of(datetime(9999, 12, 31)) - 1  # noqa: DTZ001

_SECOND = 1_000_000
_FAR = 10**18  # of any unit; infinite for every calendar
_MICROSECOND = timedelta(microseconds=1)
_UNITS = {"days": 86_400 * _SECOND, "hours": 3_600 * _SECOND, "minutes": 60 * _SECOND, "seconds": _SECOND}


_short = reprlib.Repr()
_short.maxother = _short.maxstring = 70


def _shown(value: object) -> str:
    return f"{_short.repr(value)} ({type(value).__name__})"


def _is_number(value: Any) -> bool:
    kind = type(value)
    # Compared, for math.isfinite() raises for a whole number that no float can hold.
    return kind is not bool and issubclass(kind, Real) and bool(-_FAR < value < _FAR)


def span_of(delta: Any, units: dict[str, Any]) -> int:
    """
    Add up what ``advance()`` was given.

    Args:
        delta: A timedelta, a number of seconds, or None.
        units: Numbers by the name of their unit.

    Returns:
        Microseconds, more than none.

    Raises:
        OptionError: It is no span of time, or none that leads forward.
    """
    __tracebackhide__ = True
    if delta is None:
        total = 0
    elif isinstance(delta, timedelta):
        total = delta // _MICROSECOND
    elif _is_number(delta):
        total = round(delta * _SECOND)
    else:
        raise OptionError(
            f"advance() needs to know how far: seconds, a timedelta, or days=, hours=, minutes=, seconds=; "
            f"it was given {_shown(delta)}."
            + (" To go to a certain moment use advance_to(moment)." if isinstance(delta, datetime) else "")
        )
    for name, value in units.items():
        if type(value) is int and value == 0:  # mostly, since it was left out
            continue
        if not _is_number(value):
            raise OptionError(f"advance() needs a finite number for {name}=; it was given {_shown(value)}.")
        total += round(value * _UNITS[name])
    if total < 0:
        raise OptionError(
            f"advance() only goes forward; it was given {total / _SECOND:g} s. "
            "To set the clock back use advance_to(moment), to undo all moves reset()."
        )
    if total == 0:
        raise OptionError(
            "advance() was given no time to pass (0 s): give it seconds, a timedelta, or days=, hours=, minutes=, "
            "seconds=. To go to a certain moment use advance_to(moment)."
        )
    return total


def point_of(moment: Any) -> int:
    """
    Find out which moment ``advance_to()`` was given.

    Args:
        moment: An aware datetime, or seconds since the epoch.

    Returns:
        Microseconds since the epoch.

    Raises:
        OptionError: It is no moment, or none that the clock can show.
    """
    __tracebackhide__ = True
    if isinstance(moment, datetime):
        if moment.utcoffset() is None:
            raise OptionError(
                f"advance_to() was given a datetime without a time zone ({moment}), which may be any of 24 moments. "
                "Say which: moment.replace(tzinfo=timezone.utc) for UTC, moment.astimezone() for local time."
            )
        point = microseconds_of(moment)
    elif _is_number(moment):
        point = round(moment * _SECOND)
    else:
        raise OptionError(
            "advance_to() needs a moment: an aware datetime, such as datetime(2030, 1, 1, tzinfo=timezone.utc), or "
            f"seconds since 1970; it was given {_shown(moment)}."
            + (" To go on by a span of time use advance(delta)." if isinstance(moment, timedelta) else "")
        )
    if not 0 <= point <= LATEST:
        raise OptionError(
            f"advance_to() can show moments from 1970-01-01 to 9999-12-30 (UTC); it was given {_shown(moment)}. "
            "Seconds since 1970 are needed, not milliseconds."
        )
    return point


def lead_of(before: Any) -> int:
    """Check the ``before`` of ``expire()`` and turn it into microseconds."""
    __tracebackhide__ = True
    if not _is_number(before) or before < 0:
        raise OptionError(
            "expire() needs the number of seconds ahead of the expiry for before=, 0 or more; it was given "
            f"{_shown(before)}. To go past the expiry use expire(), then advance(seconds=...)."
        )
    lead: int = round(before * _SECOND)
    return lead


def expiry_of(token: Any, sources: list[TokenTimes]) -> int:
    """
    Find out when a token expires.

    Args:
        token: Its value, an object with ``expires_at``, or None for the newest one of all sources.
        sources: Those who issue tokens on this clock.

    Returns:
        Microseconds since the epoch.

    Raises:
        OptionError: There is no such token.
    """
    __tracebackhide__ = True
    if token is None or isinstance(token, str):
        answers = [times for source in sources if (times := source(token)) is not None]
        if answers:
            return round(max(answers)[1] * _SECOND)
        if token is None:
            raise OptionError(
                "expire() found no token: none has been issued in this test so far. Let the client fetch one first, "
                "or move the clock with advance(seconds=...)."
            )
        raise OptionError(
            f"expire() does not know the token {mask(token)}: no provider of this test issued it. "
            "expire() without an argument takes the newest one."
        )
    expires_at = getattr(token, "expires_at", None)
    if isinstance(expires_at, datetime) and expires_at.utcoffset() is not None:
        return microseconds_of(expires_at)
    raise OptionError(
        "expire() needs a token: its value (str), or an object whose expires_at is an aware datetime, such as "
        f"oauthcc.token_requests[-1].token; it was given an object of type {type(token).__name__}"
        + (f" whose expires_at is {_shown(expires_at)}." if hasattr(token, "expires_at") else ".")
    )


def past_the_end(position: int, span: int) -> str | None:
    """Say why the clock can't go on by so much, or None where it can."""
    if position + span <= LATEST:
        return None
    return (
        f"the clock can show moments up to 9999-12-30; it shows {moment_at(position):%Y-%m-%d} and can't go on "
        f"by {span / 86_400 / _SECOND:g} days."
    )
