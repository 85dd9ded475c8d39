"""Knowing a token again that another process issued, by the signature of a key that both were given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.jwt_parts import decode_header, is_numeric_date
from pytest_oauthcc.core.tokens import IssuedToken, certificate_bound_to, key_bound_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.dialect import TokenDialect
    from pytest_oauthcc.core.settings import Settings

__all__ = ["Recognition"]

# Which placeholders of a claim say that the claim tells this.
_CLIENT: Final = frozenset({"{client_id}"})
_SCOPES: Final = frozenset({"{scope}", "{scope!s}", "{scopes}"})


class Recognition:
    """
    Makes tokens out of JWTs that bear the provider's signature.

    Several workers of one fake know only their own tokens; with the same key each accepts those of the others, as the
    servers of a real provider do. What happened to a token elsewhere, its revocation above all, stays unknown.

    Args:
        settings: The provider's, with a ``signing_key``.
        dialect: Which claims its tokens have.
    """

    def __init__(self, settings: Settings, dialect: TokenDialect) -> None:
        self._key = settings.signing_key
        self._client_claims = _claims_that_tell(dialect.claims, _CLIENT)
        self._scope_claims = _claims_that_tell(dialect.claims, _SCOPES)

    def recognise(self, value: str) -> IssuedToken | None:
        """Return the token that a value is, if the provider's key signed it; None where it did not."""
        import jwt

        key = self._key
        if key is None or decode_header(value).get("kid") != key.kid:
            return None
        verifier = key.private if key.public_jwk is None else jwt.PyJWK(key.public_jwk).key
        try:
            # Whether it is expired or for somebody else is for the API to say, on the provider's own clock.
            claims = jwt.decode(value, verifier, algorithms=[key.alg], options=_ONLY_THE_SIGNATURE)
        except jwt.InvalidTokenError:
            return None
        expiry, issued, audience = claims.get("exp"), claims.get("iat", 0), claims.get("aud")
        begin = claims.get("nbf")
        if not is_numeric_date(expiry) or not is_numeric_date(issued) or not (begin is None or is_numeric_date(begin)):
            return None
        if not isinstance(audience, str | list | None):
            return None
        return IssuedToken(
            value,
            client_id=str(next((claims[name] for name in self._client_claims if name in claims), "")),
            scopes=frozenset(scope for name in self._scope_claims for scope in _texts(claims.get(name))),
            audience=_texts(audience) if isinstance(audience, list) else (audience,) if audience else (),
            issued=issued,
            expiry=expiry,
            not_before=begin,
            jkt=key_bound_to(claims),
            x5t=certificate_bound_to(claims),
        )


_ONLY_THE_SIGNATURE: Final[Any] = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def _claims_that_tell(claims: Mapping[str, Any], placeholders: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name, template in claims.items() if isinstance(template, str) and template in placeholders)


def _texts(claim: Any) -> tuple[str, ...]:
    if isinstance(claim, str):
        return tuple(claim.split())
    return tuple(str(item) for item in claim) if isinstance(claim, list) else ()
