"""Where in the user's own code something happened, for a failure that is only told later."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import FrameType, TracebackType

__all__ = ["users_traceback"]

_OTHERS = tuple(
    {str(Path(__file__).parent), *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))}
)


def users_traceback() -> TracebackType | None:
    """
    Make a traceback of the frames that are running now, without those of installed packages.

    A client that swallows an exception takes its traceback along; this one is made when the exception is raised, so
    that the test can fail later at the line that sent the request.

    Returns:
        The traceback, the outermost frame first, or None where no frame is the user's own.
    """
    found: TracebackType | None = None
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - inspect.currentframe() is the same
    while frame is not None:
        if not frame.f_code.co_filename.startswith((*_OTHERS, "<")):
            found = TracebackType(found, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return found
