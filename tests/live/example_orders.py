# ruff: noqa: D102
"""The example that passes against the fake and against every real server."""

import time
import urllib.parse
import urllib.request

import httpx
import httpx2
import pytest
import requests


class OrdersClient:
    def __init__(self, oauthcc, post):
        self.oauthcc, self.post = oauthcc, post
        self.expires_at = 0.0

    def token(self):
        if time.time() >= self.expires_at - 30:
            who = urllib.parse.quote_plus(self.oauthcc.client_id), urllib.parse.quote_plus(self.oauthcc.client_secret)
            form = {"grant_type": "client_credentials", "scope": "orders:read"}
            answer = self.post(self.oauthcc.token_url, data=form, auth=who)
            answer.raise_for_status()
            self.value = answer.json()["access_token"]
            self.expires_at = time.time() + answer.json()["expires_in"]
        return self.value

    def orders(self):
        headers = {"Authorization": f"Bearer {self.token()}"}
        answer = requests.get(f"{self.oauthcc.api_url}orders", headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()


@pytest.mark.parametrize("post", [requests.post, httpx.post, httpx2.post], ids=["requests", "httpx", "httpx2"])
def test_orders(oauthcc, post):
    oauthcc.api.get("/orders").reply(json={"orders": [7]})
    client = OrdersClient(oauthcc, post)

    assert client.orders()["orders"] == [7]
    assert client.orders()["orders"] == [7]

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic", count=1)
    oauthcc.assert_api_request(path="/orders", count=2)
    token = oauthcc.token_requests[0].token
    assert token.value == client.value
    assert oauthcc.token_requests[0].status == 200
    assert oauthcc.api_requests[-1].token is token


def test_renews(oauthcc):
    client = OrdersClient(oauthcc, requests.post)
    client.orders()
    oauthcc.clock.expire()
    client.orders()
    assert len(oauthcc.token_requests) == 2
    assert oauthcc.token_requests[0].token.value != oauthcc.token_requests[1].token.value


def test_refused(oauthcc):
    answer = requests.get(f"{oauthcc.api_url}orders", headers={"Authorization": "Bearer nobody-knows-it"}, timeout=10)
    assert answer.status_code == 401
    assert oauthcc.api_requests[0].status == 401


def test_wrong_secret(oauthcc):
    who = oauthcc.client_id, "not-the-secret"
    answer = requests.post(oauthcc.token_url, {"grant_type": "client_credentials"}, auth=who, timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    oauthcc.assert_token_request(count=1)


async def fetch(client, oauthcc):
    who = urllib.parse.quote_plus(oauthcc.client_id), urllib.parse.quote_plus(oauthcc.client_secret)
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    async with client, client.stream("POST", oauthcc.token_url, data=form, auth=who) as answer:
        return b"".join([chunk async for chunk in answer.aiter_bytes()])


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_async_streaming(oauthcc, library):
    import asyncio
    import json

    body = asyncio.run(fetch(library.AsyncClient(), oauthcc))
    assert json.loads(body)["access_token"] == oauthcc.token_requests[0].token.value


def test_urllib(oauthcc):
    import base64
    import json

    who = f"{urllib.parse.quote_plus(oauthcc.client_id)}:{urllib.parse.quote_plus(oauthcc.client_secret)}"
    headers = {"Authorization": f"Basic {base64.b64encode(who.encode()).decode()}"}
    request = urllib.request.Request(
        oauthcc.token_url, b"grant_type=client_credentials&scope=orders%3Aread", headers=headers
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        members = json.load(answer)
    assert members["access_token"] == oauthcc.token_requests[0].token.value
    assert oauthcc.token_requests[0].token.scopes == {"orders:read"}


@pytest.mark.oauthcc_live
def test_only_live(oauthcc):
    assert "127.0.0.1" in oauthcc.token_url
    OrdersClient(oauthcc, requests.post).orders()


def test_only_fake(oauthcc):
    oauthcc.token_endpoint.fail(status=503)
    who = oauthcc.client_id, oauthcc.client_secret
    answer = requests.post(oauthcc.token_url, {"grant_type": "client_credentials"}, auth=who, timeout=10)
    assert answer.status_code == 503
