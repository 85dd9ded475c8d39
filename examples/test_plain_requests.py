"""A client written by hand on requests: it fetches, keeps and renews its token in ten lines."""

import time

import pytest
import requests


class OrdersClient:
    """The code under test; yours would be imported from your package."""

    def __init__(self, api_url, token_url, client_id, client_secret, scope="orders:read"):
        self.api_url, self.token_url, self.scope = api_url, token_url, scope
        self.credentials = (client_id, client_secret)
        self.expires_at = 0.0

    def orders(self):
        if time.time() >= self.expires_at - 60:
            form = {"grant_type": "client_credentials", "scope": self.scope}
            reply = requests.post(self.token_url, form, auth=self.credentials, timeout=10)
            reply.raise_for_status()
            self.token = reply.json()["access_token"]
            self.expires_at = time.time() + reply.json()["expires_in"]
        bearer = {"Authorization": f"Bearer {self.token}"}
        reply = requests.get(f"{self.api_url}orders", headers=bearer, timeout=10)
        reply.raise_for_status()
        return reply.json()


@pytest.fixture
def client(oauthcc):
    return OrdersClient(oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret)


def test_gets_a_token_and_calls_the_api(oauthcc, client):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    assert client.orders() == [{"id": 7}]


def test_reuses_its_token(oauthcc, client):
    client.orders()
    client.orders()

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry(oauthcc, client):
    client.orders()
    oauthcc.clock.advance(seconds=3601)
    client.orders()

    assert len(oauthcc.token_requests) == 2


def test_renews_its_token_a_minute_early(oauthcc, client):
    client.orders()
    oauthcc.clock.expire(before=50)
    client.orders()

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc, client):
    client.orders()

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic", count=1)
    oauthcc.assert_api_request(method="GET", path="/orders", scope="orders:read", count=1)


@pytest.mark.oauthcc("hexagon")
def test_works_with_the_hexagon_profile(oauthcc):
    client = OrdersClient(
        oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret, scope="ingr.api"
    )
    client.orders()

    oauthcc.assert_token_request(scope="ingr.api", auth_method="client_secret_basic")
