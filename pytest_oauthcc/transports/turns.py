"""Letting the other tasks of an event loop have their turn, whatever a test has done to ``asyncio.sleep``."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["turn_of_the_loop"]


def turn_of_the_loop() -> Callable[[], Awaitable[object]]:
    """Return what a task awaits to let the others run, for the library that runs the present one."""
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:  # trio is imported, but this is not one of its tasks
            return _asyncio_turn
        checkpoint: Callable[[], Awaitable[object]] = trio.lowlevel.checkpoint
        return checkpoint
    return _asyncio_turn


@types.coroutine
def _asyncio_turn() -> Generator[None, None, None]:
    """Give up one turn: to asyncio, a bare yield says just that."""
    yield
