"""Access tokens: what the fake remembers of each, and when it is good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.jwt_parts import decode_claims
from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["IssuedToken", "TokenStore", "certificate_bound_to", "confirmation", "key_bound_to"]


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
        not_before: From when on it is good, in seconds since the epoch; None where that is no matter.
        jkt: The thumbprint of the key to which it is bound (RFC 9449 section 6); None for a plain bearer token.
        x5t: The thumbprint of the certificate to which it is bound (RFC 8705 section 3); None where it is to none.
    """

    __slots__ = (
        "audience",
        "client_id",
        "expiry",
        "is_adopted",
        "issued",
        "jkt",
        "not_before",
        "revoked",
        "scopes",
        "value",
        "x5t",
    )
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
        not_before: float | None = None,
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
        self.not_before = not_before
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

    def is_good(self, now: float) -> bool:
        """Whether it can be used at a moment given in seconds since the epoch: not expired, not revoked, and begun."""
        return not self.revoked and now < self.expiry and (self.not_before is None or now >= self.not_before)

    def __repr__(self) -> str:
        scope = " ".join(sorted(self.scopes))
        revoked = ", revoked" if self.revoked else ""
        return (
            f"IssuedToken({mask(self.value)}, client={self.client_id!r}, scope={scope!r}, "
            f"expires_at={self.expires_at:%Y-%m-%d %H:%M:%S}Z{revoked})"
        )


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
        return iter(list(self._tokens.values()))  # a copy: others may be issued meanwhile

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
