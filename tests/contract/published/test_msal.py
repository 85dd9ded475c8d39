"""msal, which reads the provider's OpenID metadata first and returns errors instead of raising them."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import msal
import pytest
import requests

from pytest_oauthcc import ClientContract

SEEN = "msal 1.39.0"


class NoToken(Exception):
    """What a program makes of an answer without a token."""


@pytest.mark.oauthcc(issuer="https://auth.oauthcc.test/tenant")  # msal takes no authority without a path
class TestMsal(ClientContract):
    scope = "orders:read"
    waived = {
        "asks-once-for-many-callers": "Nothing is locked while the first token is fetched: a token request for each caller",
        "renews-once-for-many-callers": "Nothing is locked while a token is renewed: a token request for each caller",
        "keeps-the-secret-from-other-hosts": "307 and 308 of the token endpoint are followed to any host, with the secret in the body",
        "uses-no-missing-token": "An access_token that is null or empty is handed to the program as a good one",
        "explains-a-useless-answer": "JSON that is no object makes it stumble: AttributeError: 'list' object has no attribute 'items'",
        "tells-the-status-of-an-error-page": "A page with 403 or 404 ends in a bare JSONDecodeError",
        "sets-a-timeout": "Its requests have no timeout unless the program gives one",
        "is-not-misled-by-netrc": "An entry of ~/.netrc for the host is added as a second authentication",
        "keeps-short-lived-tokens": "Tokens are not used in their last five minutes: one that lives less is fetched for every call",
        "works-with-expires-in-null": "expires_in: null raises TypeError in int()",
    }

    not_applicable = {
        "gets-a-new-token-after-a-401": "msal never sees the API's answer: the program calls the API",
        "repeats-the-call-after-a-401": "msal never sees the API's answer: the program calls the API",
    }

    @pytest.fixture
    def make_client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            app = msal.ConfidentialClientApplication(
                client_id or oauthcc.client_id,
                client_credential=client_secret or oauthcc.client_secret,
                oidc_authority=oauthcc.issuer,
            )

            def call():
                answer = app.acquire_token_for_client((scope or self.scope).split())
                if "access_token" not in answer:
                    raise NoToken(f"{answer.get('error')}: {answer.get('error_description')}")
                headers = {"Authorization": f"Bearer {answer['access_token']}"}
                return requests.get(f"{oauthcc.api_url}orders", headers=headers)

            return call

        return make

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()
