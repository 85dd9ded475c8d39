"""All transports at once: those of libraries that are imported now, the others when their library arrives."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Protocol

from pytest_oauthcc.transports.late_imports import ImportWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.transports.board import Board

__all__ = ["Installation", "Transport"]


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


_MAKERS: dict[str, Callable[..., Transport]] = {
    "urllib.request": _urllib,
    "requests": _requests,
    "httpx": _httpx,
    "httpx2": _httpx2,
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
        self._being_made: set[str] = set()
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
        if library in self._being_made:
            return  # its own module imports what it is built on, and that arrival brought us back here
        if library not in self._transports:
            self._being_made.add(library)
            try:
                self._transports[library] = _MAKERS[library](self._board, cheap_ssl=self._cheap_ssl)
            finally:
                self._being_made.discard(library)
        self._transports[library].install()

    def _arrived(self, name: str) -> None:
        for library in _COMPANIONS.get(name, (name,)):
            self._install(library)
