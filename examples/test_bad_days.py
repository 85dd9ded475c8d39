"""Bad days: refused tokens, an overloaded token endpoint, broken connections, and what a client makes of them."""

import time

import pytest
import requests


class OrdersClient:
    """Replaces a token that the API refuses, once, and waits once for an overloaded token endpoint."""

    def __init__(self, api_url, token_url, client_id, client_secret):
        self.api_url, self.token_url = api_url, token_url
        self.credentials = (client_id, client_secret)
        self.token = None

    def fetch_token(self):
        form = {"grant_type": "client_credentials"}
        reply = requests.post(self.token_url, form, auth=self.credentials, timeout=10)
        if reply.status_code == 503:
            time.sleep(int(reply.headers["Retry-After"]))
            reply = requests.post(self.token_url, form, auth=self.credentials, timeout=10)
        reply.raise_for_status()
        return reply.json()["access_token"]

    def orders(self):
        for _ in range(2):
            self.token = self.token or self.fetch_token()
            bearer = {"Authorization": f"Bearer {self.token}"}
            reply = requests.get(f"{self.api_url}orders", headers=bearer, timeout=10)
            if reply.status_code != 401:
                break
            self.token = None
        reply.raise_for_status()
        return reply.json()


@pytest.fixture
def client(oauthcc):
    return OrdersClient(oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret)


def test_a_revoked_token_is_replaced(oauthcc, client):
    client.orders()
    oauthcc.revoke()
    client.orders()

    assert [request.status for request in oauthcc.api_requests] == [200, 401, 200]
    assert len(oauthcc.token_requests) == 2


def test_an_api_that_refuses_every_token_ends_the_attempts(oauthcc, client):
    oauthcc.api.fail("invalid_token")

    with pytest.raises(requests.HTTPError, match="401"):
        client.orders()
    assert len(oauthcc.api_requests) == 2


def test_one_broken_route_leaves_the_others_alone(oauthcc, client):
    oauthcc.api.get("/orders").fail(status=500, times=1)

    with pytest.raises(requests.HTTPError, match="500"):
        client.orders()
    assert client.orders() == {}


def test_an_overloaded_token_endpoint_gets_the_time_it_asks_for(oauthcc, client):
    oauthcc.clock.skip_sleeps()  # time.sleep() returns at once and moves the clock
    oauthcc.token_endpoint.fail(status=503, retry_after=7, times=1)
    client.orders()

    first, second = oauthcc.token_requests
    assert (second.at - first.at).total_seconds() >= 7


def test_wrong_credentials_are_not_tried_again(oauthcc, client):
    oauthcc.rotate_secret()

    with pytest.raises(requests.HTTPError, match="401"):
        client.orders()
    assert len(oauthcc.token_requests) == 1


def test_a_refused_connection_reaches_the_caller(oauthcc, client):
    oauthcc.token_endpoint.refuse_connection()

    with pytest.raises(requests.ConnectionError):
        client.orders()


def test_a_token_endpoint_that_hangs_runs_into_the_timeout(oauthcc, client):
    oauthcc.token_endpoint.delay(60)  # longer than the client's ten seconds; nothing really waits

    with pytest.raises(requests.Timeout):
        client.orders()

    oauthcc.token_endpoint.recover()
    client.orders()


def test_a_token_with_too_little_scope_gets_403(oauthcc, client):
    oauthcc.api.require(scope="orders:read")

    with pytest.raises(requests.HTTPError, match="403"):
        client.orders()
