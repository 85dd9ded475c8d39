"""A gate holds answers back until several requests wait for one, so that callers really overlap."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Gate"]


class Gate:
    """
    Opens when ``until`` requests have arrived, or when no more can come.

    A thread waits a short while for each next arrival; a task gives the others on its loop
    their turns instead, which takes no time at all.
    """

    PATIENCE = 0.02  # seconds without a new arrival after which nobody else is coming
    TURNS = 100  # how often a task lets the others run before it is sure that nobody else is coming

    def __init__(self, until: int) -> None:
        self._until = until
        self._arrived = 0
        self._open = False
        self._changed = threading.Condition()

    @property
    def is_open(self) -> bool:
        """Whether answers pass."""
        return self._open

    def open(self) -> None:
        """Let everybody pass, for good."""
        with self._changed:
            self._open = True
            self._changed.notify_all()

    def arrive(self) -> None:
        """Count one request."""
        with self._changed:
            self._arrived += 1
            if self._arrived >= self._until:
                self._open = True
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait in a thread until the gate opens or nobody has come for ``PATIENCE`` seconds."""
        with self._changed:
            while not self._open:
                before = self._arrived
                self._changed.wait(self.PATIENCE)
                if self._arrived == before:
                    self._open = True
                    self._changed.notify_all()

    async def wait_async(self, checkpoint: Callable[[], Awaitable[object]]) -> None:
        """
        Wait in a task until the gate opens or nobody has come for ``TURNS`` turns of the loop.

        Args:
            checkpoint: Lets the other tasks of the running loop have their turn.
        """
        before, turns = self._arrived, 0
        while not self._open:
            await checkpoint()
            turns += 1
            if self._arrived != before:
                before, turns = self._arrived, 0
            elif turns >= self.TURNS:
                self._open = True
