"""Signing keys: made when they are first needed, once per process, and held as objects."""

from __future__ import annotations

import functools
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.raw_jwt import private_pem, public_jwk, thumbprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_oauthcc.core.made_certificates import Made

__all__ = ["ClientKey", "KeyRing", "SigningKey", "make_key", "session_key"]

_making = threading.RLock()  # around the caches, or two threads would get two keys


@dataclass(frozen=True, slots=True)
class SigningKey:
    """
    One key of the fake.

    Args:
        alg: The JOSE algorithm (RFC 7518 section 3.1) it signs with.
        kid: Its name in a JWT's header and in the JWKS.
        private: What PyJWT signs with.
        public_jwk: The public half (RFC 7517) without private members; None for a symmetric key, which stays secret.
    """

    alg: str
    kid: str
    private: Any = field(repr=False)
    public_jwk: dict[str, Any] | None = field(repr=False)


def make_key(alg: str) -> SigningKey:
    """Make a fresh key for a JOSE algorithm; RSA keys have 2048 bits."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    private: Any
    if alg.startswith("HS"):
        secret = secrets.token_bytes(int(alg[2:]) // 8)  # as long as the hash (RFC 7518 section 3.2)
        return SigningKey(alg, f"hs-{secrets.token_hex(4)}", secret, None)
    if alg.startswith("ES"):
        private = ec.generate_private_key(ec.SECP256R1() if alg == "ES256" else ec.SECP384R1())
    elif alg == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = public_jwk(private.public_key())
    kid = thumbprint(jwk)
    return SigningKey(alg, kid, private, {**jwk, "kid": kid, "alg": alg, "use": "sig"})


@functools.cache
def _made_once(alg: str) -> SigningKey:
    return make_key(alg)


def session_key(alg: str) -> SigningKey:
    """Return the key that all providers of this process share for an algorithm, so that only the first one waits."""
    with _making:
        return _made_once(alg)


class KeyRing:
    """
    The keys of one provider: the one that signs now, and older ones that still verify.

    Args:
        alg: The JOSE algorithm of the usual key.
        first: The key to begin with; None for the one that the process shares.
    """

    def __init__(self, alg: str, first: SigningKey | None = None) -> None:
        self._alg = alg
        self._current = first
        self._older: list[SigningKey] = []
        self._others: dict[str, SigningKey] = {}
        self._has_withdrawn = False

    @property
    def current(self) -> SigningKey:
        """The key that signs now."""
        if self._current is None:
            self._current = session_key(self._alg)
        return self._current

    def for_alg(self, alg: str | None) -> SigningKey:
        """Return the signing key for an algorithm; the first use of another one than the usual publishes its key."""
        if alg is None or alg == self._alg:
            return self.current
        if alg not in self._others:
            self._others[alg] = make_key(alg) if self._has_withdrawn else session_key(alg)
        return self._others[alg]

    def rotate(self, *, keep_old: bool = True) -> SigningKey:
        """Sign with a fresh key from now on; the older ones stay published, or are withdrawn."""
        if keep_old:
            self._older.append(self.current)
        else:
            self._older.clear()
            self._others.clear()
            self._has_withdrawn = True  # also the keys that the process shares; they must not come back
        self._current = make_key(self._alg)
        return self._current

    def __iter__(self) -> Iterator[SigningKey]:
        yield self.current
        yield from reversed(self._older)
        yield from self._others.values()

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as a JWK set (RFC 7517 section 5)."""
        return {"keys": [key.public_jwk for key in self if key.public_jwk is not None]}


class ClientKey(Mapping[str, Any]):
    """
    The key pair of a client, as the JWK set that it would register (RFC 7591 section 2); made when it is first read.

    RSA, since every server and every client library knows RS256 (RFC 7523 section 5).
    """

    @property
    def _key(self) -> SigningKey:
        with _making:
            return _client_key()

    @property
    def certificate(self) -> Made:
        """The certificate that this key signed for itself, for ``self_signed_tls_client_auth`` (RFC 8705)."""
        with _making:
            return _client_certificate()

    @property
    def private_pem(self) -> str:
        """The private key as unencrypted PKCS 8 in PEM, as client libraries take it."""
        return private_pem(self._key.private)

    def __getitem__(self, name: str) -> Any:
        # Every client library makes up its own name for the key, and some sign by PS256 with it.
        public = {key: value for key, value in (self._key.public_jwk or {}).items() if key not in {"kid", "alg"}}
        body = "".join(self.certificate.certificate_pem.splitlines()[1:-1])
        return {"keys": [{**public, "x5c": [body]}]}[name]

    def __iter__(self) -> Iterator[str]:
        return iter(("keys",))

    def __len__(self) -> int:
        return 1


@functools.cache
def _client_certificate() -> Made:
    from pytest_oauthcc.core.made_certificates import sign_own_certificate

    return sign_own_certificate("a client of pytest-oauthcc", key=_client_key().private)


@functools.cache
def _client_key() -> SigningKey:
    return make_key("RS256")
