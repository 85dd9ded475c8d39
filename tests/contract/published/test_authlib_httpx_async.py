"""Authlib on asynchronous httpx, which renews by itself."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client

from pytest_oauthcc import ClientContract

SEEN = "Authlib 1.9.9 (async httpx)"


class TestAuthlibHttpxAsync(ClientContract):
    scope = "orders:read"
    waived = {
        "encodes-a-secret-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "encodes-an-id-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "keeps-a-colon-in-its-id": "Id and secret go into the Basic header without being form-encoded first",
        "sends-a-non-ascii-secret-as-utf-8": "A secret beyond latin-1 raises UnicodeEncodeError",
        "refuses-a-plain-http-token-url": "The secret is sent to an http:// token URL without a word",
        "gets-a-new-token-after-a-401": "A token that the API refused is kept, and sent again until its expiry",
        "repeats-the-call-after-a-401": "A 401 of the API is handed on, without a new token",
        "uses-no-missing-token": "An access_token that is null or empty is sent to the API, as 'Bearer None'",
        "renews-with-its-credentials": "A refresh_token in the answer is tried at expiry, and its refusal fails the call",
        "keeps-short-lived-tokens": "The leeway is 60 s whatever the lifetime: tokens of 30 s are renewed on every call",
        "reads-the-exp-of-a-jwt": "Without expires_in the token is taken to be good for ever, also a JWT with exp",
        "does-not-take-zero-for-ever": "expires_in: 0 is falsy, and taken for no expiry at all",
    }
    not_applicable = {
        "asks-once-for-many-callers": "the program fetches the first token itself",
    }

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
