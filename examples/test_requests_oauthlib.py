"""requests-oauthlib: a session that fetches a token when it is told to, and never renews one by itself."""

from urllib.parse import quote_plus

import pytest
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, TokenExpiredError
from requests_oauthlib import OAuth2Session


@pytest.fixture
def session(oauthcc):
    return OAuth2Session(client=BackendApplicationClient(oauthcc.client_id, scope="orders:read"))


def test_gets_a_token_and_calls_the_api(oauthcc, session):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)

    assert session.get(f"{oauthcc.api_url}orders").json() == [{"id": 7}]


def test_reuses_its_token(oauthcc, session):
    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)
    session.get(oauthcc.api_url)
    session.get(oauthcc.api_url)

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry_only_when_told_to(oauthcc, session):
    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)
    oauthcc.clock.expire()

    with pytest.raises(TokenExpiredError):
        session.get(oauthcc.api_url)

    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)
    assert session.get(oauthcc.api_url).ok


def test_sends_what_the_provider_wants(oauthcc, session):
    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)
    session.get(f"{oauthcc.api_url}orders")

    oauthcc.assert_token_request(
        scope="orders:read", auth_method="client_secret_basic", headers={"Accept": "application/json"}
    )
    oauthcc.assert_api_request(path="/orders", scope="orders:read")


@pytest.mark.oauthcc("hgem", api_key="k-123")
def test_works_with_the_hgem_profile(oauthcc):
    session = OAuth2Session(client=BackendApplicationClient(oauthcc.client_id, scope="hgem-results-api"))
    session.headers["hgem-api-key"] = "k-123"
    session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret, include_client_id=True)

    assert session.get(oauthcc.api_url).ok
    oauthcc.assert_token_request(auth_method="client_secret_post", headers={"hgem-api-key": "k-123"})


@pytest.mark.oauthcc(client_secret="50%25 + more")
def test_beware_it_does_not_encode_the_secret(oauthcc, session):
    # RFC 6749 section 2.3.1 wants id and secret form-encoded before they go into the Basic header.
    # requests-oauthlib breaks that MUST, which would fail the test by itself; saying so lets the test go on.
    oauthcc.allow({"basic-not-form-encoded": "requests-oauthlib sends them as they are"})
    with pytest.raises(InvalidClientError):
        session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)

    encoded = (quote_plus(oauthcc.client_id), quote_plus(oauthcc.client_secret))
    assert session.fetch_token(oauthcc.token_url, auth=encoded)


def test_beware_it_raises_a_warning_when_fewer_scopes_are_granted(oauthcc, session):
    # RFC 6749 section 3.3 lets the provider grant less than was asked for; the token is good.
    oauthcc.token_endpoint.alter(scope="orders:list")

    with pytest.raises(Warning, match="Scope has changed"):
        session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret)
