"""Messages of requests and urllib3: theirs into ours, ours into theirs, network faults into their exceptions."""

from __future__ import annotations

import errno
import io
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3._collections import HTTPHeaderDict  # its only name in urllib3 1.26
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    ResponseError,
    TimeoutStateError,
)

from pytest_oauthcc.core.messages import Headers, Request, Timeout
from pytest_oauthcc.transports.wire_bytes import BreakingStream, as_text, body_for, without_fragment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.messages import NetworkFault, Response

__all__ = ["requests_error", "to_request", "urllib3_error", "urllib3_pool", "urllib3_response"]

_PEM_BEGIN, _PEM_END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def to_request(prepared: requests.PreparedRequest, options: Mapping[str, Any], *, read_stream: bool) -> Request:
    """
    Convert a prepared request.

    Args:
        prepared: As an adapter gets it.
        options: The other arguments of the adapter's ``send``.
        read_stream: Whether to read a body that is a file or an iterator; it can be read only once.
    """
    url = without_fragment(str(prepared.url))
    fields = [(as_text(name), as_text(value)) for name, value in prepared.headers.items()]
    if "Host" not in prepared.headers:
        fields.insert(0, ("Host", urlsplit(url).netloc.rpartition("@")[2]))
    return Request(
        method=str(prepared.method).upper(),
        url=url,
        headers=Headers(fields),
        body=_body(prepared.body, read_stream=read_stream),
        timeout=_timeout(options.get("timeout")),
        verify=options.get("verify", True) is not False,
        client_certificate=_certificate(options.get("cert")),
        via="requests",
    )


def _body(body: Any, *, read_stream: bool) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if not read_stream:
        return b""
    chunks = [body.read()] if hasattr(body, "read") else body
    return b"".join(chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks)


def _timeout(timeout: Any) -> Timeout:
    if isinstance(timeout, urllib3.Timeout):
        read: Any
        try:
            read = timeout.read_timeout
        except TimeoutStateError:  # only the total is limited, and that runs from the connection on
            read = timeout.total
        return Timeout(_seconds(timeout.connect_timeout), _seconds(read))
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return Timeout(connect, read)


def _seconds(value: Any) -> float | None:
    """Return a timeout of urllib3's, whose sentinel for the default means no limit here."""
    return value if isinstance(value, int | float) and value >= 0 else None


def _certificate(cert: str | tuple[str, str] | None) -> bytes | None:
    """Return the first certificate of the PEM file that the client named, as DER."""
    if not cert:
        return None
    pem = Path(cert if isinstance(cert, str) else cert[0]).read_text(encoding="ascii", errors="replace")
    _, begin, rest = pem.partition(_PEM_BEGIN)
    return ssl.PEM_cert_to_DER_cert(begin + rest.partition(_PEM_END)[0] + _PEM_END) if begin else None


class _CookieSource:
    """Stands for the response of ``http.client`` behind urllib3's, where requests looks for cookies."""

    def __init__(self, headers: HTTPHeaderDict) -> None:
        self.msg = headers

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        pass


def urllib3_response(method: str, response: Response, fault: NetworkFault | None = None) -> urllib3.HTTPResponse:
    """
    Make the response that an adapter builds its own from.

    Args:
        method: Of the request; an answer to HEAD has no body.
        response: What the server says.
        fault: Breaks the connection when the body has been read.
    """
    headers = HTTPHeaderDict()
    for name, value in response.headers:
        headers.add(name, value)
    body = body_for(method, response)
    stream = io.BytesIO(body) if fault is None else io.BufferedReader(BreakingStream(body, fault.message))
    # Looking for cookies costs as much as all the rest, so requests only does it where there are some.
    source: Any = _CookieSource(headers) if "Set-Cookie" in headers else None
    return urllib3.HTTPResponse(
        body=stream,
        headers=headers,
        status=response.status,
        version=11,
        reason=response.reason,
        preload_content=False,
        decode_content=False,
        original_response=source,
        request_method=method,
    )


def urllib3_pool(url: str) -> HTTPConnectionPool:
    """Return the connection pool that messages of urllib3 name; it connects to nothing."""
    parts = urlsplit(url)
    pool = HTTPSConnectionPool if parts.scheme == "https" else HTTPConnectionPool
    return pool(str(parts.hostname), parts.port)


def urllib3_error(fault: NetworkFault, pool: HTTPConnectionPool, url: str) -> Exception:
    """Return what urllib3 meets when the network fails in this way."""
    if fault.kind == "read_timeout":
        return ReadTimeoutError(pool, url, fault.message)
    if fault.kind == "reset":
        return ProtocolError("Connection aborted.", ConnectionResetError(errno.ECONNRESET, fault.message))
    connection = (HTTPSConnection if isinstance(pool, HTTPSConnectionPool) else HTTPConnection)(pool.host, pool.port)
    if fault.kind == "connect_timeout":
        return ConnectTimeoutError(connection, fault.message)
    cause = ConnectionRefusedError(errno.ECONNREFUSED, fault.message)
    error = NewConnectionError(connection, f"Failed to establish a new connection: {cause}")
    error.__cause__ = cause
    return error


def requests_error(error: Exception, prepared: requests.PreparedRequest) -> requests.RequestException:
    """Return the exception into which requests turns this one of urllib3's."""
    kind: type[requests.RequestException] = requests.ConnectionError
    if isinstance(error, ReadTimeoutError):
        kind = requests.ReadTimeout
    elif isinstance(error, MaxRetryError):
        if isinstance(error.reason, ResponseError):
            kind = requests.exceptions.RetryError
        elif isinstance(error.reason, ConnectTimeoutError) and not isinstance(error.reason, NewConnectionError):
            kind = requests.ConnectTimeout
    return kind(error, request=prepared)
