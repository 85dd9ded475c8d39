"""Tokens and keys: what is in a token, that no two are alike, who can verify it, and how long it lives."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import jwt
import pytest
from core_world import API_URL, CLIENT_ID, ISSUER, World
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from pytest_oauthcc import OMIT
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.dialect import Dialect, TokenDialect
from pytest_oauthcc.core.given_key import read_signing_key
from pytest_oauthcc.core.keys import KeyRing, make_key, session_key
from pytest_oauthcc.core.raw_jwt import thumbprint
from pytest_oauthcc.core.tokens import IssuedToken
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.options import SIGNING_ALGS


def verified(token, world):
    """The claims of a token, checked against the published keys as an API would do it."""
    keys = jwt.PyJWKSet.from_dict(world.state.keys.jwks())
    key = next(key for key in keys.keys if key.key_id == jwt.get_unverified_header(token)["kid"])
    options = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, key.key, algorithms=[key.algorithm_name], audience=API_URL, issuer=ISSUER, options=options)


@pytest.mark.parametrize("alg", [alg for alg in SIGNING_ALGS if not alg.startswith("HS")])
def test_tokens_verify_through_the_published_keys(alg):
    """Whatever the algorithm, the key is published, without its private half."""
    world = World(signing_alg=alg, scopes=("a", "b"))

    token = world.token()

    now = int(world.clock.now)
    claims = verified(token, world)
    assert claims == {
        "iss": ISSUER,
        "sub": CLIENT_ID,
        "aud": API_URL,
        "client_id": CLIENT_ID,
        "scope": "a b",
        "iat": now,
        "exp": now + 1 + 3600,
        "jti": claims["jti"],
    }
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    (published,) = world.state.keys.jwks()["keys"]
    assert published["use"] == "sig"
    assert published["alg"] == alg
    members = {"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}[published["kty"]]
    assert set(published) == {"kty", "kid", "use", "alg"} | members


@pytest.mark.parametrize(
    ("jwk", "named"),
    [
        (
            {
                "kty": "RSA",
                "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
                "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZ"
                "gnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqb"
                "w0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
                "e": "AQAB",
                "alg": "RS256",
                "kid": "2011-04-29",
            },
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ],
    ids=["RFC 7638 section 3.1", "RFC 8037 appendix A.3"],
)
def test_the_thumbprints_of_the_rfcs(jwk, named):
    """A key is named as the examples of the RFCs name theirs."""
    assert thumbprint(jwk) == named


def test_a_symmetric_key_is_not_published():
    """Whoever could read an HS256 key could make tokens."""
    world = World(signing_alg="HS256")

    token = world.token()

    assert world.state.keys.jwks() == {"keys": []}
    key = world.state.keys.current
    assert jwt.decode(token, key.private, algorithms=["HS256"], audience=API_URL, options={"verify_exp": False})
    assert len(key.private) == 32
    assert repr(key.private) not in repr(key)


@pytest.mark.parametrize("alg", SIGNING_ALGS)
def test_another_algorithm_has_a_published_key_as_well(alg):
    """A token that is minted with another algorithm than the usual one verifies in the same way."""
    world = World()

    token = world.state.issue(CLIENT_ID, (), now=world.clock.now, alg=alg).value

    assert jwt.get_unverified_header(token)["alg"] == alg
    if alg == "HS256":
        assert len(world.state.keys.jwks()["keys"]) == 1
    else:
        assert verified(token, world)["sub"] == CLIENT_ID
    world.state.issue(CLIENT_ID, (), now=world.clock.now, alg=alg)
    assert len(list(world.state.keys)) == (1 if alg == "ES256" else 2)


def test_after_rotation_old_tokens_verify_and_new_ones_have_a_new_key():
    """The published set holds the new key first and the older ones as well."""
    world = World()
    old = world.token()
    other = World().token()

    world.state.keys.rotate()
    new = world.token()

    kids = [key["kid"] for key in world.state.keys.jwks()["keys"]]
    assert kids == [jwt.get_unverified_header(token)["kid"] for token in (new, old)]
    assert verified(old, world)
    assert verified(new, world)
    assert world.call(old).status == world.call(new).status == 200
    assert jwt.get_unverified_header(other)["kid"] == kids[1], "the process shares its first key"


def test_a_key_can_be_withdrawn():
    """Then the published set has the new key alone."""
    world = World()
    world.state.issue(CLIENT_ID, (), now=world.clock.now, alg="RS256")
    world.state.keys.rotate()

    world.state.keys.rotate(keep_old=False)

    assert [key["kid"] for key in world.state.keys.jwks()["keys"]] == [world.state.keys.current.kid]


@pytest.mark.parametrize("keep_old", [True, False])
def test_withdrawing_a_key_ends_what_it_signed(keep_old):
    """Without its key a JWT is worth nothing; what needs no key stays good."""
    world = World()
    signed = issue(world)
    opaque, scripted = (
        IssuedToken(value, client_id="c", scopes=frozenset(), audience=(), issued=0, expiry=2e9, is_adopted=adopted)
        for value, adopted in (("opaque", False), (signed.value + "x", True))
    )
    for token in (opaque, scripted):
        world.state.tokens.add(token)

    world.state.rotate_keys(keep_old=keep_old)

    assert (signed.revoked, opaque.revoked, scripted.revoked) == (not keep_old, False, False)


@pytest.mark.parametrize(
    ("private", "algs", "members"),
    [
        (rsa.generate_private_key(65537, 2048), ("RS256", "RS384", "RS512", "PS256"), {"kty": "RSA", "e": "AQAB"}),
        (ec.generate_private_key(ec.SECP256R1()), ("ES256",), {"kty": "EC", "crv": "P-256"}),
        (ec.generate_private_key(ec.SECP384R1()), ("ES384",), {"kty": "EC", "crv": "P-384"}),
        (ed25519.Ed25519PrivateKey.generate(), ("EdDSA",), {"kty": "OKP", "crv": "Ed25519"}),
    ],
    ids=["RSA", "P-256", "P-384", "Ed25519"],
)
def test_a_given_key_is_published_as_a_made_one(private, algs, members):
    """Its kind decides what it signs with; its name is its thumbprint, and its public half is all that is told."""
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    for alg in (None, *algs):
        key = read_signing_key(pem, alg)
        assert key.alg == (alg or algs[0])
        public = {**members, "kid": thumbprint(key.public_jwk), "alg": key.alg, "use": "sig"}
        assert {**key.public_jwk, **public} == key.public_jwk
        assert set(key.public_jwk) - set(public) <= {"n", "x", "y"}
    with pytest.raises(OptionError) as raised:
        read_signing_key(pem, "HS256", where="key.pem")
    assert str(raised.value) == (
        f"key.pem is for {' or '.join(algs)}, and signing_alg is HS256; give a key of that kind"
    )


@pytest.mark.parametrize(
    ("pem", "told"),
    [
        (
            b"no key",
            (
                "the signing key is no unencrypted private key in PEM; make one with: "
                "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
            ),
        ),
        (
            ec.generate_private_key(ec.SECP521R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            (
                "the signing key is a key of a kind that the fake does not sign with; "
                "it takes RSA with 2048 bits or more, EC on P-256 or P-384, and Ed25519"
            ),
        ),
    ],
    ids=["none", "another curve"],
)
def test_what_is_no_signing_key_is_told(pem, told):
    """The message says what is taken, and how to make one."""
    with pytest.raises(OptionError) as raised:
        read_signing_key(pem)
    assert str(raised.value) == told


def test_old_tokens_can_be_forgotten():
    """Those that had expired by then, and no others."""
    world = World(expires_in=10)
    old = world.token()
    world.clock.advance(60)
    new = world.token()

    world.state.tokens.forget(world.clock.now)

    assert world.state.tokens.get(old) is None
    assert world.state.tokens.get(new) is not None


def test_keys_are_made_once_and_late():
    """A ring makes no key before one is asked for, and all rings of the process share it."""
    ring = KeyRing("ES256")
    assert ring._current is None
    assert ring.current is KeyRing("ES256").current is session_key("ES256")
    assert make_key("ES256").kid != make_key("ES256").kid
    other = ring.for_alg("EdDSA")
    assert other is KeyRing("ES256").for_alg("EdDSA")
    ring.rotate(keep_old=False)
    assert ring.for_alg("EdDSA").kid != other.kid


@pytest.mark.parametrize("settings", [{}, {"token_format": "opaque"}, {"signing_alg": "RS256"}], ids=str)
def test_no_two_tokens_are_alike(settings):
    """Tokens of the same moment for the same client and scope differ, and can't be guessed."""
    world = World(**settings)

    tokens = [world.token() for _ in range(50)]

    assert len(set(tokens)) == 50
    assert len(world.state.tokens) == 50
    assert [token.value for token in world.state.tokens] == tokens
    if settings.get("token_format") == "opaque":
        assert all(len(token) >= 32 for token in tokens)
        assert world.state.tokens.newest.claims == {}


