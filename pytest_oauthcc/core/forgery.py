"""Forged tokens: each wrong in one way that an API has to notice, and knowing which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.forgery_making import Workpiece
from pytest_oauthcc.core.forgery_names import FORGERIES
from pytest_oauthcc.core.forgery_table import TABLE
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import mask
from pytest_oauthcc.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.causes import Cause
    from pytest_oauthcc.core.state import State

__all__ = ["Forged", "ForgedToken", "Forger"]


@dataclass(frozen=True, slots=True)
class ForgedToken:
    """
    A token that an API has to refuse.

    Attributes:
        name: Which forgery it is, such as ``"alg-none"``.
        value: The token itself.
        why: Why it has to be refused, in one sentence.
        status: With which HTTP status: 403 where the token is good, but not for this; else 401.
    """

    name: str
    value: str
    why: str
    status: int

    def __repr__(self) -> str:
        return f"ForgedToken({self.name!r}, {mask(self.value)}, status={self.status}, why={self.why!r})"


ForgedToken.__module__ = "pytest_oauthcc"


@dataclass(frozen=True, slots=True)
class Forged:
    """What the provider remembers of a token that it forged: the token, and why its own API refuses it."""

    token: ForgedToken
    cause: Cause


class Forger:
    """
    Forges tokens of one provider.

    Args:
        state: The provider's state.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def forge(
        self,
        name: str,
        scopes: tuple[str, ...] | None,
        *,
        expires_in: float | None = None,
        claims: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        alg: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> ForgedToken:
        """
        Make one forged token; the arguments after the first are those of ``Provider.mint``.

        Returns:
            The token, of which the provider knows that it is a forgery.

        Raises:
            OptionError: There is no such forgery, or it makes no sense for this provider.
        """
        __tracebackhide__ = True
        if name not in TABLE:
            raise OptionError(unknown_name("forgery", name, FORGERIES))
        forgery, client = TABLE[name], self._state.main_client
        client_id = client_id or client.client_id
        if scopes is None:
            scopes = () if forgery.status == 403 else client.default_scopes or client.scopes or ()  # noqa: PLR2004
        now = self._state.clock.time()
        with self._state.lock:
            draft = self._state.draft(
                client_id,
                scopes,
                now=now,
                lifetime=expires_in,
                claims=claims,
                alg=alg,
                header=headers,
            )
            assert draft.key is not None  # noqa: S101 - it is no opaque token
            piece = Workpiece(draft, draft.key, client_id, now)
            obstacle = forgery.obstacle(piece)
            if obstacle:
                raise OptionError(f"there is no forgery {name!r} here: {obstacle}")
            token = ForgedToken(name, forgery.make(piece), forgery.why, forgery.status)
            self._state.forged[token.value] = Forged(token, forgery.cause)
        return token

    def forge_all(self, scopes: tuple[str, ...] | None) -> tuple[ForgedToken, ...]:
        """Make every forged token that makes sense for this provider; ``scopes`` as for ``forge``."""
        made = []
        for name in FORGERIES:
            try:
                made.append(self.forge(name, None if name == "too-little-scope" else scopes))
            except OptionError:
                continue
        return tuple(made)
