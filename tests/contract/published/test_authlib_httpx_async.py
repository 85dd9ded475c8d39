"""Authlib on asynchronous httpx, which renews by itself."""

# ruff: noqa: D102 - fixtures, as a user writes them

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib_findings import BASIC, LEEWAY, NO_TOKEN, NOT_APPLICABLE, PLAIN_HTTP, ZERO, spent_refresh_token

from pytest_oauthcc import ClientContract


class TestAuthlibHttpxAsync(ClientContract):
    scope = "orders:read"
    distribution = "Authlib"
    variant = "async httpx"
    findings = (
        BASIC,
        LEEWAY,
        ZERO,
        spent_refresh_token("authlib.integrations.httpx_client.oauth2_client:AsyncOAuth2Client.ensure_active_token"),
        NO_TOKEN,
        PLAIN_HTTP,
    )
    not_applicable = NOT_APPLICABLE

    @pytest.fixture
    def make_client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            client = AsyncOAuth2Client(
                client_id or oauthcc.client_id,
                client_secret or oauthcc.client_secret,
                scope=scope or self.scope,
                token_endpoint=oauthcc.token_url,
                grant_type="client_credentials",
            )

            async def call():
                if not client.token:
                    await client.fetch_token()
                return await client.get(f"{oauthcc.api_url}orders")

            return call

        return make

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()
