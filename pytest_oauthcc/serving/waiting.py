"""How long a server waits for a client: for its next bytes, and for the whole of a request that comes in drops."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Waiting"]


def _machine_seconds() -> float:
    """Read a clock that libraries which freeze the time of a test leave alone, where there is one."""
    clock = getattr(time, "CLOCK_MONOTONIC", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Waiting:
    """
    Receives the bytes of one request after the other, each within its time.

    Args:
        receive: Receives at most so many bytes.
        set_timeout: Tells it for how many seconds it may wait.
        patience: Seconds to wait for the next bytes.
        whole: Seconds from the first bytes of a request to its last.
        seconds: Reads the machine's time.
    """

    def __init__(
        self,
        receive: Callable[[int], bytes],
        set_timeout: Callable[[float], object],
        *,
        patience: float,
        whole: float,
        seconds: Callable[[], float] = _machine_seconds,
    ) -> None:
        self._receive = receive
        self._set_timeout = set_timeout
        self._patience = patience
        self._whole = whole
        self._seconds = seconds
        self._end: float | None = None

    def begin(self) -> None:
        """Let the next bytes be the first ones of a request."""
        self._end = None
        self._set_timeout(self._patience)

    def receive(self, most: int) -> bytes:
        """
        Receive the next bytes.

        Args:
            most: How many at most.

        Returns:
            Some bytes; none where the client has gone.

        Raises:
            TimeoutError: The next bytes, or the whole request, took too long.
        """
        if self._end is None:
            data = self._receive(most)
            self._end = self._seconds() + self._whole
            return data
        left = self._end - self._seconds()
        if left <= 0:
            raise TimeoutError(f"the request was not complete after {self._whole:g} s")
        self._set_timeout(min(self._patience, left))
        return self._receive(most)
