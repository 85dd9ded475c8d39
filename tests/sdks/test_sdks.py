"""
Published SDKs against the fake of the provider that each was made for, unmodified, through their usual constructors.

Each gets a token and makes an API call with it. What they need is in ``tests/requirements-sdks.txt``; an SDK that is not
installed is skipped.
"""

from __future__ import annotations

import sys

import pytest


def oauthcc(profile, **options):
    return pytest.mark.oauthcc(profile, client_id="acme", client_secret="s3cret", **options)


@pytest.fixture(scope="module", autouse=True)
def _forget_what_imports_itself_when_looked_at():
    """A freeze that a test begins with freezegun itself looks at all names of all modules, and would import auth0's."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "auth0"]:
        del sys.modules[name]


TENANT = "3c5e9a10-7b42-4d6f-8a1b-0c9d2e4f6a77"


@oauthcc("entra", scopes="User.Read.All")
def test_msal(oauthcc):
    """MSAL finds the endpoint through the tenant's metadata, keeps the token, and renews it when it has expired."""
    import requests

    msal = pytest.importorskip("msal")
    app = msal.ConfidentialClientApplication(
        "acme", client_credential="s3cret", authority=f"https://login.microsoftonline.com/{TENANT}"
    )
    scopes = ["https://graph.microsoft.com/.default"]

    answer = app.acquire_token_for_client(scopes=scopes)
    assert answer["token_type"] == "Bearer"
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert requests.get("https://graph.microsoft.com/v1.0/users", headers=headers, timeout=5).status_code == 200
    assert app.acquire_token_for_client(scopes=scopes)["access_token"] == answer["access_token"]
    assert len(oauthcc.token_requests) == 1

    oauthcc.clock.advance(hours=1)
    assert app.acquire_token_for_client(scopes=scopes)["access_token"] != answer["access_token"]
    oauthcc.assert_token_request(scope="https://graph.microsoft.com/.default", count=2)


@oauthcc("entra")
def test_msal_reads_the_error_of_a_wrong_secret(oauthcc):
    """The codes and ids of the error arrive in MSAL's own result."""
    msal = pytest.importorskip("msal")
    app = msal.ConfidentialClientApplication(
        "acme", client_credential="wrong", authority=f"https://login.microsoftonline.com/{TENANT}"
    )
    answer = app.acquire_token_for_client(scopes=["https://graph.microsoft.com/.default"])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])
    assert answer["error_description"].startswith("AADSTS7000215: ")
    assert answer["correlation_id"]


@oauthcc("auth0-management")
def test_auth0_python(oauthcc):
    """The management client gets its token by itself and reads a user with it."""
    pytest.importorskip("auth0")
    from auth0.management import ManagementClient

    oauthcc.api.get("/users/{id}").reply(json={"user_id": "auth0|1"})
    client = ManagementClient(domain="acme.auth0.test", client_id="acme", client_secret="s3cret")
    assert client.users.get("auth0|1").user_id == "auth0|1"
    oauthcc.assert_token_request(params={"audience": "https://acme.auth0.test/api/v2/"}, count=1)


@oauthcc("auth0")
def test_auth0_python_authentication(oauthcc):
    """The authentication client returns the answer as it is, and raises its own error for a wrong secret."""
    import requests

    pytest.importorskip("auth0")
    from auth0.authentication import GetToken
    from auth0.authentication.exceptions import Auth0Error

    answer = GetToken("acme.auth0.test", "acme", client_secret="s3cret").client_credentials(oauthcc.api_url)
    assert answer["expires_in"] == 86400
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert requests.get(oauthcc.api_url, headers=headers, timeout=5).status_code == 200
    with pytest.raises(Auth0Error, match="Unauthorized"):
        GetToken("acme.auth0.test", "acme", client_secret="wrong").client_credentials(oauthcc.api_url)


