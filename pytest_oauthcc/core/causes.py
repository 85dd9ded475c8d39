"""Why the fake refuses a request: one name per cause, and what RFC 6749 and RFC 6750 have it answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["API_REFUSALS", "TOKEN_REFUSALS", "Cause", "Refusal", "Verdict"]


class Cause(StrEnum):
    """What is wrong with a request; the values are the keys of a profile's ``[refusals]`` table."""

    # the token endpoint
    WRONG_METHOD = "wrong_method"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    MALFORMED_BODY = "malformed_body"
    DUPLICATE_PARAMETER = "duplicate_parameter"
    CREDENTIALS_IN_QUERY = "credentials_in_query"
    MISSING_HEADER = "missing_header"
    WRONG_HEADER = "wrong_header"
    MISSING_GRANT_TYPE = "missing_grant_type"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    NO_CREDENTIALS = "no_credentials"
    MALFORMED_CREDENTIALS = "malformed_credentials"
    TWO_AUTH_METHODS = "two_auth_methods"
    AUTH_METHOD_NOT_ALLOWED = "auth_method_not_allowed"
    UNKNOWN_CLIENT = "unknown_client"
    BAD_SECRET = "bad_secret"  # noqa: S105 - a cause, not a secret
    BAD_ASSERTION = "bad_assertion"
    BAD_CERTIFICATE = "bad_certificate"
    MISSING_CERTIFICATE = "missing_certificate"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    MISSING_PARAM = "missing_param"
    WRONG_PARAM = "wrong_param"
    MISSING_AUDIENCE = "missing_audience"
    UNKNOWN_AUDIENCE = "unknown_audience"
    MALFORMED_SCOPE = "malformed_scope"
    MISSING_SCOPE = "missing_scope"
    LACKING_SCOPE = "lacking_scope"
    UNKNOWN_SCOPE = "unknown_scope"
    NO_LICENCE = "no_licence"
    BAD_DPOP_PROOF = "bad_dpop_proof"
    DPOP_NONCE_REQUIRED = "dpop_nonce_required"

    # the protected API
    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_MALFORMED = "token_malformed"  # noqa: S105
    TOKEN_TWICE = "token_twice"  # noqa: S105
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOKEN_NOT_YET_VALID = "token_not_yet_valid"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    TOKEN_AUDIENCE = "token_audience"  # noqa: S105
    TOKEN_BINDING = "token_binding"  # noqa: S105
    INSUFFICIENT_SCOPE = "insufficient_scope"
    API_MISSING_HEADER = "api_missing_header"
    API_WRONG_HEADER = "api_wrong_header"


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    How a provider answers one cause.

    Args:
        status: The HTTP status.
        error: The OAuth error code; None leaves the member or attribute out.
        description: A template; None takes the fake's own sentence where the characters allow it.
        body: A template of the whole body instead of the usual JSON: a table, a list or a text.
        content_type: Of ``body``; by default JSON for a table or list and plain text for a text.
        headers: Templates of further headers. ``WWW-Authenticate`` given here replaces the fake's.
        challenge: Whether the answer carries ``WWW-Authenticate``.
    """

    status: int
    error: str | None = None
    description: str | None = None
    body: Any = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    challenge: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fake's finding on a request that it refused: the cause, and a sentence about this very request."""

    cause: Cause
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)


_BAD_REQUEST = Refusal(400, "invalid_request")
_BAD_CLIENT = Refusal(401, "invalid_client")
_BAD_SCOPE = Refusal(400, "invalid_scope")
_BAD_TOKEN = Refusal(401, "invalid_token")

# RFC 6749 section 5.2, RFC 8707 section 2, RFC 9449 sections 5 and 8
TOKEN_REFUSALS: Mapping[Cause, Refusal] = {
    Cause.WRONG_METHOD: Refusal(405, "invalid_request"),
    Cause.WRONG_CONTENT_TYPE: _BAD_REQUEST,
    Cause.MALFORMED_BODY: _BAD_REQUEST,
    Cause.DUPLICATE_PARAMETER: _BAD_REQUEST,
    Cause.CREDENTIALS_IN_QUERY: _BAD_REQUEST,
    Cause.MISSING_HEADER: _BAD_REQUEST,
    Cause.WRONG_HEADER: _BAD_REQUEST,
    Cause.MISSING_GRANT_TYPE: _BAD_REQUEST,
    Cause.UNSUPPORTED_GRANT_TYPE: Refusal(400, "unsupported_grant_type"),
    Cause.NO_CREDENTIALS: _BAD_CLIENT,
    Cause.MALFORMED_CREDENTIALS: _BAD_CLIENT,
    Cause.TWO_AUTH_METHODS: _BAD_REQUEST,
    Cause.AUTH_METHOD_NOT_ALLOWED: _BAD_CLIENT,
    Cause.UNKNOWN_CLIENT: _BAD_CLIENT,
    Cause.BAD_SECRET: _BAD_CLIENT,
    Cause.BAD_ASSERTION: _BAD_CLIENT,
    Cause.BAD_CERTIFICATE: _BAD_CLIENT,
    Cause.MISSING_CERTIFICATE: _BAD_REQUEST,
    Cause.UNAUTHORIZED_CLIENT: Refusal(400, "unauthorized_client"),
    Cause.MISSING_PARAM: _BAD_REQUEST,
    Cause.WRONG_PARAM: _BAD_REQUEST,
    Cause.MISSING_AUDIENCE: _BAD_REQUEST,
    Cause.UNKNOWN_AUDIENCE: Refusal(400, "invalid_target"),
    Cause.MALFORMED_SCOPE: _BAD_SCOPE,
    Cause.MISSING_SCOPE: _BAD_SCOPE,
    Cause.LACKING_SCOPE: _BAD_SCOPE,
    Cause.UNKNOWN_SCOPE: _BAD_SCOPE,
    Cause.NO_LICENCE: _BAD_CLIENT,
    Cause.BAD_DPOP_PROOF: Refusal(400, "invalid_dpop_proof"),
    Cause.DPOP_NONCE_REQUIRED: Refusal(400, "use_dpop_nonce"),
}

# RFC 6750 section 3.1
API_REFUSALS: Mapping[Cause, Refusal] = {
    Cause.TOKEN_MISSING: Refusal(401),
    Cause.TOKEN_MALFORMED: _BAD_TOKEN,
    Cause.TOKEN_TWICE: _BAD_REQUEST,
    Cause.TOKEN_UNKNOWN: _BAD_TOKEN,
    Cause.TOKEN_EXPIRED: _BAD_TOKEN,
    Cause.TOKEN_NOT_YET_VALID: _BAD_TOKEN,
    Cause.TOKEN_REVOKED: _BAD_TOKEN,
    Cause.TOKEN_AUDIENCE: _BAD_TOKEN,
    Cause.TOKEN_BINDING: _BAD_TOKEN,
    Cause.INSUFFICIENT_SCOPE: Refusal(403, "insufficient_scope"),
    Cause.API_MISSING_HEADER: Refusal(403, challenge=False),
    Cause.API_WRONG_HEADER: Refusal(403, challenge=False),
    Cause.BAD_DPOP_PROOF: Refusal(401, "invalid_dpop_proof"),
    Cause.DPOP_NONCE_REQUIRED: Refusal(401, "use_dpop_nonce"),
}
