"""How forged tokens are made: a good token in the making, and the one thing that is done to it."""

from __future__ import annotations

import functools
import json
import math
import secrets
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core import raw_jwt
from pytest_oauthcc.core.keys import SigningKey, make_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.minting import Draft

__all__ = ["ELSEWHERE", "OVERSIZE", "Workpiece", "wrong_key"]

ELSEWHERE = "https://keys.elsewhere.test"
"""Where forged tokens say that their keys are; nobody serves it, so that looking there does not go unseen."""

OVERSIZE = 200_000
"""Characters of an oversized token: many times what a server takes in all its headers."""

_HOUR = 3600


@functools.cache
def wrong_key(alg: str) -> SigningKey:
    """Return a key that no issuer ever had; its kid is its thumbprint."""
    return make_key(alg)


class Workpiece:
    """
    A token in the making: a good one, to which one thing is done.

    Args:
        draft: The good token before it is signed.
        key: What signs it.
        client_id: Whose token it is.
        now: Seconds since the epoch.
    """

    def __init__(self, draft: Draft, key: SigningKey, client_id: str, now: float) -> None:
        self.payload = draft.payload
        self.header = {"alg": key.alg, **{name: value for name, value in draft.header.items() if value is not None}}
        self.key = key
        self.client_id = client_id
        self.now = math.floor(now)

    @property
    def wrong_key(self) -> SigningKey:
        """A key of the same kind that the issuer never had."""
        return wrong_key(self.key.alg)

    @property
    def wrong_key_pair(self) -> SigningKey:
        """A key that the issuer never had, with a public half."""
        return wrong_key("ES256" if self.key.public_jwk is None else self.key.alg)

    def signed(self, key: SigningKey | None = None) -> str:
        """Sign what is there now, by default with the right key."""
        key = key or self.key
        self.header["alg"] = key.alg
        return raw_jwt.join(self.header, self.payload, raw_jwt.sign(self.header, self.payload, key))

    def unsigned(self) -> str:
        """Leave the signature empty."""
        return raw_jwt.join(self.header, self.payload, b"")

    def with_signature(self, change: Callable[[bytes], bytes]) -> str:
        """Sign it rightly and then change the signature."""
        return raw_jwt.join(self.header, self.payload, change(raw_jwt.sign(self.header, self.payload, self.key)))

    def signed_hs256(self, secret: bytes) -> str:
        """Sign with HS256 and a secret that somebody could guess."""
        self.header["alg"] = "HS256"
        return raw_jwt.join(self.header, self.payload, raw_jwt.sign_hs256(self.header, self.payload, secret))


# --- claims


def expire(piece: Workpiece) -> str:
    """Let it be issued two hours ago, for one hour."""
    piece.payload.update(iat=piece.now - 2 * _HOUR, exp=piece.now - _HOUR)
    if "nbf" in piece.payload:
        piece.payload["nbf"] = piece.payload["iat"]
    return piece.signed()


def postpone(piece: Workpiece) -> str:
    """Let it begin in an hour."""
    piece.payload.update(nbf=piece.now + _HOUR, exp=piece.now + 2 * _HOUR)
    return piece.signed()


def set_claims(**claims: Any) -> Callable[[Workpiece], str]:
    """Give claims other values."""

    def change(piece: Workpiece) -> str:
        piece.payload.update(claims)
        return piece.signed()

    return change


def drop_claim(name: str) -> Callable[[Workpiece], str]:
    """Leave a claim out."""

    def change(piece: Workpiece) -> str:
        del piece.payload[name]
        return piece.signed()

    return change


def move_to_other_tenant(piece: Workpiece) -> str:
    """Let the issuer go on behind its right name."""
    piece.payload["iss"] = f"{str(piece.payload['iss']).rstrip('/')}/another-tenant"
    return piece.signed()


