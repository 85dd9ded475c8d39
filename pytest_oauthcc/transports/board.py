"""What a transport asks: the one interface between the HTTP libraries and everything that decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_oauthcc.core.messages import Answer, Request

__all__ = ["Board"]


class Board(Protocol):
    """Knows which URLs are faked, and answers their requests."""

    def claims(self, url: str) -> bool:
        """Say cheaply whether the host of this URL is one of ours."""

    def answer(self, request: Request, *, stubs_below: bool) -> Answer | None:
        """
        Answer a request, or let it go on.

        Args:
            request: What the client is about to send. A streamed body is only in it where ``claims`` says yes.
            stubs_below: Whether something of the user's would get the request if it went on.

        Returns:
            What the client is to get; None lets the request go on to whatever lies below.

        Raises:
            NotServed: The request must not leave the process.
        """

    def pass_time(self, seconds: float) -> None:
        """
        Let time pass in which a real HTTP library would sleep between two attempts of its own.

        Args:
            seconds: The back-off, or what ``Retry-After`` asked for; may be 0.
        """
