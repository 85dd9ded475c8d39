"""One token and one call of the API with every HTTP library and with SDKs on them: copied into runs of their own."""

import asyncio
import contextlib
import errno
import os
import socket
import urllib.parse
import urllib.request

import httpx
import httpx2
import pytest
import requests
from requests.adapters import HTTPAdapter

import pytest_oauthcc

os.environ |= {"OAUTHLIB_INSECURE_TRANSPORT": "1", "AUTHLIB_INSECURE_TRANSPORT": "1"}  # the live target is loopback


def form(oauthcc):
    who = {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    return {"grant_type": "client_credentials", "scope": "orders:read", **who}


def bearer(answer):
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def by_requests(oauthcc):
    answer = requests.post(oauthcc.token_url, form(oauthcc), timeout=9)
    requests.get(oauthcc.api_url + "orders", headers=bearer(answer), timeout=9)


def by_session(oauthcc):
    with requests.Session() as session:
        session.mount("http", HTTPAdapter(max_retries=2))
        answer = session.post(oauthcc.token_url, form(oauthcc), timeout=9, stream=True)
        session.get(oauthcc.api_url + "orders", headers=bearer(answer), timeout=9)


def by_httpx(oauthcc, library=httpx):
    with library.Client() as client:
        answer = client.post(oauthcc.token_url, data=form(oauthcc))
        client.get(oauthcc.api_url + "orders", headers=bearer(answer))


def by_async_httpx(oauthcc, library=httpx):
    async def go():
        async with library.AsyncClient() as client:
            answer = await client.post(oauthcc.token_url, data=form(oauthcc))
            await client.get(oauthcc.api_url + "orders", headers=bearer(answer))

    asyncio.run(go())


def by_urllib(oauthcc):
    with urllib.request.urlopen(oauthcc.token_url, urllib.parse.urlencode(form(oauthcc)).encode()) as answer:
        assert answer.read()


def by_requests_oauthlib(oauthcc):
    from oauthlib.oauth2 import BackendApplicationClient
    from requests_oauthlib import OAuth2Session

    session = OAuth2Session(client=BackendApplicationClient(oauthcc.client_id))
    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret, include_client_id=True)
    session.get(oauthcc.api_url + "orders")


def by_authlib(oauthcc, library="requests_client", client="OAuth2Session"):
    import importlib

    kind = getattr(importlib.import_module(f"authlib.integrations.{library}"), client)
    session = kind(oauthcc.client_id, oauthcc.client_secret, token_endpoint_auth_method="client_secret_post")
    session.fetch_token(oauthcc.token_url, grant_type="client_credentials")
    session.get(oauthcc.api_url + "orders")


def by_async_authlib(oauthcc):
    from authlib.integrations.httpx_client import AsyncOAuth2Client

    async def go():
        who = oauthcc.client_id, oauthcc.client_secret
        async with AsyncOAuth2Client(*who, token_endpoint_auth_method="client_secret_post") as client:
            await client.fetch_token(oauthcc.token_url, grant_type="client_credentials")
            await client.get(oauthcc.api_url + "orders")

    asyncio.run(go())


def by_httpx_auth(oauthcc):
    from httpx_auth import OAuth2ClientCredentials

    auth = OAuth2ClientCredentials(oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret)
    httpx.get(oauthcc.api_url + "orders", auth=auth)


def by_requests_auth(oauthcc):
    from requests_auth import OAuth2ClientCredentials

    auth = OAuth2ClientCredentials(oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret)
    requests.get(oauthcc.api_url + "orders", auth=auth, timeout=9)


CLIENTS = {
    "requests": by_requests,
    "session": by_session,
    "httpx": by_httpx,
    "httpx2": lambda oauthcc: by_httpx(oauthcc, httpx2),
    "async httpx": by_async_httpx,
    "async httpx2": lambda oauthcc: by_async_httpx(oauthcc, httpx2),
    "urllib": by_urllib,
    "requests-oauthlib": by_requests_oauthlib,
    "authlib on requests": by_authlib,
    "authlib on httpx": lambda oauthcc: by_authlib(oauthcc, "httpx_client", "OAuth2Client"),
    "async authlib": by_async_authlib,
    "httpx-auth": by_httpx_auth,
    "requests-auth": by_requests_auth,
}


@pytest.mark.oauthcc(strict=False)
@pytest.mark.parametrize("use", CLIENTS.values(), ids=CLIENTS)
def test_client(oauthcc, use):
    try:
        use(oauthcc)
    except ImportError as error:
        pytest.skip(str(error))
    except (httpx.HTTPError, requests.RequestException, LookupError, ValueError):
        pass  # a server that does not like this client's encoding of the secret has been asked all the same
    assert oauthcc.token_requests


def swallow(get, url):
    with contextlib.suppress(pytest_oauthcc.NotServed):
        get(url)
        raise RuntimeError("it was sent")


GETS = {
    "requests": lambda url: requests.get(url, timeout=3),
    "httpx": httpx.get,
    "httpx2": httpx2.get,
    "urllib": urllib.request.urlopen,
    "async httpx": lambda url: asyncio.run(async_get(httpx, url)),
    "async httpx2": lambda url: asyncio.run(async_get(httpx2, url)),
}


async def async_get(library, url):
    async with library.AsyncClient() as client:
        return await client.get(url)


@pytest.mark.oauthcc(allow={"not-served": "that is what is tested"})
@pytest.mark.parametrize("get", GETS.values(), ids=GETS)
def test_elsewhere(oauthcc, get):
    for url in ("https://other.example/", "http://192.0.2.1/", oauthcc.token_url.replace("://", "://other.")):
        swallow(get, url)


def test_faults(oauthcc):
    """Only a fake can do this; nothing is connected to where the network is said to fail."""
    for fault in ("refuse_connection", "time_out", "drop_mid_body"):
        getattr(oauthcc.token_endpoint, fault)(times=1)
        with pytest.raises(requests.RequestException):
            requests.post(oauthcc.token_url, form(oauthcc), timeout=9)
    oauthcc.clock.expire(oauthcc.mint())
    assert requests.get(oauthcc.jwks_url, timeout=9).status_code == 200


@pytest.mark.skipif("NO_NETWORK_HERE" not in os.environ, reason="there is a network here")
def test_the_network_is_unreachable():
    """The namespace is what it is taken for: not even this machine itself can be reached."""
    with pytest.raises(OSError) as error:
        socket.create_connection(("127.0.0.1", 9), timeout=3)
    assert error.value.errno == errno.ENETUNREACH
