"""What time is it, as the test sees it, whoever set it."""

from __future__ import annotations

import datetime as dt
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "freezegun_api",
    "microseconds",
    "microseconds_of",
    "moment_at",
    "naive_at",
    "peek",
    "seconds",
    "top_factory",
]

_MILLION = 1_000_000
_MICROSECOND = dt.timedelta(microseconds=1)


def freezegun_api() -> ModuleType | None:
    """Give the module that holds freezegun's state, or None while nobody has imported freezegun."""
    return sys.modules.get("freezegun.api")


def _real_epoch() -> dt.datetime:
    # This module may be imported while freezegun has its own class in the place of datetime. The results of
    # arithmetic have the class of what they start from, so a real epoch is all it takes to get real datetimes.
    api: Any = freezegun_api()
    epoch: dt.datetime = (dt.datetime if api is None else api.real_datetime)(1970, 1, 1)
    return epoch


_NAIVE_EPOCH = _real_epoch()
_EPOCH = _NAIVE_EPOCH.replace(tzinfo=dt.UTC)


def moment_at(microseconds: int) -> dt.datetime:
    """Give the aware datetime, in UTC, that lies so many microseconds after the epoch."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def naive_at(microseconds: int) -> dt.datetime:
    """Give the same moment the way freezegun counts: in UTC and without saying so."""
    return _NAIVE_EPOCH + dt.timedelta(microseconds=microseconds)


def microseconds_of(moment: dt.datetime) -> int:
    """Count the microseconds from the epoch to a datetime; a naive one is taken to be in UTC."""
    return (moment - (_NAIVE_EPOCH if moment.tzinfo is None else _EPOCH)) // _MICROSECOND


def top_factory() -> Any:
    """Give what freezegun reads the time from at the moment, or None where it fakes nothing."""
    # Another thread may be importing the module. A slice, and not a look at the length first: it may end the freeze.
    top = getattr(freezegun_api(), "freeze_factories", ())[-1:]
    return top[0] if top else None


def peek(factory: Any) -> dt.datetime:
    """
    Read a freezegun factory without disturbing it.

    A factory made with ``auto_tick_seconds`` goes on by a step when it is read; it is the code under test that
    may do that, and not the provider that looks at its clock several times an exchange.

    Args:
        factory: An entry of ``freezegun.api.freeze_factories``.

    Returns:
        The naive datetime, in UTC, that the next reader gets.
    """
    moment: dt.datetime = factory.time_to_freeze if hasattr(factory, "step_width") else factory()
    return moment


def seconds() -> float:
    """Give the time that the test sees in seconds since the epoch: the very value of its ``time.time()``."""
    factory = top_factory()
    if factory is None:
        # Looked up at each call: C-level fakes (time-machine) and somebody's own stub are obeyed, too.
        return time.time()
    whole, rest = divmod(microseconds_of(peek(factory)), _MILLION)
    return whole + rest / _MILLION  # rounded as freezegun rounds, so that the two are equal to the last bit


def microseconds() -> int:
    """Give the time that the test sees in whole microseconds since the epoch."""
    factory = top_factory()
    if factory is None:
        return time.time_ns() // 1000
    return microseconds_of(peek(factory))
