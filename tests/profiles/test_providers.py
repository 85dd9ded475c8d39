"""One row for each provider: the right request and its answer, a wrong secret, and the API without a good token."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from pytest_oauthcc.profiles import profile_names

# they have files of their own
FIVE = {"hgem", "json-oauth-token", "json-oauth-token-get", "hexagon", "graphnet", "jim2"}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DIGITS = re.compile(r"\d{10,13}")
STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")
RANDOM = re.compile(r"[A-Za-z0-9_-]{32}")
TENANT = "3c5e9a10-7b42-4d6f-8a1b-0c9d2e4f6a77"


def opaque(before="", after=""):
    return re.compile(f"{re.escape(before)}[A-Za-z0-9_-]{{32}}{re.escape(after)}")


JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def difference(found, expected, where="body"):
    """Compare exactly; a type stands for any value of that very type, a pattern for any text that it matches."""
    if isinstance(expected, type):
        return None if type(found) is expected else f"{where} is {found!r}, wanted a {expected.__name__}"
    if isinstance(expected, re.Pattern):
        fits = isinstance(found, str) and expected.fullmatch(found)
        return None if fits else f"{where} is {found!r}, wanted {expected.pattern}"
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(found) != list(expected):
            return f"{where} has {list(found)}, wanted {list(expected)}"
        pairs = [(found[name], expected[name], f"{where}.{name}") for name in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        pairs = [(one, other, f"{where}[{at}]") for at, (one, other) in enumerate(zip(found, expected, strict=True))]
    else:
        same = type(found) is type(expected) and found == expected
        return None if same else f"{where} is {found!r}, wanted {expected!r}"
    return next((told for told in (difference(*pair) for pair in pairs) if told), None)


@dataclass
class Row:
    """
    What one provider does; ``None`` as a body means an empty one, and ``challenge`` is WWW-Authenticate.

    The name of a row is that of the profile, perhaps with a word behind it.
    """

    name: str
    members: dict[str, Any]
    bad_secret: tuple[int, Any]
    api_missing: tuple[int, Any]
    api_expired: tuple[int, Any]
    auth: str = "post"
    send: dict[str, Any] = field(default_factory=dict)
    as_json: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] | None = None
    challenge: str | None = None
    api_challenge: str | None = None

    @property
    def profile(self):
        """The profile's name."""
        return self.name.partition(" ")[0]


def oauth(error, description=str):
    return {"error": error} | ({} if description is None else {"error_description": description})


RFC_MEMBERS = {"access_token": JWT, "token_type": "Bearer", "expires_in": 3600, "scope": "read"}
RFC_CLAIMS = {
    "iss": str,
    "sub": "acme",
    "aud": str,
    "client_id": "acme",
    "scope": "read",
    "iat": int,
    "exp": int,
    "jti": RANDOM,
}
RFC_MISSING = (401, None)
RFC_EXPIRED = (401, oauth("invalid_token"))
RFC_CHALLENGE = 'Bearer realm="oauthcc"'
READ = {"scope": "read"}
ERROR_URI = "https://login.microsoftonline.com/error?code=7000215"
AADSTS = re.compile(
    r"AADSTS7000215: Invalid client secret provided\..*to app 'acme'\."
    r"\r\nTrace ID: \S+\r\nCorrelation ID: \S+\r\nTimestamp: \S+ \S+Z"
)
ENTRA_ERROR = {
    "error": "invalid_client",
    "error_description": AADSTS,
    "error_codes": [7000215],
    "timestamp": STAMP,
    "trace_id": UUID,
    "correlation_id": UUID,
    "error_uri": ERROR_URI,
}


def graph(message):
    inner = {"date": re.compile(r"\S+T\S+"), "request-id": UUID, "client-request-id": UUID}
    return {"error": {"code": "InvalidAuthenticationToken", "message": message, "innerError": inner}}


def auth0_management(message):
    return {"statusCode": 401, "error": "Unauthorized", "message": message, "attributes": {"error": message}}


