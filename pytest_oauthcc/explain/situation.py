"""What is known when an expectation failed: all that the text and the likely causes are worked out from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_oauthcc.core.journal import ApiRequest, Exchange, Journal, TokenRequest
    from pytest_oauthcc.core.tokens import IssuedToken
    from pytest_oauthcc.explain.expectation import Difference, Expectation

__all__ = ["Situation"]


@dataclass(frozen=True)
class Situation:
    """
    An expectation that failed, and what happened.

    Args:
        expectation: What was expected.
        journal: Of the provider.
        entries: Its requests of the kind that the expectation is about, the oldest first.
        compared: What is different in each of them.
        count: How many were wanted; None means at least one.
    """

    expectation: Expectation
    journal: Journal
    entries: Sequence[Any]
    compared: Sequence[tuple[Difference, ...]]
    count: int | None

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All exchanges of the provider."""
        return tuple(self.journal.all)

    @cached_property
    def token_requests(self) -> tuple[TokenRequest, ...]:
        """All token requests of the provider."""
        return tuple(self.journal.token_requests)

    @cached_property
    def api_requests(self) -> tuple[ApiRequest, ...]:
        """All API requests of the provider."""
        return tuple(self.journal.api_requests)

    @cached_property
    def matching(self) -> tuple[int, ...]:
        """The positions of the requests that are as expected."""
        return tuple(position for position, found in enumerate(self.compared) if not found)

    @property
    def is_satisfied(self) -> bool:
        """Whether all is well."""
        return bool(self.matching) if self.count is None else len(self.matching) == self.count

    @property
    def is_too_many(self) -> bool:
        """Whether more requests are as expected than were wanted."""
        return self.count is not None and len(self.matching) > self.count

    @cached_property
    def position(self) -> int | None:
        """
        The position of the request that the text is about.

        Of too many, the first that is one too many; else the one nearest to the expectation, and of
        equally near ones the newest; None where there is none.
        """
        if self.is_too_many:
            return self.matching[self.count or 0]
        others = [position for position, found in enumerate(self.compared) if found]
        return min(others, key=self._distance) if others else None

    def _distance(self, position: int) -> tuple[int, bool, int]:
        """Count the parts that differ, of JSON all members as one; who and where matter more than what."""
        parts = {
            (difference.kind, difference.name * (difference.kind != "json")) for difference in self.compared[position]
        }
        return len(parts), not parts.isdisjoint({("path", ""), ("method", ""), ("client_id", "")}), -position

    @property
    def entry(self) -> Any:
        """The request that the text is about; only where there is one."""
        assert self.position is not None  # noqa: S101 - for the type checker
        return self.entries[self.position]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What is different in the request that the text is about."""
        return () if self.position is None else self.compared[self.position]

    @property
    def this(self) -> str:
        """What the request that the text is about is called: ``Request 2``."""
        return f"Request {(self.position or 0) + 1}"

    def earlier_with(self, difference: Difference) -> int | None:
        """Return the position of the newest earlier request in which that part was as expected."""
        for position in range((self.position or 0) - 1, -1, -1):
            if not any(found.is_about(difference) for found in self.compared[position]):
                return position
        return None

    def number_of(self, entry: TokenRequest) -> int:
        """Return the how manyth token request of the provider it is, from 1."""
        return self._numbers[id(entry)]

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(entry): number for number, entry in enumerate(self.token_requests, 1)}

    def issued_by(self, token: IssuedToken) -> TokenRequest | None:
        """Return the token request that got a token; None where the test minted it, or another provider did."""
        return next((request for request in reversed(self.token_requests) if request.token is token), None)

    def between(self, first: Exchange, last: Exchange) -> Iterator[ApiRequest]:
        """Return the API requests between two exchanges, the newest first."""
        for entry in reversed(self.api_requests):
            if first.number < entry.number < last.number:
                yield entry
