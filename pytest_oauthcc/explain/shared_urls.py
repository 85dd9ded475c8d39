"""Why a request was refused that several providers of a test could answer, and how to tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.explain.showing import columns, paragraph, shorten
from pytest_oauthcc.masking import mask_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.core.names import Names

__all__ = ["shared_url"]


def shared_url(request: Request, providers: Sequence[Names]) -> str:
    """
    Explain the refusal of a request to a URL that several providers have.

    Args:
        request: The request.
        providers: The names of these providers, the oldest first.

    Returns:
        Which providers they are, and the option that gives each its own URL.
    """
    shown = f"{request.method} {shorten(mask_url(request.url), 200)}"
    token_url = providers[-1].token_url
    above = token_url.rpartition("/")[0]
    issuer = token_url if any(names.issuer.rstrip("/") == above for names in providers) else above
    return "\n".join(
        [
            f"{shown} is the URL of {len(providers)} providers of this test, and only one can answer",
            "",
            *columns([["token_url", names.token_url, "issuer", names.issuer] for names in providers]),
            "",
            *paragraph(
                "Metadata, keys, introspection and revocation are at URLs below the issuer, and that is the root of "
                "token_url by default. As real tenants of one host do, give each provider an issuer of its own:"
            ),
            f'  oauthcc_factory(token_url="{token_url}", issuer="{issuer}")',
        ]
    )
