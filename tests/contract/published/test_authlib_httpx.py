"""Authlib on httpx, which renews by itself."""

# ruff: noqa: D102 - fixtures, as a user writes them

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib_findings import BASIC, LEEWAY, NO_TOKEN, NOT_APPLICABLE, PLAIN_HTTP, ZERO, spent_refresh_token
from published_findings import Finding

from pytest_oauthcc import ClientContract


class TestAuthlibHttpx(ClientContract):
    scope = "orders:read"
    distribution = "Authlib"
    variant = "httpx"
    findings = (
        BASIC,
        Finding(
            "Nothing is locked while a token is renewed: each of several threads sends a token request",
            "authlib.oauth2.client:OAuth2Client.ensure_active_token",
            ("renews-once-for-many-callers",),
            "httpx lets threads share a client. The asynchronous client has a lock since the issue.",
            "https://github.com/authlib/authlib/issues/266",
        ),
        LEEWAY,
        ZERO,
        spent_refresh_token("authlib.oauth2.client:OAuth2Client.ensure_active_token"),
        NO_TOKEN,
        PLAIN_HTTP,
    )
    not_applicable = NOT_APPLICABLE

    @pytest.fixture
    def make_client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            client = OAuth2Client(
                client_id or oauthcc.client_id,
                client_secret or oauthcc.client_secret,
                scope=scope or self.scope,
                token_endpoint=oauthcc.token_url,
                grant_type="client_credentials",
            )

            def call():
                if not client.token:
                    client.fetch_token()
                return client.get(f"{oauthcc.api_url}orders")

            return call

        return make

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()
