"""Rules about the signed assertion by which a client can authenticate (RFC 7521, RFC 7523)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header
from pytest_oauthcc.masking import mask_url
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_assertion"]

RULES = (
    Rule(
        id="assertion-incomplete",
        level="must",
        rfc="RFC 7521 section 4.2",
        title="Of client_assertion and client_assertion_type only one is there.",
        looks_at="The two parameters of token requests.",
        why="The type says how the assertion is to be read; neither means anything without the other.",
        remedy=f"Send both; the type is {ASSERTION_TYPE}.",
    ),
    Rule(
        id="assertion-type-wrong",
        level="must",
        rfc="RFC 7523 section 2.2",
        title="client_assertion_type is not the one for a JWT.",
        looks_at="The parameter client_assertion_type, which is compared byte for byte.",
        why="The server chooses by it how it reads the assertion, and knows no other.",
        remedy=f"Send {ASSERTION_TYPE}.",
    ),
    Rule(
        id="assertion-not-jwt",
        level="must",
        rfc="RFC 7523 section 2.2",
        title="The client assertion is not a JWT.",
        looks_at="Whether client_assertion has three parts, and JSON objects in the first two.",
        why="The server finds no claims in it.",
        remedy="Send what jwt.encode(claims, key, algorithm=...) returns, as text.",
    ),
    Rule(
        id="assertion-not-signed",
        level="must",
        rfc="RFC 7523 section 3",
        title="The client assertion is not signed.",
        looks_at="The header alg and the signature of client_assertion.",
        why="Without a signature everybody can write one.",
        remedy="Sign it with the client's private key (RS256, ES256...), or with its secret (HS256).",
    ),
    Rule(
        id="assertion-claim-missing",
        level="must",
        rfc="RFC 7523 section 3",
        title="The client assertion lacks a claim.",
        looks_at="The claims iss, sub, aud and exp of client_assertion.",
        why="They say who made it, about whom, for whom and until when. Without one the server has to refuse it.",
        remedy="Put all four in: iss and sub are the client_id, aud the issuer, exp a time some minutes ahead.",
    ),
    Rule(
        id="assertion-not-for-client",
        level="must",
        rfc="RFC 7523 section 3",
        also=("RFC 7521 section 5.2",),
        title="iss and sub of the client assertion are not both the client_id.",
        looks_at="The claims iss and sub of client_assertion.",
        why="The client speaks for itself here, so it is both who says it and whom it is about.",
        remedy="Put the client_id into both.",
    ),
    Rule(
        id="assertion-audience-wrong",
        level="must",
        rfc="RFC 7523 section 3",
        title="The client assertion is meant for somebody else.",
        looks_at="The claim aud of client_assertion: the issuer or the token URL, byte for byte.",
        why="Otherwise one server could take an assertion that it got and use it at another.",
        remedy="Use the issuer identifier as aud.",
    ),
    Rule(
        id="assertion-not-valid-now",
        level="must",
        rfc="RFC 7523 section 3",
        title="The client assertion is expired, or not good yet.",
        looks_at="The claims exp and nbf of client_assertion against the provider's clock.",
        why="The server has to refuse it.",
        remedy="Make a new assertion for every token request; don't keep the first one.",
    ),
)

_CLAIMS = ("iss", "sub", "aud", "exp")
_SKEW = 60  # seconds by which two clocks may differ; RFC 7523 section 3 speaks of a few minutes


def look_at_assertion(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at the client assertion of a token request, if there is one."""
    parameters = entry.parameters
    if "client_assertion" not in parameters.values and "client_assertion_type" not in parameters.values:
        return
    assertion, kind = parameters.get("client_assertion"), parameters.get("client_assertion_type")
    if assertion is None or kind is None:
        missing = "client_assertion" if assertion is None else "client_assertion_type"
        found.append(("assertion-incomplete", f"{missing} is missing"))
    if kind is not None and kind != ASSERTION_TYPE:
        found.append(("assertion-type-wrong", f"client_assertion_type is {scene.show(kind)}"))
    if assertion is None:
        return
    header, claims = decode_header(assertion), decode_claims(assertion)
    if not header or not claims:
        found.append(("assertion-not-jwt", "client_assertion can't be read as a JWT"))
        return
    if str(header.get("alg", "none")).lower() == "none" or assertion.endswith("."):
        found.append(("assertion-not-signed", "the assertion has no signature"))
    missing_claims = [name for name in _CLAIMS if claims.get(name) in (None, "", [])]
    if missing_claims:
        found.append(("assertion-claim-missing", f"the assertion has no {' and no '.join(missing_claims)}"))
    _look_at_names(claims, entry, scene, found)
    _look_at_audience(claims.get("aud"), scene, found)
    _look_at_times(claims, entry.time, found)


def _look_at_names(claims: Mapping[str, Any], entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    client_id = entry.parameters.get("client_id")
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not issuer or not subject:
        return
    if client_id is not None and client_id != subject:
        detail = f"client_id is {scene.show(client_id)}, sub of the assertion is {scene.show(subject)}"
        found.append(("client-id-mismatch", detail))
    if issuer != subject:
        found.append(("assertion-not-for-client", f"iss is {scene.show(issuer)}, sub is {scene.show(subject)}"))
    elif client_id is None and not (isinstance(subject, str) and subject in scene.clients):
        found.append(("assertion-not-for-client", f"sub is {scene.show(subject)}, and no such client is registered"))


def _look_at_audience(audience: Any, scene: Scene, found: list[tuple[str, str]]) -> None:
    if not audience:
        return
    named = [str(item) for item in audience] if isinstance(audience, list) else [str(audience)]
    if not scene.audiences.intersection(named):
        shown = " and ".join(scene.show(mask_url(item)) for item in named[:3])
        found.append(("assertion-audience-wrong", f"aud is {shown}; the issuer is {scene.settings.issuer}"))


def _look_at_times(claims: Mapping[str, Any], now: float, found: list[tuple[str, str]]) -> None:
    expiry, begin = claims.get("exp"), claims.get("nbf")
    if expiry is not None and not _is_number(expiry):
        found.append(("assertion-not-valid-now", "exp is no number of seconds since 1970"))
    elif expiry is not None and expiry <= now:
        found.append(("assertion-not-valid-now", f"the assertion expired {now - expiry:.0f} s before this request"))
    if _is_number(begin) and begin > now + _SKEW:
        found.append(("assertion-not-valid-now", f"the assertion is good only {begin - now:.0f} s after this request"))


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
