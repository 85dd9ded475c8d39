"""What goes over the wire: framing, limits, and what can't be read."""

from __future__ import annotations

import json

import pytest

from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.serving.wire import Limits, RequestReader, write_response

GET = b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n"


def test_a_connection_is_kept_for_many_requests(connect, make_token_request, fake):
    """A client sends one request after the other on the same connection."""
    raw = connect()

    for _ in range(5):
        raw.send(make_token_request())
        status, fields, body = raw.read_response()
        assert status == 200
        assert "connection" not in fields
        assert json.loads(body)["token_type"] == "Bearer"
    assert len(fake.token_requests) == 5


def test_requests_that_come_at_once_are_answered_one_after_the_other(connect):
    """Pipelined requests each get their answer, in order."""
    raw = connect()

    raw.send(GET + b"\r\n" + GET + b"Connection: close\r\n\r\n")

    answer = raw.read_all()
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.count(b"Connection: close") == 1


def test_a_request_may_come_byte_by_byte(connect, make_token_request):
    """Where the network cuts a request into pieces is of no matter."""
    raw = connect()

    for byte in b"\r\n" + make_token_request():
        raw.send(bytes([byte]))

    assert raw.read_response()[0] == 200


def test_a_chunked_body_is_put_together(connect, fake):
    """A body in chunks, with extensions and trailers, reaches the endpoint as one."""
    raw = connect()
    pieces = [b"grant_type=client_", b"credentials&client_id=orders", b"&client_secret=s3cret"]
    chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)

    raw.send(
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Trailer: 1\r\n\r\n"
    )

    assert raw.read_response()[0] == 200
    assert fake.token_requests[0].body == b"".join(pieces)


def test_a_reader_does_not_care_where_pieces_end():
    """Head, chunks and trailers may come byte by byte."""
    head = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = iter([bytes([byte]) for byte in head + b"3;x=y\r\na=b\r\n9\r\n&ccccccc=\r\n0\r\nT: 1\r\n\r\n"])
    reader = RequestReader(lambda _count: next(pieces, b""), lambda _data: None, Limits())

    request = reader.read()

    assert (request.method, request.target, request.body) == ("POST", "/oauth/token", b"a=b&ccccccc=")
    assert reader.read() is None


def test_a_client_that_asks_first_is_told_to_go_on(connect, make_token_request):
    """``Expect: 100-continue`` gets an interim answer before the body is sent."""
    raw = connect()
    head, _, body = make_token_request().partition(b"\r\n\r\n")

    raw.send(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert raw.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    raw.send(body)

    assert raw.read_response()[0] == 200


def test_a_client_that_asks_first_is_spared_a_body_that_is_too_long(connect, fake):
    """``Expect: 100-continue`` with too long a body gets the refusal at once."""
    raw = connect()

    raw.send(b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n")

    assert raw.read_response()[0] == 413
    assert len(fake.exchanges) == 0


def test_an_answer_to_head_has_the_length_and_no_body(connect):
    """HEAD gets the header fields of GET, and the connection goes on."""
    raw = connect()

    raw.send(b"HEAD /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n")
    status, fields, body = raw.read_response(head_only=True)
    raw.send(GET + b"\r\n")

    assert (status, body) == (200, b"")
    assert int(fields["content-length"]) == len(raw.read_response()[2])


@pytest.mark.parametrize(
    ("version", "field", "goes_on"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
    ],
)
def test_the_client_says_whether_the_connection_goes_on(connect, version, field, goes_on):
    """The version and the Connection field decide, as RFC 9112 section 9.3 says."""
    raw = connect()

    raw.send(b"GET /.well-known/jwks.json HTTP/" + version + b"\r\nHost: x\r\n" + field + b"\r\n")

    assert ("close" not in raw.read_response()[1].get("connection", "")) is goes_on
    if not goes_on:
        assert raw.read_all() == b""


@pytest.mark.parametrize(
    "target", [b"http://auth.test/.well-known/jwks.json", b"https://127.0.0.1:1/.well-known/jwks.json?a=1"]
)
def test_a_target_in_the_absolute_form_is_read(connect, target):
    """A client that takes the server for its proxy gets its answer, too."""
    raw = connect()

    raw.send(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    assert raw.read_response()[0] == 200


@pytest.mark.parametrize("target", [b"*", b"auth.test:443", b"http://auth.test", b"http://auth.test?x=1", b"/nowhere"])
def test_a_target_that_is_nowhere_gets_404_and_what_there_is(connect, target, fake):
    """A request to a path that nothing serves is told what is served; the journal has nothing of it."""
    raw = connect()

    raw.send(b"OPTIONS " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")

    status, _, body = raw.read_response()
    assert status == 404
    assert any("/oauth/token" in row for row in json.loads(body)["served"])
    assert len(fake.authority.state.journal.all) == 0


BAD = {
    "garbage": (b"\x00\xff\x16\x03\x01garbage\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "blank in target": (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "http 2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "field without colon": (b"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400),
    "blank before colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "folded field": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    "nul in value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", 400),
    "bare line feed in value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: a\nB: b\r\n\r\n", 400),
    "head too long": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 5000 + b"\r\n\r\n", 431),
    "head without end": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: a\r\n" * 2000, 431),
    "too many fields": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: a\r\n" * 21 + b"\r\n", 431),
    "length no number": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", 400),
    "length negative": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
    "length absurd": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\n", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    "length and chunks": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        400,
    ),
    "other coding": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "chunks of HTTP/1.0": (b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "trailer that frames": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
        400,
    ),
    "other expectation": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: miracles\r\n\r\n", 417),
    "too long": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n", 413),
    "chunk size no number": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    "chunk longer than said": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
        400,
    ),
    "chunk absurd": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n", 413),
    "chunks too long": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"ffff\r\n" + b"a" * 0xFFFF + b"\r\n") * 2,
        413,
    ),
    "chunk line without end": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * 5000,
        400,
    ),
    "endless trailers": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: a\r\n" * 30 + b"\r\n",
        431,
    ),
}