OKTA_CLAIMS = {
    "ver": 1,
    "jti": re.compile("AT\\..+"),
    "iss": str,
    "aud": str,
    "iat": int,
    "exp": int,
    "cid": "acme",
    "scp": ["read"],
    "sub": "acme",
}
OKTA_REFUSAL = {
    "errorCode": "E0000011",
    "errorSummary": "Invalid token provided",
    "errorLink": "E0000011",
    "errorId": re.compile("oae.+"),
    "errorCauses": [],
}
OKTA_SECRET = oauth("invalid_client", "The client secret supplied for a confidential client is invalid.")
AUTH0_CLAIMS = {
    "iss": "https://acme.auth0.test/",
    "sub": "acme@clients",
    "aud": str,
    "iat": int,
    "exp": int,
    "gty": "client-credentials",
    "azp": "acme",
}
ENTRA_CLAIMS = {
    "aud": "https://graph.microsoft.com",
    "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "iat": int,
    "nbf": int,
    "exp": int,
    "azp": "acme",
    "azpacr": "1",
    "oid": UUID,
    "roles": ["Things.Read.All"],
    "sub": UUID,
    "tid": TENANT,
    "uti": RANDOM,
    "ver": "2.0",
}
UAA_CLAIMS = {
    "jti": RANDOM,
    "sub": "acme",
    "authorities": ["read"],
    "scope": ["read"],
    "client_id": "acme",
    "cid": "acme",
    "azp": "acme",
    "grant_type": "client_credentials",
    "rev_sig": str,
    "iat": int,
    "exp": int,
    "iss": str,
    "zid": "uaa",
    "aud": list,
}
UAA_CHALLENGE = 'Basic realm="UAA/client", error="unauthorized", error_description="Bad credentials"'
UAA_MEMBERS = {"access_token": JWT, "token_type": "bearer", "expires_in": 43199, "scope": "read", "jti": RANDOM}
FEDEX_MESSAGE = "The given client credentials were not valid. Please modify your request and try again."
ONELOGIN = {"status": {"error": True, "code": 401, "type": "Unauthorized", "message": "Authentication Failure"}}
ONELOGIN_MEMBERS = {
    "access_token": RANDOM,
    "created_at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z"),
    "expires_in": 36000,
    "refresh_token": RANDOM,
    "token_type": "bearer",
    "account_id": 555555,
}

