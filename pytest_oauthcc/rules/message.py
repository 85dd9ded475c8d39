"""The rules that look at one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.core.journal import ApiRequest, OtherRequest, TokenRequest
from pytest_oauthcc.rules.assertion import look_at_assertion
from pytest_oauthcc.rules.authentication import look_at_authentication
from pytest_oauthcc.rules.bearer import look_at_authorization_headers, look_at_bearer
from pytest_oauthcc.rules.dpop import look_at_proof
from pytest_oauthcc.rules.finding import Finding
from pytest_oauthcc.rules.leaks import look_for_leaks
from pytest_oauthcc.rules.resource import look_at_resource
from pytest_oauthcc.rules.scope import look_at_scope
from pytest_oauthcc.rules.table import RULES
from pytest_oauthcc.rules.token_request import look_at_token_request
from pytest_oauthcc.rules.token_status import look_at_token_status
from pytest_oauthcc.rules.transport import (
    look_at_api_way,
    look_at_every_way,
    look_at_other_way,
    look_at_token_way,
)

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["check_message"]


def check_message(entry: Exchange, scene: Scene) -> tuple[Finding, ...]:
    """
    Tell which rules a request breaks, by looking at that request alone.

    Args:
        entry: The exchange with its request; whether and how it was answered does not matter.
        scene: What is known of the provider.

    Returns:
        The broken rules, each rule and detail once; without those that the provider itself makes its clients break.
    """
    found: list[tuple[str, str]] = []
    look_at_every_way(entry, found)
    look_for_leaks(entry, scene, found)
    look_at_authorization_headers(entry, found)
    if isinstance(entry, TokenRequest):
        look_at_token_way(entry, scene, found)
        look_at_token_request(entry, scene, found)
        if entry.method == "POST" or entry.method in scene.settings.methods:
            look_at_resource(entry, scene, found)
            look_at_authentication(entry, scene, found)
            look_at_assertion(entry, scene, found)
            look_at_scope(entry, scene, found)
        look_at_proof(entry, scene, found)
    elif isinstance(entry, ApiRequest):
        look_at_api_way(entry, found)
        look_at_bearer(entry, scene, found)
        look_at_proof(entry, scene, found)
    elif isinstance(entry, OtherRequest):
        look_at_other_way(entry, found)
        look_at_token_status(entry, found)
    if not found:
        return ()
    off = scene.off
    return tuple(Finding(RULES[rule], entry, detail) for rule, detail in dict.fromkeys(found) if rule not in off)
