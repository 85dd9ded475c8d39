"""Being refused: when the token endpoint or the API says no, or nothing that makes sense."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        "does-not-retry-refused-credentials",
        "must",
        "RFC 6749 section 5.2",
        "The token endpoint answers invalid_client, with the status 401 or, as many do, 400.",
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
        FIELD,
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
        FIELD,
        "The token endpoint answers 200 with something that is no token.",
        "A TypeError or KeyError out of the client's insides says nothing about the server.",
        "Catch ValueError around .json(), check that it is a dict with a token, and raise an error of your own.",
    ),
    Check(
        "tells-the-status-of-an-error-page",
        "should",
        FIELD,
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
)
