"""Authlib on asynchronous httpx: tasks that find the token expired renew it once, not once each."""

import asyncio

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def connect(oauthcc, scope="orders:read", **options):
    client = AsyncOAuth2Client(
        oauthcc.client_id,
        oauthcc.client_secret,
        scope=scope,
        grant_type="client_credentials",
        token_endpoint=oauthcc.token_url,
        **options,
    )
    await client.fetch_token()
    return client


async def test_gets_a_token_and_calls_the_api(oauthcc):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])
    client = await connect(oauthcc)

    reply = await client.get(f"{oauthcc.api_url}orders")

    assert reply.json() == [{"id": 7}]


async def test_reuses_its_token(oauthcc):
    client = await connect(oauthcc)
    await client.get(oauthcc.api_url)
    await client.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


async def test_renews_its_token_after_expiry(oauthcc):
    client = await connect(oauthcc)
    oauthcc.clock.expire()
    await client.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 2


async def test_renews_its_token_after_expiry_once_for_ten_tasks(oauthcc):
    client = await connect(oauthcc)
    oauthcc.clock.expire()
    oauthcc.token_endpoint.hold(until=10)  # a slow server, so that the tasks really overlap

    await asyncio.gather(*(client.get(oauthcc.api_url) for _ in range(10)))

    assert len(oauthcc.token_requests) == 2


async def test_sends_what_the_provider_wants(oauthcc):
    client = await connect(oauthcc)
    await client.post(f"{oauthcc.api_url}orders", json={"item": "tea"})

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic")
    oauthcc.assert_api_request(method="POST", path="/orders", json={"item": "tea"}, scope="orders:read")


@pytest.mark.oauthcc("hgem", api_key="k-123")
async def test_works_with_the_hgem_profile(oauthcc):
    client = await connect(
        oauthcc,
        scope="hgem-results-api",
        token_endpoint_auth_method="client_secret_post",
        headers={"hgem-api-key": "k-123"},
    )
    reply = await client.get(oauthcc.api_url)

    assert reply.is_success
    oauthcc.assert_token_request(auth_method="client_secret_post", headers={"hgem-api-key": "k-123"})