@oauthcc("spotify")
def test_spotipy(oauthcc):
    """An artist is read with a token that Spotipy gets when it is first needed."""
    spotipy = pytest.importorskip("spotipy")
    from spotipy.cache_handler import MemoryCacheHandler
    from spotipy.oauth2 import SpotifyClientCredentials

    oauthcc.api.get("/v1/artists/{id}").reply(json={"name": "Nina Simone"})
    manager = SpotifyClientCredentials("acme", "s3cret", cache_handler=MemoryCacheHandler())
    spotify = spotipy.Spotify(auth_manager=manager)
    assert spotify.artist("7G1GBhoKtEPnP86X2PvEYO")["name"] == "Nina Simone"
    assert spotify.artist("7G1GBhoKtEPnP86X2PvEYO")["name"] == "Nina Simone"
    oauthcc.assert_token_request(auth_method="client_secret_basic", count=1)


@oauthcc("keycloak", api_url="https://keycloak.test/admin/realms/acme")
def test_python_keycloak(oauthcc):
    """The admin client logs in with its service account and lists users."""
    pytest.importorskip("keycloak")
    from keycloak import KeycloakAdmin

    oauthcc.api.get("/users").reply(json=[{"username": "nina"}])
    admin = KeycloakAdmin(
        server_url="https://keycloak.test/", realm_name="acme", client_id="acme", client_secret_key="s3cret"
    )
    assert admin.get_users({"max": 10}) == [{"username": "nina"}]
    oauthcc.assert_token_request(grant_type="client_credentials", count=1)


@oauthcc("databricks")
def test_databricks_sdk(oauthcc):
    """The workspace client finds the endpoint through the metadata and asks who it is."""
    pytest.importorskip("databricks.sdk")
    from databricks.sdk import WorkspaceClient

    oauthcc.api.get("/2.0/preview/scim/v2/Me").reply(json={"userName": "acme"})
    client = WorkspaceClient(host="https://acme.cloud.databricks.test", client_id="acme", client_secret="s3cret")
    assert client.current_user.me().user_name == "acme"
    oauthcc.assert_token_request(scope="all-apis", count=1)


@oauthcc("salesforce")
def test_simple_salesforce(oauthcc):
    """A query goes to the instance_url of the answer."""
    pytest.importorskip("simple_salesforce")
    from simple_salesforce import Salesforce

    salesforce = Salesforce(consumer_key="acme", consumer_secret="s3cret", domain="oauthcc-acme.my")
    oauthcc.api.get(f"/services/data/v{salesforce.sf_version}/query/").reply(json={"totalSize": 0, "records": []})
    assert salesforce.query("SELECT Id FROM Account")["totalSize"] == 0
    assert len(oauthcc.token_requests) == 1


@oauthcc("box")
def test_box_sdk(oauthcc):
    """The client asks who it is, as the enterprise's service account."""
    pytest.importorskip("box_sdk_gen")
    from box_sdk_gen import BoxCCGAuth, BoxClient, CCGConfig

    oauthcc.api.get("/users/me").reply(json={"id": "7", "type": "user", "name": "ACME"})
    auth = BoxCCGAuth(CCGConfig(client_id="acme", client_secret="s3cret", enterprise_id="1"))
    assert BoxClient(auth).users.get_user_me().name == "ACME"
    oauthcc.assert_token_request(params={"box_subject_type": "enterprise", "box_subject_id": "1"}, count=1)


@oauthcc("paypal")
def test_paypalrestsdk(oauthcc):
    """A payment is read with a token that the SDK gets when it is first needed."""
    paypal = pytest.importorskip("paypalrestsdk")
    oauthcc.api.get("/v1/payments/payment/{id}").reply(json={"id": "PAY-1", "state": "approved"})
    api = paypal.Api({"mode": "live", "client_id": "acme", "client_secret": "s3cret"})
    assert paypal.Payment.find("PAY-1", api=api).state == "approved"
    oauthcc.assert_token_request(auth_method="client_secret_basic", count=1)
