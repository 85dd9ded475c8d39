"""What was noticed about a client and does not fail its test."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_oauthcc.explain.violations import FindingLike

__all__ = ["notes"]

_MOST_OF_A_RULE = 3


def notes(findings: Sequence[FindingLike], allowed: Iterable[tuple[FindingLike, str]]) -> list[str]:
    """
    Say which rules were broken without failing the test, and which the test allows.

    Args:
        findings: What is only told.
        allowed: What the test allows, each with its reason.

    Returns:
        Lines; none where there is nothing to say.
    """
    lines = [_line(finding, f"{finding.rule.level}, {finding.rule.rfc}") for finding in findings]
    lines += [_line(finding, f"allowed: {reason}") for finding, reason in allowed]
    return list(_shortened(dict.fromkeys(lines)))


def _shortened(lines: Iterable[str]) -> Iterator[str]:
    """Show a rule that was broken again and again a few times only."""
    seen: Counter[str] = Counter()
    for line in lines:
        rule = line.partition(" ")[0]
        seen[rule] += 1
        if seen[rule] <= _MOST_OF_A_RULE:
            yield line
    for rule, count in seen.items():
        if count > _MOST_OF_A_RULE:
            yield f"{rule}: and {count - _MOST_OF_A_RULE} more"


def _line(finding: FindingLike, weight: str) -> str:
    return f"{finding.rule.id} ({weight}): {finding.entry.kind} {finding.entry.number}: {finding.detail}"
