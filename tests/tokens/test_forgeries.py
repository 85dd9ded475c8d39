from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import freezegun
import joserfc.errors
import joserfc.jwk
import joserfc.jwt
import jwt
import pytest
import requests

import pytest_oauthcc
from pytest_oauthcc.core.forgery import ForgedToken
from pytest_oauthcc.core.forgery_making import wrong_key
from pytest_oauthcc.core.forgery_names import FORGERIES
from pytest_oauthcc.core.forgery_table import TABLE
from pytest_oauthcc.core.raw_jwt import public_pem, thumbprint

GOOD_BY_ITSELF = ("too-little-scope", "revoked", "other-client", "dpop-as-bearer")
ALL_CHECKS = {"require": ["exp", "iss", "aud"]}


def verify(provider, value, *, algorithms=("ES256",), key=None, typ=True, **off):
    """Verify a token as an API has to (RFC 9068 section 4), but for the checks that are switched off."""
    if typ and jwt.get_unverified_header(value).get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("typ")
    key = key or jwt.PyJWKClient(provider.jwks_url).get_signing_key_from_jwt(value).key
    checks = {"issuer": provider.issuer, "audience": provider.api_url, "options": ALL_CHECKS, **off}
    return jwt.decode(value, key, algorithms=list(algorithms), **checks)


def kid_is_known(provider, value):
    return jwt.get_unverified_header(value)["kid"] in {
        key["kid"] for key in requests.get(provider.jwks_url, timeout=5).json()["keys"]
    }


def right_key(provider):
    return provider.authority.state.keys.current


def hmac_fits(value, secret):
    """Whether a token is signed by HS256 with that secret."""
    signed, _, signature = value.rpartition(".")
    found = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return hmac.compare_digest(hmac.new(secret, signed.encode(), hashlib.sha256).digest(), found)


def signature_of(value):
    part = value.rpartition(".")[2]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signature_fits(provider, value):
    """Whether the right key signed a token, whatever its header demands."""
    algorithm = jwt.get_algorithm_by_name("ES256")
    return algorithm.verify(
        value.rpartition(".")[0].encode(), right_key(provider).private.public_key(), signature_of(value)
    )


