"""Keeping a token: used until it expires, by all callers, and by nobody else."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        "reuses-its-token",
        "must",
        FIELD,
        "The client calls the API five times in a row.",
        "A token request per call is slow, and providers count and throttle them.",
        "Keep the token with its expiry, and use it until then.",
    ),
    Check(
        "asks-once-for-many-callers",
        "should",
        FIELD,
        "Several callers need the first token at the same moment, and the token endpoint is slow.",
        "Each start of the service sends a burst of token requests, which providers throttle.",
        "Hold a lock while asking for a token, and look again for a good one once you have the lock.",
    ),
    Check(
        "renews-once-for-many-callers",
        "should",
        FIELD,
        "The token expires, then several callers come at the same moment, and the token endpoint is slow.",
        "Each expiry sends a burst of token requests, which providers throttle.",
        "Hold a lock while renewing, and look again for a good token once you have the lock.",
    ),
    Check(
        "keeps-tokens-of-clients-apart",
        "must",
        FIELD,
        "Two clients with different credentials call the API in turn.",
        "One tenant acts with the rights of another.",
        "Keep the token in the client object; a shared cache needs the client id in its key.",
    ),
    Check(
        "keeps-tokens-of-scopes-apart",
        "must",
        FIELD,
        "Two clients with different scopes call the API in turn.",
        "A call is made with too few rights, or with too many.",
        "Keep the token in the client object; a shared cache needs the scope in its key.",
    ),
    Check(
        "starts-without-a-token",
        "must",
        FIELD,
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
        FIELD,
        "The client is pickled and loaded, as for a process pool, and calls the API.",
        "Worker processes get a copy of the client.",
        "Leave locks and sessions out in __getstate__, and make them anew in __setstate__.",
    ),
)
