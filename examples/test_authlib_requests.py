"""Authlib on requests: renews by itself when the constructor knows the grant type and the token endpoint."""

import pytest
from authlib.integrations.requests_client import OAuth2Session


@pytest.fixture
def session(oauthcc):
    session = OAuth2Session(
        oauthcc.client_id,
        oauthcc.client_secret,
        scope="orders:read",
        grant_type="client_credentials",
        token_endpoint=oauthcc.token_url,
    )
    session.fetch_token()
    return session


def test_gets_a_token_and_calls_the_api(oauthcc, session):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    assert session.get(f"{oauthcc.api_url}orders").json() == [{"id": 7}]


def test_reuses_its_token(oauthcc, session):
    session.get(oauthcc.api_url)
    session.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry(oauthcc, session):
    session.get(oauthcc.api_url)
    oauthcc.clock.advance(seconds=3601)
    session.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc, session):
    session.get(f"{oauthcc.api_url}orders")

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic")
    oauthcc.assert_api_request(path="/orders", scope="orders:read")


GRAPHNET = pytest.mark.oauthcc("graphnet")


@pytest.fixture
def graphnet_session(oauthcc):
    session = OAuth2Session(
        oauthcc.client_id,
        oauthcc.client_secret,
        token_endpoint_auth_method="client_secret_post",
        grant_type="client_credentials",
        token_endpoint=oauthcc.token_url,
    )
    session.fetch_token()
    return session


@GRAPHNET
def test_works_with_the_graphnet_profile(oauthcc, graphnet_session):
    assert graphnet_session.get(oauthcc.api_url).ok
    oauthcc.assert_token_request(auth_method="client_secret_post", scope=None)


@GRAPHNET
def test_beware_it_keeps_a_token_without_expires_in_for_ever(oauthcc, graphnet_session):
    # Graphnet says when a token ends in its claim exp, where Authlib does not look.
    oauthcc.clock.expire()

    assert graphnet_session.get(oauthcc.api_url).status_code == 401


@pytest.mark.oauthcc(expires_in=30)
def test_beware_it_asks_for_each_call_when_tokens_live_shorter_than_its_leeway(oauthcc, session):
    # The leeway is 60 seconds; OAuth2Session(..., leeway=5) would do.
    for _ in range(5):
        session.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 6


def test_beware_renewals_forget_what_fetch_token_was_given(oauthcc, session):
    # Only the constructor's scope is asked for again.
    session.fetch_token(scope="orders:read orders:write")
    oauthcc.clock.expire()
    session.get(oauthcc.api_url)

    assert oauthcc.token_requests[-1].scopes == {"orders:read"}
