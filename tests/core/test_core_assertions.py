"""Client authentication by a signed assertion (RFC 7521, RFC 7523)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from core_world import CLIENT_ID, FORM, ISSUER, TOKEN_URL, World, basic

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.keys import make_key

KEY = make_key("ES256")
OTHER = make_key("ES256")
RSA = make_key("RS256")
METHODS = ("private_key_jwt", "client_secret_jwt")


class Asserting(World):
    """A provider that takes assertions, and a client that makes them."""

    def __init__(self, **settings):
        jwks = {"keys": [{"kty": "odd"}, RSA.public_jwk, OTHER.public_jwk, KEY.public_jwk]}
        super().__init__(**{"auth_methods": METHODS, "client_jwks": jwks, **settings})

    def claims(self, **changes):
        """Right claims, but for the changes; ... leaves one out."""
        now = int(self.clock.now)
        claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": TOKEN_URL, "exp": now + 60, "iat": now, "jti": "j-1"}
        return {name: value for name, value in {**claims, **changes}.items() if value is not ...}

    def sign(self, key=KEY, headers=None, **changes):
        """A signed assertion."""
        return jwt.encode(self.claims(**changes), key.private, key.alg, {"kid": key.kid, **(headers or {})})

    def present(self, assertion, **params):
        """Ask for a token with it."""
        asked = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **params,
        }
        return self.ask({name: value for name, value in asked.items() if value is not ...}, auth=None)


def b64(data):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed_by_hand(header, claims, secret):
    """A JWT that no library would make."""
    head = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{head}.{b64(hmac.digest(secret, head.encode(), hashlib.sha256))}"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ISSUER},
        {"aud": ["x", TOKEN_URL]},
        {"iat": ...},
        {"jti": ...},
        {"nbf": 5},
        {"nbf": 1_700_000_001.25},
        {"exp": 1_700_000_060.5},
    ],
    ids=str,
)
def test_a_right_assertion_authenticates(changes):
    """Signed by a registered key, about the client, for this server, and good now."""
    world = Asserting()

    got = world.present(world.sign(**changes))

    assert (got.status, got.entry.auth_method, got.entry.client_id) == (200, "private_key_jwt", CLIENT_ID)
    assert got.entry.assertion["sub"] == CLIENT_ID


@pytest.mark.parametrize("named", [True, False])
def test_a_key_is_found_by_its_name_or_its_kind(named):
    """Without kid every registered key of the right kind is tried."""
    keys = [{**key.public_jwk, "kid": None} if named else key.public_jwk for key in (RSA, OTHER, KEY)]
    world = Asserting(client_jwks={"keys": keys})
    claims = world.claims()

    token = jwt.encode(claims, KEY.private, "ES256", {"kid": "whatever"} if named else {})

    assert world.present(token).status == 200


def test_a_symmetric_assertion_is_signed_with_the_secret():
    """client_secret_jwt: an HMAC over the assertion, whose key is the secret, however short that is."""
    world = Asserting(client_secret="short")

    got = world.present(signed_by_hand({"alg": "HS256"}, world.claims(), b"short"))
    assert (got.status, got.entry.auth_method) == (200, "client_secret_jwt")
    wrong = world.present(signed_by_hand({"alg": "HS256"}, world.claims(), b"other"))
    assert wrong.entry.verdict.detail == "the client assertion does not verify with the client_secret"


NOW = 1_700_000_000
WRONG = {
    "no JWT": (lambda _w: "abc", "is no JWT"),
    "no header": (lambda _w: "e30.e30.e30", "is no JWT"),
    "none": (
        lambda w: signed_by_hand({"alg": "none"}, w.claims(), b""),
        "has the algorithm 'none'; it has to be signed",
    ),
    "odd alg": (lambda w: signed_by_hand({"alg": ["x"]}, w.claims(), b""), "has the algorithm ['x']"),
    "odd kid": (
        lambda w: signed_by_hand({"alg": "ES256", "kid": []}, w.claims(), b""),
        "names the key []",
    ),
    "unknown key": (lambda w: w.sign(headers={"kid": "x"}), "names the key 'x' (ES256)"),
    "another's key": (lambda w: w.sign(headers={"kid": OTHER.kid}), "does not verify"),
    "iss": (lambda w: w.sign(iss="x"), "has iss 'x'; it has to be the client_id 'client-1'"),
    "no iss": (lambda w: w.sign(iss=...), "has iss None"),
    "aud": (lambda w: w.sign(aud="x"), f"has aud 'x'; it has to be {ISSUER} or {TOKEN_URL}"),
    "no exp": (lambda w: w.sign(exp=...), "has exp None; it has to be a number of seconds"),
    "exp in words": (
        lambda w: signed_by_hand({"alg": "HS256"}, w.claims(exp="soon"), b"a-plain-secret"),
        "has exp 'soon'",
    ),
    "exp NaN": (
        lambda w: signed_by_hand({"alg": "HS256"}, w.claims(exp=float("nan")), b"a-plain-secret"),
        "has exp nan",
    ),
    "expired": (lambda w: w.sign(exp=NOW - 5), "expired 5 s ago"),
    "too far": (lambda w: w.sign(exp=NOW + 90_000), "is good for 90000 s more; minutes are enough"),
    "nbf": (lambda w: w.sign(nbf=NOW + 50), "has nbf 1700000050, which lies ahead of now, 1700000000"),
    "iat": (
        lambda w: signed_by_hand({"alg": "HS256"}, w.claims(iat="now"), b"a-plain-secret"),
        "has iat 'now'",
    ),
}


@pytest.mark.parametrize(("make", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_assertion_says_what_is_wrong(make, told):
    """Each rule of RFC 7523 section 3 is checked, and what it found is told."""
    world = Asserting()

    verdict = world.state.assertions.check(make(world), world.state.main_client, now=world.clock.now)

    assert verdict.cause == Cause.BAD_ASSERTION
    assert verdict.detail.startswith("the client assertion ")
    assert told in verdict.detail


def test_a_wrong_assertion_is_an_invalid_client():
    """RFC 7523 section 3.2: an assertion that does not prove it gets invalid_client."""
    world = Asserting()

    got = world.present(world.sign(aud="x"))

    assert (got.cause, got.status, got.error) == (Cause.BAD_ASSERTION, 401, "invalid_client")
    assert got.header("WWW-Authenticate") == 'Basic realm="oauthcc"'


def test_an_assertion_is_used_once():
    """A jti that came before is a replay until the assertion expires; one without jti can't be told."""
    world = Asserting()
    assertion = world.sign()

    assert world.present(assertion).status == 200
    assert "was used before: its jti 'j-1' came already" in world.present(assertion).entry.verdict.detail
    without = world.sign(jti=...)
    assert [world.present(without).status for _ in range(2)] == [200, 200]
    world.clock.advance(120)
    assert world.present(world.sign()).status == 200


