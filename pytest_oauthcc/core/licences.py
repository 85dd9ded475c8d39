"""A limited number of licences that tokens occupy for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.core.causes import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_oauthcc.core.dialect import Licensing

__all__ = ["Licences"]


class Licences:
    """
    Who holds which licence until when.

    Args:
        terms: The provider's terms.
        capacity: How many there are, where a test says otherwise.
    """

    def __init__(self, terms: Licensing, capacity: int | None = None) -> None:
        self._terms = terms
        self.capacity = terms.capacity if capacity is None else capacity
        self._until: dict[str, float] = {}

    def holders(self, now: float) -> dict[str, float]:
        """Return client ids with the time, in seconds since the epoch, until which each holds its licence."""
        self._until = {client_id: until for client_id, until in self._until.items() if now < until}
        return dict(self._until)

    def take(self, client_id: str, scopes: Sequence[str], now: float) -> Verdict | None:
        """
        Take or extend a client's licence for a token with these scopes.

        Returns:
            None where it has one now or needs none, else why it can't have one.
        """
        exempt = self._terms.exempt_scopes
        if scopes and set(scopes) <= set(exempt):
            return None
        holders = self.holders(now)
        if client_id not in holders and len(holders) >= self.capacity:
            freed = min(holders.values(), default=None)
            when = "" if freed is None else f"; the next one is free in {freed - now:.0f} s"
            detail = f"all {self.capacity} licences are taken by {', '.join(map(repr, holders)) or 'nobody'}{when}"
            return Verdict(Cause.NO_LICENCE, detail, {"holders": tuple(holders)})
        self._until[client_id] = now + self._terms.hold
        return None

    def release(self, client_id: str) -> None:
        """Free a client's licence, if it holds one."""
        self._until.pop(client_id, None)

    def is_release(self, path: str) -> bool:
        """Whether a path below the API is the endpoint that frees a licence."""
        return path.strip("/") == self._terms.release_path.strip("/")
