"""Published clients, used as their documentation shows, break no MUST."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import quote_plus

import pytest

# msal takes no authority without a path.
pytestmark = pytest.mark.oauthcc(
    issuer="https://auth.oauthcc.test/tenant",
    scopes="orders:read orders:write",
    auth_methods=["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"],
)

SCOPE = "orders:read orders:write"


def by_requests(oauthcc):
    """Requests by hand, with Basic."""
    requests = pytest.importorskip("requests")

    def call():
        auth = (quote_plus(oauthcc.client_id), quote_plus(oauthcc.client_secret))
        data = {"grant_type": "client_credentials", "scope": SCOPE}
        token = requests.post(oauthcc.token_url, data=data, auth=auth, timeout=5).json()["access_token"]
        requests.get(f"{oauthcc.api_url}orders", headers={"Authorization": f"Bearer {token}"}, timeout=5)

    return call


def by_requests_body(oauthcc):
    """Requests by hand, with the credentials in the body."""
    requests = pytest.importorskip("requests")

    def call():
        data = {
            "grant_type": "client_credentials",
            "client_id": oauthcc.client_id,
            "client_secret": oauthcc.client_secret,
        }
        token = requests.post(oauthcc.token_url, data=data, timeout=5).json()["access_token"]
        requests.post(
            f"{oauthcc.api_url}orders", json={"n": 1}, headers={"Authorization": f"Bearer {token}"}, timeout=5
        )

    return call


def by_httpx(oauthcc):
    """Httpx by hand."""
    httpx = pytest.importorskip("httpx")

    def call():
        with httpx.Client() as client:
            auth = (oauthcc.client_id, oauthcc.client_secret)
            answer = client.post(oauthcc.token_url, data={"grant_type": "client_credentials"}, auth=auth)
            token = answer.json()["access_token"]
            client.get(f"{oauthcc.api_url}orders?page=2", headers={"Authorization": f"Bearer {token}"})

    return call


def by_urllib(oauthcc):
    """The standard library by hand."""
    import json
    from urllib.parse import urlencode
    from urllib.request import Request, urlopen

    def call():
        pair = base64.b64encode(f"{oauthcc.client_id}:{oauthcc.client_secret}".encode()).decode()
        body = urlencode({"grant_type": "client_credentials", "scope": SCOPE}).encode()
        with urlopen(Request(oauthcc.token_url, body, {"Authorization": f"Basic {pair}"})) as answer:
            token = json.load(answer)["access_token"]
        with urlopen(Request(f"{oauthcc.api_url}orders", headers={"Authorization": f"Bearer {token}"})):
            pass

    return call


def by_requests_oauthlib(oauthcc, **options):
    """requests-oauthlib."""
    requests_oauthlib = pytest.importorskip("requests_oauthlib")
    from oauthlib.oauth2 import BackendApplicationClient

    def call():
        client = BackendApplicationClient(client_id=oauthcc.client_id, scope=SCOPE.split())
        session = requests_oauthlib.OAuth2Session(client=client)
        session.fetch_token(oauthcc.token_url, client_secret=oauthcc.client_secret, **options)
        session.get(f"{oauthcc.api_url}orders")

    return call


def by_requests_oauthlib_body(oauthcc):
    """requests-oauthlib, with the client id in the body as well."""
    return by_requests_oauthlib(oauthcc, include_client_id=True)


def by_authlib_requests(oauthcc, method="client_secret_basic"):
    """Authlib with requests."""
    module = pytest.importorskip("authlib.integrations.requests_client")
    session = module.OAuth2Session(
        oauthcc.client_id,
        oauthcc.client_secret,
        scope=SCOPE,
        token_endpoint=oauthcc.token_url,
        token_endpoint_auth_method=method,
        grant_type="client_credentials",
    )
    session.fetch_token()
    return lambda: session.get(f"{oauthcc.api_url}orders")


def by_authlib_requests_body(oauthcc):
    """Authlib with requests, credentials in the body."""
    return by_authlib_requests(oauthcc, "client_secret_post")


def by_authlib_httpx(oauthcc):
    """Authlib with httpx."""
    module = pytest.importorskip("authlib.integrations.httpx_client")
    session = module.OAuth2Client(
        oauthcc.client_id,
        oauthcc.client_secret,
        scope=SCOPE,
        token_endpoint=oauthcc.token_url,
        grant_type="client_credentials",
    )
    session.fetch_token()
    return lambda: session.get(f"{oauthcc.api_url}orders")


def by_authlib_httpx_async(oauthcc):
    """Authlib with httpx, asynchronous."""
    module = pytest.importorskip("authlib.integrations.httpx_client")

    async def go():
        async with module.AsyncOAuth2Client(
            oauthcc.client_id,
            oauthcc.client_secret,
            scope=SCOPE,
            token_endpoint=oauthcc.token_url,
            grant_type="client_credentials",
        ) as session:
            await session.fetch_token()
            await session.get(f"{oauthcc.api_url}orders")

    return lambda: asyncio.run(go())


def by_httpx_auth(oauthcc):
    """httpx-auth."""
    httpx_auth = pytest.importorskip("httpx_auth")
    import httpx

    httpx_auth.OAuth2.token_cache.clear()
    auth = httpx_auth.OAuth2ClientCredentials(
        oauthcc.token_url, client_id=oauthcc.client_id, client_secret=oauthcc.client_secret, scope=SCOPE.split()
    )
    return lambda: httpx.get(f"{oauthcc.api_url}orders", auth=auth)


def by_requests_auth(oauthcc):
    """requests-auth."""
    requests_auth = pytest.importorskip("requests_auth")
    import requests

    requests_auth.OAuth2.token_cache.clear()
    auth = requests_auth.OAuth2ClientCredentials(
        oauthcc.token_url, client_id=oauthcc.client_id, client_secret=oauthcc.client_secret, scope=SCOPE.split()
    )
    return lambda: requests.get(f"{oauthcc.api_url}orders", auth=auth, timeout=5)


def by_requests_oauth2client(oauthcc, auth=None):
    """requests-oauth2client."""
    module = pytest.importorskip("requests_oauth2client")
    import requests

    client = module.OAuth2Client(
        token_endpoint=oauthcc.token_url,
        issuer=oauthcc.issuer,
        revocation_endpoint=oauthcc.revocation_url,
        auth=auth or (oauthcc.client_id, oauthcc.client_secret),
    )
    session = requests.Session()
    session.auth = module.OAuth2ClientCredentialsAuth(client, scope=SCOPE)
    return lambda: session.get(f"{oauthcc.api_url}orders")


def by_requests_oauth2client_basic(oauthcc):
    """requests-oauth2client with Basic."""
    module = pytest.importorskip("requests_oauth2client")
    return by_requests_oauth2client(oauthcc, module.ClientSecretBasic(oauthcc.client_id, oauthcc.client_secret))


def by_requests_oauth2client_secret_jwt(oauthcc):
    """requests-oauth2client with an assertion signed by the secret."""
    module = pytest.importorskip("requests_oauth2client")
    return by_requests_oauth2client(oauthcc, module.ClientSecretJwt(oauthcc.client_id, oauthcc.client_secret))


def by_requests_oauth2client_private_key_jwt(oauthcc):
    """requests-oauth2client with an assertion signed by a private key."""
    module = pytest.importorskip("requests_oauth2client")
    jwskate = pytest.importorskip("jwskate")
    key = jwskate.Jwk.from_pem(oauthcc.private_key).with_kid_thumbprint()
    client = oauthcc.add_client(jwks={"keys": [key.public_jwk().to_dict()]})
    return by_requests_oauth2client(oauthcc, module.PrivateKeyJwt(client.client_id, key, alg="RS256"))


def by_msal(oauthcc):
    """Msal."""
    msal = pytest.importorskip("msal")
    import requests

    app = msal.ConfidentialClientApplication(
        oauthcc.client_id, client_credential=oauthcc.client_secret, oidc_authority=oauthcc.issuer
    )

    def call():
        token = app.acquire_token_for_client(SCOPE.split())["access_token"]
        requests.get(f"{oauthcc.api_url}orders", headers={"Authorization": f"Bearer {token}"}, timeout=5)

    return call


CLIENTS = [maker for name, maker in list(globals().items()) if name.startswith("by_")]


@pytest.mark.parametrize("make", CLIENTS, ids=lambda make: make.__name__)
def test_a_published_client_breaks_no_must(oauthcc, make):
    """A client as documented works, renews its token, and the fake has nothing against it."""
    call = make(oauthcc)
    call()
    call()
    oauthcc.clock.expire()
    call()
    assert len(oauthcc.token_requests) >= 2
    assert {request.status for request in oauthcc.token_requests} == {200}
    assert [violation for violation in oauthcc.violations if violation.rule.level == "must"] == []
