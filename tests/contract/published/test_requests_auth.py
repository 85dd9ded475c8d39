"""requests-auth, an auth object with a token cache that the whole process shares."""

# ruff: noqa: D102 - fixtures, as a user writes them

import functools

import pytest
import requests
from auth_object_findings import NOT_APPLICABLE, findings_of
from published_findings import Finding
from requests_auth import OAuth2, OAuth2ClientCredentials

from pytest_oauthcc import ClientContract


class TestRequestsAuth(ClientContract):
    scope = "orders:read"
    distribution = "requests-auth"
    findings = (
        Finding(
            "The cache is one for the process, and its key has the token URL and the scope but not the client: a "
            "second client gets the first one's tokens",
            "requests_auth._oauth2.client_credentials:OAuth2ClientCredentials.__init__",
            ("keeps-tokens-of-clients-apart",),
            "Its sister httpx-auth has put the client into the key.",
            "https://github.com/Colin-b/httpx_auth/issues/97",
        ),
        *findings_of("requests_auth", basic="__init__", is_expired="_is_expired", to_expiry="_to_expiry"),
    )
    not_applicable = NOT_APPLICABLE

    @pytest.fixture(autouse=True)
    def _no_tokens_of_earlier_tests(self):
        OAuth2.token_cache.clear()

    @pytest.fixture
    def auth(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            return OAuth2ClientCredentials(
                oauthcc.token_url,
                client_id or oauthcc.client_id,
                client_secret or oauthcc.client_secret,
                scope=(scope or self.scope).split(),
            )

        return make

    @pytest.fixture
    def make_client(self, oauthcc, auth):
        url = f"{oauthcc.api_url}orders"
        return lambda **options: functools.partial(requests.get, url, auth=auth(**options))

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()

    @pytest.fixture
    def send_body(self, oauthcc, auth):
        made = auth()
        return lambda body: requests.post(f"{oauthcc.api_url}orders", json=body, auth=made)
