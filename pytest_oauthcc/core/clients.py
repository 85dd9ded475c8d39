"""The clients that a provider knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Client"]


@dataclass(slots=True, eq=False)
class Client:
    """
    A client that is registered at the fake provider.

    Args:
        client_id: Its identifier.
        client_secret: Its secret; a test rotates it with ``Provider.rotate_secret``.
        scopes: What it may have; None means anything.
        default_scopes: What it gets without asking; None means all of ``scopes``.
        auth_methods: How it may authenticate; None means however the provider takes it.
        grant_types: Grants that it may use.
        jwks: Its public keys, for key-based methods; with ``x5c`` its certificates, for
            ``self_signed_tls_client_auth``.
        dpop_bound: Whether it gets tokens for a DPoP proof only (RFC 9449 section 5.2).
        certificate_subject: Whom its certificate names, for ``tls_client_auth``: one of ``subject_dn``, ``san_dns``,
            ``san_uri``, ``san_ip``, ``san_email`` with its value (RFC 8705 section 2.1.2); None means its id as the CN.
        certificate_bound: Whether it gets tokens for a certificate only (RFC 8705 section 3.4).
    """

    __module__ = "pytest_oauthcc"

    client_id: str
    client_secret: str
    scopes: tuple[str, ...] | None = None
    default_scopes: tuple[str, ...] | None = None
    auth_methods: tuple[str, ...] | None = None
    grant_types: frozenset[str] = field(default=frozenset({"client_credentials"}))
    jwks: Mapping[str, Any] | None = None
    dpop_bound: bool = False
    certificate_subject: Mapping[str, str] | None = None
    certificate_bound: bool = False

    def __repr__(self) -> str:
        scopes = "any scope" if self.scopes is None else " ".join(self.scopes) or "no scope"
        return f"Client({self.client_id!r}, client_secret={mask(self.client_secret)}, {scopes})"
