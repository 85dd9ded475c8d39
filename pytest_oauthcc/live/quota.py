"""A polite limit on token requests, shared by all processes of a run."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Quota"]

_MINUTE = 60_000_000_000  # nanoseconds


class Quota:
    """
    Counts token requests of the last minute.

    Each request is an empty file in a directory that all workers of pytest-xdist share. The time is that of the file
    system, the one clock that no test moves.

    Args:
        directory: Of this run alone.
        per_minute: How many requests a minute takes.
    """

    def __init__(self, directory: Path, per_minute: int) -> None:
        self.directory = directory
        self.per_minute = per_minute

    def now(self) -> float:
        """Return the real time in seconds since the epoch, whatever a test has done to its clocks."""
        file = self.directory / f"{os.getpid()}.now"
        file.touch()
        return file.stat().st_mtime

    def take(self) -> bool:
        """Count one more request; False where that would be too many, and then it does not count."""
        mine = self.directory / f"{secrets.token_hex(8)}.request"
        mine.touch(exist_ok=False)
        now = mine.stat().st_mtime_ns
        count = 0
        for entry in os.scandir(self.directory):
            if not entry.name.endswith(".request"):
                continue
            with contextlib.suppress(FileNotFoundError):  # another worker took its own back, or this old one away
                if now - entry.stat().st_mtime_ns < _MINUTE:
                    count += 1
                else:
                    os.unlink(entry.path)  # noqa: PTH108 - so that a long run does not count more and more files
        if count <= self.per_minute:
            return True
        mine.unlink()
        return False
