"""The control endpoint of a served provider: scripts faults, moves its clock, tells its journal, as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.core.messages import Answer, Response
from pytest_oauthcc.core.templates import OMIT
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.options import unknown_name
from pytest_oauthcc.process.journal_view import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.core.scripted import Scripted
    from pytest_oauthcc.serving.application import Incoming

__all__ = ["PREFIX", "Control"]

PREFIX: Final = "/.oauthcc/"
_MOST_TOLD = 1000  # exchanges in one answer
_OF_PROXIES = ("Forwarded", "X-Forwarded-For", "Via")

_TEXT, _NUMBER, _INTEGER, _TABLE = (str,), (int, float), (int,), (dict,)

# verb -> its arguments with the types of their values in JSON
_VERBS: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = {
    "fail": {"error": _TEXT, "status": _INTEGER, "description": _TEXT, "retry_after": _NUMBER, "times": _INTEGER},
    "reply": {
        "status": _INTEGER,
        "json": (object,),
        "body": _TEXT,
        "headers": _TABLE,
        "content_type": _TEXT,
        "times": _INTEGER,
    },
    "refuse_connection": {"times": _INTEGER},
    "time_out": {"during": _TEXT, "times": _INTEGER},
    "drop_mid_body": {"times": _INTEGER},
    "redirect": {"url": _TEXT, "status": _INTEGER, "times": _INTEGER},
    "delay": {"seconds": _NUMBER, "times": _INTEGER},
    "hold": {"until": _INTEGER, "times": _INTEGER},
    "alter": {"members": _TABLE, "omit": (list,), "times": _INTEGER},
    "recover": {},
}
_NEEDED: Final[Mapping[str, str]] = {"redirect": "url", "delay": "seconds", "hold": "until"}


class Control:
    """
    Answers the requests below ``/.oauthcc/``.

    It listens to this machine only, to no proxy, and to no web page: a request with an Origin, or with the name of
    another host, is refused, for a page that somebody looks at could send it.

    Args:
        provider: What is controlled.
        urls: The provider's URLs on this server, by name.
        url_here: Turns one of the provider's own URLs into that on this server.
    """

    def __init__(self, provider: Provider, urls: Mapping[str, str], url_here: Callable[[str], str]) -> None:
        self._provider = provider
        self._urls = urls
        self._url_here = url_here
        self._commands: dict[tuple[str, str], Callable[[Mapping[str, Any], str], object]] = {
            ("GET", ""): lambda _body, _query: self._overview(),
            ("GET", "journal"): lambda _body, query: self._journal(query),
            ("GET", "clock"): lambda _body, _query: self._time(),
            ("POST", "clock"): lambda body, _query: self._move(body),
            ("POST", "script"): lambda body, _query: self._script(body),
            ("POST", "revoke"): lambda body, _query: self._revoke(body),
            ("POST", "rotate-keys"): lambda body, _query: self._rotate_keys(body),
        }

    def handle(self, incoming: Incoming, otherwise: Callable[[Incoming], Answer]) -> Answer:
        """
        Answer a request if it is one to the control endpoint.

        Args:
            incoming: The request.
            otherwise: Answers all others.

        Returns:
            What the client gets.
        """
        path, _, query = incoming.target.partition("?")
        if not f"{path}/".startswith(PREFIX):
            return otherwise(incoming)
        refusal = _refusal(incoming)
        if refusal is not None:
            return _answer(403, {"error": refusal})
        name = path.rstrip("/").removeprefix(PREFIX.rstrip("/")).lstrip("/")
        command = self._commands.get((incoming.method, name))
        if command is None:
            known = ", ".join(f"{method} {PREFIX}{known}" for method, known in self._commands)
            return _answer(404, {"error": f"there is no {incoming.method} {path}; there are {known}"})
        try:
            body = _read(incoming) if incoming.method == "POST" else {}
            with self._provider.authority.state.lock:
                return _answer(200, command(body, query))
        except OptionError as error:
            return _answer(400, {"error": str(error)})

    # --- commands

    def _overview(self) -> dict[str, Any]:
        return {
            "provider": self._provider.name,
            "urls": self._urls,
            "clients": list(self._provider.authority.state.clients),
            "exchanges": self._provider.authority.state.journal.count,
            **self._time(),
            "commands": [f"{method} {PREFIX}{name}" for method, name in self._commands],
        }

    def _time(self) -> dict[str, Any]:
        clock = self._provider.clock
        return {"time": clock.now().isoformat(), "offset": clock.offset}

    def _journal(self, query: str) -> dict[str, Any]:
        wanted = parse_qs(query).get("after", ["0"])[-1]
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):  # noqa: PLR2004 - enough for any journal
            raise OptionError(f"after is {wanted!r}; it has to be the number of an exchange")
        newer = [entry for entry in self._provider.authority.state.journal.all if entry.number > int(wanted)]
        told = newer[:_MOST_TOLD]
        return {"exchanges": [describe(entry, self._url_here) for entry in told], "more": len(newer) - len(told)}

    def _move(self, body: Mapping[str, Any]) -> dict[str, Any]:
        clock = self._provider.clock
        moves: dict[str, Callable[[Any], None]] = {
            "advance": clock.advance,
            "advance_to": lambda value: clock.advance_to(_moment(value)),
            "expire": lambda value: clock.expire(value if isinstance(value, str) else None),
            "freeze": lambda _value: clock.freeze(),
            "unfreeze": lambda _value: clock.unfreeze(),
            "reset": lambda _value: clock.reset(),
        }
        if len(body) != 1:
            raise OptionError(f'give one of {", ".join(moves)}, such as {{"advance": 3600}}')
        name, value = next(iter(body.items()))
        if name not in moves:
            raise OptionError(unknown_name("move", name, moves))
        moves[name](value)
        return self._time()

    def _script(self, body: Mapping[str, Any]) -> dict[str, Any]:
        _check_names(body, ("on", "do", "with"))
        verb, arguments = body.get("do"), body.get("with", {})
        if not isinstance(verb, str) or verb not in _VERBS:
            raise OptionError(unknown_name('"do"', verb, _VERBS))
        if not isinstance(arguments, dict):
            raise OptionError(f'"with" has to be an object with the arguments of {verb}')
        _check_arguments(verb, arguments)
        target = self._target(body.get("on", "token_endpoint"))
        if verb == "alter":
            members = {**arguments.get("members", {}), **dict.fromkeys(arguments.get("omit", ()), OMIT)}
            _check_member_names(members)
            target.alter(times=arguments.get("times"), **members)
        else:
            getattr(target, verb)(**arguments)
        return {"done": verb}

    def _target(self, name: Any) -> Scripted:
        if name == "token_endpoint":
            return self._provider.token_endpoint
        if name == "api":
            return self._provider.api
        method, blank, path = name.partition(" ") if isinstance(name, str) else ("", "", "")
        if not blank:
            raise OptionError(f'"on" is {name!r}; it takes "token_endpoint", "api", or a route such as "GET /orders"')
        return self._provider.api.route(path, method=method)

    def _revoke(self, body: Mapping[str, Any]) -> dict[str, Any]:
        _check_names(body, ("token",))
        token = body.get("token")
        if token is not None and not isinstance(token, str):
            raise OptionError("token has to be a text; without it all tokens are revoked")
        return {"revoked": self._provider.revoke(token)}

    def _rotate_keys(self, body: Mapping[str, Any]) -> dict[str, Any]:
        _check_names(body, ())
        self._provider.rotate_keys()
        return {"kid": self._provider.authority.state.keys.current.kid}


def _refusal(incoming: Incoming) -> str | None:
    """Say why a request must not control anything; None where it may."""
    if not is_loopback(incoming.peer):
        return "the control endpoint listens to this machine only"
    proxy = next((name for name in _OF_PROXIES if name in incoming.headers), None)
    if proxy is not None:
        return f"the control endpoint listens to no proxy, which speaks for anybody; the request has the header {proxy}"
    if "origin" in incoming.headers:
        return "the control endpoint listens to no web page; leave the header Origin out"
    if incoming.headers.get("sec-fetch-site", "none") != "none":  # as with the URL of an image
        return "the control endpoint listens to no web page; leave the header Sec-Fetch-Site out"
    try:
        named = urlsplit(f"//{incoming.headers.get('host', '')}")
        host, port = named.hostname or "", named.port
    except ValueError:
        host, port = "", None
    if not is_loopback(host) or port != incoming.port:
        return "the header Host is not that of this machine and port"
    return None


def _read(incoming: Incoming) -> Mapping[str, Any]:
    if incoming.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise OptionError("the request has to have the Content-Type application/json")
    try:
        body = json.loads(incoming.body or b"{}")
    except (ValueError, RecursionError):
        raise OptionError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise OptionError(f"the body is a {type(body).__name__}; it has to be an object")
    return body


def _check_names(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise OptionError(unknown_name("member", name, known))


def _check_arguments(verb: str, arguments: Mapping[str, Any]) -> None:
    known = _VERBS[verb]
    for name, value in arguments.items():
        if name not in known:
            raise OptionError(unknown_name(f"argument of {verb}", name, known))
        # A boolean is an int to Python, and to nobody else.
        if not isinstance(value, known[name]) or (isinstance(value, bool) and object not in known[name]):
            raise OptionError(f"{name} of {verb} can't be a {type(value).__name__}")
    needed = _NEEDED.get(verb)
    if needed is not None and needed not in arguments:
        raise OptionError(f"{verb} needs {needed}")
    if any(not isinstance(text, str) for text in arguments.get("headers", {}).values()):
        raise OptionError("the values of headers have to be texts")


def _check_member_names(members: Mapping[Any, Any]) -> None:
    if not all(isinstance(name, str) for name in members):
        raise OptionError("omit has to be a list of names")
    if "times" in members:
        raise OptionError("a member that is called times can't be altered")


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise OptionError(f'advance_to is {value!r}; it takes a moment such as "2030-01-01T00:00:00Z"') from None


def _answer(status: int, members: object) -> Answer:
    body = json.dumps(members, indent=2, default=str).encode() + b"\n"
    return Answer(Response(status, (("Content-Type", "application/json"), ("Cache-Control", "no-store")), body))
