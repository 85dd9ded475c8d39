"""Requests that are meant to harm a server: too big, too many, too deep, ambiguous. It refuses them, and lives on."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pytest_oauthcc.core.parameters import MOST_BYTES, MOST_PARAMETERS
from pytest_oauthcc.serving.wire import Limits

MB = 1_000_000
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
AUTH = b"Authorization: Basic " + base64.b64encode(b"orders:s3cret") + b"\r\n"
GRANT = b"grant_type=client_credentials"
HEAD = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
# What a refused request may cost: the longest body that is read, a few times over while it is parsed.
MOST_MEMORY = 5 * Limits().body


class Server:
    """A server in another process, and what it says about itself."""

    def __init__(self, process):
        self._process = process
        self.port = int(process.stdout.readline())

    def look(self):
        """Return its peak memory in bytes, and its threads."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return tuple(map(int, self._process.stdout.readline().split()))

    def connect(self):
        """Open a connection that gives up after a while, so that nothing hangs."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def is_well(self):
        """Whether it issues tokens."""
        with self.connect() as client:
            client.sendall(HEAD + FORM + AUTH + b"Content-Length: 29\r\nConnection: close\r\n\r\n" + GRANT)
            return read_all(client).startswith(b"HTTP/1.1 200")


def read_all(client):
    """Read until the server closes the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(65_536):
            data += piece
    return data


