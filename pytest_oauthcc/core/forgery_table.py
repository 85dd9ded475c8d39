"""The table of forgeries: why each token has to be refused, what was done to it, and where it makes no sense."""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from pytest_oauthcc.core import forgery_making as making
from pytest_oauthcc.core import raw_jwt
from pytest_oauthcc.core.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["TABLE", "Forgery", "why_refused"]


# --- where there is no such forgery


def _needs_claim(name: str) -> Callable[[making.Workpiece], str]:
    return lambda piece: "" if name in piece.payload else f"the tokens of this provider have no claim {name!r}"


def _needs_client(piece: making.Workpiece) -> str:
    return "" if making.claims_of_client(piece) else "the tokens of this provider don't say whose they are"


def _needs_key_pair(piece: making.Workpiece) -> str:
    return "" if piece.key.public_jwk is not None else f"{piece.key.alg} has no public key; choose another signing_alg"


def _needs_own_typ(piece: making.Workpiece) -> str:
    typ = piece.header.get("typ")
    if str(typ).lower() in {"at+jwt", "application/at+jwt"}:
        return ""
    return f"the tokens of this provider have typ {typ!r}, which tells no kinds of token apart"


def _needs_ecdsa(piece: making.Workpiece) -> str:
    return "" if piece.key.alg.startswith("ES") else f"it is about ECDSA, and the algorithm is {piece.key.alg}"


def _fits_always(_piece: making.Workpiece) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Forgery:
    """
    One kind of forged token.

    Args:
        why: Why an API has to refuse it.
        make: Makes the token of a good draft.
        cause: What the fake's own API finds wrong with it.
        obstacle: Says why there is no such token at a provider, or nothing.
        status: What an API has to answer.
    """

    why: str
    make: Callable[[making.Workpiece], str]
    cause: Cause = Cause.TOKEN_UNKNOWN
    obstacle: Callable[[making.Workpiece], str] = _fits_always
    status: int = 401


_NOT_SIGNED = "it is not signed, whatever the spelling of its alg (RFC 8725 section 3.2, RFC 9068 section 4)"