ALL_VALUES = (
    "iat",
    "nbf",
    "exp",
    "scope",
    "scopes",
    "audience",
    "audiences",
    "kid",
    "alg",
    "client_id",
    "issuer",
    "jti",
)


@pytest.mark.parametrize(
    ("scopes", "audience", "told"),
    [
        (
            ("a", "b"),
            ("https://a.test", "https://b.test"),
            {
                "scope": "a b",
                "scopes": ["a", "b"],
                "audience": ["https://a.test", "https://b.test"],
                "audiences": ["https://a.test", "https://b.test"],
            },
        ),
        (
            ("a",),
            ("https://a.test",),
            {"scope": "a", "scopes": ["a"], "audience": "https://a.test", "audiences": ["https://a.test"]},
        ),
        ((), (), {}),
    ],
    ids=["two", "one", "none"],
)
def test_what_a_template_of_a_token_may_use(scopes, audience, told):
    """Each value that a profile can put into a claim; what there is none of is left out."""
    world = World(Dialect(token=TokenDialect(claims={name: f"{{{name}}}" for name in ALL_VALUES})))

    claims = world.state.issue(CLIENT_ID, scopes, now=world.clock.now, audience=audience).claims

    now = int(world.clock.now)
    assert claims == {
        "iat": now,
        "nbf": now,
        "exp": now + 1 + 3600,
        "kid": world.state.keys.current.kid,
        "alg": "ES256",
        "client_id": CLIENT_ID,
        "issuer": ISSUER,
        "jti": claims["jti"],
        **told,
    }


