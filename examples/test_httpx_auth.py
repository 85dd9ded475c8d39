"""httpx-auth: an auth object for any httpx client, with a token cache that all tests of a run share."""

import httpx
import pytest
from httpx_auth import OAuth2, OAuth2ClientCredentials

from pytest_oauthcc import OMIT


@pytest.fixture(autouse=True)
def _no_tokens_of_earlier_tests():
    OAuth2.token_cache.clear()


def connect(oauthcc, **options):
    auth = OAuth2ClientCredentials(
        oauthcc.token_url, client_id=oauthcc.client_id, client_secret=oauthcc.client_secret, **options
    )
    return httpx.Client(auth=auth, base_url=oauthcc.api_url)


def test_gets_a_token_and_calls_the_api(oauthcc):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    assert connect(oauthcc).get("/orders").json() == [{"id": 7}]


def test_reuses_its_token(oauthcc):
    client = connect(oauthcc)
    client.get("/orders")
    client.get("/orders")

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry(oauthcc):
    client = connect(oauthcc)
    client.get("/orders")
    oauthcc.clock.expire()
    client.get("/orders")

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc):
    connect(oauthcc, scope=["orders:read", "orders:write"]).get("/orders")

    oauthcc.assert_token_request(scope="orders:read orders:write", auth_method="client_secret_basic")
    oauthcc.assert_api_request(path="/orders", scope="orders:read orders:write")


@pytest.mark.oauthcc("hexagon")
def test_works_with_the_hexagon_profile(oauthcc):
    assert connect(oauthcc, scope="ingr.api").get("/").is_success
    oauthcc.assert_token_request(scope="ingr.api", auth_method="client_secret_basic")


def test_beware_early_expiry_0_is_taken_for_30(oauthcc):
    # "Set it to 0 to deactivate this feature", says its documentation.
    client = connect(oauthcc, early_expiry=0)
    client.get("/orders")
    oauthcc.clock.expire(before=20)
    client.get("/orders")

    assert len(oauthcc.token_requests) == 2


@pytest.mark.oauthcc(token_format="opaque")
def test_beware_it_crashes_on_an_opaque_token_without_expires_in(oauthcc):
    # RFC 6749 section 5.1 only recommends expires_in; httpx-auth then takes any token for a JWT.
    oauthcc.token_endpoint.alter(expires_in=OMIT)

    with pytest.raises(ValueError, match="not enough values to unpack"):
        connect(oauthcc).get("/orders")
