"""The journal: every exchange of a provider in order, as tests, rules and explanations see it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.messages import Headers, NetworkFault, Request, Response
from pytest_oauthcc.core.request_log import RequestLog
from pytest_oauthcc.masking import mask_params, mask_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.authentication import Presented
    from pytest_oauthcc.core.causes import Verdict
    from pytest_oauthcc.core.parameters import Parameters
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = [
    "ApiRequest",
    "Exchange",
    "Journal",
    "OtherRequest",
    "RefusedHandshake",
    "StrayRequest",
    "TokenRequest",
]


class Exchange:
    """
    One request to a provider and what it got.

    Attributes:
        number: The how manyth exchange of its provider it is, from 1.
        request: The request as the transport brought it.
        outcome: The response, or the fault of the network that the client got instead.
        verdict: Why the fake refused it; None where it did not.
        violations: The rules that the client broke with it.
    """

    kind = "request"
    __slots__ = ("number", "outcome", "request", "time", "verdict", "violations")

    def __init__(self, request: Request, time: float) -> None:
        self.request = request
        self.time = time
        self.number = 0
        self.outcome: Response | NetworkFault | None = None
        self.verdict: Verdict | None = None
        self.violations: tuple[Any, ...] = ()

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method

    @property
    def url(self) -> str:
        """The absolute URL."""
        return self.request.url

    @property
    def headers(self) -> Headers:
        """The request's header fields; names compare without case."""
        return self.request.headers

    @property
    def body(self) -> bytes:
        """The request's body."""
        return self.request.body

    @property
    def at(self) -> datetime:
        """When the request arrived on the provider's clock, as an aware datetime."""
        return datetime.fromtimestamp(self.time, UTC)

    @property
    def status(self) -> int | None:
        """The status of the answer; None where the network failed instead."""
        return self.outcome.status if isinstance(self.outcome, Response) else None

    @property
    def result(self) -> str:
        """The status, or the kind of the network's failure, as a text."""
        if isinstance(self.outcome, NetworkFault):
            return self.outcome.kind.replace("_", " ")
        return str(self.status)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.method} {mask_url(self.url)} -> {self.result}{self._details()}>"

    def _details(self) -> str:
        return ""


class TokenRequest(Exchange):
    """A request to the token endpoint."""

    kind = "token request"
    __module__ = "pytest_oauthcc"
    __slots__ = ("parameters", "presented", "requested_scopes", "token")

    def __init__(self, request: Request, time: float, parameters: Parameters, presented: Presented) -> None:
        super().__init__(request, time)
        self.parameters = parameters
        self.presented = presented
        self.requested_scopes: tuple[str, ...] = ()
        self.token: IssuedToken | None = None

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters of the request by name; a list where a name came several times."""
        return _MaskedParams(self.parameters.values)

    @property
    def grant_type(self) -> str | None:
        """The parameter ``grant_type``; None where there is none."""
        return self.parameters.get("grant_type")

    @property
    def scope(self) -> str | None:
        """The parameter ``scope`` as it was sent; None where there is none."""
        return self.parameters.get("scope")

    @property
    def scopes(self) -> frozenset[str]:
        """What was asked for, as a set."""
        return frozenset(self.requested_scopes)

    @property
    def client_id(self) -> str | None:
        """Whom the request names as the client, whether that was proved or not."""
        return self.presented.client_id

    @property
    def auth_method(self) -> str:
        """How the client authenticated: ``client_secret_basic``, ``client_secret_post``... or ``none``."""
        return self.presented.method

    @property
    def assertion(self) -> Mapping[str, Any] | None:
        """The claims of the client assertion (RFC 7523), unverified; None where there is none."""
        return self.presented.assertion

    @property
    def audience(self) -> str | None:
        """The parameter ``audience`` or ``resource`` (RFC 8707); None where there is none."""
        return self.parameters.get("audience") or self.parameters.get("resource")

    def _details(self) -> str:
        params = mask_params({name: value for name, value in self.parameters.values.items() if name != "grant_type"})
        shown = "".join(f", {name}={value!r}" for name, value in params.items())
        return f", grant_type={self.grant_type!r}, auth_method={self.auth_method!r}{shown}"


class ApiRequest(Exchange):
    """A request to the protected API."""

    kind = "API request"
    __module__ = "pytest_oauthcc"
    __slots__ = ("bearer", "path", "token")

    def __init__(self, request: Request, time: float, path: str, bearer: str | None) -> None:
        super().__init__(request, time)
        self.path = path
        self.bearer = bearer
        self.token: IssuedToken | None = None

    @property
    def params(self) -> Mapping[str, Any]:
        """The query of the URL by name; a list where a name came several times."""
        return _MaskedParams(query_params(self.request))

    @property
    def json(self) -> Any:
        """The body read as JSON; None where it is none."""
        try:
            return json.loads(self.request.body)
        except (ValueError, RecursionError):
            return None

    @property
    def scopes(self) -> frozenset[str]:
        """What the token that was sent is good for; nothing where none of the fake's was sent."""
        return frozenset() if self.token is None else self.token.scopes

    def _details(self) -> str:
        return f", {self.token!r}" if self.token is not None else ", without a token that the fake knows"


