# ruff: noqa: D102
"""Requests that may really be sent, and go through a proxy: what counts is where they go in the end."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import socket
import socketserver
import ssl
import threading
import urllib.request

import httpcore
import httpx
import httpx2
import pytest
import requests
import trustme
from transport_harness import Handler

import pytest_oauthcc
from pytest_oauthcc.transports.switchboard import BOARD

HOST, PROXY = "partner.example", "proxy.example"


class Proxy(socketserver.StreamRequestHandler):
    """Connects everybody to one of two servers on this machine, whatever host they ask for."""

    def handle(self):
        request = self.rfile.readline()
        method, url, _ = request.decode().split()
        self.server.asked.append((method, url))
        if method == "CONNECT":
            while self.rfile.readline().strip():
                pass
            head = b""
        else:
            head = request.replace(b"http://" + HOST.encode(), b"")
        with socket.create_connection(("127.0.0.1", self.server.ports[method == "CONNECT"]), timeout=30) as there:
            if head:
                there.sendall(head)
            else:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self.carry, args=(there.recv, self.connection))
            back.start()
            self.carry(self.rfile.read1, there)
            back.join()

    def carry(self, read, sink):
        with contextlib.suppress(OSError):  # the other end may be gone already
            while data := read(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority():
    """Vouches for the partner's certificate."""
    return trustme.CA()


@pytest.fixture
def proxy(authority, tmp_path, monkeypatch):
    """A proxy that the environment names, by a name that is not this machine's; nothing else can be looked up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    plain = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    secure = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    look_up = socket.getaddrinfo

    def look_up_the_proxy(host, port, *arguments, **options):
        assert host in {PROXY, PROXY.encode(), "127.0.0.1"}, host
        return look_up("127.0.0.1", port, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_the_proxy)
    with running(plain), running(secure), running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)) as found:
        found.asked, found.ports = [], (plain.server_port, secure.server_port)
        for variable in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, f"http://{PROXY}:{found.server_address[1]}")
        yield found


def get_async(library):
    """Return a function that asks by an async client."""

    async def go(url):
        async with library.AsyncClient() as client:
            return await client.get(url)

    return lambda url: asyncio.run(go(url)).content


def get_by_urllib(url):
    with urllib.request.build_opener().open(url, timeout=9) as answer:  # urlopen has one that knows earlier proxies
        return answer.read()


GETS = {
    "requests": lambda url: requests.get(url, timeout=9).content,
    "urllib": get_by_urllib,
    "httpx": lambda url: httpx.get(url).content,
    "httpx2": lambda url: httpx2.get(url).content,
    "httpx async": get_async(httpx),
    "httpx2 async": get_async(httpx2),
}


@pytest.mark.parametrize("get", GETS.values(), ids=GETS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_passes_is_reached_through_the_proxy(proxy, scheme, get):
    """The proxy needs no leave of its own, and is asked for nothing but that host."""
    with pytest_oauthcc.provider(passthrough=[HOST]) as provider:
        assert get(f"{scheme}://{HOST}/x") == b"real:"
        get(provider.token_url.replace("/oauth/token", "/.well-known/oauth-authorization-server"))
    asked = {"http": ("GET", f"http://{HOST}/x"), "https": ("CONNECT", f"{HOST}:443")}[scheme]
    assert proxy.asked == [asked]


@pytest.mark.parametrize("get", GETS.values(), ids=GETS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_another_host_is_refused_before_the_proxy_hears_of_it(proxy, scheme, get):
    """What may not be sent is not sent by way of a proxy either."""
    with pytest_oauthcc.provider(passthrough=[HOST]):
        with pytest.raises(pytest_oauthcc.NotServed, match=f"GET {scheme}://other.example/ is not served"):
            get(f"{scheme}://other.example/")
        BOARD.take_failures()
    assert proxy.asked == []


@pytest.mark.parametrize("library", [httpx, httpx2])
@pytest.mark.parametrize("target", [b"http://partner.example/", b"@partner.example/", b"partner.example:443", b"*"])
def test_a_target_of_the_clients_own_does_not_count(proxy, library, target):
    """The host of the URL is the one that is connected to, so it decides."""
    with pytest_oauthcc.provider(passthrough=[HOST]):
        with pytest.raises(pytest_oauthcc.NotServed, match=r"other\.example"), library.Client() as client:
            client.get("https://other.example/", extensions={"target": target})
        BOARD.take_failures()
    assert proxy.asked == []


def test_a_proxy_for_an_address(proxy):
    """A destination may be an address of IPv6, whose colons are no port's."""
    with pytest_oauthcc.provider(passthrough=["2001:db8::1"]), pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get("https://[2001:db8::1]:8443/")
    ((method, target),) = proxy.asked
    assert method == "CONNECT"
    assert target.endswith(":8443")


def test_httpcore_alone(proxy):
    """Those who use httpcore itself are asked about the destination, too."""
    with pytest_oauthcc.provider(passthrough=[HOST]):
        with httpcore.HTTPProxy(f"http://127.0.0.1:{proxy.server_address[1]}") as pool:
            assert pool.request("GET", f"http://{HOST}/").content == b"real:"
            with pytest.raises(pytest_oauthcc.NotServed, match=r"GET http://other\.example"):
                pool.request("GET", "http://other.example/")
        BOARD.take_failures()


def test_a_request_for_no_path(proxy):
    """Where the target names no destination, it is the host of the URL."""
    with pytest_oauthcc.provider(passthrough=[HOST]):
        with (
            httpcore.ConnectionPool() as pool,
            pytest.raises(pytest_oauthcc.NotServed, match=r"https://other\.example"),
        ):
            pool.request("OPTIONS", httpcore.URL(scheme=b"https", host=b"other.example", port=443, target=b"*"))
        BOARD.take_failures()
    assert proxy.asked == []
