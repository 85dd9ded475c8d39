"""unittest: the same provider without fixtures, for pytest and for ``python -m unittest``."""

import unittest

import requests
from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth

import pytest_oauthcc


class OrdersTest(unittest.TestCase):
    def setUp(self):
        self.provider = self.enterContext(pytest_oauthcc.provider(expires_in=300))
        client = OAuth2Client(self.provider.token_url, auth=(self.provider.client_id, self.provider.client_secret))
        self.auth = OAuth2ClientCredentialsAuth(client, scope="orders:read")

    def orders(self):
        return requests.get(f"{self.provider.api_url}orders", auth=self.auth)

    def test_gets_a_token_and_calls_the_api(self):
        self.provider.api.get("/orders").reply(json=[{"id": 7}])

        self.assertEqual(self.orders().json(), [{"id": 7}])
        self.provider.assert_token_request(scope="orders:read", count=1)

    def test_renews_its_token_after_expiry(self):
        self.orders()
        self.provider.clock.advance(minutes=5)
        self.orders()

        self.assertEqual(len(self.provider.token_requests), 2)
