"""A signing key that somebody gives to the fake, so that several processes sign with the same one."""

from __future__ import annotations

from typing import Any

from pytest_oauthcc.core.keys import SigningKey
from pytest_oauthcc.core.raw_jwt import public_jwk, thumbprint
from pytest_oauthcc.errors import OptionError

__all__ = ["read_signing_key"]

_RSA_ALGS = ("RS256", "RS384", "RS512", "PS256")
_EC_ALGS = {"secp256r1": "ES256", "secp384r1": "ES384"}
_LEAST_BITS = 2048  # RFC 7518 section 3.3


def read_signing_key(pem: bytes, alg: str | None = None, *, where: str = "the signing key") -> SigningKey:
    """
    Read a private key.

    Args:
        pem: An unencrypted RSA, EC (P-256, P-384) or Ed25519 key in PEM.
        alg: The JOSE algorithm to sign with; None for the usual one of that kind of key.
        where: What the key is called in an error message.

    Returns:
        The key. Its name is the thumbprint of RFC 7638, and so the same wherever the key is used.

    Raises:
        OptionError: It is no such key, or not one for ``alg``.
    """
    __tracebackhide__ = True
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        private: Any = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None  # what cryptography says about it may quote the key
    if private is None:
        raise OptionError(
            f"{where} is no unencrypted private key in PEM; make one with: "
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
        )
    algs = _algs_of(private, where)
    chosen = algs[0] if alg is None else alg
    if chosen not in algs:
        raise OptionError(f"{where} is for {' or '.join(algs)}, and signing_alg is {chosen}; give a key of that kind")
    jwk = public_jwk(private.public_key())
    kid = thumbprint(jwk)
    return SigningKey(chosen, kid, private, {**jwk, "kid": kid, "alg": chosen, "use": "sig"})


def _algs_of(private: Any, where: str) -> tuple[str, ...]:
    """Return what a key can sign with, the usual algorithm first."""
    __tracebackhide__ = True
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _LEAST_BITS:
        return _RSA_ALGS
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _EC_ALGS:
        return (_EC_ALGS[private.curve.name],)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return ("EdDSA",)
    raise OptionError(
        f"{where} is a key of a kind that the fake does not sign with; "
        f"it takes RSA with {_LEAST_BITS} bits or more, EC on P-256 or P-384, and Ed25519"
    )
