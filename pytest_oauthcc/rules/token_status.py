"""Rules about requests to the introspection and revocation endpoints (RFC 7662, RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.core.parameters import FORM, media_type, read_parameters
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import OtherRequest

__all__ = ["RULES", "look_at_token_status"]

RULES = (
    Rule(
        id="token-status-request-malformed",
        level="must",
        rfc="RFC 7009 section 2.1",
        also=("RFC 7662 section 2.1",),
        title="A request to revoke or to introspect a token has the wrong form.",
        looks_at="Method, Content-Type and the parameter token of requests that revoke or introspect a token.",
        why="The token goes into the body of a POST, so that it gets into no log; anything else is refused.",
        remedy="Send a POST with the form body token=<token>, authenticated as at the token endpoint.",
    ),
)

_ENDPOINTS = frozenset({"revocation", "introspection"})


def look_at_token_status(entry: OtherRequest, found: list[tuple[str, str]]) -> None:
    """Look at a request that asks about a token or ends it."""
    if entry.endpoint not in _ENDPOINTS:
        return
    rule = "token-status-request-malformed"
    kind = media_type(entry.request)
    if entry.method != "POST":
        found.append((rule, f"the request to the {entry.endpoint} endpoint is a {entry.method}"))
    elif kind != FORM:
        told = f"the Content-Type {kind!r}" if kind else "no Content-Type"
        found.append((rule, f"the request to the {entry.endpoint} endpoint has {told}; it has to be {FORM}"))
    elif read_parameters(entry.request, ("form",))[0].get("token") is None:
        found.append((rule, f"the request to the {entry.endpoint} endpoint has no parameter token"))
