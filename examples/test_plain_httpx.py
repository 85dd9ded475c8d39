"""A client written by hand on httpx: the credentials go into the form, and a provider's own header is added."""

import time

import httpx
import pytest


class OrdersClient:
    """The code under test; yours would be imported from your package."""

    def __init__(self, api_url, token_url, client_id, client_secret, scope="orders:read"):
        self.api_url, self.token_url = api_url, token_url
        self.form = {"grant_type": "client_credentials", "scope": scope}
        self.form |= {"client_id": client_id, "client_secret": client_secret}
        self.http = httpx.Client(timeout=10)
        self.expires_at = 0.0

    def orders(self):
        if time.time() >= self.expires_at - 60:
            reply = self.http.post(self.token_url, data=self.form).raise_for_status()
            self.token = reply.json()["access_token"]
            self.expires_at = time.time() + reply.json()["expires_in"]
        bearer = {"Authorization": f"Bearer {self.token}"}
        return self.http.get(f"{self.api_url}orders", headers=bearer).raise_for_status().json()


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
    oauthcc.clock.expire()
    client.orders()

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc, client):
    client.orders()

    oauthcc.assert_token_request(
        scope="orders:read",
        auth_method="client_secret_post",
        params={"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret},
    )
    oauthcc.assert_api_request(path="/orders", headers={"Accept": "*/*"})


@pytest.mark.oauthcc("hgem", api_key="k-123")
def test_works_with_the_hgem_profile(oauthcc):
    client = OrdersClient(
        oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret, scope="hgem-results-api"
    )
    client.http.headers["hgem-api-key"] = "k-123"
    client.orders()

    oauthcc.assert_token_request(headers={"hgem-api-key": "k-123"})
    oauthcc.assert_api_request(headers={"hgem-api-key": "k-123"})
