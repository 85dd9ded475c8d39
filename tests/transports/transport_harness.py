# ruff: noqa: D102
"""A board that answers, a real server beside it, and a look at everything that transports may patch."""

from __future__ import annotations

import http.server
import socket
import ssl
import struct
import sys
import urllib.request
from urllib.parse import urlsplit

import requests
import responses
from requests.adapters import HTTPAdapter
from respx.mocks import Mocker

from pytest_oauthcc.core.messages import Answer, NetworkFault, Response
from pytest_oauthcc.errors import NotServed

OURS = "https://auth.fake.test/oauth/token"


class FakeBoard:
    """Serves every host that ends in ``fake.test``; ``outcome`` may be a function of the request."""

    lets_through = False

    def __init__(self):
        self.requests = []
        self.asked = []
        self.pauses = []
        self.gate = None
        self.outcome = Response(200, (("Content-Type", "application/json"),), b'{"access_token": "t"}')

    def claims(self, url):
        return (urlsplit(url).hostname or "").endswith("fake.test")

    def is_our_server(self, url):
        return False

    def answer(self, request, *, stubs_below):
        if not self.claims(request.url):
            self.asked.append((request, stubs_below))
            if stubs_below or urlsplit(request.url).hostname in {"127.0.0.1", "localhost"}:
                return None
            raise NotServed(f"nothing serves {request.url}")
        self.requests.append(request)
        outcome = self.outcome
        if not isinstance(outcome, Response | NetworkFault):
            outcome = outcome(request)
        if outcome is None:
            return None
        gate = self.gate
        if gate is not None:
            gate.arrive()
        return Answer(outcome, gate)

    def pass_time(self, seconds):
        self.pauses.append(seconds)


def patch_points():
    """Return the identity of everything that a transport may touch."""
    owners = [
        (HTTPAdapter, ["send", "get_connection_with_tls_context"]),
        (requests.Session, ["send", "get_adapter"]),
        (responses.RequestsMock, ["_on_request", "start", "stop", "unbound_on_send"]),
        (urllib.request.AbstractHTTPHandler, ["do_open"]),
        (ssl.SSLContext, ["load_verify_locations", "load_default_certs", "set_default_verify_paths"]),
        (ssl, ["SSLContext", "create_default_context"]),
    ]
    for name, mocker in Mocker.registry.items():
        owners.append((mocker, ["to_httpx_request"]))
        for target in mocker.targets if name.startswith("httpcore") else ():
            module, _, class_name = target.rpartition(".")
            if module in sys.modules:
                owners.append((getattr(sys.modules[module], class_name), mocker.target_methods))
    for library in ("httpx", "httpx2"):
        if library in sys.modules:
            owners.append((sys.modules[f"{library}._transports.default"], ["create_ssl_context"]))
            owners.append((sys.modules[library].HTTPTransport, ["handle_request"]))
    if "vcr.cassette" in sys.modules:
        owners.append((sys.modules["vcr.cassette"].Cassette, ["can_play_response_for", "filter_request", "append"]))
    if "requests_mock" in sys.modules:
        owners.append((sys.modules["requests_mock"].Adapter, ["send"]))
    if "pytest_httpx" in sys.modules:
        owners.append((sys.modules["pytest_httpx"].HTTPXMock, ["_handle_request", "_handle_async_request"]))
    points = {(owner, name): id(vars(owner).get(name)) for owner, names in owners for name in names}
    points["meta_path"] = tuple(map(id, sys.meta_path))
    for name, mocker in Mocker.registry.items():
        points[name] = (tuple(map(id, mocker.routers)), len(mocker._patches))
    return points


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path == "/reset":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"partial")
            self.wfile.flush()
            # A linger time of zero makes the close a reset; the server's own shutdown would come before it.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.server.close_request(self.connection)
            self.close_connection = True
            return
        if self.path == "/silent":
            self.server.silence.wait(10)
            self.close_connection = True
            return
        answer = b"real:" + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PUT = do_GET  # noqa: N815 - so the standard library calls them

    def log_message(self, *arguments):
        pass