def send(client, pieces):
    """Send pieces until there are no more, or the server does not want them."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for piece in pieces:
            client.sendall(piece)


@pytest.fixture(scope="module")
def server():
    """One server for all of them: it has to live through every one."""
    pytest.importorskip("resource")
    script = Path(__file__).with_name("measured_server.py")
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)
        process.stdin.close()
        assert process.wait(20) == 0


def chunks(data, count, end=b"0\r\n\r\n"):
    """Yield a body in chunks."""
    piece = b"%x\r\n%s\r\n" % (len(data), data)
    for _ in range(count):
        yield piece
    yield end


def with_length(body, *fields):
    """Return a request with a body."""
    return [HEAD + b"".join(fields) + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body), body]


def multipart(count):
    """Return a multipart body with so many parts."""
    return b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * count + b"--x--"


CHUNKED = HEAD + FORM + AUTH + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
MULTIPART = b"Content-Type: multipart/form-data; boundary=x\r\n"
REGISTER = b"POST /register HTTP/1.1\r\nHost: x\r\n" + JSON + b"Connection: close\r\n"
# name -> (pieces, status)
ATTACKS = {
    "a body of 100 MB": (lambda: [HEAD + b"Content-Length: %d\r\n\r\n" % (100 * MB), *[bytes(MB)] * 100], 413),
    "100 MB in chunks": (lambda: [CHUNKED, *chunks(bytes(MB), 100)], 413),
    "200 kB in chunks of one byte": (lambda: [CHUNKED, *[b"1\r\na\r\n" * 100_000] * 2, b"0\r\n\r\n"], 400),
    "a chunk of 2**60 bytes": (lambda: [CHUNKED, b"fffffffffffffff\r\n" + bytes(MB)], 413),
    "a chunk of 2**64 bytes": (lambda: [CHUNKED, b"10000000000000000\r\n" + bytes(MB)], 400),
    "a length of 10**17": (lambda: [HEAD + b"Content-Length: 1%s\r\n\r\n" % (b"0" * 17)], 413),
    "10 MB of header fields": (lambda: [HEAD, *[b"A: " + b"a" * 997 + b"\r\n"] * 10_000], 431),
    "one header field of 10 MB": (lambda: [HEAD + b"A: ", *[b"a" * MB] * 10], 431),
    "a hundred thousand short header fields": (lambda: [HEAD, b"A:\r\n" * 100_000, b"\r\n"], 431),
    "a target of 10 MB": (lambda: [b"GET /", *[b"a" * MB] * 10], 431),
    "trailers without end": (lambda: [CHUNKED, b"0\r\n", *[b"A: b\r\n" * 1000] * 1000], 431),
    "a chunk extension without end": (lambda: [CHUNKED, b"1;", *[b"a" * MB] * 10], 400),
    "a million parameters": (lambda: with_length(b"a=1&" * MB, FORM, AUTH), 400),
    "too many short parameters": (lambda: with_length(b"&".join([b"a"] * 400_000), FORM, AUTH), 400),
    "a million JSON members": (
        lambda: with_length(b"{%s}" % b",".join(b'"%d":1' % n for n in range(MB // 2)), JSON, AUTH),
        400,
    ),
    "too many JSON members": (
        lambda: with_length(b"{%s}" % b",".join(b'"%d":1' % n for n in range(80_000)), JSON, AUTH),
        400,
    ),
    "JSON that is 5 million deep": (lambda: with_length(b"[" * 5 * MB, JSON, AUTH), 400),
    "JSON that is 900,000 deep": (lambda: with_length(b'{"a":' * 180_000, JSON, AUTH), 400),
    "a million parts": (lambda: with_length(multipart(150_000), MULTIPART, AUTH), 400),
    "too many parts": (lambda: with_length(multipart(18_000), MULTIPART, AUTH), 400),
    "a gzip bomb": (
        lambda: with_length(gzip.compress(bytes(50 * MB)), FORM, AUTH, b"Content-Encoding: gzip\r\n"),
        400,
    ),
    "a registration of 9 MB": (lambda: [REGISTER + b"Content-Length: 9000000\r\n\r\n", b"[" * 9 * MB], 400),
}


@pytest.mark.parametrize(("pieces", "status"), ATTACKS.values(), ids=ATTACKS)
def test_too_much_is_refused_at_bounded_cost(server, pieces, status):
    """The client reads why, the server has not needed more memory than a few bodies, and goes on serving."""
    before, _ = server.look()

    with server.connect() as client:
        sender = threading.Thread(target=send, args=(client, pieces()))
        sender.start()
        answer = read_all(client)
        sender.join(60)

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]
    after, _ = server.look()
    assert after - before < MOST_MEMORY
    assert server.is_well()


SMUGGLED = b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nX-Smuggled: yes\r\n\r\n"
# What a proxy before the server may read in another way: the hidden request must not be answered.
AMBIGUOUS = {
    "length and chunks": b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (len(SMUGGLED) + 5),
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "two lengths in one field": b"Content-Length: 0, %d\r\n\r\n" % len(SMUGGLED),
    "negative length": b"Content-Length: -1\r\n\r\n",
    "length after a blank that is not ASCII": b"Content-Length:\xa00\r\n\r\n",
    "length with a plus": b"Content-Length: +0\r\n\r\n",
    "length in hexadecimal": b"Content-Length: 0x0\r\n\r\n",
    "length with an underscore": b"Content-Length: 0_0\r\n\r\n",
    "length that is empty": b"Content-Length:\r\n\r\n",
    "length with a comma": b"Content-Length: 0,\r\n\r\n",
    "blank before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding in quotes": b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "coding twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and another": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "another and chunked": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding that is empty": b"Transfer-Encoding:\r\n\r\n0\r\n\r\n",
    "vertical tab in the coding": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "line feed in a field": b"A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "carriage return in a field": b"A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "nul in a name": b"Transfer-Encoding\x00: chunked\r\n\r\n0\r\n\r\n",
    "second host": b"Host: y\r\n\r\n",
    "chunk size with a sign": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "chunk size with a prefix": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
    "chunk size with an underscore": b"Transfer-Encoding: chunked\r\n\r\n0_0\r\n\r\n",
    "chunk that ends with a line feed": b"Transfer-Encoding: chunked\r\n\r\n1\r\na\n0\r\n\r\n",
    "chunk extension with a line feed": b"Transfer-Encoding: chunked\r\n\r\n0;a\nb\r\n\r\n",
    "line feed in a trailer": b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\n\r\n\r\n",
    "trailer that is none": b"Transfer-Encoding: chunked\r\n\r\n0\r\nGET / HTTP/1.1\r\n\r\n",
    "length in a trailer": b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n",
    "chunk that is longer than it says": b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("ambiguous", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_with_two_readings_ends_the_connection(server, ambiguous):
    """It gets one refusal, and what follows it is not taken for a request."""
    with server.connect() as client:
        send(client, [HEAD + ambiguous + SMUGGLED])
        client.shutdown(socket.SHUT_WR)
        answer = read_all(client)

    assert re.match(rb"HTTP/1\.1 (400|501) ", answer), answer[:300]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert server.is_well()


@pytest.mark.parametrize("more", [b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Host: y\r\n\r\n"])
def test_what_http_1_0_does_not_have_ends_the_connection(server, more):
    """A proxy of that age knows no chunks, and forwards what follows as the next request; nor does it look at Host."""
    with server.connect() as client:
        send(client, [HEAD.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n" + more + SMUGGLED])
        client.shutdown(socket.SHUT_WR)
        answer = read_all(client)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_thousands_of_pipelined_requests_are_answered_in_turn(server):
    """A client that sends without reading gets an answer to each, while others are served."""
    count = 3000
    request = b"GET /nowhere-%d HTTP/1.1\r\nHost: x\r\n\r\n"
    with server.connect() as client:
        pieces = [request % number for number in range(count)]
        pieces[-1] = pieces[-1].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        sender = threading.Thread(target=send, args=(client, pieces))
        sender.start()
        assert server.is_well()
        answer = read_all(client)
        sender.join(60)

    assert [int(number) for number in re.findall(rb"nothing is served at GET [^ ]*/nowhere-(\d+)\"", answer)] == [
        *range(count)
    ]


def test_hundreds_of_silent_clients_keep_nobody_out(server):
    """Connections that say nothing, or half of something, cost a thread each, and go when their clients go."""
    _, before = server.look()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect()) for _ in range(300)]
        for client in clients[::2]:
            client.sendall(HEAD + b"Content-Length: 1000\r\n\r\nhalf")
        assert server.is_well()
        memory, threads = server.look()
        assert before + 250 < threads <= before + len(clients) + 2
    give_up = time.monotonic() + 60
    while server.look()[1] > before:
        assert time.monotonic() < give_up, "threads outlive their clients"
        assert server.is_well()
    after, _ = server.look()
    assert after - memory < MOST_MEMORY


def test_the_limits_are_those_of_the_documentation():
    """The page for readers names every limit as the code has it."""
    from pytest_oauthcc.serving import application, connection, loopback

    text = (Path(__file__).parents[2] / "docs/hostile-input.md").read_text(encoding="utf-8")
    manners = connection.Manners()
    limits = [
        manners.limits.head, manners.limits.fields, manners.limits.body, int(manners.patience), int(manners.whole),
        application.MAX_BODY, loopback._MOST_CONNECTIONS, MOST_BYTES, MOST_PARAMETERS,
    ]  # fmt: skip

    assert [limit for limit in limits if f"{limit:,}" not in text] == []


def test_the_answers_of_the_measured_server_are_read(server):
    """The measurements are of a server that does its work: its own figures are sane."""
    peak, threads = server.look()

    assert 10 * MB < peak < 500 * MB
    assert threads >= 2
    with server.connect() as client:
        client.sendall(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert json.loads(read_all(client).partition(b"\r\n\r\n")[2])["keys"]
