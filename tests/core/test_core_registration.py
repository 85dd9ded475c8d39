"""Registration of clients (RFC 7591): what is told to one that registers, and to one that can't, word for word."""

from __future__ import annotations

import json

import pytest
from core_world import CLIENT_ID, ISSUER, World

from pytest_oauthcc.core.client_certificates import jwks_of, read_pem
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.keys import make_key
from pytest_oauthcc.core.made_certificates import sign_own_certificate

URL = f"{ISSUER}/register"
KEY = make_key("ES256").public_jwk
PUBLIC = {"keys": [KEY]}
OWN = sign_own_certificate("orders")
ALL = ("client_secret_basic", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
BOUND_TO_KEY, BOUND_TO_CERTIFICATE = "dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens"


def register(wanted, *, method="POST", kind="application/json", dialect=None, **settings):
    """Ask a provider for a registration; bytes are sent as they are."""
    world = World(dialect, **{"registration": True, "auth_methods": ALL, "scopes": ("a", "b"), **settings})
    body = wanted if isinstance(wanted, bytes) else json.dumps(wanted).encode()
    fields = {} if kind is None else {"Content-Type": kind}
    return world, world.send(method, URL, fields, body)


def method(name, **more):
    return {"token_endpoint_auth_method": name, **more}


IMPOSSIBLE = {
    "method": (
        method("client_secret_post"),
        (
            "token_endpoint_auth_method is 'client_secret_post'; this provider takes "
            "client_secret_basic, private_key_jwt, tls_client_auth, self_signed_tls_client_auth"
        ),
    ),
    "grant": (
        {"grant_types": ["client_credentials", "password"]},
        "grant_types is ['client_credentials', 'password']; this provider has client_credentials only",
    ),
    "no grant": ({"grant_types": []}, "grant_types is []; this provider has client_credentials only"),
    "grant as text": (
        {"grant_types": "client_credentials"},
        "grant_types is 'client_credentials'; this provider has client_credentials only",
    ),
    "no keys": (method("private_key_jwt"), "private_key_jwt needs the client's public keys as jwks"),
    "no certificates": (
        method("self_signed_tls_client_auth"),
        "self_signed_tls_client_auth needs the client's certificates as jwks",
    ),
    "keys without certificates": (
        method("self_signed_tls_client_auth", jwks=PUBLIC),
        "no key in jwks has a certificate as x5c that can be read (RFC 8705 section 2.2.2)",
    ),
    "a certificate that is none": (
        method("self_signed_tls_client_auth", jwks={"keys": [{**KEY, "x5c": ["AA=="]}]}),
        "no key in jwks has a certificate as x5c that can be read (RFC 8705 section 2.2.2)",
    ),
    "empty keys": (
        method("private_key_jwt", jwks={"keys": []}),
        "jwks is no JWK set: a table with a list 'keys' of public keys",
    ),
    "keys as a list": ({"jwks": [KEY]}, "jwks is no JWK set: a table with a list 'keys' of public keys"),
    "key without type": (
        {"jwks": {"keys": [KEY, {"kid": "a"}]}},
        "jwks is no JWK set: a table with a list 'keys' of public keys",
    ),
    "key as text": ({"jwks": {"keys": ["kty"]}}, "jwks is no JWK set: a table with a list 'keys' of public keys"),
    "private key": (
        {"jwks": {"keys": [KEY, {**KEY, "d": "x"}]}},
        "jwks holds a private key; only public halves belong there",
    ),
    "secret key": (
        {"jwks": {"keys": [{"kty": "oct", "k": "x"}]}},
        "jwks holds a private key; only public halves belong there",
    ),
    "scope": (
        {"scope": "a c d"},
        "there is no scope c d here; known: a b",
    ),
    "scope with two blanks": (
        {"scope": "a  b"},
        "scope is 'a  b'; it takes scope-tokens with a single space between them",
    ),
    "scope as list": ({"scope": ["a"]}, "scope is ['a']; it takes scope-tokens with a single space between them"),
    "tokens bound to a key": (
        {BOUND_TO_KEY: True},
        "dpop_bound_access_tokens is true, and this provider binds no tokens to keys",
    ),
    "binding as text": (
        {BOUND_TO_KEY: "no"},
        "dpop_bound_access_tokens is 'no'; it takes true or false",
    ),
    "tokens bound to a certificate": (
        {BOUND_TO_CERTIFICATE: True},
        "tls_client_certificate_bound_access_tokens is true, and this provider binds no tokens to certificates",
    ),
    "certificate without subject": (
        method("tls_client_auth"),
        (
            "tls_client_auth needs exactly one of tls_client_auth_subject_dn, tls_client_auth_san_dns, "
            "tls_client_auth_san_uri, tls_client_auth_san_ip, tls_client_auth_san_email, and a name of that kind in it"
        ),
    ),
    "list": ([], "the body is no JSON object"),
    "no JSON": (b"{", "the body is no JSON"),
    "infinity": (b'{"a": Infinity}', "the body is no JSON"),
    "long": (b" " * 1_000_001, "the body is longer than 1,000,000 bytes"),
}


@pytest.mark.parametrize(("wanted", "told"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_a_client_can_not_be_is_told(wanted, told):
    """Wrong metadata are refused with what was sent and what is taken, and nobody is registered."""
    world, got = register(wanted)

    # An error_description has no double quotes and no line breaks (RFC 6749 section 5.2).
    assert (got.status, got.json) == (400, {"error": "invalid_client_metadata", "error_description": told})
    assert got.header("Cache-Control") == "no-store"
    assert list(world.state.clients) == [CLIENT_ID]


@pytest.mark.parametrize(
    ("kind", "told"), [("text/plain", "the Content-Type is text/plain"), (None, "the Content-Type is missing")]
)
def test_only_json_is_read(kind, told):
    """Metadata come as JSON (RFC 7591 section 3.1)."""
    _, got = register({}, kind=kind)

    assert got.json["error_description"] == f"{told}; it has to be application/json"


def test_only_post_registers():
    """Any other method is refused, and the one that is taken named (RFC 9110 section 15.5.6)."""
    _, got = register({}, method="GET")

    assert (got.status, got.header("Allow"), got.header("Cache-Control"), got.body) == (405, "POST", "no-store", b"")
    assert got.entry.endpoint == "registration"


def test_a_client_of_two_grants_is_told_of_both():
    """Where a provider knows several grants, all of them are named."""
    _, got = register({"grant_types": ["x"]}, dialect=Dialect(grant_types=("client_credentials", "urn:y")))

    assert got.json["error_description"] == "grant_types is ['x']; this provider has client_credentials and urn:y only"


def test_a_registered_client_is_told_what_it_is():
    """Without wishes a client gets a secret that never expires, the usual method, and all scopes."""
    world, got = register({"client_name": "Orders"})

    told = got.json
    assert told == {
        "client_id": told["client_id"],
        "client_id_issued_at": 1_700_000_000,
        "client_secret": told["client_secret"],
        "client_secret_expires_at": 0,
        "client_name": "Orders",
        "grant_types": ["client_credentials"],
        "response_types": [],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "a b",
    }
    assert (got.status, got.header("Cache-Control")) == (201, "no-store")
    assert told["client_id"].startswith("registered-")
    assert len(told["client_secret"]) >= 32
    client = world.state.clients[told["client_id"]]
    assert (client.client_secret, client.auth_methods) == (told["client_secret"], ("client_secret_basic",))
    assert (client.scopes, client.jwks, client.dpop_bound) == (("a", "b"), None, False)
    assert (client.certificate_subject, client.certificate_bound) == (None, False)


@pytest.mark.parametrize(
    ("wanted", "settings"),
    [
        (method("private_key_jwt", jwks=PUBLIC, scope="b"), {}),
        (method("tls_client_auth", tls_client_auth_san_dns="orders.example"), {}),
        (method("self_signed_tls_client_auth", jwks=jwks_of(read_pem(OWN.certificate_pem.encode()))), {}),
        ({BOUND_TO_KEY: True}, {"dpop": "optional"}),
        (
            method("tls_client_auth", tls_client_auth_subject_dn="CN=x", **{BOUND_TO_CERTIFICATE: True}),
            {"certificate_binding": "optional"},
        ),
    ],
    ids=["keys", "name", "certificate", "bound to a key", "bound to a certificate"],
)
def test_what_a_client_wants_is_what_it_gets(wanted, settings):
    """The answer repeats the wishes; a client with a key or certificate of its own gets no secret."""
    world, got = register(wanted, **settings)

    assert {**got.json, **wanted} == got.json
    has_secret = "token_endpoint_auth_method" not in wanted
    assert ("client_secret" in got.json, "client_secret_expires_at" in got.json) == (has_secret, has_secret)
    client = world.state.clients[got.json["client_id"]]
    assert client.dpop_bound is wanted.get(BOUND_TO_KEY, False)
    assert client.certificate_bound is wanted.get(BOUND_TO_CERTIFICATE, False)
    assert client.jwks == wanted.get("jwks")
    assert client.auth_methods == (got.json["token_endpoint_auth_method"],)
    names = {
        name.removeprefix("tls_client_auth_"): wanted[name] for name in wanted if name.startswith("tls_client_auth_")
    }
    assert (client.certificate_subject or {}) == names


def test_without_scopes_of_its_own_a_provider_takes_any():
    """Where nothing limits scopes, a client gets those that it names, and none are named to one without wishes."""
    _, named = register({"scope": "x y"}, scopes=None)
    _, unnamed = register({}, scopes=None)

    assert named.json["scope"] == "x y"
    assert "scope" not in unnamed.json
