"""All transports at once: those of libraries that are imported now, the others when their library arrives."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Protocol

from pytest_oauthcc.transports.late_imports import ImportWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.messages import Answer, Request
    from pytest_oauthcc.transports.passage import Passage

__all__ = ["Board", "Installation", "Transport"]


class Board(Protocol):
    """Knows which URLs are faked, and answers their requests."""

    def claims(self, url: str) -> bool:
        """Say cheaply whether the host of this URL is one of ours."""
        ...

    def is_our_server(self, url: str) -> bool:
        """Say cheaply whether a server of ours on this machine is at this URL."""
        ...

    @property
    def lets_through(self) -> bool:
        """Whether requests to real servers may be let through, as in live mode."""
        ...

    def answer(self, request: Request, *, stubs_below: bool) -> Answer | Passage | None:
        """
        Answer a request, or let it go on.

        Args:
            request: What the client is about to send. A streamed body is only in it where ``claims`` says yes.
            stubs_below: Whether something of the user's would get the request if it went on.

        Returns:
            What the client is to get; None lets the request go on to whatever lies below, a passage to the real
            server, past all stubs, and wants to know what comes back, unless it is the unnoted one.

        Raises:
            NotServed: The request must not leave the process.
        """
        ...

    def pass_time(self, seconds: float) -> None:
        """
        Let time pass in which a real HTTP library would sleep between two attempts of its own.

        Args:
            seconds: The back-off, or what ``Retry-After`` asked for; may be 0.
        """


class Transport(Protocol):
    """Sees the requests of one HTTP library; installing or uninstalling twice does nothing more."""

    library: ClassVar[str]

    def install(self) -> None:
        """Patch what is not patched yet."""

    def uninstall(self) -> None:
        """Put everything back."""


def _requests(board: Board, *, cheap_ssl: bool) -> Transport:
    del cheap_ssl  # requests makes its contexts when it connects
    from pytest_oauthcc.transports.requests_transport import RequestsTransport

    return RequestsTransport(board)


def _httpx(board: Board, *, cheap_ssl: bool) -> Transport:
    from pytest_oauthcc.transports.httpx_transport import HttpxTransport

    return HttpxTransport(board, cheap_ssl=cheap_ssl)


def _httpx2(board: Board, *, cheap_ssl: bool) -> Transport:
    from pytest_oauthcc.transports.httpx_transport import Httpx2Transport

    return Httpx2Transport(board, cheap_ssl=cheap_ssl)


def _urllib(board: Board, *, cheap_ssl: bool) -> Transport:
    del cheap_ssl  # urllib makes its contexts when it connects
    from pytest_oauthcc.transports.urllib_transport import UrllibTransport

    return UrllibTransport(board)


def _vcr(board: Board, *, cheap_ssl: bool) -> Transport:
    del cheap_ssl  # vcrpy connects by other libraries
    from pytest_oauthcc.transports.vcr_cassettes import VcrCassettes

    return VcrCassettes(board)


_MAKERS: dict[str, Callable[..., Transport]] = {
    "urllib.request": _urllib,
    "requests": _requests,
    "httpx": _httpx,
    "httpx2": _httpx2,
    "vcr": _vcr,
}

# What a transport is built on: it can't be made in the middle of that library's own import.
_BUILT_ON = {"requests": "responses", "httpx": "respx", "httpx2": "respx"}

# Stub libraries whose arrival makes a transport patch more.
_COMPANIONS = {
    "responses": ("requests",),
    "requests_mock": ("requests",),
    "respx": ("httpx", "httpx2"),
    "pytest_httpx": ("httpx",),
}


class Installation:
    """
    The transports of every HTTP library that the process uses.

    Starting and stopping is cheap, so that it can happen once per test; after a stop everything is as it was.

    Args:
        board: Answers the requests.
        cheap_ssl: Whether clients of httpx and httpx2 get their CA certificates only if they really connect.
    """

    def __init__(self, board: Board, *, cheap_ssl: bool = True) -> None:
        self._board = board
        self._cheap_ssl = cheap_ssl
        self._transports: dict[str, Transport] = {}
        self._watch = ImportWatch({*_MAKERS, *_COMPANIONS}, self._arrived)

    def start(self) -> None:
        """
        Patch what is imported, and wait for the rest.

        Raises:
            Exception: Whatever a transport raised; then nothing stays patched.
        """
        try:
            self._watch.start()
            for library in _MAKERS:
                self._install(library)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Put everything back, also what comes after a failure."""
        with ExitStack() as stack:
            for transport in self._transports.values():
                stack.callback(transport.uninstall)
            stack.callback(self._watch.stop)

    def _install(self, library: str) -> None:
        if library not in sys.modules or self._watch.is_importing(library):
            return
        basis = _BUILT_ON.get(library)
        if basis is not None:
            if self._watch.is_importing(basis):
                return  # its arrival will bring us back here
            import_module(basis)  # before our own module, so that an arrival finds that whole
        if library not in self._transports:
            self._transports[library] = _MAKERS[library](self._board, cheap_ssl=self._cheap_ssl)
        self._transports[library].install()

    def _arrived(self, name: str) -> None:
        for library in _COMPANIONS.get(name, (name,)):
            self._install(library)
