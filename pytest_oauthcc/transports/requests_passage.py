"""Real exchanges of requests: the client gets its own response, and what it reads from that is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.transports.passage import UNNOTED, Passage, Recording, tee

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

__all__ = ["pass_on"]


def pass_on(passage: Passage, send: Callable[[], requests.Response]) -> requests.Response:
    """
    Send a request for real, and note what comes back.

    Args:
        passage: Takes note.
        send: Sends it, below all mocks.

    Returns:
        The real response; its body is still on the wire.

    Raises:
        BaseException: Whatever sending raises.
    """
    __tracebackhide__ = True
    if passage is UNNOTED:
        return send()
    try:
        response = send()
    except BaseException as error:
        passage.failed(error)
        raise
    raw = response.raw
    recording = passage.arrived(response.status_code, tuple((str(n), str(v)) for n, v in raw.headers.items()))
    for name in ("read", "read1"):
        setattr(raw, name, tee(getattr(raw, name), recording))
    for name in ("stream", "read_chunked"):
        setattr(raw, name, _to_the_end(getattr(raw, name), recording, feeds=name == "read_chunked"))
    return response


def _to_the_end(function: Any, recording: Recording, *, feeds: bool) -> Any:
    """Wrap a method that yields the body piece by piece; ``stream`` gets its pieces from the other methods."""

    def pieces(*arguments: Any, **options: Any) -> Iterator[bytes]:
        for piece in function(*arguments, **options):
            if feeds:
                recording.feed(piece)
            yield piece
        recording.end()

    return pieces
