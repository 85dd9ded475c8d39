"""Real exchanges of urllib: the client gets its own response, and what it reads from that is noted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.transports.passage import Passage, Recording, tee

if TYPE_CHECKING:
    import http.client
    from collections.abc import Callable

__all__ = ["pass_on"]


def pass_on(passage: Passage, send: Callable[[], http.client.HTTPResponse]) -> http.client.HTTPResponse:
    """
    Send a request for real, and note what comes back.

    Args:
        passage: Takes note.
        send: Sends it.

    Returns:
        The real response; its body is still on the wire.

    Raises:
        BaseException: Whatever sending raises.
    """
    __tracebackhide__ = True
    try:
        response = send()
    except BaseException as error:
        passage.failed(error)
        raise
    recording = passage.arrived(response.status, tuple(response.getheaders()))
    if response.length == 0:
        recording.end()
    reading: Any = response
    for name in ("read", "read1"):
        setattr(reading, name, tee(getattr(response, name), recording))
    if not response.chunked:  # else it reads by read(), which takes note already
        reading.readline = _noted_line(response.readline, recording)
    reading.readinto = _noted_into(response.readinto, recording)
    return response


def _noted_line(readline: Any, recording: Recording) -> Any:
    """Wrap ``readline``, which gives a part of the body only, whatever it is called with."""

    def read(*arguments: Any) -> Any:
        line = readline(*arguments)
        recording.feed(line)
        return line

    return read


def _noted_into(readinto: Any, recording: Recording) -> Any:
    """Wrap ``readinto``, which puts what it reads into a buffer."""

    def read(buffer: Any) -> Any:
        count = readinto(buffer)
        recording.feed(bytes(memoryview(buffer)[:count]))
        if not count:
            recording.end()
        return count

    return read
