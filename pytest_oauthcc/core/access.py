"""Who gets into the protected API: with which headers, and with a token that is good here and sent as it is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.core.bearer import check_bound_certificate, check_token
from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.dpop import is_dpop
from pytest_oauthcc.core.moments import Moments
from pytest_oauthcc.core.refusals import compile_headers, fill_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.core.forgery import Forged
    from pytest_oauthcc.core.journal import ApiRequest
    from pytest_oauthcc.core.state import State
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = ["Access"]


class Access:
    """
    What the API of one provider demands of a request.

    Args:
        state: The provider's state.
        provenance: Tells where an unknown token came from.

    Attributes:
        scopes: What a token has to be good for.
    """

    def __init__(self, state: State, provenance: Callable[[str], str | None]) -> None:
        self._state = state
        self._provenance = provenance
        self.scopes: frozenset[str] = frozenset()
        self._audience = state.settings.audience or ((state.settings.api_url,) if state.settings.api_url else ())
        self._headers: Mapping[str, str] = state.settings.headers
        self._own_headers = compile_headers(state.dialect.api.headers)
        self._own_moments = Moments(state.dialect.api.headers, state.random)

    def require_headers(self, headers: Mapping[str, str]) -> None:
        """Demand these headers as well; a new table, for a request may be looking at the present one."""
        self._headers = {**self._headers, **headers}

    def require_audience(self, audience: tuple[str, ...]) -> None:
        """Be called by these names only."""
        self._audience = audience

    def accept(self, audience: str) -> None:
        """Take tokens for this audience as well, if those for the API's own URL are taken: it is one more of them."""
        if self._state.settings.api_url in self._audience:
            self._audience = (*self._audience, audience)

    def check_headers(self, entry: ApiRequest) -> Verdict | None:
        """Check the headers that every request has to carry beside its token."""
        for name, wanted in self._wanted_headers(entry).items():
            found = entry.headers.get(name)
            if found is None:
                return Verdict(Cause.API_MISSING_HEADER, f"the header {name} is missing", {"header": name})
            if found != wanted:
                return Verdict(Cause.API_WRONG_HEADER, f"the header {name} has a wrong value", {"header": name})
        return None

    def _wanted_headers(self, entry: ApiRequest) -> Mapping[str, str]:
        if not self._own_headers:
            return self._headers
        client_id = (entry.token.client_id if entry.token is not None else None) or self._state.settings.client_id
        values = {**self._state.values, **self._own_moments(entry.time, client_id), "client_id": client_id}
        return {**dict(fill_headers(self._own_headers, values)), **self._headers}

    def check_token(self, entry: ApiRequest) -> Verdict | None:
        """Check that a request has a token, and that it is good here."""
        if entry.bearer is None:
            dialect = self._state.dialect.api
            detail = f"the request has no {dialect.header} header, and so no token"
            return Verdict(Cause.TOKEN_MISSING, detail, {"header": dialect.header, "scheme": dialect.scheme})
        if entry.bearer in self._state.forged:
            return _explain_forged(self._state.forged[entry.bearer])
        return self._check_binding(entry) or check_token(
            entry.bearer,
            entry.token,
            now=entry.time,
            audience=self._audience,
            scopes=self.scopes,
            provenance=self._provenance,
        )

    def _check_binding(self, entry: ApiRequest) -> Verdict | None:
        """Check that a token is sent as it is bound: with its certificate, with a proof of its key, or plainly."""
        settings, token = self._state.settings, entry.token
        wants_certificate = settings.certificate_binding == "required"
        if token is None or (token.x5t is None and not wants_certificate and settings.dpop == "off"):
            return None
        if not token.is_good(entry.time):
            return None  # whether it is good at all comes first
        verdict = check_bound_certificate(token, entry.request.client_certificate, required=wants_certificate)
        return verdict or self._check_key(entry, token)

    def _check_key(self, entry: ApiRequest, token: IssuedToken) -> Verdict | None:
        """Check that a token is sent as DPoP where it has to be (RFC 9449 section 7)."""
        mode = self._state.settings.dpop
        if mode == "off":
            return None
        if not is_dpop(entry.headers.get(self._state.dialect.api.header, "")):
            if token.jkt is not None:
                detail = "the token is bound to a key, and was sent as Bearer; it has to be sent as DPoP with a proof"
                return Verdict(Cause.TOKEN_BINDING, detail, {"token": token})
            if mode == "required":
                detail = "the token is bound to no key; this API takes DPoP tokens only (RFC 9449 section 7.2)"
                return Verdict(Cause.TOKEN_BINDING, detail, {"token": token})
            return None
        return self._check_proof(entry, token)

    def _check_proof(self, entry: ApiRequest, token: IssuedToken) -> Verdict | None:
        if token.jkt is None:
            detail = "the token was sent as DPoP, but is bound to no key; its token_type is Bearer"
            return Verdict(Cause.TOKEN_BINDING, detail, {"token": token})
        if "dpop" not in entry.headers:
            return Verdict(Cause.BAD_DPOP_PROOF, "the token was sent as DPoP, and there is no header DPoP with a proof")
        proof = self._state.api_proofs.check(entry.request, now=entry.time, token=token.value)
        if isinstance(proof, Verdict):
            return proof
        if proof.jkt != token.jkt:
            detail = "the token is bound to another key than that of the proof"
            return Verdict(Cause.TOKEN_BINDING, detail, {"token": token})
        return None


def _explain_forged(forged: Forged) -> Verdict:
    token = forged.token
    detail = f"this is the forged token '{token.name}': {token.why}"
    return Verdict(forged.cause, detail, {"forged": token.name})
