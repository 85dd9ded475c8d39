"""A provider as an ASGI 3 application, on asyncio and trio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.messages import Headers, NetworkFault, Response
from pytest_oauthcc.serving.application import MAX_BODY, Application, Incoming, base_url_of, plain_text
from pytest_oauthcc.transports.wire_bytes import as_bytes, body_for

if TYPE_CHECKING:
    from pytest_oauthcc._provider import Provider

__all__ = ["AsgiApplication"]

_Receive = Callable[[], Awaitable[Mapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LONGEST: Final = 60.0  # seconds that a scripted timeout keeps a client waiting


class AsgiApplication:
    """
    Serves a provider to an ASGI server.

    A server keeps the connection to itself, so a scripted refusal or reset becomes an answer that breaks off.

    Args:
        provider: Answers.
        base_url: Where clients find the application; None believes the Host header of each request.
    """

    def __init__(self, provider: Provider, *, base_url: str | None = None) -> None:
        self._application = Application(provider, via="ASGI")
        self._base_url = None if base_url is None else base_url.rstrip("/")

    def __repr__(self) -> str:
        return f"<ASGI application for {self._application.provider!r}>"

    async def __call__(self, scope: Mapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Serve one connection as ASGI means it: a request, or the life of the server."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        else:
            raise ValueError(
                f"this application knows the ASGI scopes http, lifespan and websocket, not {scope['type']!r}"
            )

    async def _serve(self, scope: Mapping[str, Any], receive: _Receive, send: _Send) -> None:
        body = await _read_body(receive)
        if body is None:
            await _send_response(send, "", plain_text(413, f"the body is longer than {MAX_BODY:,} bytes"))
            return
        answer = self._application.answer(self._incoming(scope, body))
        if answer.gate is not None:
            await _in_thread(answer.gate.wait)
        outcome = answer.outcome
        if isinstance(outcome, Response):
            await _send_response(send, str(scope["method"]), outcome)
        else:
            await _fail(receive, send, outcome)

    def _incoming(self, scope: Mapping[str, Any], body: bytes) -> Incoming:
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        headers = Headers(fields)
        root = str(scope.get("root_path", "")).rstrip("/")
        raw = scope.get("raw_path")
        path = raw.decode("latin-1").partition("?")[0] if raw else _quote(scope["path"])
        if root and (path == root or path.startswith(root + "/")):
            path = path[len(root) :]
        query = scope.get("query_string", b"").decode("latin-1")
        server = scope.get("server") or ("localhost", None)
        otherwise = server[0] if server[1] is None else f"{server[0]}:{server[1]}"
        base_url = self._base_url or base_url_of(scope.get("scheme", "http"), headers.get("host"), root, otherwise)
        target = f"{path or '/'}{'?' * bool(query)}{query}"
        return Incoming(str(scope["method"]), target, headers, body, base_url)


def _quote(path: str) -> str:
    from urllib.parse import quote

    return quote(path, safe="/:@!$&'()*+,;=~-._")


async def _live(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _read_body(receive: _Receive) -> bytes | None:
    """Return the body; None where it is too long."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        if not message.get("more_body", False):  # a client that has gone away sends no more, either
            return bytes(body)


async def _send_response(send: _Send, method: str, response: Response) -> None:
    body = body_for(method, response)
    headers = [
        (as_bytes(name).lower(), as_bytes(value))
        for name, value in response.headers
        if name.lower() not in {"transfer-encoding", "connection"}  # the server's business
    ]
    if response.header("Content-Length") is None and response.status != 204:  # noqa: PLR2004 - RFC 9110 section 8.6
        headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _fail(receive: _Receive, send: _Send, fault: NetworkFault) -> None:
    if fault.kind in {"connect_timeout", "read_timeout"}:
        await _until_gone(receive)
        raise ConnectionResetError(f"a scripted fault: {fault.message}")
    partial = fault.response or Response(200, (("Content-Length", "1"),))
    headers = [(as_bytes(name).lower(), as_bytes(value)) for name, value in partial.headers]
    await send({"type": "http.response.start", "status": partial.status, "headers": headers})
    await send({"type": "http.response.body", "body": partial.body, "more_body": True})
    raise ConnectionResetError(f"a scripted fault: {fault.message}")


async def _until_gone(receive: _Receive) -> None:
    """Wait until the client has lost its patience, or ours ends."""

    async def wait() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    trio = _running_trio()
    if trio is not None:
        with trio.move_on_after(_LONGEST):
            await wait()
        return
    try:
        await asyncio.wait_for(wait(), _LONGEST)
    except TimeoutError:
        return


async def _in_thread(function: Callable[[], object]) -> None:
    trio = _running_trio()
    if trio is not None:
        await trio.to_thread.run_sync(function)
    else:
        await asyncio.to_thread(function)


def _running_trio() -> Any:
    """Return trio where it runs the present task, else None."""
    trio = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            return None
    return trio
