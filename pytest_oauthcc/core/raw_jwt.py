"""JWTs part by part, for what is wrong with them is wanted, and keys in the forms that others read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.keys import SigningKey

__all__ = [
    "PRIVATE_MEMBERS",
    "encode_part",
    "join",
    "private_pem",
    "public_jwk",
    "public_pem",
    "sign",
    "sign_hs256",
    "thumbprint",
]

PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of a JWK that are for its owner alone (RFC 7518 section 6)."""


def encode_part(value: Mapping[str, Any] | str | bytes) -> str:
    """Write one part of a compact JWS (RFC 7515 section 7.1): base64url without padding."""
    if not isinstance(value, bytes):
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        value = text.encode()
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def join(header: Mapping[str, Any], payload: Mapping[str, Any] | str, signature: bytes) -> str:
    """Put a compact JWS together."""
    return ".".join((encode_part(header), encode_part(payload), encode_part(signature)))


def sign(header: Mapping[str, Any], payload: Mapping[str, Any] | str, key: SigningKey) -> bytes:
    """Sign a header and a payload with a key, by the key's own algorithm."""
    from jwt.algorithms import get_default_algorithms

    algorithm = get_default_algorithms()[key.alg]
    signature: bytes = algorithm.sign(_signed_part(header, payload), algorithm.prepare_key(key.private))
    return signature


def sign_hs256(header: Mapping[str, Any], payload: Mapping[str, Any], secret: bytes) -> bytes:
    """Sign with any bytes as the secret; libraries refuse those that this is for, such as a public key."""
    return hmac.new(secret, _signed_part(header, payload), hashlib.sha256).digest()


def _signed_part(header: Mapping[str, Any], payload: Mapping[str, Any] | str) -> bytes:
    return f"{encode_part(header)}.{encode_part(payload)}".encode("ascii")


def public_pem(key: SigningKey) -> bytes:
    """Write the public half of a key as PEM, as it stands in configuration files."""
    from cryptography.hazmat.primitives import serialization

    encoded: bytes = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded


def private_pem(private: Any) -> str:
    """Write a private key as unencrypted PKCS 8 in PEM, as client libraries take it."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    encoded: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return encoded.decode("ascii")


def public_jwk(public: Any) -> dict[str, Any]:
    """
    Write a public key as a JWK (RFC 7518 section 6, RFC 8037 section 2): what describes the key, and nothing else.

    Args:
        public: A public key of cryptography's.

    Returns:
        The JWK.

    Raises:
        ValueError: A key of that kind can't be written as one.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
    from jwt.exceptions import InvalidKeyError

    is_rsa, is_ec = isinstance(public, rsa.RSAPublicKey), isinstance(public, ec.EllipticCurvePublicKey)
    algorithm: Any = RSAAlgorithm if is_rsa else ECAlgorithm if is_ec else OKPAlgorithm
    try:
        jwk: dict[str, Any] = algorithm.to_jwk(public, as_dict=True)
    except InvalidKeyError:
        kind = public.curve.name if is_ec else type(public).__name__.strip("_").removesuffix("PublicKey")
        raise ValueError(
            f"a key of the kind {kind} can't be written as a JWK; one of RSA, of EC on P-256, P-384, P-521 or "
            "secp256k1, of Ed25519 or of Ed448 can"
        ) from None
    jwk.pop("key_ops", None)
    return jwk


_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "oct": ("k", "kty")}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """
    Write the thumbprint of a key: the SHA-256 of its required members (RFC 7638 section 3, RFC 8037 section 2).

    Args:
        jwk: The key; other members than the required ones don't matter.

    Returns:
        The thumbprint in base64url without padding.

    Raises:
        KeyError: The key has no such type or lacks a member.
    """
    required = {name: jwk[name] for name in _MEMBERS[jwk["kty"]]}
    text = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return encode_part(hashlib.sha256(text.encode()).digest())