def accepts_der(provider, value):
    """Whether the signature is right to a library that takes DER, as cryptography itself does."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    signed = value.rpartition(".")[0].encode()
    right_key(provider).private.public_key().verify(signature_of(value), signed, ec.ECDSA(hashes.SHA256()))
    return True


def parse_first(text):
    """Read JSON so that the first of two members with the same name counts."""
    return json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))


def payload_text(value):
    part = value.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def unverified(value):
    return jwt.decode(value, options={"verify_signature": False})


NO_SIGNATURE_CHECK = {"verify_signature": False}

# name -> what PyJWT says with every check on, and an API that leaves out the one check that matters
WRONG_IN_ONE_WAY = {
    "expired": (
        jwt.ExpiredSignatureError,
        lambda p, v: verify(p, v, options={**ALL_CHECKS, "verify_exp": False}),
    ),
    "not-yet-valid": (
        jwt.ImmatureSignatureError,
        lambda p, v: verify(p, v, options={**ALL_CHECKS, "verify_nbf": False}),
    ),
    "no-exp": (jwt.MissingRequiredClaimError, lambda p, v: verify(p, v, options={"require": ["iss", "aud"]})),
    "wrong-issuer": (jwt.InvalidIssuerError, lambda p, v: verify(p, v, issuer=None)),
    "no-issuer": (
        jwt.MissingRequiredClaimError,
        lambda p, v: verify(p, v, issuer=None, options={"require": ["exp", "aud"]}),
    ),
    "other-tenant": (
        jwt.InvalidIssuerError,
        lambda p, v: verify(p, v, issuer=None)["iss"].startswith(p.issuer),
    ),
    "wrong-audience": (
        jwt.InvalidAudienceError,
        lambda p, v: verify(p, v, audience=None, options={"verify_aud": False}),
    ),
    "no-audience": (
        jwt.MissingRequiredClaimError,
        lambda p, v: verify(p, v, audience=None, options={"require": ["exp", "iss"]}),
    ),
    "wrong-key": (
        jwt.InvalidSignatureError,
        lambda p, v: kid_is_known(p, v) and verify(p, v, key=wrong_key("ES256").private.public_key()),
    ),
    "unknown-kid": (
        jwt.PyJWKClientError,
        lambda p, v: not kid_is_known(p, v) and verify(p, v, key=wrong_key("ES256").private.public_key()),
    ),
    "alg-none": (jwt.InvalidAlgorithmError, lambda _p, v: unverified(v)),
    "alg-none-capitalized": (jwt.InvalidAlgorithmError, lambda _p, v: unverified(v)),
    "alg-none-uppercase": (jwt.InvalidAlgorithmError, lambda _p, v: unverified(v)),
    "alg-none-mixed-case": (jwt.InvalidAlgorithmError, lambda _p, v: unverified(v)),
    "hs256-public-key": (jwt.InvalidAlgorithmError, lambda p, v: hmac_fits(v, public_pem(right_key(p)))),
    "hs256-empty-secret": (jwt.InvalidAlgorithmError, lambda _p, v: hmac_fits(v, b"")),
    "embedded-jwk": (
        jwt.PyJWKClientError,
        lambda p, v: verify(p, v, key=jwt.PyJWK(jwt.get_unverified_header(v)["jwk"]).key),
    ),
    "foreign-jku": (
        jwt.PyJWKClientError,
        lambda p, v: (
            jwt.get_unverified_header(v)["jku"] == "https://keys.elsewhere.test/jwks.json"
            and verify(p, v, key=wrong_key("ES256").private.public_key())
        ),
    ),
    "foreign-x5u": (
        jwt.PyJWKClientError,
        lambda p, v: (
            jwt.get_unverified_header(v)["x5u"] == "https://keys.elsewhere.test/certificate.pem"
            and verify(p, v, key=wrong_key("ES256").private.public_key())
        ),
    ),
    "kid-path-traversal": (jwt.PyJWKClientError, lambda _p, v: hmac_fits(v, b"")),
    "kid-sql-injection": (jwt.PyJWKClientError, lambda _p, v: hmac_fits(v, b"oauthcc")),
    "kid-not-a-text": (
        jwt.InvalidTokenError,
        lambda _p, v: jwt.api_jws.PyJWS()._load(v)[2]["kid"] == {"$ne": None},
    ),
    "wrong-typ": (jwt.InvalidTokenError, lambda p, v: verify(p, v, typ=False)),
    "id-token": (
        jwt.InvalidTokenError,
        lambda p, v: verify(p, v, typ=False, audience=None, options={"verify_aud": False}),
    ),
    "tampered-payload": (
        jwt.InvalidSignatureError,
        lambda _p, v: unverified(v)["sub"] == "administrator",
    ),
    "stripped-signature": (jwt.InvalidSignatureError, lambda _p, v: v.endswith(".") and unverified(v)),
    "truncated-signature": (
        jwt.InvalidSignatureError,
        lambda _p, v: len(signature_of(v)) == 32 and unverified(v),
    ),
    "der-signature": (jwt.InvalidSignatureError, accepts_der),
    "zero-signature": (jwt.InvalidSignatureError, lambda _p, v: signature_of(v) == bytes(64) and unverified(v)),
    "duplicate-claims": (
        jwt.ExpiredSignatureError,
        lambda _p, v: parse_first(payload_text(v))["exp"] > time.time(),
    ),
    "unknown-crit": (jwt.InvalidTokenError, signature_fits),
    "oversized": (
        jwt.InvalidSignatureError,
        lambda p, v: len(v) > 200_000 and verify(p, v, key=wrong_key("ES256").private.public_key()),
    ),
    "not-a-jwt": (jwt.DecodeError, lambda _p, v: "." not in v),
}


def test_every_forgery_is_in_one_of_the_tables():
    """No forgery escapes these tests, and the names that the plugin knows beforehand are those of the table."""
    assert {*WRONG_IN_ONE_WAY, *GOOD_BY_ITSELF} == set(FORGERIES)
    assert tuple(TABLE) == FORGERIES


@pytest.mark.parametrize("name", WRONG_IN_ONE_WAY)
def test_a_right_api_refuses_it_and_one_that_skips_the_check_accepts_it(oauthcc, name):
    """Each forged token is refused by PyJWT with the right error, and is good but for that."""
    error, careless = WRONG_IN_ONE_WAY[name]
    forged = oauthcc.forge(name)
    with pytest.raises(error) as raised:
        verify(oauthcc, forged.value)
    if error is jwt.InvalidTokenError:
        assert type(raised.value) not in {jwt.ExpiredSignatureError, jwt.InvalidSignatureError}
    assert careless(oauthcc, forged.value)


@pytest.mark.parametrize("name", GOOD_BY_ITSELF)
def test_the_signature_and_the_claims_of_others_are_good(oauthcc, name):
    """Tokens that are wrong for another reason than their content pass all checks of the content."""
    claims = verify(oauthcc, oauthcc.forge(name, "orders:read").value)

    assert claims["scope"] == "orders:read"
    assert ("cnf" in claims) == (name == "dpop-as-bearer")
    assert (claims["client_id"] == oauthcc.client_id) == (name != "other-client")


@pytest.mark.parametrize("name", [name for name in WRONG_IN_ONE_WAY if name != "wrong-typ"])
def test_joserfc_refuses_it_too(oauthcc, name):
    """A second library agrees on what is wrong."""
    value = oauthcc.forge(name).value
    keys = joserfc.jwk.KeySet.import_key_set(requests.get(oauthcc.jwks_url, timeout=5).json())
    registry = joserfc.jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": oauthcc.issuer},
        aud={"essential": True, "value": oauthcc.api_url},
        exp={"essential": True},
    )
    with pytest.raises((joserfc.errors.JoseError, ValueError, TypeError)):
        registry.validate(joserfc.jwt.decode(value, keys, algorithms=["ES256"]).claims)


def test_a_good_token_passes_the_same_checks(oauthcc):
    """What the forgeries are measured by lets good tokens through."""
    value = oauthcc.mint("orders:read")
    assert verify(oauthcc, value)["scope"] == "orders:read"
    keys = joserfc.jwk.KeySet.import_key_set(requests.get(oauthcc.jwks_url, timeout=5).json())
    assert joserfc.jwt.decode(value, keys, algorithms=["ES256"]).claims["iss"] == oauthcc.issuer


def test_the_fake_api_refuses_it_and_names_it(oauthcc, oauthcc_forged_token):
    """The fake's own API knows each forgery, and answers with its status and its name."""
    forged = oauthcc_forged_token
    answer = requests.get(oauthcc.api_url, headers={"Authorization": f"Bearer {forged.value}"}, timeout=5)

    assert answer.status_code == forged.status == (403 if forged.name == "too-little-scope" else 401)
    assert f"this is the forged token '{forged.name}'" in answer.json()["error_description"]
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="oauthcc", error="')
    assert oauthcc.api_requests[-1].token is None
    assert oauthcc.api_requests[-1].verdict.facts == {"forged": forged.name}


