"""What the fake authorization server publishes about itself: metadata (RFC 8414) and keys (RFC 7517)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.assertions import ASYMMETRIC, SYMMETRIC
from pytest_oauthcc.core.dpop import PROOF_ALGS

if TYPE_CHECKING:
    from pytest_oauthcc.core.names import Names
    from pytest_oauthcc.core.state import State

__all__ = ["metadata", "metadata_paths"]


def metadata_paths(issuer_path: str) -> tuple[str, ...]:
    """
    Return the paths at which the metadata of an issuer are found.

    RFC 8414 section 3 puts the well-known part between host and path, OpenID Connect Discovery behind the path.

    Args:
        issuer_path: The path of the issuer identifier.

    Returns:
        Absolute paths.
    """
    path = issuer_path.rstrip("/")
    return (
        f"/.well-known/oauth-authorization-server{path}",
        f"/.well-known/openid-configuration{path}",
        f"{path}/.well-known/openid-configuration",
    )


def metadata(state: State, names: Names) -> dict[str, Any]:
    """
    Say what the fake takes and gives, truly.

    Args:
        state: The provider's state.
        names: What it is called where it is asked.

    Returns:
        The members of RFC 8414 section 2 that apply to the client credentials grant. ``authorization_endpoint`` is
        among them since OpenID clients refuse metadata without it; nothing serves it.
    """
    settings = state.settings
    members: dict[str, Any] = {
        "issuer": names.issuer,
        "token_endpoint": names.token_url,
        "authorization_endpoint": f"{names.issuer.rstrip('/')}/authorize",
        "jwks_uri": names.jwks_url,
        "introspection_endpoint": names.introspection_url,
        "revocation_endpoint": names.revocation_url,
        "grant_types_supported": list(state.dialect.grant_types),
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": list(settings.auth_methods),
        "introspection_endpoint_auth_methods_supported": list(settings.auth_methods),
        "revocation_endpoint_auth_methods_supported": list(settings.auth_methods),
    }
    algs = [
        *(ASYMMETRIC if "private_key_jwt" in settings.auth_methods else ()),
        *(SYMMETRIC if "client_secret_jwt" in settings.auth_methods else ()),
    ]
    if algs:  # RFC 8414 section 2 wants the lists with these methods, and never with none in them
        for endpoint in ("token", "introspection", "revocation"):
            members[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = algs
    if settings.registration:
        members["registration_endpoint"] = names.registration_url
    if settings.dpop != "off":
        members["dpop_signing_alg_values_supported"] = list(PROOF_ALGS)  # RFC 9449 section 5.1
    if settings.certificate_binding != "off":
        members["tls_client_certificate_bound_access_tokens"] = True  # RFC 8705 section 3.3
    if settings.mtls_aliases:
        members["mtls_endpoint_aliases"] = dict(names.mtls_aliases)  # RFC 8705 section 5
    suffix = state.dialect.scope.resource_suffix
    if suffix is not None:
        members["scopes_supported"] = [f"{audience}{suffix}" for audience in state.audience_at(names)]
    elif settings.scopes:
        members["scopes_supported"] = list(settings.scopes)
    return members
