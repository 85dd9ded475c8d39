"""The token endpoint: RFC 6749 sections 2.3, 3.2, 3.3, 4.4 and 5, in the order and the words of the provider."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.adoption import adopt
from pytest_oauthcc.core.authentication import authenticate
from pytest_oauthcc.core.causes import TOKEN_REFUSALS, Cause, Verdict
from pytest_oauthcc.core.client_certificates import certificate_thumbprint
from pytest_oauthcc.core.faults import fault_outcome, page, pass_modifiers
from pytest_oauthcc.core.journal import TokenRequest, query_params
from pytest_oauthcc.core.messages import Answer, NetworkFault, Request, Response
from pytest_oauthcc.core.moments import Moments
from pytest_oauthcc.core.names import mtls_alias
from pytest_oauthcc.core.readings import Readings
from pytest_oauthcc.core.refusals import (
    NO_STORE,
    challenge,
    compile_headers,
    error_text,
    fill_headers,
    json_response,
    lookup,
    refusal_templates,
    refuse,
    replace_headers,
    scripted_refusal,
    tell_nonce,
)
from pytest_oauthcc.core.scopes import Grant, decide_scopes, read_resource, split_scope
from pytest_oauthcc.core.script import Alter, Fail, Reply, Scripted
from pytest_oauthcc.core.targets import check_audience, decide_audience
from pytest_oauthcc.core.templates import compile_template, placeholders
from pytest_oauthcc.masking import is_sensitive, scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.gates import Gate
    from pytest_oauthcc.core.state import State

__all__ = ["TokenEndpoint"]

_STATUS_OF_ERROR: Mapping[str, int] = {
    "invalid_client": 401,
    "server_error": 500,
    "temporarily_unavailable": 503,
    "slow_down": 429,
}


class _Case:
    """One token request on its way through the checks."""

    __slots__ = ("audience", "body_problem", "client", "entry", "jkt", "now", "scopes", "x5t")

    def __init__(self, entry: TokenRequest, body_problem: Verdict | None) -> None:
        self.entry = entry
        self.now = entry.time
        self.body_problem = body_problem
        self.client: Client | None = None
        self.audience: tuple[str, ...] | None = None
        self.scopes: Grant | None = None
        self.jkt: str | None = None
        self.x5t: str | None = None


class TokenEndpoint(Scripted):
    """
    The token endpoint of one provider; its verbs (``fail``, ``reply``...) script it.

    Args:
        state: The provider's state.
    """

    __module__ = "pytest_oauthcc"

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self._readings = Readings(state)
        dialect = state.dialect
        known: dict[str, Callable[[_Case], Verdict | None]] = {
            "method": self._check_method,
            "headers": self._check_headers,
            "body": self._check_body,
            "duplicates": self._check_duplicates,
            "grant_type": self._check_grant_type,
            "client": self._check_client,
            "params": self._check_params,
            "scope": self._check_scope,
            "licence": self._check_licence,
        }
        self._checks = tuple(known[name] for name in dialect.checks)
        if state.settings.dpop != "off":
            # Before the client: a client that has to come again with a nonce has not used its assertion up then.
            place = dialect.checks.index("client") if "client" in dialect.checks else 0
            self._checks = (*self._checks[:place], self._check_proof, *self._checks[place:])
        if state.settings.certificate_binding != "off":
            place = self._checks.index(self._check_client) + 1 if "client" in dialect.checks else 0
            self._checks = (*self._checks[:place], self._check_certificate_binding, *self._checks[place:])
        self._response = compile_template(dialect.response)
        self._response_headers = compile_headers(dialect.response_headers)
        self._names_jti = "jti" in placeholders([dialect.response, dialect.response_headers])
        self._moments = Moments([dialect.response, dialect.response_headers], state.random)
        self._refusal_moments = Moments(refusal_templates(dialect.refusals), state.random)
        self._takes_basic = "client_secret_basic" in state.settings.auth_methods

    def __repr__(self) -> str:
        return f"<token endpoint {self._state.settings.token_url}>"

    def respond(self, request: Request) -> tuple[TokenRequest, Answer]:
        """
        Answer one token request.

        Args:
            request: The request.

        Returns:
            Its entry for the journal, and what the client gets.
        """
        state = self._state
        reading = self._readings.of(request)
        entry = TokenRequest(reading.request, state.clock.time(), reading.parameters, reading.presented)
        entry.requested_scopes = reading.scopes
        case = _Case(entry, reading.body_problem)
        gate: Gate | None = None
        if self.script.is_empty:
            outcome: Response | NetworkFault = self._judge(case)
        else:
            outcome, gate = self._scripted(case)
        if isinstance(outcome, Response):
            outcome = tell_nonce(outcome, state.token_proofs.new_nonce_for(request, entry.time))
        entry.outcome = outcome
        return entry, Answer(outcome, gate)

    def _scripted(self, case: _Case) -> tuple[Response | NetworkFault, Gate | None]:
        timeout, gate = pass_modifiers((self.script,), case.entry.request, self._state.clock.advance)
        if timeout is not None:
            return timeout, None
        case.now = self._state.clock.time()  # expires_in counts from the answer (RFC 6749 section 5.1), after a delay
        action = self.script.take_fault()
        if action is None:
            return self._judge(case), gate
        return fault_outcome(action, fail=lambda fail: self._fail(fail, case), proceed=lambda: self._judge(case)), gate

    def _fail(self, action: Fail, case: _Case) -> Response:
        if action.error is None:
            return page(action, action.status or 500)
        refusal = scripted_refusal(action, self._state.dialect.refusals, _STATUS_OF_ERROR)
        retry_after = action.retry_after_header()
        fields = NO_STORE if retry_after is None else (*NO_STORE, ("Retry-After", retry_after))
        return refuse(
            Verdict(Cause.BAD_SECRET, ""),  # the test has the word, not the fake
            refusal,
            {**self._refusal_values(case), "scripted": action.description},
            headers=fields,
            www_authenticate=self._challenge(case) if refusal.status == 401 else None,  # noqa: PLR2004
        )

    def _judge(self, case: _Case) -> Response:
        for check in self._checks:
            verdict = check(case)
            if verdict is not None:
                case.entry.verdict = verdict
                return self._refuse(verdict, case)
        reply = None if self.script.is_empty else self.script.take_reply()
        return self._issue(case) if reply is None else self._reply(reply, case)

    # --- the checks, each of which looks at one thing

    def _check_method(self, case: _Case) -> Verdict | None:
        methods = self._state.settings.methods
        if case.entry.method in methods:
            return None
        detail = f"the token request is a {case.entry.method}; this endpoint takes {' or '.join(methods)}"
        return Verdict(Cause.WRONG_METHOD, detail, {"methods": methods})

    def _check_headers(self, case: _Case) -> Verdict | None:
        for name, wanted in self._state.settings.headers.items():
            found = case.entry.headers.get(name)
            if found is None:
                return Verdict(Cause.MISSING_HEADER, f"the header {name} is missing", {"header": name})
            if found != wanted:
                return Verdict(Cause.WRONG_HEADER, f"the header {name} has a wrong value", {"header": name})
        return None

    def _check_body(self, case: _Case) -> Verdict | None:
        return case.body_problem

    def _check_duplicates(self, case: _Case) -> Verdict | None:
        names = case.entry.parameters.duplicates
        if names:
            wanted = self._state.settings.params
            names = tuple(name for name in names if not isinstance(wanted.get(name), tuple))
        if not names:
            return None
        detail = f"the parameter {' and '.join(names)} came more than once"
        return Verdict(Cause.DUPLICATE_PARAMETER, detail, {"names": names})

    def _check_grant_type(self, case: _Case) -> Verdict | None:
        found = case.entry.grant_type
        if found is None:
            return Verdict(Cause.MISSING_GRANT_TYPE, "the parameter grant_type is missing")
        known = self._state.dialect.grant_types
        if found not in known:
            detail = f"grant_type is {found!r}; this endpoint knows {' and '.join(map(repr, known))}"
            return Verdict(Cause.UNSUPPORTED_GRANT_TYPE, detail, {"grant_type": found})
        return None

    def _check_proof(self, case: _Case) -> Verdict | None:
        """Check the DPoP proof, where there is one or has to be (RFC 9449 section 5)."""
        if "dpop" not in case.entry.headers:
            if self._state.settings.dpop == "optional":
                return None
            detail = "the header DPoP is missing; this provider issues no tokens without a proof (RFC 9449 section 5)"
            return Verdict(Cause.MISSING_HEADER, detail, {"header": "DPoP"})
        proof = self._state.token_proofs.check(case.entry.request, now=case.entry.time)
        if isinstance(proof, Verdict):
            return proof
        case.jkt = proof.jkt
        return None

    def _check_client(self, case: _Case) -> Verdict | None:
        state, presented = self._state, case.entry.presented
        if "?" in case.entry.url and state.dialect.credentials_in_query == "refuse":
            names = [name for name in ("client_secret", "client_assertion") if name in query_params(case.entry.request)]
            if names:
                detail = f"{' and '.join(names)} came in the URL, where logs and proxies see it"
                return Verdict(Cause.CREDENTIALS_IN_QUERY, detail, {"names": tuple(names)})
        if presented.other and state.dialect.two_auth_methods == "refuse":
            detail = f"the request authenticates by {presented.method} and by {' and '.join(presented.other)} at once"
            return Verdict(Cause.TWO_AUTH_METHODS, detail, {"methods": (presented.method, *presented.other)})
        found = authenticate(
            presented,
            state.clients,
            state.settings.auth_methods,
            assertions=state.assertions,
            now=case.entry.time,
        )
        if isinstance(found, Verdict):
            return self._point_to_alias(found, case.entry.request)
        case.client = found
        named = case.entry.parameters.get("client_id")
        if named is not None and named != case.client.client_id and state.dialect.two_auth_methods == "refuse":
            detail = f"the body names the client {named!r}, the credentials {case.client.client_id!r}"
            return Verdict(Cause.TWO_AUTH_METHODS, detail, {"client_ids": (named, case.client.client_id)})
        if "client_credentials" not in case.client.grant_types:
            detail = f"the client {case.client.client_id!r} may not use the grant client_credentials"
            return Verdict(Cause.UNAUTHORIZED_CLIENT, detail)
        if case.client.dpop_bound and case.jkt is None:
            detail = f"the header DPoP is missing; the client {case.client.client_id!r} registered for DPoP tokens only"
            return Verdict(Cause.MISSING_HEADER, detail, {"header": "DPoP"})
        return None

    def _point_to_alias(self, verdict: Verdict, request: Request) -> Verdict:
        """Add where a certificate would have counted, to a refusal at a place where it does not."""
        if request.client_certificate is None or self._state.certificate_of(request) is not None:
            return verdict
        alias = mtls_alias((request.names or self._state.settings).token_url)
        detail = f"{verdict.detail}; certificates count at its mtls_endpoint_aliases only: {alias}"
        return replace(verdict, detail=detail)

    def _check_certificate_binding(self, case: _Case) -> Verdict | None:
        """Bind the token to the client's certificate, where there is one or has to be (RFC 8705 section 3)."""
        certificate = self._state.certificate_of(case.entry.request)
        if certificate is not None:
            case.x5t = certificate_thumbprint(certificate)
            return None
        if case.client is not None and case.client.certificate_bound:
            who = f"the client {case.client.client_id!r} registered for tokens that are bound to its certificate"
        elif self._state.settings.certificate_binding == "required":
            who = "this provider issues tokens only that are bound to the client's certificate"
        else:
            return None
        detail = f"{who} (RFC 8705 section 3), and the request came without one"
        return self._point_to_alias(Verdict(Cause.MISSING_CERTIFICATE, detail), case.entry.request)

    def _check_params(self, case: _Case) -> Verdict | None:
        parameters = case.entry.parameters
        for name, wanted in self._state.settings.params.items():
            found = parameters.get_all(name)
            if not found:
                return Verdict(Cause.MISSING_PARAM, f"the parameter {name} is missing", {"name": name})
            expected = [wanted] if isinstance(wanted, str) else list(wanted)
            if sorted(found) != sorted(expected):
                return Verdict(Cause.WRONG_PARAM, _explain_wrong_param(name, found, expected), {"name": name})
        dialect = self._state.dialect
        decided = decide_audience(
            parameters,
            self._state.settings.audience,
            param=dialect.audience_param,
            required=dialect.audience_required,
        )
        if isinstance(decided, Verdict):
            return decided
        case.audience = decided
        return None

    def _check_scope(self, case: _Case) -> Verdict | None:
        dialect = self._state.dialect.scope
        sent = case.entry.scope
        requested: tuple[str, ...] = ()
        if sent is not None:
            split = split_scope(sent, dialect.separator)
            if split is None:
                between = "a single space" if dialect.separator == " " else f"{dialect.separator!r}"
                detail = f"scope is {sent!r}; it takes scope-tokens with {between} between them"
                return Verdict(Cause.MALFORMED_SCOPE, detail, {"scope": sent})
            requested = split
        if dialect.resource_suffix is not None and requested:
            resource = read_resource(requested, dialect.resource_suffix)
            if isinstance(resource, Verdict):
                return resource
            audience = check_audience((resource,), self._state.settings.audience)
            if isinstance(audience, Verdict):
                return audience
            case.audience = audience
            dialect, requested = replace(dialect, missing="default"), ()  # it asks for all that it may have
        client = case.client or self._state.main_client
        decided = decide_scopes(requested, allowed=client.scopes, default=client.default_scopes, dialect=dialect)
        if isinstance(decided, Verdict):
            return decided
        case.scopes = decided
        return None

    def _check_licence(self, case: _Case) -> Verdict | None:
        if self._state.licences is None or case.client is None or case.scopes is None:
            return None
        return self._state.licences.take(case.client.client_id, case.scopes.scopes, case.entry.time)

    # --- the answers

    def _issue(self, case: _Case) -> Response:
        state, dialect = self._state, self._state.dialect
        client = case.client or state.main_client
        grant = case.scopes or Grant((), differs=False)
        names = case.entry.request.names
        token = state.issue(
            client.client_id,
            grant.scopes,
            now=case.now,
            audience=case.audience,
            names=names,
            jkt=case.jkt,
            x5t=case.x5t,
        )
        case.entry.token = token
        echo = dialect.scope.echo == "always" or (dialect.scope.echo == "different" and grant.differs)
        values = {
            **state.values_at(names),
            **self._moments(token.issued, client.client_id),
            "access_token": token.value,
            "client_id": client.client_id,
            "expires_in": state.settings.expires_in + dialect.expires_in_offset,
            "expires_at": int(token.expiry),
            "exp": int(token.expiry),
            "iat": int(token.issued),
            "nbf": int(token.issued),
            "jti": token.claims.get("jti") if self._names_jti else None,
            "scope": (dialect.scope.separator.join(grant.scopes) or None) if echo else None,
            "scopes": list(grant.scopes) if echo and grant.scopes else None,
            "audience": token.audience[0] if len(token.audience) == 1 else list(token.audience) or None,
            "audiences": list(token.audience) or None,
        }
        fields = fill_headers(self._response_headers, values)
        members = self._response(values)
        if case.jkt is not None and "token_type" in members:
            members["token_type"] = "DPoP"  # noqa: S105 - RFC 9449 section 5, whatever the profile says of other tokens
        return json_response(200, members, tuple(replace_headers(NO_STORE, fields)))

    def _reply(self, reply: Reply | Alter, case: _Case) -> Response:
        """Give the scripted answer; a token in it is good at the API, for the test's author meant it to be."""
        response = reply.make(case.entry) if isinstance(reply, Reply) else reply.apply(self._issue(case))
        case.entry.token = adopt(
            response,
            self._state,
            client_id=(case.client or self._state.main_client).client_id,
            scopes=case.scopes.scopes if case.scopes is not None else (),
            audience=case.audience or self._state.audience,
            now=case.now,
        )
        return response

    def _refuse(self, verdict: Verdict, case: _Case) -> Response:
        refusal = lookup(verdict.cause, self._state.dialect.refusals, TOKEN_REFUSALS)
        fields: tuple[tuple[str, str], ...] = NO_STORE
        if refusal.status == 405:  # noqa: PLR2004
            fields = (*fields, ("Allow", ", ".join(self._state.settings.methods)))
        return refuse(
            verdict,
            refusal,
            self._refusal_values(case),
            headers=fields,
            www_authenticate=self._challenge(case) if refusal.status == 401 else None,  # noqa: PLR2004
        )

    def _refusal_values(self, case: _Case) -> dict[str, Any]:
        client_id = case.entry.client_id
        moments = self._refusal_moments(case.entry.time, client_id)
        return {**self._state.values, **moments, "client_id": client_id}

    def _challenge(self, case: _Case) -> str:
        """Challenge with the scheme that the client used (RFC 6749 section 5.2)."""
        used = scheme_of(case.entry.headers.get("authorization", ""))
        scheme = "Basic" if self._takes_basic or used.lower() in {"", "basic"} else used
        return challenge(scheme, {"realm": error_text(self._state.dialect.realm)})


def _explain_wrong_param(name: str, found: list[str], wanted: list[str]) -> str:
    if is_sensitive(name):
        return f"the parameter {name} has a wrong value"
    return f"the parameter {name} is {' and '.join(map(repr, found))}, wanted: {' and '.join(wanted)}"