def claims_of_client(piece: Workpiece) -> dict[str, str]:
    """Return the claims that tell whose token it is, by whatever names the provider has for them."""
    return {name: value for name, value in piece.payload.items() if isinstance(value, str) and piece.client_id in value}


def give_to_other_client(piece: Workpiece) -> str:
    """Let it be issued to a client that nobody registered."""
    others = {
        name: value.replace(piece.client_id, "client-of-somebody-else")
        for name, value in claims_of_client(piece).items()
    }
    piece.payload.update(others)
    return piece.signed()


def make_id_token(piece: Workpiece) -> str:
    """Turn it into the ID token of a log-in (OpenID Connect Core section 2)."""
    for name in ("client_id", "scope", "scp", "roles"):
        piece.payload.pop(name, None)
    about = {"azp": piece.client_id, "nonce": secrets.token_urlsafe(8), "auth_time": piece.now}
    piece.payload.update(about, aud=piece.client_id)
    return retype(piece)


def repeat_exp(piece: Workpiece) -> str:
    """Write exp twice, the second time in the past."""
    text = json.dumps(piece.payload)
    twice = f'{text[:-1]}, "exp": {piece.now - _HOUR}}}'
    return raw_jwt.join(piece.header, twice, raw_jwt.sign(piece.header, twice, piece.key))


def blow_up(piece: Workpiece) -> str:
    """Make it longer than any good token."""
    piece.payload["padding"] = "x" * OVERSIZE
    return piece.signed(piece.wrong_key)


def bind_to_key(piece: Workpiece) -> str:
    """Bind it to a key (RFC 9449 section 6.1)."""
    piece.payload["cnf"] = {"jkt": wrong_key("ES256").kid}
    return piece.signed()


# --- header and key


def retype(piece: Workpiece) -> str:
    """Call it a JWT like any other."""
    piece.header["typ"] = "JWT"
    return piece.signed()


def sign_with_wrong_key(**header: Any) -> Callable[[Workpiece], str]:
    """Sign with a key that the issuer never had, under the right kid unless the header is given another."""

    def change(piece: Workpiece) -> str:
        piece.header.update(header)
        return piece.signed(piece.wrong_key)

    return change


def embed_key(piece: Workpiece) -> str:
    """Let it bring along the key that signed it."""
    key = piece.wrong_key_pair
    piece.header.update(kid=key.kid, jwk=key.public_jwk)
    return piece.signed(key)


def point_to_keys(member: str, path: str) -> Callable[[Workpiece], str]:
    """Let a member of the header say that the key is elsewhere."""

    def change(piece: Workpiece) -> str:
        key = piece.wrong_key_pair
        piece.header.update({"kid": key.kid, member: f"{ELSEWHERE}{path}"})
        return piece.signed(key)

    return change


def inject_kid(kid: str, secret: bytes) -> Callable[[Workpiece], str]:
    """Sign with the secret that a careless look-up of the kid returns."""

    def change(piece: Workpiece) -> str:
        piece.header["kid"] = kid
        return piece.signed_hs256(secret)

    return change


def demand_extension(piece: Workpiece) -> str:
    """Mark an extension as critical that nobody knows."""
    name = "https://oauthcc.test/unknown-extension"
    piece.header.update({"crit": [name], name: True})
    return piece.signed()


# --- signature


def leave_unsigned(alg: str) -> Callable[[Workpiece], str]:
    """Say that it is not signed, in one of the spellings of ``none``."""

    def change(piece: Workpiece) -> str:
        piece.header["alg"] = alg
        return piece.unsigned()

    return change


def tamper(piece: Workpiece) -> str:
    """Change the subject after signing."""
    signature = raw_jwt.sign(piece.header, piece.payload, piece.key)
    return raw_jwt.join(piece.header, {**piece.payload, "sub": "administrator"}, signature)


def to_der(signature: bytes) -> bytes:
    """Write an ECDSA signature of two plain numbers as DER."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = len(signature) // 2
    encoded: bytes = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return encoded