class OtherRequest(Exchange):
    """A request to another endpoint of the authorization server: its metadata, its keys..."""

    __slots__ = ("endpoint", "kind")

    def __init__(self, request: Request, time: float, endpoint: str) -> None:
        super().__init__(request, time)
        self.endpoint = endpoint
        self.kind = f"{endpoint} request"


class StrayRequest(Exchange):
    """A request to somebody else that carried what is only for this provider; it was not answered here."""

    kind = "request to another host"
    __slots__ = ()

    @property
    def result(self) -> str:
        """Nobody here answered it."""
        return "not answered here"


class RefusedHandshake(OtherRequest):
    """A TLS handshake that ended a connection before there was a request; nobody could tell the client why."""

    __slots__ = ()

    def __init__(self, request: Request, time: float) -> None:
        super().__init__(request, time, "server")
        self.kind = "TLS handshake"

    @property
    def result(self) -> str:
        """The connection was closed."""
        return "refused"


def query_params(request: Request) -> dict[str, Any]:
    """Return the query of a request's URL by name; a list where a name came several times."""
    from urllib.parse import parse_qsl

    found: dict[str, Any] = {}
    for name, value in parse_qsl(request.split.query, keep_blank_values=True):
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


class _MaskedParams(dict[str, Any]):
    """Parameters that are all there, but don't show their secrets when pytest prints them."""

    def __repr__(self) -> str:
        return repr(mask_params(self))


class Journal:
    """
    What a provider remembers of its exchanges.

    ``all`` has every one of them, ``exchanges`` those with the token endpoint and with the API.

    Args:
        began: The time at which the provider was made, in seconds since the epoch.
        limit: How many of the newest exchanges are kept; None keeps all.
    """

    def __init__(self, began: float, limit: int | None = None) -> None:
        self.began = began
        self.count = 0
        self._limit = limit
        self._all: list[Exchange] = []
        self._both: list[Exchange] = []
        self._token: list[TokenRequest] = []
        self._api: list[ApiRequest] = []
        self.all = RequestLog(self._all)
        self.exchanges = RequestLog(self._both)
        self.token_requests = RequestLog(self._token)
        self.api_requests = RequestLog(self._api)

    def add(self, exchange: Exchange) -> None:
        """Append an exchange; with a limit the oldest one goes."""
        self.count += 1
        exchange.number = self.count
        self._append(self._all, exchange)
        if isinstance(exchange, TokenRequest):
            self._append(self._both, exchange)
            self._append(self._token, exchange)
        elif isinstance(exchange, ApiRequest):
            self._append(self._both, exchange)
            self._append(self._api, exchange)

    def since(self, number: int) -> Journal:
        """Return a journal of the exchanges after the one with that number; they keep their numbers."""
        if not number:
            return self
        part = Journal(self.began, self._limit)
        part.count = self.count
        part._all.extend(entry for entry in self._all if entry.number > number)
        part._both.extend(entry for entry in self._both if entry.number > number)
        part._token.extend(entry for entry in self._token if entry.number > number)
        part._api.extend(entry for entry in self._api if entry.number > number)
        return part

    def _append(self, entries: list[Any], exchange: Exchange) -> None:
        entries.append(exchange)
        if self._limit is not None and len(entries) > self._limit:
            del entries[0]
