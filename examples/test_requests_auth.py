"""requests-auth: an auth object for requests, with a token cache that all tests of a run share."""

import pytest
import requests
from requests_auth import OAuth2, OAuth2ClientCredentials


@pytest.fixture(autouse=True)
def _no_tokens_of_earlier_tests():
    OAuth2.token_cache.clear()


def authenticate(oauthcc, **options):
    return OAuth2ClientCredentials(oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret, **options)


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
    auth = authenticate(oauthcc, scope=["orders:read", "orders:write"])
    requests.get(f"{oauthcc.api_url}orders", auth=auth)

    oauthcc.assert_token_request(scope="orders:read orders:write", auth_method="client_secret_basic")
    oauthcc.assert_api_request(path="/orders", scope="orders:read orders:write")


@pytest.mark.oauthcc("jim2")
def test_works_with_the_jim2_profile(oauthcc):
    assert requests.get(oauthcc.api_url, auth=authenticate(oauthcc, scope="view")).ok
    oauthcc.assert_token_request(scope="view", auth_method="client_secret_basic")


def test_beware_a_second_client_gets_the_token_of_the_first(oauthcc):
    # The cache goes by token URL and parameters, and the client is neither.
    other = oauthcc.add_client()
    requests.get(oauthcc.api_url, auth=authenticate(oauthcc))
    requests.get(oauthcc.api_url, auth=OAuth2ClientCredentials(oauthcc.token_url, other.client_id, other.client_secret))

    oauthcc.assert_token_request(client_id=other.client_id, count=0)
    assert oauthcc.api_requests[1].token.client_id == oauthcc.client_id


def test_beware_early_expiry_0_is_taken_for_30(oauthcc):
    # "Set it to 0 to deactivate this feature", says its documentation.
    auth = authenticate(oauthcc, early_expiry=0)
    requests.get(oauthcc.api_url, auth=auth)
    oauthcc.clock.expire(before=20)
    requests.get(oauthcc.api_url, auth=auth)

    assert len(oauthcc.token_requests) == 2
