"""Session scope: one provider and one client for all tests of a run, with a token that outlives each of them."""

import pytest
import requests
from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth

import pytest_oauthcc


@pytest.fixture(scope="session")
def shared():
    with pytest_oauthcc.provider() as provider:
        yield provider


@pytest.fixture(scope="session")
def auth(shared):
    client = OAuth2Client(shared.token_url, auth=(shared.client_id, shared.client_secret))
    return OAuth2ClientCredentialsAuth(client)


@pytest.mark.parametrize("path", ["orders", "customers", "invoices"])
def test_all_tests_share_one_token(shared, auth, path):
    assert requests.get(f"{shared.api_url}{path}", auth=auth).ok
    assert len(shared.token_requests) == 1
