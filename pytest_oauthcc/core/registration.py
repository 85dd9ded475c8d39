"""Dynamic client registration (RFC 7591): clients that register themselves, where a provider lets them."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.client_certificates import SELF_SIGNED, WITH_CA, certificate_in
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.messages import Answer, Request, Response
from pytest_oauthcc.core.parameters import MOST_BYTES, media_type
from pytest_oauthcc.core.raw_jwt import PRIVATE_MEMBERS
from pytest_oauthcc.core.refusals import NO_STORE, error_text, json_response
from pytest_oauthcc.core.scopes import split_scope
from pytest_oauthcc.option_values import SUBJECT_KINDS, check_certificate_subject, check_jwks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.state import State

__all__ = ["Registration"]

_TLS = "tls_client_auth_"
_WITHOUT_SECRET = {"private_key_jwt": "public keys", WITH_CA: "", SELF_SIGNED: "certificates"}


class _Invalid(Exception):
    """What a client wants to be can't be."""


class Registration:
    """
    The registration endpoint of one provider.

    Args:
        state: The provider's state; new clients go into it.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def register(self, request: Request) -> tuple[OtherRequest, Answer]:
        """Register the client that a request describes (RFC 7591 section 3)."""
        entry = OtherRequest(request, self._state.clock.time(), "registration")
        entry.outcome = response = self._answer(request, entry.time)
        return entry, Answer(response)

    def _answer(self, request: Request, now: float) -> Response:
        if request.method != "POST":
            return Response(405, (*NO_STORE, ("Allow", "POST")))
        try:
            return json_response(201, self._make(_read(request), now), NO_STORE)
        except _Invalid as problem:
            members = {"error": "invalid_client_metadata", "error_description": error_text(str(problem))}
            return json_response(400, members, NO_STORE)

    def _make(self, wanted: Mapping[str, Any], now: float) -> dict[str, Any]:
        method = wanted.get("token_endpoint_auth_method", "client_secret_basic")
        taken = self._state.settings.auth_methods
        if method not in taken:
            raise _Invalid(f"token_endpoint_auth_method is {method!r}; this provider takes {', '.join(taken)}")
        known = list(self._state.dialect.grant_types)
        grants = wanted.get("grant_types", known)  # RFC 7591 section 2 has another default, which is none here
        if not isinstance(grants, list) or not grants or any(grant not in known for grant in grants):
            raise _Invalid(f"grant_types is {grants!r}; this provider has {' and '.join(known)} only")
        jwks = self._check_keys(wanted, method)
        scopes = self._decide_scopes(wanted.get("scope"))
        settings = self._state.settings
        bound = _read_flag(wanted, "dpop_bound_access_tokens", settings.dpop, "keys")
        certificate_bound = _read_flag(
            wanted, "tls_client_certificate_bound_access_tokens", settings.certificate_binding, "certificates"
        )
        subject = _read_subject(wanted) if method == WITH_CA else None
        client = Client(
            f"registered-{secrets.token_hex(8)}",
            "" if method in _WITHOUT_SECRET else secrets.token_hex(32),
            scopes,
            auth_methods=(method,),
            jwks=jwks,
            dpop_bound=bound,
            certificate_subject=subject,
            certificate_bound=certificate_bound,
        )
        self._state.clients[client.client_id] = client
        told = {
            "client_id": client.client_id,
            "client_id_issued_at": int(now),
            "client_secret": client.client_secret or None,
            "client_secret_expires_at": 0 if client.client_secret else None,  # never (RFC 7591 section 3.2.1)
            "client_name": wanted.get("client_name"),
            "grant_types": grants,
            "response_types": [],
            "token_endpoint_auth_method": method,
            "scope": None if scopes is None else " ".join(scopes),
            "jwks": jwks,
            "dpop_bound_access_tokens": bound or None,
            "tls_client_certificate_bound_access_tokens": certificate_bound or None,
            **{f"{_TLS}{kind}": name for kind, name in (subject or {}).items()},
        }
        return {name: value for name, value in told.items() if value is not None}

    def _check_keys(self, wanted: Mapping[str, Any], method: str) -> Mapping[str, Any] | None:
        jwks = wanted.get("jwks")
        if jwks is None:
            if method in {"private_key_jwt", SELF_SIGNED}:
                raise _Invalid(f"{method} needs the client's {_WITHOUT_SECRET[method]} as jwks")
            return None
        try:
            checked = check_jwks(jwks)
        except ValueError:
            checked = {"keys": []}
        keys = checked["keys"]
        if not keys:
            raise _Invalid("jwks is no JWK set: a table with a list 'keys' of public keys")
        if any(PRIVATE_MEMBERS & key.keys() for key in keys):
            raise _Invalid("jwks holds a private key; only public halves belong there")
        if method == SELF_SIGNED and all(certificate_in(key) is None for key in keys):
            raise _Invalid("no key in jwks has a certificate as x5c that can be read (RFC 8705 section 2.2.2)")
        return checked

    def _decide_scopes(self, wanted: Any) -> tuple[str, ...] | None:
        allowed = self._state.main_client.scopes
        if wanted is None:
            return allowed
        scopes = split_scope(wanted) if isinstance(wanted, str) else None
        if scopes is None:
            raise _Invalid(f"scope is {wanted!r}; it takes scope-tokens with a single space between them")
        unknown = [scope for scope in scopes if allowed is not None and scope not in allowed]
        if unknown:
            raise _Invalid(f"there is no scope {' '.join(unknown)} here; known: {' '.join(allowed or ())}")
        return scopes


def _read_flag(wanted: Mapping[str, Any], name: str, binding: str, to: str) -> bool:
    """Read whether the client wants all of its tokens bound, which only a provider can give it that binds tokens."""
    value = wanted.get(name, False)
    if not isinstance(value, bool):
        raise _Invalid(f"{name} is {value!r}; it takes true or false")
    if value and binding == "off":
        raise _Invalid(f"{name} is true, and this provider binds no tokens to {to}")
    return value


def _read_subject(wanted: Mapping[str, Any]) -> dict[str, str]:
    """Read whom the client's certificate is going to name (RFC 8705 section 2.1.2)."""
    try:
        return check_certificate_subject(
            {name.removeprefix(_TLS): value for name, value in wanted.items() if name.startswith(_TLS)}
        )
    except ValueError:
        names = ", ".join(_TLS + kind for kind in SUBJECT_KINDS)
        raise _Invalid(f"tls_client_auth needs exactly one of {names}, and a name of that kind in it") from None


def _read(request: Request) -> dict[str, Any]:
    if media_type(request) != "application/json":
        raise _Invalid(f"the Content-Type is {media_type(request) or 'missing'}; it has to be application/json")
    if len(request.body) > MOST_BYTES:
        raise _Invalid(f"the body is longer than {MOST_BYTES:,} bytes")
    try:
        wanted = json.loads(request.body)
        json.dumps(wanted, allow_nan=False)  # the answer repeats some of it, and JSON has no infinity (RFC 8259)
    except (ValueError, RecursionError):
        raise _Invalid("the body is no JSON") from None
    if not isinstance(wanted, dict):
        raise _Invalid("the body is no JSON object")
    return wanted