@pytest.mark.parametrize(("data", "status"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_refused_and_forgotten(connect, data, status, fake):
    """A request that is none gets its status, the connection ends, and the journal stays empty."""
    raw = connect()

    raw.send(data)

    answered, fields, body = raw.read_response()
    assert answered == status
    assert fields["connection"] == "close"
    assert body.endswith(b"\n")
    assert raw.read_all() == b""
    assert len(fake.authority.state.journal.all) == 0


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5",
    ],
)
def test_a_client_may_go_away_at_any_time(connect, begun, server, fake):
    """A client that leaves in the middle of a request disturbs nobody."""
    raw = connect()
    raw.send(begun)

    raw.socket.shutdown(1)

    answer = raw.read_all()
    assert (b"HTTP/1.1 400" in answer) is bool(begun)
    assert len(fake.authority.state.journal.all) == 0


def test_the_same_length_may_come_twice(connect, make_token_request):
    """RFC 9112 section 6.3 lets a repeated Content-Length pass where it says the same."""
    raw = connect()
    body = b"grant_type=client_credentials&client_id=orders&client_secret=s3cret"
    length = b"Content-Length: %d" % len(body)

    raw.send(make_token_request(body, length, length))

    assert raw.read_response()[0] == 200


def test_a_client_that_floods_the_server_reads_why_it_was_refused(connect):
    """A client that sends its whole body first still finds the refusal behind it."""
    raw = connect()
    raw.send(b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")

    block = bytes(1_000_000)
    for _ in range(100):
        raw.send(block)

    assert raw.read_response()[0] == 413


def _written(method: str, response: Response) -> tuple[list[bytes], bytes, bool]:
    data, goes_on = write_response(method, response, now=0.0, keep_alive=True)
    head, _, body = data.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body, goes_on


@pytest.mark.parametrize(
    ("method", "response", "lines", "body", "goes_on"),
    [
        ("GET", Response(200, (), b"hi"), [b"HTTP/1.1 200 OK", b"Content-Length: 2"], b"hi", True),
        ("GET", Response(599, (), b""), [b"HTTP/1.1 599 ", b"Content-Length: 0"], b"", True),
        ("GET", Response(204, (), b"hi"), [b"HTTP/1.1 204 No Content"], b"", True),
        ("GET", Response(304, (), b""), [b"HTTP/1.1 304 Not Modified", b"Content-Length: 0"], b"", True),
        ("HEAD", Response(200, (), b"hi"), [b"HTTP/1.1 200 OK", b"Content-Length: 2"], b"", True),
        (
            "GET",
            Response(200, (("Content-Length", "9"),), b"hi"),
            [b"HTTP/1.1 200 OK", b"Content-Length: 9", b"Connection: close"],
            b"hi",
            False,
        ),
        (
            "GET",
            Response(200, (("Connection", "Close"),), b""),
            [b"HTTP/1.1 200 OK", b"Connection: Close", b"Content-Length: 0"],
            b"",
            False,
        ),
        (
            "GET",
            Response(200, (("Transfer-Encoding", "chunked"),), b"hi"),
            [b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked"],
            b"2\r\nhi\r\n0\r\n\r\n",
            True,
        ),
        (
            "GET",
            Response(200, (("Transfer-Encoding", "chunked"),), b""),
            [b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked"],
            b"0\r\n\r\n",
            True,
        ),
        (
            "GET",
            Response(200, (("X-A", "a\r\nSet-Cookie: b"), ("X-B", "é")), b""),
            [b"HTTP/1.1 200 OK", b"X-A: a Set-Cookie: b", b"X-B: \xe9", b"Content-Length: 0"],
            b"",
            True,
        ),
    ],
)
def test_a_response_is_framed_as_it_has_to_be(method, response, lines, body, goes_on):
    """Length, chunks, bodiless answers, and no header field that breaks out of its line."""
    head, content, keeps = _written(method, response)

    assert [line for line in head if not line.startswith(b"Date")] == lines
    assert b"Date: Thu, 01 Jan 1970 00:00:00 GMT" in head
    assert (content, keeps) == (body, goes_on)


def test_a_scripted_date_stays():
    """A Date that a test scripts is the only one."""
    head, _, _ = _written("GET", Response(200, (("Date", "never"),)))

    assert [line for line in head if line.startswith(b"Date")] == [b"Date: never"]
