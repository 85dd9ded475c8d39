"""requests-oauth2client: an auth object for requests that says how it authenticates, and keeps its own token."""

from urllib.parse import quote_plus

import pytest
import requests
from requests_oauth2client import (
    ClientSecretBasic,
    ClientSecretPost,
    InvalidClient,
    OAuth2Client,
    OAuth2ClientCredentialsAuth,
)


def authenticate(oauthcc, method=ClientSecretBasic, **options):
    client = OAuth2Client(oauthcc.token_url, auth=method(oauthcc.client_id, oauthcc.client_secret))
    return OAuth2ClientCredentialsAuth(client, **options)


def test_gets_a_token_and_calls_the_api(oauthcc):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    reply = requests.get(f"{oauthcc.api_url}orders", auth=authenticate(oauthcc))

    assert reply.json() == [{"id": 7}]


def test_reuses_its_token(oauthcc):
    auth = authenticate(oauthcc)
    requests.get(oauthcc.api_url, auth=auth)
    requests.get(oauthcc.api_url, auth=auth)

    assert len(oauthcc.token_requests) == 1
    assert len(oauthcc.api_requests) == 2


def test_renews_its_token_after_expiry(oauthcc):
    auth = authenticate(oauthcc)
    requests.get(oauthcc.api_url, auth=auth)
    oauthcc.clock.expire()
    requests.get(oauthcc.api_url, auth=auth)

    assert len(oauthcc.token_requests) == 2


def test_sends_what_the_provider_wants(oauthcc):
    requests.get(f"{oauthcc.api_url}orders", auth=authenticate(oauthcc, scope="orders:read"))

    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic")
    oauthcc.assert_api_request(path="/orders", scope="orders:read")


@pytest.mark.oauthcc("graphnet")
def test_works_with_the_graphnet_profile(oauthcc):
    assert requests.get(oauthcc.api_url, auth=authenticate(oauthcc, ClientSecretPost)).ok
    oauthcc.assert_token_request(auth_method="client_secret_post", scope=None)


@pytest.mark.oauthcc(client_secret="50%25 + more")
def test_beware_it_does_not_encode_the_secret(oauthcc):
    # RFC 6749 section 2.3.1 wants id and secret form-encoded before they go into the Basic header.
    # requests-oauth2client breaks that MUST, which would fail the test by itself; saying so lets the test go on.
    oauthcc.allow({"basic-not-form-encoded": "requests-oauth2client sends them as they are"})
    with pytest.raises(InvalidClient):
        requests.get(oauthcc.api_url, auth=authenticate(oauthcc))

    encoded = ClientSecretBasic(quote_plus(oauthcc.client_id), quote_plus(oauthcc.client_secret))
    client = OAuth2Client(oauthcc.token_url, auth=encoded)
    assert requests.get(oauthcc.api_url, auth=OAuth2ClientCredentialsAuth(client)).ok


def test_beware_a_revoked_token_is_sent_until_it_is_forgotten(oauthcc):
    auth = authenticate(oauthcc)
    requests.get(oauthcc.api_url, auth=auth)
    oauthcc.revoke()

    assert requests.get(oauthcc.api_url, auth=auth).status_code == 401
    assert requests.get(oauthcc.api_url, auth=auth).status_code == 401

    auth.forget_token()
    assert requests.get(oauthcc.api_url, auth=auth).ok
