"""Clients that run against an app in the same process: none of our business, but what the app sends is."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json

import httpx
import pytest
import requests

GRANT = {"grant_type": "client_credentials"}


def fetch_by_requests(oauthcc):
    """Fetch a token as an app would."""
    auth = (oauthcc.client_id, oauthcc.client_secret)
    return requests.post(oauthcc.token_url, data=GRANT, auth=auth).json()["access_token"]


async def fetch_by_httpx(oauthcc):
    """Fetch a token as an async app would."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(oauthcc.token_url, data=GRANT, auth=(oauthcc.client_id, oauthcc.client_secret))
    return answer.json()["access_token"]


def wsgi_app(oauthcc):
    """An app that fetches a token and says how long it is."""

    def app(_environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"app": len(fetch_by_requests(oauthcc))}).encode()]

    return app


def asgi_app(oauthcc):
    """The same, async."""

    async def app(scope, receive, send):
        assert scope["type"] == "http"
        body = json.dumps({"app": len(await fetch_by_httpx(oauthcc))}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    return app


def by_wsgi_transport(oauthcc, library):
    """A client whose transport is a WSGI app."""
    with library.Client(transport=library.WSGITransport(wsgi_app(oauthcc))) as client:
        return client.post(oauthcc.token_url, data=GRANT).json()


def by_asgi_transport(oauthcc, library):
    """An async client whose transport is an ASGI app."""

    async def post():
        async with library.AsyncClient(transport=library.ASGITransport(asgi_app(oauthcc))) as client:
            return (await client.post(oauthcc.token_url, data=GRANT)).json()

    return asyncio.run(post())


def by_mock_transport(oauthcc, library):
    """A client whose transport is a function."""

    def handler(_request):
        return library.Response(200, json={"app": len(fetch_by_requests(oauthcc))})

    with library.Client(transport=library.MockTransport(handler)) as client:
        return client.post(oauthcc.token_url, data=GRANT).json()


def by_async_mock_transport(oauthcc, library):
    """An async client whose transport is a coroutine function."""

    async def handler(_request):
        return library.Response(200, json={"app": len(await fetch_by_httpx(oauthcc))})

    async def post():
        async with library.AsyncClient(transport=library.MockTransport(handler)) as client:
            return (await client.post(oauthcc.token_url, data=GRANT)).json()

    return asyncio.run(post())


def by_own_transport(oauthcc, library):
    """A client with a transport of the user's own, mounted for our host."""

    class Transport(library.BaseTransport):
        def handle_request(self, _request):
            return library.Response(200, json={"app": len(fetch_by_requests(oauthcc))})

    with library.Client(mounts={"https://auth.oauthcc.test": Transport()}) as client:
        return client.post(oauthcc.token_url, data=GRANT).json()


def by_test_client(oauthcc, _library):
    """Starlette's TestClient, which is FastAPI's as well."""
    testclient = pytest.importorskip("starlette.testclient")
    with testclient.TestClient(asgi_app_with_lifespan(oauthcc), base_url="https://auth.oauthcc.test") as client:
        return client.post("/oauth/token", data=GRANT).json()


def asgi_app_with_lifespan(oauthcc):
    """An app that fetches when it is asked, and once while it starts."""
    applications = pytest.importorskip("starlette.applications")
    from contextlib import asynccontextmanager

    from starlette.responses import JSONResponse
    from starlette.routing import Route

    @asynccontextmanager
    async def lifespan(_app):
        await fetch_by_httpx(oauthcc)
        yield

    async def endpoint(_request):
        return JSONResponse({"app": len(await fetch_by_httpx(oauthcc))})

    return applications.Starlette(routes=[Route("/oauth/token", endpoint, methods=["POST"])], lifespan=lifespan)


def by_flask_client(oauthcc, _library):
    """The test client of Flask."""
    app = pytest.importorskip("flask").Flask("app")

    @app.post("/oauth/token")
    def endpoint():
        return {"app": len(fetch_by_requests(oauthcc))}

    with app.test_client() as client:
        return client.post("/oauth/token", base_url="https://auth.oauthcc.test", data=GRANT).get_json()


WITH_A_TRANSPORT = [
    by_wsgi_transport,
    by_asgi_transport,
    by_mock_transport,
    by_async_mock_transport,
    by_own_transport,
]
CASES = [
    *[
        pytest.param(
            call,
            library,
            id=f"{library}, {call.__name__[3:]}",
            marks=[] if importlib.util.find_spec(library) else [pytest.mark.skip(reason=f"{library} is not installed")],
        )
        for call in WITH_A_TRANSPORT
        for library in ("httpx", "httpx2")
    ],
    pytest.param(by_test_client, "httpx", id="starlette's TestClient"),
    pytest.param(by_flask_client, "httpx", id="flask's test client"),
]


@pytest.mark.oauthcc(strict="should", allow={"token-refetched-while-valid": "the app has no cache"})
@pytest.mark.parametrize(("call", "library"), CASES)
def test_the_client_of_an_app_is_left_alone(oauthcc, call, library):
    """A request to our own token URL reaches the app; what the app then asks for comes from the fake."""
    answer = call(oauthcc, importlib.import_module(library))

    assert answer == {"app": len(oauthcc.token_requests[-1].token.value)}
    assert {entry.status for entry in oauthcc.exchanges} == {200}
    oauthcc.assert_token_request(auth_method="client_secret_basic", count=2 if call is by_test_client else 1)


def test_the_network_behind_an_app_is_refused(oauthcc):
    """What an app sends to a host that nobody serves does not leave the process."""
    from pytest_oauthcc import NotServed
    from pytest_oauthcc.transports.switchboard import BOARD

    def handler(_request):
        return httpx.Response(requests.get("https://elsewhere.example/").status_code)

    with httpx.Client(transport=httpx.MockTransport(handler)) as client, pytest.raises(NotServed, match="elsewhere"):
        client.get("https://app.example/")

    assert len(BOARD.take_failures()) == 1
