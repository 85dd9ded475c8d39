"""The protected API: any path under ``api_url``, behind a check of the token (RFC 6750)."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Self

from pytest_oauthcc.core.access import Access
from pytest_oauthcc.core.actions import Alter, Fail, Reply
from pytest_oauthcc.core.bearer import Found, find_token
from pytest_oauthcc.core.causes import API_REFUSALS, Cause, Verdict
from pytest_oauthcc.core.dpop import PROOF_ALGS, is_dpop
from pytest_oauthcc.core.faults import fault_outcome, page, pass_modifiers
from pytest_oauthcc.core.journal import ApiRequest
from pytest_oauthcc.core.messages import Answer, NetworkFault, Request, Response
from pytest_oauthcc.core.moments import Moments
from pytest_oauthcc.core.refusals import (
    challenge,
    json_response,
    lookup,
    refusal_templates,
    refuse,
    scripted_refusal,
    tell_nonce,
)
from pytest_oauthcc.core.routes import METHODS, Route, RouteTable
from pytest_oauthcc.core.scopes import as_scopes
from pytest_oauthcc.core.scripted import Scripted
from pytest_oauthcc.core.templates import OMIT
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.options import check_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_oauthcc.core.gates import Gate
    from pytest_oauthcc.core.script import Script
    from pytest_oauthcc.core.state import State
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = ["Api"]

_EMPTY = json_response(200, {})
_STATUS_OF_ERROR: Mapping[str, int] = {
    "invalid_token": 401,
    "insufficient_scope": 403,
    "server_error": 500,
    "temporarily_unavailable": 503,
    "slow_down": 429,
}
_MOST_TOLD = 20


class Api(Scripted):
    """
    The fake API of one provider; its verbs (``fail``, ``reply``...) script all of it, those of a route only that.

    Args:
        state: The provider's state.
        find_issued: Finds a token by its value, also among those of providers that share the API.
        provenance: Tells where an unknown token came from.
    """

    __module__ = "pytest_oauthcc"

    def __init__(
        self,
        state: State,
        *,
        find_issued: Callable[[str], IssuedToken | None],
        provenance: Callable[[str], str | None],
    ) -> None:
        super().__init__()
        self._state = state
        self._find_issued = find_issued
        self._access = Access(state, provenance)
        self._routes = RouteTable()
        self._refusal_moments = Moments(refusal_templates(state.dialect.api.refusals), state.random)
        self._tables = [self._routes]

    def share_with(self, others: Sequence[Api]) -> None:
        """Know the routes of other providers' APIs, too, which have the same ``api_url``."""
        self._tables = [self._routes, *(other._routes for other in others)]  # noqa: SLF001 - the same class

    def accept(self, audience: str) -> None:
        """Take tokens for this audience as well, if the API takes those for its own URL: it is one more of its URLs."""
        self._access.accept(audience)

    def __repr__(self) -> str:
        routes = f", {len(self._routes)} routes" if len(self._routes) else ""
        return f"<API {self._state.settings.api_url}{routes}>"

    # --- what a test says about it

    def require(
        self,
        *,
        scope: str | Iterable[str] | None = None,
        headers: Mapping[str, str] | None = None,
        audience: str | Sequence[str] | None = None,
    ) -> Self:
        """
        Make the API demand more of every request.

        Args:
            scope: What a token has to be good for; too little gets 403 ``insufficient_scope``.
            headers: Extra headers with their values.
            audience: What the API is called; a token for somebody else gets 401.

        Returns:
            The API.

        Raises:
            OptionError: An argument is of the wrong type.
        """
        __tracebackhide__ = True
        if scope is not None:
            self._access.scopes = frozenset(as_scopes(scope))
        if headers is not None:
            self._access.require_headers(check_option("headers", headers, "require()", {}))
        if audience is not None:
            checked = check_option("audience", audience, "require()", {})
            self._access.require_audience((checked,) if isinstance(checked, str) else checked)
        return self

    def route(
        self,
        path: str,
        *,
        method: str | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Route:
        """
        Declare a route; from then on paths without one answer 404.

        Args:
            path: Below ``api_url``; ``{name}`` matches one segment.
            method: An HTTP method; None takes any.
            params: Query parameters that have to be there with these values.
            json: The JSON body that has to be there.

        Returns:
            The route, to be scripted; the same one when it was declared before.

        Raises:
            OptionError: The path is a URL or has a query, or the method is none of HTTP's.
        """
        __tracebackhide__ = True
        if method is not None and (not isinstance(method, str) or method.upper() not in METHODS):
            raise OptionError(f"method is {method!r}; valid are {', '.join(METHODS)}, or None for any")
        return self._routes.declare(method and method.upper(), path, params, OMIT if json is None else json)

    def get(self, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Route:
        """Declare a GET route; see ``route``."""
        __tracebackhide__ = True
        return self.route(path, method="GET", params=params, json=json)

    def post(self, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Route:
        """Declare a POST route; see ``route``."""
        __tracebackhide__ = True
        return self.route(path, method="POST", params=params, json=json)

    def put(self, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Route:
        """Declare a PUT route; see ``route``."""
        __tracebackhide__ = True
        return self.route(path, method="PUT", params=params, json=json)

    def patch(self, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Route:
        """Declare a PATCH route; see ``route``."""
        __tracebackhide__ = True
        return self.route(path, method="PATCH", params=params, json=json)

    def delete(self, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Route:
        """Declare a DELETE route; see ``route``."""
        __tracebackhide__ = True
        return self.route(path, method="DELETE", params=params, json=json)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The declared routes in the order of their declaration."""
        return tuple(self._routes)

    # --- what a client gets

    def respond(self, request: Request, path: str) -> tuple[ApiRequest, Answer]:
        """
        Answer one API request.

        Args:
            request: The request.
            path: The part of its path below ``api_url``, with a slash in front.

        Returns:
            Its entry for the journal, and what the client gets.
        """
        found = find_token(request, self._state.dialect.api, dpop=self._state.settings.dpop != "off")
        if found.unusual is not None and self._find_issued(found.unusual) is not None:
            found = Found(found.unusual)  # it was issued so, and there is nothing wrong with sending it as it is
        entry = ApiRequest(request, self._state.clock.time(), path, found.value)
        if found.value is not None:
            entry.token = self._find_issued(found.value)
        route = self._find_route(entry)
        scripted = (self.script,) if route is None else (route.script, self.script)
        scripts = tuple([script for script in scripted if not script.is_empty])
        gate: Gate | None = None
        if not scripts:
            outcome: Response | NetworkFault = self._judge(entry, found.problem, route, scripts)
        else:
            outcome, gate = self._scripted(entry, found.problem, route, scripts)
        if isinstance(outcome, Response):
            outcome = tell_nonce(outcome, self._state.api_proofs.new_nonce_for(request, entry.time))
        entry.outcome = outcome
        return entry, Answer(outcome, gate)

    def _find_route(self, entry: ApiRequest) -> Route | None:
        for table in self._tables:
            if len(table):
                route = table.find(entry)
                if route is not None:
                    return route
        return None

    def _scripted(
        self, entry: ApiRequest, problem: Verdict | None, route: Route | None, scripts: tuple[Script, ...]
    ) -> tuple[Response | NetworkFault, Gate | None]:
        timeout, gate = pass_modifiers(scripts, entry.request, self._state.clock.advance)
        if timeout is not None:
            return timeout, None
        action = next((action for script in scripts if (action := script.take_fault()) is not None), None)
        if action is None:
            return self._judge(entry, problem, route, scripts), gate
        outcome = fault_outcome(
            action,
            fail=lambda fail: self._fail(fail, entry),
            proceed=lambda: self._judge(entry, problem, route, scripts),
        )
        return outcome, gate

    def _fail(self, action: Fail, entry: ApiRequest) -> Response:
        if action.error is None:
            return page(action, action.status or 500)
        refusal = scripted_refusal(action, self._state.dialect.api.refusals, _STATUS_OF_ERROR)
        verdict = Verdict(Cause.TOKEN_UNKNOWN, action.description or "the test told the API to refuse this request")
        retry_after = action.retry_after_header()
        fields = () if retry_after is None else (("Retry-After", retry_after),)
        challenged = refusal.status in {400, 401, 403}
        return refuse(
            verdict,
            refusal,
            {**self._refusal_values(entry), "scripted": action.description},
            headers=fields,
            www_authenticate=self._challenge(refusal.error, verdict.detail, None) if challenged else None,
        )

    def _judge(
        self, entry: ApiRequest, problem: Verdict | None, route: Route | None, scripts: tuple[Script, ...]
    ) -> Response:
        verdict = self._access.check_headers(entry) or problem or self._access.check_token(entry)
        if verdict is not None:
            entry.verdict = verdict
            return self._refuse(verdict, entry)
        licences = self._state.licences
        if licences is not None and entry.token is not None and licences.is_release(entry.path):
            licences.release(entry.token.client_id)
            return _EMPTY
        if route is None and any(map(len, self._tables)):
            return self._find_nothing()
        reply = next((reply for script in scripts if (reply := script.take_reply()) is not None), None)
        if isinstance(reply, Reply):
            return reply.make(entry)
        return reply.apply(_EMPTY) if isinstance(reply, Alter) else _EMPTY

    def _find_nothing(self) -> Response:
        count = sum(map(len, self._tables))
        some = islice(chain(*self._tables), _MOST_TOLD)
        known = ", ".join(f"{route.method or 'any'} {route.path}" for route in some)
        more = f" and {count - _MOST_TOLD} more" if count > _MOST_TOLD else ""
        return json_response(404, {"error": "not_found", "message": f"no such route; declared: {known}{more}"})

    def _refuse(self, verdict: Verdict, entry: ApiRequest) -> Response:
        dialect = self._state.dialect.api
        refusal = lookup(verdict.cause, dialect.refusals, API_REFUSALS)
        scope = " ".join(sorted(self._access.scopes)) or None if verdict.cause is Cause.INSUFFICIENT_SCOPE else None
        values = {**self._refusal_values(entry), "scope": scope}
        as_dpop = is_dpop(entry.headers.get(dialect.header, ""))
        told = self._challenge(refusal.error, verdict.detail, scope, as_dpop=as_dpop)
        return refuse(verdict, refusal, values, www_authenticate=told)

    def _refusal_values(self, entry: ApiRequest) -> dict[str, Any]:
        client_id = None if entry.token is None else entry.token.client_id
        return {**self._state.values, **self._refusal_moments(entry.time, client_id)}

    def _challenge(self, error: str | None, description: str, scope: str | None, *, as_dpop: bool = False) -> str:
        """Challenge as RFC 6750 section 3 wants it: no error where no token was sent (section 3.1)."""
        dialect, mode = self._state.dialect.api, self._state.settings.dpop
        attributes = {
            "realm": dialect.realm,
            "scope": scope,
            "error": error,
            "error_description": description if error is not None else None,
        }
        plain = dialect.scheme or "Bearer"
        if mode == "off":
            return challenge(plain, attributes)
        # With two schemes the error goes to the one that was used (RFC 9449 sections 7.1 and 7.2).
        proved = {"algs": " ".join(PROOF_ALGS)}
        if mode == "required" or as_dpop:
            return challenge("DPoP", {**attributes, **proved})
        return f"{challenge(plain, attributes)}, {challenge('DPoP', proved)}"
