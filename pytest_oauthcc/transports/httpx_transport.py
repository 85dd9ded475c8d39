"""httpx and httpx2, on ``respx``: a router of our own that is asked before those of the user."""

from __future__ import annotations

import functools
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from respx.mocks import Mocker
from respx.models import AllMockedAssertionError, PassThrough

from pytest_oauthcc.transports.httpx_messages import to_httpx_response, to_request
from pytest_oauthcc.transports.passage import UNNOTED, Passage
from pytest_oauthcc.transports.respx_patches import MockerPatches, httpcore2_mocker, make_conversion
from pytest_oauthcc.transports.ssl_contexts import LazyContexts
from pytest_oauthcc.transports.swaps import Swap
from pytest_oauthcc.transports.turns import turn_of_the_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.messages import Answer
    from pytest_oauthcc.transports.httpx_passage import HttpxPassages
    from pytest_oauthcc.transports.installation import Board

__all__ = ["Httpx2Transport", "HttpxTransport"]


class HttpxTransport:
    """
    Sees what goes through httpcore: real clients, not those that run against an app or a ``MockTransport``.

    Args:
        board: Answers the requests.
        cheap_ssl: Whether clients get their CA certificates only if they really connect.
    """

    library: ClassVar[str] = "httpx"
    core: ClassVar[str] = "httpcore"

    def __init__(self, board: Board, *, cheap_ssl: bool = True) -> None:
        self._board = board
        self._client_library = import_module(self.library)
        self._mocker = self._find_mocker()
        self._patches = MockerPatches(self._mocker)
        self._router = _Router(self)
        self._conversion = Swap(self._mocker, "to_httpx_request", make_conversion)
        self._contexts = LazyContexts(self.library) if cheap_ssl else None
        self._hooks: list[Swap] = []
        self._passages: HttpxPassages | None = None
        self._active = False

    def install(self) -> None:
        """Have our router asked first, and pytest-httpx ask the board before it looks for a match."""
        self._active = True
        routers = self._mocker.routers
        if not any(router is self._router for router in routers):
            routers.insert(0, self._router)
        self._patches.start()
        self._conversion.put()
        if self._contexts is not None:
            self._contexts.install()
        if self.library == "httpx" and "pytest_httpx" in sys.modules and not self._hooks:
            mock_class = getattr(sys.modules["pytest_httpx"], "HTTPXMock", None)
            self._hooks = [
                Swap(mock_class, "_handle_request", self._make_hook),
                Swap(mock_class, "_handle_async_request", self._make_async_hook),
            ]
        for hook in self._hooks:
            hook.put()
        if self._board.lets_through:
            from pytest_oauthcc.transports.httpx_passage import HttpxPassages

            self._passages = self._passages or HttpxPassages(self.library)
            self._passages.install()

    def uninstall(self) -> None:
        """Take our router away; respx takes its patches away with the last router."""
        self._active = False
        for hook in self._hooks:
            hook.take()
        if self._passages is not None:
            self._passages.uninstall()
        if self._contexts is not None:
            self._contexts.uninstall()
        self._conversion.take()
        routers = self._mocker.routers
        if any(router is self._router for router in routers):
            routers[:] = [router for router in routers if router is not self._router]
            self._mocker.stop()

    def ask(self, request: Any, *, in_task: bool) -> Answer | None:
        """Ask the board about a request that came down to httpcore."""
        __tracebackhide__ = True
        if self._passages is not None and self._passages.is_passing():
            raise self._let_through(request)
        stubs_below = bool(self._user_routers()) or self._transport_is_patched(in_task=in_task)
        answer = self._board.answer(to_request(request, self.library), stubs_below=stubs_below)
        if not isinstance(answer, Passage):
            return answer
        if self._passages is None or not self._passages.let_through(answer):
            answer.arrived(0, ())  # unnoted, or below a transport of the user's own: the answer can't be seen
        raise self._let_through(request)

    def deliver(self, request: Any, answer: Answer) -> Any:
        """Give httpcore what the client is to get."""
        __tracebackhide__ = True
        return to_httpx_response(request.method, answer.outcome, sys.modules[self.core])

    def let_go(self, request: Any) -> Exception:
        """Return the exception that tells respx to let a request go on: to the next router, or to the network."""
        # The list may be empty: a thread can outlive the test that started it.
        if self._user_routers() or self._mocker.routers[-1:] not in ([], [self._router]):
            return AllMockedAssertionError(f"RESPX: {request!r} not mocked!")
        return self._let_through(request)

    @staticmethod
    def _let_through(request: Any) -> Exception:
        """Return the exception that tells respx to let a request go on to the network."""
        origin: Any = None
        return PassThrough("nobody's", request=request, origin=origin)

    def _find_mocker(self) -> Any:
        return Mocker.registry["httpcore"]

    def _pass_by(self, passage: Passage, transport: Any, request: Any, method: str) -> Any:
        """Send a request for real that pytest-httpx would answer: through a transport that it has not patched."""
        __tracebackhide__ = True
        send = functools.partial(_real_method(type(transport), method), transport, request)
        if passage is UNNOTED:
            return send()
        assert self._passages is not None  # noqa: S101 - who wants to know what comes back has them installed
        pass_on = self._passages.pass_on_async if "async" in method else self._passages.pass_on
        return pass_on(passage, send)

    def _user_routers(self) -> list[Any]:
        return [router for router in self._mocker.routers if not isinstance(router, _Router)]

    def _transport_is_patched(self, *, in_task: bool) -> bool:
        """Whether somebody sits above httpcore (pytest-httpx, vcrpy) and let the request come down on purpose."""
        name, method = (
            ("AsyncHTTPTransport", "handle_async_request") if in_task else ("HTTPTransport", "handle_request")
        )
        function = getattr(getattr(self._client_library, name), method)
        if not function.__module__.startswith(f"{self.library}."):
            return True
        return str(getattr(function, "__globals__", {}).get("__name__")).startswith("vcr.")  # it copies the names

    def _make_hook(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def ask_first(mock: Any, transport: Any, request: Any) -> Any:
            __tracebackhide__ = True
            if self._active:
                request.read()
                answer = self._board.answer(to_request(request, self.library), stubs_below=True)
                if isinstance(answer, Passage):
                    return self._pass_by(answer, transport, request, "handle_request")
                if answer is not None:
                    if answer.gate is not None:
                        answer.gate.wait()
                    return to_httpx_response(request.method, answer.outcome, self._client_library)
            return original(mock, transport, request)

        return ask_first

    def _make_async_hook(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def ask_first(mock: Any, transport: Any, request: Any) -> Any:
            __tracebackhide__ = True
            if self._active:
                await request.aread()
                answer = self._board.answer(to_request(request, self.library), stubs_below=True)
                if isinstance(answer, Passage):
                    return await self._pass_by(answer, transport, request, "handle_async_request")
                if answer is not None:
                    if answer.gate is not None:
                        await answer.gate.wait_async(turn_of_the_loop())
                    return to_httpx_response(request.method, answer.outcome, self._client_library)
            return await original(mock, transport, request)

        return ask_first


def _real_method(kind: type, name: str) -> Callable[..., Any]:
    """Return the method as it was before pytest-httpx put its own in its place, which keeps it in a closure."""
    found: Any = getattr(kind, name)
    while found.__module__.startswith("pytest_httpx"):
        cells = [cell.cell_contents for cell in found.__closure__ or ()]
        found = next(cell for cell in cells if getattr(cell, "__name__", None) == name)
    return found  # type: ignore[no-any-return]


class Httpx2Transport(HttpxTransport):
    """The same for httpx2, whose httpcore is a fork as well."""

    library: ClassVar[str] = "httpx2"
    core: ClassVar[str] = "httpcore2"

    def _find_mocker(self) -> Any:
        return httpcore2_mocker()


class _Router:
    """What respx needs of a router; it remembers nothing."""

    def __init__(self, transport: HttpxTransport) -> None:
        self._transport = transport

    def handler(self, request: Any) -> Any:
        """Answer a sync client."""
        __tracebackhide__ = True
        answer = self._transport.ask(request, in_task=False)
        if answer is None:
            raise self._transport.let_go(request)
        if answer.gate is not None:
            answer.gate.wait()
        return self._transport.deliver(request, answer)

    async def async_handler(self, request: Any) -> Any:
        """Answer an async client."""
        __tracebackhide__ = True
        answer = self._transport.ask(request, in_task=True)
        if answer is None:
            raise self._transport.let_go(request)
        if answer.gate is not None:
            await answer.gate.wait_async(turn_of_the_loop())
        return self._transport.deliver(request, answer)
