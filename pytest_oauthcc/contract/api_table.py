"""Every check of the contract for APIs: what the API is sent, how much it matters, and what usually puts it right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_oauthcc.contract.api_forged_table import FORGED_CHECKS
from pytest_oauthcc.contract.table import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["API_CHECKS"]

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

API_CHECKS: Final[Mapping[str, Check]] = {check.id: check for check in (*_OTHERS, *FORGED_CHECKS)}
"""All checks by id."""
