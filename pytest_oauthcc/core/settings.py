"""What a provider is set to: the options after all of them are resolved, none of them missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.keys import SigningKey

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The resolved options; ``docs/options.md`` says what each is for."""

    token_url: str
    api_url: str | None
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    client_jwks: Mapping[str, Any] | None = field(default=None, repr=False)
    client_certificate_subject: Mapping[str, str] | None = None
    scopes: tuple[str, ...] | None = None
    default_scopes: tuple[str, ...] | None = None
    auth_methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    body_formats: tuple[str, ...] = ("form",)
    methods: tuple[str, ...] = ("POST",)
    expires_in: int = 3600
    token_format: Literal["jwt", "opaque"] = "jwt"  # noqa: S105 - not a secret
    signing_alg: str = "ES256"
    audience: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    dpop: Literal["off", "optional", "required"] = "off"
    dpop_nonce: bool = False
    certificate_binding: Literal["off", "optional", "required"] = "off"
    mtls_aliases: bool = False
    registration: bool = False
    tls: bool = False
    strict: bool | Literal["should"] = True
    allow: Mapping[str, str] = field(default_factory=dict)
    passthrough: tuple[str, ...] = ()
    max_exchanges: int = 1000
    journal_limit: int | None = None
    own: Mapping[str, Any] = field(default_factory=dict, repr=False)
    signing_key: SigningKey | None = field(default=None, repr=False)
