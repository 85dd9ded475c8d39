"""What else each provider refuses, accepts and grants in a way of its own: one line for each request."""

from __future__ import annotations

import re

import pytest

GRANT = {"grant_type": "client_credentials"}
WHO = {"client_id": "acme", "client_secret": "s3cret"}
BODY = {**GRANT, **WHO}
BASIC = "basic"  # stands for the right Authorization header


def oauth(error, description=None):
    return {"error": error} | ({} if description is None else {"error_description": description})


def aadsts(code, text):
    return {"error_codes": [code], "error_description": re.compile(rf"AADSTS{code}: {text}(?s:.*)")}


# profile, options, what is sent (keywords of Sender.token; "basic" adds the right header), status, members of the body
CASES = [
    # Auth0
    ("auth0", {}, {"json": BODY}, 403, oauth("access_denied", "Non-global clients are not allowed access to APIv1")),
    (
        "auth0",
        {"audience": "https://a.test/"},
        {"json": {**BODY, "audience": "https://b.test/"}},
        403,
        oauth("access_denied", "Service not enabled within domain: https://b.test/"),
    ),
    ("auth0", {}, {"json": {**BODY, "client_id": "x", "audience": "a"}}, 401, oauth("access_denied", "Unauthorized")),
    ("auth0", {"scopes": "a b"}, {"form": {**BODY, "audience": "x", "scope": "a c"}}, 200, {"scope": "a"}),
    # Okta
    ("okta", {}, {"form": {**GRANT, "scope": "a"}}, 401, oauth("invalid_client", "No client credentials found.")),
    (
        "okta",
        {},
        {"form": GRANT, "headers": BASIC},
        400,
        {
            "error": "invalid_scope",
            "error_description": re.compile(".*any configured default scopes, 'scope' must be.*"),
        },
    ),
    ("okta", {"default_scopes": "a"}, {"form": GRANT, "headers": BASIC}, 200, {"scope": "a"}),
    (
        "okta",
        {"scopes": "a"},
        {"form": {**GRANT, "scope": "b"}, "headers": BASIC},
        400,
        oauth("invalid_scope", "One or more scopes are not configured for the authorization server resource."),
    ),
    ("okta", {}, {"form": {**BODY, "scope": "a"}, "headers": BASIC}, 401, {"error": "invalid_request"}),
    ("okta", {}, {"form": {"scope": "a"}, "headers": BASIC}, 400, {"error": "invalid_request"}),
    ("okta", {}, {"form": {**BODY, "scope": "a"}}, 401, {"error": "invalid_client"}),
    (
        "okta",
        {},
        {"form": {**GRANT, "scope": "a"}, "headers": {"Authorization": "Basic eDp5"}},
        401,
        oauth("invalid_client", "Invalid value for 'client_id' parameter."),
    ),
    # Entra
    ("entra", {}, {"form": BODY}, 400, {"error": "invalid_request", **aadsts(900144, ".*'scope'")}),
    ("entra", {}, {"form": {**BODY, "scope": "https://graph.microsoft.com/"}}, 400, {"error": "invalid_scope"}),
    (
        "entra",
        {},
        {"form": {**BODY, "scope": "https://a.test/.default https://b.test/.default"}},
        400,
        {"error": "invalid_scope", **aadsts(1002012, "")},
    ),
    (
        "entra",
        {},
        {"form": {**BODY, "client_id": "x", "scope": "https://a.test/.default"}},
        400,
        {"error": "unauthorized_client", **aadsts(700016, "Application with identifier 'x'")},
    ),
    ("entra", {}, {"form": {**GRANT, "client_id": "acme"}}, 401, aadsts(7000216, "")),
    (
        "entra",
        {"audience": "https://a.test"},
        {"form": {**BODY, "scope": "https://b.test/.default"}},
        400,
        {"error": "invalid_resource", **aadsts(500011, ".*https://b.test")},
    ),
    ("entra", {}, {"form": {**WHO, "scope": "x/.default"}}, 400, aadsts(900144, ".*'grant_type'")),
    ("entra", {}, {"form": {**BODY, "grant_type": "magic"}}, 400, aadsts(70003, ".*'magic'")),
    ("entra-v1", {}, {"form": BODY}, 400, {"error": "invalid_request", **aadsts(900144, ".*'resource'")}),
    ("entra-v1", {}, {"form": {**BODY, "audience": "https://a.test"}}, 400, {"error": "invalid_request"}),
    # Cognito
    ("cognito", {}, {"form": {**GRANT, "scope": "a"}, "headers": {}}, 400, oauth("invalid_client")),
    (
        "cognito",
        {"scopes": "s/a s/b"},
        {"form": {**GRANT, "scope": "s/c"}, "headers": BASIC},
        400,
        oauth("invalid_scope"),
    ),
    ("cognito", {}, {"form": {"grant_type": "x"}, "headers": BASIC}, 400, oauth("unsupported_grant_type")),
    ("cognito", {}, {"method": "GET"}, 405, None),
    # Keycloak
    ("keycloak", {}, {"form": WHO}, 400, oauth("invalid_request", "Missing form parameter: grant_type")),
    ("keycloak", {}, {"form": {"grant_type": "x"}}, 400, oauth("unsupported_grant_type", "Unsupported grant_type")),
    (
        "keycloak",
        {},
        {"form": {**BODY, "client_id": "x"}},
        401,
        oauth("invalid_client", "Invalid client or Invalid client credentials"),
    ),
    ("keycloak", {}, {"form": {**BODY, "client_secret": "x"}, "headers": BASIC}, 401, {"error": "unauthorized_client"}),
    ("keycloak", {}, {"form": BODY, "headers": {"Authorization": "Basic eDp5"}}, 200, {"token_type": "Bearer"}),
    (
        "keycloak",
        {},
        {"content": b"grant_type=client_credentials&scope=a&scope=b", "headers": BASIC},
        400,
        oauth("invalid_request", "duplicated parameter"),
    ),
    ("keycloak", {}, {"form": {**BODY, "scope": "orders"}}, 200, {"scope": "orders profile email"}),
    # Duende
    ("duende", {}, {"method": "GET"}, 400, oauth("invalid_request")),
    ("duende", {}, {"json": BODY}, 400, oauth("invalid_request")),
    ("duende", {}, {"form": {**WHO, "client_secret": "x"}}, 400, oauth("invalid_client")),
    ("duende", {}, {"form": WHO}, 400, oauth("unsupported_grant_type")),
    ("duende", {"scopes": "a b"}, {"form": BODY}, 200, {"scope": "a b"}),
    ("duende", {"scopes": "a b"}, {"form": {**BODY, "scope": "openid"}}, 400, oauth("invalid_scope")),
    ("duende", {}, {"form": {**BODY, "client_secret": "x"}, "headers": BASIC}, 200, {"token_type": "Bearer"}),
    # Hydra
    ("hydra", {}, {"method": "GET"}, 400, {"error": "invalid_request"}),
    ("hydra", {}, {"content": b"", "headers": BASIC}, 400, {"error": "invalid_request"}),
    ("hydra", {}, {"form": {"grant_type": "x"}, "headers": BASIC}, 400, {"error": "invalid_request"}),
    ("hydra", {}, {"form": GRANT, "headers": {"Authorization": "Basic !"}}, 400, {"error": "invalid_request"}),
    ("hydra", {}, {"form": BODY}, 401, {"error": "invalid_client"}),
    # UAA
    ("uaa", {}, {"form": WHO}, 400, oauth("invalid_request", "Missing grant type")),
    ("uaa", {}, {"method": "PUT", "form": BODY}, 405, {"error": "method_not_allowed"}),
    ("uaa", {"scopes": "a"}, {"form": {**BODY, "scope": "x"}}, 400, oauth("invalid_scope", "Invalid scope: x")),
    ("uaa", {}, {"form": BODY}, 200, {"scope": ""}),
    # Salesforce
    (
        "salesforce",
        {},
        {"form": {**BODY, "client_id": "x"}},
        400,
        oauth("invalid_client_id", "client identifier invalid"),
    ),
    ("salesforce", {}, {"form": GRANT}, 400, oauth("invalid_client", "invalid client credentials")),
    ("salesforce", {}, {"form": GRANT, "headers": BASIC}, 200, {"token_type": "Bearer"}),
    # Spotify, Zoom, Twitter, OneLogin, Adobe
    ("spotify", {}, {"form": BODY}, 400, oauth("invalid_client", "Invalid client")),
    ("zoom", {}, {"form": GRANT, "headers": BASIC}, 400, {"reason": "Bad Request", "error": "invalid_request"}),
    (
        "zoom",
        {"account_id": "a-1"},
        {"form": {"grant_type": "account_credentials", "account_id": "a-2"}, "headers": BASIC},
        400,
        {"reason": "Account does not exist", "error": "invalid_request"},
    ),
    (
        "zoom",
        {"account_id": "a-1"},
        {"form": {"grant_type": "account_credentials"}, "headers": BASIC},
        400,
        {"reason": "Bad Request", "error": "invalid_request"},
    ),
    ("zoom-websockets", {}, {"form": GRANT, "headers": BASIC}, 200, {"api_url": "https://api.zoom.us"}),
    ("twitter", {}, {"form": GRANT}, 403, {"errors": list}),
    ("onelogin", {}, {"form": GRANT, "headers": BASIC}, 400, {"error": "invalid_request"}),
    ("onelogin", {}, {"json": BODY}, 401, {"status": dict}),
    ("onelogin", {}, {"json": GRANT, "headers": {"Authorization": "client_id: acme, client_secret: s3cret"}}, 200, {}),
    ("adobe-ims", {}, {"form": BODY}, 400, {"error": "invalid_scope"}),
    ("adobe-ims", {"scopes": "a b"}, {"form": {**BODY, "scope": "a,b"}}, 200, {"expires_in": 86399}),
    ("adobe-ims", {"scopes": "a b"}, {"form": {**BODY, "scope": "a b"}}, 400, {"error": "invalid_scope"}),
    # Shopify
    ("shopify", {"scopes": "a b"}, {"json": BODY}, 200, {"scope": "a,b"}),
    ("shopify", {}, {"form": BODY}, 200, {"scope": ""}),
]