def test_it_is_no_token_of_the_store(oauthcc):
    """Introspection calls a forged token inactive, and revoking all tokens does not count it."""
    forged = oauthcc.forge("other-client")
    told = requests.post(
        oauthcc.introspection_url,
        data={"token": forged.value},
        auth=(oauthcc.client_id, oauthcc.client_secret),
        timeout=5,
    )
    assert told.json() == {"active": False}
    assert oauthcc.tokens == ()
    assert oauthcc.revoke() == 0


def test_it_prints_without_the_token(oauthcc):
    """A forged token prints what it is, and not the token."""
    forged = oauthcc.forge("alg-none")

    assert isinstance(forged, pytest_oauthcc.ForgedToken)
    assert pytest_oauthcc.ForgedToken is ForgedToken
    assert repr(ForgedToken).startswith("<class 'pytest_oauthcc.ForgedToken'")
    assert forged.value not in repr(forged)
    assert repr(forged).startswith("ForgedToken('alg-none', ***")


def test_the_arguments_are_those_of_mint(oauthcc):
    """A forgery takes scope, lifetime, claims, client, algorithm and headers, as mint does."""
    forged = oauthcc.forge(
        "wrong-issuer",
        "orders:read",
        expires_in=60,
        claims={"tenant": "t1"},
        client_id="billing",
        alg="RS256",
        headers={"x5t": "thumb"},
    )
    header, claims = jwt.get_unverified_header(forged.value), unverified(forged.value)

    assert (header["alg"], header["x5t"]) == ("RS256", "thumb")
    assert claims["exp"] - claims["iat"] in {60, 61}
    assert (claims["tenant"], claims["client_id"], claims["scope"]) == ("t1", "billing", "orders:read")


