"""Renewing a token: at its expiry, shortly before, never long after."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        "renews-an-expired-token",
        "must",
        "RFC 6749 section 4.2.2",
        "The token expires, then the client calls the API again.",
        "The service works for an hour after each start, then every call fails.",
        "Keep the moment of expiry (the time of the answer plus expires_in), compare it with the clock before each "
        "call, and ask for a new token when it is near.",
    ),
    Check(
        "renews-every-time",
        "must",
        FIELD,
        "The token expires three times in a row, with a call after each.",
        "A client that keeps the old expiry renews once, or on every call from then on.",
        "Store token and expiry together, and replace both.",
    ),
    Check(
        "tolerates-clock-skew",
        "should",
        "RFC 7519 section 4.1.4",
        "Two seconds before the expiry the API refuses the token already, since its clock is ahead of the client's.",
        "Clocks differ by seconds, and a token can expire on its way.",
        "Renew some seconds before the expiry, or renew on 401 and repeat the call once.",
    ),
    Check(
        "does-not-send-expired-tokens",
        "advice",
        "RFC 6749 section 5.1",
        "The token expires, then the client calls the API again.",
        "Each expiry costs a refused call, which some gateways count as an attack.",
        "Look at the expiry before each call, and don't rely on 401 alone.",
    ),
    Check(
        "keeps-its-token-for-half-its-life",
        "should",
        FIELD,
        "Half of the token's lifetime passes, then the client calls the API again.",
        "A client that counts wrongly, in milliseconds or in another time zone, asks far too often.",
        "Renew at the earliest in the last fifth of the lifetime.",
    ),
    Check(
        "keeps-short-lived-tokens",
        "should",
        FIELD,
        "Tokens live for 30 seconds, and the client calls the API five times in a row.",
        "A leeway that is longer than the lifetime makes every token stale at once: a request for each call.",
        "Limit the leeway to a fraction of the lifetime: min(60, expires_in / 5).",
    ),
    Check(
        "works-without-expires-in",
        "must",
        "RFC 6749 section 5.1",
        "The answer has no expires_in.",
        "It is only recommended; several providers leave it out.",
        "Read it with .get(), and fall back to the exp of a JWT, a default, or the 401 of the API.",
    ),
    Check(
        "reads-the-exp-of-a-jwt",
        "should",
        FIELD,
        "The answer has no expires_in, the token is a JWT, and it expires; then the client calls the API again.",
        "Otherwise the token is taken to be good for ever.",
        "Without expires_in renew on 401, or after a lifetime of your own; exp of the JWT tells it, too, where the "
        "provider says that it may be read (RFC 9068 section 6 forbids clients to look into tokens).",
    ),
    Check(
        "works-with-expires-in-null",
        "should",
        FIELD,
        "The answer says expires_in: null.",
        "Some JSON libraries write null for what is not set.",
        "Treat null as missing.",
    ),
    Check(
        "reads-expires-in-as-a-string",
        "should",
        FIELD,
        "The answer says expires_in as a string of digits; then the token expires.",
        "Several providers quote the number, and time.time() + '3600' raises a TypeError.",
        "Convert with int() or float() before adding.",
    ),
    Check(
        "reads-expires-in-as-a-float",
        "should",
        FIELD,
        "The answer says expires_in: 3600.0; then the token expires.",
        "Servers that compute the remaining lifetime answer with a float.",
        "Take any number; don't check isinstance(value, int) alone.",
    ),
    Check(
        "does-not-take-zero-for-ever",
        "should",
        FIELD,
        "The answer says expires_in: 0; the token then is revoked a day later.",
        "0 is falsy: `if expires_in` takes a token that is already dead for one that never dies.",
        "Compare with None.",
    ),
    Check(
        "survives-a-huge-expires-in",
        "should",
        FIELD,
        "The answer says expires_in: 10^15.",
        "datetime and timedelta overflow, and the client dies of a server's idea of 'for ever'.",
        "Limit the value, to a day perhaps, before adding it to anything.",
    ),
    Check(
        "counts-alike-in-every-time-zone",
        "must",
        FIELD,
        "The machine is in another time zone, or its clocks change, or a year ends; the token is used, and expires.",
        "Naive local times and utcnow().timestamp() are off by hours, and a time of day is smaller after midnight: "
        "dead tokens, or a storm of token requests.",
        "Count with time.time() or time.monotonic(), or with datetime.now(UTC).",
    ),
    Check(
        "renews-with-its-credentials",
        "should",
        "RFC 6749 section 4.4.3",
        "The answer has a refresh_token that is null or that the server then refuses; the token expires.",
        "There should be none with this grant, and the credentials are always at hand.",
        "Renew with grant_type=client_credentials, whatever refresh_token says.",
    ),
    Check(
        "survives-a-key-rotation",
        "should",
        "OpenID Connect Core section 10.1.1",
        "The token expires, and the next one is signed with another key, which the provider has published.",
        "A client that checks its tokens with keys that it fetched once fails for good when the provider rotates them.",
        "Don't look into access tokens (RFC 9068 section 6), or fetch the keys again for a kid that is not among them.",
    ),
)
