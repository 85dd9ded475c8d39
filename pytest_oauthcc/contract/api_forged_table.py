"""The checks that send a forged token to an API: one for each forgery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_oauthcc.contract.table import Check
from pytest_oauthcc.core.forgery_names import FORGERIES
from pytest_oauthcc.core.forgery_table import why_refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.contract.table import Level

__all__ = ["FORGED", "FORGED_CHECKS"]

_OUTSIDE = "Whoever can write such a token is let in."

_ALGORITHMS = (
    "Let the API name the algorithms itself, such as algorithms=['ES256'], and never take them from the header of the "
    "token."
)
_KEYS = (
    "Look the key up by kid in the keys of the one issuer that the API trusts (jwks_uri); refuse a token whose kid is "
    "not there, and use nothing else out of the header."
)
_SIGNATURE = "Verify the signature with a library (PyJWT: jwt.decode with key and algorithms), and take no exceptions."
_ISSUER = "Compare iss with the configured issuer, character by character (PyJWT: issuer=..., and require iss)."
_AUDIENCE = "Give the library the API's own name (PyJWT: audience=..., and options={'require': ['aud']})."
_TYPE = "Refuse every typ but at+jwt and application/at+jwt, compared without case."
_TIME = "Leave the library's check of exp and nbf on, with a leeway of seconds (PyJWT: options={'require': ['exp']})."

# forgery -> level, where it stands, why it matters, what to do
_FORGERIES: Final[Mapping[str, tuple[Level, str, str, str]]] = {
    "expired": ("must", "RFC 9068 section 4", "A stolen token works for ever.", _TIME),
    "not-yet-valid": ("must", "RFC 7519 section 4.1.5", "The issuer said: not before.", _TIME),
    "no-exp": ("must", "RFC 9068 section 2.2", "A token that never expires can't be got rid of.", _TIME),
    "wrong-issuer": ("must", "RFC 9068 section 4", "Every issuer that shares a key is trusted.", _ISSUER),
    "no-issuer": ("must", "RFC 9068 section 2.2", "Nobody says that it is an access token of this issuer.", _ISSUER),
    "other-tenant": (
        "must",
        "RFC 9068 section 4",
        "At servers with one set of keys for all tenants, every tenant is let in.",
        _ISSUER,
    ),
    "wrong-audience": (
        "must",
        "RFC 9068 section 4",
        "Any other API can use the tokens that it is sent against this one.",
        _AUDIENCE,
    ),
    "no-audience": (
        "must",
        "RFC 9068 section 2.2",
        "A token for nobody in particular is none for this API.",
        _AUDIENCE,
    ),
    "wrong-key": ("must", "RFC 9068 section 4", _OUTSIDE, _SIGNATURE),
    "unknown-kid": ("must", "RFC 9068 section 4", _OUTSIDE, _KEYS),
    "alg-none": ("must", "RFC 9068 section 4", _OUTSIDE, _ALGORITHMS),
    "alg-none-capitalized": ("must", "RFC 9068 section 4", _OUTSIDE, _ALGORITHMS),
    "alg-none-uppercase": ("must", "RFC 9068 section 4", _OUTSIDE, _ALGORITHMS),
    "alg-none-mixed-case": ("must", "RFC 9068 section 4", _OUTSIDE, _ALGORITHMS),
    "hs256-public-key": ("must", "RFC 8725 section 3.1", _OUTSIDE, _ALGORITHMS),
    "hs256-empty-secret": ("must", "RFC 8725 section 3.1", _OUTSIDE, _ALGORITHMS),
    "embedded-jwk": ("must", "RFC 8725 section 3.10", _OUTSIDE, _KEYS),
    "foreign-jku": ("must", "RFC 8725 section 3.10", _OUTSIDE, _KEYS),
    "foreign-x5u": ("must", "RFC 8725 section 3.10", _OUTSIDE, _KEYS),
    "kid-path-traversal": ("must", "RFC 8725 section 3.10", _OUTSIDE, _KEYS),
    "kid-sql-injection": ("must", "RFC 8725 section 3.10", _OUTSIDE, _KEYS),
    "kid-not-a-text": ("must", "RFC 7515 section 4.1.4", "Anybody can make the API crash.", _KEYS),
    "wrong-typ": (
        "must",
        "RFC 9068 section 4",
        "Other tokens of the same issuer, made for other purposes, pass for access tokens.",
        _TYPE,
    ),
    "id-token": (
        "must",
        "RFC 9068 section 4",
        "Whoever gets somebody's ID token, and every application does, can call the API.",
        f"{_TYPE} {_AUDIENCE}",
    ),
    "tampered-payload": ("must", "RFC 9068 section 4", "Everybody can be whoever they like.", _SIGNATURE),
    "stripped-signature": ("must", "RFC 9068 section 4", _OUTSIDE, _SIGNATURE),
    "truncated-signature": ("must", "RFC 9068 section 4", _OUTSIDE, _SIGNATURE),
    "der-signature": (
        "must",
        "RFC 7518 section 3.4",
        "One token in two forms slips past lists of revoked tokens.",
        _SIGNATURE,
    ),
    "zero-signature": ("must", "RFC 8725 section 3.4", _OUTSIDE, _SIGNATURE),
    "duplicate-claims": (
        "must",
        "RFC 7519 section 4",
        "Two parts of the API that read one token may read it differently.",
        "Read the claims with one parser; refuse what has a name twice, or let the last one count.",
    ),
    "unknown-crit": (
        "must",
        "RFC 7515 section 4.1.11",
        "The issuer said that the token must not be used by those who don't know the extension.",
        "Refuse tokens with crit (PyJWT does from 2.12 on).",
    ),
    "oversized": (
        "must",
        "RFC 9068 section 4",
        "What is too long for a good token must not be let in, nor make the API stumble.",
        "Verify the signature, and let the server limit the size of headers; 400, 413 and 431 do as well.",
    ),
    "not-a-jwt": (
        "must",
        "RFC 6750 section 3.1",
        "Anybody can send any text; it must be refused, not stumbled over.",
        "Catch what the library raises for any malformed token (PyJWT: jwt.InvalidTokenError), and answer 401.",
    ),
    "revoked": (
        "must",
        "RFC 7662 section 4",
        "A revoked token is what was stolen yesterday.",
        'Look at "active" in the answer of the introspection endpoint, and at nothing else first.',
    ),
    "other-client": (
        "advice",
        "RFC 9700 section 2.3",
        "An API for a few known clients serves every client of the same issuer.",
        "Compare the claim client_id with the list of those that may call.",
    ),
    "dpop-as-bearer": (
        "should",
        "RFC 9449 section 7.2",
        "The token was bound to a key so that a thief can't use it; the API lets the thief use it.",
        "Refuse a token with the claim cnf unless the request proves that it has the key.",
    ),
}

FORGED: Final[Mapping[str, str]] = {f"refuses-{name}": name for name in FORGERIES if name in _FORGERIES}
"""Check id -> forgery."""


def _check(check_id: str, name: str) -> Check:
    level, source, why, remedy = _FORGERIES[name]
    return Check(
        check_id, level, source, f"The API is sent a token that it has to refuse: {why_refused(name)}.", why, remedy
    )


FORGED_CHECKS: Final = tuple(_check(check_id, name) for check_id, name in FORGED.items())
"""In the order of the forgeries."""
