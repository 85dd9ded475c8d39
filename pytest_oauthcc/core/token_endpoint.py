"""The token endpoint: RFC 6749 sections 2.3, 3.2, 3.3, 4.4 and 5, in the order and the words of the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.actions import Alter, Fail, Reply
from pytest_oauthcc.core.adoption import adopt
from pytest_oauthcc.core.causes import TOKEN_REFUSALS, Cause, Verdict
from pytest_oauthcc.core.faults import fault_outcome, page, pass_modifiers
from pytest_oauthcc.core.journal import TokenRequest
from pytest_oauthcc.core.messages import Answer, NetworkFault, Request, Response
from pytest_oauthcc.core.moments import Moments
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
from pytest_oauthcc.core.scopes import Grant
from pytest_oauthcc.core.scripted import Scripted
from pytest_oauthcc.core.templates import compile_template, placeholders
from pytest_oauthcc.core.token_checks import TokenCase, checks_of
from pytest_oauthcc.masking import scheme_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.gates import Gate
    from pytest_oauthcc.core.state import State

__all__ = ["TokenEndpoint"]

_STATUS_OF_ERROR: Mapping[str, int] = {
    "invalid_client": 401,
    "server_error": 500,
    "temporarily_unavailable": 503,
    "slow_down": 429,
}


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
        self._checks = checks_of(state)
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
        case = TokenCase(entry, reading.body_problem)
        gate: Gate | None = None
        if self.script.is_empty:
            outcome: Response | NetworkFault = self._judge(case)
        else:
            outcome, gate = self._scripted(case)
        if isinstance(outcome, Response):
            outcome = tell_nonce(outcome, state.token_proofs.new_nonce_for(request, entry.time))
        entry.outcome = outcome
        return entry, Answer(outcome, gate)

    def _scripted(self, case: TokenCase) -> tuple[Response | NetworkFault, Gate | None]:
        timeout, gate = pass_modifiers((self.script,), case.entry.request, self._state.clock.advance)
        if timeout is not None:
            return timeout, None
        case.now = self._state.clock.time()  # expires_in counts from the answer (RFC 6749 section 5.1), after a delay
        action = self.script.take_fault()
        if action is None:
            return self._judge(case), gate
        return fault_outcome(action, fail=lambda fail: self._fail(fail, case), proceed=lambda: self._judge(case)), gate

    def _fail(self, action: Fail, case: TokenCase) -> Response:
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

    def _judge(self, case: TokenCase) -> Response:
        for check in self._checks:
            verdict = check(case)
            if verdict is not None:
                case.entry.verdict = verdict
                return self._refuse(verdict, case)
        reply = None if self.script.is_empty else self.script.take_reply()
        return self._issue(case) if reply is None else self._reply(reply, case)

    # --- the answers

    def _issue(self, case: TokenCase) -> Response:
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

    def _reply(self, reply: Reply | Alter, case: TokenCase) -> Response:
        """Give the scripted answer; a token in it is good at the API, for the test's author meant it to be."""
        response = reply.make(case.entry) if isinstance(reply, Reply) else reply.apply(self._issue(case))
        case.entry.token = adopt(
            response,
            self._state,
            client_id=(case.client or self._state.main_client).client_id,
            scopes=case.scopes.scopes if case.scopes is not None else (),
            audience=case.audience or self._state.audience,
            now=case.now,
            jkt=case.jkt,
            x5t=case.x5t,
        )
        return response

    def _refuse(self, verdict: Verdict, case: TokenCase) -> Response:
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

    def _refusal_values(self, case: TokenCase) -> dict[str, Any]:
        client_id = case.entry.client_id
        moments = self._refusal_moments(case.entry.time, client_id)
        return {**self._state.values, **moments, "client_id": client_id}

    def _challenge(self, case: TokenCase) -> str:
        """Challenge with the scheme that the client used (RFC 6749 section 5.2)."""
        used = scheme_of(case.entry.headers.get("authorization", ""))
        scheme = "Basic" if self._takes_basic or used.lower() in {"", "basic"} else used
        return challenge(scheme, {"realm": error_text(self._state.dialect.realm)})