def test_an_expired_token_does_not_begin_after_its_end(oauthcc):
    """A token that has nbf is expired in a consistent way."""
    forged = unverified(oauthcc.forge("expired", claims={"nbf": 1}).value)
    assert forged["nbf"] == forged["iat"] < forged["exp"] < time.time()


@pytest.mark.parametrize(("profile", "claims"), [("auth0", {"azp", "sub"}), ("entra", {"appid", "azp", "sub"})])
def test_another_client_has_the_providers_own_claims(oauthcc_factory, profile, claims):
    """Whatever claims tell whose token it is, all of them tell of somebody else."""
    made = oauthcc_factory(profile)
    good, forged = unverified(made.mint()), unverified(made.forge("other-client").value)
    differing = {name for name, value in forged.items() if good[name] != value} - {"jti", "uti", "rh", "aio"}

    assert differing <= claims | {"iat", "exp", "nbf"}
    assert differing & claims
    assert made.client_id not in json.dumps(forged)


# name -> the claims and the members of the header that differ from those of a good token
DIFFERING = {
    "expired": ({"iat", "exp"}, set()),
    "not-yet-valid": ({"nbf", "exp"}, set()),
    "no-exp": ({"exp"}, set()),
    "wrong-issuer": ({"iss"}, set()),
    "no-issuer": ({"iss"}, set()),
    "other-tenant": ({"iss"}, set()),
    "wrong-audience": ({"aud"}, set()),
    "no-audience": ({"aud"}, set()),
    "wrong-key": (set(), set()),
    "unknown-kid": (set(), {"kid"}),
    "alg-none": (set(), {"alg"}),
    "alg-none-capitalized": (set(), {"alg"}),
    "alg-none-uppercase": (set(), {"alg"}),
    "alg-none-mixed-case": (set(), {"alg"}),
    "hs256-public-key": (set(), {"alg"}),
    "hs256-empty-secret": (set(), {"alg"}),
    "embedded-jwk": (set(), {"kid", "jwk"}),
    "foreign-jku": (set(), {"kid", "jku"}),
    "foreign-x5u": (set(), {"kid", "x5u"}),
    "kid-path-traversal": (set(), {"alg", "kid"}),
    "kid-sql-injection": (set(), {"alg", "kid"}),
    "kid-not-a-text": (set(), {"kid"}),
    "wrong-typ": (set(), {"typ"}),
    "id-token": ({"aud", "azp", "nonce", "auth_time", "client_id", "scope", "scp", "roles"}, {"typ"}),
    "tampered-payload": ({"sub"}, set()),
    "stripped-signature": (set(), set()),
    "truncated-signature": (set(), set()),
    "der-signature": (set(), set()),
    "zero-signature": (set(), set()),
    "duplicate-claims": ({"exp"}, set()),
    "unknown-crit": (set(), {"crit", "https://oauthcc.test/unknown-extension"}),
    "oversized": ({"padding"}, set()),
    "too-little-scope": ({"scope"}, set()),
    "revoked": (set(), set()),
    "other-client": ({"sub", "client_id"}, set()),
    "dpop-as-bearer": ({"cnf"}, set()),
}