def check_members(found, expected):
    """Compare the members that are expected; a list is compared whole."""
    if not isinstance(expected, dict):
        assert found == expected
        return
    for name, value in expected.items():
        if isinstance(value, re.Pattern):
            assert value.fullmatch(found[name]), found[name]
        elif isinstance(value, type):
            assert type(found[name]) is value
        else:
            assert found[name] == value


@pytest.mark.parametrize(
    ("profile", "options", "sent", "status", "members"),
    CASES,
    ids=[f"{profile}-{number}-{status}" for number, (profile, _, _, status, _) in enumerate(CASES)],
)
def test_request_gets_the_providers_own_answer(begin, basic, profile, options, sent, status, members):
    """The status, and the members that matter; where a body is short, all of it."""
    send = begin(profile, client_id="acme", client_secret="s3cret", **options)
    sent = dict(sent)
    if sent.get("headers") == BASIC:
        sent["headers"] = basic(**WHO)
    if "content" in sent:
        sent["headers"] = {"Content-Type": "application/x-www-form-urlencoded", **sent["headers"]}
    answer = send.token(**sent)
    assert answer.status == status, answer
    if members is None:
        assert answer.body == b""
        return
    check_members(answer.json, members)
    if profile in {"cognito", "duende"} and status == 400:
        assert list(answer.json) == ["error"]


