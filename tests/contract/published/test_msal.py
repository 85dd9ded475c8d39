"""msal, which reads the provider's OpenID metadata first and returns errors instead of raising them."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import msal
import pytest
import requests
from published_findings import Finding

from pytest_oauthcc import ClientContract


class NoToken(Exception):
    """What a program makes of an answer without a token."""


@pytest.mark.oauthcc(issuer="https://auth.oauthcc.test/tenant")  # msal takes no authority without a path
class TestMsal(ClientContract):
    scope = "orders:read"
    distribution = "msal"
    findings = (
        Finding(
            "The cache is locked, but not the way from a miss to the new token: each of several threads sends a token "
            "request",
            "msal.application:ClientApplication._acquire_token_silent_from_cache_and_possibly_refresh_it",
            ("asks-once-for-many-callers", "renews-once-for-many-callers"),
            "An application object is meant to be kept and reused.",
            "https://github.com/AzureAD/microsoft-authentication-library-for-python/issues/549",
        ),
        Finding(
            "Tokens are not used in their last five minutes: one that lives no longer is fetched for every call",
            "msal.application:ClientApplication._acquire_token_silent_from_cache_and_possibly_refresh_it",
            ("keeps-short-lived-tokens",),
            "The tokens of Entra ID, for which it is made, live longer than that.",
        ),
        Finding(
            "expires_in: null raises TypeError in int()",
            "msal.token_cache:TokenCache.add",
            ("works-with-expires-in-null",),
            "An answer without the member is fine, and counts for 600 s.",
        ),
        Finding(
            "An access_token that is null or empty is in the result, so that 'if \"access_token\" in result' lets it pass",
            "msal.application:ConfidentialClientApplication.acquire_token_for_client",
            ("uses-no-missing-token[null]", "uses-no-missing-token[empty]"),
            "It is the server that breaks RFC 6749 section 5.1; an answer without the member is noticed.",
        ),
        Finding(
            "JSON that is no object ends in an AttributeError or TypeError: the answer is taken for a dict",
            "msal.oauth2cli.oauth2:Client._obtain_token",
            ("explains-a-useless-answer[list]", "explains-a-useless-answer[null]"),
        ),
        Finding(
            "A page with 403 or 404 ends in a bare JSONDecodeError, which does not tell the status",
            "msal.oauth2cli.oauth2:BaseClient._obtain_token",
            ("tells-the-status-of-an-error-page[403]", "tells-the-status-of-an-error-page[404]"),
            "The status of a 5xx is told.",
        ),
        Finding(
            "Its requests have no timeout unless the program sets one",
            "msal.application:ClientApplication.__init__",
            ("sets-a-timeout",),
            "timeout= sets it; the default is that of requests.",
        ),
        Finding(
            "Redirects with 307 and 308 of the token endpoint are followed to any host, with the secret in the body",
            "msal.oauth2cli.oauth2:BaseClient._obtain_token",
            ("keeps-the-secret-from-other-hosts[307]", "keeps-the-secret-from-other-hosts[308]"),
            "It takes a token endpoint that redirects; a session of the program's own goes in by http_client=.",
        ),
        Finding(
            "requests adds an entry of ~/.netrc for the host to the token request, as a second authentication",
            "msal.application:ClientApplication.__init__",
            ("is-not-misled-by-netrc",),
            "That is requests' default; its makers point to http_client= for a session with other settings.",
            "https://github.com/AzureAD/microsoft-authentication-library-for-python/pull/579",
        ),
    )
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