def differing(one, other):
    return {name for name in {*one, *other} if one.get(name, ...) != other.get(name, ...)}


def header_of(value):
    part = value.partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("name", [name for name in FORGERIES if name != "not-a-jwt"])
def test_nothing_else_is_wrong_with_it(oauthcc, name):
    """A forged token says what a good one says, but for that which is forged."""
    scope = None if name == "too-little-scope" else "orders:read"
    claims = {"scp": ["a"], "roles": ["b"]}
    with freezegun.freeze_time(oauthcc.clock.now()):
        good, forged = oauthcc.mint("orders:read", claims=claims), oauthcc.forge(name, scope, claims=claims).value

    assert differing(json.loads(payload_text(good)), json.loads(payload_text(forged))) == DIFFERING[name][0] | {"jti"}
    assert differing(header_of(good), header_of(forged)) == DIFFERING[name][1]


def test_a_tampered_token_was_signed_before(oauthcc):
    """With the claim as it was, the signature of a tampered token fits."""
    value = oauthcc.forge("tampered-payload").value
    head, payload, signature = value.split(".")
    honest = json.dumps({**json.loads(payload_text(value)), "sub": oauthcc.client_id}, separators=(",", ":"))
    payload = base64.urlsafe_b64encode(honest.encode()).rstrip(b"=").decode()
    assert verify(oauthcc, f"{head}.{payload}.{signature}")["sub"] == oauthcc.client_id


def test_an_id_token_is_the_client_s(oauthcc):
    """An ID token is for the client, names it as the party that asked, and has the time of the log-in."""
    claims = unverified(oauthcc.forge("id-token").value)

    assert claims["aud"] == claims["azp"] == claims["sub"] == oauthcc.client_id
    assert claims["auth_time"] == claims["iat"]
    assert claims["nonce"]


def test_a_bound_token_names_its_key(oauthcc):
    """The key to which a forged token is bound has a thumbprint as every key (RFC 9449 section 6.1)."""
    cnf = unverified(oauthcc.forge("dpop-as-bearer").value)["cnf"]

    assert cnf == {"jkt": thumbprint(wrong_key("ES256").public_jwk)}


def test_all_at_once(oauthcc):
    """``forgeries()`` makes one of each; the scope goes into all but the one that lacks it."""
    made = oauthcc.forgeries("orders:read")

    assert tuple(forged.name for forged in made) == FORGERIES
    assert len({forged.value for forged in made}) == len(FORGERIES)
    scopes = {forged.name: unverified(forged.value).get("scope") for forged in made if forged.name in GOOD_BY_ITSELF}
    assert scopes == {name: None if name == "too-little-scope" else "orders:read" for name in GOOD_BY_ITSELF}


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384", "EdDSA", "HS256"])
def test_every_algorithm_has_its_forgeries(oauthcc_factory, alg):
    """What a provider signs with decides which forgeries there are; its API refuses them all."""
    provider = oauthcc_factory(signing_alg=alg)
    made = provider.forgeries()
    left_out = set(FORGERIES) - {forged.name for forged in made}

    assert (
        left_out
        == {
            "RS256": {"der-signature"},
            "PS256": {"der-signature"},
            "ES384": set(),
            "EdDSA": {"der-signature"},
            "HS256": {"der-signature", "hs256-public-key"},
        }[alg]
    )
    for forged in made:
        answer = requests.get(provider.api_url, headers={"Authorization": f"Bearer {forged.value}"}, timeout=5)
        assert answer.status_code == forged.status, forged


