"""What every client sees and what the board sees, one table over all client styles."""

from __future__ import annotations

import asyncio
import functools
import gzip
import io
import json
import socket
import ssl
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
import trio
from transport_clients import ASYNC, SYNC, HttpxAsync, Urlopen, each
from transport_harness import OURS

from pytest_oauthcc.core.gates import Gate
from pytest_oauthcc.core.messages import NetworkFault, Response, Timeout
from pytest_oauthcc.errors import NotServed
from pytest_oauthcc.transports.turns import turn_of_the_loop

EVERY = SYNC + ASYNC


@each(EVERY)
def test_a_request_arrives_exactly(style, wired):
    """Method, URL with its query, headers, bytes and the name of the library arrive as they were sent."""
    style.send("PUT", OURS + "?a=1&b=%20x", headers={"X-Odd": "v,w; z"}, body=b"\x00\xff=\xe9", timeout=3)

    (request,) = wired.requests
    assert request.method == "PUT"
    assert request.url == OURS + "?a=1&b=%20x"
    assert request.headers["x-odd"] == "v,w; z"
    assert request.headers["Host"] == "auth.fake.test"
    assert request.headers["Content-Length"] == "4"
    assert request.body == b"\x00\xff=\xe9"
    assert request.timeout == Timeout(3, 3)
    assert request.via == style.library


@each(SYNC)
def test_a_fragment_is_not_sent(style, wired):
    """The part of a URL behind the hash sign stays at home."""
    style.send("GET", OURS + "#part")

    assert wired.requests[0].url == OURS


@each([style for style in EVERY if style.library != "urllib.request"])
def test_both_timeouts_arrive(style, wired):
    """The limits for connecting and for reading are told apart, and no limit is None."""
    style.send("GET", OURS, timeout=(2, None))

    assert wired.requests[0].timeout == Timeout(2, None)
    assert wired.requests[0].timeout.is_unlimited


@each(EVERY)
def test_an_answer_comes_back_exactly(style, wired):
    """Status, repeated headers, a header outside ASCII and binary bytes reach the client unchanged, nothing is added."""
    headers = (
        ("Set-Cookie", "a=1; Path=/"),
        ("X-Name", "Zoë"),
        ("Content-Type", "application/octet-stream"),
        ("Set-Cookie", "b=2; Path=/"),
    )
    wired.outcome = Response(418, headers, bytes(range(256)))

    received = style.send("GET", OURS)

    assert received.status == 418
    assert sorted(received.headers) == sorted(headers)
    assert received.body == bytes(range(256))


@each(EVERY)
@pytest.mark.parametrize(
    ("method", "status", "sent", "body"),
    [
        ("GET", 200, b"", b""),
        ("HEAD", 200, b"never seen", b""),
        ("POST", 204, b"never seen", b""),
        ("DELETE", 599, b"unregistered", b"unregistered"),
    ],
)
def test_bodies_follow_http(style, wired, method, status, sent, body):
    """Empty bodies stay empty, and answers that can't have a body have none."""
    wired.outcome = Response(status, (("Content-Length", str(len(sent))),) if method == "HEAD" else (), sent)

    received = style.send(method, OURS)

    assert (received.status, received.body) == (status, body)


@each(EVERY)
def test_a_header_that_latin_1_cannot_hold(style, wired):
    """Such a header goes over the wire as UTF-8, which each library decodes in its own way."""
    wired.outcome = Response(200, (("X-Price", "5 €"),))

    (received,) = [value for name, value in style.send("GET", OURS).headers if name == "X-Price"]
    assert received in {"5 €", "5 €".encode().decode("latin-1")}