@pytest.mark.parametrize("encoded", [True, False])
def test_keycloak_decodes_basic_and_uaa_takes_both(begin, basic, encoded):
    """A secret with signs that a form escapes tells the two apart."""
    secret = "a%2Bb%2541" if encoded else "a+b%41"
    options = {"client_id": "acme", "client_secret": "a+b%41"}
    keycloak, uaa = begin("keycloak", **options), begin("uaa", **options)
    assert keycloak.token(GRANT, headers=basic("acme", secret)).status == (200 if encoded else 401)
    assert uaa.token(GRANT, headers=basic("acme", secret)).status == 200


@pytest.mark.parametrize("profile", ["uaa", "xsuaa", "adobe-ims"])
def test_parameters_in_the_query(begin, profile):
    """UAA takes them with GET and with POST, Adobe with POST."""
    send = begin(profile, **WHO)
    url = f"{send.provider.token_url}?grant_type=client_credentials&client_id=acme&client_secret=s3cret&scope=a"
    assert send("POST", url).status == 200
    assert send("GET", url).status == (405 if profile == "adobe-ims" else 200)


def test_zoom_takes_parameters_in_the_query(begin, basic):
    """A POST with an empty body, as most of its clients send it."""
    send = begin("zoom", account_id="a-1", **WHO)
    url = f"{send.provider.token_url}?grant_type=account_credentials&account_id=a-1"
    assert send("POST", url, headers=basic(**WHO)).status == 200
    assert send("POST", url).status == 400


def test_entra_v1_takes_multipart(begin):
    """As curl -F sends it."""
    send = begin("entra-v1", **WHO)
    parts = {**BODY, "resource": "https://graph.microsoft.com/"}
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts.items())
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert send.token(content=f"{body}--b--\r\n".encode(), headers=headers).json["expires_in"] == "3599"


