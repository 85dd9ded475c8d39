"""Client authentication with a signed assertion: ``client_secret_jwt`` and ``private_key_jwt`` (RFC 7521, RFC 7523)."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header, is_numeric_date
from pytest_oauthcc.core.replays import Replays

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_oauthcc.core.clients import Client

__all__ = ["ASSERTION_TYPE", "ASYMMETRIC", "SYMMETRIC", "AssertionCheck"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"  # RFC 7523 section 2.2

SYMMETRIC = ("HS256", "HS384", "HS512")
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_FARTHEST = 24 * 3600  # seconds; an assertion that is good for longer than a day is as good as a password


class AssertionCheck:
    """
    Checks client assertions for one provider, and remembers those it has seen.

    Args:
        audiences: What an assertion may name as its audience: the issuer and the token endpoint.
    """

    def __init__(self, audiences: Sequence[str]) -> None:
        self._audiences = tuple(audiences)
        self._replays = Replays()

    def accept(self, audiences: Sequence[str]) -> None:
        """Let assertions name these audiences as well: the same provider's URLs at another place."""
        self._audiences = (*self._audiences, *audiences)

    def check(self, assertion: str, client: Client, *, now: float) -> Verdict | None:
        """
        Check an assertion as RFC 7523 section 3 wants it.

        Args:
            assertion: As it was sent.
            client: Whose assertion it is said to be.
            now: Seconds since the epoch.

        Returns:
            What is wrong with it, or None; from then on it is used up.
        """
        problem = self._check_signature(assertion, client) or self._check_claims(decode_claims(assertion), client, now)
        return None if not problem else Verdict(Cause.BAD_ASSERTION, f"the client assertion {problem}")

    def _check_signature(self, assertion: str, client: Client) -> str:
        import jwt

        header = decode_header(assertion)
        alg = header.get("alg")
        if not header:
            return "is no JWT"
        if alg in SYMMETRIC:
            is_right = _is_hmac(assertion, str(alg), client.client_secret)
            return "" if is_right else "does not verify with the client_secret"
        if alg not in ASYMMETRIC:
            return f"has the algorithm {alg!r}; it has to be signed (RFC 7523 section 3 point 9)"
        problem = f"names the key {header.get('kid')!r} ({alg}), and no such key is registered for the client"
        for key in _candidates(client.jwks, header):
            try:
                jwt.PyJWS().decode(assertion, key, algorithms=[alg])
            except jwt.InvalidKeyError:
                continue  # it is on another curve than the algorithm's
            except (jwt.InvalidTokenError, UnicodeEncodeError) as error:
                problem = f"does not verify: {error}"
            else:
                return ""
        return problem

    def _check_claims(self, claims: Mapping[str, Any], client: Client, now: float) -> str:
        for name in ("iss", "sub"):
            if claims.get(name) != client.client_id:
                return f"has {name} {claims.get(name)!r}; it has to be the client_id {client.client_id!r}"
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not set(map(str, named)) & set(self._audiences):
            return f"has aud {audience!r}; it has to be {' or '.join(self._audiences)}"
        expiry, begin, issued = (claims.get(name) for name in ("exp", "nbf", "iat"))
        if not is_numeric_date(expiry):
            return f"has exp {expiry!r}; it has to be a number of seconds since 1970"
        if expiry <= now:
            return f"expired {now - expiry:.0f} s ago"
        if expiry > now + _FARTHEST:
            return f"is good for {expiry - now:.0f} s more; minutes are enough"
        if begin is not None and not (is_numeric_date(begin) and begin <= now + 1):
            return f"has nbf {begin!r}, which lies ahead of now, {now:.0f}"
        if issued is not None and not is_numeric_date(issued):
            return f"has iat {issued!r}; it has to be a number of seconds since 1970"
        return self._check_replay(claims.get("jti"), client, expiry, now)

    def _check_replay(self, jti: Any, client: Client, expiry: float, now: float) -> str:
        if jti is None or self._replays.use(client.client_id, str(jti), until=expiry, now=now):
            return ""
        return f"was used before: its jti {jti!r} came already; each request needs its own"


def _is_hmac(assertion: str, alg: str, secret: str) -> bool:
    """Check it by hand, for PyJWT warns about short secrets, and a warning in the fake would look like the client's."""
    signed, _, signature = assertion.rpartition(".")
    key, hash_name = secret.encode("utf-8", "surrogatepass"), f"sha{alg[2:]}"
    expected = base64.urlsafe_b64encode(hmac.digest(key, signed.encode("utf-8", "surrogatepass"), hash_name))
    return hmac.compare_digest(expected.rstrip(b"="), signature.encode("utf-8", "surrogatepass"))


def _candidates(jwks: Mapping[str, Any] | None, header: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the registered keys that may have signed an assertion: by name, type, use and algorithm (RFC 7517)."""
    import jwt

    alg, kid = str(header["alg"]), header.get("kid")
    for jwk in (jwks or {}).get("keys", ()):
        if kid is not None and jwk.get("kid") not in (kid, None):
            continue
        if jwk.get("use", "sig") != "sig" or jwk.get("alg", alg) != alg:
            continue
        try:
            yield jwt.PyJWK(dict(jwk), algorithm=alg).key
        except (jwt.InvalidKeyError, jwt.PyJWKError, ValueError, TypeError):  # the last two: PyJWT before 2.15
            continue  # a key of another type, or none
