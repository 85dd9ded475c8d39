"""What every server of a provider does alike: find what a request is for, put it to the provider, say when it fails."""

from __future__ import annotations

import json
import re
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.journal import RefusedHandshake
from pytest_oauthcc.core.messages import Answer, Headers, Request, Response
from pytest_oauthcc.errors import NotServed, OauthccError
from pytest_oauthcc.masking import mask_url
from pytest_oauthcc.serving.layout import Layout
from pytest_oauthcc.transports.switchboard import looks_like_token_request

if TYPE_CHECKING:
    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.core.names import Names

__all__ = ["MAX_BODY", "Application", "Incoming", "Note", "base_url_of", "plain_text"]

Note = Callable[[OauthccError, TracebackType | None], None]

MAX_BODY: Final = 10_000_000  # bytes of a request that a server reads; real ones stop far earlier
_MOST_BASES = 32  # names are remembered for so many values of the Host header, which any client can make up
_HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Incoming:
    """
    A request as a server gets it.

    Args:
        method: As it was sent.
        target: Path and query, still percent-encoded.
        headers: As they came.
        body: All of it.
        base_url: Where the server is for this client, without a slash at the end.
        client_certificate: The DER bytes that the client showed in the TLS handshake (RFC 8705).
        peer: The client's address, where the server tells.
        port: The port that the server listens on, where it tells.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""
    base_url: str = ""
    client_certificate: bytes | None = None
    peer: str = ""
    port: int = 0


class Application:
    """
    One provider as a function from what a server gets to what it has to send.

    Args:
        provider: Answers.
        via: What the journal says how the requests came.
        note: Told of what goes wrong here although it should fail a test, and where; by default nobody is.
    """

    def __init__(self, provider: Provider, *, via: str, note: Note = lambda _error, _where: None) -> None:
        self.provider = provider
        self._via = via
        self._note = note
        self._layout = Layout(provider.authority)
        self._names: dict[str, Names] = {}

    def names(self, base_url: str) -> Names:
        """Return the URLs of the provider's endpoints on the server at ``base_url``; from now on it answers to them."""
        names = self._names.get(base_url)
        if names is None:
            names = self._layout.names(base_url)
            if len(self._names) < _MOST_BASES:
                self._names[base_url] = names
                self.provider.answer_to(names)
        return names

    def url_here(self, base_url: str, url: str) -> str:
        """Return what one of the provider's own URLs is called on the server at ``base_url``."""
        return self._layout.url_here(base_url, url)

    def answer(self, incoming: Incoming) -> Answer:
        """
        Answer a request.

        Args:
            incoming: The request.

        Returns:
            What the client gets; also for a request to nowhere, and when a function that a test gave to ``reply()``
            raises.
        """
        path, mark, query = incoming.target.partition("?")
        found = self._layout.find(path)
        request = Request(
            method=incoming.method.upper(),
            url=f"{incoming.base_url}{path}{mark}{query}" if found is None else f"{found[0]}{mark}{query}",
            headers=incoming.headers,
            body=incoming.body,
            client_certificate=incoming.client_certificate,
            via=self._via,
            names=self.names(incoming.base_url),
            sent_to=f"{incoming.base_url}{incoming.target}",
        )
        if found is None:
            return Answer(self._nothing_there(request, incoming.base_url))
        try:
            return self.provider.exchange(request, found[1])
        except OauthccError as error:  # whoever raised it has noted it
            return Answer(plain_text(500, str(error)))
        except BaseException as error:  # a test's own function may raise anything, as pytest.fail does
            if _ends_the_program(error):
                raise
            told = "".join(traceback.format_exception_only(error)).strip()
            where = _where_outside(error)
            if where is not None:
                self._note(OauthccError(f"a function that was given to reply() raised {told}"), where)
            return Answer(plain_text(500, told))

    def refuse_handshake(self, base_url: str, problem: str) -> None:
        """
        Take note that a client's certificate was refused before it could send a request.

        Args:
            base_url: Where the server is.
            problem: Why, and maybe what to do about it.
        """
        request = Request(method="TLS handshake", url=base_url, via=self._via)
        state = self.provider.authority.state
        entry = RefusedHandshake(request, state.clock.time())
        entry.verdict = Verdict(Cause.BAD_CERTIFICATE, f"the client's certificate is not trusted: {problem}")
        with state.lock:
            state.journal.add(entry)

    def _nothing_there(self, request: Request, base_url: str) -> Response:
        served = self._layout.describe(base_url)
        asked = f"{request.method} {mask_url(request.url)}"
        if looks_like_token_request(request):
            text = f"{asked} looks like a token request, and nothing is served there"
            rows = [f"  {row}" for row in served]
            self._note(NotServed("\n".join([text, "", f"served by {self._via}:", *rows])), None)
        body = {"error": "not_found", "message": f"nothing is served at {asked}", "served": served}
        return Response(404, (("Content-Type", "application/json"),), json.dumps(body, indent=2).encode() + b"\n")


_OURS = str(Path(__file__).parents[1])


def _ends_the_program(error: BaseException) -> bool:
    """Whether an exception ends the program; in another thread than the main one it would end that, without a word."""
    return isinstance(error, KeyboardInterrupt | SystemExit) and threading.current_thread() is threading.main_thread()


def _where_outside(error: BaseException) -> TracebackType | None:
    """Return an exception's traceback from the first frame that is not ours."""
    where = error.__traceback__
    while where is not None and where.tb_frame.f_code.co_filename.startswith(_OURS):
        where = where.tb_next
    return where


def base_url_of(scheme: str, host: str | None, prefix: str, otherwise: str) -> str:
    """
    Tell where a server is by what a request says, for its metadata and tokens to name it so.

    Args:
        scheme: ``http`` or ``https``.
        host: The Host header; nobody vouches for it.
        prefix: The path below which the application is mounted.
        otherwise: The host, with its port, that is taken where the header is no host.

    Returns:
        The URL, without a slash at the end.
    """
    named = host if host is not None and _is_host(host) else otherwise
    return f"{scheme}://{named}{prefix.rstrip('/')}"


def _is_host(text: str) -> bool:
    try:
        # The pattern keeps everything else out of URLs; brackets can hold what is no address, and a port be too high.
        return _HOST.fullmatch(text) is not None and urlsplit(f"//{text}").port != 0
    except ValueError:
        return False


def plain_text(status: int, text: str) -> Response:
    """Make an answer for people."""
    return Response(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{text.rstrip()}\n".encode())
