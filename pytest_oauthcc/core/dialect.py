"""What one provider does in its own way, as data; without a profile the fake speaks plain RFC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.causes import Cause, Refusal

__all__ = [
    "CHECKS",
    "DEFAULT_CLAIMS",
    "DEFAULT_RESPONSE",
    "ApiDialect",
    "Dialect",
    "Licensing",
    "ScopeDialect",
    "TokenDialect",
]

# The checks of the token endpoint in the order in which they are made by default. The order decides which
# error a request gets that is wrong in two ways.
CHECKS = ("method", "headers", "body", "duplicates", "grant_type", "client", "params", "scope", "licence")

# Templates: "{name}" alone keeps the type of the value, a value that is not there leaves the member out, and
# "{null}" is a JSON null (see ``core.templates``).
DEFAULT_RESPONSE: Mapping[str, Any] = {
    "access_token": "{access_token}",
    "token_type": "{token_type}",
    "expires_in": "{expires_in}",
    "scope": "{scope}",
}

# RFC 9068 section 2.2
DEFAULT_CLAIMS: Mapping[str, Any] = {
    "iss": "{issuer}",
    "sub": "{client_id}",
    "aud": "{audience}",
    "client_id": "{client_id}",
    "scope": "{scope}",
    "iat": "{iat}",
    "exp": "{exp}",
    "jti": "{jti}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeDialect:
    """
    How a provider reads and grants scopes (RFC 6749 section 3.3).

    Args:
        separator: Between scope tokens: a space, or a comma where the provider departs from the RFC.
        missing: What a request without scope gets: ``"default"`` (``default_scopes``, else all that the client
            may have), ``"none"``, or ``"refuse"`` (unless there are ``default_scopes``).
        required: Scopes that a request which names any scope has to name.
        unknown: ``"refuse"`` or ``"ignore"`` scopes that the client may not have.
        echo: When the answer names the granted scope: ``"always"``, ``"different"`` (from what was asked
            for), or ``"never"``.
        always: Scopes that every token has beside those that were asked for.
        resource_suffix: Where it is given, such as ``"/.default"``, a request names exactly one scope, which ends so:
            what stands before it is the audience, and the token gets all that a request without scope would get.
    """

    separator: str = " "
    missing: Literal["default", "none", "refuse"] = "default"
    required: tuple[str, ...] = ()
    unknown: Literal["refuse", "ignore"] = "refuse"
    echo: Literal["always", "different", "never"] = "always"
    always: tuple[str, ...] = ()
    resource_suffix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDialect:
    """
    What a provider's tokens look like.

    Args:
        claims: Templates of a JWT's claims.
        typ: The JWT's ``typ`` header; None leaves it out.
        jwt_header: Templates of further JWT header members.
        opaque: A template of an opaque token; ``{random}`` is its unguessable part.
    """

    claims: Mapping[str, Any] = field(default_factory=lambda: DEFAULT_CLAIMS)
    typ: str | None = "at+jwt"
    jwt_header: Mapping[str, Any] = field(default_factory=dict)
    opaque: str = "{random}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDialect:
    """
    How a provider's API takes a token and refuses one.

    Args:
        header: The request header that carries the token.
        scheme: The word in front of the token, or nothing.
        realm: Of the ``WWW-Authenticate`` challenge (RFC 6750 section 3).
        headers: Templates of headers that only requests to the API have to carry.
        refusals: Where it departs from RFC 6750.
    """

    header: str = "Authorization"
    scheme: str = "Bearer"
    realm: str = "oauthcc"
    headers: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[Cause, Refusal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensing:
    """
    Tokens that occupy one of a limited number of licences for a while.

    Args:
        capacity: How many licences there are, unless the option ``licences`` says otherwise.
        hold: How long a licence stays taken after a token request, in seconds.
        exempt_scopes: A request for these scopes alone takes none.
        release_path: Path of the logoff endpoint below the API; a request with a token frees its client's licence.
    """

    capacity: int = 1
    hold: int = 1200
    exempt_scopes: tuple[str, ...] = ()
    release_path: str = "logoff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """
    One provider's departures from the RFCs, beside the options that a test can set.

    Args:
        name: What the profile is called.
        checks: The order of the checks; leaving one out switches it off, but for ``client``.
        two_auth_methods: What happens to a request with two: ``"refuse"``, or which one counts.
        basic_encoding: How the halves of Basic credentials are read: ``"form"`` decodes them (RFC 6749
            section 2.3.1), ``"raw"`` takes them as they are, ``"either"`` takes what fits.
        credentials_in_query: ``"refuse"`` them, or ``"accept"`` them.
        grant_types: Values of ``grant_type`` that ask for this grant.
        authorization_pattern: A regular expression with the groups ``client_id`` and ``client_secret`` for an
            ``Authorization`` header without scheme; such a header counts as ``client_secret_basic``.
        audience_param: The one parameter that names the audience; None takes ``audience`` and ``resource``.
        audience_required: Whether a request has to name its audience.
        metadata_urls: Templates of further URLs at which the metadata are found.
        jwks_url: A template of the URL of the keys; by default below the issuer.
        documents: Further JSON documents that anybody may read: templates of their URLs, and of what they say.
        response: Templates of the members of a successful answer.
        response_headers: Templates of its further headers.
        token_type: As in the answer, whose case providers differ in.
        expires_in_offset: Seconds to add to ``expires_in`` in the answer; some round down to 3599.
        realm: Of the Basic challenge.
        refusals: Where the token endpoint departs from RFC 6749 section 5.2.
        allow: Rules that the provider itself makes its clients break, with the reason.
    """

    name: str = "standard"
    checks: tuple[str, ...] = CHECKS
    two_auth_methods: Literal["refuse", "header", "body"] = "refuse"
    basic_encoding: Literal["form", "raw", "either"] = "form"
    credentials_in_query: Literal["refuse", "accept"] = "refuse"
    grant_types: tuple[str, ...] = ("client_credentials",)
    authorization_pattern: str | None = None
    audience_param: str | None = None
    audience_required: bool = False
    metadata_urls: tuple[str, ...] = ()
    jwks_url: str | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)
    scope: ScopeDialect = field(default_factory=ScopeDialect)
    response: Mapping[str, Any] = field(default_factory=lambda: DEFAULT_RESPONSE)
    response_headers: Mapping[str, str] = field(default_factory=dict)
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750, not a secret
    expires_in_offset: int = 0
    realm: str = "oauthcc"
    token: TokenDialect = field(default_factory=TokenDialect)
    api: ApiDialect = field(default_factory=ApiDialect)
    refusals: Mapping[Cause, Refusal] = field(default_factory=dict)
    licensing: Licensing | None = None
    allow: Mapping[str, str] = field(default_factory=dict)
