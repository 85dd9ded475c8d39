"""HTTP/1.1 as bytes: requests read strictly and within bounds (RFC 9112), responses written in one piece."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from pytest_oauthcc.core.messages import Headers
from pytest_oauthcc.transports.wire_bytes import as_bytes, body_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.messages import Response

__all__ = ["Limits", "RequestReader", "Unreadable", "WireRequest", "write_head", "write_response"]

_CHUNK = 65_536  # bytes read at once
_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}) ([\x21-\x7e]+) HTTP/(\d)\.(\d)")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "host"})
_NOT_IN_FIELDS = re.compile(rb"[\r\n\x00]+")


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much of a request is read.

    Args:
        head: Bytes of the request line and the header fields.
        fields: Header fields.
        body: Bytes of the body.
    """

    head: int = 65_536
    fields: int = 200
    body: int = 10_000_000


class Unreadable(Exception):
    """
    A request that can't be read; the connection is of no more use.

    Args:
        status: What the client gets.
        reason: Why, for people.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class WireRequest:
    """
    One request from the wire.

    Args:
        method: As it was sent.
        target: As it was sent.
        headers: As they were sent.
        keep_alive: Whether the client wants to go on with the connection.
        body: All of it, without the framing of chunks.
    """

    method: str
    target: str
    headers: Headers
    keep_alive: bool
    body: bytes = b""


class RequestReader:
    """
    Reads one request after the other from a connection.

    Args:
        receive: Reads at most so many bytes; none means that the client is gone.
        send: Sends bytes, for ``100 Continue``.
        limits: How much is read.
    """

    def __init__(self, receive: Callable[[int], bytes], send: Callable[[bytes], object], limits: Limits) -> None:
        self._receive = receive
        self._send = send
        self._limits = limits
        self._buffer = bytearray()

    def read(self) -> WireRequest | None:
        """
        Read the next request.

        Returns:
            The request; None where the client has gone away instead of sending one.

        Raises:
            Unreadable: It is none, or too much.
            OSError: The connection broke, or the client took too long.
        """
        head = self._read_head()
        if head is None:
            return None
        request = self._parse_head(head)
        self._read_body(request)
        return request

    # --- the head

    def _read_head(self) -> bytes | None:
        buffer, searched = self._buffer, 0
        while True:
            while buffer.startswith(b"\r\n"):  # RFC 9112 section 2.2
                del buffer[:2]
            end = buffer.find(b"\r\n\r\n", max(0, searched - 3))
            if end >= 0:
                break
            if len(buffer) > self._limits.head:
                break
            searched = len(buffer)
            if not self._fill():
                if not buffer:
                    return None
                raise Unreadable(400, "the connection ended in the middle of the request's head")
        if end < 0 or end > self._limits.head:
            raise Unreadable(431, f"the head of the request is longer than {self._limits.head:,} bytes")
        head = bytes(buffer[:end])
        del buffer[: end + 4]
        return head

    def _fill(self) -> bool:
        data = self._receive(_CHUNK)
        self._buffer += data
        return bool(data)

    def _parse_head(self, head: bytes) -> WireRequest:
        first, *lines = head.split(b"\r\n")
        found = _REQUEST_LINE.fullmatch(first)
        if found is None:
            raise Unreadable(400, "the first line is not of the form 'METHOD target HTTP/1.1'")
        method, target, major, minor = found.groups()
        if major != b"1":
            raise Unreadable(505, "this server speaks HTTP/1.1")
        if len(lines) > self._limits.fields:
            raise Unreadable(431, f"the request has more than {self._limits.fields} header fields")
        headers = Headers(map(_read_field, lines))
        hosts = len(headers.get_all("host"))
        if hosts > 1 or (not hosts and minor != b"0"):
            raise Unreadable(400, "the request has to have one Host field (RFC 9112 section 3.2)")
        if minor == b"0" and "transfer-encoding" in headers:  # a proxy that does not know it ends the body elsewhere
            raise Unreadable(400, "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)")
        connection = headers.get("connection", "").lower()
        keep_alive = "close" not in connection and (minor != b"0" or "keep-alive" in connection)
        return WireRequest(method.decode("ascii"), _origin_form(target.decode("ascii")), headers, keep_alive)

    # --- the body

    def _read_body(self, request: WireRequest) -> None:
        coding = request.headers.get("transfer-encoding")
        length = request.headers.get("content-length")
        if coding is None and length is None:
            return
        expect = request.headers.get("expect")
        if expect is not None and expect.lower() != "100-continue":
            raise Unreadable(417, "the only expectation that this server knows is 100-continue")
        if coding is not None:
            if length is not None:
                raise Unreadable(400, "the request has a Transfer-Encoding and a Content-Length (RFC 9112 section 6.1)")
            if coding.lower() != "chunked":
                raise Unreadable(501, "the only transfer coding that this server knows is chunked")
            self._go_ahead(expect)
            request.body = self._read_chunks()
            return
        size = _read_length(str(length))
        if size > self._limits.body:
            raise Unreadable(413, f"the body is longer than {self._limits.body:,} bytes")
        if size:
            self._go_ahead(expect)
            request.body = self._take(size)

    def _go_ahead(self, expect: str | None) -> None:
        if expect is not None and not self._buffer:
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not self._fill():
                raise Unreadable(400, "the connection ended in the middle of the request's body")
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _take_line(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\r\n", max(0, searched - 1))) < 0:
            searched = len(self._buffer)
            if searched > self._limits.head:
                raise Unreadable(400, "a line between the chunks of the body has no end")
            if not self._fill():
                raise Unreadable(400, "the connection ended in the middle of the request's body")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            found = _CHUNK_SIZE.fullmatch(self._take_line())
            if found is None:
                raise Unreadable(400, "a chunk does not begin with its size (RFC 9112 section 7.1)")
            size = int(found[1], 16)
            if len(body) + size > self._limits.body:
                raise Unreadable(413, f"the body is longer than {self._limits.body:,} bytes")
            if not size:
                break
            body += self._take(size)
            if self._take(2) != b"\r\n":
                raise Unreadable(400, "a chunk is longer than it says (RFC 9112 section 7.1)")
        for _ in range(self._limits.fields):
            line = self._take_line()
            if not line:
                return bytes(body)
            # Trailers are of no use here, but one that is none may be a request to whoever reads it in another way.
            if _read_field(line)[0].lower() in _FRAMING:
                raise Unreadable(400, "a trailer field can't change where the request ends (RFC 9110 section 6.5.1)")
        raise Unreadable(431, f"the request has more than {self._limits.fields} trailer fields")


def _read_field(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or _NAME.fullmatch(name) is None or _CONTROL.search(value) is not None:
        raise Unreadable(400, "a header field is not of the form 'Name: value' (RFC 9112 section 5)")
    return name.decode("ascii"), value.strip(b" \t").decode("latin-1")


def _origin_form(target: str) -> str:
    """Return path and query of a target; one in the absolute form is what a client sends to a proxy."""
    if target.startswith("/"):
        return target
    scheme, separator, rest = target.partition("://")
    if not separator or scheme.lower() not in {"http", "https"}:
        return f"/{target}"  # "*", or host and port of a CONNECT: nothing is served there
    authority, slash, path = rest.partition("/")
    return slash + path if slash else "/" + "".join(authority.partition("?")[1:])


def _read_length(text: str) -> int:
    values = {value.strip(" \t") for value in text.split(",")}  # RFC 9112 section 6.3 lets the same one come twice
    value = values.pop()
    if values or not (value.isascii() and value.isdigit()) or len(value) > 18:  # noqa: PLR2004 - enough for any body
        raise Unreadable(400, "the Content-Length is not a whole number")
    return int(value)


_dates: Final[dict[int, bytes]] = {}


def _date(now: float) -> bytes:
    """Return the Date field's value; one clock drives the tokens and it, so that clients which compare them agree."""
    second = int(now)
    date = _dates.get(second)
    if date is None:
        _dates.clear()
        date = _dates[second] = formatdate(second, usegmt=True).encode()
    return date


