"""Two providers in one test: a job that reads from one API and writes to another, with a token for each."""

import pytest
import requests
from requests_oauth2client import ClientSecretBasic, OAuth2Client, OAuth2ClientCredentialsAuth


@pytest.fixture
def shop(oauthcc_factory):
    return oauthcc_factory(expires_in=600)


@pytest.fixture
def archive(oauthcc_factory):
    return oauthcc_factory("hexagon")


def authenticate(provider, scope):
    client = OAuth2Client(provider.token_url, auth=ClientSecretBasic(provider.client_id, provider.client_secret))
    return OAuth2ClientCredentialsAuth(client, scope=scope)


@pytest.fixture
def copy_orders(shop, archive):
    shop_auth, archive_auth = authenticate(shop, "orders:read"), authenticate(archive, "ingr.api")

    def copy():
        orders = requests.get(f"{shop.api_url}orders", auth=shop_auth).json()
        requests.post(f"{archive.api_url}orders", json=orders, auth=archive_auth).raise_for_status()

    return copy


def test_each_provider_gets_its_own_requests(shop, archive, copy_orders):
    shop.api.get("/orders").reply(json=[{"id": 7}])
    copy_orders()

    shop.assert_token_request(scope="orders:read", count=1)
    archive.assert_token_request(scope="ingr.api", count=1)
    archive.assert_api_request(method="POST", path="/orders", json=[{"id": 7}])


def test_only_the_expired_token_is_renewed(shop, archive, copy_orders):
    copy_orders()
    shop.clock.advance(minutes=10)
    copy_orders()

    assert len(shop.token_requests) == 2
    assert len(archive.token_requests) == 1


def test_a_token_of_one_is_no_good_at_the_other(shop, archive):
    bearer = {"Authorization": f"Bearer {shop.mint()}"}

    assert requests.get(shop.api_url, headers=bearer).status_code == 200
    assert requests.get(archive.api_url, headers=bearer).status_code == 401
