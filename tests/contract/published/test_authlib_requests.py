"""Authlib on requests, which renews by itself."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib_findings import BASIC, LEEWAY, NO_TOKEN, NOT_APPLICABLE, PLAIN_HTTP, ZERO, spent_refresh_token
from published_findings import Finding

from pytest_oauthcc import ClientContract


class TestAuthlibRequests(ClientContract):
    scope = "orders:read"
    distribution = "Authlib"
    variant = "requests"
    findings = (
        BASIC,
        LEEWAY,
        ZERO,
        spent_refresh_token("authlib.oauth2.client:OAuth2Client.ensure_active_token"),
        NO_TOKEN,
        PLAIN_HTTP,
        Finding(
            "The token request has no timeout unless the program sets one",
            "authlib.integrations.requests_client.oauth2_session:OAuth2Session.request",
            ("sets-a-timeout",),
            "default_timeout= sets it for all requests; the default is that of requests.",
            "https://github.com/authlib/authlib/pull/510",
        ),
    )
    not_applicable = {
        **NOT_APPLICABLE,
        "renews-once-for-many-callers": "it is a requests.Session, of which requests does not promise that threads may "
        "share it ([issue](https://github.com/psf/requests/issues/2766))",
    }

    @pytest.fixture
    def session(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            return OAuth2Session(
                client_id or oauthcc.client_id,
                client_secret or oauthcc.client_secret,
                scope=scope or self.scope,
                token_endpoint=oauthcc.token_url,
                grant_type="client_credentials",
            )

        return make

    @pytest.fixture
    def make_client(self, oauthcc, session):
        def make(**options):
            made = session(**options)

            def call():
                if not made.token:
                    made.fetch_token()
                return made.get(f"{oauthcc.api_url}orders")

            return call

        return make

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()
