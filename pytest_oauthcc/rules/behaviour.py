"""The rules that look at the journal: what a client did, in which order, and when."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pytest_oauthcc.rules.finding import Finding
from pytest_oauthcc.rules.retries import look_at_retries
from pytest_oauthcc.rules.table import RULES
from pytest_oauthcc.rules.token_use import look_at_token_use, look_for_strays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["check_behaviour", "check_elsewhere"]


def check_behaviour(entries: Sequence[Exchange], scene: Scene) -> tuple[Finding, ...]:
    """
    Tell which rules a client breaks by the way in which its requests follow each other.

    Args:
        entries: The journal in order. Requests to other hosts may be among them, as plain ``Exchange`` objects.
        scene: What is known of the provider.

    Returns:
        The broken rules in the order of the requests, without those that the provider itself makes its clients break.
    """
    found = list(chain(look_at_token_use(entries, scene), look_at_retries(entries, scene)))
    found.sort(key=lambda item: (item[1].time, item[1].number))
    return tuple(Finding(RULES[rule], entry, detail) for rule, entry, detail in found if rule not in scene.off)


def check_elsewhere(entry: Exchange, scene: Scene) -> tuple[Finding, ...]:
    """
    Tell whether a request to somebody else carries this provider's tokens or its clients' credentials.

    Args:
        entry: An exchange with another host, also one that another fake provider answered.
        scene: What is known of the provider whose tokens and secrets are looked for.

    Returns:
        The broken rules.
    """
    return tuple(
        Finding(RULES[rule], stray, detail)
        for rule, stray, detail in look_for_strays(entry, scene)
        if rule not in scene.off
    )