def test_tokens_in_a_providers_own_form():
    """Claims, header and the look of opaque tokens are templates."""
    claims = {
        "scp": "{scopes}",
        "cid": "{client_id}",
        "aud": "{audiences}",
        "n": "{null}",
        "x": "{scope}",
        "j": "{jti}",
    }
    dialect = Dialect(
        token=TokenDialect(claims=claims, typ=None, jwt_header={"v": "{alg}/{kid}"}, opaque="o-{random}-{exp}")
    )

    jwt_world, opaque_world = World(dialect), World(dialect, token_format="opaque")
    token = jwt_world.token(scope="a")
    issued = jwt_world.state.tokens.newest
    assert issued.claims == {
        "scp": ["a"],
        "cid": CLIENT_ID,
        "aud": [API_URL],
        "n": None,
        "x": "a",
        "j": issued.claims["j"],
    }
    key = jwt_world.state.keys.current
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": key.kid, "v": f"ES256/{key.kid}"}
    opaque = opaque_world.token()
    assert opaque.startswith("o-")
    assert opaque.endswith(f"-{int(opaque_world.state.tokens.newest.expiry)}")


@given(st.floats(0, 4e9), st.integers(1, 10**6))
def test_the_expiry_is_the_moment_of_issue_rounded_up_plus_the_lifetime(now, lifetime):
    """The claim, the journal and the API agree to the second, and a token never lives shorter than was said."""
    world = World(expires_in=lifetime)
    world.clock.now = now

    token = world.ask().entry.token

    assert token.expiry == token.claims["exp"] == math.ceil(now) + lifetime
    assert token.claims["iat"] == math.floor(now)
    assert token.issued_at == datetime.fromtimestamp(now, UTC)
    assert token.expires_at == datetime.fromtimestamp(token.expiry, UTC)
    assert not token.is_expired(now + lifetime - 0.001)
    assert token.is_expired(token.expiry)


