"""The token of an API request: where it is, and whether it is good (RFC 6750)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.client_certificates import certificate_thumbprint
from pytest_oauthcc.core.dpop import is_dpop
from pytest_oauthcc.core.parameters import FORM, media_type
from pytest_oauthcc.core.targets import same_audience
from pytest_oauthcc.masking import scheme_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.core.dialect import ApiDialect
    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = ["Found", "check_bound_certificate", "check_token", "find_token"]

_BODY_TOKEN = re.compile(rb"(?:\A|&)access_token=")
_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # RFC 6750 section 2.1


@dataclass(frozen=True, slots=True)
class Found:
    """
    The token that a request carries, if any, or what is wrong with the way it carries it.

    Args:
        value: The token.
        problem: What is wrong.
        unusual: What stands in the token's place but breaks the grammar of bearer tokens, as some providers' do.
    """

    value: str | None = None
    problem: Verdict | None = None
    unusual: str | None = None


_NONE = Found()


def find_token(request: Request, dialect: ApiDialect, *, dpop: bool = True) -> Found:
    """
    Find the token of an API request.

    Args:
        request: The request.
        dialect: Which header carries the token, with which scheme.
        dpop: Whether it may come as DPoP as well.

    Returns:
        The token, or what is wrong.
    """
    header = request.headers.get(dialect.header)
    elsewhere = _token_elsewhere(request)
    if header is None:
        if elsewhere is None:
            return _NONE
        # RFC 6750 section 2 has an API support the header only; a token anywhere else is not looked at.
        detail = (
            f"the request carries its token in the {elsewhere}; this API takes it in the {dialect.header} header only"
        )
        return Found(problem=Verdict(Cause.TOKEN_MISSING, detail, {"where": elsewhere}))
    if elsewhere is not None:
        detail = f"the request carries a token in the {dialect.header} header and another in the {elsewhere}"
        return Found(problem=Verdict(Cause.TOKEN_TWICE, detail, {"where": elsewhere}))
    if dpop and is_dpop(header) and _B64TOKEN.fullmatch(header[5:]):
        return Found(header[5:])
    return _read_header(header, dialect)


def _read_header(header: str, dialect: ApiDialect) -> Found:
    if not dialect.scheme:
        return Found(header) if header else _NONE
    word, _, value = header.partition(" ")
    if word.lower() != dialect.scheme.lower():
        scheme = scheme_of(header)
        shown = f"the scheme {scheme!r}" if scheme else "no scheme"
        detail = (
            f"the {dialect.header} header has {shown}; this API takes {dialect.scheme!r} and one blank before the token"
        )
        # Another method of authentication is as good as none (RFC 6750 section 3.1).
        cause = Cause.TOKEN_MISSING if scheme else Cause.TOKEN_MALFORMED
        return Found(problem=Verdict(cause, detail, {"scheme": scheme}))
    if not _B64TOKEN.fullmatch(value):
        problem = Verdict(Cause.TOKEN_MALFORMED, _explain_malformed(value, dialect), {"value": None})
        return Found(problem=problem, unusual=value)
    return Found(value)


def _explain_malformed(value: str, dialect: ApiDialect) -> str:
    if not value.strip():
        return f"nothing stands after {dialect.scheme} in the {dialect.header} header"
    if value.lower().startswith("bearer "):
        return f"the word {dialect.scheme} stands twice in the {dialect.header} header"
    if value != value.strip():
        return f"there is white space around the token in the {dialect.header} header"
    return f"what stands after {dialect.scheme} has characters that no bearer token has (RFC 6750 section 2.1)"


def _token_elsewhere(request: Request) -> str | None:
    # Looked for, not parsed: what is big is big because of something else.
    if "access_token=" in request.url and "&access_token=" in f"&{request.split.query}":
        return "query"
    body = request.body
    if b"access_token=" in body and media_type(request) == FORM and _BODY_TOKEN.search(body):
        return "body"
    return None


def check_token(
    value: str,
    token: IssuedToken | None,
    *,
    now: float,
    audience: tuple[str, ...],
    scopes: frozenset[str],
    provenance: Callable[[str], str | None],
) -> Verdict | None:
    """
    Check a token that a request carries.

    Args:
        value: As it was sent.
        token: What the fake remembers of it; None where it never issued it.
        now: Seconds since the epoch.
        audience: What the API is called; none means that it does not look.
        scopes: What the token has to be good for.
        provenance: Tells where a token that is not remembered came from, such as an earlier test.

    Returns:
        What is wrong with it, or None.
    """
    if token is None:
        known = provenance(value)
        detail = known or _explain_unknown(value)
        return Verdict(Cause.TOKEN_UNKNOWN, detail, {"earlier": known is not None})
    if token.revoked:
        return Verdict(Cause.TOKEN_REVOKED, "the token was revoked", _facts(token))
    if token.is_expired(now):
        late = now - token.expiry
        detail = f"the token expired {late:.0f} s ago" if late >= 1 else "the token has just expired"
        return Verdict(Cause.TOKEN_EXPIRED, detail, _facts(token))
    if token.not_before is not None and now < token.not_before:
        detail = f"the token is good from its nbf on only, in {token.not_before - now:.0f} s (RFC 7519 section 4.1.5)"
        return Verdict(Cause.TOKEN_NOT_YET_VALID, detail, _facts(token))
    if audience and token.audience and not _audiences_meet(audience, token.audience):
        detail = f"the token is for {' and '.join(token.audience)}; this API is {' or '.join(audience)}"
        return Verdict(Cause.TOKEN_AUDIENCE, detail, _facts(token))
    lacking = scopes - token.scopes
    if lacking:
        has = " ".join(sorted(token.scopes)) or "none"
        detail = f"the token lacks the scope {' '.join(sorted(lacking))}; it has {has}"
        return Verdict(Cause.INSUFFICIENT_SCOPE, detail, {**_facts(token), "lacking": tuple(sorted(lacking))})
    return None


def check_bound_certificate(token: IssuedToken, certificate: bytes | None, *, required: bool) -> Verdict | None:
    """
    Check that a token comes with the certificate to which it is bound (RFC 8705 section 3).

    Args:
        token: A token that is good otherwise.
        certificate: What the client showed in the TLS handshake, as DER.
        required: Whether the API takes bound tokens only.

    Returns:
        What is wrong, or None.
    """
    if token.x5t is None and not required:
        return None
    if token.x5t is None:
        detail = "the token is bound to no certificate; this API takes bound ones only"
    elif certificate is None:
        detail = "the token is bound to a certificate, and the request came without one"
    elif certificate_thumbprint(certificate) != token.x5t:
        detail = "the token is bound to another certificate than that of the request"
    else:
        return None
    facts = {**_facts(token), "bound_to": "certificate"}
    return Verdict(Cause.TOKEN_BINDING, f"{detail} (RFC 8705 section 3)", facts)


def _audiences_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(same_audience(a, b) for a in one for b in other)


def _facts(token: IssuedToken) -> Mapping[str, object]:
    return {"token": token}


def _explain_unknown(value: str) -> str:
    if value in {"None", "null", "undefined"}:
        return f"the token is the word {value!r}: the client sent what it has when it has no token"
    return "this provider never issued the token"
