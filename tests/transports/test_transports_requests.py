"""What only requests has: adapters with retries, streams, certificates, cookies, and mocks that keep a record."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import weakref

import pytest
import requests
import responses
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from requests.adapters import HTTPAdapter
from transport_harness import OURS
from urllib3 import Retry

from pytest_oauthcc.core.messages import NetworkFault, Response, Timeout
from pytest_oauthcc.transports.requests_transport import RequestsTransport, _Mock


def session_with(retries):
    """Return a session that repeats requests in this way."""
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=retries))
    return session


@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        (None, Timeout(None, None)),
        (2.5, Timeout(2.5, 2.5)),
        ((1, 2), Timeout(1, 2)),
        ((1, None), Timeout(1, None)),
        (urllib3.Timeout(connect=1, read=2), Timeout(1, 2)),
        (urllib3.Timeout(total=9), Timeout(9, 9)),
        (urllib3.Timeout(connect=1), Timeout(1, None)),
        (urllib3.Timeout(total=9, read=3), Timeout(9, 3)),
    ],
)
def test_every_form_of_timeout(wired, timeout, expected):
    """Numbers, pairs and urllib3's own objects all arrive as seconds."""
    requests.get(OURS, timeout=timeout)

    assert wired.requests[0].timeout == expected


@pytest.mark.parametrize(("verify", "expected"), [(True, True), (False, False), ("/some/bundle.pem", True)])
def test_whether_certificates_are_checked(wired, verify, expected):
    """Only a plain False switches the checks off."""
    requests.get(OURS, verify=verify)

    assert wired.requests[0].verify is expected


@pytest.fixture
def pem(tmp_path):
    """A client certificate and its key in one file, the key first."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + dt.timedelta(days=99999))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "client.pem"
    path.write_bytes(secret + certificate)
    return path


@pytest.mark.parametrize("pair", [False, True], ids=["one file", "two files"])
def test_the_client_certificate_arrives(wired, pem, pair):
    """The certificate that requests would show in the TLS handshake arrives as DER (RFC 8705)."""
    requests.get(OURS, cert=(str(pem), str(pem)) if pair else str(pem))

    der = wired.requests[0].client_certificate
    assert x509.load_der_x509_certificate(der).subject.rfc4514_string() == "CN=client"


def test_a_file_without_a_certificate(wired, tmp_path):
    """A PEM file with no certificate in it is none."""
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----")

    requests.get(OURS, cert=str(path))

    assert wired.requests[0].client_certificate is None


@pytest.mark.parametrize(
    "make", [lambda: iter([b"ab", "cd"]), lambda: io.BytesIO(b"abcd"), lambda: io.StringIO("abcd")]
)
def test_streamed_bodies_are_read(wired, make):
    """Iterators and files arrive as their bytes."""
    requests.post(OURS, data=make())

    assert wired.requests[0].body == b"abcd"


@pytest.mark.parametrize("data", ["é=1", bytearray(b"ab"), {"a": ["1", "2"]}])
def test_plain_bodies(wired, data):
    """Text goes out as UTF-8, forms as requests encodes them."""
    requests.post(OURS, data=data)

    expected = {str: "é=1".encode(), bytearray: b"ab", dict: b"a=1&a=2"}[type(data)]
    assert wired.requests[0].body == expected


def test_a_stream_for_somebody_else_stays_unread(wired, loopback):
    """The body of a request that is not ours is left to whoever gets it."""
    response = requests.post(loopback + "/", data=io.BytesIO(b"abcd"))

    assert response.content == b"real:abcd"
    assert wired.asked[0][0].body == b""


def test_a_file_survives_a_redirect(wired):
    """A file that was read for the first request can be rewound for the second, as on a real network."""
    wired.outcome = lambda request: (
        Response(307, (("Location", "/next"),)) if request.url == OURS else Response(200, (), request.body)
    )

    response = requests.post(OURS, data=io.BytesIO(b"abcd"))

    assert [request.body for request in wired.requests] == [b"abcd", b"abcd"]
    assert response.content == b"abcd"
    assert [step.status_code for step in response.history] == [307]


def test_credentials_in_the_url(wired):
    """The user's name and password in a URL become a header, and are no part of the host."""
    requests.get("https://me:secret@auth.fake.test/x")

    assert wired.requests[0].headers["Host"] == "auth.fake.test"
    assert wired.requests[0].headers["Authorization"].startswith("Basic ")


