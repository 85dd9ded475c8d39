"""The contract's lines at the end of a run: per class how many behaviours held, broke, are waived or were skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pytest

__all__ = ["PROPERTY", "contract_lines", "judged", "write_summary"]

PROPERTY = "oauthcc_contract"
"""The user property that a contract test carries in its reports, also from one process of xdist to another."""

# From the worst to the best: a check with several cases is what the worst of them is.
_ORDER = ("error", "broken", "waived", "held anyway", "held", "skipped")


def judged(stats: Mapping[str, Iterable[Any]]) -> dict[str, dict[str, str]]:
    """
    Sort the reports of contract tests.

    Args:
        stats: Reports by the letter or word that pytest counts them under.

    Returns:
        For each contract class its check ids with how each ended.
    """
    found: dict[str, dict[str, str]] = {}
    for reports in stats.values():
        for report in reports:
            place, _, check = dict(getattr(report, "user_properties", ())).get(PROPERTY, "").rpartition(" ")
            outcome = _outcome(report) if place else ""
            if not outcome:
                continue
            checks = found.setdefault(place, {})
            known = checks.get(check, "skipped")
            checks[check] = min(known, outcome, key=_ORDER.index)
    return found


def _outcome(report: Any) -> str:
    if report.when != "call" and report.outcome == "passed":
        return ""
    if hasattr(report, "wasxfail"):
        return "waived" if report.outcome == "skipped" else "held anyway"
    if report.outcome == "failed":
        return "broken" if report.when == "call" else "error"
    return "held" if report.outcome == "passed" else "skipped"


def contract_lines(stats: Mapping[str, Iterable[Any]]) -> Iterator[str]:
    """
    Write the summary of the contract classes of a run.

    Args:
        stats: Reports by how pytest counts them.

    Yields:
        Lines; none where no contract ran.
    """
    for place, checks in sorted(judged(stats).items()):
        by = {outcome: [check for check, how in checks.items() if how == outcome] for outcome in _ORDER}
        held = len(by["held"]) + len(by["held anyway"])
        parts = [f"{held} held", f"{len(by['broken'])} broken", f"{len(by['waived'])} waived"]
        parts.append(f"{len(by['skipped'])} skipped")
        if by["error"]:
            parts.append(f"{len(by['error'])} with errors")
        yield f"{place}: {len(checks)} behaviours: {', '.join(parts)}"
        for outcome in ("broken", "waived"):
            if by[outcome]:
                yield f"  {outcome}: {', '.join(by[outcome])}"
        if by["held anyway"]:
            yield f"  waived, but held, so that the waiver can go: {', '.join(by['held anyway'])}"


def write_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the summary to the terminal."""
    terminalreporter.section("oauthcc contract")
    for line in contract_lines(terminalreporter.stats):
        terminalreporter.line(line)
