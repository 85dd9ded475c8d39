from __future__ import annotations

import json

import jwt
import pytest
import requests

from pytest_oauthcc import OMIT
from pytest_oauthcc.core import raw_jwt
from pytest_oauthcc.core.keys import make_key
from pytest_oauthcc.core.raw_jwt import public_pem

rfc = pytest.mark.rfc
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
pytestmark = pytest.mark.oauthcc(auth_methods=["private_key_jwt", "client_secret_jwt"])


def right_claims(oauthcc):
    """Return what a client assertion has to say."""
    now = int(oauthcc.clock.time())
    return {"iss": oauthcc.client_id, "sub": oauthcc.client_id, "aud": oauthcc.issuer, "exp": now + 60, "jti": "1"}


def sign(oauthcc, *, key=None, alg="RS256", headers=None, **changes):
    """Make a client assertion; what is given replaces the right claims, and OMIT leaves one out."""
    claims = {name: value for name, value in {**right_claims(oauthcc), **changes}.items() if value is not OMIT}
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key or oauthcc.private_key, alg, headers)


def ask_with(provider, assertion):
    """Send a token request with an assertion to some provider."""
    form = {"grant_type": "client_credentials", "client_assertion_type": TYPE, "client_assertion": assertion}
    return requests.post(provider.token_url, data=form, timeout=5)


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


# name -> the claim, and what the provider finds wrong with it
WRONG_CLAIMS = {
    "iss": ({"iss": "somebody"}, "has iss 'somebody'; it has to be the client_id"),
    "no iss": ({"iss": OMIT}, "has iss None"),
    "sub": ({"sub": "somebody"}, "there is no client 'somebody'"),
    "no sub": ({"sub": OMIT}, "there is no client None"),
    "aud": ({"aud": "https://auth.elsewhere.test"}, "has aud 'https://auth.elsewhere.test'; it has to be https://auth"),
    "aud that begins like it": ({"aud": "https://auth.oauthcc.test.elsewhere.test"}, "has aud"),
    "aud without this server": ({"aud": ["https://auth.elsewhere.test", "https://api.oauthcc.test/"]}, "has aud ["),
    "aud of nobody": ({"aud": []}, "has aud []"),
    "aud that is none": ({"aud": {"iss": "https://auth.oauthcc.test"}}, "has aud {"),
    "no aud": ({"aud": OMIT}, "has aud None"),
    "exp over": ({"exp": 1_000_000_000}, "expired"),
    "exp as text": ({"exp": "soon"}, "has exp 'soon'; it has to be a number"),
    "exp that is none": ({"exp": True}, "has exp True"),
    "exp far ahead": ({"exp": 4_000_000_000}, "minutes are enough"),
    "no exp": ({"exp": OMIT}, "has exp None"),
    "nbf ahead": ({"nbf": 4_000_000_000}, "has nbf 4000000000, which lies ahead of now"),
    "nbf as text": ({"nbf": "now"}, "has nbf 'now'"),
    "iat that is none": ({"iat": "now"}, "has iat 'now'"),
}


