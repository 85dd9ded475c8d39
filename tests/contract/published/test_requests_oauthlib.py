"""requests-oauthlib, used as its documentation shows: fetch a token, and again when it says that it has expired."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import pytest
from oauthlib.oauth2 import BackendApplicationClient, TokenExpiredError
from requests_oauthlib import OAuth2Session

from pytest_oauthcc import ClientContract

SEEN = "requests-oauthlib 2.0.0"


class TestRequestsOauthlib(ClientContract):
    scope = "orders:read"
    waived = {
        "encodes-a-secret-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "encodes-an-id-with-reserved-characters": "Id and secret go into the Basic header without being form-encoded first",
        "keeps-a-colon-in-its-id": "Id and secret go into the Basic header without being form-encoded first",
        "sends-a-non-ascii-secret-as-utf-8": "A secret beyond latin-1 raises UnicodeEncodeError",
        "explains-a-useless-answer": "JSON null makes it stumble: TypeError: argument of type 'NoneType' is not iterable",
        "sets-a-timeout": "The token request has no timeout unless the program gives one",
        "keeps-secrets-out-of-logs": "At DEBUG it logs the headers of the token request, with the Basic credentials, and its answer, with the token",
        "tells-the-status-of-an-error-page": "A page instead of JSON ends in 'Missing access token parameter', without the status",
        "reads-the-exp-of-a-jwt": "Without expires_in the token is taken to be good for ever, also a JWT with exp",
        "does-not-take-zero-for-ever": "expires_in: 0 is falsy, and taken for no expiry at all",
        "takes-a-narrower-scope": "Another scope in the answer raises a Warning as an exception",
    }
    not_applicable = {
        "asks-once-for-many-callers": "requests-oauthlib leaves getting another token to the program",
        "renews-once-for-many-callers": "requests-oauthlib leaves getting another token to the program",
        "gets-a-new-token-after-a-401": "requests-oauthlib leaves getting another token to the program",
        "repeats-the-call-after-a-401": "requests-oauthlib leaves getting another token to the program",
        "tolerates-clock-skew": "requests-oauthlib leaves getting another token to the program",
    }

    @pytest.fixture
    def make_client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            client = BackendApplicationClient(client_id or oauthcc.client_id, scope=scope or self.scope)
            session = OAuth2Session(client=client)
            secret = client_secret or oauthcc.client_secret

            def call():
                if not session.token:
                    session.fetch_token(oauthcc.token_url, client_secret=secret)
                try:
                    return session.get(f"{oauthcc.api_url}orders")
                except TokenExpiredError:
                    session.fetch_token(oauthcc.token_url, client_secret=secret)
                    return session.get(f"{oauthcc.api_url}orders")

            return call

        return make

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()
