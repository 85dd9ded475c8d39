"""httpx-auth, an auth object with a token cache that the whole process shares."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import functools

import httpx
import pytest
from httpx_auth import OAuth2, OAuth2ClientCredentials

from pytest_oauthcc import ClientContract

SEEN = "httpx-auth 0.23.1"


class TestHttpxAuth(ClientContract):
    scope = "orders:read"
    waived = {
        "encodes-a-secret-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "encodes-an-id-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "keeps-a-colon-in-its-id": "Id and secret go into the Basic header without being form-encoded first",
        "refuses-a-plain-http-token-url": "The secret is sent to an http:// token URL without a word",
        "gets-a-new-token-after-a-401": "A token that the API refused is kept, and sent again until its expiry",
        "repeats-the-call-after-a-401": "A 401 of the API is handed on, without a new token",
        "asks-once-for-many-callers": "Nothing is locked while the first token is fetched: a token request for each caller",
        "renews-once-for-many-callers": "Nothing is locked while a token is renewed: a token request for each caller",
        "explains-a-useless-answer": "JSON that is no object makes it stumble: AttributeError: 'list' object has no attribute 'get'",
        "keeps-short-lived-tokens": "The early expiry is 30 s whatever the lifetime: tokens of 30 s are renewed on every call",
        "survives-a-huge-expires-in": "datetime overflows when expires_in is huge",
    }

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
