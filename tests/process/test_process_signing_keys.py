"""Signing keys that are given, and tokens that are known again by them."""

from __future__ import annotations

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from pytest_oauthcc import OptionError, standalone
from pytest_oauthcc.core.given_key import read_signing_key
from pytest_oauthcc.core.keys import make_key
from pytest_oauthcc.core.recognition import Recognition
from pytest_oauthcc.serving.loopback import LoopbackServer


def pem_of(private, encryption=None) -> bytes:
    """Write a key as PKCS 8."""
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


KEYS = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.fixture
def key_file(tmp_path):
    """Write a key to a file."""

    def write(private, name="key.pem"):
        path = tmp_path / name
        path.write_bytes(pem_of(private))
        return path

    return write


@pytest.mark.parametrize("alg", KEYS)
def test_a_key_decides_how_tokens_are_signed(key_file, alg):
    """Each kind of key has its usual algorithm, and tokens verify by the published half, whose name is the same."""
    one, two = (standalone(client_id="a", client_secret="b", signing_key=key_file(KEYS[alg])) for _ in range(2))
    token = one.mint("orders:read")

    jwk = two.authority.state.keys.jwks()["keys"][0]
    assert jwt.get_unverified_header(token) == {"typ": "at+jwt", "alg": alg, "kid": jwk["kid"]}
    jwt.decode(token, jwt.PyJWK(jwk), algorithms=[alg], audience=one.api_url, leeway=2)
    assert "d" not in jwk


def test_a_profiles_algorithm_is_kept_where_the_key_can_do_it(key_file):
    """An option or a profile that names an algorithm is obeyed; a key that can't do it is refused."""
    assert (
        standalone(signing_alg="RS512", signing_key=key_file(KEYS["RS256"])).authority.state.keys.current.alg == "RS512"
    )
    assert standalone("keycloak", signing_key=key_file(KEYS["RS256"])).authority.state.keys.current.alg == "RS256"
    with pytest.raises(OptionError, match="is for ES256, and signing_alg is RS256"):
        standalone("keycloak", signing_key=key_file(KEYS["ES256"]))


BAD = {
    "no key": b"hello",
    "no PEM of a key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "public": KEYS["ES256"]
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
    "encrypted": pem_of(KEYS["ES256"], serialization.BestAvailableEncryption(b"pw")),
}


@pytest.mark.parametrize("pem", BAD.values(), ids=BAD)
def test_what_is_no_private_key_is_refused(pem):
    """The message says how to make one, and shows nothing of what was given."""
    with pytest.raises(OptionError, match="openssl genpkey"):
        read_signing_key(pem)


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP521R1()),
        dsa.generate_private_key(1024),  # noqa: S505 - what is refused
        rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505
    ],
    ids=["P-521", "DSA", "RSA 1024"],
)
def test_a_key_of_another_kind_is_refused(private):
    """The message lists the kinds that are taken."""
    with pytest.raises(OptionError, match="RSA with 2048 bits or more, EC on P-256 or P-384, and Ed25519"):
        read_signing_key(pem_of(private))


def test_a_file_that_is_not_there_is_told(tmp_path):
    """The message names the file."""
    with pytest.raises(OptionError, match=r"signing key .*nowhere\.pem can't be read: No such file"):
        standalone(signing_key=tmp_path / "nowhere.pem")


@pytest.mark.parametrize("profile", [None, "okta", "entra", "auth0"])
def test_a_token_of_another_process_is_good_here(key_file, profile):
    """With the same key a provider takes tokens that another one issued, with their scopes and their expiry."""
    alg = "ES256" if profile is None else "RS256"
    options = {"client_id": "orders", "client_secret": "s3cret"}
    issuing, taking, foreign = (
        standalone(profile, signing_key=path, **options) for path in (key_file(KEYS[alg]), key_file(KEYS[alg]), None)
    )
    token = issuing.mint("orders:read orders:write")

    with LoopbackServer(taking) as server, LoopbackServer(foreign) as other:
        header = {"Authorization": f"Bearer {token}"}
        assert requests.get(server.names.api_url, headers=header).status_code == 200
        assert requests.get(other.names.api_url, headers=header).status_code == 401
        assert taking.api_requests[0].scopes == {"orders:read", "orders:write"}
        assert taking.api_requests[0].token.client_id == "orders"
        taking.revoke(token)
        assert requests.get(server.names.api_url, headers=header).status_code == 401
        second = issuing.mint("orders:read")
        taking.clock.advance(days=2)
        header = {"Authorization": f"Bearer {second}"}
        assert requests.get(server.names.api_url, headers=header).status_code == 401
        assert "expired" in taking.api_requests[-1].verdict.detail


@pytest.mark.parametrize(
    "claims",
    [{"exp": "soon"}, {"iat": "now"}, {}],
)
def test_claims_that_make_no_token_are_not_taken(key_file, claims):
    """A JWT with the right signature needs the right claims."""
    fake = standalone(signing_key=key_file(KEYS["ES256"]))
    key = fake.authority.state.keys.current

    value = jwt.encode({"sub": "x"} | claims, key.private, algorithm=key.alg, headers={"kid": key.kid})

    assert fake.authority.state.tokens.get(value) is None


def test_a_token_without_scope_and_audience_has_none(key_file):
    """Claims that are absent, or of another type, tell nothing."""
    fake = standalone(signing_key=key_file(KEYS["ES256"]))
    key = fake.authority.state.keys.current

    value = jwt.encode({"exp": 4e9, "scope": 7}, key.private, algorithm=key.alg, headers={"kid": key.kid})

    token = fake.authority.state.tokens.get(value)
    assert (token.scopes, token.audience, token.client_id) == (frozenset(), (), "")
    value = jwt.encode({"exp": 4e9, "aud": ["a", "b"]}, key.private, algorithm=key.alg, headers={"kid": key.kid})
    assert fake.authority.state.tokens.get(value).audience == ("a", "b")


def test_a_forged_signature_is_not_taken(key_file):
    """A token with the right key's name and another key's signature is unknown, and so is garbage."""
    fake = standalone(signing_key=key_file(KEYS["ES256"]))
    kid = fake.authority.state.keys.current.kid

    value = jwt.encode({"exp": 4e9}, make_key("ES256").private, algorithm="ES256", headers={"kid": kid})

    assert fake.authority.state.tokens.get(value) is None
    assert fake.authority.state.tokens.get("garbage") is None
    unsigned = jwt.encode({"exp": 4e9}, None, algorithm="none", headers={"kid": kid})
    assert fake.authority.state.tokens.get(unsigned) is None


def test_without_a_key_nothing_is_recognised(fake):
    """A provider whose key nobody else has knows its own tokens only."""
    state = fake.authority.state

    assert Recognition(state.settings, state.dialect.token).recognise(fake.mint()) is None
