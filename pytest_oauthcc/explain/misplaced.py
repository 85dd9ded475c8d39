"""Parameters of a token request that are not where such parameters belong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.core.journal import query_params

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import TokenRequest

__all__ = ["parameter_elsewhere"]


def parameter_elsewhere(entry: TokenRequest, name: str) -> str | None:
    """Find a parameter of a token request that is not where such parameters belong."""
    if entry.parameters.body_format != "query" and name in query_params(entry.request):
        return (
            f"{name} was sent in the query of the URL, not in the body: with requests and httpx, data={{...}} instead"
            " of params={...}."
        )
    if name in entry.headers:
        return f"{name} was sent as a header, not as a parameter."
    return None
