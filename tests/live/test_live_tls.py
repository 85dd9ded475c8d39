"""TLS as the client wants it: certificates are checked in a live run as they are without one."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import ssl
import threading
import urllib.request

import pytest

trustme = pytest.importorskip("trustme")

HOST = "login.acme.example"


class TokenServer(http.server.BaseHTTPRequestHandler):
    """Gives everybody a token."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """Answer a token request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answered += 1
        body = b'{"access_token": "tls-t0ken-tls-t0ken", "token_type": "Bearer", "expires_in": 3600}'
        self.send_response(200)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


SUITE = """
import asyncio, socket, urllib.parse, urllib.request
import httpx, httpx2, pytest, requests
import pytest_oauthcc

@pytest.fixture(autouse=True)
def somebody_answers_for_the_name(monkeypatch):
    "Whoever has the name server has the name; only the certificate says who it really is."
    look_up = socket.getaddrinfo
    def mine(host, port, *arguments, **options):
        assert host in ("login.acme.example", b"login.acme.example", "127.0.0.1", b"127.0.0.1")
        return look_up("127.0.0.1", port, *arguments, **options)
    monkeypatch.setattr(socket, "getaddrinfo", mine)

async def by_async(library, url, form, **options):
    async with library.AsyncClient(**options) as client:
        return (await client.post(url, data=form)).json()

def by_urllib(url, form, **options):
    import json, ssl
    if options:
        options = {"context": ssl._create_unverified_context()}
    with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), **options) as answer:
        return json.load(answer)

POSTS = {
    "requests": lambda url, form, **options: requests.post(url, form, timeout=9, **options).json(),
    "httpx": lambda url, form, **options: httpx.post(url, data=form, **options).json(),
    "httpx2": lambda url, form, **options: httpx2.post(url, data=form, **options).json(),
    "async httpx": lambda url, form, **options: asyncio.run(by_async(httpx, url, form, **options)),
    "async httpx2": lambda url, form, **options: asyncio.run(by_async(httpx2, url, form, **options)),
    "urllib": by_urllib,
}

@pytest.mark.oauthcc(strict=False)
@pytest.mark.parametrize("post", POSTS.values(), ids=POSTS)
def test_fetch(oauthcc, post):
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    post(oauthcc.token_url, form)

@pytest.mark.parametrize("post", POSTS.values(), ids=POSTS)
def test_unverified(oauthcc, post):
    with pytest.raises(pytest_oauthcc.NotServed, match="switched off; remove verify=False"):
        post(oauthcc.token_url, {"grant_type": "client_credentials"}, verify=False)
    from pytest_oauthcc.transports.switchboard import BOARD
    assert len(BOARD.take_failures()) == 1
"""


@pytest.fixture
def serve(live, pytester, monkeypatch, tmp_path):
    """Run the suite against a server with a certificate for a name, trusted or not; return the result and a count."""
    authority = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    servers = []

    def run(*arguments, name, is_trusted):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        (authority if is_trusted else trustme.CA()).cert_pem.write_to_path(ca_file)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TokenServer)
        server.answered = 0
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.setenv(variable, str(ca_file))
        monkeypatch.setattr(urllib.request, "_opener", None)  # whoever made it, with the certificates of that moment
        pytester.makepyfile(test_tls=SUITE)
        environment = {
            "OAUTHCC_TOKEN_URL": f"https://{HOST}:{server.server_port}/token",
            "OAUTHCC_CLIENT_ID": "orders",
            "OAUTHCC_CLIENT_SECRET": "s3cr3t-s3cr3t",
        }
        return live(*arguments, environment=environment), server.answered

    yield run
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_certificate_that_is_right(serve):
    """With the authority trusted and the name right every client gets its token; without the check none asks."""
    result, answered = serve(name=HOST, is_trusted=True)
    result.assert_outcomes(passed=12)
    assert answered == 6


@pytest.mark.parametrize(("name", "is_trusted"), [(HOST, False), ("evil.example", True)], ids=["untrusted", "other"])
def test_a_certificate_that_is_wrong(serve, name, is_trusted):
    """A server that nobody vouches for, or that is somebody else, is told nothing by any client."""
    result, answered = serve("-k", "test_fetch", name=name, is_trusted=is_trusted)
    result.assert_outcomes(failed=6)
    assert result.stdout.str().count("certificate verify failed") >= 6
    assert answered == 0


class Tunnel(socketserver.StreamRequestHandler):
    """A proxy that connects everybody to this machine, whatever host they ask for, and sees nothing but bytes."""

    def handle(self):
        """Answer CONNECT, then carry bytes both ways."""
        request = self.rfile.readline().decode()
        self.server.asked.append(request)
        while self.rfile.readline().strip():
            pass
        port = int(request.split()[1].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as there:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self.carry, args=(there, self.connection))
            back.start()
            self.carry(self.connection, there)
            back.join()

    def carry(self, source, sink):
        """Carry bytes one way until there are no more."""
        with contextlib.suppress(OSError):  # the other end may be gone already
            while data := source.recv(65536):
                self.server.carried.append(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


def test_a_proxy_sees_nothing(serve, monkeypatch):
    """Every client works through a proxy, which is told the host and the port and carries what it can't read."""
    proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel)
    proxy.asked, proxy.carried = [], []
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it knows the proxies of the time when it was made
    try:
        result, answered = serve("-k", "test_fetch", name=HOST, is_trusted=True)
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
    result.assert_outcomes(passed=6)
    assert answered == 6
    assert len(proxy.asked) == 6
    assert all(line.startswith(f"CONNECT {HOST}:") for line in proxy.asked)
    assert b"s3cr3t-s3cr3t" not in b"".join(proxy.carried)
    assert b"tls-t0ken" not in b"".join(proxy.carried)


def test_a_transport_that_hides_its_context():
    """Where nobody can tell whether certificates are checked, nothing is said about it."""
    from types import SimpleNamespace

    from pytest_oauthcc.transports.httpx_passage import _note_verification

    request = SimpleNamespace(extensions={"timeout": {}})
    _note_verification(SimpleNamespace(), request)
    assert request.extensions == {"timeout": {}}
