"""Messages of httpx and httpx2: theirs into ours, ours into theirs, network faults into exceptions."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import httpx

from pytest_oauthcc.core.messages import Headers, NetworkFault, Request, Timeout
from pytest_oauthcc.transports.wire_bytes import as_bytes, as_text, body_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import ModuleType

    from pytest_oauthcc.core.messages import Response

__all__ = ["VERIFIED", "to_httpx_response", "to_request"]

VERIFIED = "oauthcc_verified"
"""The extension of a request that says whether certificates are checked, noted by those who can see that."""

_ERRORS: dict[str, tuple[str, Callable[[str], OSError]]] = {
    "refused": ("ConnectError", lambda text: ConnectionRefusedError(errno.ECONNREFUSED, text)),
    "connect_timeout": ("ConnectTimeout", TimeoutError),
    "read_timeout": ("ReadTimeout", TimeoutError),
    "reset": ("ReadError", lambda text: ConnectionResetError(errno.ECONNRESET, text)),
}


def to_request(request: Any, via: str) -> Request:
    """
    Convert a request whose body has been read.

    Args:
        request: Of httpx or httpx2.
        via: Which of the two.
    """
    limits = request.extensions.get("timeout", {})
    return Request(
        method=request.method.upper(),
        url=str(request.url),
        headers=Headers([(as_text(name), as_text(value)) for name, value in request.headers.raw]),
        body=request.content,
        timeout=Timeout(limits.get("connect"), limits.get("read")),
        verify=request.extensions.get(VERIFIED),
        via=via,
    )


def to_httpx_response(method: str, outcome: Response | NetworkFault, errors: ModuleType) -> httpx.Response:
    """
    Make the response that a transport of httpx returns.

    Args:
        method: Of the request; an answer to HEAD has no body.
        outcome: What the server says, or how the network fails.
        errors: The module whose exceptions tell of network faults: httpcore's for what lies below a transport of
            httpx, httpx's own for what stands in its place.

    Raises:
        Exception: The fault, as one of those exceptions.
    """
    error = None
    if isinstance(outcome, NetworkFault):
        name, cause = _ERRORS[outcome.kind]
        error = getattr(errors, name)(outcome.message)
        error.__cause__ = cause(outcome.message)
        if outcome.response is None or outcome.kind != "reset":
            raise error
        outcome = outcome.response
    return httpx.Response(
        outcome.status,
        headers=[(as_bytes(name), as_bytes(value)) for name, value in outcome.headers],
        stream=_Body(body_for(method, outcome), error),
    )


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body for both kinds of client; it may break off at its end. httpx adds no headers of its own to it."""

    def __init__(self, content: bytes, error: Exception | None) -> None:
        self._content = content
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        if self._content:
            yield self._content
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk
