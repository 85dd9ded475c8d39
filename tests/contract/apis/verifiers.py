"""How the example APIs check a token: once rightly, and in many wrong ways that are all in use somewhere."""

# ruff: noqa: D102, BLE001 - each class says what is wrong with it

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import joserfc.errors
import joserfc.jwk
import joserfc.jwt
import jwt
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Refused(Exception):
    """The token is no good."""


class Right:
    """Everything that RFC 9068 section 4 asks for, by PyJWT."""

    def __init__(self, issuer, jwks_url, audience, **_others):
        self.issuer = issuer
        self.audience = audience
        self.keys = jwt.PyJWKClient(jwks_url)

    def verify(self, token):
        """Return the claims of a good token."""
        try:
            self.check_typ(jwt.get_unverified_header(token))
            claims = self.decode(token)
        except (jwt.InvalidTokenError, jwt.PyJWKClientError) as error:
            raise Refused(type(error).__name__) from error
        self.check_binding(claims)
        return claims

    def check_typ(self, header):
        if str(header.get("typ")).lower() not in {"at+jwt", "application/at+jwt"}:
            raise Refused("typ")

    def key_of(self, token):
        return self.keys.get_signing_key_from_jwt(token).key

    def decode(self, token, **others):
        options = {"require": ["exp", "iss", "aud"], **others.pop("options", {})}
        given = {
            "algorithms": ["ES256"],
            "issuer": self.issuer,
            "audience": self.audience,
            "options": options,
            **others,
        }
        return jwt.decode(token, self.key_of(token), **given)

    def check_binding(self, claims):
        if "cnf" in claims:
            raise Refused("the token is bound to a key")

    def has_scope(self, claims, scope):
        return scope in str(claims.get("scope", "")).split()


# --- right as well, with keys fetched by other means


class _ByJoserfc(Right):
    """The same by joserfc, with a cache of keys written by hand."""

    def __init__(self, issuer, jwks_url, audience, **_others):
        self.issuer, self.audience, self.url = issuer, audience, jwks_url
        self.keys, self.fetched = None, 0.0

    def fetch(self):
        raise NotImplementedError

    def key_set(self, kid):
        age = time.time() - self.fetched
        is_known = self.keys is not None and any(key.kid == kid for key in self.keys.keys)
        if self.keys is None or age > 3600 or (not is_known and age > 30):
            try:
                self.keys = joserfc.jwk.KeySet.import_key_set(self.fetch())
                self.fetched = time.time()
            except Exception:
                if self.keys is None:
                    raise Refused("no keys") from None
        return self.keys

    def decode(self, token, **_others):
        kid = jwt.get_unverified_header(token).get("kid")
        essential = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.audience},
            "exp": {"essential": True},
        }
        try:
            claims = joserfc.jwt.decode(token, self.key_set(kid), algorithms=["ES256"]).claims
            joserfc.jwt.JWTClaimsRegistry(leeway=10, **essential).validate(claims)
        except (joserfc.errors.JoseError, ValueError, TypeError) as error:
            raise Refused(type(error).__name__) from error
        return claims


class ByRequests(_ByJoserfc):
    """Fetches the keys with requests."""

    def fetch(self):
        answer = requests.get(self.url, timeout=5)
        answer.raise_for_status()
        return answer.json()


class ByHttpx(_ByJoserfc):
    """Fetches the keys with httpx."""

    def fetch(self):
        import httpx

        return httpx.get(self.url).raise_for_status().json()


class ByHttpx2(_ByJoserfc):
    """Fetches the keys with httpx2."""

    def fetch(self):
        import httpx2

        return httpx2.get(self.url).raise_for_status().json()


class Introspecting(Right):
    """Asks the issuer about each token (RFC 7662)."""

    def __init__(self, issuer, introspection_url, client, audience, **_others):
        self.issuer, self.audience = issuer, audience
        self.url, self.client = introspection_url, client

    def verify(self, token):
        told = requests.post(self.url, data={"token": token}, auth=self.client, timeout=5).json()
        if not told["active"] or self.audience not in _as_list(told.get("aud")):
            raise Refused("inactive")
        return told


def _as_list(value):
    return value if isinstance(value, list) else [value]


# --- wrong


class NoAudienceCheck(Right):
    """Takes tokens for any API."""

    def decode(self, token, **others):
        return super().decode(token, audience=None, options={"verify_aud": False, "require": ["exp", "iss"]}, **others)


class NoIssuerCheck(Right):
    """Takes tokens of any issuer."""

    def decode(self, token, **others):
        return super().decode(token, issuer=None, options={"require": ["exp", "aud"]}, **others)


class IssuerByPrefix(Right):
    """Takes tokens of any issuer that begins like the right one."""

    def decode(self, token, **others):
        claims = super().decode(token, issuer=None, **others)
        if not claims["iss"].startswith(self.issuer):
            raise Refused("iss")
        return claims


