"""Rules about the parameter resource, which names the API that a token is for (RFC 8707)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_resource"]

RULES = (
    Rule(
        id="resource-not-absolute",
        level="must",
        rfc="RFC 8707 section 2",
        title="The parameter resource is no absolute URI, or has a fragment.",
        looks_at="The parameter resource of token requests.",
        why="It names the API that the token is for, and the server compares it with the addresses that it knows.",
        remedy="Send the API's address with its scheme and without #: https://api.example.com/.",
    ),
    Rule(
        id="resource-with-query",
        level="should",
        rfc="RFC 8707 section 2",
        title="The parameter resource has a query.",
        looks_at="The parameter resource of token requests.",
        why="It is to name an API, not a single request to it.",
        remedy="Send the API's base address.",
    ),
)


def look_at_resource(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at the APIs that a token request names."""
    if "resource" not in entry.parameters.values:
        return
    for resource in entry.parameters.get_all("resource"):
        try:
            parts = urlsplit(resource)
        except ValueError:
            parts = urlsplit("")
        if not parts.scheme or not (parts.netloc or parts.path) or "#" in resource:
            found.append(("resource-not-absolute", f"resource is {scene.show(resource)}"))
        elif parts.query:
            found.append(("resource-with-query", f"resource is {scene.show(resource)}"))
