"""requests, on ``responses``: a mock of our own that lies below those of the user, who hand our URLs over to it."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import requests
import responses
import urllib3.connectionpool
from requests.adapters import HTTPAdapter

from pytest_oauthcc.transports.passage import Passage
from pytest_oauthcc.transports.requests_exchange import exchange
from pytest_oauthcc.transports.requests_passage import pass_on
from pytest_oauthcc.transports.swaps import Swap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_oauthcc.transports.installation import Board

__all__ = ["RequestsTransport"]

_Send = Any  # the type of HTTPAdapter.send, and of what users put in its place


class _Mock(responses.RequestsMock):
    """
    A ``RequestsMock`` whose registry is the board.

    Both methods are overridden, so that neither depends on how the other is called inside of ``responses``,
    and nothing is kept of an exchange that is over.
    """

    def __init__(self, transport: RequestsTransport) -> None:
        super().__init__(assert_all_requests_are_fired=False)
        self._transport = transport

    def unbound_on_send(self) -> Any:
        def send(  # the arguments of HTTPAdapter.send
            adapter: HTTPAdapter,
            request: requests.PreparedRequest,
            stream: bool = False,
            timeout: Any = None,
            verify: bool | str = True,
            cert: Any = None,
            proxies: Any = None,
        ) -> Any:
            __tracebackhide__ = True
            return self._on_request(
                adapter, request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies
            )

        return send

    def _on_request(self, adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> Any:
        __tracebackhide__ = True
        return self._transport.send(adapter, request, options)


class RequestsTransport:
    """
    Sees what goes through ``HTTPAdapter.send``.

    Mocks of the user's stack up there: each remembers what it replaced, and puts that back. Ours goes to the
    bottom of that stack, and is taken out of wherever it then is, so that no order of starting and stopping
    leaves a dead one behind. While it is there, the mocks above ask it first.
    """

    library: ClassVar[str] = "requests"

    def __init__(self, board: Board) -> None:
        self._board = board
        self._active = False
        self._send = _Mock(self).unbound_on_send()
        self._below: _Send = None
        self._adapter = HTTPAdapter()
        self._hooks = [Swap(responses.RequestsMock, "_on_request", self._make_responses_hook)]

    def install(self) -> None:
        """Put ours at the bottom of the stack, and have the user's mocks hand over to it."""
        self._active = True
        owner, name = _slot_of(self._send) or _lowest_slot()
        if vars(owner)[name] is not self._send:
            self._below = vars(owner)[name]
            setattr(owner, name, self._send)
        if "requests_mock" in sys.modules and len(self._hooks) == 1:
            adapter_class = getattr(sys.modules["requests_mock"], "Adapter", None)
            self._hooks.append(Swap(adapter_class, "send", self._make_requests_mock_hook))
        for hook in self._hooks:
            hook.put()

    def uninstall(self) -> None:
        """Take ours out of the stack, wherever it is, and let the user's mocks be themselves again."""
        self._active = False
        for hook in self._hooks:
            hook.take()
        self._adapter.close()
        slot = _slot_of(self._send)
        if slot is not None:
            owner, name = slot
            setattr(owner, name, self._below)

    def send(self, adapter: HTTPAdapter, request: requests.PreparedRequest, options: dict[str, Any]) -> Any:
        """Answer a request that came down to us, or pass it on to what lies below."""
        __tracebackhide__ = True
        if self._active:
            stubs_below = _is_stub(self._below) or _requests_mock_is_active() or _vcr_is_active()
            response = self._exchange(adapter, request, options, stubs_below=stubs_below)
            if response is not None:
                return response
        return self._below(adapter, request, **options)

    def _exchange(
        self, adapter: HTTPAdapter, request: requests.PreparedRequest, options: dict[str, Any], *, stubs_below: bool
    ) -> requests.Response | None:
        """Return the board's answer or, where it lets the request through, that of the real server."""
        __tracebackhide__ = True
        found = exchange(self._board, adapter, request, options, stubs_below=stubs_below)
        if isinstance(found, Passage):
            return pass_on(found, lambda: self._below(adapter, request, **options))
        return found

    def _make_responses_hook(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return what the user's mocks do first: ask the board, and look for a match if it has no answer."""

        def ask_first(mock: Any, adapter: HTTPAdapter, request: Any, *, retries: Any = None, **options: Any) -> Any:
            __tracebackhide__ = True
            if self._active:
                response = self._exchange(adapter, request, options, stubs_below=True)
                if response is not None:
                    return response
            return original(mock, adapter, request, retries=retries, **options)

        return ask_first

    def _make_requests_mock_hook(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return what the adapters of ``requests_mock`` do first; they stand where the session's own would."""

        def ask_first(mock: Any, request: requests.PreparedRequest, **options: Any) -> Any:
            __tracebackhide__ = True
            if self._active:
                response = self._exchange(self._adapter, request, options, stubs_below=True)
                if response is not None:
                    return response
            return original(mock, request, **options)

        return ask_first


def _slots() -> Iterator[tuple[Any, str]]:
    """
    Yield the places that hold the functions of the stack, from the top: pairs of owner and attribute.

    ``HTTPAdapter.send`` holds the topmost. Where that belongs to an active mock of ``responses``, its patcher
    holds the next one, and so on.
    """
    slot: tuple[Any, str] | None = (HTTPAdapter, "send")
    while slot is not None:
        yield slot
        mock = _mock_behind(vars(slot[0])[slot[1]])
        patcher = getattr(mock, "_patcher", None)
        slot = (patcher, "temp_original") if callable(getattr(patcher, "temp_original", None)) else None


def _mock_behind(send: _Send) -> responses.RequestsMock | None:
    """Return the mock whose ``send`` this is."""
    for cell in getattr(send, "__closure__", None) or ():
        with suppress(ValueError):  # an empty cell
            if isinstance(cell.cell_contents, responses.RequestsMock):
                return cell.cell_contents
    return None


def _lowest_slot() -> tuple[Any, str]:
    return list(_slots())[-1]


def _slot_of(send: _Send) -> tuple[Any, str] | None:
    return next((slot for slot in _slots() if vars(slot[0])[slot[1]] is send), None)


def _is_stub(send: _Send) -> bool:
    """Whether this is not requests' own; a wrapper that says what it wraps (tracing does) is no stub."""
    return getattr(send, "__module__", None) != "requests.adapters"


def _requests_mock_is_active() -> bool:
    return "requests_mock" in sys.modules and str(requests.Session.send.__module__).startswith("requests_mock")


def _vcr_is_active() -> bool:
    return "vcr" in sys.modules and urllib3.connectionpool.HTTPSConnectionPool.ConnectionCls.__module__.startswith(
        "vcr"
    )
