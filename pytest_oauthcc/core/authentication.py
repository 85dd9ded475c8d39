"""Client authentication at the token endpoint: what a request presents, and whether that proves who it is."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.client_certificates import TLS_METHODS, check_certificate, tls_method
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header
from pytest_oauthcc.masking import scheme_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_oauthcc.core.assertions import AssertionCheck
    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.core.parameters import Parameters

__all__ = ["Presented", "authenticate", "read_credentials"]


@dataclass(frozen=True, slots=True)
class Presented:
    """
    What a token request presents to prove who it is.

    Args:
        method: As in RFC 7591 section 2: ``client_secret_basic``, ``client_secret_post``..., or ``none``.
        client_id: Whom the request names, in the most likely reading.
        readings: Pairs of id and secret that the credentials can mean, depending on their encoding.
        problem: What is wrong with the credentials themselves, or nothing.
        other: Further methods that the same request uses (RFC 6749 section 2.3 allows only one).
        assertion: The claims of a client assertion, unverified.
        signed: The client assertion itself.
        certificate: The certificate, as DER, by which the client authenticates (RFC 8705 section 2).
    """

    method: str
    client_id: str | None = None
    readings: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    problem: str = ""
    other: tuple[str, ...] = ()
    assertion: Mapping[str, Any] | None = field(default=None, repr=False)
    signed: str = field(default="", repr=False)
    certificate: bytes | None = field(default=None, repr=False)


def read_credentials(
    request: Request,
    params: Parameters,
    *,
    basic_encoding: str = "form",
    prefer: str = "header",
    pattern: str | None = None,
    certificate: bytes | None = None,
    auth_methods: Sequence[str] = (),
) -> Presented:
    """
    Find the credentials of a token request.

    Args:
        request: The request.
        params: Its parameters.
        basic_encoding: ``"form"``, ``"raw"`` or ``"either"``, as the provider reads Basic credentials.
        prefer: ``"header"`` or ``"body"``: which counts where there are both.
        pattern: What an Authorization header without scheme looks like, where the provider takes one.
        certificate: What the client showed in the TLS handshake, as DER; it authenticates where nothing else does.
        auth_methods: What the provider takes.

    Returns:
        What the request presents.
    """
    header = request.headers.get("authorization")
    found = re.fullmatch(pattern, header.strip()) if pattern is not None and header is not None else None
    if found is not None:
        client_id, secret = found["client_id"], found["client_secret"]
        basic: Presented | None = Presented("client_secret_basic", client_id, ((client_id, secret),))
    else:
        basic = None if header is None else _read_authorization(header, basic_encoding)
    body = _read_body(params)
    if basic is None:
        return body or _read_certificate(certificate, params.get("client_id"), auth_methods)
    if body is None:
        return basic
    if basic.method == "none":
        return body  # an Authorization header of another scheme proves nothing here, and takes nothing away
    first, second = (body, basic) if prefer == "body" else (basic, body)
    return Presented(
        first.method,
        first.client_id,
        first.readings,
        first.problem,
        (second.method,),
        first.assertion or second.assertion,
        first.signed,
    )


def _read_authorization(header: str, basic_encoding: str) -> Presented:
    word, _, value = header.partition(" ")
    if word.lower() != "basic":
        scheme = scheme_of(header)
        shown = f"the scheme {scheme!r}" if scheme else "no scheme"
        return Presented("none", problem=f"the Authorization header has {shown}; this endpoint knows Basic")
    try:
        pair = base64.b64decode(value.strip(" "), validate=True)
    except (binascii.Error, ValueError):
        return Presented("client_secret_basic", problem="the Basic credentials are not base64")
    readings: dict[tuple[str, str], None] = {}
    for text in _as_texts(pair):
        client_id, colon, secret = text.partition(":")
        if not colon:
            return Presented("client_secret_basic", problem="the Basic credentials have no colon between id and secret")
        if basic_encoding != "raw":
            readings[unquote_plus(client_id), unquote_plus(secret)] = None
        if basic_encoding != "form":
            readings[client_id, secret] = None
    return Presented("client_secret_basic", next(iter(readings))[0], tuple(readings))


def _as_texts(pair: bytes) -> list[str]:
    try:
        return [pair.decode("utf-8")]
    except UnicodeDecodeError:
        return [pair.decode("latin-1")]  # what older clients send for letters such as e acute


def _read_body(params: Parameters) -> Presented | None:
    client_id, secret = params.get("client_id"), params.get("client_secret")
    assertion = params.get("client_assertion")
    if assertion is not None or params.get("client_assertion_type") is not None:
        return _read_assertion(assertion or "", client_id, params)
    if secret is None:
        return None
    if client_id is None:
        return Presented("client_secret_post", problem="the body has a client_secret, but no client_id")
    return Presented("client_secret_post", client_id, ((client_id, secret),))


def _read_certificate(certificate: bytes | None, client_id: str | None, auth_methods: Sequence[str]) -> Presented:
    if certificate is None:
        return Presented("none", client_id)
    method = tls_method(certificate, auth_methods)
    if client_id is not None:
        return Presented(method, client_id, certificate=certificate)
    if method not in auth_methods:
        return Presented("none")
    return Presented(method, problem="the client showed a certificate, but there is no client_id (RFC 8705 section 2)")


def _read_assertion(assertion: str, client_id: str | None, params: Parameters) -> Presented:
    claims = decode_claims(assertion)
    symmetric = str(decode_header(assertion).get("alg")).startswith("HS")
    problem = ""
    if not assertion:
        problem = "the request has a client_assertion_type, but no client_assertion"
    elif params.get("client_assertion_type") != ASSERTION_TYPE:
        problem = f"client_assertion_type is {params.get('client_assertion_type')!r}; it has to be {ASSERTION_TYPE}"
    elif client_id is not None and claims.get("sub") != client_id:
        problem = f"client_id is {client_id!r}, but the client assertion is about {claims.get('sub')!r}"
    subject = claims.get("sub")
    return Presented(
        "client_secret_jwt" if symmetric else "private_key_jwt",
        client_id or (subject if isinstance(subject, str) else None),
        problem=problem,
        other=("client_secret_post",) if params.get("client_secret") is not None else (),
        assertion=claims,
        signed=assertion,
    )


def authenticate(
    presented: Presented,
    clients: Mapping[str, Client],
    auth_methods: Sequence[str],
    *,
    assertions: AssertionCheck,
    now: float,
) -> Client | Verdict:
    """
    Find the client whose credentials a request presents.

    Args:
        presented: What ``read_credentials`` found.
        clients: The provider's clients by id.
        auth_methods: What the provider takes.
        assertions: Checks client assertions.
        now: Seconds since the epoch.

    Returns:
        The client, or why the credentials prove nothing.
    """
    if presented.problem:
        return Verdict(Cause.MALFORMED_CREDENTIALS, presented.problem)
    if presented.method == "none":
        named = f"the request names the client {presented.client_id!r}, but" if presented.client_id else "the request"
        detail = f"{named} brings no credentials; this provider takes {' or '.join(auth_methods)}"
        return Verdict(Cause.NO_CREDENTIALS, detail, {"auth_methods": tuple(auth_methods)})
    client = next((clients[name] for name, _ in presented.readings if name in clients), None)
    client = client or clients.get(presented.client_id or "")
    taken = (
        tuple(client.auth_methods) if client is not None and client.auth_methods is not None else tuple(auth_methods)
    )
    shown = TLS_METHODS if presented.certificate is not None else (presented.method,)
    if not set(shown) & set(taken):
        detail = f"the client authenticated by {presented.method}; this provider takes {' or '.join(taken)} from it"
        return Verdict(Cause.AUTH_METHOD_NOT_ALLOWED, detail, {"used": presented.method, "auth_methods": taken})
    if client is None:
        detail = f"there is no client {presented.client_id!r}; registered: {', '.join(map(repr, clients))}"
        return Verdict(Cause.UNKNOWN_CLIENT, detail, {"client_id": presented.client_id})
    if presented.certificate is not None:
        return check_certificate(presented.certificate, client, taken, clients=clients, now=now) or client
    if presented.signed:
        return assertions.check(presented.signed, client, now=now) or client
    for client_id, secret in presented.readings:
        if client_id == client.client_id and _same(secret, client.client_secret):
            return client
    return Verdict(Cause.BAD_SECRET, _explain_wrong_secret(presented, client), {"client_id": client.client_id})


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _explain_wrong_secret(presented: Presented, client: Client) -> str:
    """Recognise the usual ways of spoiling a secret on its way, for only the fake knows what it should have been."""
    arrived, secret = presented.readings[-1][1], client.client_secret
    wrong = f"the client_secret of {client.client_id!r} is wrong"
    if arrived == unquote_plus(secret):
        return (
            f"{wrong}: it was sent without being form-encoded first, so that its + or % were decoded to something else"
        )
    if arrived == quote_plus(secret) or arrived == quote_plus(secret, safe="/"):
        return f"{wrong}: it was form-encoded twice, or this provider takes it as it is"
    if arrived == secret.strip():
        return f"{wrong}: white space at its ends was lost"
    if arrived.strip() == secret:
        return f"{wrong}: white space was added at its ends, such as the newline of the file that it was read from"
    if arrived in {"", "None", "null"}:
        return f"{wrong}: it arrived as {arrived!r}; is the client's setting missing?"
    if secret.startswith(arrived):
        return f"{wrong}: only its first {len(arrived)} of {len(secret)} characters arrived"
    return wrong
