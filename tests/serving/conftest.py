"""Providers and servers without a test's patches, and a client that sends what no library would."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from pytest_oauthcc import standalone
from pytest_oauthcc.serving.connection import Manners
from pytest_oauthcc.serving.loopback import LoopbackServer
from pytest_oauthcc.serving.wire import Limits

FORM = b"grant_type=client_credentials&client_id=orders&client_secret=s3cret"


class Raw:
    """A plain connection to a server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def read_response(self, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Read one response by its Content-Length."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        while not head_only and len(body) < int(fields.get("content-length", 0)):
            body += self._receive()
        return int(first.split()[1]), fields, body

    def read_all(self) -> bytes:
        """Read until the server closes the connection."""
        data = b""
        while piece := self.socket.recv(65_536):
            data += piece
        return data

    def _receive(self) -> bytes:
        data = self.socket.recv(65_536)
        assert data, "the server closed the connection"
        return data


@pytest.fixture
def fake():
    """A provider that belongs to no test, with a client that is known."""
    return standalone(client_id="orders", client_secret="s3cret")


@pytest.fixture
def server(fake):
    """A server with small limits and little patience."""
    manners = Manners(patience=5, limits=Limits(head=4096, fields=20, body=100_000))
    with LoopbackServer(fake, manners=manners) as running:
        yield running


@pytest.fixture
def connect(server):
    """Open plain connections to the server."""
    with contextlib.ExitStack() as stack:

        def open_one() -> Raw:
            raw = Raw(server.port)
            stack.callback(raw.socket.close)
            return raw

        yield open_one


@pytest.fixture
def no_leftovers():
    """Fail where threads are left behind."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.name.startswith("oauthcc")]
    assert left == []


def token_request(body: bytes = FORM, *fields: bytes, path: bytes = b"/oauth/token") -> bytes:
    """Make the bytes of a token request."""
    head = [
        b"POST %s HTTP/1.1" % path,
        b"Host: x",
        b"Content-Type: application/x-www-form-urlencoded",
        *(fields or [b"Content-Length: %d" % len(body)]),
    ]
    return b"\r\n".join([*head, b"", body])


@pytest.fixture
def make_token_request():
    """Make the bytes of a token request."""
    return token_request