def test_entra_scope_names_the_audience(begin):
    """The resource in front of /.default is whom the token is for, with the slash that it ends with."""
    send = begin("entra", **WHO)
    for scope, audience in [("api://a/.default", "api://a"), ("https://a.test//.default", "https://a.test/")]:
        assert send.token({**BODY, "scope": scope}).status == 200
        assert send.provider.token_requests[-1].token.claims["aud"] == audience
    token = send.provider.token_requests[0].token.value
    assert send.api(token).json["error"]["message"] == "Access token validation failure. Invalid audience."


def test_entra_headers(begin):
    """Cache-Control is Entra's own, once."""
    answer = begin("entra", **WHO).token({**BODY, "scope": "x/.default"})
    assert answer.headers["cache-control"] == "no-store, no-cache"
    assert answer.headers["pragma"] == "no-cache"


def test_hydra_headers(begin, basic):
    """Content-Type is Hydra's own, once."""
    answer = begin("hydra", **WHO).token(GRANT, headers=basic(**WHO))
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.headers["cache-control"] == "no-store"


def test_keycloak_challenges_who_cannot_be_read(begin):
    """Only an Authorization header that can't be read gets a challenge, with the realm."""
    send = begin("keycloak", realm="red", **WHO)
    answer = send.token(GRANT, headers={"Authorization": "Basic !"})
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Basic realm="red"')


def test_duende_api_tells_in_the_header_alone(begin):
    """An expired token is told in WWW-Authenticate, with an empty body; so is one that may not do it."""
    send = begin("duende", scopes="a", **WHO)
    send.provider.clock.freeze()
    token = send.token(BODY).json["access_token"]
    send.provider.api.require(scope="b")
    refused = send.api(token)
    assert (refused.status, refused.body) == (403, b"")
    assert refused.headers["www-authenticate"] == 'Bearer realm="IdentityServer",error="insufficient_scope"'
    send.provider.clock.expire()
    assert send.api(token).headers["www-authenticate"] == (
        'Bearer realm="IdentityServer",error="invalid_token",error_description="The access token expired"'
    )


MAY_NOT = {
    "auth0-management": {
        "statusCode": 403,
        "error": "Forbidden",
        "message": "Insufficient scope, expected any of: more",
        "errorCode": "insufficient_scope",
    },
    "okta-org": {
        "errorCode": "E0000006",
        "errorSummary": "You do not have permission to perform the requested action",
        "errorLink": "E0000006",
        "errorId": str,
        "errorCauses": [],
    },
    "entra": {"error": dict},
    "salesforce": [{"message": "insufficient access rights", "errorCode": "INSUFFICIENT_ACCESS"}],
    "paypal": {"name": "NOT_AUTHORIZED", "message": "Authorization failed due to insufficient permissions."},
    "spotify": {"error": {"status": 403, "message": "Insufficient client scope"}},
    "twitter": {"errors": [{"code": 220, "message": "Your credentials do not allow access to this resource."}]},
    "amadeus": {"errors": list},
    "fedex": {"transactionId": str, "errors": list},
    "databricks": {
        "error_code": "PERMISSION_DENIED",
        "message": "the token lacks the scope more; it has less",
    },
    "onelogin": {
        "status": {"error": True, "code": 403, "type": "Forbidden", "message": "Insufficient Permissions"},
    },
    "okta": {"error": "insufficient_scope", "error_description": str},
}


@pytest.mark.parametrize("profile", list(MAY_NOT))
def test_api_refuses_a_token_that_may_not_do_it(begin, profile):
    """403 in the provider's own form."""
    send = begin(profile, **WHO)
    send.provider.api.require(scope="more")
    answer = send.api(send.provider.mint("less"))
    assert answer.status == 403
    check_members(answer.json, MAY_NOT[profile])


def test_shopify_api_refuses_a_token_that_may_not_do_it(begin):
    """The header has no scheme, and the message names the scope."""
    send = begin("shopify", **WHO)
    send.provider.api.require(scope="write_orders")
    answer = send.api(headers={"X-Shopify-Access-Token": send.provider.mint("read_orders")})
    assert answer.status == 403
    assert answer.json == {"errors": "[API] This action requires merchant approval for write_orders scope."}


NOBODYS = {
    "auth0-management": {"message": "Invalid token"},
    "entra": {"error": {"code": "InvalidAuthenticationToken", "message": "Access token validation failure."}},
    "spotify": {"error": {"status": 401, "message": "Invalid access token"}},
    "twitter": {"errors": [{"code": 89, "message": "Invalid or expired token."}]},
    "zoom": {"code": 124, "message": "Invalid access token."},
    "adobe-ims": {"error_code": "401013", "message": "Oauth token is not valid"},
}


