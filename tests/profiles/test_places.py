"""Where each provider's token endpoint, keys and hosts are."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from pytest_oauthcc.profiles import load_profile, profile_names

ACCOUNT = "7d1f0e52-3b6a-4c88-9e21-5a0b4c6d8e99"
TENANT = "3c5e9a10-7b42-4d6f-8a1b-0c9d2e4f6a77"

TOKEN_URLS = {
    "adobe-ims": "https://ims-na1.adobelogin.com/ims/token/v3",
    "amadeus": "https://test.api.amadeus.com/v1/security/oauth2/token",
    "auth0": "https://acme.auth0.test/oauth/token",
    "auth0-management": "https://acme.auth0.test/oauth/token",
    "box": "https://api.box.com/oauth2/token",
    "cognito": "https://acme.auth.cognito.test/oauth2/token",
    "databricks": "https://acme.cloud.databricks.test/oidc/v1/token",
    "databricks-account": f"https://accounts.cloud.databricks.test/oidc/accounts/{ACCOUNT}/v1/token",
    "duende": "https://identity.duende.test/connect/token",
    "entra": f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
    "entra-v1": f"https://login.microsoftonline.com/{TENANT}/oauth2/token",
    "fedex": "https://apis.fedex.com/oauth/token",
    "graphnet": "https://coret1.syhapp.com/vlive/hpca/oauth/token",
    "hexagon": "https://auth.hexagon.test/oauth2/default/v1/token",
    "hgem": "https://results-api.hgem.com/connect/token",
    "hydra": "https://hydra.test/oauth2/token",
    "jim2": "http://localhost:80/Jim_Test/token",
    "json-oauth-token": "https://api.json-oauth-token.test/v1/oauth/token",
    "json-oauth-token-get": "https://api.json-oauth-token.test/v1/oauth/token",
    "keycloak": "https://keycloak.test/realms/acme/protocol/openid-connect/token",
    "okta": "https://acme.okta.test/oauth2/default/v1/token",
    "okta-org": "https://acme.okta.test/oauth2/v1/token",
    "onelogin": "https://oauthcc-acme.onelogin.com/auth/oauth2/v2/token",
    "onelogin-v1": "https://oauthcc-acme.onelogin.com/auth/oauth2/token",
    "paypal": "https://api.paypal.com/v1/oauth2/token",
    "pingam": "https://am.pingam.test/am/oauth2/realms/root/access_token",
    "pingfederate": "https://sso.pingfederate.test/as/token.oauth2",
    "salesforce": "https://oauthcc-acme.my.salesforce.com/services/oauth2/token",
    "shopify": "https://oauthcc-acme.myshopify.com/admin/oauth/access_token",
    "spotify": "https://accounts.spotify.com/api/token",
    "twitter": "https://api.twitter.com/oauth2/token",
    "uaa": "https://uaa.test/oauth/token",
    "xsuaa": "https://acme.authentication.xsuaa.test/oauth/token",
    "zoom": "https://zoom.us/oauth/token",
    "zoom-websockets": "https://zoom.us/oauth/token",
}

JWKS_URLS = {
    "okta": "https://acme.okta.test/oauth2/default/v1/keys",
    "okta-org": "https://acme.okta.test/oauth2/v1/keys",
    "entra": f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys",
    "entra-v1": f"https://login.microsoftonline.com/{TENANT}/discovery/keys",
    "cognito": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_oauthcc01/.well-known/jwks.json",
    "keycloak": "https://keycloak.test/realms/acme/protocol/openid-connect/certs",
    "duende": "https://identity.duende.test/.well-known/openid-configuration/jwks",
    "uaa": "https://uaa.test/token_keys",
    "auth0": "https://acme.auth0.test/.well-known/jwks.json",
}

# Hosts that a provider's own clients or documents name; all others are ours to make up.
PUBLISHED = (
    *("adobelogin.com", "amadeus.com", "box.com", "fedex.com", "hgem.com", "localhost", "microsoftonline.com"),
    *("microsoft.com", "myshopify.com", "onelogin.com", "paypal.com", "salesforce.com", "spotify.com", "syhapp.com"),
    *("twitter.com", "zoom.us", "windows.net", "amazonaws.com"),
)


@pytest.mark.parametrize("name", profile_names())
def test_token_endpoint_is_where_the_provider_has_it(begin, name):
    """The path is the provider's; so is the host where its clients have it built in."""
    assert begin(name).provider.token_url == TOKEN_URLS[name]


@pytest.mark.parametrize("name", list(JWKS_URLS))
def test_keys_are_where_the_provider_has_them(begin, name):
    """They are served there, and hold the key that signs."""
    send = begin(name)
    assert send.provider.jwks_url == JWKS_URLS[name]
    assert [key["alg"] for key in send("GET", JWKS_URLS[name]).json["keys"]] == ["RS256"]


@pytest.mark.parametrize("name", profile_names())
def test_hosts_that_are_made_up_end_in_test(name):
    """Nobody's real host is taken for a fake one by mistake."""
    profile = load_profile(name)
    own = {key: option.default or "x" for key, option in profile.own.items()}
    for key in ("token_url", "api_url", "issuer"):
        host = urlsplit(profile.options.get(key, "").format_map(own)).hostname or "none.test"
        assert host.endswith((".test", *PUBLISHED)), key


@pytest.mark.parametrize("name", profile_names())
def test_options_of_its_own_are_used(begin, name):
    """An option that changes nothing would be a trap."""
    text = load_profile(name).path.read_text(encoding="utf-8")
    parents = [load_profile(parent).path.read_text(encoding="utf-8") for parent in load_profile(name).extends]
    for option in load_profile(name).own:
        assert option == "licences" or any(f"{{{option}}}" in each for each in [text, *parents]), option
