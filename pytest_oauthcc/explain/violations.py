"""Which rules a client broke, why that matters, and what to do: the text of a test that fails by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from pytest_oauthcc.core.journal import Exchange, Journal, TokenRequest
from pytest_oauthcc.explain.hiding import hide, secrets_of
from pytest_oauthcc.explain.history import history, request_line
from pytest_oauthcc.explain.showing import clock_time, count_of, paragraph, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FindingLike", "RuleLike", "by_entry", "violations"]

_MOST_DETAILS = 5
_MOST_REQUESTS = 5


class RuleLike(Protocol):
    """What a text needs of a rule."""

    @property
    def id(self) -> str:
        """In kebab case."""
        ...

    @property
    def level(self) -> str:
        """``must`` or ``should``."""
        ...

    @property
    def rfc(self) -> str:
        """The section that it is from."""
        ...

    @property
    def title(self) -> str:
        """What it demands."""
        ...

    @property
    def why(self) -> str:
        """Why it matters."""
        ...

    @property
    def remedy(self) -> str:
        """What to do about it."""
        ...


class FindingLike(Protocol):
    """What a text needs of a broken rule."""

    @property
    def rule(self) -> Any:
        """The rule."""
        ...

    @property
    def entry(self) -> Exchange:
        """The exchange that broke it."""
        ...

    @property
    def detail(self) -> str:
        """What this very exchange did."""
        ...


def violations(findings: Sequence[FindingLike], journal: Journal, *, secrets: Iterable[str] = ()) -> str:
    """
    Explain the rules that a client broke in a test.

    Args:
        findings: At least one; several of one rule become one paragraph.
        journal: Of the provider.
        secrets: Texts that must not be shown, beside those that the requests carry.

    Returns:
        What was broken first, by which requests, the history, why it matters and what to do.
    """
    by_rule: dict[str, list[FindingLike]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule.id, []).append(finding)
    parts = [[_headline(by_rule)]]
    parts += [list(_paragraph(found, journal)) for found in by_rule.values()]
    parts += [_history(findings, journal), list(_how_to_allow(by_rule))]
    text = "\n\n".join("\n".join(part) for part in parts if part)
    entries = {id(finding.entry): finding.entry for finding in findings}
    return hide(text, secrets_of([*entries.values(), *journal.all]) | set(secrets))


def by_entry(findings: Iterable[FindingLike]) -> dict[int, list[FindingLike]]:
    """Sort broken rules by the ``id`` of the exchange that broke them."""
    found: dict[int, list[FindingLike]] = {}
    for finding in findings:
        found.setdefault(id(finding.entry), []).append(finding)
    return found


def _headline(by_rule: dict[str, list[FindingLike]]) -> str:
    first = next(iter(by_rule.values()))[0]
    more = len(by_rule) - 1
    rest = f"; {count_of(more, 'more rule')} broken, too" if more else ""
    return f"{shorten(first.detail, 150)} ({first.rule.id}: {first.rule.rfc}){rest}"


def _paragraph(found: Sequence[FindingLike], journal: Journal) -> Iterator[str]:
    rule = found[0].rule
    yield f"{rule.id} ({rule.level.upper()}, {rule.rfc}): {rule.title}"
    by_detail: dict[str, list[Exchange]] = {}
    for finding in found:
        by_detail.setdefault(finding.detail, []).append(finding.entry)
    for detail, entries in list(by_detail.items())[:_MOST_DETAILS]:
        yield f"  {shorten(detail, 300)}"
        for entry in entries[:_MOST_REQUESTS]:
            when = clock_time(entry.time - journal.began)
            yield f"    {entry.kind} {_number(entry, journal)} at {when}: {request_line(entry)}"
        if len(entries) > _MOST_REQUESTS:
            yield f"    ... and {count_of(len(entries) - _MOST_REQUESTS, 'more request')}"
    if len(by_detail) > _MOST_DETAILS:
        yield f"  ... and in {count_of(len(by_detail) - _MOST_DETAILS, 'other way')}"
    yield from (f"  {line}" for line in paragraph(f"Why: {rule.why}"))
    yield from (f"  {line}" for line in paragraph(f"What to do: {rule.remedy}"))
    link = getattr(rule, "link", "")
    if link:
        yield f"  Read more: {link}"


def _number(entry: Exchange, journal: Journal) -> int:
    """Count a request among those of its kind, as tests do."""
    log = journal.token_requests if isinstance(entry, TokenRequest) else journal.api_requests
    return next((number for number, other in enumerate(log, 1) if other is entry), entry.number)


def _history(findings: Sequence[FindingLike], journal: Journal) -> list[str]:
    entries = tuple(journal.all)
    if len(entries) < 2:  # noqa: PLR2004 - one exchange is told above
        return []
    broken = by_entry(findings)
    marks = {
        position: ", ".join(dict.fromkeys(finding.rule.id for finding in broken[id(entry)]))
        for position, entry in enumerate(entries)
        if id(entry) in broken
    }
    return ["all exchanges in this test:", *history(entries, journal, marks)]


def _how_to_allow(by_rule: dict[str, list[FindingLike]]) -> Iterator[str]:
    what = "it" if len(by_rule) == 1 else "them"
    reasons = ", ".join(f'"{rule_id}": "why this is fine"' for rule_id in by_rule)
    yield f"If the provider is known to want it so, allow {what}: oauthcc.allow({{{reasons}}})"
