"""The names that may stand in braces in a profile, what each stands for, and where it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PLACEHOLDERS", "TEMPLATED_OPTIONS", "Placeholder", "Use", "known_in"]

Use = Literal["response", "token", "refusal", "api", "document"]
"""Where a template stands: the answer with a token, a token, a refusal, a header of the API, a URL or a document."""

_ANSWERS: Final[tuple[Use, ...]] = ("response", "refusal")
_ALL: Final[tuple[Use, ...]] = ("response", "token", "refusal", "api")
_ALWAYS: Final[tuple[Use, ...]] = (*_ALL, "document")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a name in braces stands for, and in which templates it is known."""

    about: str
    uses: tuple[Use, ...]


PLACEHOLDERS: Final[Mapping[str, Placeholder]] = {
    "client_id": Placeholder("The client that asks.", _ALL),
    "token_url": Placeholder("The token endpoint.", _ALWAYS),
    "api_url": Placeholder("The protected API.", _ALWAYS),
    "issuer": Placeholder("The issuer identifier.", _ALWAYS),
    "omit": Placeholder("Nothing: leaves the member out, also one of the profile that is derived from.", _ALWAYS),
    "null": Placeholder("A JSON null.", _ALWAYS),
    "now": Placeholder("Seconds since the epoch, a number.", _ALL),
    "now_ms": Placeholder("Milliseconds since the epoch, a number.", _ALL),
    "now_date": Placeholder("Today in UTC: 2030-01-31.", _ALL),
    "now_clock": Placeholder("The time of day in UTC: 23:59:59.", _ALL),
    "random": Placeholder("An unguessable text, new for each answer and each token.", _ALL),
    "request_id": Placeholder("A UUID, new for each answer.", _ANSWERS),
    "client_uuid": Placeholder("A UUID that is always the same for the same client.", _ALL),
    "token_type": Placeholder("The dialect's token_type.", _ALWAYS),
    "access_token": Placeholder("The token.", ("response",)),
    "expires_in": Placeholder("Its lifetime in seconds, a number.", ("response",)),
    "expires_at": Placeholder("When it expires, in seconds since the epoch, a number.", ("response",)),
    "exp": Placeholder("The same as expires_at.", ("response", "token")),
    "iat": Placeholder("When it was issued, in seconds since the epoch, a number.", ("response", "token")),
    "nbf": Placeholder("From when it is good, in seconds since the epoch, a number.", ("response", "token")),
    "jti": Placeholder("The token's unguessable name.", ("response", "token")),
    "scope": Placeholder(
        "Granted scopes as one text; in a refusal of the API those that it wants.", ("response", "token", "refusal")
    ),
    "scopes": Placeholder("Granted scopes as a list.", ("response", "token")),
    "audience": Placeholder("Whom the token is for: a text, or a list where there are several.", ("response", "token")),
    "audiences": Placeholder("Whom the token is for, always a list.", ("response", "token")),
    "kid": Placeholder("The name of the signing key.", ("token",)),
    "alg": Placeholder("The algorithm of the signature.", ("token",)),
    "error": Placeholder("The OAuth error code.", ("refusal",)),
    "description": Placeholder("What is wrong with this very request.", ("refusal",)),
    "status": Placeholder("The HTTP status, a number.", ("refusal",)),
    "unknown": Placeholder("The scopes or audiences that the client can't have.", ("refusal",)),
    "lacking": Placeholder("The scopes that are missing.", ("refusal",)),
    "name": Placeholder("The parameter that is missing or wrong.", ("refusal",)),
    "names": Placeholder("The parameters that came more than once.", ("refusal",)),
    "header": Placeholder("The header that is missing or wrong.", ("refusal",)),
    "grant_type": Placeholder("The grant type that was asked for.", ("refusal",)),
}

TEMPLATED_OPTIONS: Final = frozenset({"token_url", "api_url", "issuer", "audience", "headers", "params"})
"""The shared options whose texts may hold placeholders; only the profile's own options are known there."""


def known_in(use: Use) -> frozenset[str]:
    """Return the placeholders that are known in a place, beside the profile's own options."""
    return frozenset(name for name, placeholder in PLACEHOLDERS.items() if use in placeholder.uses)
