"""How access tokens are made: drafted out of a provider's templates, and signed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.templates import OMIT, compile_template
from pytest_oauthcc.core.tokens import IssuedToken, certificate_bound_to, key_bound_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.dialect import TokenDialect
    from pytest_oauthcc.core.keys import KeyRing, SigningKey

__all__ = ["Draft", "Mint", "expiry_after"]

_as_set = lru_cache(maxsize=256)(frozenset[str])  # thousands of tokens share theirs


@dataclass(slots=True)
class Draft:
    """
    A token before it is signed.

    Args:
        payload: The claims of a JWT.
        header: Its header without ``alg``.
        key: What signs it; None for an opaque token.
        scopes: What it is good for.
        audience: Whom it is for.
        expiry: When it expires, in seconds since the epoch.
        not_before: From when on it is good, in seconds since the epoch; None where it does not say so.
        opaque: The token itself, where it is no JWT.
    """

    payload: dict[str, Any]
    header: dict[str, Any]
    key: SigningKey | None
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    expiry: float
    not_before: float | None = None
    opaque: str = ""

    def sign(self) -> str:
        """Sign the JWT with its key."""
        import jwt

        assert self.key is not None  # noqa: S101 - only an opaque token has none, and nobody signs one
        return jwt.encode(self.payload, self.key.private, algorithm=self.key.alg, headers=self.header)


class Mint:
    """Makes access tokens in the form of one provider; every one is unique."""

    def __init__(self, dialect: TokenDialect, keys: KeyRing, *, token_format: str) -> None:
        self._dialect = dialect
        self._keys = keys
        self._format = token_format
        self._claims = compile_template(dialect.claims)
        self._opaque = compile_template(dialect.opaque)
        self._header = compile_template(dialect.jwt_header)

    def mint(
        self,
        values: Mapping[str, Any],
        *,
        now: float,
        lifetime: float,
        scopes: tuple[str, ...],
        audience: tuple[str, ...],
        claims: Mapping[str, Any] | None = None,
        alg: str | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> IssuedToken:
        """
        Make one token.

        Args:
            values: What templates may use; ``client_id`` and ``random`` (unguessable) among them.
            now: Seconds since the epoch.
            lifetime: Seconds; it counts from ``now`` rounded up to a second.
            scopes: What the token is good for.
            audience: Whom it is for.
            claims: Claims to add or replace; ``OMIT`` leaves one out. The API judges by what the token says: by these
                ``exp``, ``nbf``, ``scope`` and ``aud``.
            alg: Another JOSE algorithm than the provider's own.
            header: Members of the JWT header to add or replace.

        Returns:
            The token; nobody remembers it yet.
        """
        draft = self.draft(
            values,
            now=now,
            lifetime=lifetime,
            scopes=scopes,
            audience=audience,
            claims=claims,
            alg=alg,
            header=header,
            is_opaque=self._format == "opaque",
        )
        return IssuedToken(
            draft.opaque or draft.sign(),
            client_id=str(values["client_id"]),
            scopes=_as_set(draft.scopes),
            audience=draft.audience,
            issued=now,
            expiry=draft.expiry,
            not_before=draft.not_before,
            jkt=key_bound_to(draft.payload),
            x5t=certificate_bound_to(draft.payload),
        )

    def draft(  # noqa: PLR0913 - what a token is made of
        self,
        values: Mapping[str, Any],
        *,
        now: float,
        lifetime: float,
        scopes: tuple[str, ...],
        audience: tuple[str, ...],
        claims: Mapping[str, Any] | None = None,
        alg: str | None = None,
        header: Mapping[str, Any] | None = None,
        is_opaque: bool = False,
    ) -> Draft:
        """Write a token that nobody has signed yet; the arguments are those of ``mint``."""
        expiry: float = expiry_after(now, lifetime)
        if claims:
            expiry = claims["exp"] if isinstance(claims.get("exp"), int | float) else expiry
            scopes = tuple(" ".join(_told(claims, "scope", scopes)).split())
            audience = _told(claims, "aud", audience)
        known = {
            **values,
            "iat": math.floor(now),
            "exp": expiry,
            "nbf": math.floor(now),
            "scope": " ".join(scopes) or None,
            "scopes": list(scopes) or None,
            "audience": (audience[0] if len(audience) == 1 else list(audience)) if audience else None,
            "audiences": list(audience) or None,
        }
        if is_opaque:
            return Draft({}, {}, None, scopes, audience, expiry, opaque=self._opaque(known))
        key = self._keys.for_alg(alg)
        known["kid"], known["alg"] = key.kid, key.alg
        payload = {
            name: claim for name, claim in (self._claims(known) | dict(claims or {})).items() if claim is not OMIT
        }
        headers = {"typ": self._dialect.typ, "kid": key.kid, **self._header(known), **(header or {})}
        begin = payload.get("nbf")
        not_before = begin if isinstance(begin, int | float) else None
        return Draft(payload, headers, key, scopes, audience, expiry, not_before)


def expiry_after(now: float, lifetime: float) -> int:
    """
    Return the moment from which a token is expired: rounded up, but one without a lifetime is expired at once.

    Args:
        now: When it is issued, in seconds since the epoch.
        lifetime: Seconds.

    Returns:
        Whole seconds since the epoch, as claims have them.
    """
    return math.ceil((math.ceil(now) if lifetime > 0 else math.floor(now)) + lifetime)


def _told(claims: Mapping[str, Any], name: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    value = claims.get(name, usual)
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()
