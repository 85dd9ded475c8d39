"""Scripted faults over a real socket, and what goes wrong inside."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from pytest_oauthcc import NotServed, OauthccError, TooManyExchanges
from pytest_oauthcc.core.messages import Headers
from pytest_oauthcc.transports.switchboard import BOARD

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def fetch(oauthcc, oauthcc_server):
    """Fetch a token from the server, on a connection that is kept."""
    with requests.Session() as session:
        auth = (oauthcc.client_id, oauthcc.client_secret)
        yield lambda **more: session.post(oauthcc_server.token_url, data=GRANT, auth=auth, timeout=10, **more)


@pytest.fixture(params=[False, True], ids=["http", "https"])
def raw_exchange(request, oauthcc_factory):
    """Send a token request with plain sockets; gives the connection."""
    from pytest_oauthcc.serving.server import OauthccServer

    fake = oauthcc_factory(client_id="orders", client_secret="s3cret")
    with OauthccServer(fake, tls=request.param) as server:
        sock = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        if request.param:
            sock = server.ssl_context.wrap_socket(sock, server_hostname="127.0.0.1")
        with sock:

            def send():
                body = b"grant_type=client_credentials&client_id=orders&client_secret=s3cret"
                sock.sendall(
                    b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                return sock

            yield fake, send


def _read_until_reset(sock):
    """Read until the connection is reset; Python's ssl makes an end of the stream of that."""
    received = b""
    try:
        while piece := sock.recv(10_000):
            received += piece
    except ConnectionResetError:
        return received
    assert isinstance(sock, ssl.SSLSocket), "the connection was ended, not reset"
    return received


def test_a_refusal_resets_the_connection(raw_exchange):
    """The connection is there already, so a refusal becomes a reset before the first byte of an answer."""
    fake, send = raw_exchange
    fake.token_endpoint.refuse_connection()

    assert _read_until_reset(send()) == b""

    assert fake.token_requests[0].result == "refused"


def test_an_answer_breaks_off_in_the_middle(raw_exchange):
    """Half of the body arrives, then the connection is reset."""
    fake, send = raw_exchange
    fake.token_endpoint.drop_mid_body()

    received = _read_until_reset(send())

    head, _, body = received.partition(b"\r\n\r\n")
    told = next(int(line.split(b": ")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    assert len(body) == told // 2 > 0


@pytest.mark.parametrize("during", ["read", "connect"])
def test_a_client_waits_for_nothing_until_it_gives_up(raw_exchange, during):
    """A scripted timeout is a real one: the client's own patience ends it."""
    fake, send = raw_exchange
    fake.token_endpoint.time_out(during=during)
    sock = send()
    sock.sendall(b"is anybody there?")
    sock.settimeout(0.2)

    with pytest.raises(TimeoutError):
        sock.recv(1)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("refuse_connection", requests.exceptions.ConnectionError),
        ("drop_mid_body", requests.exceptions.ChunkedEncodingError),
    ],
)
def test_requests_raises_its_own_errors(oauthcc, fetch, script, error):
    """The library that is used says what happened, since it did happen; afterwards all is well."""
    getattr(oauthcc.token_endpoint, script)(times=1)

    with pytest.raises(error):
        fetch()

    assert fetch().status_code == 200


def test_httpx_raises_its_read_timeout(oauthcc, oauthcc_server):
    """A short timeout ends a scripted one in httpx."""
    oauthcc.token_endpoint.time_out(times=1)

    with httpx.Client(timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
        client.post(oauthcc_server.token_url, data=GRANT, auth=(oauthcc.client_id, oauthcc.client_secret))


def test_a_real_retry_gets_through(oauthcc, oauthcc_server):
    """urllib3's own retries see real statuses, Retry-After and resets."""
    oauthcc.token_endpoint.fail("temporarily_unavailable", retry_after=0, times=2).refuse_connection(times=1)
    retry = urllib3.Retry(total=5, backoff_factor=0, status_forcelist=[503], allowed_methods=None)

    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=retry))
        auth = (oauthcc.client_id, oauthcc.client_secret)
        answer = session.post(oauthcc_server.token_url, data=GRANT, auth=auth)

    assert answer.status_code == 200
    assert [entry.result for entry in oauthcc.token_requests] == ["503", "503", "refused", "200"]


def test_held_answers_wait_for_each_other(oauthcc, oauthcc_server):
    """``hold`` makes clients on several connections overlap."""
    oauthcc.token_endpoint.hold(until=4)
    waiting = threading.Barrier(4)

    def work(_number):
        waiting.wait(10)
        auth = (oauthcc.client_id, oauthcc.client_secret)
        return requests.post(oauthcc_server.token_url, data=GRANT, auth=auth).status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [200] * 4


def test_a_delay_moves_the_clock(oauthcc, fetch):
    """A slow answer takes the provider's time, not the test's."""
    before = oauthcc.clock.time()
    oauthcc.token_endpoint.delay(100, times=1)

    fetch()

    assert 100 <= oauthcc.clock.time() - before < 150


