"""Sleeps that return at once and move the clock instead."""

from __future__ import annotations

import functools
import sys
from operator import index
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.infrastructure import caller_keeps_real_time
from pytest_oauthcc.clock.places import Places
from pytest_oauthcc.clock.reading import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["skip", "stop_skipping"]

_INFINITY = float("inf")

# Where the sleeps live; nothing else in these packages is touched. (anyio's rests on them.)
_HOMES = ("asyncio", "asyncio.tasks", "trio", "trio._timeouts")

_movers: list[Callable[[int], None]] = []  # those who skip, the newest last; it is the one that is moved
_stand_ins: dict[int, Any] = {}  # by the id of the original
_undo: list[Callable[[], None]] = []  # one, while somebody skips
_places: Places | None = None


def skip(move: Callable[[int], None]) -> None:
    """
    Replace the sleeps, wherever a module holds them by name.

    Libraries that are not imported yet are not replaced; a second call finds them.

    Args:
        move: Called with the microseconds that a sleep would have taken.
    """
    global _places  # noqa: PLW0603
    _put_back()  # so that the search meets the real ones
    if move not in _movers:
        _movers.append(move)
    originals = []
    for home, make in (
        ("time", _StandInForTimeSleep),
        ("asyncio.tasks", _stand_in_for_asyncio_sleep),
        ("trio._timeouts", _stand_in_for_trio_sleep),
    ):
        original = getattr(sys.modules.get(home), "sleep", None)
        if original is not None:
            originals.append(original)
            _stand_ins[id(original)] = make(original)
    if _places is None or not _places.are_of(originals):
        _places = Places(originals, also=_HOMES, name="sleep")
    _places.look()
    _undo.append(_places.replace(_stand_ins))


def stop_skipping(move: Callable[[int], None]) -> None:
    """
    Put the real sleeps back once nobody skips any more; what somebody else put there since is left.

    Args:
        move: What ``skip()`` was called with; unknown ones do no harm.
    """
    if move in _movers:
        _movers.remove(move)
    if not _movers:
        _put_back()


def _put_back() -> None:
    while _undo:
        _undo.pop()()
    _stand_ins.clear()


def _pass(span: int) -> None:
    for move in _movers[-1:]:  # none, where another thread has ended the skipping meanwhile
        if span > 0:
            move(span)


class _StandInForTimeSleep:
    # Not a function, which would become a method where it ends up in a class. One that is left behind somewhere (an
    # attribute of an instance) sleeps for real when nobody skips any more.

    def __init__(self, original: Callable[[float], None]) -> None:
        self.__wrapped__ = original

    def __call__(self, seconds: Any, /) -> None:
        """Return at once and move the clock; what the real one would refuse is left to it."""
        __tracebackhide__ = True
        if not _movers or caller_keeps_real_time(1) or not _is_span(seconds):
            self.__wrapped__(seconds)
        else:
            _pass(round(seconds * 1_000_000))

    def __repr__(self) -> str:
        return "<time.sleep, skipped by oauthcc.clock>" if _movers else repr(self.__wrapped__)


def _is_span(seconds: Any) -> bool:
    if not isinstance(seconds, float):
        try:
            seconds = index(seconds)
        except TypeError:
            return False
    return bool(0 < seconds < _INFINITY)


def _stand_in_for_asyncio_sleep(original: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def sleep(delay: float, result: Any = None) -> Any:
        """Coroutine that moves the clock by a given time (in seconds), skipped by oauthcc.clock."""
        if not _movers or not 0 < delay < _INFINITY:
            return await original(delay, result)
        # Tasks that sleep at the same time sleep the same time: each goes on when its own moment has come, and the
        # clock has to be moved only as far as no other has moved it already.
        until = microseconds() + round(delay * 1_000_000)
        await original(0)
        _pass(until - microseconds())
        return result

    return sleep


def _stand_in_for_trio_sleep(original: Callable[[float], Coroutine[Any, Any, None]]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def sleep(seconds: float) -> None:
        """Move the clock by the given number of seconds, skipped by oauthcc.clock."""
        if not _movers or not 0 < seconds < _INFINITY:
            await original(seconds)
            return
        until = microseconds() + round(seconds * 1_000_000)
        await original(0)
        _pass(until - microseconds())

    return sleep