def test_a_provider_with_opaque_tokens_has_forgeries_as_well(oauthcc_factory):
    """A JWT is no token of a provider whose tokens are opaque, whatever it says."""
    provider = oauthcc_factory(token_format="opaque")
    forged = provider.forge("expired")
    answer = requests.get(provider.api_url, headers={"Authorization": f"Bearer {forged.value}"}, timeout=5)

    assert answer.status_code == 401
    assert provider.mint().count(".") == 0


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("alg-non", {}, "unknown forgery 'alg-non'. Did you mean 'alg-none'? Valid: alg-none, "),
        ("der-signature", {"alg": "RS256"}, "there is no forgery 'der-signature' here: it is about ECDSA"),
        ("hs256-public-key", {"alg": "HS256"}, "HS256 has no public key; choose another signing_alg"),
        ("no-audience", {"claims": {"aud": pytest_oauthcc.OMIT}}, "the tokens of this provider have no claim 'aud'"),
        (
            "other-client",
            {"claims": {"sub": pytest_oauthcc.OMIT, "client_id": pytest_oauthcc.OMIT}},
            "the tokens of this provider don't say whose they are",
        ),
        ("wrong-typ", {"headers": {"typ": "JWT"}}, "the tokens of this provider have typ 'JWT'"),
        ("expired", {"alg": "RS1"}, "forge(): option 'alg' takes"),
        ("expired", {"claims": "sub"}, "forge(): claims takes a table of JSON values"),
        ("expired", {"expires_in": "soon"}, "forge(): expires_in is 'soon'; it takes a number of seconds"),
    ],
)
def test_what_makes_no_sense_is_told(oauthcc, name, options, said):
    """An unknown forgery, or one that can't be, is an error that says why."""
    with pytest.raises(pytest_oauthcc.OptionError) as raised:
        oauthcc.forge(name, **options)
    assert said.replace("option 'alg'", "option 'signing_alg'") in str(raised.value)


def test_providers_that_share_an_api_know_each_others_forgeries(oauthcc_factory):
    """A shared API names a forged token whichever of its providers forged it."""
    first = oauthcc_factory()
    second = oauthcc_factory(api_url=first.api_url)
    forged = second.forge("too-little-scope")
    answer = requests.get(first.api_url, headers={"Authorization": f"Bearer {forged.value}"}, timeout=5)

    assert answer.status_code == 403


def test_a_required_scope_is_told_to_a_token_without_it(oauthcc):
    """The challenge to a token with too little scope names the scope that the API requires, if any."""
    oauthcc.api.require(scope="orders:write")
    forged = oauthcc.forge("too-little-scope")
    answer = requests.get(oauthcc.api_url, headers={"Authorization": f"Bearer {forged.value}"}, timeout=5)

    assert 'scope="orders:write"' in answer.headers["WWW-Authenticate"]


def test_the_fixture_has_one_test_per_forgery(pytester):
    """The parametrized fixture gives every name as id, skips what can't be, and says why."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.oauthcc(signing_alg="HS256")
        def test_api(oauthcc_forged_token):
            assert oauthcc_forged_token.status in {401, 403}
        """
    )
    done = pytester.runpytest("-v", "-rs", "-p", "no:asyncio")
    done.assert_outcomes(passed=len(FORGERIES) - 2, skipped=2)
    done.stdout.fnmatch_lines(["*::test_api[[]alg-none[]] PASSED*"])
    done.stdout.fnmatch_lines(["*HS256 has no public key; choose another signing_alg*"])


def test_collecting_the_fixture_loads_nothing_heavy(pytester):
    """The names of the forgeries cost a test run nothing."""
    pytester.makepyfile("def test_api(oauthcc_forged_token):\n    pass\n")
    code = (
        "import sys, pytest; code = pytest.main(['--collect-only', '-q']); "
        "loaded = {'jwt', 'cryptography', 'pytest_oauthcc.core.forgery'} & set(sys.modules); "
        "sys.exit(f'loaded: {loaded}' if loaded else code)"
    )
    done = pytester.run("python", "-c", code)
    assert done.ret == 0, done.stderr.str()
