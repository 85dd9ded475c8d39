"""What comes over a socket: raw HTTP, and commands to the control endpoint."""

from __future__ import annotations

import functools
import itertools
import json
from typing import TYPE_CHECKING, Final

import h11

from fuzz.oracles import check_response, read_strictly
from fuzz.pieces import Pieces
from fuzz.target import Target
from fuzz.world import CLIENT, SECRET
from pytest_oauthcc import standalone
from pytest_oauthcc.core.messages import Headers
from pytest_oauthcc.process.control import Control
from pytest_oauthcc.serving.application import Application, Incoming
from pytest_oauthcc.serving.wire import Limits, RequestReader, Unreadable, WireRequest

if TYPE_CHECKING:
    from pytest_oauthcc.core.messages import Answer

__all__ = ["TARGETS"]

_LIFE: Final = 500  # commands after which there is a new provider, so that scripts and routes don't pile up
_LIMITS: Final = Limits(head=4096, fields=20, body=20_000)
# Where h11 takes less and no second reading is possible: empty lines before a request, blanks before an extension.
_STRICTER: Final = ("no request line received", "illegal chunk header")
_STATUSES: Final = {400, 413, 417, 431, 501, 505}


def _read_all(data: bytes, size: int) -> list[WireRequest]:
    """Read requests from pieces of so many bytes, until the end or the first that can't be read."""
    taken = 0

    def receive(most: int) -> bytes:
        nonlocal taken
        piece = data[taken : taken + min(size, most)]
        taken += len(piece)
        return piece

    reader = RequestReader(receive, lambda _data: None, _LIMITS)
    found: list[WireRequest] = []
    try:
        while (request := reader.read()) is not None:
            found.append(request)
            assert len(request.body) <= _LIMITS.body
            assert len(request.headers.fields) <= _LIMITS.fields
            if not request.keep_alive:
                break
    except Unreadable as problem:
        assert problem.status in _STATUSES
        assert problem.reason
    return found


def _wire(data: bytes) -> None:
    """Read any bytes, cut in any way, to the same requests, and to those that another server reads."""
    pieces = Pieces(data)
    size = pieces.byte() + 1
    sent = pieces.rest()
    found = _read_all(sent, len(sent) + 1)
    again = _read_all(sent, size)
    assert [(r.method, r.target, r.headers.fields, r.body) for r in found] == [
        (r.method, r.target, r.headers.fields, r.body) for r in again
    ]
    _compare_with_h11(sent, found)


def _compare_with_h11(sent: bytes, found: list[WireRequest]) -> None:
    """Check that two servers in a row can't be played off against each other: bodies end where both say."""
    other = h11.Connection(h11.SERVER, max_incomplete_event_size=10**6)
    other.receive_data(sent)
    other.receive_data(b"")
    for request in found:
        body = b""
        try:
            event = other.next_event()
            if not isinstance(event, h11.Request):
                return
            while isinstance(part := other.next_event(), h11.Data):
                body += bytes(part.data)
        except h11.RemoteProtocolError as error:
            assert str(error).startswith(_STRICTER), f"h11 refuses what was read: {error}"
            return
        if not isinstance(part, h11.EndOfMessage):
            return
        assert event.method.decode() == request.method
        assert body == request.body
        if other.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.SEND_RESPONSE}:
            return
        other.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
        other.send(h11.EndOfMessage())
        if other.our_state is not h11.DONE:
            return
        other.start_next_cycle()


@functools.lru_cache(maxsize=1)
def _controlled(_generation: int) -> Control:
    provider = standalone(client_id=CLIENT, client_secret=SECRET)
    application = Application(provider, via="fuzz")
    return Control(provider, {}, lambda url: application.url_here("http://127.0.0.1:80", url))


_runs = itertools.count()


def _control(data: bytes) -> None:
    pieces = Pieces(data)
    control = _controlled(next(_runs) // _LIFE)
    name = pieces.choose(("script", "clock", "revoke", "rotate-keys", "journal", ""))
    host = pieces.choose(("127.0.0.1:80", "localhost:80", "[::1]:80", "")) or pieces.take().decode("latin-1")
    fields = [("Host", host), ("Content-Type", "application/json")]
    if pieces.byte() % 8 == 7:
        fields.append(("Origin", pieces.take().decode("latin-1")))
    method = pieces.choose(("POST", "GET"))
    is_command = pieces.byte() % 2
    body = json.dumps(pieces.spoil(pieces.choose(_COMMANDS))).encode() if is_command else pieces.rest()
    query = pieces.text() if name == "journal" else ""
    target = f"/.oauthcc/{name}" + (f"?{query}" if query else "")
    incoming = Incoming(method, target, Headers(fields), body, peer="127.0.0.1", port=80)
    answer = control.handle(incoming, _elsewhere)
    response = check_response(answer, method)
    assert response.status in {200, 400, 403, 404}
    told = read_strictly(response.body)
    assert response.status == 200 or told["error"]
    assert SECRET not in json.dumps(told)
    assert ("Origin" in Headers(fields)) <= (response.status == 403)


def _elsewhere(_incoming: Incoming) -> Answer:
    raise AssertionError("a command was passed on to the provider")


_COMMANDS: Final = (
    {"do": "fail", "on": "api", "with": {"error": "slow_down", "status": 503, "retry_after": 5, "times": 1}},
    {"do": "reply", "on": "GET /orders/{id}", "with": {"json": [1], "headers": {"X-A": "b"}}},
    {"do": "alter", "with": {"members": {"expires_in": "x"}, "omit": ["scope"]}},
    {"do": "redirect", "with": {"url": "https://x.test/", "status": 307}},
    {"do": "delay", "with": {"seconds": 2}},
    {"do": "hold", "with": {"until": 2}},
    {"advance": 60},
    {"advance_to": "2040-01-01T00:00:00Z"},
    {"expire": "x"},
    {"token": "x"},
)
_GET: Final = b"GET /a HTTP/1.1\r\nHost: x\r\n"
_POST: Final = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"

TARGETS: Final = (
    Target(
        "wire",
        "raw HTTP, read as another server reads it",
        _wire,
        (
            b"\xff" + _GET + b"\r\n" + _GET + b"Connection: close\r\n\r\n",
            b"\0" + _POST + b"Content-Length: 3\r\n\r\na=b",
            b"\7" + _POST + b"Transfer-Encoding: chunked\r\n\r\n3;x\r\na=b\r\n0\r\nT: 1\r\n\r\n",
            b"\7" + _POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            b"\7" + _POST + b"Content-Length: 3, 3\r\nExpect: 100-continue\r\n\r\na=b",
        ),
        (
            b"\r\n",
            b"Content-Length: ",
            b"Transfer-Encoding: chunked",
            b"HTTP/1.1",
            b"HTTP/1.0",
            b"http://x/",
            b"0\r\n\r\n",
            b" \t",
        ),
    ),
    Target(
        "control",
        "commands to the control endpoint",
        _control,
        (
            *(bytes([0 if number < 6 else 1, 0, 0, 0, 1, number, 0]) for number in range(9)),
            b"\4\0\0\1\0\0\7after=0",
            b'\1\0\0\0\0{"advance": 1e400}',
        ),
        (b'"do"', b'"with"', b'"on"', b'"times"', b'"advance"', b"1e999", b"NaN", b"{", b"["),
    ),
)
