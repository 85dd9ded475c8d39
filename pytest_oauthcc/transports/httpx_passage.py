"""
Real exchanges of httpx and httpx2: the client gets its own response, and what it reads from that is noted.

That a request is let through is decided in httpcore, where respx patches, but there is no response of the client's
there yet. So the transports of the library are wrapped as well: they ask afterwards whether there is something to note.
"""

from __future__ import annotations

import functools
import ssl
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.transports.httpx_messages import VERIFIED
from pytest_oauthcc.transports.swaps import Swap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from pytest_oauthcc.transports.passage import Passage, Recording

__all__ = ["HttpxPassages"]


class HttpxPassages:
    """
    Notes the real exchanges of one library.

    Args:
        library: ``httpx`` or ``httpx2``.
    """

    def __init__(self, library: str) -> None:
        module = import_module(library)
        self._now: ContextVar[list[Passage] | None] = ContextVar(f"oauthcc_passages_{library}", default=None)
        self._stream, self._async_stream = _streams(module)
        self._swaps = [
            Swap(module.HTTPTransport, "handle_request", self._make_sync),
            Swap(module.AsyncHTTPTransport, "handle_async_request", self._make_async),
        ]

    def install(self) -> None:
        """Patch."""
        for swap in self._swaps:
            swap.put()

    def uninstall(self) -> None:
        """Put the originals back."""
        for swap in self._swaps:
            swap.take()

    def let_through(self, passage: Passage) -> bool:
        """Take note of a request that goes on; False where nobody will see its answer, as below a foreign transport."""
        waiting = self._now.get()
        if waiting is None:
            return False
        waiting.append(passage)
        return True

    def is_passing(self) -> bool:
        """Whether the request that came down to httpcore was let through already, farther above."""
        return bool(self._now.get())

    def pass_on(self, passage: Passage, send: Callable[[], Any]) -> Any:
        """Send a request that was let through above the transports."""
        __tracebackhide__ = True
        token = self._now.set([passage])
        try:
            return self._noted(send(), passage)
        except BaseException as error:
            passage.failed(error)
            raise
        finally:
            self._now.reset(token)

    async def pass_on_async(self, passage: Passage, send: Callable[[], Any]) -> Any:
        """Send a request that was let through above the transports, from an async client."""
        __tracebackhide__ = True
        token = self._now.set([passage])
        try:
            return self._noted(await send(), passage)
        except BaseException as error:
            passage.failed(error)
            raise
        finally:
            self._now.reset(token)

    def _make_sync(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def handle_request(transport: Any, request: Any) -> Any:
            __tracebackhide__ = True
            if self._now.get():
                return original(transport, request)
            _note_verification(transport, request)
            waiting: list[Passage] = []
            token = self._now.set(waiting)
            try:
                response = original(transport, request)
            except BaseException as error:
                for passage in waiting:
                    passage.failed(error)
                raise
            finally:
                self._now.reset(token)
            return self._noted(response, waiting[-1]) if waiting else response

        return handle_request

    def _make_async(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        async def handle_async_request(transport: Any, request: Any) -> Any:
            __tracebackhide__ = True
            if self._now.get():
                return await original(transport, request)
            _note_verification(transport, request)
            waiting: list[Passage] = []
            token = self._now.set(waiting)
            try:
                response = await original(transport, request)
            except BaseException as error:
                for passage in waiting:
                    passage.failed(error)
                raise
            finally:
                self._now.reset(token)
            return self._noted(response, waiting[-1]) if waiting else response

        return handle_async_request

    def _noted(self, response: Any, passage: Passage) -> Any:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
        recording = passage.arrived(response.status_code, headers)
        kind = self._async_stream if hasattr(response.stream, "__aiter__") else self._stream
        response.stream = kind(response.stream, recording)
        return response


def _note_verification(transport: Any, request: Any) -> None:
    """Tell those below whether certificates are checked, as only the connection pool knows."""
    context = getattr(getattr(transport, "_pool", None), "_ssl_context", None)
    if context is not None:
        request.extensions = {**request.extensions, VERIFIED: context.verify_mode != ssl.CERT_NONE}


def _streams(module: Any) -> tuple[type, type]:
    """Return the streams of a library that note what they give."""

    class Stream(module.SyncByteStream):  # type: ignore[misc]  # one of two libraries
        def __init__(self, inner: Any, recording: Recording) -> None:
            self._inner = inner
            self._recording = recording

        def __iter__(self) -> Iterator[bytes]:
            for chunk in self._inner:
                self._recording.feed(chunk)
                yield chunk
            self._recording.end()

        def close(self) -> None:
            self._inner.close()

    class AsyncStream(module.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, inner: Any, recording: Recording) -> None:
            self._inner = inner
            self._recording = recording

        async def __aiter__(self) -> AsyncIterator[bytes]:
            async for chunk in self._inner:
                self._recording.feed(chunk)
                yield chunk
            self._recording.end()

        async def aclose(self) -> None:
            await self._inner.aclose()

    return Stream, AsyncStream
