"""msal: finds the token endpoint in the provider's OpenID metadata, and returns errors instead of raising them."""

import msal
import pytest
import requests

# msal takes no authority without a path.
pytestmark = pytest.mark.oauthcc(issuer="https://auth.oauthcc.test/tenant")


@pytest.fixture
def app(oauthcc):
    return msal.ConfidentialClientApplication(
        oauthcc.client_id, client_credential=oauthcc.client_secret, oidc_authority=oauthcc.issuer
    )


def call_api(oauthcc, app, scope="orders:read"):
    token = app.acquire_token_for_client([scope])["access_token"]
    return requests.get(f"{oauthcc.api_url}orders", headers={"Authorization": f"Bearer {token}"})


def test_gets_a_token_and_calls_the_api(oauthcc, app):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    assert call_api(oauthcc, app).json() == [{"id": 7}]


def test_reuses_its_token(oauthcc, app):
    call_api(oauthcc, app)
    call_api(oauthcc, app)

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry(oauthcc, app):
    call_api(oauthcc, app)
    oauthcc.clock.expire()
    call_api(oauthcc, app)

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc, app):
    call_api(oauthcc, app)

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_post")
    oauthcc.assert_api_request(path="/orders", scope="orders:read")


@pytest.mark.oauthcc("hgem", api_key="k-123", issuer="https://results-api.hgem.com/connect")
def test_works_with_the_hgem_profile(oauthcc):
    http = requests.Session()
    http.headers["hgem-api-key"] = "k-123"
    app = msal.ConfidentialClientApplication(
        oauthcc.client_id,
        client_credential=oauthcc.client_secret,
        oidc_authority=oauthcc.issuer,
        http_client=http,
    )
    token = app.acquire_token_for_client(["hgem-results-api"])["access_token"]

    assert http.get(oauthcc.api_url, headers={"Authorization": f"Bearer {token}"}).ok
    oauthcc.assert_token_request(scope="hgem-results-api", headers={"hgem-api-key": "k-123"})


def test_beware_an_error_is_an_answer_without_a_token(oauthcc, app):
    oauthcc.token_endpoint.fail("invalid_scope", description="no such scope")

    answer = app.acquire_token_for_client(["orders:read"])

    assert "access_token" not in answer
    assert answer["error_description"] == "no such scope"


@pytest.mark.oauthcc(expires_in=300)
def test_beware_it_asks_for_each_call_when_tokens_live_five_minutes(oauthcc, app):
    # It never uses a token in the last five minutes of its life.
    call_api(oauthcc, app)
    oauthcc.clock.advance(seconds=1)
    call_api(oauthcc, app)

    assert len(oauthcc.token_requests) == 2
