"""Clients that send in drops: the server's patience has an end, whatever the pace."""

from __future__ import annotations

import contextlib
import socket

import pytest

from pytest_oauthcc import standalone
from pytest_oauthcc.core.messages import Answer
from pytest_oauthcc.serving import connection, waiting
from pytest_oauthcc.serving.application import plain_text
from pytest_oauthcc.serving.connection import Manners
from pytest_oauthcc.serving.loopback import LoopbackServer
from pytest_oauthcc.serving.waiting import Waiting


class World:
    """A machine whose time passes by so much at each byte."""

    def __init__(self, step):
        self.now = 1000.0
        self.step = step
        self.timeouts = []

    def receive(self, most):
        """Give one byte, later."""
        assert most > 0
        self.now += self.step
        return b"a"

    def wait(self, **more):
        """Make what receives within its time."""
        return Waiting(self.receive, self.timeouts.append, patience=10, whole=25, seconds=lambda: self.now, **more)


def test_a_request_that_comes_in_drops_is_given_up():
    """Each byte comes in time, and the whole does not."""
    world = World(step=4)
    bytes_of_one = world.wait()
    bytes_of_one.begin()

    # the first one begins the 25 seconds, wherever in its own time it came
    assert b"".join(bytes_of_one.receive(100) for _ in range(8)) == b"aaaaaaaa"
    with pytest.raises(TimeoutError, match="not complete after 25 s"):
        bytes_of_one.receive(100)
    assert world.timeouts == [10, 10, 10, 10, 10, 9, 5, 1]


def test_each_request_has_the_whole_time():
    """A connection may be kept for ever, as long as its requests come."""
    world = World(step=4)
    several = world.wait()
    for _ in range(20):
        several.begin()
        assert several.receive(1) + several.receive(1) + several.receive(1) == b"aaa"


def test_a_connection_may_be_idle_for_as_long_as_the_patience():
    """The time of a request counts from its first bytes, not from the end of the one before."""
    world = World(step=0)
    idle = world.wait()
    idle.begin()
    world.now += 1000
    idle.receive(1)
    world.now += 24
    idle.receive(1)

    assert world.timeouts == [10, 1]


def test_the_time_of_the_machine_is_read_where_a_test_froze_another(monkeypatch):
    """A clock that stands still does not make the server wait for ever, and one that leaps does not end requests."""
    monkeypatch.setattr("time.monotonic", lambda: 0.0)
    monkeypatch.setattr("time.time", lambda: 0.0)

    assert waiting._machine_seconds() != 0.0


class SlowClient:
    """A connected socket whose client sends in pieces, with a note of the timeout under which it was answered."""

    def __init__(self, *pieces):
        self._pieces = [*pieces]
        self.timeout = None
        self.answered_within = []

    def settimeout(self, seconds):
        """Remember the timeout that counts from now on."""
        self.timeout = seconds

    def recv(self, _most):
        """Give the next piece; nothing at the end."""
        return self._pieces.pop(0) if self._pieces else b""

    def sendall(self, _data):
        """Note the timeout of an answer."""
        self.answered_within.append(self.timeout)


@pytest.mark.parametrize("rest", [b"/ HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n\r\n"], ids=["served", "unreadable"])
def test_a_slow_client_has_all_the_time_to_read_its_answer(monkeypatch, rest):
    """What is left of the time to send a request in says nothing about the answer, which may be long."""
    client = SlowClient(b"GET ", rest)
    served = connection.Connection(
        client,
        base_url="http://x.test",
        port=80,
        answer=lambda _incoming: Answer(plain_text(200, "here you are")),
        refuse_handshake=pytest.fail,
        now=lambda: 0.0,
        manners=Manners(patience=60, whole=5),
    )
    monkeypatch.setattr(served, "_drain", lambda _sock: None)

    served._converse(client)

    assert client.answered_within == [60]


def _impatient(monkeypatch, step):
    """Let a second look at the machine's clock be so many seconds later than the first."""
    times = iter(range(0, 10**6, step))
    monkeypatch.setattr(
        connection,
        "Waiting",
        lambda *arguments, **more: Waiting(*arguments, **more, seconds=lambda: float(next(times))),
    )


def _send_until_cut_off(client, piece):
    """Send the same again and again; the end is that the server closes the connection."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while True:
            client.sendall(piece)


@pytest.mark.parametrize(
    "drops",
    [
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
    ],
)
def test_a_server_ends_the_connection_of_a_slow_client(monkeypatch, drops):
    """Head, body, chunks, or empty lines without end: the client is cut off, and others are served."""
    _impatient(monkeypatch, step=30)
    with (
        LoopbackServer(standalone(), manners=Manners(patience=5, whole=60)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as client,
    ):
        client.sendall(drops)
        _send_until_cut_off(client, b"\r\n" if drops.startswith(b"\r") else b"1")


def test_a_client_that_floods_after_its_refusal_is_cut_off(monkeypatch):
    """What is refused half-way is read to its end so that the client sees why, but not for ever."""
    _impatient(monkeypatch, step=30)
    with (
        LoopbackServer(standalone(), manners=Manners(patience=5, whole=60)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 413"
        _send_until_cut_off(client, bytes(100_000))