ROWS = [
    Row(
        "auth0",
        send={"audience": "https://api.auth0.test/"},
        as_json=True,
        members={"access_token": JWT, "token_type": "Bearer", "expires_in": 86400},
        claims=AUTH0_CLAIMS,
        bad_secret=(401, oauth("access_denied", "Unauthorized")),
        challenge='Basic realm="oauthcc"',
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "auth0 with scopes",
        send={"audience": "https://api.auth0.test/"},
        options={"scopes": "read"},
        members={"access_token": JWT, "token_type": "Bearer", "expires_in": 86400, "scope": "read"},
        claims={**{k: AUTH0_CLAIMS[k] for k in list(AUTH0_CLAIMS)[:5]}, "scope": "read", "gty": str, "azp": "acme"},
        bad_secret=(401, oauth("access_denied", "Unauthorized")),
        challenge='Basic realm="oauthcc"',
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "auth0-management",
        send={"audience": "https://acme.auth0.test/api/v2/"},
        as_json=True,
        members={"access_token": JWT, "token_type": "Bearer", "expires_in": 86400},
        claims={**AUTH0_CLAIMS, "aud": "https://acme.auth0.test/api/v2/"},
        bad_secret=(401, oauth("access_denied", "Unauthorized")),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, auth0_management("Missing authentication")),
        api_expired=(401, auth0_management("Expired token received for JSON Web Token validation")),
    ),
    Row(
        "okta",
        auth="basic",
        send=READ,
        members=RFC_MEMBERS,
        claims={**OKTA_CLAIMS, "aud": "api://default"},
        bad_secret=(401, OKTA_SECRET),
        challenge='Basic realm="oauthcc"',
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "okta-org",
        auth="basic",
        send=READ,
        members=RFC_MEMBERS,
        claims={**OKTA_CLAIMS, "iss": "https://acme.okta.test"},
        bad_secret=(401, OKTA_SECRET),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, OKTA_REFUSAL),
        api_expired=(401, OKTA_REFUSAL),
    ),
    Row(
        "entra",
        send={"scope": "https://graph.microsoft.com/.default"},
        options={"scopes": "Things.Read.All"},
        members={"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": JWT},
        claims=ENTRA_CLAIMS,
        bad_secret=(401, ENTRA_ERROR),
        api_missing=(401, graph("Access token is empty.")),
        api_expired=(401, graph("Lifetime validation failed, the token is expired.")),
    ),
    Row(
        "entra without roles",
        send={"scope": "https://graph.microsoft.com/.default"},
        auth="basic",
        members={"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": JWT},
        claims={name: value for name, value in ENTRA_CLAIMS.items() if name != "roles"},
        bad_secret=(401, ENTRA_ERROR),
        api_missing=(401, graph("Access token is empty.")),
        api_expired=(401, graph("Lifetime validation failed, the token is expired.")),
    ),
    Row(
        "entra-v1",
        send={"resource": "https://graph.microsoft.com/"},
        members={
            "token_type": "Bearer",
            "expires_in": "3599",
            "ext_expires_in": "3599",
            "access_token": JWT,
            "expires_on": DIGITS,
            "not_before": DIGITS,
            "resource": "https://graph.microsoft.com/",
        },
        claims={
            "aud": "https://graph.microsoft.com/",
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": int,
            "nbf": int,
            "exp": int,
            "oid": UUID,
            "sub": UUID,
            "tid": TENANT,
            "uti": RANDOM,
            "ver": "1.0",
            "appid": "acme",
            "appidacr": "1",
        },
        bad_secret=(401, ENTRA_ERROR),
        api_missing=(401, graph("Access token is empty.")),
        api_expired=(401, graph("Lifetime validation failed, the token is expired.")),
    ),
    Row(
        "cognito",
        auth="basic",
        send=READ,
        members={"access_token": JWT, "expires_in": 3600, "token_type": "Bearer"},
        claims={
            "sub": "acme",
            "token_use": "access",
            "scope": "read",
            "auth_time": int,
            "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_oauthcc01",
            "exp": int,
            "iat": int,
            "version": 2,
            "jti": RANDOM,
            "client_id": "acme",
        },
        bad_secret=(400, {"error": "invalid_client"}),
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "keycloak",
        auth="basic",
        members={
            "access_token": JWT,
            "expires_in": 300,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "profile email",
        },
        claims={
            "exp": int,
            "iat": int,
            "jti": RANDOM,
            "iss": "https://keycloak.test/realms/acme",
            "aud": str,
            "sub": UUID,
            "typ": "Bearer",
            "azp": "acme",
            "acr": "1",
            "realm_access": {"roles": list},
            "resource_access": {"account": {"roles": list}},
            "scope": "profile email",
            "clientHost": "127.0.0.1",
            "clientAddress": "127.0.0.1",
            "client_id": "acme",
            "preferred_username": "service-account-acme",
        },
        bad_secret=(401, oauth("unauthorized_client", "Invalid client or Invalid client credentials")),
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "duende",
        send=READ,
        members=RFC_MEMBERS,
        claims={
            "iss": "https://identity.duende.test",
            "nbf": int,
            "iat": int,
            "exp": int,
            "aud": str,
            "scope": ["read"],
            "client_id": "acme",
            "jti": RANDOM,
        },
        bad_secret=(400, oauth("invalid_client", None)),
        api_missing=(401, None),
        api_expired=(401, None),
        api_challenge='Bearer realm="IdentityServer"',
    ),
    Row(
        "hydra",
        auth="basic",
        members={"access_token": opaque("ory_at_"), "expires_in": 3599, "scope": "", "token_type": "bearer"},
        bad_secret=(401, oauth("invalid_client")),
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "hydra with JWT",
        auth="basic",
        send=READ,
        options={"token_format": "jwt"},
        members={"access_token": JWT, "expires_in": 3599, "scope": "read", "token_type": "bearer"},
        claims={
            "aud": ["https://api.hydra.test/"],
            "client_id": "acme",
            "exp": int,
            "ext": {},
            "iat": int,
            "iss": "https://hydra.test",
            "jti": RANDOM,
            "nbf": int,
            "scp": ["read"],
            "sub": "acme",
        },
        bad_secret=(401, oauth("invalid_client")),
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "uaa",
        auth="basic",
        send=READ,
        members=UAA_MEMBERS,
        claims=UAA_CLAIMS,
        bad_secret=(401, oauth("unauthorized", "Bad credentials")),
        challenge=UAA_CHALLENGE,
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "xsuaa",
        send=READ,
        members=UAA_MEMBERS,
        claims={**UAA_CLAIMS, "ext_attr": {"enhancer": "XSUAA"}},
        bad_secret=(401, oauth("unauthorized", "Bad credentials")),
        challenge=UAA_CHALLENGE,
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "salesforce",
        members={
            "access_token": opaque("00D000000000001!AQEAQ"),
            "signature": RANDOM,
            "token_format": "opaque",
            "instance_url": "https://oauthcc-acme.my.salesforce.com",
            "id": str,
            "token_type": "Bearer",
            "issued_at": re.compile(r"\d{13}"),
        },
        bad_secret=(400, oauth("invalid_client", "invalid client credentials")),
        api_missing=(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
        api_expired=(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "paypal",
        auth="basic",
        members={
            "scope": "https://uri.paypal.com/services/invoicing https://uri.paypal.com/services/applications/webhooks",
            "access_token": opaque("A21AA"),
            "token_type": "Bearer",
            "app_id": re.compile(r"APP-\w+"),
            "expires_in": 32400,
            "nonce": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ.{32}"),
        },
        bad_secret=(401, oauth("invalid_client", "Client Authentication failed")),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, {"name": "AUTHENTICATION_FAILURE", "message": str}),
        api_expired=(401, {"name": "AUTHENTICATION_FAILURE", "message": str}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "spotify",
        auth="basic",
        members={"access_token": opaque("BQ"), "token_type": "bearer", "expires_in": 3600},
        bad_secret=(400, oauth("invalid_client", "Invalid client secret")),
        api_missing=(401, {"error": {"status": 401, "message": "No token provided"}}),
        api_expired=(401, {"error": {"status": 401, "message": "The access token expired"}}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "zoom",
        auth="basic",
        send={"grant_type": "account_credentials", "account_id": "a-1"},
        options={"account_id": "a-1"},
        members={
            "access_token": JWT,
            "token_type": "bearer",
            "expires_in": 3599,
            "scope": "",
            "api_url": "https://api.zoom.us",
        },
        claims={name: value for name, value in RFC_CLAIMS.items() if name != "scope"},
        bad_secret=(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}),
        api_missing=(401, {"code": 124, "message": "Invalid access token."}),
        api_expired=(401, {"code": 124, "message": "Access token is expired."}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "zoom-websockets",
        auth="basic",
        send=READ,
        members={
            "access_token": JWT,
            "token_type": "bearer",
            "expires_in": 3599,
            "scope": "read",
            "api_url": "https://api.zoom.us",
        },
        claims=RFC_CLAIMS,
        bad_secret=(400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}),
        api_missing=(401, {"code": 124, "message": "Invalid access token."}),
        api_expired=(401, {"code": 124, "message": "Access token is expired."}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "twitter",
        auth="basic",
        members={"token_type": "bearer", "access_token": re.compile(r"A{21}%2F[\w-]{32}%3D")},
        bad_secret=(
            403,
            {
                "errors": [
                    {"code": 99, "message": "Unable to verify your credentials", "label": "authenticity_token_error"}
                ]
            },
        ),
        api_missing=(401, {"errors": [{"code": 215, "message": "Bad Authentication data."}]}),
        api_expired=(401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "amadeus",
        members={
            "type": "amadeusOAuth2Token",
            "username": str,
            "application_name": str,
            "client_id": "acme",
            "token_type": "Bearer",
            "access_token": RANDOM,
            "expires_in": 1799,
            "state": "approved",
            "scope": "",
        },
        bad_secret=(
            401,
            {
                "error": "invalid_client",
                "error_description": "Client credentials are invalid",
                "code": 38187,
                "title": "Invalid parameters",
            },
        ),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, {"errors": [{"code": 38190, "title": "Invalid access token", "detail": str, "status": 401}]}),
        api_expired=(401, {"errors": [{"code": 38192, "title": "Invalid access token", "detail": str, "status": 401}]}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "fedex",
        members={"access_token": JWT, "token_type": "bearer", "expires_in": 3599, "scope": "CXS"},
        claims={**RFC_CLAIMS, "scope": "CXS"},
        bad_secret=(
            401,
            {"transactionId": UUID, "errors": [{"code": "NOT.AUTHORIZED.ERROR", "message": FEDEX_MESSAGE}]},
        ),
        api_missing=(401, {"transactionId": UUID, "errors": [{"code": "NOT.AUTHORIZED.ERROR", "message": str}]}),
        api_expired=(401, {"transactionId": UUID, "errors": [{"code": "NOT.AUTHORIZED.ERROR", "message": str}]}),
    ),
    Row(
        "databricks",
        auth="basic",
        send={"scope": "all-apis"},
        members={**RFC_MEMBERS, "scope": "all-apis"},
        claims={**RFC_CLAIMS, "scope": "all-apis"},
        bad_secret=(401, oauth("invalid_client")),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, {"error_code": "UNAUTHENTICATED", "message": str}),
        api_expired=(401, {"error_code": "UNAUTHENTICATED", "message": str}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "databricks-account",
        send={"scope": "all-apis"},
        members={**RFC_MEMBERS, "scope": "all-apis"},
        claims={**RFC_CLAIMS, "scope": "all-apis"},
        bad_secret=(401, oauth("invalid_client")),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, {"error_code": "UNAUTHENTICATED", "message": str}),
        api_expired=(401, {"error_code": "UNAUTHENTICATED", "message": str}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "pingfederate",
        auth="basic",
        send=READ,
        members=RFC_MEMBERS,
        claims=RFC_CLAIMS,
        bad_secret=(401, {"error_description": "Invalid client or client credentials.", "error": "invalid_client"}),
        challenge='Basic realm="oauthcc"',
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "pingam",
        auth="basic",
        send=READ,
        members={"access_token": RANDOM, "scope": "read", "token_type": "Bearer", "expires_in": 3599},
        bad_secret=(401, oauth("invalid_client", "Client authentication failed")),
        challenge='Basic realm="oauthcc"',
        api_missing=RFC_MISSING,
        api_expired=RFC_EXPIRED,
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "onelogin",
        auth="basic",
        as_json=True,
        members=ONELOGIN_MEMBERS,
        bad_secret=(401, ONELOGIN),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, ONELOGIN),
        api_expired=(401, ONELOGIN),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "onelogin without scheme",
        auth="onelogin",
        as_json=True,
        members=ONELOGIN_MEMBERS,
        bad_secret=(401, ONELOGIN),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, ONELOGIN),
        api_expired=(401, ONELOGIN),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "onelogin-v1",
        auth="onelogin",
        as_json=True,
        members={
            "status": {"error": False, "code": 200, "type": "success", "message": "Success"},
            "data": [ONELOGIN_MEMBERS],
        },
        bad_secret=(401, ONELOGIN),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, ONELOGIN),
        api_expired=(401, ONELOGIN),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "adobe-ims",
        send={"scope": "openid,AdobeID"},
        members={"access_token": JWT, "token_type": "bearer", "expires_in": 86399},
        claims={**RFC_CLAIMS, "scope": str},
        bad_secret=(401, oauth("invalid_client")),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, {"error_code": "401013", "message": "Oauth token is not valid"}),
        api_expired=(401, {"error_code": "401013", "message": "Oauth token is not valid"}),
        api_challenge=RFC_CHALLENGE,
    ),
    Row(
        "box",
        send={"box_subject_type": "enterprise", "box_subject_id": "1"},
        members={"access_token": RANDOM, "expires_in": 4021, "restricted_to": [], "token_type": "bearer"},
        bad_secret=(400, oauth("invalid_client", "The client credentials are invalid")),
        api_missing=(401, None),
        api_expired=(401, None),
        api_challenge='Bearer realm="Service"',
    ),
    Row(
        "shopify",
        options={"scopes": "read_products write_products"},
        members={"access_token": opaque("shpat_"), "scope": "read_products,write_products", "expires_in": 86399},
        bad_secret=(401, oauth("invalid_client")),
        challenge='Basic realm="oauthcc"',
        api_missing=(401, {"errors": str}),
        api_expired=(401, {"errors": str}),
    ),
]

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@pytest.fixture
def ask(begin, basic):
    """Begin a row's provider, and send its token request with a secret of one's choice."""

    def ask(row, secret="s3cret"):
        send = begin(row.profile, client_id="acme", client_secret="s3cret", **row.options)
        send.provider.clock.freeze()
        body = {"grant_type": "client_credentials", **row.send}
        headers = {}
        if row.auth == "basic":
            headers = basic("acme", secret)
        elif row.auth == "onelogin":
            headers = {"Authorization": f"client_id:acme, client_secret:{secret}"}
        else:
            body |= {"client_id": "acme", "client_secret": secret}
        answer = send.token(json=body, headers=headers) if row.as_json else send.token(body, headers=headers)
        return send, answer

    return ask


