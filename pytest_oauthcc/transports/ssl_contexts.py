"""
SSL contexts for clients of httpx that will probably never connect.

Each new client parses over a hundred CA certificates, which takes longer than everything else in a faked test.
Here it only notes where they are, and loads them when it really opens a connection.
"""

from __future__ import annotations

import os
import ssl
import threading
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest import mock

from pytest_oauthcc.transports.swaps import Swap

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LazyContexts"]

_LOADERS = ("load_verify_locations", "load_default_certs", "set_default_verify_paths", "load_cert_chain")
_SETTERS = ("set_ciphers", "set_alpn_protocols")  # what they set can't be read from the context
_SETTINGS = (
    "minimum_version",
    "maximum_version",
    "options",
    "verify_flags",
    "check_hostname",
    "verify_mode",
    "post_handshake_auth",
)
_ENVIRONMENT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")

_Call = tuple[str, tuple[Any, ...], dict[str, Any]]

_making_a_model = threading.RLock()  # it patches a class that all threads and both libraries share


class LazyContexts:
    """
    Gives clients of one library contexts that load their certificates on first use.

    Only default contexts are replaced. The library's own function makes a model once for each environment; what
    it would have loaded is noted then, and its settings are copied. Contexts that users pass in, ``verify=False``,
    client certificates and contexts of another kind (truststore's) come from the library as ever.

    Args:
        library: ``httpx`` or ``httpx2``.
    """

    def __init__(self, library: str) -> None:
        self._models: dict[tuple[Any, ...], _Model] = {}
        module = import_module(f"{library}._transports.default")
        self._swap = Swap(module, "create_ssl_context", self._make)

    def install(self) -> None:
        """Patch."""
        self._swap.put()

    def uninstall(self) -> None:
        """Put the original back; contexts that were given out go on working."""
        self._swap.take()

    def _make(self, original: Callable[..., ssl.SSLContext]) -> Callable[..., ssl.SSLContext]:
        def create_ssl_context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
            if verify is not True or cert:
                return original(verify=verify, cert=cert, trust_env=trust_env)
            key = (trust_env, *map(os.environ.get, _ENVIRONMENT))
            with _making_a_model:
                if key not in self._models:
                    self._models[key] = _Model(lambda: original(trust_env=trust_env))
            return self._models[key].copy() or original(trust_env=trust_env)

        return create_ssl_context


class _Model:
    """What the library's own context is like: its settings, and what it loads."""

    def __init__(self, make: Callable[[], ssl.SSLContext]) -> None:
        self._loads: list[_Call] = []
        self._calls: list[_Call] = []
        thread = threading.get_ident()
        with ExitStack() as stack:
            for name in _LOADERS:
                stack.enter_context(mock.patch.object(ssl.SSLContext, name, _noting(name, thread, self._loads)))
            for name in _SETTERS:
                stack.enter_context(mock.patch.object(ssl.SSLContext, name, _noting(name, thread, self._calls)))
            self._context = make()

    def copy(self) -> ssl.SSLContext | None:
        """Return a context like this one; None where that can't be promised."""
        if type(self._context) is not ssl.SSLContext or not all(map(self._is_there, self._loads)):
            return None
        context = _LazyContext(self._context.protocol)
        for name in _SETTINGS:
            wanted = getattr(self._context, name)
            if getattr(context, name) != wanted:
                setattr(context, name, wanted)
        if self._context.keylog_filename:
            context.keylog_filename = self._context.keylog_filename
        for name, arguments, options in self._calls:
            getattr(context, name)(*arguments, **options)
        context.pending = list(self._loads)
        return context

    @staticmethod
    def _is_there(load: _Call) -> bool:
        """Whether the files are there: if not, the library has its own way of saying so."""
        _, arguments, options = load
        return all(os.path.exists(path) for path in (*arguments, *options.values()) if isinstance(path, str))  # noqa: PTH110


def _noting(name: str, thread: int, calls: list[_Call]) -> Callable[..., None]:
    """Return a method that only notes its calls in this thread; what other threads do meanwhile is none of ours."""
    original = getattr(ssl.SSLContext, name)

    def note(context: ssl.SSLContext, *arguments: Any, **options: Any) -> None:
        if threading.get_ident() != thread:
            original(context, *arguments, **options)
        else:
            calls.append((name, arguments, options))

    return note


class _LazyContext(ssl.SSLContext):
    """Loads what is pending when the first connection asks for it."""

    pending: list[_Call]

    def _load(self) -> None:
        for name, arguments, options in self.pending:
            getattr(super(), name)(*arguments, **options)
        self.pending = []

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        self._load()
        return super().wrap_socket(*arguments, **options)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        self._load()
        return super().wrap_bio(*arguments, **options)

    def get_ca_certs(self, *arguments: Any, **options: Any) -> Any:
        self._load()
        return super().get_ca_certs(*arguments, **options)

    def cert_store_stats(self) -> dict[str, int]:
        self._load()
        return super().cert_store_stats()