@pytest.mark.parametrize("profile", list(NOBODYS))
def test_api_refuses_a_token_that_nobody_issued(begin, profile):
    """401 in the provider's own form."""
    answer = begin(profile, **WHO).api("made-up", headers={"x-api-key": "acme"})
    assert answer.status == 401
    for name, expected in NOBODYS[profile].items():
        found = answer.json[name]
        assert found == (found | expected if isinstance(found, dict) else expected)


def test_adobe_api_wants_the_client_id(begin):
    """x-api-key is the client that the token was issued to, whichever it is."""
    send = begin("adobe-ims", **WHO)
    send.provider.add_client("other", client_secret="0ther")
    mine, others = send.provider.mint("a"), send.provider.mint("a", client_id="other")
    assert send.api(mine).json == {"error_code": "403000", "message": "Api Key is required"}
    assert send.api(mine, headers={"x-api-key": "acme"}).status == 200
    assert send.api(others, headers={"x-api-key": "acme"}).status == 403
    assert send.api(others, headers={"x-api-key": "other"}).status == 200


def test_twitter_token_is_sent_as_it_is(begin, basic):
    """The percent escapes belong to the token: decoded it is another one."""
    send = begin("twitter", **WHO)
    token = send.token(GRANT, headers=basic(**WHO)).json["access_token"]
    assert send.api(token).status == 200
    assert send.api(token.replace("%2F", "/").replace("%3D", "=")).status == 401


def test_xsuaa_token_names_its_keys(begin):
    """The header jku is the URL at which the keys are, and it is served."""
    import jwt

    send = begin("xsuaa", domain="red.xsuaa.test", **WHO)
    token = send.token(BODY).json["access_token"]
    jku = jwt.get_unverified_header(token)["jku"]
    assert jku == "https://red.xsuaa.test/token_keys"
    keys = jwt.PyJWKSet.from_dict(send("GET", jku).json)
    kid = jwt.get_unverified_header(token)["kid"]
    audience = send.provider.api_url
    assert jwt.decode(token, keys[kid], algorithms=["RS256"], audience=audience)["cid"] == "acme"


@pytest.mark.parametrize(
    ("profile", "path"),
    [
        ("okta", "https://acme.okta.test/oauth2/default/.well-known/oauth-authorization-server"),
        ("databricks", "https://acme.cloud.databricks.test/oidc/.well-known/oauth-authorization-server"),
        ("keycloak", "https://keycloak.test/realms/acme/.well-known/openid-configuration"),
        ("auth0", "https://acme.auth0.test/.well-known/openid-configuration"),
    ],
)
def test_metadata_are_where_the_provider_has_them(begin, profile, path):
    """They name the token endpoint, the issuer and the keys, and the keys are there."""
    send = begin(profile)
    metadata = send("GET", path).json
    assert metadata["token_endpoint"] == send.provider.token_url
    assert metadata["issuer"] == send.provider.profile.options["issuer"].format_map(send.provider.options)
    assert send("GET", metadata["jwks_uri"]).json["keys"]


def test_document_of_a_provider_is_served(begin):
    """Anybody may read it, and nobody write it."""
    send = begin("entra")
    url = "https://login.microsoftonline.com/common/discovery/instance"
    assert "login.microsoftonline.com" in send("GET", f"{url}?api-version=1.1").json["metadata"][0]["aliases"]
    assert send("POST", url).status == 405
    account = begin("databricks-account")
    config = account("GET", "https://accounts.cloud.databricks.test/.well-known/databricks-config").json
    assert sorted(config) == ["account_id", "oidc_endpoint"]


@pytest.mark.parametrize(
    ("profile", "typ"),
    [("duende", "at+jwt"), ("auth0", "JWT"), ("entra", "JWT"), ("keycloak", "JWT"), ("okta", None), ("cognito", None)],
)
def test_typ_of_a_token(begin, profile, typ):
    """A provider whose tokens have no typ has none in the fake either."""
    import jwt

    header = jwt.get_unverified_header(begin(profile).provider.mint())
    assert header.get("typ") == typ
    assert header["alg"] == "RS256"


def test_two_providers_with_one_profile(begin):
    """Each has hosts of its own, and takes its own tokens only."""
    one, other = begin("entra", **WHO), begin("entra", **WHO)
    assert one.provider.token_url != other.provider.token_url
    token = one.token({**BODY, "scope": f"{one.provider.api_url}.default"}).json["access_token"]
    assert one.api(token).status == 200
    assert other.api(token).status == 401
