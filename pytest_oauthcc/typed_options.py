"""The options as type checkers see them; the table in ``options.py`` is what counts, and a test compares the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict, overload

if TYPE_CHECKING:
    from typing import Unpack

    from pytest_oauthcc._provider import Provider

__all__ = ["Options", "ProviderFactory"]

Texts: TypeAlias = Sequence[str] | AbstractSet[str]


class Options(TypedDict, total=False):
    """The options that every provider takes, for annotating ``oauthcc_options``; a profile may have more of its own."""

    token_url: str
    api_url: str | None
    issuer: str
    client_id: str
    client_secret: str
    client_jwks: Mapping[str, Any]
    client_certificate_subject: Mapping[str, str]
    scopes: str | Texts
    default_scopes: str | Texts
    auth_methods: Texts
    body_formats: Texts
    methods: Texts
    expires_in: int
    token_format: Literal["jwt", "opaque"]
    signing_alg: Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256"]
    audience: str | Texts
    headers: Mapping[str, str]
    params: Mapping[str, str | Texts]
    dpop: Literal["off", "optional", "required"]
    dpop_nonce: bool
    certificate_binding: Literal["off", "optional", "required"]
    mtls_aliases: bool
    registration: bool
    tls: bool
    strict: bool | Literal["should"]
    allow: Mapping[str, str]
    passthrough: Texts
    max_exchanges: int
    journal_limit: int | None


class ProviderFactory(Protocol):
    """What the fixture ``oauthcc_factory`` gives: called, it makes one more provider."""

    @overload
    def __call__(self, profile: None = None, **options: Unpack[Options]) -> Provider: ...

    @overload
    def __call__(self, profile: str, **options: Any) -> Provider: ...


Options.__module__ = ProviderFactory.__module__ = "pytest_oauthcc"
