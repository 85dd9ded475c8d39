"""What a token request has to stand: one check for each thing, in the order of the provider."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_oauthcc.core.authentication import authenticate
from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.client_certificates import certificate_thumbprint
from pytest_oauthcc.core.journal import query_params
from pytest_oauthcc.core.names import mtls_alias
from pytest_oauthcc.core.scopes import decide_scopes, read_resource, split_scope
from pytest_oauthcc.core.targets import check_audience, decide_audience
from pytest_oauthcc.masking import is_sensitive

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.core.scopes import Grant
    from pytest_oauthcc.core.state import State

__all__ = ["TokenCase", "checks_of"]


class TokenCase:
    """One token request on its way through the checks, and what they found out about it."""

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


def checks_of(state: State) -> tuple[Callable[[TokenCase], Verdict | None], ...]:
    """
    Return the checks of a provider's token endpoint.

    Args:
        state: The provider's state.

    Returns:
        Functions in the order in which they are to be called; the first verdict refuses the request.
    """
    checks = _Checks(state)
    dialect = state.dialect
    known: dict[str, Callable[[TokenCase], Verdict | None]] = {
        "method": checks.method,
        "headers": checks.headers,
        "body": checks.body,
        "duplicates": checks.duplicates,
        "grant_type": checks.grant_type,
        "client": checks.client,
        "params": checks.params,
        "scope": checks.scope,
        "licence": checks.licence,
    }
    in_order = tuple(known[name] for name in dialect.checks)
    if state.settings.dpop != "off":
        # Before the client: a client that has to come again with a nonce has not used its assertion up then.
        place = dialect.checks.index("client") if "client" in dialect.checks else 0
        in_order = (*in_order[:place], checks.proof, *in_order[place:])
    if state.settings.certificate_binding != "off":
        place = in_order.index(checks.client) + 1 if "client" in dialect.checks else 0
        in_order = (*in_order[:place], checks.certificate_binding, *in_order[place:])
    return in_order


class _Checks:
    def __init__(self, state: State) -> None:
        self._state = state

    def method(self, case: TokenCase) -> Verdict | None:
        methods = self._state.settings.methods
        if case.entry.method in methods:
            return None
        detail = f"the token request is a {case.entry.method}; this endpoint takes {' or '.join(methods)}"
        return Verdict(Cause.WRONG_METHOD, detail, {"methods": methods})

    def headers(self, case: TokenCase) -> Verdict | None:
        for name, wanted in self._state.settings.headers.items():
            found = case.entry.headers.get(name)
            if found is None:
                return Verdict(Cause.MISSING_HEADER, f"the header {name} is missing", {"header": name})
            if found != wanted:
                return Verdict(Cause.WRONG_HEADER, f"the header {name} has a wrong value", {"header": name})
        return None

    def body(self, case: TokenCase) -> Verdict | None:
        return case.body_problem

    def duplicates(self, case: TokenCase) -> Verdict | None:
        names = case.entry.parameters.duplicates
        if names:
            wanted = self._state.settings.params
            names = tuple(name for name in names if not isinstance(wanted.get(name), tuple))
        if not names:
            return None
        detail = f"the parameter {' and '.join(names)} came more than once"
        return Verdict(Cause.DUPLICATE_PARAMETER, detail, {"names": names})

    def grant_type(self, case: TokenCase) -> Verdict | None:
        found = case.entry.grant_type
        if found is None:
            return Verdict(Cause.MISSING_GRANT_TYPE, "the parameter grant_type is missing")
        known = self._state.dialect.grant_types
        if found not in known:
            detail = f"grant_type is {found!r}; this endpoint knows {' and '.join(map(repr, known))}"
            return Verdict(Cause.UNSUPPORTED_GRANT_TYPE, detail, {"grant_type": found})
        return None

    def proof(self, case: TokenCase) -> Verdict | None:
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

    def client(self, case: TokenCase) -> Verdict | None:
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

    def certificate_binding(self, case: TokenCase) -> Verdict | None:
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

    def params(self, case: TokenCase) -> Verdict | None:
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

    def scope(self, case: TokenCase) -> Verdict | None:
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

    def licence(self, case: TokenCase) -> Verdict | None:
        if self._state.licences is None or case.client is None or case.scopes is None:
            return None
        return self._state.licences.take(case.client.client_id, case.scopes.scopes, case.entry.time)


def _explain_wrong_param(name: str, found: list[str], wanted: list[str]) -> str:
    if is_sensitive(name):
        return f"the parameter {name} has a wrong value"
    return f"the parameter {name} is {' and '.join(map(repr, found))}, wanted: {' and '.join(wanted)}"
