"""Reading answers: what the client makes of the token endpoint's answer."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
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
        FIELD,
        "The access token is 6,000 characters long.",
        "JWTs with many roles are; caches and headers with a fixed size cut them off.",
        "Treat the token as an opaque text of any length.",
    ),
)
