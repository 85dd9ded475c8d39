"""vcrpy: its cassettes stand above httpx, and would refuse or record what is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pytest_oauthcc.transports.swaps import Swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.transports.installation import Board

__all__ = ["VcrCassettes"]

# All three say "not this request" by what is false.
_QUESTIONS = ("can_play_response_for", "filter_request", "append")


class VcrCassettes:
    """Has the user's cassettes ignore requests to our hosts and servers, as if a filter of the user's own said so."""

    library: ClassVar[str] = "vcr"

    def __init__(self, board: Board) -> None:
        from vcr.cassette import Cassette  # type: ignore[import-untyped]

        self._board = board
        self._active = False
        self._swaps = [Swap(Cassette, name, self._make) for name in _QUESTIONS]

    def install(self) -> None:
        """Patch the class of the cassettes."""
        self._active = True
        for swap in self._swaps:
            swap.put()

    def uninstall(self) -> None:
        """Put its methods back."""
        self._active = False
        for swap in self._swaps:
            swap.take()

    def _make(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def unless_ours(cassette: Any, request: Any, *response: Any) -> Any:
            __tracebackhide__ = True
            url = request.uri
            if self._active and (self._board.claims(url) or self._board.is_our_server(url)):
                return None
            return original(cassette, request, *response)

        return unless_ours
