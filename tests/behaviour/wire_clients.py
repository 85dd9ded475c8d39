# ruff: noqa: D102, ASYNC109
"""Ways of sending that only a real socket sees: aiohttp, urllib3 and curl, by way of ``oauthcc_server``."""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import io
import shutil
import subprocess

import urllib3
from transport_clients import Received, Style


class WireStyle(Style):
    """
    A way of sending that no transport is made for; the journal says which way it came.

    A connection to a server that then says nothing is there all the same, so even a scripted connect timeout is one in
    reading.
    """

    library = "oauthcc_server"
    needs_server = True


class Aiohttp(WireStyle):
    name = "aiohttp"

    def missing(self):
        return "" if importlib.util.find_spec("aiohttp") else "aiohttp is not installed"

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        return asyncio.run(self._asend(method, url, headers, body, timeout))

    async def _asend(self, method, url, headers, body, timeout):
        import aiohttp

        limits = aiohttp.ClientTimeout(total=None, sock_read=timeout)
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.request(method, url, headers=headers, data=body) as answer,
        ):
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers]
            return Received(answer.status, fields, await answer.read())

    def error(self, kind):
        import aiohttp

        return {
            "refused": aiohttp.ClientConnectionError,
            "connect_timeout": aiohttp.SocketTimeoutError,
            "read_timeout": aiohttp.SocketTimeoutError,
            "reset_in_body": (aiohttp.ClientPayloadError, aiohttp.ClientOSError),
        }[kind]


class Urllib3(WireStyle):
    name = "urllib3"

    def missing(self):
        return ""  # requests needs it

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        with urllib3.PoolManager(retries=urllib3.Retry(3, connect=False, read=False), timeout=timeout) as pool:
            answer = pool.request(method, url, headers=headers, body=body)
        return Received(answer.status, list(answer.headers.items()), answer.data)

    def error(self, kind):
        return {
            "refused": urllib3.exceptions.ProtocolError,
            "connect_timeout": urllib3.exceptions.ReadTimeoutError,
            "read_timeout": urllib3.exceptions.ReadTimeoutError,
            "reset_in_body": urllib3.exceptions.ProtocolError,
        }[kind]


class CurlError(Exception):
    """What curl says when it got no answer."""


class CurlGotNothing(CurlError):
    """Exit code 52 or, where the reset was seen first, 56."""


class CurlTimedOut(CurlError):
    """Exit code 28."""


class CurlLostConnection(CurlError):
    """Exit code 18 or 56."""


class Curl(WireStyle):
    name = "curl"

    def missing(self):
        return "" if shutil.which("curl") else "there is no curl here"

    def send(self, method, url, *, headers=None, body=None, timeout=None):
        options = [word for name, value in (headers or {}).items() for word in ("--header", f"{name}: {value}")]
        options += ["--data-binary", "@-"] if body is not None else []
        options += ["--max-time", str(timeout)] if timeout is not None else []
        done = subprocess.run(
            [
                "curl",
                "--disable",
                "--silent",
                "--show-error",
                "--include",
                "--noproxy",
                "*",
                "--request",
                method,
                *options,
                url,
            ],
            input=body or b"",
            capture_output=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            errors = {28: CurlTimedOut, 52: CurlGotNothing, 18: CurlLostConnection, 56: CurlLostConnection}
            kind = errors.get(done.returncode, CurlError)
            if kind is CurlLostConnection and not done.stdout:
                kind = CurlGotNothing
            raise kind(done.stderr.decode())
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        first, _, fields = head.partition(b"\r\n")
        parsed = http.client.parse_headers(io.BytesIO(fields + b"\r\n\r\n"))
        return Received(int(first.split()[1]), parsed.items(), content)

    def error(self, kind):
        return {
            "refused": CurlGotNothing,
            "connect_timeout": CurlTimedOut,
            "read_timeout": CurlTimedOut,
            "reset_in_body": CurlLostConnection,
        }[kind]


WIRE = [Aiohttp(), Urllib3(), Curl()]
