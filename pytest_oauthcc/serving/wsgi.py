"""A provider as a WSGI application (PEP 3333)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pytest_oauthcc.core.messages import Headers, NetworkFault, Response
from pytest_oauthcc.serving.application import MAX_BODY, Application, Incoming, base_url_of, plain_text
from pytest_oauthcc.transports.wire_bytes import as_bytes, body_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_oauthcc._provider import Provider

__all__ = ["WsgiApplication"]

_LONGEST: Final = 60.0  # seconds that a scripted timeout keeps a client waiting; WSGI does not tell that it has gone
_SAFE: Final = "/:@!$&'()*+,;=~-._"
_MOST_DIGITS: Final = 18  # of a length
_HOP_BY_HOP: Final = frozenset({"transfer-encoding", "connection"})  # PEP 3333 leaves these to the server


class WsgiApplication:
    """
    Serves a provider to a WSGI server.

    A server keeps the connection to itself, so a scripted refusal or reset becomes an answer that breaks off.

    Args:
        provider: Answers.
        base_url: Where clients find the application; None believes the Host header of each request.
        longest: Seconds that a scripted timeout keeps a client waiting.
    """

    def __init__(self, provider: Provider, *, base_url: str | None = None, longest: float = _LONGEST) -> None:
        self._application = Application(provider, via="WSGI")
        self._base_url = None if base_url is None else base_url.rstrip("/")
        self._longest = longest

    def __repr__(self) -> str:
        return f"<WSGI application for {self._application.provider!r}>"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        body = _read_body(environ)
        if body is None:
            response = plain_text(413, f"the body is longer than {MAX_BODY:,} bytes")
            return _send(start_response, environ["REQUEST_METHOD"], response)
        answer = self._application.answer(self._incoming(environ, body))
        if answer.gate is not None:
            answer.gate.wait()
        outcome = answer.outcome
        if isinstance(outcome, Response):
            return _send(start_response, environ["REQUEST_METHOD"], outcome)
        return self._fail(start_response, outcome)

    def _incoming(self, environ: dict[str, Any], body: bytes) -> Incoming:
        headers = Headers(_fields(environ))
        root = quote(environ.get("SCRIPT_NAME", "").encode("latin-1"), safe=_SAFE).rstrip("/")
        path = quote(environ.get("PATH_INFO", "").encode("latin-1"), safe=_SAFE) or "/"
        query = environ.get("QUERY_STRING", "")
        otherwise = f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        base_url = self._base_url or base_url_of(environ["wsgi.url_scheme"], headers.get("host"), root, otherwise)
        return Incoming(environ["REQUEST_METHOD"], f"{path}{'?' * bool(query)}{query}", headers, body, base_url)

    def _fail(self, start_response: Callable[..., Any], fault: NetworkFault) -> Iterator[bytes]:
        if fault.kind in {"connect_timeout", "read_timeout"}:
            threading.Event().wait(self._longest)
        partial = fault.response or Response(200, (("Content-Length", "1"),))
        start_response(_status(partial), _pairs(partial))
        yield partial.body
        raise ConnectionResetError(f"a scripted fault: {fault.message}")


def _read_body(environ: dict[str, Any]) -> bytes | None:
    """Return the body; None where it is too long."""
    stream, told = environ["wsgi.input"], environ.get("CONTENT_LENGTH") or ""
    if told.isascii() and told.isdigit():
        # A number of thousands of digits is too long to be read, too.
        return None if len(told) > _MOST_DIGITS or int(told) > MAX_BODY else bytes(stream.read(int(told)))
    if not environ.get("wsgi.input_terminated"):
        return b""  # a stream that does not end can't be read without a length
    body = bytes(stream.read(MAX_BODY + 1))
    return None if len(body) > MAX_BODY else body


def _fields(environ: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            if value:
                yield name.replace("_", "-").title(), value
        elif name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").title(), value


def _status(response: Response) -> str:
    return f"{response.status} {response.reason or 'Unknown'}"


def _pairs(response: Response) -> list[tuple[str, str]]:
    return [
        (name, as_bytes(value).decode("latin-1")) for name, value in response.headers if name.lower() not in _HOP_BY_HOP
    ]


def _send(start_response: Callable[..., Any], method: str, response: Response) -> list[bytes]:
    fields = _pairs(response)
    if response.header("Content-Length") is None and response.status != 204:  # noqa: PLR2004 - RFC 9110 section 8.6
        fields.append(("Content-Length", str(len(response.body))))
    start_response(_status(response), fields)
    return [body_for(method, response)]