def check(answer, expected):
    status, body = expected
    assert answer.status == status, answer
    if body is None:
        assert answer.body == b""
    else:
        assert difference(answer.json, body) is None


def use(send, row, answer):
    """Use a token as the provider's API takes it."""
    text = json.dumps(answer.json)
    token = re.search(r'"access_token": "([^"]+)"', text)[1]
    if row.profile == "shopify":
        return send.api(headers={"X-Shopify-Access-Token": token})
    return send.api(token, headers={"x-api-key": "acme"} if row.profile == "adobe-ims" else {})


def test_every_provider_has_a_row():
    """A profile without a row is a profile without a test."""
    assert {row.profile for row in ROWS} == set(profile_names()) - FIVE


@rows
def test_right_request_gets_exactly_the_providers_answer(ask, row):
    """The members in their order, with their JSON types and values, and a token that the API takes."""
    send, answer = ask(row)
    check(answer, (200, row.members))
    assert use(send, row, answer).status == 200


@rows
def test_right_client_breaks_no_rule(ask, row):
    """What a provider makes its clients do is not held against them."""
    send, answer = ask(row)
    use(send, row, answer)
    assert [finding for finding in send.provider.violations if finding.rule.level == "must"] == []


@rows
def test_claims_of_a_token(ask, row):
    """A JWT has the provider's claims and no others; what is opaque is no JWT."""
    send, _answer = ask(row)
    token = send.provider.token_requests[0].token
    if row.claims is None:
        assert token.claims == {}
    else:
        assert difference(token.claims, row.claims, "claims") is None
        assert jwt.get_unverified_header(token.value)["alg"] == (
            send.provider.profile.options.get("signing_alg") or "ES256"
        )


@rows
def test_wrong_secret(ask, row):
    """Status, body and challenge are the provider's own."""
    _send, answer = ask(row, secret="wrong")
    check(answer, row.bad_secret)
    assert answer.headers.get("www-authenticate") == row.challenge


@rows
def test_api_without_a_token(ask, row):
    """Status, body and challenge are the provider's own."""
    send, _answer = ask(row)
    answer = send.api(headers={"x-api-key": "acme"})
    check(answer, row.api_missing)
    assert answer.headers.get("www-authenticate") == row.api_challenge


@rows
def test_api_with_an_expired_token(ask, row):
    """The token is good until a second before its expiry, and refused from then on."""
    send, answer = ask(row)
    send.provider.clock.expire(before=1)
    assert use(send, row, answer).status == 200
    send.provider.clock.advance(seconds=1)
    check(use(send, row, answer), row.api_expired)
