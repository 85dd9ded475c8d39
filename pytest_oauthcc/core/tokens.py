"""Access tokens: how one is minted, what the fake remembers of it, and when it is good."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.jwt_parts import decode_claims
from pytest_oauthcc.core.templates import OMIT, compile_template
from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_oauthcc.core.dialect import TokenDialect
    from pytest_oauthcc.core.keys import KeyRing, SigningKey

__all__ = [
    "Draft",
    "IssuedToken",
    "Mint",
    "TokenStore",
    "certificate_bound_to",
    "confirmation",
    "expiry_after",
    "key_bound_to",
]


class IssuedToken:
    """
    An access token that the fake issued.

    Attributes:
        value: The token itself.
        scopes: What it is good for.
        client_id: Whom it was issued to.
        audience: Whom it is for; empty where the provider names nobody.
        revoked: Whether it was revoked.
        is_adopted: Whether the test wrote it into an answer, and the fake did not mint it.
        jkt: The thumbprint of the key to which it is bound (RFC 9449 section 6); None for a plain bearer token.
        x5t: The thumbprint of the certificate to which it is bound (RFC 8705 section 3); None where it is to none.
    """

    __slots__ = ("audience", "client_id", "expiry", "is_adopted", "issued", "jkt", "revoked", "scopes", "value", "x5t")
    __module__ = "pytest_oauthcc"

    def __init__(  # noqa: PLR0913 - all that the fake remembers of it
        self,
        value: str,
        *,
        client_id: str,
        scopes: frozenset[str],
        audience: tuple[str, ...],
        issued: float,
        expiry: float,
        is_adopted: bool = False,
        jkt: str | None = None,
        x5t: str | None = None,
    ) -> None:
        self.value = value
        self.client_id = client_id
        self.scopes = scopes
        self.audience = audience
        self.issued = issued
        self.expiry = expiry
        self.revoked = False
        self.is_adopted = is_adopted
        self.jkt = jkt
        self.x5t = x5t

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of a JWT; nothing for an opaque token."""
        return decode_claims(self.value)

    @property
    def issued_at(self) -> datetime:
        """When it was issued, as an aware datetime."""
        return _moment(self.issued)

    @property
    def expires_at(self) -> datetime:
        """The moment from which it is expired, as an aware datetime."""
        return _moment(self.expiry)

    def is_expired(self, now: float) -> bool:
        """Whether it is expired at a moment given in seconds since the epoch."""
        return now >= self.expiry

    def __repr__(self) -> str:
        scope = " ".join(sorted(self.scopes))
        revoked = ", revoked" if self.revoked else ""
        return (
            f"IssuedToken({mask(self.value)}, client={self.client_id!r}, scope={scope!r}, "
            f"expires_at={self.expires_at:%Y-%m-%d %H:%M:%S}Z{revoked})"
        )


_as_set = lru_cache(maxsize=256)(frozenset[str])  # thousands of tokens share theirs


def key_bound_to(claims: Mapping[str, Any]) -> str | None:
    """Return the thumbprint of the key to which a token with these claims is bound (RFC 9449 section 6.1)."""
    return _confirmed(claims, "jkt")


def certificate_bound_to(claims: Mapping[str, Any]) -> str | None:
    """Return the thumbprint of the certificate to which a token with these claims is bound (RFC 8705 section 3.1)."""
    return _confirmed(claims, "x5t#S256")


def confirmation(jkt: str | None, x5t: str | None) -> dict[str, str]:
    """Return the claim ``cnf`` of a token that is bound to a key, to a certificate, or to both (RFC 7800)."""
    return {name: value for name, value in (("jkt", jkt), ("x5t#S256", x5t)) if value is not None}


def _confirmed(claims: Mapping[str, Any], member: str) -> str | None:
    confirmation = claims.get("cnf")
    value = confirmation.get(member) if isinstance(confirmation, dict) else None
    return value if isinstance(value, str) else None


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):  # a test may script any lifetime
        return datetime.max.replace(tzinfo=UTC) if seconds > 0 else datetime.min.replace(tzinfo=UTC)


class TokenStore:
    """
    All tokens that one provider issued, found by their value at constant cost.

    Args:
        recognise: Makes a token of a value that is not remembered, where it bears the provider's signature.
    """

    def __init__(self, recognise: Callable[[str], IssuedToken | None] | None = None) -> None:
        self._recognise = recognise
        self._tokens: dict[str, IssuedToken] = {}
        self.newest: IssuedToken | None = None

    def add(self, token: IssuedToken) -> None:
        """Remember a token."""
        self._tokens[token.value] = token
        self.newest = token

    def get(self, value: str) -> IssuedToken | None:
        """Return the token with that value, or None."""
        token = self._tokens.get(value)
        if token is None and self._recognise is not None and (token := self._recognise(value)) is not None:
            return self._tokens.setdefault(value, token)
        return token

    def __contains__(self, value: object) -> bool:
        return value in self._tokens

    def __iter__(self) -> Iterator[IssuedToken]:
        return iter(tuple(self._tokens.values()))

    def __len__(self) -> int:
        return len(self._tokens)

    def forget(self, before: float) -> None:
        """Forget tokens that had expired by then, in seconds since the epoch: for processes that run for long."""
        self._tokens = {value: token for value, token in self._tokens.items() if token.expiry > before}

    def revoke(self, value: str | None, now: float) -> int:
        """
        Revoke one token, or with None all that are still good.

        Returns:
            How many were revoked.
        """
        chosen: Iterable[IssuedToken] = self if value is None else filter(None, [self.get(value)])
        count = 0
        for token in chosen:
            if not token.revoked and not token.is_expired(now):
                token.revoked = True
                count += 1
        return count


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
        opaque: The token itself, where it is no JWT.
    """

    payload: dict[str, Any]
    header: dict[str, Any]
    key: SigningKey | None
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    expiry: float
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
                ``exp``, ``scope`` and ``aud``.
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
            return Draft({}, {}, None, scopes, audience, expiry, self._opaque(known))
        key = self._keys.for_alg(alg)
        known["kid"], known["alg"] = key.kid, key.alg
        payload = {
            name: claim for name, claim in (self._claims(known) | dict(claims or {})).items() if claim is not OMIT
        }
        headers = {"typ": self._dialect.typ, "kid": key.kid, **self._header(known), **(header or {})}
        return Draft(payload, headers, key, scopes, audience, expiry)


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
