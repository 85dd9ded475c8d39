"""Contexts that load their certificates late: real handshakes must not tell the difference."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import importlib.util
import ssl
import threading

import httpx
import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from transport_harness import OURS

from pytest_oauthcc.transports.installation import Installation
from pytest_oauthcc.transports.ssl_contexts import _LazyContext, _Model

NAMES = [
    "minimum_version",
    "maximum_version",
    "options",
    "verify_flags",
    "check_hostname",
    "verify_mode",
    "protocol",
    "post_handshake_auth",
]


@pytest.fixture(
    params=[
        "httpx",
        pytest.param(
            "httpx2",
            marks=pytest.mark.skipif(importlib.util.find_spec("httpx2") is None, reason="httpx2 is not installed"),
        ),
    ]
)
def library(request):
    """The client library."""
    return importlib.import_module(request.param)


def context_of(client):
    """Return the context with which a client would connect."""
    return client._transport._pool._ssl_context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for localhost that only its own file vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + dt.timedelta(days=99999))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.fixture
def tls_server(certificate):
    """A real server on loopback, over TLS."""
    import http.server

    from transport_harness import Handler

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # handshakes that fail are what is tested
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_settings_are_the_librarys_own(library, board, monkeypatch, tmp_path):
    """A late context is set up exactly as the one that the library makes, and each client has its own."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    with library.Client() as client:
        own = context_of(client)
    installation = Installation(board)
    installation.start()
    with library.Client() as one, library.Client() as another:
        late = context_of(one)
        assert context_of(another) is not late
    installation.stop()

    assert type(own) is ssl.SSLContext
    assert type(late) is _LazyContext
    assert {name: getattr(late, name) for name in NAMES} == {name: getattr(own, name) for name in NAMES}
    assert late.keylog_filename == own.keylog_filename
    assert [cipher["name"] for cipher in late.get_ciphers()] == [cipher["name"] for cipher in own.get_ciphers()]
    assert late.cert_store_stats() == own.cert_store_stats()
    assert late.get_ca_certs(binary_form=True) == own.get_ca_certs(binary_form=True)


def test_a_faked_exchange_loads_nothing(library, wired):
    """A client that only talks to the board never loads its certificates."""
    with library.Client() as client:
        client.get(OURS)
        assert context_of(client).pending


def test_a_proxy_is_given_the_same(library, wired):
    """The contexts of proxy and client come through the same function."""
    with library.Client(proxy="http://localhost:1") as client:
        assert client.get(OURS).status_code == 200


def send(library, how, url):
    """Send a request through a client of this kind."""

    async def get():
        async with library.AsyncClient() as client:
            return (await client.get(url)).status_code

    if how == "sync":
        return library.get(url).status_code
    return asyncio.run(get()) if how == "asyncio" else trio.run(get)


@pytest.mark.parametrize("how", ["sync", "asyncio", "trio"])
def test_an_unknown_certificate_is_refused(library, wired, tls_server, how):
    """A server that nobody vouches for is refused in the handshake."""
    with pytest.raises(library.ConnectError) as caught:
        send(library, how, tls_server)

    error = caught.value
    while not isinstance(error, ssl.SSLCertVerificationError) and error is not None:
        error = error.__cause__ or error.__context__
    assert isinstance(error, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("how", ["sync", "asyncio", "trio"])
def test_a_certificate_from_the_environment_is_trusted(library, wired, tls_server, certificate, monkeypatch, how):
    """A server for which ``SSL_CERT_FILE`` vouches is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", certificate)

    assert send(library, how, tls_server) == 200


def test_a_certificate_may_be_added(library, wired, tls_server, certificate):
    """What the user loads into a late context counts as well."""
    with library.Client() as client:
        context_of(client).load_verify_locations(certificate)
        assert client.get(tls_server).status_code == 200


def test_contexts_of_the_users(library, wired, tls_server):
    """A context that the user passes in, and checks that are switched off, are the library's own affair."""
    own = ssl.create_default_context()
    with library.Client(verify=own) as client:
        assert context_of(client) is own
    with library.Client(verify=False) as client:
        assert type(context_of(client)) is ssl.SSLContext
        assert client.get(tls_server).status_code == 200


def test_a_file_that_is_not_there(library, installation, monkeypatch, tmp_path):
    """A wrong ``SSL_CERT_FILE`` is reported, or not, when the client is made, as ever."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    def outcome():
        try:
            library.Client().close()
        except FileNotFoundError:
            return "reported"
        return "overlooked"

    before = outcome()
    installation.start()
    assert [outcome(), outcome()] == [before, before]


def test_the_environment_can_be_left_out(library, wired, monkeypatch, tmp_path):
    """A client that does not trust the environment does not see that file."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    with library.Client(trust_env=False) as client:
        assert client.get(OURS).status_code == 200


def test_it_can_be_switched_off(library, board):
    """With ``cheap_ssl=False`` the contexts are the library's own."""
    installation = Installation(board, cheap_ssl=False)
    installation.start()
    try:
        with library.Client() as client:
            assert type(context_of(client)) is ssl.SSLContext
            assert client.get(OURS).status_code == 200
    finally:
        installation.stop()


def test_settings_that_differ_from_the_defaults_are_copied():
    """Whatever the library sets on its context is set on the late ones, too."""
    own = ssl.create_default_context()
    own.minimum_version = ssl.TLSVersion.TLSv1_3
    own.post_handshake_auth = True
    own.verify_flags |= ssl.VERIFY_X509_STRICT
    own.check_hostname = False
    own.verify_mode = ssl.CERT_OPTIONAL

    def make():
        own.set_ciphers("ECDHE+AESGCM")
        return own

    late = _Model(make).copy()
    own.set_ciphers("ECDHE+AESGCM")

    assert late.get_ciphers() == own.get_ciphers()
    assert {name: getattr(late, name) for name in NAMES} == {name: getattr(own, name) for name in NAMES}


def test_contexts_of_another_kind_are_not_copied():
    """Where the library makes something else than a plain context, there is no copy of it."""

    class Truststore(ssl.SSLContext):
        pass

    assert _Model(lambda: Truststore(ssl.PROTOCOL_TLS_CLIENT)).copy() is None


def test_other_threads_load_as_ever():
    """What another thread loads while a model is made is really loaded."""
    import certifi

    loaded = []

    def other():
        context = ssl.create_default_context(cafile=certifi.where())
        loaded.append(context.cert_store_stats()["x509_ca"])

    def make():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return httpx.create_ssl_context()

    model = _Model(make)

    assert loaded[0] > 10
    assert model.copy().pending
