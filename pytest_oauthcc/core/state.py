"""The state of one fake provider, shared by its endpoints."""

from __future__ import annotations

import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pytest_oauthcc.core.assertions import AssertionCheck
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dpop import ProofCheck
from pytest_oauthcc.core.journal import Journal
from pytest_oauthcc.core.keys import ClientKey, KeyRing
from pytest_oauthcc.core.licences import Licences
from pytest_oauthcc.core.minting import Draft, Mint
from pytest_oauthcc.core.moments import Moments
from pytest_oauthcc.core.names import is_mtls_alias
from pytest_oauthcc.core.recognition import Recognition
from pytest_oauthcc.core.tokens import IssuedToken, TokenStore, confirmation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.forgery import Forged
    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.core.names import Names
    from pytest_oauthcc.core.settings import Settings

__all__ = ["ClockLike", "State"]


class ClockLike(Protocol):
    """What the core needs of a clock."""

    def time(self) -> float:
        """Return seconds since the epoch."""
        ...

    def advance(self, delta: float, /) -> None:
        """Move the time on by that many seconds."""


class State:
    """
    Everything that a provider knows; what it does with it is the endpoints' business.

    Args:
        settings: The resolved options.
        dialect: The provider's own ways.
        clock: Tells the time.
        random: Makes an unguessable text of at least 160 bits (RFC 6749 section 10.10).
    """

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        clock: ClockLike,
        *,
        random: Callable[[], str] = lambda: secrets.token_urlsafe(24),
    ) -> None:
        self.settings = settings
        self.dialect = dialect
        self.clock = clock
        self.random = random
        self.lock = threading.RLock()
        self.keys = KeyRing(settings.signing_alg, settings.signing_key)
        self.mint = Mint(dialect.token, self.keys, token_format=settings.token_format)
        recognise = Recognition(settings, dialect.token).recognise if settings.signing_key is not None else None
        self.tokens = TokenStore(recognise)
        self.forged: dict[str, Forged] = {}
        self.assertions = AssertionCheck((settings.issuer, settings.token_url))
        self.token_proofs = ProofCheck(random(), wants_nonce=settings.dpop_nonce)
        self.api_proofs = ProofCheck(random(), wants_nonce=settings.dpop_nonce)
        self.journal = Journal(clock.time(), settings.journal_limit)
        self.licences = Licences(dialect.licensing, settings.own.get("licences")) if dialect.licensing else None
        self.client_key = ClientKey()
        self.main_client = Client(
            settings.client_id,
            settings.client_secret,
            settings.scopes,
            settings.default_scopes,
            jwks=settings.client_jwks if settings.client_jwks is not None else self.client_key,
            certificate_subject=settings.client_certificate_subject,
        )
        self.clients: dict[str, Client] = {settings.client_id: self.main_client}
        token = dialect.token
        self._moments = Moments([token.claims, token.jwt_header, token.opaque], random)
        self.values: Mapping[str, Any] = {
            **settings.own,
            "issuer": settings.issuer,
            "token_url": settings.token_url,
            "api_url": settings.api_url,
            "token_type": dialect.token_type,
        }

    @property
    def audience(self) -> tuple[str, ...]:
        """Whom tokens are for when the request names nobody: the option, else the API, else the issuer."""
        return self.audience_at(None)

    def audience_at(self, names: Names | None) -> tuple[str, ...]:
        """Whom tokens are for that are asked for under these names; None for the settings' own."""
        where = names or self.settings
        return self.settings.audience or ((where.api_url or where.issuer),)

    def values_at(self, names: Names | None) -> Mapping[str, Any]:
        """What templates may use in an answer to a request under these names; None for the settings' own."""
        return self.values if names is None else {**self.values, **names.values}

    def certificate_of(self, request: Request) -> bytes | None:
        """Return the client's certificate, as DER, that counts at an endpoint of the authorization server."""
        if self.settings.mtls_aliases and not is_mtls_alias(request.url):
            return None  # a real server does not ask for one there (RFC 8705 section 5)
        return request.client_certificate

    def rotate_keys(self, *, keep_old: bool) -> None:
        """Sign with a fresh key from now on; where the old ones are withdrawn, what they signed is revoked."""
        self.keys.rotate(keep_old=keep_old)
        for token in () if keep_old else self.tokens:
            token.revoked = token.revoked or (bool(token.claims) and not token.is_adopted)

    def issue(  # noqa: PLR0913 - the arguments of Mint.mint, and two more
        self,
        client_id: str,
        scopes: tuple[str, ...],
        *,
        now: float,
        audience: tuple[str, ...] | None = None,
        lifetime: float | None = None,
        claims: Mapping[str, Any] | None = None,
        alg: str | None = None,
        header: Mapping[str, Any] | None = None,
        names: Names | None = None,
        jkt: str | None = None,
        x5t: str | None = None,
    ) -> IssuedToken:
        """
        Mint a token and remember it.

        The arguments are those of ``Mint.mint``, ``names`` those of the request, ``jkt`` the key to which it is bound,
        ``x5t`` the certificate.
        """
        is_bound = jkt is not None or x5t is not None
        if is_bound:
            claims = {**(claims or {}), "cnf": confirmation(jkt, x5t)}
        values = self._values_for(client_id, now, names)
        mint = partial(
            self.mint.mint,
            values,
            now=now,
            lifetime=self.settings.expires_in if lifetime is None else lifetime,
            scopes=scopes,
            audience=self.audience_at(names) if audience is None else audience,
            alg=alg,
            header=header,
        )
        token = mint(claims=claims)
        if token.value in self.tokens:  # of the same second, from a provider whose tokens have nothing unique in them
            token = mint(claims={**(claims or {}), "jti": values["jti"]})
        if is_bound:
            token.jkt, token.x5t = jkt, x5t  # an opaque one does not say so
        self.tokens.add(token)
        return token

    def draft(
        self,
        client_id: str,
        scopes: tuple[str, ...],
        *,
        now: float,
        lifetime: float | None = None,
        claims: Mapping[str, Any] | None = None,
        alg: str | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> Draft:
        """Write a JWT like those that are issued, for forging; nobody signs it and nobody remembers it."""
        return self.mint.draft(
            self._values_for(client_id, now, None),
            now=now,
            lifetime=self.settings.expires_in if lifetime is None else lifetime,
            scopes=scopes,
            audience=self.audience,
            claims=claims,
            alg=alg,
            header=header,
        )

    def _values_for(self, client_id: str, now: float, names: Names | None) -> dict[str, Any]:
        unguessable = self.random()
        return {
            **self.values_at(names),
            **self._moments(now, client_id),
            "client_id": client_id,
            "random": unguessable,
            "jti": unguessable,
        }
