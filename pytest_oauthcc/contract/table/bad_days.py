"""Bad days: the token endpoint is down, and tokens stop being good before their time."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        "gives-up-on-a-broken-token-endpoint",
        "must",
        FIELD,
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
        FIELD,
        "The token endpoint fails for a while; then it is well again, and the client calls the API.",
        "A lock that was not released or a cached failure turns a hiccup into a restart.",
        "Release locks in finally (use with), and keep no failure.",
    ),
    Check(
        "recovers-after-a-failed-renewal",
        "must",
        FIELD,
        "The token expires while the token endpoint is down; later it is well again.",
        "The same as at the start, but in the middle of the night.",
        "Replace the stored token only once there is a new one, and release locks in finally.",
    ),
    Check(
        "uses-its-token-during-an-outage",
        "advice",
        FIELD,
        "The token endpoint is down while the token is still good for five seconds.",
        "Renewing early is a precaution; its failure is no reason to fail the call.",
        "When renewing fails before the expiry, go on with the old token.",
    ),
    Check(
        "gets-a-new-token-after-a-401",
        "should",
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
        FIELD,
        "The API answers 401 to every request.",
        "The client asks for tokens in an endless loop, and the provider locks it out.",
        "Repeat a request once, then hand the 401 on.",
    ),
    Check(
        "does-not-renew-on-api-errors",
        "should",
        FIELD,
        "The API answers 500.",
        "The token is not what is wrong.",
        "Renew on 401 only.",
    ),
)