@rfc("7523 §3 iss-sub", "7523 §3 aud", "7523 §3 exp", "7523 §3 nbf", "7523 §3.2")
@pytest.mark.parametrize(("changes", "said"), WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_each_wrong_claim_is_an_invalid_client(oauthcc, party, changes, said):
    """One claim that is wrong or missing is enough, the answer says invalid_client, and the journal says which."""
    answer = present(party, sign(oauthcc, **changes))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert said in oauthcc.token_requests[-1].verdict.detail
    assert not oauthcc.tokens


# name -> the assertion, and what the provider finds wrong with it
WRONG_KEYS = {
    "another key": (lambda o: sign(o, key=make_key("RS256").private), "does not verify: Signature verification failed"),
    "a key of another kind": (
        lambda o: sign(o, key=make_key("ES256").private, alg="ES256"),
        "names the key None (ES256), and no such key is registered",
    ),
    "a key that it brings along": (
        lambda o: sign(o, key=OWN.private, headers={"jwk": OWN.public_jwk, "kid": OWN.kid}),
        "does not verify",
    ),
    "the key of another client": (
        lambda o: sign(o, key=OWN.private) if o.add_client(jwks={"keys": [OWN.public_jwk]}) else None,
        "does not verify",
    ),
    "another secret": (lambda o: sign(o, key="x" * 32, alg="HS256"), "does not verify with the client_secret"),
    "the secret of another client": (
        lambda o: sign(o, key=o.add_client().client_secret, alg="HS256"),
        "does not verify with the client_secret",
    ),
    "an empty secret": (lambda o: hs256(o, b""), "does not verify with the client_secret"),
    "the public key as secret": (
        lambda o: hs256(o, public_pem(o.authority.state.client_key._key)),
        "does not verify with the client_secret",
    ),
    "another payload": (
        lambda o: ".".join([*sign(o).split(".")[:1], sign(o, jti="2").split(".")[1], sign(o).split(".")[2]]),
        "does not verify",
    ),
    "no signature": (lambda o: sign(o).rpartition(".")[0] + ".", "does not verify"),
    "half a signature": (lambda o: sign(o)[:-172], "does not verify"),
    **{
        f"alg {alg}": (
            lambda o, alg=alg: raw_jwt.join({"alg": alg}, right_claims(o), b""),
            f"has the algorithm '{alg}'; it has to be signed",
        )
        for alg in ("none", "None", "NONE", "nOnE")
    },
    "another alg than signed": (
        lambda o: raw_jwt.join({"alg": "RS256"}, right_claims(o), raw_jwt.sign({"alg": "PS256"}, right_claims(o), OWN)),
        "does not verify",
    ),
    "an unknown alg": (
        lambda o: raw_jwt.join({"alg": "ES256K"}, right_claims(o), b"x" * 64),
        "has the algorithm 'ES256K'",
    ),
    "an unknown crit": (lambda o: sign(o, headers={"crit": ["x"], "x": 1}), "does not verify"),
    "no JWT": (lambda _o: "assertion", "there is no client None"),
}
OWN = make_key("RS256")


def hs256(oauthcc, secret):
    """Sign with HS256 and a secret that no library takes."""
    header, claims = {"alg": "HS256"}, right_claims(oauthcc)
    return raw_jwt.join(header, claims, raw_jwt.sign_hs256(header, claims, secret))


@rfc("7523 §3 signature", "7523 §3.2")
@pytest.mark.parametrize(("make", "said"), WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_each_wrong_key_and_algorithm_is_an_invalid_client(oauthcc, party, make, said):
    """One wrong key, secret or algorithm is enough, the answer says invalid_client, and the journal says why."""
    answer = present(party, make(oauthcc))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert said in oauthcc.token_requests[-1].verdict.detail
    assert not oauthcc.tokens


REGISTERED = {
    "for another algorithm": {"alg": "PS256"},
    "for encryption": {"use": "enc"},
    "under another name": {"kid": "yesterday's"},
}


@rfc("7523 §3 signature")
@pytest.mark.parametrize("member", REGISTERED.values(), ids=REGISTERED)
def test_a_key_that_is_registered_for_something_else_signs_nothing(oauthcc_factory, member):
    """A key is good for what its client registered it for: its name, its use and its algorithm (RFC 7517 section 4)."""
    registered = {**OWN.public_jwk, **member}
    made = oauthcc_factory(auth_methods=["private_key_jwt"], client_jwks={"keys": [registered]}, strict=False)
    answer = ask_with(made, sign(made, key=OWN.private, headers={"kid": OWN.kid}))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "no such key is registered for the client" in made.token_requests[-1].verdict.detail


@rfc("6749 §2.3.2", "7523 §3.2")
@pytest.mark.parametrize("registered", ["private_key_jwt", "client_secret_jwt", "client_secret_basic"])
def test_a_client_signs_by_the_method_that_it_registered(oauthcc_factory, registered):
    """A secret proves nothing for a client that registered a key, and the other way round."""
    every = ["client_secret_basic", "client_secret_jwt", "private_key_jwt"]
    made = oauthcc_factory(auth_methods=every, strict=False)
    client = made.add_client(auth_methods=[registered], jwks={"keys": [OWN.public_jwk]})
    about = {"iss": client.client_id, "sub": client.client_id}
    assertions = {
        "private_key_jwt": sign(made, key=OWN.private, **about),
        "client_secret_jwt": sign(made, key=client.client_secret, alg="HS256", jti="2", **about),
    }
    statuses = {method: ask_with(made, assertion).status_code for method, assertion in assertions.items()}

    assert statuses == {method: 200 if method == registered else 401 for method in assertions}


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


class Authlib:
    """Makes requests with Authlib; claims, headers, key and algorithm are what one likes."""

    def __init__(self, provider, method):
        self.provider, self.method = provider, method

    def __call__(self, *, key=None, alg=None, claims=None, headers=None, audience=None):
        """Ask for a token; returns the answer's members."""
        from authlib.integrations.requests_client import OAuth2Session
        from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT

        provider, is_secret = self.provider, self.method == "client_secret_jwt"
        signer = (ClientSecretJWT if is_secret else PrivateKeyJWT)(
            audience or provider.token_url, claims=claims, headers=headers, alg=alg
        )
        secret = key or (provider.client_secret if is_secret else provider.private_key)
        session = OAuth2Session(provider.client_id, secret, token_endpoint_auth_method=signer)
        return session.fetch_token(provider.token_url, grant_type="client_credentials")


def pem(key):
    """Write a private key as Authlib and msal take it."""
    from cryptography.hazmat.primitives import serialization

    return key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


AUTHLIB_WRONG = {
    **{name: {"claims": changes} for name, (changes, _) in WRONG_CLAIMS.items() if OMIT not in changes.values()},
    "another audience": {"audience": "https://auth.elsewhere.test/token"},
    "another kid": {"headers": {"kid": "another"}},
}


@rfc("7523 §3.2")
@pytest.mark.parametrize("method", ["client_secret_jwt", "private_key_jwt"])
@pytest.mark.parametrize("wrong", AUTHLIB_WRONG.values(), ids=AUTHLIB_WRONG)
def test_one_mistake_of_authlib_is_refused(oauthcc_factory, method, wrong):
    """What Authlib signs with one wrong claim, or under a wrong name, is an invalid client."""
    from authlib.integrations.base_client import OAuthError

    jwks = {"keys": [{**OWN.public_jwk, "kid": "registered"}]}
    made = oauthcc_factory(auth_methods=[method], client_jwks=jwks, strict=False)
    ask = Authlib(made, method)
    own = {"key": pem(OWN)} if method == "private_key_jwt" else {}
    assert ask(headers={"kid": "registered"}, **own)["access_token"] == made.tokens[0].value
    if method == "client_secret_jwt" and "headers" in wrong:
        wrong = {"key": "another secret, as long as it has to be"}  # a secret has no name
    if method == "private_key_jwt" and "claims" in wrong:
        wrong = {**wrong, "headers": {"kid": "registered"}}

    with pytest.raises(OAuthError, match="invalid_client"):
        ask(**{**own, **wrong})
    assert made.token_requests[-1].status == 401
    assert len(made.tokens) == 1


@rfc("7523 §3.2", "7523 §3 jti")
@pytest.mark.parametrize("wrong", ["key", "alg", "aud", "lifetime", "client_id", "jti"])
def test_one_mistake_of_requests_oauth2client_is_refused(oauthcc_factory, wrong):
    """What requests-oauth2client signs with one wrong setting raises its own InvalidClient."""
    library = pytest.importorskip("requests_oauth2client")
    jwskate = pytest.importorskip("jwskate")
    key = jwskate.Jwk.generate(alg="ES256").with_kid_thumbprint()
    registered = dict(key.public_jwk())
    made = oauthcc_factory(auth_methods=["private_key_jwt"], client_jwks={"keys": [registered]}, strict=False)

    def ask(private=key, client_id=made.client_id, **settings):
        signer = library.PrivateKeyJwt(client_id, private, **settings)
        return library.OAuth2Client(made.token_url, auth=signer).client_credentials()

    assert ask(jti_gen=lambda: "1").access_token == made.tokens[0].value
    mistake = {
        "key": {"private": jwskate.Jwk.generate(alg="ES256").with_kid_thumbprint()},
        "alg": {"private": jwskate.Jwk({**jwskate.Jwk.generate(alg="RS256"), "kid": key.kid})},
        "aud": {"aud": "https://auth.elsewhere.test"},
        "lifetime": {"lifetime": -1},
        "client_id": {"client_id": "somebody"},
        "jti": {"jti_gen": lambda: "1"},
    }[wrong]
    with pytest.raises(library.InvalidClient):
        ask(**mistake)
    assert len(made.tokens) == 1


@rfc("7523 §3.2", "7523 §5")
@pytest.mark.parametrize("wrong", ["key", "client_id", "alg"])
@pytest.mark.parametrize("registered", ["RS256", "PS256"])
def test_one_mistake_of_msal_is_refused(oauthcc_factory, certificate, registered, wrong):
    """Assertions of msal are taken, by RS256 and by PS256; one wrong setting of it is an invalid client."""
    msal = pytest.importorskip("msal")
    registered_key = {**OWN.public_jwk, "alg": registered}
    del registered_key["kid"]
    made = oauthcc_factory(
        issuer="https://auth.msal.test/tenant",
        token_url="https://auth.msal.test/token",
        auth_methods=["private_key_jwt"],
        client_jwks={"keys": [registered_key]},
        strict=False,
    )
    by_alg = {"RS256": {"thumbprint": "ab" * 20}, "PS256": {"public_certificate": certificate}}

    def ask(key=OWN, client_id=made.client_id, alg=registered):
        app = msal.ConfidentialClientApplication(
            client_id, client_credential={"private_key": pem(key), **by_alg[alg]}, oidc_authority=made.issuer
        )
        return app.acquire_token_for_client(["orders:read"])

    assert ask()["access_token"] == made.tokens[0].value
    mistake = {
        "key": {"key": make_key("RS256")},
        "client_id": {"client_id": "somebody"},
        "alg": {"alg": "PS256" if registered == "RS256" else "RS256"},
    }[wrong]
    assert ask(**mistake)["error"] == "invalid_client"
    assert [entry.status for entry in made.token_requests] == [200, 401]


@pytest.fixture(scope="module")
def certificate():
    """A self-signed certificate of the client's key, in PEM."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    name, now = x509.Name([]), datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, OWN.private.public_key(), 1, now, now + timedelta(days=1))
    return builder.sign(OWN.private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


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
@pytest.mark.parametrize(
    ("method", "alg"),
    [("client_secret_jwt", alg) for alg in ("HS256", "HS384", "HS512")]
    + [("private_key_jwt", alg) for alg in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")],
)
def test_authlib_is_understood(oauthcc, method, alg):
    """The assertions of Authlib are taken, by each algorithm that its kind of key has."""
    token = Authlib(oauthcc, method)(alg=alg)

    assert token["access_token"] == oauthcc.tokens[-1].value
    assert oauthcc.token_requests[-1].auth_method == method
    assert requests.get(oauthcc.api_url, headers={"Authorization": f"Bearer {token['access_token']}"}, timeout=5).ok