TABLE: Final[Mapping[str, Forgery]] = {
    "expired": Forgery("it expired an hour ago (RFC 9068 section 4)", making.expire, Cause.TOKEN_EXPIRED),
    "not-yet-valid": Forgery(
        "its nbf lies an hour ahead (RFC 7519 section 4.1.5)", making.postpone, Cause.TOKEN_NOT_YET_VALID
    ),
    "no-exp": Forgery(
        "it has no exp, and so would be good for ever (RFC 9068 section 2.2)",
        making.drop_claim("exp"),
        obstacle=_needs_claim("exp"),
    ),
    "wrong-issuer": Forgery(
        "its iss is another issuer (RFC 9068 section 4)",
        making.set_claims(iss="https://issuer.elsewhere.test"),
        obstacle=_needs_claim("iss"),
    ),
    "no-issuer": Forgery(
        "it has no iss (RFC 9068 section 2.2)", making.drop_claim("iss"), obstacle=_needs_claim("iss")
    ),
    "other-tenant": Forgery(
        "its iss only begins like the right one: another tenant of the same server (RFC 9068 section 4)",
        making.move_to_other_tenant,
        obstacle=_needs_claim("iss"),
    ),
    "wrong-audience": Forgery(
        "its aud is another API (RFC 9068 section 4, RFC 9700 section 2.3)",
        making.set_claims(aud="https://api.elsewhere.test/"),
        Cause.TOKEN_AUDIENCE,
        _needs_claim("aud"),
    ),
    "no-audience": Forgery(
        "it has no aud, and so would be good at every API (RFC 9068 section 2.2)",
        making.drop_claim("aud"),
        Cause.TOKEN_AUDIENCE,
        _needs_claim("aud"),
    ),
    "wrong-key": Forgery("another key signed it under the kid of the right one", making.sign_with_wrong_key()),
    "unknown-kid": Forgery(
        "its kid is that of no published key, and neither is the key that signed it",
        making.sign_with_wrong_key(kid="a-key-that-nobody-published"),
    ),
    "alg-none": Forgery(_NOT_SIGNED, making.leave_unsigned("none")),
    "alg-none-capitalized": Forgery(_NOT_SIGNED, making.leave_unsigned("None")),
    "alg-none-uppercase": Forgery(_NOT_SIGNED, making.leave_unsigned("NONE")),
    "alg-none-mixed-case": Forgery(_NOT_SIGNED, making.leave_unsigned("nOnE")),
    "hs256-public-key": Forgery(
        "it is signed by HS256 with the public key as the secret, which everybody has (RFC 8725 section 2.1)",
        lambda piece: piece.signed_hs256(raw_jwt.public_pem(piece.key)),
        obstacle=_needs_key_pair,
    ),
    "hs256-empty-secret": Forgery(
        "it is signed by HS256 with an empty secret (RFC 8725 section 3.5)", lambda piece: piece.signed_hs256(b"")
    ),
    "embedded-jwk": Forgery(
        "it is signed by the key that it brings along in its header as jwk (RFC 8725 section 3.10)", making.embed_key
    ),
    "foreign-jku": Forgery(
        "its header says with jku that its key is elsewhere (RFC 8725 section 3.10)",
        making.point_to_keys("jku", "/jwks.json"),
    ),
    "foreign-x5u": Forgery(
        "its header says with x5u that its certificate is elsewhere (RFC 8725 section 3.10)",
        making.point_to_keys("x5u", "/certificate.pem"),
    ),
    "kid-path-traversal": Forgery(
        "its kid is a path to an empty file, with whose content it is signed (RFC 8725 section 3.10)",
        making.inject_kid("../../../../../../dev/null", b""),
    ),
    "kid-sql-injection": Forgery(
        "its kid makes a careless query return the secret that signed it (RFC 8725 section 3.10)",
        making.inject_kid("x' UNION SELECT 'oauthcc", b"oauthcc"),
    ),
    "kid-not-a-text": Forgery(
        "its kid is no text (RFC 7515 section 4.1.4)", making.sign_with_wrong_key(kid={"$ne": None})
    ),
    "wrong-typ": Forgery(
        "its typ is JWT instead of at+jwt: it may be any other kind of token of the issuer (RFC 9068 section 4)",
        making.retype,
        obstacle=_needs_own_typ,
    ),
    "id-token": Forgery(
        "it is an ID token: it tells the client who logged in, and is not meant for an API (RFC 9068 section 4)",
        making.make_id_token,
        Cause.TOKEN_AUDIENCE,
        _needs_claim("aud"),
    ),
    "tampered-payload": Forgery("its claims were changed after it had been signed", making.tamper),
    "stripped-signature": Forgery("its signature was taken away", making.Workpiece.unsigned),
    "truncated-signature": Forgery(
        "half of its signature is missing", lambda piece: piece.with_signature(lambda whole: whole[: len(whole) // 2])
    ),
    "der-signature": Forgery(
        "its ECDSA signature is in DER instead of the two plain numbers (RFC 7518 section 3.4)",
        lambda piece: piece.with_signature(making.to_der),
        obstacle=_needs_ecdsa,
    ),
    "zero-signature": Forgery(
        "its signature is all zeros, which careless ECDSA code takes for right (RFC 8725 section 3.4)",
        lambda piece: piece.with_signature(lambda whole: bytes(len(whole))),
    ),
    "duplicate-claims": Forgery(
        "it has exp twice, and by the last one, which counts, it is expired (RFC 7519 section 4)",
        making.repeat_exp,
        Cause.TOKEN_EXPIRED,
    ),
    "unknown-crit": Forgery(
        "its header marks an extension as critical that nobody knows (RFC 7515 section 4.1.11)", making.demand_extension
    ),
    "oversized": Forgery(
        f"it has more than {making.OVERSIZE:,} characters, and no key of the issuer signed it", making.blow_up
    ),
    "not-a-jwt": Forgery("it is a random text that the issuer never made", lambda _: token_urlsafe(32)),
    "too-little-scope": Forgery(
        "it is good, but lacks the scope (RFC 6750 section 3.1)",
        making.Workpiece.signed,
        Cause.INSUFFICIENT_SCOPE,
        status=403,
    ),
    "revoked": Forgery(
        "it was revoked; only introspection tells (RFC 7662 section 4)",
        making.Workpiece.signed,
        Cause.TOKEN_REVOKED,
    ),
    "other-client": Forgery(
        "it was issued to a client that is not registered here; an API that knows its callers refuses it",
        making.give_to_other_client,
        obstacle=_needs_client,
    ),
    "dpop-as-bearer": Forgery(
        "it is bound to a key by cnf, and is sent as Bearer without a proof (RFC 9449 section 7.2)",
        making.bind_to_key,
        Cause.TOKEN_BINDING,
    ),
}
"""All forgeries by name, in the order of ``forgery_names.FORGERIES``."""


def why_refused(name: str) -> str:
    """Say why a token of that kind of forgery has to be refused, as the rest of a sentence about it."""
    return TABLE[name].why
