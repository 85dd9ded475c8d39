"""What templates may use that is new in every answer: times in several forms, unguessable texts, UUIDs."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.templates import placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Moments"]


def _at(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


def _uuid_of(text: str) -> str:
    import uuid  # few dialects have any

    return str(uuid.UUID(bytes=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16], version=4))


# name -> what makes it of the time, the client and a source of unguessable texts
_MAKERS: Final[Mapping[str, Callable[[float, str, Callable[[], str]], Any]]] = {
    "now": lambda now, _client_id, _random: int(now),
    "now_ms": lambda now, _client_id, _random: int(now * 1000),
    "now_date": lambda now, _client_id, _random: f"{_at(now):%Y-%m-%d}",
    "now_clock": lambda now, _client_id, _random: f"{_at(now):%H:%M:%S}",
    "random": lambda _now, _client_id, random: random(),
    "request_id": lambda _now, _client_id, random: _uuid_of(random()),
    "client_uuid": lambda _now, client_id, _random: _uuid_of(client_id),
}


class Moments:
    """
    Makes the values that some templates use, and no others, for most dialects use none.

    Args:
        templates: The templates.
        random: Makes an unguessable text.
    """

    def __init__(self, templates: Any, random: Callable[[], str]) -> None:
        self._random = random
        self._makers = [(name, _MAKERS[name]) for name in set(placeholders(templates)) if name in _MAKERS]

    def __call__(self, now: float, client_id: str | None) -> dict[str, Any]:
        """Make the values for one answer at a moment, in seconds since the epoch, to a client."""
        return {name: make(now, client_id or "", self._random) for name, make in self._makers}
