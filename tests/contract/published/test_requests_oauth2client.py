"""requests-oauth2client, an auth object that keeps its own token."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import functools

import pytest
import requests
from published_findings import Finding
from requests_oauth2client import ClientSecretBasic, OAuth2Client, OAuth2ClientCredentialsAuth

from pytest_oauthcc import ClientContract

_ONE_SESSION = "nothing in it speaks of threads, and all callers would share the requests.Session of its OAuth2Client"
_ALWAYS = (
    Finding(
        "expires_in is looked at where it is an int or a str; a float counts as no expiry at all",
        "requests_oauth2client.utils:accepts_expires_in",
        ("reads-expires-in-as-a-float",),
        "RFC 6749 appendix A.14 has digits only.",
    ),
    Finding(
        "expires_in: 0 is falsy, and counts as no expiry at all",
        "requests_oauth2client.utils:accepts_expires_in",
        ("does-not-take-zero-for-ever",),
    ),
    Finding(
        "An expires_in beyond what datetime can hold ends in an InvalidTokenResponse that only says 'error'",
        "requests_oauth2client.client:OAuth2Client.parse_token_response",
        ("survives-a-huge-expires-in",),
        "RFC 6749 appendix A.14 sets no bound; such a value is rare.",
    ),
    Finding(
        "An access_token that is null or empty is taken, and the API called without one",
        "requests_oauth2client.client:OAuth2Client.parse_token_response",
        ("uses-no-missing-token[null]", "uses-no-missing-token[empty]"),
        "It is the server that breaks RFC 6749 section 5.1; an answer without the member is noticed.",
    ),
)


class TestRequestsOauth2Client(ClientContract):
    scope = "orders:read"
    distribution = "requests-oauth2client"
    variant = "by default"
    findings = (
        *_ALWAYS,
        Finding(
            "Redirects with 307 and 308 of the token endpoint are followed to any host, with the secret in the body",
            "requests_oauth2client.client:OAuth2Client._request",
            ("keeps-the-secret-from-other-hosts[307]", "keeps-the-secret-from-other-hosts[308]"),
            "It takes a token endpoint that redirects. With ClientSecretBasic, requests drops the header.",
        ),
    )
    not_applicable = {
        "asks-once-for-many-callers": _ONE_SESSION,
        "renews-once-for-many-callers": _ONE_SESSION,
        "gets-a-new-token-after-a-401": "the auth handler leaves answers to the program, which has forget_token()",
        "repeats-the-call-after-a-401": "the auth handler leaves answers to the program",
        "reads-the-exp-of-a-jwt": "without expires_in it is a 401 that tells, which is left to the program; RFC 9068 "
        "section 6 forbids clients to look into tokens",
    }

    @staticmethod
    def oauth2client(token_url, client_id, client_secret):
        return OAuth2Client(token_url, client_id=client_id, client_secret=client_secret)

    @pytest.fixture
    def auth(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            credentials = client_id or oauthcc.client_id, client_secret or oauthcc.client_secret
            return OAuth2ClientCredentialsAuth(
                self.oauth2client(oauthcc.token_url, *credentials), scope=scope or self.scope
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


class TestRequestsOauth2ClientBasic(TestRequestsOauth2Client):
    variant = "with ClientSecretBasic"
    findings = (
        *_ALWAYS,
        Finding(
            "Id and secret go into the Basic header as they are, where RFC 6749 has them form-encoded first",
            "requests_oauth2client.client_authentication:ClientSecretBasic.__call__",
            (
                "encodes-a-secret-with-reserved-characters",
                "encodes-an-id-with-reserved-characters",
                "keeps-a-colon-in-its-id",
            ),
            "Only where the program chooses ClientSecretBasic: by default both go into the body, and that is right.",
        ),
    )

    @staticmethod
    def oauth2client(token_url, client_id, client_secret):
        return OAuth2Client(token_url, auth=ClientSecretBasic(client_id, client_secret))
