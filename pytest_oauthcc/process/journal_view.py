"""Entries of the journal as JSON, for somebody outside the process; secrets and tokens are masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.journal import ApiRequest, TokenRequest
from pytest_oauthcc.masking import mask, mask_headers, mask_params, mask_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.journal import Exchange

__all__ = ["describe"]


def describe(entry: Exchange, url_here: Callable[[str], str]) -> dict[str, Any]:
    """
    Describe an exchange.

    Args:
        entry: The entry of the journal.
        url_here: Turns one of the provider's own URLs into that on the server.

    Returns:
        Members for a JSON object.
    """
    members: dict[str, Any] = {
        "number": entry.number,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "method": entry.method,
        "url": mask_url(url_here(entry.url)),
        "headers": mask_headers(entry.headers),
        "result": entry.result,
        "status": entry.status,
        "refused_because": None if entry.verdict is None else entry.verdict.detail,
        "violations": [{"rule": found.rule.id, "detail": found.detail} for found in entry.violations],
    }
    if isinstance(entry, TokenRequest):
        members |= {
            "params": mask_params(entry.params),
            "scopes": sorted(entry.scopes),
            "client_id": entry.client_id,
            "auth_method": entry.auth_method,
            "token": None if entry.token is None else mask(entry.token.value),
        }
    elif isinstance(entry, ApiRequest):
        members |= {
            "path": entry.path,
            "params": mask_params(entry.params),
            "scopes": sorted(entry.scopes),
            "token": None if entry.bearer is None else mask(entry.bearer),
        }
    return members