def test_used_assertions_are_forgotten_when_they_are_over():
    """What is remembered does not grow with the number of token requests."""
    world = Asserting()
    check = world.state.assertions

    for number in range(1000):
        assert check.check(world.sign(jti=str(number)), world.state.main_client, now=world.clock.now) is None
        world.clock.advance(10)

    assert len(check._replays) <= 110


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"client_assertion": ...}, "has a client_assertion_type, but no client_assertion"),
        ({"client_assertion_type": ...}, "client_assertion_type is None; it has to be urn:"),
        ({"client_assertion_type": "jwt"}, "client_assertion_type is 'jwt'; it has to be urn:"),
        ({"client_id": "another"}, "client_id is 'another', but the client assertion is about 'client-1'"),
    ],
)
def test_an_assertion_comes_with_its_type_and_its_client(params, told):
    """Both halves of the pair are there, and a client_id beside them names the same client (RFC 7521 section 4.2)."""
    world = Asserting()

    got = world.present(world.sign(), **params)

    assert got.cause == Cause.MALFORMED_CREDENTIALS
    assert told in got.entry.verdict.detail


def test_an_assertion_beside_a_secret_is_one_method_too_many():
    """Neither a secret in the body nor a Basic header goes with an assertion."""
    world = Asserting()

    assert world.present(world.sign(), client_secret="x").cause == Cause.TWO_AUTH_METHODS
    asked = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": world.sign(),
    }
    assert world.ask(asked, auth=basic()).cause == Cause.TWO_AUTH_METHODS
    assert "came in the URL" in world.ask(query=f"?client_assertion={world.sign()}").entry.verdict.detail


