"""requests-oauth2client, an auth object that keeps its own token."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import functools

import pytest
import requests
from requests_oauth2client import ClientSecretBasic, OAuth2Client, OAuth2ClientCredentialsAuth

from pytest_oauthcc import ClientContract

SEEN = "requests-oauth2client 1.8.0"


class TestRequestsOauth2Client(ClientContract):
    scope = "orders:read"
    waived = {
        "encodes-a-secret-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "encodes-an-id-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "keeps-a-colon-in-its-id": "Id and secret go into the Basic header without being form-encoded first",
        "gets-a-new-token-after-a-401": "A token that the API refused is kept, and sent again until its expiry",
        "repeats-the-call-after-a-401": "A 401 of the API is handed on, without a new token",
        "asks-once-for-many-callers": "Nothing is locked while the first token is fetched: a token request for each caller",
        "renews-once-for-many-callers": "Nothing is locked while a token is renewed: a token request for each caller",
        "uses-no-missing-token": "An access_token that is null or empty is taken, and the API called without a token",
        "reads-the-exp-of-a-jwt": "Without expires_in the token is taken to be good for ever, also a JWT with exp",
        "reads-expires-in-as-a-float": "expires_in is looked at where it is an int or a str, and ignored where it is a float",
        "does-not-take-zero-for-ever": "expires_in: 0 is falsy, and taken for no expiry at all",
        "survives-a-huge-expires-in": "datetime overflows when expires_in is huge, and the error speaks of 'error'",
    }

    @pytest.fixture
    def auth(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            method = ClientSecretBasic(client_id or oauthcc.client_id, client_secret or oauthcc.client_secret)
            return OAuth2ClientCredentialsAuth(OAuth2Client(oauthcc.token_url, auth=method), scope=scope or self.scope)

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
