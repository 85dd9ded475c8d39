"""Requests that a provider refuses, each made by a function that takes the world in which it is sent."""

from __future__ import annotations

import jwt
from core_world import API_URL, CLIENT_ID, FORM, ISSUER, NOW, TOKEN_URL, basic

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dialect import Dialect, ScopeDialect
from pytest_oauthcc.core.dpop import token_hash
from pytest_oauthcc.core.keys import make_key

CC = {"grant_type": "client_credentials"}
KEY = make_key("ES256")
OTHER_KEY = make_key("ES256")
HMAC_SECRET = "a-secret-of-some-length-for-hs256"
MULTIPART = "multipart/form-data; boundary=xyz"
INTROSPECTION_URL = f"{ISSUER}/introspect"
REVOCATION_URL = f"{ISSUER}/revoke"


def ask(params=None, **how):
    """A token request."""
    return lambda world: world.ask({**CC, **(params or {})}, **how)


def call(**how):
    """An API request with a good token, unless ``token`` says otherwise."""
    return lambda world: world.call(**{"token": world.token(), **how})


def bring(authorization, **how):
    """An API request with that Authorization header."""
    return lambda world: world.call(headers={"Authorization": authorization}, **how)


def inform(url, params=None, *, kind=FORM, method="POST", authorization=None, body=None):
    """An introspection or revocation request."""
    text = "&".join(f"{name}={value}" for name, value in (params or {}).items()) if body is None else body
    fields = {"Content-Type": kind, "Authorization": authorization or basic()}
    return lambda world: world.send(method, url, fields, text.encode())


def present(*, key=KEY, alg="ES256", header=None, params=None, again=False, **changes):
    """A token request with a signed assertion, whose claims are right but for the changes; ... leaves one out."""

    def request(world):
        now = int(world.clock.now)
        right = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": TOKEN_URL, "exp": now + 60, "jti": "j-1"}
        claims = {name: value for name, value in {**right, **changes}.items() if value is not ...}
        secret = key if isinstance(key, str) else key.private
        kid = {} if isinstance(key, str) else {"kid": key.kid}
        assertion = jwt.encode(claims, secret, alg, {**kid, **(header or {})})
        asked = {**CC, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, **(params or {})}
        asked = {name: value for name, value in asked.items() if value is not ...}
        if again:
            world.ask(asked, auth=None)
        return world.ask(asked, auth=None)

    return request


def prove(method="POST", url=TOKEN_URL, *, key=KEY, header=None, **changes):
    """A DPoP proof, right but for the changes; ... leaves a claim or a member of the header out."""
    right = {"jti": "p-1", "htm": method, "htu": url, "iat": int(NOW)}
    claims = {name: value for name, value in {**right, **changes}.items() if value is not ...}
    members = {"typ": "dpop+jwt", "jwk": {**key.public_jwk}, **(header or {})}
    members = {name: value for name, value in members.items() if value is not ...}
    return jwt.encode(claims, key.private, "ES256", members)


def ask_with(proof):
    return ask(headers={"DPoP": proof})


def call_bound(*, key=KEY, scheme="DPoP", **changes):
    """An API request with a bound token and its proof; a claim ``ath=...`` is left out."""

    def request(world):
        got = world.ask(headers={"DPoP": prove()})
        token = got.json["access_token"]
        claims = {"jti": "p-2", "ath": token_hash(token), **changes}
        return world.call(
            headers={
                "Authorization": f"{scheme} {token}",
                "DPoP": prove("GET", API_URL + "orders", key=key, **claims),
            }
        )

    return request


def call_unbound(authorization, headers=None):
    """An API request with a token that is bound to nothing."""
    return lambda world: world.call(headers={"Authorization": f"{authorization} {world.token()}", **(headers or {})})


def call_without_proof(world):
    token = world.ask(headers={"DPoP": prove()}).json["access_token"]
    return world.call(headers={"Authorization": f"DPoP {token}"})


def prove_twice(world):
    proof = prove()
    world.ask(headers={"DPoP": proof})
    return world.ask(headers={"DPoP": proof})


def prove_in_two_headers(world):
    fields = [("Content-Type", FORM), ("Authorization", basic()), ("DPoP", prove()), ("DPoP", prove(jti="p-2"))]
    return world.send("POST", TOKEN_URL, fields, b"grant_type=client_credentials")


def call_after(seconds):
    """An API request with a token that was fetched so long ago."""

    def request(world):
        token = world.token()
        world.clock.advance(seconds)
        return world.call(token)

    return request


def call_revoked(world):
    token = world.token()
    world.state.tokens.revoke(token, world.clock.now)
    return world.call(token)


def call_for(audience, *urls):
    """An API request at an API with other names than that of the token."""

    def request(world):
        world.api.require(audience=urls)
        return world.call(world.token(resource=audience))

    return request


def call_for_scope(wanted, **params):
    """An API request at an API that wants scopes."""

    def request(world):
        world.api.require(scope=wanted)
        return world.call(world.token(**params))

    return request


def revoke_of_another(world):
    token = world.token()
    world.state.clients["billing"] = Client("billing", "another-secret")
    return inform(REVOCATION_URL, {"token": token}, authorization=basic("billing", "another-secret"))(world)


def ask_as(client, **how):
    """A token request of another client."""

    def request(world):
        world.state.clients[client.client_id] = client
        return world.ask(auth=basic(client.client_id, client.client_secret), **how)

    return request


ASSERTING = {"auth_methods": ("private_key_jwt", "client_secret_jwt"), "client_jwks": {"keys": [KEY.public_jwk]}}
OPTIONAL, REQUIRED = {"dpop": "optional"}, {"dpop": "required"}
SECRETIVE = {"client_secret": "with + and % in it "}
BY_POST = {"auth_methods": ("client_secret_post",)}
DEFAULT_SUFFIX = Dialect(scope=ScopeDialect(resource_suffix="/.default"))
TOLD_NONE = "this provider takes client_secret_basic or client_secret_post"


def case(request, cause, detail, facts=(), *, dialect=None, **settings):
    """One refusal: of which request, by what provider, why, in which words, and with which facts but the token."""
    return request, cause, detail, dict(facts), dialect, settings
