"""An asynchronous client written by hand on httpx: a lock keeps it from asking for more tokens than it needs."""

import asyncio
import time

import httpx
import pytest

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


class OrdersClient:
    """The code under test; yours would be imported from your package."""

    def __init__(self, api_url, token_url, client_id, client_secret, scope="orders:read"):
        self.api_url, self.token_url, self.scope = api_url, token_url, scope
        self.credentials = (client_id, client_secret)
        self.http = httpx.AsyncClient(timeout=10)
        self.lock = asyncio.Lock()
        self.expires_at = 0.0

    async def orders(self):
        async with self.lock:
            if time.time() >= self.expires_at - 60:
                form = {"grant_type": "client_credentials", "scope": self.scope}
                reply = await self.http.post(self.token_url, data=form, auth=self.credentials)
                reply.raise_for_status()
                self.token = reply.json()["access_token"]
                self.expires_at = time.time() + reply.json()["expires_in"]
        bearer = {"Authorization": f"Bearer {self.token}"}
        reply = await self.http.get(f"{self.api_url}orders", headers=bearer)
        return reply.raise_for_status().json()


@pytest.fixture
def client(oauthcc):
    return OrdersClient(oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret)


async def test_gets_a_token_and_calls_the_api(oauthcc, client):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    assert await client.orders() == [{"id": 7}]


async def test_reuses_its_token(oauthcc, client):
    await client.orders()
    await client.orders()

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


async def test_asks_for_one_token_though_ten_tasks_want_it(oauthcc, client):
    oauthcc.token_endpoint.hold(until=10)  # a slow server, so that the tasks really overlap

    await asyncio.gather(*(client.orders() for _ in range(10)))

    assert len(oauthcc.token_requests) == 1


async def test_renews_its_token_after_expiry(oauthcc, client):
    await client.orders()
    oauthcc.clock.advance(hours=1)
    await client.orders()

    assert len(oauthcc.token_requests) == 2


async def test_sends_what_the_provider_wants(oauthcc, client):
    await client.orders()

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic")
    oauthcc.assert_api_request(method="GET", path="/orders", scope="orders:read")


@pytest.mark.oauthcc("jim2")
async def test_works_with_the_jim2_profile(oauthcc):
    client = OrdersClient(oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret, scope="view")
    await client.orders()

    oauthcc.assert_token_request(scope="view", auth_method="client_secret_basic")
