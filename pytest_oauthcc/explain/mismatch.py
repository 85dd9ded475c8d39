"""Why no request, or not as many as wanted, looks as a test expects it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.core.journal import Journal, TokenRequest
from pytest_oauthcc.explain.arguments import check_count
from pytest_oauthcc.explain.difference import Difference, label
from pytest_oauthcc.explain.hiding import Hider, secrets_of
from pytest_oauthcc.explain.history import history, request_line
from pytest_oauthcc.explain.likely_causes import likely_causes
from pytest_oauthcc.explain.showing import bullets, columns, count_of, join_words, plain, shorten
from pytest_oauthcc.explain.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_oauthcc.explain.difference import Kind
    from pytest_oauthcc.explain.expectation import Expectation

__all__ = ["mismatch"]

_WIDEST = 44


def mismatch(
    expectation: Expectation,
    journal: Journal,
    *,
    count: int | None = None,
    others: Sequence[tuple[str, Journal]] = (),
    secrets: Iterable[str] = (),
) -> str | None:
    """
    Compare the requests of a journal with an expectation.

    Args:
        expectation: What is expected.
        journal: Of the provider.
        count: How many requests have to be as expected; None means at least one.
        others: Names and journals of the other providers of the test, where requests may have gone instead.
        secrets: Texts that must not be shown, beside those that the requests carry.

    Returns:
        None when the expectation is met; else the failure: the difference first, which request, the differing
        parts, the history, the likely cause and the next step.

    Raises:
        OptionError: ``count`` is not a number of requests.
    """
    __tracebackhide__ = True
    check_count(count)
    entries = expectation.entries(journal)
    situation = Situation(expectation, journal, entries, [expectation.differences(entry) for entry in entries], count)
    if situation.is_satisfied:
        return None
    hider = Hider(secrets_of(situation.exchanges) | set(secrets))
    parts = [[_headline(situation)], list(_which(situation)), list(_table(situation)), _history(situation)]
    # What is broken into lines is looked at before, or a secret with a blank in it would hide in the line break.
    parts.append(bullets([hider(cause) for cause in likely_causes(situation, others)]))
    text = "\n\n".join("\n".join(part) for part in parts if part)
    return hider(text)


# --- first the difference


def _headline(situation: Situation) -> str:
    expectation, matched, count = situation.expectation, len(situation.matching), situation.count
    described = expectation.describe()
    such = f" with {described}" if described else ""
    wanted = "one" if count is None else "none" if count == 0 else str(count)
    if not situation.entries:
        return f"no {expectation.kind} was made, expected {wanted}{such}"
    if matched or situation.is_too_many:
        verb = "was" if matched == 1 else "were"
        return f"{count_of(matched, expectation.kind)}{such} {verb} made, expected {wanted}"
    differences = situation.differences
    told = "; ".join(_sentence(difference) for difference in differences[:2])
    more = _more(len(differences) - 2)
    first = f"no {expectation.kind} is as expected, wanted {count}: " if count is not None and count > 1 else ""
    return f"{first}{told}{more}"


def _more(number: int) -> str:
    if number <= 0:
        return ""
    return f"; {number} more parts differ" if number > 1 else "; 1 more part differs"


def _sentence(difference: Difference) -> str:
    received, expected = (shorten(difference.show(v), 150) for v in (difference.received, difference.expected))
    return f"{difference.field} was {received}, expected {expected}"


# --- which request


def _which(situation: Situation) -> Iterator[str]:
    if situation.position is None:
        return
    entry, kind = situation.entry, situation.expectation.kind
    line = f"{kind} {situation.position + 1} of {len(situation.entries)}: {request_line(entry)}"
    if isinstance(entry, TokenRequest):
        line += f", client {entry.client_id!r}" if entry.client_id is not None else ", which names no client"
    nearest = len(situation.entries) - len(situation.matching) > 1 and not situation.is_too_many
    yield line + (" (the nearest of those that differ)" if nearest else "")


# --- only what differs


def _table(situation: Situation) -> Iterator[str]:
    if not situation.differences:
        return
    rows = []
    for difference in situation.differences:
        rows.append([difference.field, _cell(difference, difference.expected), _cell(difference, difference.received)])
        if difference.kind in {"scope", "token"}:
            rows.extend(_scope_rows(difference))
    if max(len(row[1]) for row in rows) <= _WIDEST:
        yield from columns([["", "expected", "received"], *rows], gap="   ")
    else:
        yield from columns(list(_one_below_the_other(rows)), gap="   ")
    matched = _matched(situation)
    if matched:
        yield f"  ({join_words(matched)} matched)"


def _scope_rows(difference: Difference) -> Iterator[list[str]]:
    """Tell single scopes where there are several, and where what was sent is a list of scopes at all."""
    expected, received = ((value or "").split() for value in (difference.expected, difference.received))
    if len(expected) + len(received) <= 2 or _NO_SCOPES.intersection(difference.received or ""):  # noqa: PLR2004
        return
    for name, scopes in (("missing", difference.missing), ("unexpected", difference.unexpected)):
        if scopes:
            yield [name, " ".join(scopes)]


_NO_SCOPES = frozenset("[]{}()'\",;")


def _one_below_the_other(rows: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    for name, first, *rest in rows:
        if rest:
            yield [name, "expected", first]
            yield ["", "received", rest[0]]
        else:
            yield ["", name, first]


def _cell(difference: Difference, value: object) -> str:
    if value is None:
        return "(absent)"
    shown = difference.show(value)
    other = difference.received if value is difference.expected else difference.expected
    if isinstance(value, str) and shown == repr(value) and isinstance(other, str | None):
        return shorten(plain(value))  # beside a text there is no doubt that this is one, too
    return shorten(shown)


def _matched(situation: Situation) -> list[str]:
    differing = {(difference.kind, difference.name) for difference in situation.differences}
    kinds = {difference.kind for difference in situation.differences}
    return [
        label(kind, name)
        for kind, name, _ in situation.expectation.parts
        if (kind, name) not in differing and not (kind == "json" and "json" in kinds)
    ]


# --- the history


def _history(situation: Situation) -> list[str]:
    entries, expectation = situation.entries, situation.expectation
    if not entries:
        return []
    marks = dict.fromkeys(situation.matching, "as expected") if situation.count is not None else {}
    if situation.position is not None:
        marks[situation.position] = "this one"
    title = f"all {expectation.kind}s in this test:"
    if situation.journal.count > len(situation.exchanges):
        title = f"the newest {expectation.kind}s (older ones are not kept, see journal_limit):"
    keep = {situation.position: marks[situation.position]} if situation.position is not None else {}
    rest = {position: note for position, note in marks.items() if position not in keep}
    parts: list[tuple[Kind, str]] = [(found.kind, found.name) for found in situation.differences]
    parts = parts or [(kind, name) for kind, name, _ in expectation.parts]
    return [title, *history(entries, situation.journal, {**keep, **rest}, list(dict.fromkeys(parts))[:3])]
