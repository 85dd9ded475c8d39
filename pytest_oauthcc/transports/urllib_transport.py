"""``urllib.request``, which PyJWT's ``PyJWKClient`` and other plain clients use: at the method that connects."""

from __future__ import annotations

import errno
import http.client
import io
import socket
import ssl
import sys
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.error import URLError

# Not as an attribute of its package: right after its import that has none yet.
from urllib.request import AbstractHTTPHandler

from pytest_oauthcc.core.messages import Headers, NetworkFault, Request, Timeout
from pytest_oauthcc.transports.passage import UNNOTED, Passage
from pytest_oauthcc.transports.swaps import Swap
from pytest_oauthcc.transports.urllib_passage import pass_on
from pytest_oauthcc.transports.wire_bytes import BreakingStream, as_bytes, as_text, body_for, without_fragment

if TYPE_CHECKING:
    from collections.abc import Callable
    from urllib.request import Request as UrllibRequest

    from pytest_oauthcc.core.messages import Response
    from pytest_oauthcc.transports.installation import Board

__all__ = ["UrllibTransport"]


class UrllibTransport:
    """Sees what any opener sends over HTTP or HTTPS; redirects, errors, cookies and proxies stay urllib's own."""

    library: ClassVar[str] = "urllib.request"

    def __init__(self, board: Board) -> None:
        self._board = board
        self._active = False
        self._swap = Swap(AbstractHTTPHandler, "do_open", self._make_do_open)

    def install(self) -> None:
        """Patch."""
        self._active = True
        self._swap.put()

    def uninstall(self) -> None:
        """Put the original back."""
        self._active = False
        self._swap.take()

    def _make_do_open(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def do_open(handler: Any, http_class: Any, req: UrllibRequest, **http_conn_args: Any) -> Any:
            __tracebackhide__ = True
            if self._active:
                response = self._exchange(original, http_class, req, http_conn_args)
                if isinstance(response, Passage):
                    return pass_on(response, lambda: original(handler, http_class, req, **http_conn_args))
                if response is not None:
                    return response
            return original(handler, http_class, req, **http_conn_args)

        return do_open

    def _exchange(
        self, original: Any, http_class: Any, req: UrllibRequest, http_conn_args: dict[str, Any]
    ) -> http.client.HTTPResponse | Passage | None:
        __tracebackhide__ = True
        claimed = self._board.claims(req.full_url)
        request = _to_request(req, http_conn_args, read_stream=claimed)
        stubs_below = original.__module__ != "urllib.request" or (
            "vcr" in sys.modules and http_class.__module__.startswith("vcr")
        )
        answer = self._board.answer(request, stubs_below=stubs_below)
        if answer is None or isinstance(answer, Passage):
            if claimed and request.body:
                req.data = request.body  # a stream has been read by now
            return None if answer is UNNOTED else answer
        if answer.gate is not None:
            answer.gate.wait()
        return _deliver(request, answer.outcome)


def _to_request(req: UrllibRequest, http_conn_args: dict[str, Any], *, read_stream: bool) -> Request:
    """Convert a request, with the headers that ``do_open`` itself would add."""
    fields = {**req.headers, **req.unredirected_hdrs, "Connection": "close"}
    limit: Any = getattr(req, "timeout", None)
    if limit is socket._GLOBAL_DEFAULT_TIMEOUT:  # type: ignore[attr-defined]  # noqa: SLF001 - urllib marks it so
        limit = socket.getdefaulttimeout()
    return Request(
        method=req.get_method().upper(),
        url=without_fragment(req.full_url),
        headers=Headers([(as_text(name).title(), as_text(value)) for name, value in fields.items()]),
        body=_body(req.data, read_stream=read_stream),
        timeout=Timeout(limit, limit),
        verify=_is_verified(req, http_conn_args.get("context")),
        via="urllib.request",
    )


def _is_verified(req: UrllibRequest, context: ssl.SSLContext | None) -> bool | None:
    """Say whether certificates are checked; where no context is given, what makes the default one tells."""
    if context is not None:
        return context.verify_mode != ssl.CERT_NONE
    if req.type != "https":
        return None
    return ssl._create_default_https_context is not ssl._create_unverified_context  # noqa: SLF001 - PEP 476 names both


def _body(data: Any, *, read_stream: bool) -> bytes:
    if data is None:
        return b""
    if isinstance(data, bytes | bytearray | memoryview):
        return bytes(data)
    if not read_stream:
        return b""
    return bytes(data.read()) if hasattr(data, "read") else b"".join(data)


def _deliver(request: Request, outcome: Response | NetworkFault) -> http.client.HTTPResponse:
    """Return or raise what ``do_open`` would: only what goes wrong before the request is out becomes a URLError."""
    if isinstance(outcome, NetworkFault):
        message = outcome.message
        if outcome.kind == "refused":
            raise URLError(ConnectionRefusedError(errno.ECONNREFUSED, message))
        if outcome.kind == "connect_timeout":
            raise URLError(TimeoutError(message))
        if outcome.kind == "read_timeout":
            raise TimeoutError(message)
        if outcome.response is None:
            raise ConnectionResetError(errno.ECONNRESET, message)
        return _response(request, outcome.response, message)
    return _response(request, outcome, None)


def _response(request: Request, response: Response, breaks_with: str | None) -> http.client.HTTPResponse:
    """Make the standard library's own response from the bytes that a server would send."""
    head = [b"HTTP/1.1 %d %s" % (response.status, as_bytes(response.reason))]
    head += [as_bytes(name) + b": " + as_bytes(value) for name, value in response.headers]
    body = body_for(request.method, response)
    if body and "chunked" in (response.header("Transfer-Encoding") or "").lower():
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    wire = b"\r\n".join([*head, b"", body])
    sock: Any = _Socket(wire, breaks_with)
    result = http.client.HTTPResponse(sock, method=request.method)
    result.begin()
    result.url = request.url
    result.msg = result.reason  # type: ignore[assignment]  # as do_open does for old clients
    return result


class _Socket:
    """As much of a socket as ``http.client`` needs to read a response."""

    def __init__(self, wire: bytes, breaks_with: str | None) -> None:
        self._stream = io.BytesIO(wire) if breaks_with is None else BreakingStream(wire, breaks_with)

    def makefile(self, _mode: str) -> io.BufferedIOBase:
        return self._stream if isinstance(self._stream, io.BytesIO) else io.BufferedReader(self._stream)
