"""The provider as an ASGI and as a WSGI application, with other people's servers and clients."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import anyio
import httpx
import jwt
import pytest
import requests

from pytest_oauthcc.serving import asgi as asgi_module
from pytest_oauthcc.serving.application import MAX_BODY
from pytest_oauthcc.serving.wsgi import WsgiApplication

GRANT = {"grant_type": "client_credentials"}
AUTH = ("orders", "s3cret")


def _asgi_client(application, base_url="http://fake.test:8000", **more):
    return httpx.AsyncClient(transport=httpx.ASGITransport(application, **more), base_url=base_url)


# --- ASGI


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_asgi_serves_the_whole_provider(fake, backend):
    """Token, API, metadata and a path to nowhere, under the name by which the client calls it."""

    async def talk():
        async with _asgi_client(fake.asgi()) as client:
            metadata = (await client.get("/.well-known/oauth-authorization-server")).json()
            answer = await client.post(metadata["token_endpoint"], data=GRANT, auth=AUTH)
            token = answer.json()["access_token"]
            api = await client.get("/api/orders%20new?x=1", headers={"Authorization": f"Bearer {token}"})
            return metadata, token, api, await client.get("/nowhere"), await client.head(metadata["jwks_uri"])

    metadata, token, api, nowhere, head = anyio.run(talk, backend=backend)

    assert metadata["issuer"] == "http://fake.test:8000"
    assert jwt.decode(token, options={"verify_signature": False})["iss"] == metadata["issuer"]
    assert (api.status_code, nowhere.status_code, head.status_code, head.content) == (200, 404, 200, b"")
    assert fake.api_requests[0].path == "/orders%20new"
    assert fake.api_requests[0].params == {"x": "1"}


def test_asgi_can_be_mounted_below_a_path(fake):
    """``root_path`` belongs to the name of the provider and not to its paths."""

    async def talk():
        async with _asgi_client(fake.asgi(), root_path="/fake") as client:
            return (await client.get("/fake/.well-known/oauth-authorization-server")).json()

    assert asyncio.run(talk())["token_endpoint"] == "http://fake.test:8000/fake/oauth/token"


def test_a_base_url_that_is_given_is_believed(fake):
    """``base_url`` outweighs the Host header."""

    async def talk():
        async with _asgi_client(fake.asgi(base_url="https://outside.test/x/")) as client:
            return (await client.get("/.well-known/oauth-authorization-server")).json()

    assert asyncio.run(talk())["issuer"] == "https://outside.test/x"
    assert "ASGI application" in repr(fake.asgi())
    assert "WSGI application" in repr(fake.wsgi())


def _scope(**more):
    return {
        "type": "http",
        "method": "GET",
        "path": "/.well-known/oauth-authorization-server",
        "headers": [],
        "server": ("fake.test", 80),
        **more,
    }


def _call(application, scope, messages):
    """Call an ASGI application with plain messages; gives what it sent and what it raised."""
    sent, incoming = [], iter(messages)

    async def receive():
        message = next(incoming, None)
        if message is None:
            await asyncio.Event().wait()
        return message

    async def send(message):
        sent.append(message)

    try:
        asyncio.run(application(scope, receive, send))
    except ConnectionResetError as error:
        return sent, error
    return sent, None


@pytest.mark.parametrize(
    ("more", "issuer"),
    [
        ({}, "http://fake.test:80"),
        ({"server": ("fake.test", None)}, "http://fake.test"),
        ({"server": None}, "http://localhost"),
        ({"headers": [(b"host", b"a b")]}, "http://fake.test:80"),
        ({"headers": [(b"host", b"[::1]:81")], "scheme": "https"}, "https://[::1]:81"),
    ],
)
def test_the_name_is_that_of_the_host_header_or_the_server(fake, more, issuer):
    """A Host header that is no host is not believed."""
    sent, _ = _call(fake.asgi(), _scope(**more), [{"type": "http.request", "body": b""}])

    assert json.loads(sent[1]["body"])["issuer"] == issuer


def test_names_are_remembered_for_so_many_hosts_only(fake):
    """Host headers are made up by clients, and must not fill the memory."""
    application = fake.asgi()
    for number in range(100):
        scope = _scope(headers=[(b"host", b"host-%d" % number)])
        sent, _ = _call(application, scope, [{"type": "http.request", "body": b""}])
        assert json.loads(sent[1]["body"])["issuer"] == f"http://host-{number}"
    assert len(fake.authority.other_names) < 50


def test_asgi_knows_the_life_of_a_server(fake):
    """Start and end of the server are acknowledged; sockets are closed; anything else is an error."""
    sent, _ = _call(fake.asgi(), {"type": "lifespan"}, [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    sent, _ = _call(fake.asgi(), {"type": "websocket"}, [{"type": "websocket.connect"}])
    assert sent[0]["type"] == "websocket.close"
    with pytest.raises(ValueError, match="not 'radio'"):
        _call(fake.asgi(), {"type": "radio"}, [])


def test_asgi_reads_bodies_in_pieces_and_within_bounds(fake):
    """A body may come in pieces; one that is too long is refused."""
    scope = _scope(method="POST", path="/oauth/token")
    pieces = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.request", "body": b"y"}]
    sent, _ = _call(fake.asgi(), scope, pieces)
    assert sent[0]["status"] == 400
    assert fake.token_requests[0].body == b"xy"
    sent, _ = _call(fake.asgi(), scope, [{"type": "http.request", "body": bytes(MAX_BODY + 1), "more_body": True}])
    assert sent[0]["status"] == 413


@pytest.mark.parametrize(("verb", "status", "half"), [("refuse_connection", 200, False), ("drop_mid_body", 200, True)])
def test_asgi_faults_break_off(fake, verb, status, half):
    """What should be a reset is an answer that ends early."""
    getattr(fake.api, verb)(times=1)
    token = fake.mint()
    fake.api.reply(body=b"0123456789")
    scope = _scope(path="/api/", headers=[(b"authorization", f"Bearer {token}".encode())])

    sent, error = _call(fake.asgi(), scope, [{"type": "http.request", "body": b""}])

    assert isinstance(error, ConnectionResetError)
    assert sent[0]["status"] == status
    told = int(dict(sent[0]["headers"])[b"content-length"])
    assert len(sent[1]["body"]) < told
    assert bool(sent[1]["body"]) is half
    assert sent[1]["more_body"] is True


def test_asgi_timeouts_last_until_the_client_has_gone(fake):
    """A scripted timeout ends with the client's patience."""
    fake.token_endpoint.time_out()
    messages = [{"type": "http.request", "body": b""}, {"type": "http.request"}, {"type": "http.disconnect"}]

    sent, error = _call(fake.asgi(), _scope(path="/oauth/token"), messages)

    assert sent == []
    assert isinstance(error, ConnectionResetError)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_asgi_timeouts_end_some_time(fake, monkeypatch, backend):
    """A client that never goes is let go in the end."""
    monkeypatch.setattr(asgi_module, "_LONGEST", 0.01)
    fake.token_endpoint.time_out()

    async def talk():
        async with _asgi_client(fake.asgi()) as client:
            await client.post("/oauth/token", data=GRANT)

    with pytest.raises(ConnectionResetError):
        anyio.run(talk, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_asgi_holds_answers_back_without_holding_up_the_loop(fake, backend):
    """``hold`` makes tasks overlap."""
    fake.token_endpoint.hold(until=3)
    statuses = []

    async def talk():
        async with _asgi_client(fake.asgi()) as client, anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(one, client)

    async def one(client):
        statuses.append((await client.post("/oauth/token", data=GRANT, auth=AUTH)).status_code)

    anyio.run(talk, backend=backend)

    assert statuses == [200] * 3


def test_asgi_does_not_need_trio(fake, monkeypatch):
    """Where trio was never imported, the running library is asyncio."""
    monkeypatch.delitem(sys.modules, "trio", raising=False)

    assert asgi_module._running_trio() is None


def test_asgi_leaves_the_framing_to_the_server(fake):
    """Scripted framing fields are not passed on, and 204 has no length."""
    fake.api.reply(204, headers={"Transfer-Encoding": "chunked", "X-A": "b"})
    scope = _scope(path="/api/", headers=[(b"authorization", f"Bearer {fake.mint()}".encode())])

    sent, _ = _call(fake.asgi(), scope, [{"type": "http.request", "body": b""}])

    assert sent[0]["headers"] == [(b"x-a", b"b")]


# --- WSGI


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        """Say nothing."""


@pytest.fixture
def wsgi_url(fake):
    """The provider under wsgiref's server, behind wsgiref's validator."""
    with make_server("127.0.0.1", 0, validator(fake.wsgi()), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_wsgi_serves_the_whole_provider(fake, wsgi_url):
    """Token, API, metadata and a path to nowhere, as the validator of the standard library wants it."""
    metadata = requests.get(f"{wsgi_url}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == wsgi_url
    answer = requests.post(metadata["token_endpoint"], data=GRANT, auth=AUTH)
    header = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    assert requests.get(f"{wsgi_url}/api/orders%20new?x=1", headers=header).status_code == 200
    assert requests.get(f"{wsgi_url}/nowhere").status_code == 404
    assert requests.head(metadata["jwks_uri"]).content == b""
    assert fake.api_requests[0].path == "/orders%20new"
    assert fake.api_requests[0].params == {"x": "1"}


def _environ(body=b"", **more):
    return {
        "REQUEST_METHOD": "POST" if body else "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/.well-known/oauth-authorization-server",
        "SERVER_NAME": "fake.test",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **({"CONTENT_LENGTH": str(len(body))} if body else {}),
        **more,
    }


def _respond(application, environ):
    begun = []
    pieces = application(environ, lambda status, fields: begun.append((status, dict(fields))))
    received = b""
    try:
        for piece in pieces:
            received += piece
    except ConnectionResetError:
        return *begun[0], received, True
    return *begun[0], received, False


def test_wsgi_can_be_mounted_below_a_path(fake):
    """``SCRIPT_NAME`` belongs to the name of the provider and not to its paths."""
    _, _, body, _ = _respond(fake.wsgi(), _environ(SCRIPT_NAME="/fa ke"))

    assert json.loads(body)["token_endpoint"] == "http://fake.test:80/fa%20ke/oauth/token"
    _, _, body, _ = _respond(fake.wsgi(base_url="http://outside.test/"), _environ(HTTP_HOST="inside.test"))
    assert json.loads(body)["issuer"] == "http://outside.test"


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"CONTENT_LENGTH": str(MAX_BODY + 1)}, "413"),
        ({"CONTENT_LENGTH": "9" * 5000}, "413"),
        ({"CONTENT_LENGTH": ""}, "400"),
        ({"CONTENT_LENGTH": "", "wsgi.input_terminated": True}, "200"),
        ({"CONTENT_TYPE": ""}, "400"),
    ],
)
def test_wsgi_reads_bodies_within_bounds(fake, more, status):
    """A body is read by its length, or to its end where the server says that it has one."""
    body = b"grant_type=client_credentials&client_id=orders&client_secret=s3cret"
    environ = _environ(body, PATH_INFO="/oauth/token", CONTENT_TYPE="application/x-www-form-urlencoded")

    assert _respond(fake.wsgi(), environ | more)[0].startswith(status)


