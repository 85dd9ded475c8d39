"""What follows from broken rules: which of them fail a test, which are only told, and which were allowed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.rules.table import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_oauthcc.rules.finding import Finding

__all__ = ["NOT_SERVED", "Judgement", "check_rule_ids", "failing"]

NOT_SERVED = "not-served"
"""What ``allow`` calls a request that nothing serves. It is no rule of an RFC, so it is not in the table."""


class Judgement(NamedTuple):
    """
    Broken rules by what follows from them.

    Args:
        fails: Those that fail the test.
        notes: Those that are only told.
        allowed: Those that the test allows, each with the reason that it gives.
    """

    fails: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    allowed: tuple[tuple[Finding, str], ...]


def failing(findings: Iterable[Finding], strict: bool | Literal["should"], allow: Mapping[str, str]) -> Judgement:
    """
    Sort broken rules by what follows from them.

    Args:
        findings: In any order, which is kept.
        strict: True lets a broken MUST of a message rule fail the test, ``"should"`` a broken SHOULD as well, False
            nothing. Behaviour rules are always notes here: a plain test does not say what was meant.
        allow: Rule ids with the reasons why they may be broken.

    Returns:
        The findings that fail, that are told, and that are allowed.
    """
    fails: list[Finding] = []
    notes: list[Finding] = []
    allowed: list[tuple[Finding, str]] = []
    for finding in findings:
        rule = finding.rule
        if rule.id in allow:
            allowed.append((finding, allow[rule.id]))
        elif strict and rule.kind == "message" and (rule.level == "must" or strict == "should"):
            fails.append(finding)
        else:
            notes.append(finding)
    return Judgement(tuple(fails), tuple(notes), tuple(allowed))


def check_rule_ids(mapping: Mapping[str, str], where: str) -> None:
    """
    Check that a table of allowed rules names rules that there are.

    Args:
        mapping: Rule ids with reasons.
        where: Who gave it, for the message: ``@pytest.mark.oauthcc``, ``oauthcc.allow()``...

    Raises:
        OptionError: There is no such rule; the message names the nearest ones.
    """
    __tracebackhide__ = True
    for name in mapping:
        if name in RULES or name == NOT_SERVED:
            continue
        near = difflib.get_close_matches(name, [*RULES, NOT_SERVED], n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise OptionError(
            f"{where}: allow names the rule {name!r}, and there is no such rule.{hint} "
            "All rules with what they look at: pytest --oauthcc-rules"
        )
