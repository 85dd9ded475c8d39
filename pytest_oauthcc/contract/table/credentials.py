"""Awkward credentials: ids and secrets that are legal, and that break clients in production."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
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
        "advice",
        "RFC 6749 appendix B",
        "The client secret has letters in it that are not ASCII.",
        "RFC 6749 appendix A.2 knows no such secrets, but passphrases chosen by people are, and latin-1 is what the "
        "server gets.",
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
        FIELD,
        "The client secret ends in a line break, as one that was read from a file does.",
        "Secrets come from files and environment variables; a raw line break breaks the header or the form.",
        "Strip the setting, or encode what is there; both are fine.",
    ),
)