def test_a_host_header_of_ones_own(wired):
    """A Host header that the client sets is not doubled."""
    requests.get(OURS, headers={"Host": "virtual.example"})

    assert wired.requests[0].headers.get_all("Host") == ["virtual.example"]


def test_an_adapter_that_adds_headers(wired):
    """The hook that requests gives to adapters for adding headers is called."""

    class Signing(HTTPAdapter):
        def add_headers(self, request, **options):
            request.headers["X-Signed"] = str(options["timeout"])

    with requests.Session() as session:
        session.mount("https://", Signing())
        session.get(OURS, timeout=4)

    assert wired.requests[0].headers["X-Signed"] == "4"


def test_an_adapter_that_passes_its_arguments_by_position(wired):
    """An adapter of the user's may call up with positional arguments."""

    class Positional(HTTPAdapter):
        def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
            return super().send(request, stream, 4, False, cert, proxies)

    with requests.Session() as session:
        session.mount("https://", Positional())
        session.get(OURS)

    assert wired.requests[0].timeout == Timeout(4, 4)
    assert wired.requests[0].verify is False


def test_cookies_reach_the_jar(wired):
    """Every cookie of an answer is kept by the session and sent again."""
    wired.outcome = Response(200, (("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/")))
    with requests.Session() as session:
        session.get(OURS)
        session.get(OURS)

    assert wired.requests[1].headers["Cookie"] == "a=1; b=2"


def test_a_stream_is_read_bit_by_bit(wired):
    """With ``stream=True`` the body is read by the caller, and the raw response can be closed."""
    wired.outcome = Response(200, (("Set-Cookie", "a=1"),), b"abcdef")

    with requests.get(OURS, stream=True) as response:
        assert list(response.iter_content(2)) == [b"ab", b"cd", b"ef"]
    assert response.raw.closed


def test_a_stream_that_breaks(wired):
    """With ``stream=True`` the response is there, and reading it breaks off after what had come."""
    wired.outcome = NetworkFault(
        "reset", "gone", Response(200, (("Content-Length", "9"), ("Set-Cookie", "a=1")), b"half")
    )

    with requests.get(OURS, stream=True) as response:
        chunks = response.iter_content(2)
        assert (response.status_code, next(chunks), next(chunks)) == (200, b"ha", b"lf")
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="gone"):
            next(chunks)


@pytest.mark.parametrize("kind", ["refused", "connect_timeout", "read_timeout", "reset"])
def test_a_fault_names_its_request(wired, kind):
    """The exception carries the request, and urllib3's own error as its cause."""
    wired.outcome = NetworkFault(kind, "gone")

    with pytest.raises(requests.RequestException) as caught:
        requests.get(OURS)

    assert caught.value.request.url == OURS
    assert caught.value.args[0] is caught.value.__cause__
    assert "auth.fake.test" in str(caught.value) or kind == "reset"


def test_a_fault_over_plain_http(wired):
    """urllib3's error names a pool for HTTP where the URL is one."""
    wired.outcome = NetworkFault("refused", "gone")

    with pytest.raises(requests.ConnectionError, match=r"HTTPConnectionPool\(host='auth.fake.test', port=8080\)"):
        requests.get("http://auth.fake.test:8080/x")


def test_retries_after_bad_answers(wired):
    """An adapter that retries on 503 does, and the time that urllib3 would sleep passes on the board."""
    answers = iter([Response(503), Response(503), Response(503, (("Retry-After", "7"),)), Response(200, (), b"ok")])
    wired.outcome = lambda _: next(answers)
    with session_with(Retry(5, status_forcelist=[503], backoff_factor=1)) as session:
        assert session.get(OURS).content == b"ok"

    assert len(wired.requests) == 4
    assert wired.pauses == [0, 2, 7]