@pytest.mark.parametrize("now", [1_700_000_000, 1_700_000_000.5])
def test_a_token_without_a_lifetime_is_expired_at_once(now):
    """Nothing is rounded up for it."""
    world = World(expires_in=0)
    world.clock.now = now

    token = world.ask().entry.token

    assert token.expiry == token.claims["exp"] == 1_700_000_000
    assert world.call(token.value).cause == Cause.TOKEN_EXPIRED


def issue(world, **options):
    """Mint without a request."""
    return world.state.issue(CLIENT_ID, ("a",), now=world.clock.now, **options)


def test_claims_are_added_replaced_and_left_out():
    """What a test says of claims and header goes before the templates."""
    token = issue(World(), claims={"sub": "x", "extra": [1], "jti": OMIT}, header={"typ": "JWT", "extra": 1})

    assert token.claims["sub"] == "x"
    assert token.claims["extra"] == [1]
    assert "jti" not in token.claims
    header = jwt.get_unverified_header(token.value)
    assert (header["typ"], header["extra"]) == ("JWT", 1)


def test_the_api_judges_by_what_the_token_says():
    """exp, scope and aud that a test writes into a token are those that the API goes by."""
    world = World()
    now = int(world.clock.now)
    world.api.require(scope="b")

    assert world.call(issue(world).value).cause == Cause.INSUFFICIENT_SCOPE
    assert world.call(issue(world, claims={"scope": "a b"}).value).status == 200
    assert issue(world, claims={"scope": OMIT}).scopes == frozenset()
    assert issue(world, claims={"scope": ["a", "b"]}).scopes == {"a", "b"}
    assert issue(world, claims={"aud": "x"}).audience == ("x",)
    assert issue(world, claims={"aud": ["x", "y"]}).audience == ("x", "y")
    assert issue(world, claims={"aud": OMIT}).audience == ()
    assert issue(world, claims={"exp": now}).is_expired(now)
    assert issue(world, claims={"exp": OMIT}).expiry == now + 1 + 3600
    assert issue(world, lifetime=0.5).claims["exp"] == now + 2


def test_any_lifetime_can_be_shown():
    """A token of a lifetime beyond all calendars prints."""
    for expiry in (1e300, float("inf"), 10**400, -1e300):
        token = IssuedToken("v", client_id="c", scopes=frozenset("a"), audience=(), issued=0, expiry=expiry)
        assert token.expires_at.year == (9999 if expiry > 0 else 1)
        assert token.expires_at.tzinfo is UTC
        assert "expires_at=" in repr(token)


def test_a_token_does_not_show_itself():
    """The repr says everything about a token but the token."""
    world = World()
    token = issue(world)
    assert token.value not in repr(token)
    assert repr(token).startswith("IssuedToken(***")
    assert "scope='a'" in repr(token)
    assert "revoked" not in repr(token)
    world.state.tokens.revoke(token.value, world.clock.now)
    assert repr(token).endswith(", revoked)")


def test_revoking_counts_what_was_good():
    """None revokes all that are good; expired, revoked and unknown ones don't count."""
    world = World(expires_in=10)
    old = world.token()
    world.clock.advance(60)
    first, _ = world.token(), world.token()
    revoke = world.state.tokens.revoke

    assert revoke(first, world.clock.now) == 1
    assert revoke(first, world.clock.now) == 0
    assert revoke(old, world.clock.now) == 0
    assert revoke("unknown", world.clock.now) == 0
    assert revoke(None, world.clock.now) == 1
    assert revoke(None, world.clock.now) == 0