def test_a_function_of_the_test_that_raises_fails_the_test(oauthcc, fetch):
    """What a function given to ``reply()`` raises can't reach its author through the client, so it is noted."""

    def broken(_request):
        raise ZeroDivisionError("that was mine")

    oauthcc.token_endpoint.reply(json=broken, times=1)

    answer = fetch()

    assert (answer.status_code, answer.text) == (500, "ZeroDivisionError: that was mine\n")
    [(error, where)] = BOARD.take_failures()
    assert isinstance(error, OauthccError)
    assert "reply() raised ZeroDivisionError: that was mine" in str(error)
    assert where.tb_frame.f_code.co_name == "broken"
    assert fetch().status_code == 200


@pytest.mark.parametrize("stop", [SystemExit("usage"), KeyboardInterrupt("usage")], ids=["exit", "interrupt"])
def test_a_function_of_the_test_that_ends_the_program_fails_the_test(oauthcc, fetch, stop):
    """In a server's thread nothing would end but the connection, without a word; so it is told like all others."""

    def end(_request):
        raise stop

    oauthcc.token_endpoint.reply(json=end, times=1)

    answer = fetch()

    assert (answer.status_code, answer.text) == (500, f"{type(stop).__name__}: usage\n")
    [(error, where)] = BOARD.take_failures()
    assert f"a function that was given to reply() raised {type(stop).__name__}: usage" in str(error)
    assert where.tb_frame.f_code.co_name == "end"
    assert fetch().status_code == 200


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_passed_on(fake, stop):
    """A function given to ``reply()`` that ends the program does so, where the application runs in the main thread."""
    from pytest_oauthcc.serving.application import Application, Incoming

    def end(_request):
        raise stop

    fake.api.reply(json=end)
    headers = Headers([("Authorization", f"Bearer {fake.mint()}")])

    with pytest.raises(stop):
        Application(fake, via="a test").answer(Incoming("GET", "/api/", headers, base_url="http://x.test"))


def test_a_token_request_to_nowhere_fails_the_test(oauthcc, oauthcc_server):
    """A client with a wrong token URL gets 404, and the test learns of it even if the client does not tell."""
    answer = requests.post(f"{oauthcc_server.base_url}/oauth/tokens", data=GRANT)

    assert answer.status_code == 404
    [(error, _)] = BOARD.take_failures()
    assert isinstance(error, NotServed)
    assert oauthcc_server.token_url in str(error)


@pytest.mark.oauthcc(max_exchanges=3)
def test_an_endless_retry_is_answered_by_the_reason(fetch):
    """Beyond ``max_exchanges`` clients are told why, and the test fails."""
    answers = [fetch() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 500]
    assert "max_exchanges" in answers[-1].text
    [(error, _)] = BOARD.take_failures()
    assert isinstance(error, TooManyExchanges)
    assert {fetch().status_code for _ in range(40)} == {500}  # also for a client that does not listen
    assert BOARD.take_failures() == []


HOSTILE = {
    "a million parameters": b"&".join(b"a%d=b" % number for number in range(1_000_000)),
    "one name a hundred thousand times": b"&".join([b"scope=x"] * 100_000),
    "nothing but separators": b"&" * 1_000_000,
    "nine megabytes": b"a" * 9_000_000,
    "percent signs": b"%" * 1_000_000,
    "no UTF-8": b"grant_type=\xff\xfe",
}


@pytest.mark.oauthcc(strict=False)
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_gets_an_answer(oauthcc_server, body):
    """Whatever the body is, the client gets a client error, and the next one is served."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert requests.post(oauthcc_server.token_url, data=body, headers=headers).status_code == 400
    assert requests.get(oauthcc_server.jwks_url).status_code == 200
    BOARD.take_failures()


@pytest.mark.oauthcc(strict=False, body_formats=["json", "form"])
@pytest.mark.parametrize("text", ["[" * 1_000_000, '{"a":' * 100_000 + "1" + "}" * 100_000, '{"a": 1e999999}', "{}"])
def test_hostile_json_gets_an_answer(oauthcc, oauthcc_server, text):
    """JSON that is nested or absurd is a bad request, not a broken server; so it is at the API."""
    headers = {"Content-Type": "application/json"}

    assert requests.post(oauthcc_server.token_url, data=text, headers=headers).status_code == 400
    assert requests.post(f"{oauthcc_server.api_url}orders", data=text, headers=headers).status_code == 401
    assert repr(oauthcc.exchanges)


@pytest.mark.oauthcc(strict=False)
def test_a_body_of_100_megabytes_is_not_read(oauthcc, oauthcc_server):
    """A body beyond the limit is refused, and nothing of it is kept."""
    blocks = (bytes(1_000_000) for _ in range(100))

    answer = requests.post(oauthcc_server.token_url, data=blocks)  # chunked

    assert answer.status_code == 413
    assert len(oauthcc.exchanges) == 0


def test_a_client_that_resets_its_connection_disturbs_nobody(oauthcc, oauthcc_server):
    """A reset in the middle of an answer ends that connection only."""
    oauthcc.api.reply(body=b"x" * 5_000_000)
    token = oauthcc.mint()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", oauthcc_server.port)) as sock:
            sock.sendall(b"GET /api/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % token.encode())
            sock.recv(10)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert requests.get(oauthcc_server.jwks_url).status_code == 200
