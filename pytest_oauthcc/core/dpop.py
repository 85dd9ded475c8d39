"""DPoP proofs: whether a request proves that its sender has the key to which a token is bound (RFC 9449 section 4)."""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header, is_numeric_date
from pytest_oauthcc.core.raw_jwt import PRIVATE_MEMBERS, encode_part, thumbprint
from pytest_oauthcc.core.replays import Replays

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.messages import Request

__all__ = ["PROOF_ALGS", "Proof", "ProofCheck", "is_dpop", "same_target", "token_hash"]

PROOF_ALGS = ("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA")
"""What a proof may be signed with: asymmetric algorithms only (RFC 9449 section 4.2)."""

_WINDOW = 60  # seconds; RFC 9449 section 11.1 wants it short
_NONCE_LIFE = 300  # seconds after which there is a new nonce; the one before is taken for as long again
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds: the thumbprint of its key, to which a token is bound, or has to be (RFC 9449 section 6.1)."""

    jkt: str


class ProofCheck:
    """
    Checks the proofs that one server gets, and remembers those that it has seen.

    Args:
        secret: Makes nonces that nobody can guess (RFC 9449 section 8).
        wants_nonce: Whether a proof has to have a nonce of the server's.
    """

    def __init__(self, secret: str, *, wants_nonce: bool = False) -> None:
        self._secret = secret.encode()
        self._wants_nonce = wants_nonce
        self._replays = Replays()

    def nonce(self, now: float) -> str | None:
        """Return the nonce that counts now, or None where the server wants none."""
        return self._nonce_of(math.floor(now / _NONCE_LIFE)) if self._wants_nonce else None

    def new_nonce_for(self, request: Request, now: float) -> str | None:
        """Return the nonce to be told with an answer: the newest one, where the request's proof does not have it."""
        if not self._wants_nonce or "dpop" not in request.headers:
            return None
        newest = self.nonce(now)
        return None if decode_claims(request.headers.get_all("dpop")[0]).get("nonce") == newest else newest

    def _nonce_of(self, period: int) -> str:
        return encode_part(hmac.new(self._secret, str(period).encode(), hashlib.sha256).digest())

    def check(self, request: Request, *, now: float, token: str | None = None) -> Proof | Verdict:
        """
        Check the proof of a request as RFC 9449 section 4.3 lists it.

        Args:
            request: It has a DPoP header.
            now: Seconds since the epoch.
            token: The access token that came with it; None at the token endpoint.

        Returns:
            The proof, which is used up from then on, or what is wrong with it.
        """
        proofs = request.headers.get_all("dpop")
        if len(proofs) != 1:
            return _bad(f"there are {len(proofs)} DPoP headers; one is allowed")
        header, claims = decode_header(proofs[0]), decode_claims(proofs[0])
        problem = _look_at_header(header) or _verify(proofs[0], header) or _look_at_claims(claims, request, token)
        if problem:
            return _bad(problem)
        verdict = self._look_at_nonce(claims, now)
        if verdict is not None:
            return verdict
        if not self._wants_nonce and abs(claims["iat"] - now) > _WINDOW:
            how = "old" if claims["iat"] < now else "ahead of now"
            return _bad(f"the proof's iat is {abs(claims['iat'] - now):.0f} s {how}; {_WINDOW} s are allowed")
        jkt = thumbprint(header["jwk"])
        until = now + 2 * (_NONCE_LIFE if self._wants_nonce else _WINDOW)
        if not self._replays.use(jkt, claims["jti"], until=until, now=now):
            return _bad(
                f"the proof was used before: its jti {claims['jti']!r} came already; each request needs its own"
            )
        return Proof(jkt)

    def _look_at_nonce(self, claims: Mapping[str, Any], now: float) -> Verdict | None:
        if not self._wants_nonce:
            return None
        period, nonce = math.floor(now / _NONCE_LIFE), claims.get("nonce")
        if nonce in (self._nonce_of(period), self._nonce_of(period - 1)):  # a list is no member of any set
            return None
        what = "has no nonce" if nonce is None else "has a nonce that does not count, or no longer"
        detail = f"the proof {what}; the header DPoP-Nonce of this answer has the one for the next proof"
        return Verdict(Cause.DPOP_NONCE_REQUIRED, detail)


def is_dpop(authorization: str) -> bool:
    """Whether an Authorization header carries its token as DPoP (RFC 9449 section 7.1)."""
    return authorization.partition(" ")[0].lower() == "dpop"


def _bad(problem: str) -> Verdict:
    return Verdict(Cause.BAD_DPOP_PROOF, problem)


def _look_at_header(header: Mapping[str, Any]) -> str:
    jwk = header.get("jwk")
    if not header:
        return "the proof is no JWT"
    if header.get("typ") != "dpop+jwt":
        return f"the proof has typ {header.get('typ')!r}; it has to be 'dpop+jwt'"
    if header.get("alg") not in PROOF_ALGS:
        return f"the proof has alg {header.get('alg')!r}; it has to be one of {', '.join(PROOF_ALGS)}"
    if not isinstance(jwk, dict):
        return "the proof's header has no public key as jwk"
    if PRIVATE_MEMBERS & jwk.keys():
        return "the proof's jwk holds the private key; only its public half belongs there"
    return ""


def _verify(proof: str, header: Mapping[str, Any]) -> str:
    import jwt

    try:
        key = jwt.PyJWK(header["jwk"], algorithm=header["alg"])
        jwt.PyJWS().decode(proof, key.key, algorithms=[header["alg"]])
    except (jwt.InvalidTokenError, jwt.PyJWTError, ValueError, TypeError) as error:
        return f"the proof does not verify with its own jwk: {error}"
    return ""


def _look_at_claims(claims: Mapping[str, Any], request: Request, token: str | None) -> str:
    texts = [name for name in ("jti", "htm", "htu") if not isinstance(claims.get(name), str) or not claims[name]]
    if texts:
        return f"the proof has no {' and no '.join(texts)}"
    issued = claims.get("iat")
    if not is_numeric_date(issued):
        return f"the proof has iat {issued!r}; it has to be a number of seconds since 1970"
    if claims["htm"] != request.method:
        return f"the proof has htm {claims['htm']!r}, and the request is a {request.method}"
    if not same_target(claims["htu"], request.split_as_sent):
        return "the proof's htu is not the URL of the request without its query"
    if token is not None and claims.get("ath") != token_hash(token):
        what = "is not the hash of the token that came with it" if "ath" in claims else "is missing"
        return f"the proof's ath {what}"
    return ""


def same_target(htu: str, sent: SplitResult) -> bool:
    """Whether a proof's ``htu`` is the URL of a request without query and fragment (RFC 9449 section 4.3, point 9)."""
    try:
        return "?" not in htu and "#" not in htu and _normal(urlsplit(htu)) == _normal(sent)
    except ValueError:
        return False


def _normal(parts: SplitResult) -> tuple[str, str, int | None, str]:
    """Bring a URL into the form in which equal ones compare equal (RFC 3986 section 6.2)."""
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or _PORTS.get(scheme), parts.path or "/"


def token_hash(token: str) -> str:
    """Return what a proof's ``ath`` has to be for an access token (RFC 9449 section 4.2)."""
    return encode_part(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest())