def test_wsgi_does_not_read_an_endless_body(fake):
    """A body without a length is read up to the limit."""
    environ = _environ(bytes(MAX_BODY + 1), CONTENT_LENGTH="") | {"wsgi.input_terminated": True}

    assert _respond(fake.wsgi(), environ)[0].startswith("413")


@pytest.mark.parametrize(("verb", "half"), [("refuse_connection", False), ("drop_mid_body", True), ("time_out", False)])
def test_wsgi_faults_break_off(fake, verb, half):
    """What should be a reset is an answer that ends early; a timeout lasts as long as it is allowed to."""
    getattr(fake.api, verb)(times=1)
    fake.api.reply(body=b"0123456789")
    environ = _environ(PATH_INFO="/api/", HTTP_AUTHORIZATION=f"Bearer {fake.mint()}")

    _, fields, body, broken = _respond(WsgiApplication(fake, longest=0.01), environ)

    assert broken
    assert len(body) < int(fields["Content-Length"])
    assert bool(body) is half


def test_wsgi_holds_answers_and_sends_what_is_scripted(fake):
    """``hold`` waits in the worker; unregistered statuses have a phrase; 204 has no length."""
    fake.api.reply(299, headers={"Connection": "close", "X-A": "ü"}, times=1).reply(204)
    fake.api.hold(until=2, times=1)
    environ = _environ(PATH_INFO="/api/", HTTP_AUTHORIZATION=f"Bearer {fake.mint()}")

    status, fields, _, _ = _respond(fake.wsgi(), environ)

    assert (status, fields) == ("299 Unknown", {"X-A": "ü", "Content-Length": "0"})
    assert "Content-Length" not in _respond(fake.wsgi(), environ)[1]


