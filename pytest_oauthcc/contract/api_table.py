"""Every check of the contract for APIs: what the API is sent, how much it matters, and what usually puts it right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_oauthcc.contract.table import Check
from pytest_oauthcc.core.forgery import why_refused
from pytest_oauthcc.core.forgery_names import FORGERIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.contract.table import Level

__all__ = ["API_CHECKS", "FORGED"]

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
"""Check id -> forgery, for the checks that send one forged token."""


def _forged(check_id: str, name: str) -> Check:
    level, source, why, remedy = _FORGERIES[name]
    return Check(
        check_id, level, source, f"The API is sent a token that it has to refuse: {why_refused(name)}.", why, remedy
    )


_GOOD = "The API is sent a good token."
_CACHE = "Keep the keys (PyJWT: one PyJWKClient for the life of the API, not one for each request)."

_OTHERS = (
    # --- letting in
    Check(
        "lets-a-good-token-in",
        "must",
        "RFC 6750 section 2.1",
        _GOOD,
        "Nothing else can be judged before this works.",
        "Give the API oauthcc.issuer, oauthcc.jwks_url and, as its audience, oauthcc.api_url (or the option audience); "
        "what it demands of scopes goes into the attribute scope of the class.",
    ),
    Check(
        "takes-more-scopes",
        "must",
        "RFC 6749 section 3.3",
        "The API is sent a good token with more scopes than it needs, in another order.",
        "Clients hold tokens that are good for several things.",
        "Split the claim scope at blanks and look whether what is needed is among them.",
    ),
    Check(
        "takes-an-audience-list",
        "must",
        "RFC 7519 section 4.1.3",
        "The API is sent a good token whose aud is a list with the API and another one.",
        "A client that calls two APIs may have one token for both.",
        "Let the library compare the audience; it takes texts and lists.",
    ),
    Check(
        "ignores-unknown-claims",
        "must",
        "RFC 7519 section 4",
        "The API is sent a good token with claims that it does not know.",
        "Issuers add claims when they like.",
        "Read the claims that are needed, and leave the others alone.",
    ),
    Check(
        "reads-the-scheme-without-case",
        "must",
        "RFC 9110 section 11.1",
        "The API is sent a good token after bearer and after BEARER.",
        "The names of authentication schemes compare without case; some clients write bearer.",
        "Split the header at its first blank and lower the first part.",
    ),
    Check(
        "takes-a-token-until-it-expires",
        "must",
        "RFC 9068 section 4",
        "The API is sent a token 10 seconds before it expires.",
        "A client may use its token until the last second.",
        "Don't subtract anything from exp.",
    ),
    Check(
        "refuses-a-token-after-expiry",
        "must",
        "RFC 9068 section 4",
        "The API has let a token in; 10 minutes after its expiry it is sent the same token.",
        "An answer that is kept longer than the token lives makes the token live longer.",
        "Look at exp with every request, also when the token or its introspection is cached; a leeway is seconds.",
    ),
    # --- refusing
    Check(
        "refuses-a-request-without-token",
        "must",
        "RFC 6750 section 3",
        "The API is sent no Authorization header at all.",
        "The API is open to everybody.",
        "Answer 401 with WWW-Authenticate: Bearer where no token comes.",
    ),
    Check(
        "refuses-other-schemes",
        "must",
        "RFC 6750 section 2.1",
        "The API is sent a good token as Basic and as the bare header, and the word Bearer without a token.",
        "What is not Bearer is no token, and must not make the API stumble either.",
        "Split the header at its first blank, and answer 401 unless it is Bearer and one more.",
    ),
    Check(
        "refuses-a-token-in-the-query",
        "must",
        "RFC 9700 section 4.3.2",
        "The API is sent a good token as the parameter access_token of the URL.",
        "URLs are written to logs and sent on to others.",
        "Read the Authorization header only.",
    ),
    Check(
        "answers-403-to-too-little-scope",
        "must",
        "RFC 6750 section 3.1",
        "The API is sent a good token without the scope that it demands.",
        "401 makes a client fetch a new token, which does not help; anything below 400 lets it in.",
        "Look at the scope after the token was verified, and answer 403 where it is missing.",
    ),
    Check(
        "compares-scopes-whole",
        "must",
        "RFC 6749 section 3.3",
        "The API is sent tokens with scopes that only contain the one that it demands, or differ in case.",
        "'orders:read' in 'orders:readonly' is true of texts, and no scope at all.",
        "Split the claim scope at blanks before looking for the one that is needed.",
    ),
    # --- keys
    Check(
        "keeps-the-keys",
        "should",
        "RFC 7517 section 5",
        "The API is sent 20 good tokens in a row.",
        "A request to the issuer for every request makes the API slow, and the issuer angry.",
        _CACHE,
    ),
    Check(
        "takes-a-new-key",
        "must",
        "RFC 9068 section 4",
        "The issuer has a new key; a minute later the API is sent a token that is signed with it.",
        "Issuers change their keys when they like; until the API is restarted it refuses everybody.",
        "Fetch the keys again when a kid is not among them (PyJWT: PyJWKClient does).",
    ),
    Check(
        "keeps-taking-the-old-key",
        "must",
        "RFC 9068 section 4",
        "The issuer has a new key, and still publishes the old one, by which a good token is signed.",
        "Tokens that were issued before the change are good until they expire.",
        "Keep all the keys that the issuer publishes, not just the newest.",
    ),
    Check(
        "forgets-a-retired-key",
        "should",
        "RFC 9068 section 4",
        "The issuer no longer publishes a key; a day later the API is sent a token that is signed with it.",
        "A key is withdrawn when it was stolen.",
        "Let the cache of keys expire after minutes or hours (PyJWT: lifespan=300, and not cache_keys=True).",
    ),
    Check(
        "is-not-made-to-fetch-keys",
        "should",
        "RFC 8725 section 3.10",
        "The API is sent 20 tokens, each with another kid that nobody published.",
        "Anybody can make the API send a request to the issuer for each one that it gets.",
        "Fetch the keys for an unknown kid at most every half a minute (PyJWT: PyJWKClient does from 2.13 on).",
    ),
    Check(
        "works-while-the-keys-are-down",
        "should",
        "RFC 7517 section 5",
        "The API has the keys; then the issuer answers 503, an unknown kid comes, and then a good token.",
        "An outage of the issuer becomes an outage of the API, or worse: anybody can make it one.",
        "Keep the keys that are there when new ones can't be fetched.",
    ),
    Check(
        "lets-nobody-in-without-keys",
        "must",
        "RFC 9068 section 4",
        "The issuer answers 503 before the API has any keys, and recovers later.",
        "What can't be verified has to be refused; but not for ever.",
        "Refuse with 401 or 503 while there are no keys, and fetch them with the next request.",
    ),
    # --- answers
    Check(
        "challenges-with-bearer",
        "must",
        "RFC 6750 section 3",
        "The API is sent no token, and then one that it has to refuse.",
        "Clients and libraries read from WWW-Authenticate which kind of credentials is wanted.",
        'Add the header WWW-Authenticate: Bearer realm="..." to every 401.',
    ),
    Check(
        "tells-invalid-token",
        "should",
        "RFC 6750 section 3.1",
        "The API is sent an expired token.",
        'Clients renew their token on error="invalid_token"; on anything else they give up.',
        'Answer WWW-Authenticate: Bearer error="invalid_token" where a token was refused.',
    ),
    Check(
        "tells-no-error-without-a-token",
        "should",
        "RFC 6750 section 3.1",
        "The API is sent no token.",
        "There was no token that something could be wrong with.",
        'Answer WWW-Authenticate: Bearer realm="..." without error where no token was sent.',
    ),
    Check(
        "tells-insufficient-scope",
        "should",
        "RFC 6750 section 3.1",
        "The API is sent a good token without the scope that it demands.",
        'From error="insufficient_scope" a client knows that it has to ask for more, and not just again.',
        'Answer WWW-Authenticate: Bearer error="insufficient_scope", scope="<what is needed>" with the 403.',
    ),
    Check(
        "challenge-is-well-formed",
        "must",
        "RFC 6750 section 3",
        "The API is sent no token, an expired one, and one that is none.",
        "Clients can't parse a challenge with an attribute twice, or with quotes and line breaks inside.",
        "Write realm, scope, error and error_description once each, in plain ASCII without quotes and backslashes.",
    ),
)

API_CHECKS: Final[Mapping[str, Check]] = {
    check.id: check for check in (*_OTHERS, *(_forged(check_id, name) for check_id, name in FORGED.items()))
}
"""All checks by id."""
