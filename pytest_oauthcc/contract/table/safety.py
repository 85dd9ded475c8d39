"""Safety: what nobody else may see, and whom the client must not trust."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, PLAIN, Check

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        "sets-a-timeout",
        "should",
        FIELD,
        "The client calls the API once; the timeout of its token request is looked at.",
        "Without one, a server that accepts and stays silent blocks the caller for ever.",
        "Pass timeout=... to the token request; requests has none by default.",
    ),
    Check(
        "checks-certificates",
        "must",
        "RFC 6749 section 10.9",
        PLAIN,
        "Without the check anybody on the way can read the secret.",
        "Leave verify alone; for a private CA give its file.",
    ),
    Check(
        "refuses-bad-certificates",
        "must",
        "RFC 6749 section 10.9",
        "The server shows a certificate that nobody vouches for, one for another host, or one that has expired.",
        "Without the check anybody on the way can read the secret, and hand out answers of their own.",
        "Give a private CA's file to the HTTP library; switch off neither the check nor check_hostname.",
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
        PLAIN,
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
        FIELD,
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
        FIELD,
        "There is a ~/.netrc with entries for both hosts.",
        "requests replaces the Authorization header by the entry without a word.",
        "With requests, set the header through auth=... or switch session.trust_env off.",
    ),
)