class AlgFromHeader(Right):
    """Believes what the header says about the algorithm."""

    def decode(self, token, **others):
        header = jwt.api_jws.PyJWS()._load(token)[2]
        if header["alg"].lower() == "none":
            return _check_claims_only(self, token)
        if header["alg"] == "HS256":
            pem = self.key_of(token).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            signed, _, signature = token.rpartition(".")
            found = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
            if hmac.compare_digest(hmac.new(pem, signed.encode(), hashlib.sha256).digest(), found):
                return _check_claims_only(self, token)
        return super().decode(token, **others)


def _check_claims_only(verifier, token):
    return jwt.decode(
        token,
        issuer=verifier.issuer,
        audience=verifier.audience,
        options={
            "verify_signature": False,
            "verify_exp": True,
            "verify_nbf": True,
            "verify_aud": True,
            "verify_iss": True,
            "require": ["exp", "iss", "aud"],
        },
    )


class NoSignatureCheck(Right):
    """Reads the claims and never looks at the signature."""

    def decode(self, token, **_others):
        return _check_claims_only(self, token)


class ExpiryIgnored(Right):
    """Takes tokens for ever."""

    def decode(self, token, **others):
        return super().decode(token, options={"verify_exp": False, "require": ["iss", "aud"]}, **others)


class AnyTyp(Right):
    """Takes any kind of token."""

    def check_typ(self, header):
        pass


class BindingIgnored(Right):
    """Takes a token that is bound to a key from anybody."""

    def check_binding(self, claims):
        pass


class TrustsJwk(Right):
    """Verifies with the key that the token brings along."""

    def key_of(self, token):
        header = jwt.get_unverified_header(token)
        return jwt.PyJWK(header["jwk"]).key if "jwk" in header else super().key_of(token)


class TrustsJku(Right):
    """Fetches the key from where the token says."""

    def key_of(self, token):
        header = jwt.get_unverified_header(token)
        keys = jwt.PyJWKClient(header["jku"]) if "jku" in header else self.keys
        return keys.get_signing_key_from_jwt(token).key


class ScopeBySubstring(Right):
    """Finds a scope in the text of a longer one."""

    def has_scope(self, claims, scope):
        return scope in claims.get("scope", "")


class KeysForEver(Right):
    """Fetches the keys once, and never again."""

    def __init__(self, issuer, jwks_url, audience, **others):
        super().__init__(issuer, jwks_url, audience, **others)
        self.by_kid = None

    def key_of(self, token):
        if self.by_kid is None:
            self.by_kid = {key.key_id: key.key for key in self.keys.get_signing_keys()}
        try:
            return self.by_kid[jwt.get_unverified_header(token).get("kid")]
        except KeyError:
            raise Refused("kid") from None


class KeysEveryTime(Right):
    """Fetches the keys for each request."""

    def key_of(self, token):
        return jwt.PyJWKClient(self.keys.uri).get_signing_key_from_jwt(token).key


class FailsOpen(Right):
    """Does without the signature while the keys can't be had."""

    def decode(self, token, **others):
        try:
            return super().decode(token, **others)
        except jwt.PyJWKClientConnectionError:
            return _check_claims_only(self, token)


class KeysAtStart(Right):
    """Does not start without keys."""

    def __init__(self, *arguments, **others):
        super().__init__(*arguments, **others)
        self.keys.get_signing_keys()


class NewestKeyOnly(Right):
    """Takes the first of the published keys, whatever the token says."""

    def key_of(self, token):
        kid = jwt.get_unverified_header(token).get("kid")
        newest = self.keys.get_signing_keys()[0]
        if newest.key_id != kid:
            newest = self.keys.get_signing_keys(refresh=True)[0]
        if newest.key_id != kid:
            raise Refused("kid")
        return newest.key


class RemembersTokens(Right):
    """Keeps what it has verified, however long."""

    def __init__(self, *arguments, **others):
        super().__init__(*arguments, **others)
        self.known = {}

    def verify(self, token):
        if token not in self.known:
            self.known[token] = super().verify(token)
        return self.known[token]


class StumblesOverGarbage(Right):
    """Reads the header by hand, and does not expect it to be none."""

    def check_typ(self, header):
        pass

    def verify(self, token):
        part = token.split(".")[0]
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        super().check_typ(header)
        return super().verify(token)


class RemembersIntrospection(Introspecting):
    """Asks about each token once."""

    def __init__(self, **given):
        super().__init__(**given)
        self.known = {}

    def verify(self, token):
        if token not in self.known:
            self.known[token] = super().verify(token)
        return self.known[token]


class ActiveIgnored(Introspecting):
    """Takes the answer 200 of the introspection endpoint for a yes."""

    def verify(self, token):
        return requests.post(self.url, data={"token": token}, auth=self.client, timeout=5).json()
