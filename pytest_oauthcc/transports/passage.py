"""A request that is let through to a real server, and what is noted of the answer while the client reads it."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.option_values import number_in

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UNNOTED", "Passage", "Recording", "tee"]

_MOST_KEPT = 4_000_000  # bytes; what an API sends beyond that is none of OAuth's business


class Passage:
    """
    Says that a request goes on to the real server; the transport tells what came back.

    Args:
        note: Takes the response, once when its head is there and again when the client has read all of its body;
            the flag says which of the two.
        fail: Takes the exception that the client gets instead.
    """

    def __init__(self, note: Callable[[Response, bool], None], fail: Callable[[BaseException], None]) -> None:
        self._note = note
        self._fail = fail

    def arrived(self, status: int, headers: tuple[tuple[str, str], ...]) -> Recording:
        """Take note of the head of the answer; returns what takes note of its body."""
        self._note(Response(status, headers), False)
        return Recording(status, headers, self._note)

    def failed(self, error: BaseException) -> None:
        """Take note that there is no answer."""
        self._fail(error)


def _ignore(*_: object) -> None:
    """Take no note."""


UNNOTED: Final = Passage(_ignore, _ignore)
"""Lets a request through to a server of ours, which takes note itself; the client's response stays untouched."""


class Recording:
    """Takes note of a body while the client reads it; the client gets every byte when the network brings it."""

    def __init__(
        self, status: int, headers: tuple[tuple[str, str], ...], note: Callable[[Response, bool], None]
    ) -> None:
        self._status = status
        self._headers = headers
        self._note = note
        self._chunks: list[bytes] = []
        self._size = 0
        self._is_over = False
        named = {name.lower(): value for name, value in headers}
        self._encoding = named.get("content-encoding", "").lower()
        length = number_in(named.get("content-length", ""))
        self._length = length if isinstance(length, int) and not self._encoding else None

    def feed(self, chunk: bytes) -> None:
        """Take note of a part of the body; when it is all there by its announced length, that is the end."""
        if self._is_over:
            return
        self._size += len(chunk)
        if self._size <= _MOST_KEPT:
            self._chunks.append(bytes(chunk))
        if self._size == self._length:
            self.end()

    def end(self) -> None:
        """Take note that the body is all there."""
        if self._is_over:
            return
        self._is_over = True
        body = b"".join(self._chunks) if self._size <= _MOST_KEPT else b""
        self._chunks.clear()
        self._note(Response(self._status, self._headers, _decode(body, self._encoding)), True)


def _decode(body: bytes, encoding: str) -> bytes:
    """Undo the usual compressions, where the HTTP library has not done so already; a body may not grow without end."""
    if encoding in {"gzip", "x-gzip", "deflate"}:
        for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
            try:
                unpacked = zlib.decompressobj(window).decompress(body, _MOST_KEPT + 1)
            except zlib.error:
                continue
            return unpacked if len(unpacked) <= _MOST_KEPT else b""
    return body


def tee(function: Any, recording: Recording) -> Any:
    """Wrap a ``read``-like method of one object: what it returns is noted, nothing at all is the end of the body."""

    def read(*arguments: Any, **options: Any) -> Any:
        data = function(*arguments, **options)
        wanted = arguments[0] if arguments else options.get("amt", options.get("n"))
        if data:
            recording.feed(data)
        if wanted is None or wanted == -1 or (not data and wanted):
            recording.end()
        return data

    return read
