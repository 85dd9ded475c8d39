"""What a provider is called at one of the places where it can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Names", "is_mtls_alias", "mtls_alias"]

_ALIAS: Final = "/mtls"


@dataclass(frozen=True, slots=True)
class Names:
    """
    The URLs of a provider, all absolute.

    A provider that is reached in process and over a socket has one state and two of these. Tokens and metadata name
    those URLs at which they were asked for, so that an API which checks ``iss`` finds what it has read before.

    Args:
        issuer: The issuer identifier (RFC 8414 section 2).
        token_url: The token endpoint.
        api_url: The protected API; None where there is none.
        metadata_url: The metadata (RFC 8414 section 3).
        jwks_url: The public keys (RFC 7517).
        introspection_url: Where a token's state is told (RFC 7662).
        revocation_url: Where a token is revoked (RFC 7009).
    """

    issuer: str
    token_url: str
    api_url: str | None
    metadata_url: str
    jwks_url: str
    introspection_url: str
    revocation_url: str

    @property
    def registration_url(self) -> str:
        """Where clients register themselves (RFC 7591), if the provider lets them."""
        return f"{self.issuer.rstrip('/')}/register"

    @property
    def mtls_aliases(self) -> Mapping[str, str]:
        """Where client certificates count, if not at the endpoints themselves (RFC 8705 section 5)."""
        return {
            "token_endpoint": mtls_alias(self.token_url),
            "introspection_endpoint": mtls_alias(self.introspection_url),
            "revocation_endpoint": mtls_alias(self.revocation_url),
        }

    @property
    def values(self) -> Mapping[str, str | None]:
        """Those that templates of profiles may use, by name."""
        return {"issuer": self.issuer, "token_url": self.token_url, "api_url": self.api_url}


def mtls_alias(url: str) -> str:
    """Return the URL at which an endpoint takes client certificates, where it has one of its own for these."""
    parts = urlsplit(url)
    return parts._replace(path=parts.path.rstrip("/") + _ALIAS).geturl()


def is_mtls_alias(url: str) -> bool:
    """Whether a URL is one of those that ``mtls_alias`` makes."""
    return urlsplit(url).path.endswith(_ALIAS)
