"""What to do about each cause for which the fake refuses a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.client_certificates import TLS_METHODS
from pytest_oauthcc.core.journal import ApiRequest, TokenRequest, query_params
from pytest_oauthcc.explain.showing import JOIN_SCOPES
from pytest_oauthcc.explain.similar_names import similar_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["remedy_of"]


def remedy_of(entry: TokenRequest | ApiRequest) -> str:
    """
    Tell what to do about a refused request.

    Args:
        entry: A request.

    Returns:
        A sentence; nothing where the request was not refused, or where its finding already says all.
    """
    if entry.verdict is None or "forged" in entry.verdict.facts:
        return ""
    remedy = _REMEDIES.get(entry.verdict.cause)
    return remedy(entry) if callable(remedy) else remedy or ""


def _content_type(entry: TokenRequest | ApiRequest) -> str:
    found = entry.verdict.facts.get("found") if entry.verdict is not None else ""
    if found == "application/json":
        return "The body is JSON: with requests and httpx, data={...} instead of json={...} makes it a form."
    if found == "application/x-www-form-urlencoded":
        return "The body is a form: with requests and httpx, json={...} instead of data={...} makes it JSON."
    if found == "multipart/form-data":
        return "The body is multipart: with requests and httpx, data={...} instead of files={...} makes it a form."
    if not found and entry.body:
        return (
            "A body given as a text or as bytes has no Content-Type: give data={...} a dict, and the library sets it."
        )
    if _names_in_query(entry):
        return _IN_QUERY
    return "" if entry.body else "The request has no body: with requests and httpx, data={...} makes one."


_IN_QUERY = "The parameters are in the query of the URL: with requests and httpx, data={...} instead of params={...}."


def _names_in_query(entry: TokenRequest | ApiRequest) -> bool:
    return bool({"grant_type", "client_id", "scope"} & query_params(entry.request).keys())


def _grant_type(entry: TokenRequest | ApiRequest) -> str:
    return (
        _IN_QUERY if _names_in_query(entry) else "It has to be grant_type=client_credentials (RFC 6749 section 4.4.2)."
    )


def _header(entry: TokenRequest | ApiRequest) -> str:
    name = str(entry.verdict.facts.get("header")) if entry.verdict is not None else ""
    if name == "DPoP":
        return "Switch DPoP on in the client, or let the provider do without: @pytest.mark.oauthcc(dpop='optional')"
    near = similar_name(name, entry.headers)
    if near is not None:
        return f"It was sent under the name {near}."
    return f"The option headers of this provider demands {name} of every request."


def _no_credentials(entry: TokenRequest | ApiRequest) -> str:
    taken = entry.verdict.facts.get("auth_methods", ()) if entry.verdict is not None else ()
    if not set(TLS_METHODS) & set(taken):
        return "Give the client oauthcc.client_id and oauthcc.client_secret."
    return f"{_certificate(entry)} client_id goes into the body with it (RFC 8705 section 2)."


def _certificate(entry: TokenRequest | ApiRequest) -> str:
    if entry.request.via in _CERTIFICATE_IS_SEEN:
        return "Give the client the certificate of oauthcc_server.client_certificate()."
    return (
        f"In process, a certificate of {entry.request.via or 'this library'} can't be seen (one of requests can): give "
        "the client the URLs and the certificate of oauthcc_server, with @pytest.mark.oauthcc(tls=True)."
    )


def _binding(entry: TokenRequest | ApiRequest) -> str:
    if entry.verdict is None or entry.verdict.facts.get("bound_to") != "certificate":
        return "It goes as: Authorization: DPoP <token>, with a proof by the key that it is bound to."
    if entry.request.client_certificate is not None:
        return "The client has to show the certificate with which it fetched the token, and fetch one for each."
    return f"The client has to show the certificate with which it fetched the token. {_certificate(entry)}"


def _unknown_scope(entry: TokenRequest | ApiRequest) -> str:
    asked = " ".join(entry.requested_scopes) if isinstance(entry, TokenRequest) else ""
    return f"To let the client have it: @pytest.mark.oauthcc(scopes={asked!r})"


def _unknown_audience(entry: TokenRequest | ApiRequest) -> str:
    unknown = entry.verdict.facts.get("unknown") if entry.verdict is not None else None
    return f"To let it be known: @pytest.mark.oauthcc(audience={list(unknown)!r})" if unknown else ""


def _missing_token(entry: TokenRequest | ApiRequest) -> str:
    facts = entry.verdict.facts if entry.verdict is not None else {}
    if "header" not in facts:
        return ""  # there is one, in a wrong place or by a wrong scheme, and the finding says which is right
    return f"The API takes it as: {facts['header']}: {facts['scheme']} <token>".replace(":  ", ": ") + "."


def _unknown_token(entry: TokenRequest | ApiRequest) -> str:
    if entry.verdict is not None and entry.verdict.facts.get("earlier"):
        return ""
    return "It is hard-coded, or was got elsewhere; let the client ask oauthcc.token_url, or use oauthcc.mint()."


_LIST = "A list given as a form value becomes one parameter for each of its elements: join it first."
_WRONG_HEADER = "What it has to be is said by the option headers, or by one of the profile's own: oauthcc.options"
_CERTIFICATE_IS_SEEN = frozenset({"oauthcc_server", "requests"})
_AUTH = "Change the client's setting, or what the provider takes: @pytest.mark.oauthcc(auth_methods=[...])"

_REMEDIES: Final[Mapping[Cause, str | Callable[[TokenRequest | ApiRequest], str]]] = {
    Cause.WRONG_METHOD: "RFC 6749 section 3.2: token requests are POST.",
    Cause.WRONG_CONTENT_TYPE: _content_type,
    Cause.DUPLICATE_PARAMETER: _LIST,
    Cause.CREDENTIALS_IN_QUERY: "With requests and httpx: auth=(client_id, client_secret), not params={...}.",
    Cause.MISSING_HEADER: _header,
    Cause.API_MISSING_HEADER: _header,
    Cause.WRONG_HEADER: _WRONG_HEADER,
    Cause.API_WRONG_HEADER: _WRONG_HEADER,
    Cause.MISSING_PARAM: "The option params of this provider demands it of every token request.",
    Cause.MISSING_AUDIENCE: "Let the client name the API that the token is for: oauthcc.api_url",
    Cause.UNKNOWN_AUDIENCE: _unknown_audience,
    Cause.MISSING_GRANT_TYPE: _grant_type,
    Cause.UNSUPPORTED_GRANT_TYPE: _grant_type,
    Cause.NO_CREDENTIALS: _no_credentials,
    Cause.MISSING_CERTIFICATE: _certificate,
    Cause.BAD_CERTIFICATE: "The right one is oauthcc_server.client_certificate(); the option "
    "client_certificate_subject registers the name of another, client_jwks with x5c a self-signed one.",
    Cause.TWO_AUTH_METHODS: "Leave one of them out (RFC 6749 section 2.3).",
    Cause.AUTH_METHOD_NOT_ALLOWED: _AUTH,
    Cause.UNKNOWN_CLIENT: "Give the client oauthcc.client_id, or make this one known: oauthcc.add_client(...)",
    Cause.BAD_SECRET: "The right one is oauthcc.client_secret.",
    Cause.BAD_ASSERTION: "It is signed with oauthcc.private_key (RS256), or with oauthcc.client_secret (HS256), and is "
    "for oauthcc.token_url (RFC 7523 section 3).",
    Cause.MALFORMED_SCOPE: f"Scopes are separated by a single space (RFC 6749 section 3.3): {JOIN_SCOPES}",
    Cause.MISSING_SCOPE: "Let the client send one, or give it some without asking: "
    "@pytest.mark.oauthcc(default_scopes=...)",
    Cause.UNKNOWN_SCOPE: _unknown_scope,
    Cause.NO_LICENCE: "Log the holder off, wait (oauthcc.clock.advance), or have more: "
    "@pytest.mark.oauthcc(licences=...)",
    Cause.TOKEN_MISSING: _missing_token,
    Cause.TOKEN_UNKNOWN: _unknown_token,
    Cause.TOKEN_EXPIRED: "A client has to renew its token before it expires, or once after a 401.",
    Cause.TOKEN_NOT_YET_VALID: "Move the clock there, oauthcc.clock.advance(seconds=...), or mint it without nbf.",
    Cause.TOKEN_REVOKED: "A client learns that from the 401: it has to fetch a new token and try once more.",
    Cause.TOKEN_AUDIENCE: "The client has to name the API in its token request (audience=... or resource=...).",
    Cause.BAD_DPOP_PROOF: "A proof is for one request: its method, URL, moment and token (RFC 9449 section 4.2).",
    Cause.DPOP_NONCE_REQUIRED: "The client has to repeat the request with it in its proof (RFC 9449 section 8).",
    Cause.TOKEN_BINDING: _binding,
    Cause.INSUFFICIENT_SCOPE: "The client has to ask for it in its token request; a new token alone does not help.",
}
