"""Introspection (RFC 7662) and revocation (RFC 7009) of the tokens that the fake issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.authentication import authenticate, read_credentials
from pytest_oauthcc.core.causes import TOKEN_REFUSALS, Cause, Verdict
from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.messages import Answer, Request, Response
from pytest_oauthcc.core.parameters import Parameters, read_parameters
from pytest_oauthcc.core.refusals import NO_STORE, challenge, error_text, json_response, refuse
from pytest_oauthcc.core.tokens import confirmation

if TYPE_CHECKING:
    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.state import State
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = ["TokenStatus"]


class TokenStatus:
    """
    The two endpoints that tell and end the life of a token.

    Args:
        state: The provider's state.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def introspect(self, request: Request) -> tuple[OtherRequest, Answer]:
        """Say whether a token is good now; the caller has to authenticate as a client (RFC 7662 section 2.1)."""
        entry = OtherRequest(request, self._state.clock.time(), "introspection")
        caller = self._read(request)
        if isinstance(caller, Verdict):
            entry.verdict = caller
            response = self._refuse(caller)
        else:
            token = None if caller[1] in self._state.forged else self._state.tokens.get(caller[1])
            response = json_response(200, self._describe(token, entry), NO_STORE)
        entry.outcome = response
        return entry, Answer(response)

    def revoke(self, request: Request) -> tuple[OtherRequest, Answer]:
        """Revoke a token of the calling client; one that nobody knows is as good as revoked (RFC 7009 section 2.2)."""
        entry = OtherRequest(request, self._state.clock.time(), "revocation")
        caller = self._read(request)
        if isinstance(caller, Verdict):
            entry.verdict = caller
            response = self._refuse(caller)
        else:
            client, value = caller
            token = self._state.tokens.get(value)
            if token is not None and token.client_id != client.client_id:
                entry.verdict = Verdict(Cause.UNAUTHORIZED_CLIENT, "the token was issued to another client")
                response = self._refuse(entry.verdict)
            else:
                self._state.tokens.revoke(value, entry.time)
                response = Response(200, NO_STORE)
        entry.outcome = response
        return entry, Answer(response)

    def _read(self, request: Request) -> tuple[Client, str] | Verdict:
        if request.method != "POST":
            return Verdict(Cause.WRONG_METHOD, f"the request is a {request.method}; this endpoint takes POST")
        parameters, problem = read_parameters(request, ("form",))
        if problem is not None:
            return problem
        if parameters.duplicates:
            return Verdict(Cause.DUPLICATE_PARAMETER, f"the parameter {parameters.duplicates[0]} came more than once")
        return self._authenticate(request, parameters)

    def _authenticate(self, request: Request, parameters: Parameters) -> tuple[Client, str] | Verdict:
        presented = read_credentials(
            request,
            parameters,
            basic_encoding=self._state.dialect.basic_encoding,
            certificate=self._state.certificate_of(request),
            auth_methods=self._state.settings.auth_methods,
        )
        if presented.other:
            return Verdict(Cause.TWO_AUTH_METHODS, "the request authenticates in two ways at once")
        state = self._state
        found = authenticate(
            presented,
            state.clients,
            state.settings.auth_methods,
            assertions=state.assertions,
            now=state.clock.time(),
        )
        if isinstance(found, Verdict):
            return found
        value = parameters.get("token")
        if value is None:
            return Verdict(Cause.MISSING_PARAM, "the parameter token is missing")
        return found, value

    def _describe(self, token: IssuedToken | None, entry: OtherRequest) -> dict[str, Any]:
        # Anything but a good token gets exactly this, so that nobody learns more (RFC 7662 section 2.2).
        if token is None or not token.is_good(entry.time):
            return {"active": False}
        members: dict[str, Any] = {
            "active": True,
            "client_id": token.client_id,
            "token_type": "DPoP" if token.jkt is not None else self._state.dialect.token_type,
            "exp": int(token.expiry),
            "iat": int(token.issued),
            "sub": token.client_id,
            "iss": (entry.request.names or self._state.settings).issuer,
        }
        if token.not_before is not None:
            members["nbf"] = int(token.not_before)
        if token.jkt is not None or token.x5t is not None:
            members["cnf"] = confirmation(token.jkt, token.x5t)  # RFC 9449 section 6.2, RFC 8705 section 3.2
        if token.scopes:
            members["scope"] = " ".join(sorted(token.scopes))
        if token.audience:
            members["aud"] = token.audience[0] if len(token.audience) == 1 else list(token.audience)
        return members

    def _refuse(self, verdict: Verdict) -> Response:
        refusal = TOKEN_REFUSALS[verdict.cause]
        realm = error_text(self._state.dialect.realm)
        fields = (*NO_STORE, ("Allow", "POST")) if verdict.cause is Cause.WRONG_METHOD else NO_STORE
        return refuse(
            verdict,
            refusal,
            self._state.values,
            headers=fields,
            www_authenticate=challenge("Basic", {"realm": realm}) if refusal.status == 401 else None,  # noqa: PLR2004
        )