def test_an_assertion_of_a_stranger():
    """The client is looked up first; a subject that is no text names nobody."""
    world = Asserting()

    assert world.present(world.sign(sub="stranger")).cause == Cause.UNKNOWN_CLIENT
    assert world.present(signed_by_hand({"alg": "HS256"}, world.claims(sub=5), b"x")).cause == Cause.UNKNOWN_CLIENT


def test_assertions_are_taken_only_where_they_are():
    """A provider that takes secrets refuses an assertion, and one that takes assertions a secret."""
    assert World().ask().status == 200
    world = Asserting(auth_methods=("client_secret_basic",))
    assert world.present(world.sign()).cause == Cause.AUTH_METHOD_NOT_ALLOWED
    assert Asserting().ask().cause == Cause.AUTH_METHOD_NOT_ALLOWED


def test_a_client_without_keys_has_none():
    """Nothing verifies for a client that registered no keys."""
    world = Asserting()
    world.state.clients[CLIENT_ID] = Client(CLIENT_ID, "s")

    assert "no such key is registered" in world.present(world.sign()).entry.verdict.detail


@pytest.mark.parametrize("members", [{"use": "enc"}, {"alg": "ES384"}], ids=str)
def test_a_key_for_something_else_does_not_count(members):
    """A registered key says what it is for (RFC 7517 sections 4.2 and 4.4)."""
    world = Asserting(client_jwks={"keys": [{**KEY.public_jwk, **members}]})

    assert "no such key is registered" in world.present(world.sign()).entry.verdict.detail
    right = Asserting(client_jwks={"keys": [{**KEY.public_jwk, "use": "sig", "alg": "ES256"}]})
    assert right.present(right.sign()).status == 200


def test_an_assertion_beside_a_secret_is_told():
    """Of two methods one counts, or none; a test sees the claims of the assertion all the same."""
    world = Asserting()
    params = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": world.sign()}

    got = world.ask({"grant_type": "client_credentials", **params})

    assert (got.cause, got.entry.assertion["sub"]) == (Cause.TWO_AUTH_METHODS, CLIENT_ID)


def test_an_assertion_authenticates_a_question_about_a_token_as_well():
    """Introspection takes what the token endpoint takes (RFC 7662 section 2.1)."""
    world = Asserting()
    form = {"token": "t", "client_assertion_type": ASSERTION_TYPE, "client_assertion": world.sign()}
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode()

    got = world.send("POST", f"{ISSUER}/introspect", {"Content-Type": FORM}, body)

    assert (got.status, got.json) == (200, {"active": False})


def test_an_assertion_of_half_characters_does_not_verify():
    """What no encoding can hold is refused, not stumbled over."""
    world = Asserting()
    head = world.sign().rpartition(".")[0]
    client = world.state.main_client

    symmetric = signed_by_hand({"alg": "HS256"}, {}, b"")
    for assertion in (f"{head}.\ud800", f"{symmetric}\ud800", symmetric.replace(".", ".\ud800", 1)):
        assert "does not verify" in world.state.assertions.check(assertion, client, now=world.clock.now).detail


def test_the_client_has_a_key_of_its_own_by_default():
    """Without client_jwks there is a key pair, whose private half signs assertions that are taken."""
    world = World(auth_methods=("private_key_jwt",))
    key = world.state.client_key
    assert len(key) == 1
    assert list(key) == ["keys"]
    now = int(world.clock.now)
    claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": ISSUER, "exp": now + 60}

    assertion = jwt.encode(claims, key.private_pem, "RS256")

    got = Asserting.present(world, assertion)
    assert got.status == 200
    assert "PRIVATE" not in repr(world.state.main_client) + repr(key["keys"])