@each(EVERY)
def test_a_compressed_answer_is_decoded(style, wired):
    """A client that decodes gzip does so here, too; urllib never does."""
    packed = gzip.compress(b'{"a": 1}')
    wired.outcome = Response(200, (("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))), packed)

    received = style.send("GET", OURS)

    assert received.body == (packed if isinstance(style, Urlopen) else b'{"a": 1}')


@each(EVERY)
def test_a_chunked_answer_is_read(style, wired):
    """An answer that says it comes in chunks is read whole."""
    wired.outcome = Response(200, (("Transfer-Encoding", "chunked"),), b"in pieces")

    assert style.send("GET", OURS).body == b"in pieces"


@each(EVERY)
@pytest.mark.parametrize("kind", ["refused", "connect_timeout", "read_timeout", "reset"])
def test_a_network_fault_is_the_librarys_own_exception(style, wired, kind):
    """Each fault is the exception that this library raises for it, with our message in it."""
    wired.outcome = NetworkFault(kind, "the fake said so")

    with pytest.raises(style.error(kind), match="the fake said so") as caught:
        style.send("POST", OURS, body=b"x", timeout=5)

    assert type(caught.value) is style.error(kind)


@each(EVERY)
def test_a_connection_that_breaks_in_the_body(style, wired):
    """A reset after half of the body is what the library makes of that."""
    half = Response(200, (("Content-Length", "100"),), b"half")
    wired.outcome = NetworkFault("reset", "the fake said so", half)

    with pytest.raises(style.error("reset_in_body"), match="the fake said so"):
        style.send("GET", OURS)


@each(EVERY)
@pytest.mark.parametrize("kind", ["refused", "read_timeout", "reset_in_body"])
def test_faults_are_those_of_a_real_network(style, wired, loopback, kind):
    """A real server that refuses, is silent or resets gives the same exception, with the same cause, as the fake."""
    with socket.socket() as nobody:  # bound, so that nobody else gets the port, but not listening
        nobody.bind(("127.0.0.1", 0))
        real = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        real = {"refused": real, "read_timeout": loopback + "/silent", "reset_in_body": loopback + "/reset"}[kind]
        with pytest.raises(Exception) as really:  # whatever it is, the fake has to raise it as well
            style.send("GET", real, timeout=0.5 if kind == "read_timeout" else 5)
    response = Response(200, (("Content-Length", "1000"),), b"partial") if kind == "reset_in_body" else None
    wired.outcome = NetworkFault(kind.partition("_in_")[0], "the fake said so", response)

    with pytest.raises(type(really.value)) as faked:
        style.send("GET", OURS, timeout=5)

    assert type(faked.value) is type(really.value)
    assert type(getattr(faked.value, "reason", None)) is type(getattr(really.value, "reason", None))
    inner = [error.args[0] if error.args else None for error in (faked.value, really.value)]
    if isinstance(inner[1], Exception):
        assert type(inner[0]) is type(inner[1])
        assert type(getattr(inner[0], "reason", None)) is type(getattr(inner[1], "reason", None))


@each(EVERY)
def test_a_refused_request_is_an_assertion_error(style, wired):
    """What the board refuses fails as an assertion of ours, through every client."""
    with pytest.raises(NotServed, match=r"nothing serves https://elsewhere.example/"):
        style.send("GET", "https://elsewhere.example/")


@each(EVERY)
def test_what_is_not_ours_goes_on_to_the_network(style, wired, loopback):
    """A request that the board lets go reaches a real server, with its body."""
    assert style.send("POST", loopback + "/", body=b"hello").body == b"real:hello"
    assert wired.requests == []
    assert {stubs_below for _, stubs_below in wired.asked} == {False}


@each(EVERY)
def test_what_is_ours_may_go_on_as_well(style, wired, loopback):
    """The board may let a request of its own hosts go on; then the body is still there."""
    wired.claims = lambda _: True
    wired.outcome = lambda _: None

    assert style.send("POST", loopback + "/", body=b"hello").body == b"real:hello"
    assert wired.requests[0].body == b"hello"


@each(EVERY)
def test_a_request_without_a_body_may_go_on(style, wired, loopback):
    """A request of ours that has no body goes on without one."""
    wired.claims = lambda _: True
    wired.outcome = lambda _: None

    assert style.send("GET", loopback + "/").body == b"real:"


@pytest.mark.parametrize(
    "make", [lambda: iter([b"ab", b"cd"]), lambda: io.BytesIO(b"abcd"), lambda: memoryview(b"abcd")]
)
def test_urllib_reads_streams(wired, make):
    """Iterators, files and views that urllib is given arrive as their bytes."""
    Urlopen().send("POST", OURS, body=make(), headers={"Content-Length": "4"})

    assert wired.requests[0].body == b"abcd"


def test_urllib_leaves_streams_of_others_unread(wired, loopback):
    """The body of a request that is not ours is left to whoever gets it."""
    received = Urlopen().send("POST", loopback + "/", body=io.BytesIO(b"abcd"), headers={"Content-Length": "4"})

    assert received.body == b"real:abcd"
    assert wired.asked[0][0].body == b""


@pytest.mark.parametrize("verify", [True, False])
def test_urllib_tells_whether_certificates_are_checked(wired, verify, monkeypatch):
    """The context says so that the caller passes, or that is made by default; plain HTTP has none."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    urllib.request.urlopen(OURS, context=context).close()
    if not verify:
        monkeypatch.setattr(ssl, "_create_default_https_context", ssl._create_unverified_context)
    urllib.request.build_opener(urllib.request.HTTPSHandler()).open(OURS).close()
    urllib.request.urlopen("http://auth.fake.test/").close()

    assert [request.verify for request in wired.requests] == [verify, verify, None]


def test_urllib_has_a_default_timeout(wired, monkeypatch):
    """Where the caller sets no limit, that of the socket module counts."""
    Urlopen().send("GET", OURS)
    monkeypatch.setattr(socket, "getdefaulttimeout", lambda: 42.0)
    Urlopen().send("GET", OURS)

    assert [request.timeout for request in wired.requests] == [Timeout(None, None), Timeout(42.0, 42.0)]


def test_urllib_follows_redirects_and_raises_errors(wired):
    """Redirects and error statuses are handled by the opener, as ever."""
    wired.outcome = lambda request: (
        Response(302, (("Location", "/next"),)) if request.url == OURS else Response(404, (("X-Last", "yes"),), b"gone")
    )
    with pytest.raises(urllib.error.HTTPError, match="Not Found") as caught:
        urllib.request.urlopen(OURS)

    with caught.value as error:
        assert (error.url, error.code, error.headers["X-Last"]) == ("https://auth.fake.test/next", 404, "yes")
        assert error.read() == b"gone"
    assert [request.url for request in wired.requests] == [OURS, "https://auth.fake.test/next"]


def test_urllib_left_over(board, installation, loopback):
    """A method that somebody kept from the time when ours was there does nothing more."""
    installation.start()
    kept = urllib.request.AbstractHTTPHandler.do_open
    installation.stop()
    opener = urllib.request.build_opener()
    handler = next(each for each in opener.handlers if isinstance(each, urllib.request.HTTPHandler))
    handler.do_open = functools.partial(kept, handler)

    with opener.open(loopback + "/") as response:
        assert response.read() == b"real:"
    assert board.asked == []


def test_keys_of_a_provider_are_fetched_by_pyjwt(wired):
    """PyJWT's client for keys, which uses urllib, gets them from the board."""
    wired.outcome = Response(
        200,
        (("Content-Type", "application/json"),),
        b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "use": "sig",'
        b' "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
    )

    assert jwt.PyJWKClient("https://auth.fake.test/keys").get_signing_key("k").key_id == "k"


@each(SYNC)
def test_threads_overlap_at_a_gate(style, wired):
    """Two threads that wait at a gate are both inside before either gets its answer."""
    wired.gate = gate = Gate(until=2)
    gate.PATIENCE = 30
    events = []

    def call(_):
        style.send("GET", OURS)
        events.append(gate.is_open)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(call, range(2)))

    assert events == [True, True]
    assert gate._arrived == 2


@each(ASYNC)
def test_tasks_overlap_at_a_gate(style, wired, monkeypatch):
    """Two tasks that wait at a gate are both inside before either gets its answer, even if sleep is not asyncio's."""

    async def no_sleep(*arguments):
        pytest.fail("a gate must not depend on a sleep that tests replace")

    order = []
    wired.gate = gate = Gate(until=2)

    def answer(request):
        order.append("asked")
        return Response(200)

    async def call():
        await style.asend("GET", OURS)
        order.append("answered")

    async def both_on_trio():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(call)
            nursery.start_soon(call)

    async def both_on_asyncio():
        monkeypatch.setattr(asyncio, "sleep", no_sleep)
        await asyncio.gather(call(), call())

    wired.outcome = answer
    style.run(both_on_trio if "trio" in style.name else both_on_asyncio)

    assert order == ["asked", "asked", "answered", "answered"]
    assert gate.is_open


def test_turns_do_not_need_trio(monkeypatch):
    """Where trio is not imported, a turn is one of asyncio's."""
    monkeypatch.delitem(sys.modules, "trio")
    order = []

    async def walk(name):
        for step in range(2):
            order.append(f"{name}{step}")
            await turn_of_the_loop()()

    async def both():
        await asyncio.gather(walk("a"), walk("b"))

    asyncio.run(both())

    assert order == ["a0", "b0", "a1", "b1"]


@each(SYNC)
def test_many_threads(style, wired):
    """32 threads with 20 requests each get their own answers."""
    wired.outcome = lambda request: Response(200, (), request.body)
    barrier = threading.Barrier(32)

    def call(number):
        barrier.wait()
        return [style.send("POST", OURS, body=f"{number}-{turn}".encode()).body for turn in range(20)]

    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(call, range(32)))

    assert results == [[f"{number}-{turn}".encode() for turn in range(20)] for number in range(32)]
    assert len(wired.requests) == 640


@each(ASYNC)
def test_many_tasks(style, wired):
    """200 tasks get their own answers."""
    wired.outcome = lambda request: Response(200, (), request.body)
    results = {}

    async def call(client, number):
        response = await client.post(OURS, content=str(number).encode())
        results[number] = response.content

    async def all_on_trio():
        async with style.module.AsyncClient() as client, trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(call, client, number)

    async def all_on_asyncio():
        async with style.module.AsyncClient() as client:
            await asyncio.gather(*(call(client, number) for number in range(200)))

    style.run(all_on_trio if "trio" in style.name else all_on_asyncio)

    assert results == {number: str(number).encode() for number in range(200)}


@each(EVERY)
def test_nothing_is_left_after_a_failing_body(style, board, installation, patch_points_before):
    """A test body that raises leaves every patch point as it was."""
    from transport_harness import patch_points

    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the body of the test is what is tested
        try:
            installation.start()
            style.send("GET", OURS)
            1 / 0  # noqa: B018
        finally:
            installation.stop()

    assert patch_points() == patch_points_before


def test_starting_and_stopping_twice_is_harmless(board, installation, patch_points_before):
    """Both may be called again, and the transports can be started anew."""
    from transport_harness import patch_points

    style = HttpxAsync()
    for _ in range(3):
        installation.start()
        installation.start()
        assert json.loads(style.send("GET", OURS).body) == {"access_token": "t"}
        installation.stop()
        installation.stop()
        assert patch_points() == patch_points_before


@each(EVERY)
def test_two_boards_at_once(style, wired, patch_points_before):
    """Transports of a second board lie over those of the first, and what they let go comes to the first."""
    from transport_harness import FakeBoard

    from pytest_oauthcc.transports.installation import Installation

    inner = FakeBoard()
    inner.claims = lambda url: "inner.fake.test" in url
    inner.outcome = Response(201)
    inner.answer = lambda request, *, stubs_below: (
        FakeBoard.answer(inner, request, stubs_below=stubs_below) if inner.claims(request.url) else None
    )
    second = Installation(inner)
    second.start()
    try:
        assert style.send("GET", "https://inner.fake.test/").status == 201
        assert style.send("GET", OURS).status == 200
    finally:
        second.stop()

    assert len(wired.requests) == 1
    assert style.send("GET", OURS).status == 200
