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
    _Tap(response, recording)
    return response


class _Tap:
    """Sits on the reading methods of one response, which call each other, and counts each byte once."""

    def __init__(self, response: Any, recording: Recording) -> None:
        self._recording = recording
        self._is_inside = False
        for name in ("read", "read1", "readline"):
            setattr(response, name, self._outermost(tee(getattr(response, name), recording), getattr(response, name)))
        response.readinto = self._outermost(self._noted(response.readinto), response.readinto)

    def _outermost(self, noted: Any, plain: Any) -> Any:
        def read(*arguments: Any, **options: Any) -> Any:
            if self._is_inside:
                return plain(*arguments, **options)
            self._is_inside = True
            try:
                return noted(*arguments, **options)
            finally:
                self._is_inside = False

        return read

    def _noted(self, readinto: Any) -> Any:
        def read(buffer: Any) -> Any:
            count = readinto(buffer)
            if count:
                self._recording.feed(bytes(memoryview(buffer)[:count]))
            else:
                self._recording.end()
            return count

        return read
