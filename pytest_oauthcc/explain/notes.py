"""What was noticed about a client and does not fail its test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_oauthcc.explain.violations import FindingLike

__all__ = ["notes"]


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
    return list(dict.fromkeys(lines))


def _line(finding: FindingLike, weight: str) -> str:
    return f"{finding.rule.id} ({weight}): {finding.entry.kind} {finding.entry.number}: {finding.detail}"
