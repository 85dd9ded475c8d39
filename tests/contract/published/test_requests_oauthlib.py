"""requests-oauthlib, used as its documentation shows: fetch a token, and again when it says that it has expired."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import pytest
from oauthlib.oauth2 import BackendApplicationClient, TokenExpiredError
from published_findings import Finding
from requests_oauthlib import OAuth2Session

from pytest_oauthcc import ClientContract

_BY_HAND = "requests-oauthlib leaves getting another token to the program"


class TestRequestsOauthlib(ClientContract):
    scope = "orders:read"
    distribution = "requests-oauthlib"
    findings = (
        Finding(
            "Id and secret go into the Basic header as they are, where RFC 6749 has them form-encoded first",
            "requests_oauthlib.oauth2_session:OAuth2Session.fetch_token",
            (
                "encodes-a-secret-with-reserved-characters",
                "encodes-an-id-with-reserved-characters",
                "keeps-a-colon-in-its-id",
            ),
            "include_client_id=True sends both in the body instead. Letters, digits and -._ are the same either way.",
            "https://github.com/requests/requests-oauthlib/pull/568",
        ),
        Finding(
            "Another scope in the answer than was asked for raises a Warning as an exception",
            "oauthlib.oauth2.rfc6749.parameters:validate_token_parameters",
            ("takes-a-narrower-scope",),
            "The environment variable OAUTHLIB_RELAX_TOKEN_SCOPE turns it off.",
            "https://github.com/oauthlib/oauthlib/issues/562",
        ),
        Finding(
            "expires_in: 0 is falsy, and counts as no expiry at all: TokenExpiredError is never raised",
            "oauthlib.oauth2.rfc6749.parameters:parse_expires",
            ("does-not-take-zero-for-ever",),
        ),
        Finding(
            "The answer null ends in a TypeError: it is taken for a dict",
            "oauthlib.oauth2.rfc6749.parameters:parse_token_response",
            ("explains-a-useless-answer[null]",),
        ),
        Finding(
            "A page instead of JSON ends in 'Missing access token parameter', which does not tell the status",
            "requests_oauthlib.oauth2_session:OAuth2Session.fetch_token",
            (
                "tells-the-status-of-an-error-page[403]",
                "tells-the-status-of-an-error-page[404]",
                "tells-the-status-of-an-error-page[502]",
            ),
            "The status is not looked at, since some providers send what is wanted with a 4xx.",
            "https://github.com/requests/requests-oauthlib/pull/217",
        ),
        Finding(
            "The token request has no timeout unless the program sets one",
            "requests_oauthlib.oauth2_session:OAuth2Session.fetch_token",
            ("sets-a-timeout",),
            "fetch_token(timeout=...) sets it; the default is that of requests.",
            "https://github.com/requests/requests-oauthlib/pull/133",
        ),
        Finding(
            "At DEBUG it logs the token request with the Basic credentials, and the answer with the token",
            "requests_oauthlib.oauth2_session:OAuth2Session.fetch_token",
            ("keeps-secrets-out-of-logs",),
            "Its logger can be kept above DEBUG.",
            "https://github.com/requests/requests-oauthlib/issues/536",
        ),
    )
    not_applicable = {
        "asks-once-for-many-callers": _BY_HAND,
        "renews-once-for-many-callers": _BY_HAND,
        "gets-a-new-token-after-a-401": _BY_HAND,
        "repeats-the-call-after-a-401": _BY_HAND,
        "tolerates-clock-skew": _BY_HAND,
        "reads-the-exp-of-a-jwt": "without expires_in it is a 401 that tells, which is left to the program; RFC 9068 "
        "section 6 forbids clients to look into tokens",
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
