"""httpx-auth, an auth object with a token cache that the whole process shares."""

# ruff: noqa: D102 - fixtures, as a user writes them

import functools

import httpx
import pytest
from auth_object_findings import NOT_APPLICABLE, findings_of
from httpx_auth import OAuth2, OAuth2ClientCredentials

from pytest_oauthcc import ClientContract


class TestHttpxAuth(ClientContract):
    scope = "orders:read"
    distribution = "httpx-auth"
    findings = findings_of("httpx_auth", basic="_configure_client", is_expired="is_expired", to_expiry="to_expiry")
    not_applicable = NOT_APPLICABLE

    @pytest.fixture(autouse=True)
    def _no_tokens_of_earlier_tests(self):
        OAuth2.token_cache.clear()

    @pytest.fixture
    def client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            auth = OAuth2ClientCredentials(
                oauthcc.token_url,
                client_id=client_id or oauthcc.client_id,
                client_secret=client_secret or oauthcc.client_secret,
                scope=(scope or self.scope).split(),
            )
            return httpx.Client(auth=auth, base_url=oauthcc.api_url)

        return make

    @pytest.fixture
    def make_client(self, client):
        return lambda **options: functools.partial(client(**options).get, "/orders")

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()

    @pytest.fixture
    def send_body(self, client):
        made = client()
        return lambda body: made.post("/orders", json=body)
