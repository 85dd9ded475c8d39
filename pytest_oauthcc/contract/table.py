"""Every check of the contract: what it provokes, how much it matters, and what usually puts it right."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHECKS", "Check", "find_check"]

Level = Literal["must", "should", "advice"]


@dataclass(frozen=True, slots=True)
class Check:
    """
    One behaviour that a client has to show.

    Args:
        id: In kebab case; what ``waived`` and ``not_applicable`` take.
        level: ``"must"`` and ``"should"`` are always checked, ``"advice"`` where the class says ``advice = True``.
        source: Where it stands, as ``"RFC 6749 section 4.4.2"``, or who learned it the hard way.
        provoked: What the check does to the client, in one sentence.
        why: Why it matters, for a person who never read the RFC.
        remedy: What usually puts it right.
    """

    id: str
    level: Level
    source: str
    provoked: str
    why: str
    remedy: str


_FIELD = "seen in the field"
_PLAIN = "The client calls the API once, and nothing is in its way."

_ALL = (
    # --- getting
    Check(
        "gets-a-token",
        "must",
        "RFC 6749 section 4.4",
        _PLAIN,
        "Nothing else can be judged before this works.",
        "Look at the status of the requests above: the fake says why it refused one.",
    ),
    Check(
        "uses-post",
        "must",
        "RFC 6749 section 3.2",
        _PLAIN,
        "Servers refuse anything but POST, and what stands in a URL ends up in logs.",
        "Send the token request with POST.",
    ),
    Check(
        "sends-a-form",
        "must",
        "RFC 6749 section 4.4.2",
        _PLAIN,
        "Most servers read nothing but application/x-www-form-urlencoded here.",
        "Hand the parameters over as form data (data=..., not json=... or params=...).",
    ),
    Check(
        "sends-the-grant-type",
        "must",
        "RFC 6749 section 4.4.2",
        _PLAIN,
        "The value is compared letter by letter.",
        "Send grant_type=client_credentials.",
    ),
    Check(
        "authenticates-one-way",
        "must",
        "RFC 6749 section 2.3",
        _PLAIN,
        "Servers answer invalid_request to a request that brings its credentials twice.",
        "Send the credentials in the Authorization header or in the body, not in both.",
    ),
    Check(
        "keeps-the-secret-out-of-the-url",
        "must",
        "RFC 6749 section 2.3.1",
        _PLAIN,
        "URLs are written to the logs of every proxy and server on the way.",
        "Move client_id and client_secret from the query into the header or the body.",
    ),
    Check(
        "sends-no-parameter-twice",
        "must",
        "RFC 6749 section 3.2",
        _PLAIN,
        "Which of the two counts is for each server to guess; most refuse the request.",
        "Send each parameter once; several scopes go into one parameter with blanks between them.",
    ),
    Check(
        "sends-no-empty-parameters",
        "should",
        "RFC 6749 section 3.2",
        _PLAIN,
        "Some servers take an empty scope for a malformed one.",
        "Leave a parameter out when there is nothing to say.",
    ),
    Check(
        "sends-no-parameters-of-other-grants",
        "should",
        "RFC 6749 section 4.4.2",
        _PLAIN,
        "Strict servers refuse them, and they may hold somebody's password.",
        "Send what the grant needs: grant_type, scope, the credentials.",
    ),
    Check(
        "asks-for-json",
        "advice",
        "RFC 9110 section 12.5.1",
        _PLAIN,
        "Some providers answer with a form unless they are asked for JSON.",
        "Send Accept: application/json with the token request.",
    ),
    Check(
        "accepts-json",
        "must",
        "RFC 6749 section 5.1",
        _PLAIN,
        "The answer is JSON; a server that looks at Accept answers 406 to a client that won't have it.",
        "Let Accept contain application/json or */*.",
    ),
    Check(
        "sends-its-scope",
        "must",
        "RFC 6749 section 3.3",
        _PLAIN,
        "A token without the configured scope is refused by the API, or can do more than it should.",
        "Send the configured scope as the parameter scope with every token request.",
    ),
    Check(
        "separates-scopes-by-spaces",
        "must",
        "RFC 6749 section 3.3",
        "The client is made with two scopes and calls the API.",
        "Two scopes with a comma between them are one unknown scope to the server.",
        "Join the scopes with single blanks into one parameter: ' '.join(scopes).",
    ),
    Check(
        "encodes-the-scope",
        "must",
        "RFC 6749 appendix B",
        "The client is made with a scope that has reserved characters in it.",
        "An unescaped & ends the parameter, and an unescaped + arrives as a blank.",
        "Let the HTTP library or urllib.parse.urlencode build the body.",
    ),
    Check(
        "encodes-a-secret-with-reserved-characters",
        "must",
        "RFC 6749 section 2.3.1",
        "The client secret has characters such as %, +, & and a blank in it.",
        "Generated secrets do have such characters: the client works for months, until the secret is rotated.",
        "For Basic, form-encode id and secret first: b64(quote_plus(id) + ':' + quote_plus(secret)). In the body let "
        "the HTTP library encode them.",
    ),
    Check(
        "encodes-an-id-with-reserved-characters",
        "must",
        "RFC 6749 section 2.3.1",
        "The client id has characters such as %, + and a blank in it.",
        "Ids may be URLs or names with blanks.",
        "Encode the id as the secret: quote_plus both before they go into the Basic header.",
    ),
    Check(
        "keeps-a-colon-in-its-id",
        "must",
        "RFC 6749 section 2.3.1",
        "The client id has a colon in it.",
        "Some providers form ids as tenant:application.",
        "Form-encode the id for Basic, so that its colon becomes %3A; split id:secret settings at the last colon.",
    ),
    Check(
        "sends-a-non-ascii-secret-as-utf-8",
        "should",
        "RFC 6749 appendix B",
        "The client secret has letters in it that are not ASCII.",
        "Passphrases chosen by people have them, and latin-1 or a UnicodeEncodeError is what the server gets.",
        "Encode as UTF-8 before anything else: quote_plus does.",
    ),
    Check(
        "sends-a-long-secret",
        "must",
        "RFC 7617 section 2",
        "The client secret is 180 characters long.",
        "base64.encodebytes breaks lines after 76 characters, and a header can't hold a line break.",
        "Use base64.b64encode.",
    ),
    Check(
        "survives-white-space-around-the-secret",
        "should",
        _FIELD,
        "The client secret ends in a line break, as one that was read from a file does.",
        "Secrets come from files and environment variables; a raw line break breaks the header or the form.",
        "Strip the setting, or encode what is there; both are fine.",
    ),
    Check(
        "keeps-the-query-of-the-token-url",
        "must",
        "RFC 6749 section 3.2",
        "The URL of the token endpoint has a query of its own.",
        "Providers tell their tenants apart by it.",
        "Post to the URL as it is configured.",
    ),
    Check(
        "sends-the-headers-that-the-provider-wants",
        "must",
        "the provider",
        _PLAIN,
        "Gateways in front of a provider turn requests without their API key away.",
        "Send the header with every request, to the token endpoint and to the API.",
    ),
    Check(
        "sends-the-parameters-that-the-provider-wants",
        "must",
        "the provider",
        _PLAIN,
        "The provider refuses token requests without them.",
        "Send the parameter with every token request, also with those that renew a token.",
    ),
    Check(
        "sends-the-token-as-the-api-wants-it",
        "must",
        "RFC 6750 section 2.1",
        _PLAIN,
        "Bearer missing, doubled or followed by a line break: the API says 401, and nobody sees why.",
        "Send Authorization: Bearer, one blank, the token and nothing else.",
    ),
    Check(
        "takes-token-type-in-any-case",
        "must",
        "RFC 6749 section 7.1",
        "The answer spells token_type in another case.",
        "bearer, Bearer and BEARER are all in use.",
        "Compare token_type.lower(), and write Bearer yourself.",
    ),
    Check(
        "works-without-token-type",
        "advice",
        "RFC 6749 section 5.1",
        "The answer has no token_type.",
        "Providers forget it, and there is only one type in use.",
        "Take a missing token_type for Bearer.",
    ),
    Check(
        "leaves-tokens-of-unknown-types-alone",
        "advice",
        "RFC 6749 section 7.1",
        "The answer says token_type: mac.",
        "The client can't know how such a token is to be used.",
        "Raise an error when token_type is not Bearer.",
    ),
    Check(
        "works-without-scope-in-the-answer",
        "must",
        "RFC 6749 section 5.1",
        "The answer has no scope.",
        "It is optional where it would say what was asked for.",
        "Read the scope with .get().",
    ),
    Check(
        "takes-a-narrower-scope",
        "should",
        "RFC 6749 section 3.3",
        "The answer grants another scope than was asked for.",
        "The server may do so; whether the token is good for a call is the API's business.",
        "Keep the granted scope for information, and don't raise.",
    ),
    Check(
        "ignores-unknown-members",
        "must",
        "RFC 6749 section 5.1",
        "The answer has members that the client has never heard of.",
        "Providers add members without notice.",
        "Pick the members that you know; don't pass the whole answer on as keyword arguments.",
    ),
    Check(
        "carries-a-long-token",
        "should",
        _FIELD,
        "The access token is 6,000 characters long.",
        "JWTs with many roles are; caches and headers with a fixed size cut them off.",
        "Treat the token as an opaque text of any length.",
    ),
    # --- keeping
    Check(
        "reuses-its-token",
        "must",
        _FIELD,
        "The client calls the API five times in a row.",
        "A token request per call is slow, and providers count and throttle them.",
        "Keep the token with its expiry, and use it until then.",
    ),
    Check(
        "asks-once-for-many-callers",
        "should",
        _FIELD,
        "Several callers need the first token at the same moment, and the token endpoint is slow.",
        "Each start of the service sends a burst of token requests, which providers throttle.",
        "Hold a lock while asking for a token, and look again for a good one once you have the lock.",
    ),
    Check(
        "renews-once-for-many-callers",
        "should",
        _FIELD,
        "The token expires, then several callers come at the same moment, and the token endpoint is slow.",
        "Each expiry sends a burst of token requests, which providers throttle.",
        "Hold a lock while renewing, and look again for a good token once you have the lock.",
    ),
    Check(
        "keeps-tokens-of-clients-apart",
        "must",
        _FIELD,
        "Two clients with different credentials call the API in turn.",
        "One tenant acts with the rights of another.",
        "Keep the token in the client object; a shared cache needs the client id in its key.",
    ),
    Check(
        "keeps-tokens-of-scopes-apart",
        "must",
        _FIELD,
        "Two clients with different scopes call the API in turn.",
        "A call is made with too few rights, or with too many.",
        "Keep the token in the client object; a shared cache needs the scope in its key.",
    ),
    Check(
        "starts-without-a-token",
        "must",
        _FIELD,
        "A fresh client makes its first call.",
        "A token cache in a module or a file outlives tests and configuration changes.",
        "Make the cache part of the client object, and its key the token URL, the client id and the scope.",
    ),
    Check(
        "keeps-cached-tokens-private",
        "must",
        "RFC 6749 section 10.3",
        "The client calls the API once; then its files are looked at.",
        "Any other user of the machine can take the token out of a readable file.",
        "Create the file with os.open(path, flags, 0o600).",
    ),
    Check(
        "survives-pickling",
        "advice",
        _FIELD,
        "The client is pickled and loaded, as for a process pool, and calls the API.",
        "Worker processes get a copy of the client.",
        "Leave locks and sessions out in __getstate__, and make them anew in __setstate__.",
    ),
    # --- renewing
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
        _FIELD,
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
        _FIELD,
        "Half of the token's lifetime passes, then the client calls the API again.",
        "A client that counts wrongly, in milliseconds or in another time zone, asks far too often.",
        "Renew at the earliest in the last fifth of the lifetime.",
    ),
    Check(
        "keeps-short-lived-tokens",
        "should",
        _FIELD,
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
        "RFC 7519 section 4.1.4",
        "The answer has no expires_in, the token is a JWT, and it expires; then the client calls the API again.",
        "Otherwise the token is taken to be good for ever.",
        "Without expires_in read exp from the JWT, or renew on 401.",
    ),
    Check(
        "works-with-expires-in-null",
        "should",
        _FIELD,
        "The answer says expires_in: null.",
        "Some JSON libraries write null for what is not set.",
        "Treat null as missing.",
    ),
    Check(
        "reads-expires-in-as-a-string",
        "should",
        _FIELD,
        "The answer says expires_in as a string of digits; then the token expires.",
        "Several providers quote the number, and time.time() + '3600' raises a TypeError.",
        "Convert with int() or float() before adding.",
    ),
    Check(
        "reads-expires-in-as-a-float",
        "should",
        _FIELD,
        "The answer says expires_in: 3600.0; then the token expires.",
        "Servers that compute the remaining lifetime answer with a float.",
        "Take any number; don't check isinstance(value, int) alone.",
    ),
    Check(
        "does-not-take-zero-for-ever",
        "should",
        _FIELD,
        "The answer says expires_in: 0; the token then is revoked a day later.",
        "0 is falsy: `if expires_in` takes a token that is already dead for one that never dies.",
        "Compare with None.",
    ),
    Check(
        "survives-a-huge-expires-in",
        "should",
        _FIELD,
        "The answer says expires_in: 10^15.",
        "datetime and timedelta overflow, and the client dies of a server's idea of 'for ever'.",
        "Limit the value, to a day perhaps, before adding it to anything.",
    ),
    Check(
        "counts-alike-in-every-time-zone",
        "must",
        _FIELD,
        "The machine is in another time zone, or its clocks change; the token is used, and expires.",
        "Naive local times and utcnow().timestamp() are off by hours: dead tokens, or a storm of token requests.",
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
        "does-not-block-the-event-loop",
        "must",
        _FIELD,
        "The token endpoint is slow while another task on the event loop has work to do.",
        "A synchronous token request stops every other request of the service for as long as it takes.",
        "Fetch the token with the asynchronous HTTP client.",
    ),
    Check(
        "works-on-a-second-event-loop",
        "should",
        _FIELD,
        "Several tasks use the client on one event loop, then several on another.",
        "asyncio.run() twice in a script or one loop per test: locks and pools of the first loop raise or hang.",
        "Make locks and pools per running loop, not in the constructor or at import.",
    ),
    # --- being refused
    Check(
        "does-not-retry-refused-credentials",
        "must",
        "RFC 6749 section 5.2",
        "The token endpoint answers invalid_client.",
        "The secret won't get better; providers lock the client out after a few attempts.",
        "Retry on connection errors, 429 and 5xx only, never on 400 or 401 of the token endpoint.",
    ),
    Check(
        "raises-when-refused",
        "must",
        "RFC 6749 section 5.2",
        "The token endpoint answers invalid_client.",
        "A call that seems to have worked hides a wrong configuration, and the API is asked without a token.",
        "Check the status of the token endpoint's answer, and raise.",
    ),
    Check(
        "tells-the-servers-error",
        "should",
        "RFC 6749 section 5.2",
        "The token endpoint answers invalid_scope with a description.",
        "error and error_description are all that the person at 2 a.m. has.",
        "Put both into the exception's message.",
    ),
    Check(
        "notices-an-error-in-a-200",
        "should",
        _FIELD,
        "The token endpoint answers 200 with an error in the body.",
        "Several providers do. The client then sends 'Bearer None' to the API.",
        "Raise when access_token is missing, whatever the status.",
    ),
    Check(
        "uses-no-missing-token",
        "must",
        "RFC 6749 section 5.1",
        "The token endpoint answers 200, but with no usable access_token.",
        "'Bearer None' at the API leads everybody to look in the wrong place.",
        "Raise unless access_token is a text that is not empty.",
    ),
    Check(
        "takes-a-text-for-a-token",
        "advice",
        "RFC 6749 appendix A.12",
        "The token endpoint answers 200 with an access_token that is no text.",
        "'Bearer 4711' at the API leads everybody to look in the wrong place.",
        "Raise unless access_token is a text.",
    ),
    Check(
        "explains-a-useless-answer",
        "should",
        _FIELD,
        "The token endpoint answers 200 with something that is no token.",
        "A TypeError or KeyError out of the client's insides says nothing about the server.",
        "Catch ValueError around .json(), check that it is a dict with a token, and raise an error of your own.",
    ),
    Check(
        "tells-the-status-of-an-error-page",
        "should",
        _FIELD,
        "A gateway answers the token request with an HTML page.",
        "A JSONDecodeError at char 0 hides that the answer was a 502.",
        "Check the status before parsing; put it into the message.",
    ),
    Check(
        "does-not-renew-on-403",
        "should",
        "RFC 6750 section 3.1",
        "The API answers 403 insufficient_scope.",
        "A new token has the same scopes: the requests are in vain, and double the load.",
        "Renew on 401 only.",
    ),
    # --- bad days
    Check(
        "gives-up-on-a-broken-token-endpoint",
        "must",
        _FIELD,
        "The token endpoint answers 500 to every request.",
        "Endless retries keep the server down and the caller waiting.",
        "Limit the attempts, with growing pauses between them, and raise the last error.",
    ),
    Check(
        "waits-as-long-as-it-is-told",
        "should",
        "RFC 9110 section 10.2.3",
        "The token endpoint answers 429 once, with Retry-After.",
        "Who comes back earlier is locked out longer.",
        "Read Retry-After, seconds or a date, and wait at least that long before the next attempt, or raise.",
    ),
    Check(
        "does-not-wait-for-ever",
        "advice",
        "RFC 9110 section 10.2.3",
        "The token endpoint answers 503 with a Retry-After of seven days.",
        "A call that sleeps for days looks like one that hangs.",
        "Raise when Retry-After is longer than you are ready to wait.",
    ),
    Check(
        "recovers-after-an-outage",
        "must",
        _FIELD,
        "The token endpoint fails for a while; then it is well again, and the client calls the API.",
        "A lock that was not released or a cached failure turns a hiccup into a restart.",
        "Release locks in finally (use with), and keep no failure.",
    ),
    Check(
        "recovers-after-a-failed-renewal",
        "must",
        _FIELD,
        "The token expires while the token endpoint is down; later it is well again.",
        "The same as at the start, but in the middle of the night.",
        "Replace the stored token only once there is a new one, and release locks in finally.",
    ),
    Check(
        "uses-its-token-during-an-outage",
        "advice",
        _FIELD,
        "The token endpoint is down while the token is still good for five seconds.",
        "Renewing early is a precaution; its failure is no reason to fail the call.",
        "When renewing fails before the expiry, go on with the old token.",
    ),
    Check(
        "gets-a-new-token-after-a-401",
        "must",
        "RFC 6750 section 3.1",
        "The token is revoked long before it expires; the client calls the API twice.",
        "The server restarts or rotates its keys, and every call fails until the old expiry.",
        "Forget the token when the API answers 401.",
    ),
    Check(
        "repeats-the-call-after-a-401",
        "should",
        "RFC 6750 section 3.1",
        "The token is revoked long before it expires; the client calls the API once.",
        "A revoked token need not be the caller's problem.",
        "On 401 get a new token and repeat the request, once.",
    ),
    Check(
        "repeats-the-same-body",
        "must",
        "RFC 9110 section 9.2",
        "The token is revoked, and the client sends a body to the API.",
        "A repeated request without its body writes nothing, or an empty record.",
        "Keep the body so that it can be sent again; a stream has to be rewound.",
    ),
    Check(
        "is-patient-with-a-401",
        "must",
        _FIELD,
        "The API answers 401 to every request.",
        "The client asks for tokens in an endless loop, and the provider locks it out.",
        "Repeat a request once, then hand the 401 on.",
    ),
    Check(
        "does-not-renew-on-api-errors",
        "should",
        _FIELD,
        "The API answers 500.",
        "The token is not what is wrong.",
        "Renew on 401 only.",
    ),
    # --- safety
    Check(
        "sets-a-timeout",
        "should",
        _FIELD,
        "The client calls the API once; the timeout of its token request is looked at.",
        "Without one, a server that accepts and stays silent blocks the caller for ever.",
        "Pass timeout=... to the token request; requests has none by default.",
    ),
    Check(
        "checks-certificates",
        "must",
        "RFC 6749 section 10.9",
        _PLAIN,
        "Without the check anybody on the way can read the secret.",
        "Leave verify alone; for a private CA give its file.",
    ),
    Check(
        "keeps-secrets-out-of-logs",
        "must",
        "RFC 6749 section 10.3",
        "All loggers are at DEBUG; the client is refused once, then calls the API.",
        "Logs are read by many, and kept for years.",
        "Log neither headers nor bodies of token requests; silence libraries that do.",
    ),
    Check(
        "keeps-secrets-out-of-exceptions",
        "must",
        "RFC 6749 section 10.3",
        "The token endpoint refuses the client, breaks down, and answers nonsense; the exceptions are looked at.",
        "Exceptions end up in logs and in error trackers.",
        "Quote the server's answer, never the request.",
    ),
    Check(
        "hides-secrets-in-its-repr",
        "should",
        "RFC 6749 section 10.3",
        "The client's objects are printed.",
        "Debuggers, error trackers and failing tests print objects with all they hold.",
        "Use field(repr=False) in dataclasses, and SecretStr in pydantic models.",
    ),
    Check(
        "keeps-tokens-out-of-urls-and-cookies",
        "must",
        "RFC 6750 section 5.3",
        _PLAIN,
        "URLs are logged, and cookies are sent along where nobody thinks of them.",
        "Send the token in the Authorization header only.",
    ),
    Check(
        "sends-the-secret-to-the-token-endpoint-only",
        "must",
        "RFC 6749 section 10.3",
        "The client calls the API, its token expires, and it calls again.",
        "The API has no business with the secret, nor the token endpoint with old tokens.",
        "Set the credentials for the token request alone, not for the whole session.",
    ),
    Check(
        "keeps-the-token-from-other-hosts",
        "must",
        "RFC 6750 section 5.3",
        "The API redirects the client to another host.",
        "Whoever controls the redirect gets the token.",
        "Leave Authorization to the HTTP library's own handling, or don't follow redirects to other hosts.",
    ),
    Check(
        "keeps-the-token-from-plain-http",
        "must",
        "RFC 6750 section 5.3",
        "The API redirects the client to its http:// twin.",
        "The token then crosses the network in the clear.",
        "Don't follow redirects from https to http with the token.",
    ),
    Check(
        "keeps-the-secret-from-other-hosts",
        "must",
        "RFC 9700 section 4.12",
        "The token endpoint redirects the client to another host.",
        "With 307 and 308 the whole body goes along, secret and all; a token endpoint has no reason to redirect.",
        "Send token requests with redirects switched off: allow_redirects=False, follow_redirects=False.",
    ),
    Check(
        "refuses-a-plain-http-token-url",
        "should",
        "RFC 6749 section 3.2",
        "The URL of the token endpoint is http://, and not on this machine.",
        "A typing error in a setting sends the secret in the clear.",
        "Raise on a token URL that is not https, except for loopback hosts.",
    ),
    Check(
        "is-not-misled-by-netrc",
        "should",
        _FIELD,
        "There is a ~/.netrc with entries for both hosts.",
        "requests replaces the Authorization header by the entry without a word.",
        "With requests, set the header through auth=... or switch session.trust_env off.",
    ),
)

CHECKS: dict[str, Check] = {check.id: check for check in _ALL}
"""All checks by id, in the order of the chapters."""


def find_check(name: str, where: str, checks: Mapping[str, Check] = CHECKS) -> Check:
    """
    Find a check.

    Args:
        name: Its id.
        where: Who names it, for the message.
        checks: Those of the contract.

    Raises:
        OptionError: There is none; the message lists the near ones.
    """
    __tracebackhide__ = True
    if name in checks:
        return checks[name]
    near = difflib.get_close_matches(name, checks, n=3, cutoff=0.4)
    words = set(name.split("-"))
    alike = sorted(checks, key=lambda known: -len(words & set(known.split("-"))))[:3]
    raise OptionError(
        f"{where}: there is no check {name!r}. Near: {', '.join(dict.fromkeys([*near, *alike]))}. "
        f"All ids: docs/{'contract' if checks is CHECKS else 'api-contract'}.md."
    )