def test_retry_after_can_be_ignored(wired):
    """Where the adapter does not respect Retry-After, its own back-off counts."""
    answers = iter([Response(503, (("Retry-After", "7"),)), Response(200)])
    wired.outcome = lambda _: next(answers)
    with session_with(Retry(5, status_forcelist=[503], respect_retry_after_header=False)) as session:
        assert session.get(OURS).status_code == 200

    assert wired.pauses == [0]


def test_retries_run_out(wired):
    """When no retry is left the caller gets a RetryError, or the last answer where the adapter says so."""
    wired.outcome = Response(503)
    with session_with(Retry(2, status_forcelist=[503])) as session, pytest.raises(requests.exceptions.RetryError):
        session.get(OURS)
    with session_with(Retry(2, status_forcelist=[503], raise_on_status=False)) as session:
        assert session.get(OURS).status_code == 503

    assert len(wired.requests) == 6


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refused", requests.ConnectionError),
        ("connect_timeout", requests.ConnectTimeout),
        ("read_timeout", requests.ConnectionError),
        ("reset", requests.ConnectionError),
    ],
)
def test_retries_after_network_faults(wired, kind, error):
    """Retries after faults happen as in urllib3, which wraps the last fault."""
    wired.outcome = NetworkFault(kind, "gone")
    with session_with(Retry(connect=2, read=2)) as session, pytest.raises(error) as caught:
        session.get(OURS)

    assert type(caught.value) is error
    assert len(wired.requests) == 3


def test_a_post_is_not_retried_after_it_was_sent(wired):
    """A request that is not idempotent is not repeated once it may have arrived."""
    wired.outcome = NetworkFault("read_timeout", "gone")
    with session_with(Retry(3)) as session, pytest.raises(requests.ReadTimeout):
        session.post(OURS)

    assert len(wired.requests) == 1


def test_nothing_is_kept_of_an_exchange(wired):
    """After a thousand requests our mock has recorded none, and the messages of the first are gone."""
    made = []
    wired.outcome = lambda _: Response(200, (), b"x" * 1000)
    mocks = [cell.cell_contents for cell in HTTPAdapter.send.__closure__ if isinstance(cell.cell_contents, _Mock)]
    with requests.Session() as session:
        for _ in range(1000):
            response = session.get(OURS)
            made.append(weakref.ref(response))
            wired.requests.clear()
    del response

    assert [len(mock.calls) for mock in mocks] == [0]
    assert [len(mock.registered()) for mock in mocks] == [0]
    assert not any(reference() for reference in made)


def test_the_names_that_we_rely_on():
    """The methods of responses that the hooks replace are still there, with the arguments that they take."""
    import inspect

    parameters = inspect.signature(responses.RequestsMock._on_request).parameters
    assert list(parameters)[:3] == ["self", "adapter", "request"]
    assert "retries" in parameters
    mock = responses.RequestsMock()
    assert any(cell.cell_contents is mock for cell in mock.unbound_on_send().__closure__)
    mock.start()
    original = mock._patcher.temp_original
    mock.stop()
    assert HTTPAdapter.send is original


def test_without_the_hook_ours_is_still_answered(board):
    """Were ``_on_request`` to get another name, requests would still be faked; only the user's mocks would not know."""
    from pytest_oauthcc.transports.swaps import Swap

    transport = RequestsTransport(board)
    transport._hooks = [Swap(responses.RequestsMock, "_on_a_name_of_tomorrow", transport._make_responses_hook)]
    transport.install()
    try:
        assert requests.get(OURS).status_code == 200
        with responses.RequestsMock(), pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            requests.get(OURS)
    finally:
        transport.uninstall()


def test_our_files_do_not_load_with_a_plain_import():
    """Importing the installation imports no HTTP library."""
    code = (
        "import sys, pytest_oauthcc.transports.installation\n"
        "print(sorted({'requests', 'httpx', 'responses', 'respx', 'urllib3', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
