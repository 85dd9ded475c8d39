"""The rules that clients have to keep: one table, and what looks for broken ones; imported when first needed."""

from __future__ import annotations

from pytest_oauthcc.rules.behaviour import check_behaviour, check_elsewhere
from pytest_oauthcc.rules.finding import Finding
from pytest_oauthcc.rules.message import check_message
from pytest_oauthcc.rules.rule import Rule
from pytest_oauthcc.rules.scene import Scene
from pytest_oauthcc.rules.table import RULES
from pytest_oauthcc.rules.verdicts import NOT_SERVED, Judgement, check_rule_ids, failing

__all__ = [
    "NOT_SERVED",
    "RULES",
    "Finding",
    "Judgement",
    "Rule",
    "Scene",
    "check_behaviour",
    "check_elsewhere",
    "check_message",
    "check_rule_ids",
    "failing",
]
