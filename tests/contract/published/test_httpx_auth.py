"""httpx-auth, an auth object with a token cache that the whole process shares."""

# ruff: noqa: D102, RUF012 - fixtures and tables of reasons, as a user writes them

import functools

import httpx
import pytest
from httpx_auth import OAuth2, OAuth2ClientCredentials
from published_findings import Finding

from pytest_oauthcc import ClientContract


class TestHttpxAuth(ClientContract):
    scope = "orders:read"
    distribution = "httpx-auth"
    findings = (
        Finding(
            "Id and secret go into the Basic header as they are, where RFC 6749 has them form-encoded first",
            "httpx_auth._oauth2.client_credentials:OAuth2ClientCredentials._configure_client",
            (
                "encodes-a-secret-with-reserved-characters",
                "encodes-an-id-with-reserved-characters",
                "keeps-a-colon-in-its-id",
            ),
            "The client has no other method. Letters, digits and -._ are the same either way.",
        ),
        Finding(
            "Who asks for a token holds a lock, but nobody who waited for it looks again whether there is a token now: "
            "each of several threads sends a token request, one after the other",
            "httpx_auth._oauth2.tokens:TokenMemoryCache.get_token",
            ("asks-once-for-many-callers", "renews-once-for-many-callers"),
        ),
        Finding(
            "The early expiry is 30 s whatever the lifetime: a token of 30 s is renewed for every call",
            "httpx_auth._oauth2.tokens:is_expired",
            ("keeps-short-lived-tokens",),
            "early_expiry= takes another value, though not 0, which is falsy and gives 30 s.",
        ),
        Finding(
            "An expires_in beyond what datetime can hold raises OverflowError",
            "httpx_auth._oauth2.tokens:to_expiry",
            ("survives-a-huge-expires-in",),
            "RFC 6749 appendix A.14 sets no bound; such a value is rare.",
        ),
        Finding(
            "JSON that is no object ends in an AttributeError: the answer is taken for a dict",
            "httpx_auth._oauth2.common:request_new_grant_with_post",
            ("explains-a-useless-answer[list]", "explains-a-useless-answer[null]"),
        ),
        Finding(
            "An http:// token URL is taken as it comes, and the secret sent in the clear",
            "httpx_auth._oauth2.client_credentials:OAuth2ClientCredentials.__init__",
            ("refuses-a-plain-http-token-url",),
            "RFC 6749 section 3.2 puts the duty on the server; the URL is the program's.",
        ),
    )
    not_applicable = {
        "gets-a-new-token-after-a-401": "the auth object adds tokens and leaves answers to the program, which has "
        "OAuth2.token_cache.clear()",
        "repeats-the-call-after-a-401": "the auth object adds tokens and leaves answers to the program",
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
