from __future__ import annotations

import jwt
import pytest
import requests

from pytest_oauthcc import OMIT
from pytest_oauthcc.core.keys import make_key

rfc = pytest.mark.rfc
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
pytestmark = pytest.mark.oauthcc(auth_methods=["private_key_jwt", "client_secret_jwt"])


def sign(oauthcc, *, key=None, alg="RS256", headers=None, **changes):
    """Make a client assertion; what is given replaces the right claims, and OMIT leaves one out."""
    now = int(oauthcc.clock.time())
    right = {"iss": oauthcc.client_id, "sub": oauthcc.client_id, "aud": oauthcc.issuer, "exp": now + 60, "jti": "1"}
    claims = {name: value for name, value in {**right, **changes}.items() if value is not OMIT}
    return jwt.encode(claims, key or oauthcc.private_key, alg, headers)


def present(party, assertion, **others):
    """Send a token request with an assertion."""
    return party.ask({"client_assertion_type": TYPE, "client_assertion": assertion, **others}, auth=None)


@rfc("7523 §5", "7523 §3 aud", "7521 §4.2 pair", "7523 §2.2")
@pytest.mark.parametrize("audience", ["issuer", "token_url", "both"])
def test_a_right_assertion_gets_a_token(oauthcc, party, audience):
    """RS256 over the right claims authenticates; the audience is the issuer or the token endpoint."""
    names = {"issuer": oauthcc.issuer, "token_url": oauthcc.token_url, "both": [oauthcc.issuer, oauthcc.token_url]}
    assert present(party, sign(oauthcc, aud=names[audience])).status_code == 200
    assert oauthcc.token_requests[-1].auth_method == "private_key_jwt"


@rfc("7523 §3 signature")
def test_a_shared_secret_signs_as_well(oauthcc, party):
    """client_secret_jwt is an HMAC with the secret."""
    assert present(party, sign(oauthcc, key=oauthcc.client_secret, alg="HS256")).status_code == 200
    assert oauthcc.token_requests[-1].auth_method == "client_secret_jwt"


WRONG = {
    "iss": {"iss": "somebody"},
    "no iss": {"iss": OMIT},
    "sub": {"sub": "somebody"},
    "no sub": {"sub": OMIT},
    "aud": {"aud": "https://auth.elsewhere.test"},
    "aud that begins like it": {"aud": "https://auth.oauthcc.test.elsewhere.test"},
    "no aud": {"aud": OMIT},
    "exp over": {"exp": 1_000_000_000},
    "exp far ahead": {"exp": 4_000_000_000},
    "no exp": {"exp": OMIT},
    "nbf ahead": {"nbf": 4_000_000_000},
    "iat that is none": {"iat": "now"},
}


@rfc("7523 §3 iss-sub", "7523 §3 aud", "7523 §3 exp", "7523 §3 nbf", "7523 §3.2")
@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_each_wrong_claim_is_an_invalid_client(oauthcc, party, changes):
    """One claim that is wrong or missing is enough, and the answer says invalid_client."""
    answer = present(party, sign(oauthcc, **changes))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert not oauthcc.tokens


@rfc("7523 §3 signature", "7523 §3.2")
def test_each_wrong_signature_is_an_invalid_client(oauthcc, party):
    """Another key, another secret, a changed payload and no signature at all prove nothing."""
    right = sign(oauthcc)
    head, body, signature = right.split(".")
    wrong = {
        "another key": sign(oauthcc, key=make_key("RS256").private),
        "another kind of key": sign(oauthcc, key=make_key("ES256").private, alg="ES256"),
        "another secret": sign(oauthcc, key="x" * 32, alg="HS256"),
        "another payload": f"{head}.{sign(oauthcc, jti='2').split('.')[1]}.{signature}",
        "no signature": f"{head}.{body}.",
        "alg none": jwt.encode(jwt.decode(right, options={"verify_signature": False}), None, "none"),
    }
    for name, assertion in wrong.items():
        answer = present(party, assertion)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), name


@rfc("7523 §3 jti")
def test_an_assertion_is_good_once(oauthcc, party):
    """The same jti is refused the second time."""
    assert present(party, sign(oauthcc)).status_code == 200
    assert present(party, sign(oauthcc)).json()["error"] == "invalid_client"
    assert present(party, sign(oauthcc, jti="2")).status_code == 200


@rfc("7521 §4.2 pair", "7521 §4.2 client-id", "7523 §2.2")
def test_an_assertion_has_its_type_and_its_client(oauthcc, party):
    """One half of the pair, another type, and another client_id are refused."""
    assertion = sign(oauthcc)
    for params in (
        {"client_assertion": assertion},
        {"client_assertion_type": TYPE},
        {
            "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        },
        {"client_assertion": assertion, "client_assertion_type": TYPE, "client_id": "somebody"},
    ):
        answer = party.ask(params, auth=None)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert present(party, assertion, client_id=oauthcc.client_id).status_code == 200


@rfc("7523 §5")
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_requests_oauth2client_is_understood(oauthcc_factory, alg):
    """The assertions of a real client are taken, with each kind of key."""
    library = pytest.importorskip("requests_oauth2client")
    jwskate = pytest.importorskip("jwskate")
    key = jwskate.Jwk.generate(alg=alg)
    made = oauthcc_factory(
        auth_methods=["private_key_jwt"], client_jwks={"keys": [dict(key.public_jwk().with_kid_thumbprint())]}
    )
    client = library.OAuth2Client(made.token_url, client_id=made.client_id, private_key=key.with_kid_thumbprint())

    assert client.client_credentials().access_token == made.tokens[-1].value


@rfc("7523 §5")
@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt"])
def test_authlib_is_understood(oauthcc, method):
    """The assertions of Authlib are taken."""
    library = pytest.importorskip("authlib.integrations.requests_client")
    methods = pytest.importorskip("authlib.oauth2.rfc7523")
    secret = oauthcc.client_secret if method == "client_secret_jwt" else oauthcc.private_key
    session = library.OAuth2Session(
        oauthcc.client_id,
        secret,
        token_endpoint_auth_method={
            "client_secret_jwt": methods.ClientSecretJWT,
            "private_key_jwt": methods.PrivateKeyJWT,
        }[method](oauthcc.token_url),
    )
    token = session.fetch_token(oauthcc.token_url, grant_type="client_credentials")

    assert token["access_token"] == oauthcc.tokens[-1].value
    assert oauthcc.token_requests[-1].auth_method == method
    assert requests.get(oauthcc.api_url, headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=5).ok


@rfc("7523 §5")
@pytest.mark.oauthcc(issuer="https://auth.oauthcc.test/tenant", auth_methods=["private_key_jwt"])
def test_msal_is_understood(oauthcc):
    """The assertions of msal are taken, and refused when another key has made them."""
    from cryptography.hazmat.primitives import serialization

    msal = pytest.importorskip("msal")
    other = make_key("RS256").private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for key, expected in ((oauthcc.private_key, "access_token"), (other.decode(), "error")):
        app = msal.ConfidentialClientApplication(
            oauthcc.client_id,
            client_credential={"private_key": key, "thumbprint": "ab" * 20},
            oidc_authority=oauthcc.issuer,
        )
        assert expected in app.acquire_token_for_client(["orders:read"])
    assert [entry.status for entry in oauthcc.token_requests] == [200, 401]
