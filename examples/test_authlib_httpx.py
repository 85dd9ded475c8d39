"""Authlib on httpx: the same client as on requests, with httpx's own answers and errors."""

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client


def connect(oauthcc, scope="orders:read"):
    client = OAuth2Client(
        oauthcc.client_id,
        oauthcc.client_secret,
        scope=scope,
        grant_type="client_credentials",
        token_endpoint=oauthcc.token_url,
    )
    client.fetch_token()
    return client


def test_gets_a_token_and_calls_the_api(oauthcc):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    assert connect(oauthcc).get(f"{oauthcc.api_url}orders").json() == [{"id": 7}]


def test_reuses_its_token(oauthcc):
    client = connect(oauthcc)
    client.get(oauthcc.api_url)
    client.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry(oauthcc):
    client = connect(oauthcc)
    oauthcc.clock.expire()
    client.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc):
    connect(oauthcc).get(f"{oauthcc.api_url}orders", params={"page": 2})

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic")
    oauthcc.assert_api_request(path="/orders", params={"page": "2"}, scope="orders:read")


@pytest.mark.oauthcc("hexagon")
def test_works_with_the_hexagon_profile(oauthcc):
    assert connect(oauthcc, scope="ingr.api").get(oauthcc.api_url).is_success
    oauthcc.assert_token_request(scope="ingr.api", auth_method="client_secret_basic")


@pytest.mark.oauthcc(client_secret="50%25 + more")
def test_beware_it_does_not_encode_the_secret(oauthcc):
    # RFC 6749 section 2.3.1 wants id and secret form-encoded before they go into the Basic header.
    # Authlib breaks that MUST, which would fail the test by itself; saying so lets the test go on.
    oauthcc.allow({"basic-not-form-encoded": "Authlib sends them as they are"})
    with pytest.raises(OAuthError, match="invalid_client"):
        connect(oauthcc)
