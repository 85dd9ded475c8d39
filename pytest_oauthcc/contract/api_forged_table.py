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

# level, where it stands, why it matters, what to do; then the forgeries of which this is true
_ROWS: Final[tuple[tuple[Level, str, str, str, tuple[str, ...]], ...]] = (
    ("must", "RFC 9068 section 4", "A stolen token works for ever.", _TIME, ("expired",)),
    ("must", "RFC 7519 section 4.1.5", "The issuer said: not before.", _TIME, ("not-yet-valid",)),
    ("must", "RFC 9068 section 2.2", "A token that never expires can't be got rid of.", _TIME, ("no-exp",)),
    ("must", "RFC 9068 section 4", "Every issuer that shares a key is trusted.", _ISSUER, ("wrong-issuer",)),
    (
        "must",
        "RFC 9068 section 2.2",
        "Nobody says that it is an access token of this issuer.",
        _ISSUER,
        ("no-issuer",),
    ),
    (
        "must",
        "RFC 9068 section 4",
        "At servers with one set of keys for all tenants, every tenant is let in.",
        _ISSUER,
        ("other-tenant",),
    ),
    (
        "must",
        "RFC 9068 section 4",
        "Any other API can use the tokens that it is sent against this one.",
        _AUDIENCE,
        ("wrong-audience",),
    ),
    (
        "must",
        "RFC 9068 section 2.2",
        "A token for nobody in particular is none for this API.",
        _AUDIENCE,
        ("no-audience",),
    ),
    (
        "must",
        "RFC 9068 section 4",
        _OUTSIDE,
        _SIGNATURE,
        ("wrong-key", "stripped-signature", "truncated-signature"),
    ),
    ("must", "RFC 9068 section 4", _OUTSIDE, _KEYS, ("unknown-kid",)),
    (
        "must",
        "RFC 9068 section 4",
        _OUTSIDE,
        _ALGORITHMS,
        ("alg-none", "alg-none-capitalized", "alg-none-uppercase", "alg-none-mixed-case"),
    ),
    ("must", "RFC 8725 section 3.1", _OUTSIDE, _ALGORITHMS, ("hs256-public-key", "hs256-empty-secret")),
    (
        "must",
        "RFC 8725 section 3.10",
        _OUTSIDE,
        _KEYS,
        ("embedded-jwk", "foreign-jku", "foreign-x5u", "kid-path-traversal", "kid-sql-injection"),
    ),
    ("must", "RFC 7515 section 4.1.4", "Anybody can make the API crash.", _KEYS, ("kid-not-a-text",)),
    (
        "must",
        "RFC 9068 section 4",
        "Other tokens of the same issuer, made for other purposes, pass for access tokens.",
        _TYPE,
        ("wrong-typ",),
    ),
    (
        "must",
        "RFC 9068 section 4",
        "Whoever gets somebody's ID token, and every application does, can call the API.",
        f"{_TYPE} {_AUDIENCE}",
        ("id-token",),
    ),
    ("must", "RFC 9068 section 4", "Everybody can be whoever they like.", _SIGNATURE, ("tampered-payload",)),
    (
        "must",
        "RFC 7518 section 3.4",
        "One token in two forms slips past lists of revoked tokens.",
        _SIGNATURE,
        ("der-signature",),
    ),
    ("must", "RFC 8725 section 3.4", _OUTSIDE, _SIGNATURE, ("zero-signature",)),
    (
        "must",
        "RFC 7519 section 4",
        "Two parts of the API that read one token may read it differently.",
        "Read the claims with one parser; refuse what has a name twice, or let the last one count.",
        ("duplicate-claims",),
    ),
    (
        "must",
        "RFC 7515 section 4.1.11",
        "The issuer said that the token must not be used by those who don't know the extension.",
        "Refuse tokens with crit (PyJWT does from 2.12 on).",
        ("unknown-crit",),
    ),
    (
        "must",
        "RFC 9068 section 4",
        "What is too long for a good token must not be let in, nor make the API stumble.",
        "Verify the signature, and let the server limit the size of headers; 400, 413 and 431 do as well.",
        ("oversized",),
    ),
    (
        "must",
        "RFC 6750 section 3.1",
        "Anybody can send any text; it must be refused, not stumbled over.",
        "Catch what the library raises for any malformed token (PyJWT: jwt.InvalidTokenError), and answer 401.",
        ("not-a-jwt",),
    ),
    (
        "must",
        "RFC 7662 section 4",
        "A revoked token is what was stolen yesterday.",
        'Look at "active" in the answer of the introspection endpoint, and at nothing else first.',
        ("revoked",),
    ),
    (
        "advice",
        "RFC 9700 section 2.3",
        "An API for a few known clients serves every client of the same issuer.",
        "Compare the claim client_id with the list of those that may call.",
        ("other-client",),
    ),
    (
        "should",
        "RFC 9449 section 7.2",
        "The token was bound to a key so that a thief can't use it; the API lets the thief use it.",
        "Refuse a token with the claim cnf unless the request proves that it has the key.",
        ("dpop-as-bearer",),
    ),
)
_FORGERIES: Final[Mapping[str, tuple[Level, str, str, str]]] = {name: row[:4] for row in _ROWS for name in row[4]}

FORGED: Final[Mapping[str, str]] = {f"refuses-{name}": name for name in FORGERIES if name in _FORGERIES}
"""Check id -> forgery."""


def _check(check_id: str, name: str) -> Check:
    level, source, why, remedy = _FORGERIES[name]
    return Check(
        check_id, level, source, f"The API is sent a token that it has to refuse: {why_refused(name)}.", why, remedy
    )


FORGED_CHECKS: Final = tuple(_check(check_id, name) for check_id, name in FORGED.items())
"""In the order of the forgeries."""