def write_head(response: Response, *, now: float, keep_alive: bool, length: int | None) -> bytes:
    """
    Write status line and header fields, with the empty line after them.

    Args:
        response: The response.
        now: Seconds since the epoch on the provider's clock.
        keep_alive: Whether the connection goes on after it.
        length: The ``Content-Length`` where the response does not say one itself; None for none.

    Returns:
        The bytes.
    """
    lines = [b"HTTP/1.1 %d %s" % (response.status, as_bytes(response.reason))]
    named = set()
    for name, value in response.headers:
        lines.append(_NOT_IN_FIELDS.sub(b" ", as_bytes(name) + b": " + as_bytes(value)))
        named.add(name.lower())
    if length is not None and not named & {"content-length", "transfer-encoding"}:
        lines.append(b"Content-Length: %d" % length)
    if "date" not in named:
        lines.append(b"Date: " + _date(now))
    if not keep_alive and "connection" not in named:
        lines.append(b"Connection: close")
    return b"\r\n".join([*lines, b"", b""])


def write_response(method: str, response: Response, *, now: float, keep_alive: bool) -> tuple[bytes, bool]:
    """
    Write a whole response.

    Args:
        method: That of the request; an answer to HEAD has no body.
        response: The response.
        now: Seconds since the epoch on the provider's clock.
        keep_alive: Whether the client wants to go on with the connection.

    Returns:
        The bytes, and whether the connection can go on: it can't where a scripted length is not that of the body.
    """
    body = body_for(method, response)
    told = response.header("Content-Length")
    chunked = "chunked" in (response.header("Transfer-Encoding") or "").lower()
    if told is not None and not chunked and body and told != str(len(body)):
        keep_alive = False
    if (response.header("Connection") or "").lower() == "close":
        keep_alive = False
    length = None if response.status == 204 else len(response.body)  # noqa: PLR2004 - RFC 9110 section 8.6
    head = write_head(response, now=now, keep_alive=keep_alive, length=length)
    if chunked and body:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    elif chunked and method != "HEAD" and response.status not in {204, 304}:
        body = b"0\r\n\r\n"
    return head + body, keep_alive
