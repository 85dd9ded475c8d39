# ruff: noqa: D102, ASYNC109
"""The ways in which a client under test may send a request, all behind one method."""

from __future__ import annotations

import asyncio
import importlib.util
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import requests
import trio

if TYPE_CHECKING:
    from types import ModuleType


@dataclass
class Received:
    """What a client got."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    chunks: list[bytes] = field(default_factory=list)


class Style:
    """One way of sending; ``needs_server`` is one that only reaches the fake over a socket."""

    name: str
    library: str
    needs_server = False

    def missing(self) -> str:
        """Say what is not installed, if anything."""
        return "" if importlib.util.find_spec(self.library.partition(".")[0]) else f"{self.library} is not installed"

    def send(self, method, url, *, headers=None, body=None, timeout=None) -> Received:
        """Send one request and read the whole answer."""
        raise NotImplementedError

    def error(self, kind: str) -> type[Exception] | tuple[type[Exception], ...]:
        """The exception with which this library reports the network fault."""
        raise NotImplementedError


class RequestsFunctions(Style):
    name = "requests.request"
    library = "requests"

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        return self._received(requests.request(method, url, headers=headers, data=body, timeout=timeout))

    def _received(self, response):
        return Received(response.status_code, list(response.raw.headers.items()), response.content)

    def error(self, kind):
        return {
            "refused": requests.ConnectionError,
            "connect_timeout": requests.ConnectTimeout,
            "read_timeout": requests.ReadTimeout,
            "reset": requests.ConnectionError,
            "reset_in_body": requests.exceptions.ChunkedEncodingError,
        }[kind]


class RequestsSession(RequestsFunctions):
    name = "requests.Session"

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        with requests.Session() as session:
            return self._received(session.request(method, url, headers=headers, data=body, timeout=timeout))


class HttpxFunctions(Style):
    name = "httpx.request"
    library = "httpx"

    @property
    def module(self) -> ModuleType:
        return importlib.import_module(self.library)

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        limits = self._limits(timeout)
        response = self.module.request(method, url, headers=headers, content=body, timeout=limits)
        return self._received(response)

    def _limits(self, timeout):
        connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        return self.module.Timeout(7, connect=connect, read=read)

    def _received(self, response):
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
        return Received(response.status_code, headers, response.content)

    def error(self, kind):
        name = {
            "refused": "ConnectError",
            "connect_timeout": "ConnectTimeout",
            "read_timeout": "ReadTimeout",
            "reset": "ReadError",
            "reset_in_body": "ReadError",
        }[kind]
        return getattr(self.module, name)


class HttpxClient(HttpxFunctions):
    name = "httpx.Client"

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        with self.module.Client() as client:
            limits = self._limits(timeout)
            return self._received(client.request(method, url, headers=headers, content=body, timeout=limits))


class HttpxAsync(HttpxFunctions):
    name = "httpx.AsyncClient, asyncio"

    def send(self, method, url, **options):
        return self.run(lambda: self.asend(method, url, **options))

    async def asend(self, method, url, *, headers=None, body=None, timeout=None):
        async with self.module.AsyncClient() as client:
            limits = self._limits(timeout)
            return self._received(await client.request(method, url, headers=headers, content=body, timeout=limits))

    def run(self, function):
        return asyncio.run(function())


class HttpxTrio(HttpxAsync):
    name = "httpx.AsyncClient, trio"

    def run(self, function):
        return trio.run(function)


class Httpx2Client(HttpxClient):
    name = "httpx2.Client"
    library = "httpx2"


class Httpx2Async(HttpxAsync):
    name = "httpx2.AsyncClient, asyncio"
    library = "httpx2"


class Httpx2Trio(HttpxTrio):
    name = "httpx2.AsyncClient, trio"
    library = "httpx2"


class Urlopen(Style):
    name = "urllib.request.urlopen"
    library = "urllib.request"

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
        options = {} if timeout is None else {"timeout": timeout}
        try:
            with urllib.request.urlopen(request, **options) as response:
                return Received(response.status, response.getheaders(), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Received(error.code, error.headers.items(), error.read())

    def error(self, kind):
        return {
            "refused": urllib.error.URLError,
            "connect_timeout": urllib.error.URLError,
            "read_timeout": TimeoutError,
            "reset": ConnectionResetError,
            "reset_in_body": ConnectionResetError,
        }[kind]


ASYNC = [HttpxAsync(), HttpxTrio(), Httpx2Async(), Httpx2Trio()]
SYNC = [RequestsFunctions(), RequestsSession(), HttpxFunctions(), HttpxClient(), Httpx2Client(), Urlopen()]


def each(styles):
    """Parametrize over styles; those that lack something are skipped and say what."""
    return pytest.mark.parametrize(
        "style",
        [
            pytest.param(style, id=style.name, marks=[pytest.mark.skip(reason=why)] if (why := style.missing()) else [])
            for style in styles
        ],
    )