# --- several workers


@pytest.fixture
def signing_key(tmp_path):
    """A private key in a file."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    path = tmp_path / "key.pem"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


SERVERS = {
    "uvicorn": ["uvicorn", "app:asgi", "--log-level", "warning", "--port"],
    "hypercorn": ["hypercorn", "app:asgi", "--log-level", "warning", "--bind"],
    "gunicorn": ["gunicorn", "app:wsgi", "--log-level", "warning", "--workers", "2", "--bind"],
}


@pytest.fixture(params=SERVERS.values(), ids=SERVERS)
def other_server(request, tmp_path, signing_key):
    """Somebody else's server in a process of its own, with the provider as its application."""
    pytest.importorskip(request.param[0])
    (tmp_path / "app.py").write_text(
        textwrap.dedent(f"""
        from pytest_oauthcc import standalone

        fake = standalone(client_id="orders", client_secret="s3cret", signing_key={str(signing_key)!r})
        fake.api.get("/late").time_out()
        fake.api.get("/broken").drop_mid_body(times=1).reply(body=b"0123456789")
        asgi, wsgi = fake.asgi(), fake.wsgi()
        """)
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = str(port) if request.param[-1] == "--port" else f"127.0.0.1:{port}"
    command = [sys.executable, "-m", *request.param, address]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _wait_for(port, process):
    """Wait until a process listens; there is nothing else to wait for."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, "the server did not start"
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the server does not listen")


def test_other_peoples_servers_serve_it(other_server):
    """Tokens of any worker are good at all of them; broken answers break off; timeouts are the client's."""
    metadata = requests.get(f"{other_server}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == other_server
    statuses = set()
    for _ in range(6):  # each on a connection of its own, and so with any worker
        token = requests.post(metadata["token_endpoint"], data=GRANT | {"scope": "a"}, auth=AUTH).json()["access_token"]
        for _ in range(3):
            answer = requests.get(f"{other_server}/api/x", headers={"Authorization": f"Bearer {token}"})
            statuses.add(answer.status_code)
    assert statuses == {404}  # which only a good token gets where routes are declared
    header = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{other_server}/api/x", headers={"Authorization": "Bearer x"}).status_code == 401
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{other_server}/api/broken", headers=header, timeout=10)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(f"{other_server}/api/late", headers=header, timeout=0.3)
