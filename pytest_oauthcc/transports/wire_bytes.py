"""Bodies as a wire carries them: none where HTTP allows none, and streams that break off."""

from __future__ import annotations

import errno
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from pytest_oauthcc.core.messages import Response

__all__ = ["BreakingStream", "as_bytes", "as_text", "body_for", "without_fragment"]

_BODILESS = frozenset({204, 304})


class BreakingStream(io.RawIOBase):
    """Gives some bytes, then breaks as a connection does that the server resets."""

    def __init__(self, beginning: bytes, message: str) -> None:
        super().__init__()
        self._beginning = io.BytesIO(beginning)
        self._message = message

    def readable(self) -> bool:
        """Return True: this is for reading."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer with what is left; raise when nothing is."""
        count = self._beginning.readinto(buffer)
        if count == 0:
            raise ConnectionResetError(errno.ECONNRESET, self._message)
        return count


def body_for(method: str, response: Response) -> bytes:
    """Return the body that a client can receive: answers to HEAD have none (RFC 9110 section 6.4.1)."""
    return b"" if method == "HEAD" or response.status in _BODILESS else response.body


def as_text(value: str | bytes) -> str:
    """Return a header's name or value as text; bytes are latin-1, as HTTP libraries take them."""
    return value if isinstance(value, str) else value.decode("latin-1")


def as_bytes(value: str) -> bytes:
    """Return a header's name or value as bytes: latin-1 where that can hold it, else UTF-8."""
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8")


def without_fragment(url: str) -> str:
    """Return the URL as a request carries it (RFC 9110 section 4.2.5)."""
    return url.partition("#")[0]
