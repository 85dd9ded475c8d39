"""All exchanges of a test as a sequence: when, who to whom, what, with what result, and the rules that were broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_oauthcc.core.journal import ApiRequest, Exchange, Journal, TokenRequest
from pytest_oauthcc.explain.hiding import hide, secrets_of
from pytest_oauthcc.explain.history import result_of, server_of
from pytest_oauthcc.explain.showing import clock_time, columns, count_of, cut_middle, seconds, shorten
from pytest_oauthcc.explain.violations import by_entry
from pytest_oauthcc.masking import mask, mask_params, mask_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_oauthcc.explain.violations import FindingLike

__all__ = ["JUMP", "timeline"]

JUMP = 60.0
"""Seconds between two exchanges from which on somebody must have moved the clock."""

_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class _Line:
    """One exchange and whom it was with."""

    provider: str
    entry: Exchange


def timeline(
    journals: Sequence[tuple[str, Journal]], *, findings: Iterable[FindingLike] = (), secrets: Iterable[str] = ()
) -> str:
    """
    Write all exchanges of a test.

    Args:
        journals: Names and journals of the providers of the test.
        findings: Broken rules beside those that the entries know of, such as the behaviour rules.
        secrets: Texts that must not be shown, beside those that the requests carry.

    Returns:
        The sequence, one line for each exchange; nothing where there was none.
    """
    lines = [_Line(name, entry) for name, entry in _in_order(journals)]
    if not lines:
        return ""
    began = min(journal.began for _, journal in journals)
    named = len(journals) > 1
    more = by_entry(findings)
    chosen = cut_middle(len(lines), most=_MOST_LINES)
    shown = [position for position in chosen if position is not None]
    rows = columns([_row(lines[position], began, named=named) for position in shown], indent="")
    text_of = dict(zip(shown, rows, strict=True))
    result: list[str] = []
    before = began
    previous = -1
    for place, position in enumerate(chosen):
        if position is None:
            following = next(after for after in chosen[place:] if after is not None)
            result.append(_left_out(lines[previous + 1 : following], more))
            before = lines[following - 1].entry.time
            continue
        entry = lines[position].entry
        if entry.time - before > JUMP:
            result.append(f"--- clock moved +{seconds(round(entry.time - before))} ---")
        result.append(text_of[position])
        result.extend(_notes(entry, more.get(id(entry), ())))
        before, previous = entry.time, position
    return hide("\n".join(result), secrets_of(line.entry for line in lines) | set(secrets))


def _in_order(journals: Sequence[tuple[str, Journal]]) -> list[tuple[str, Exchange]]:
    """Return the exchanges of several providers in the order of their times; those of one provider keep theirs."""
    together = [(name, entry) for name, journal in journals for entry in tuple(journal.all)]
    return together if len(journals) == 1 else sorted(together, key=lambda pair: pair[1].time)


def _row(line: _Line, began: float, *, named: bool) -> list[str]:
    entry = line.entry
    whom = f"{line.provider} {server_of(entry)}" if named else server_of(entry)
    return [
        clock_time(entry.time - began).rjust(7),
        f"client -> {whom}",
        shorten(_what_was_sent(entry), 110),
        f"-> {shorten(_what_came_back(entry), 120)}",
    ]


def _notes(entry: Exchange, more: Iterable[FindingLike]) -> Iterator[str]:
    if entry.verdict is not None:
        yield f"{'':9}{shorten(entry.verdict.detail, 200)}"
    for violation in (*entry.violations, *more):
        yield f"{'':9}! {violation.rule.id} ({violation.rule.level.upper()}): {shorten(violation.detail, 200)}"


def _what_was_sent(entry: Exchange) -> str:
    """Write what matters of a request, with secrets masked."""
    if isinstance(entry, ApiRequest):
        query = mask_url(entry.url).partition("?")[2]
        path = f"{entry.path}?{query}" if query else entry.path
        return f"{entry.method} {path}  {'no token' if entry.bearer is None else f'token {mask(entry.bearer)}'}"
    if isinstance(entry, TokenRequest):
        known = {"grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type"}
        others = {name: value for name, value in entry.parameters.values.items() if name not in known}
        grant = [] if entry.grant_type == "client_credentials" else [f"grant_type={entry.grant_type!r}"]
        shown = [f"{name}={value!r}" for name, value in mask_params(others).items()]
        how = "without authentication" if entry.auth_method == "none" else f"by {entry.auth_method}"
        who = how if entry.client_id is None else f"{entry.client_id!r} {how}"
        return ", ".join([f"{entry.method} {who}", *grant, *shown])
    return f"{entry.method} {mask_url(entry.url)}"


def _what_came_back(entry: Exchange) -> str:
    """Write the result of a request: its status, the token that it got or why it was refused."""
    if isinstance(entry, TokenRequest) and entry.token is not None:
        lifetime = int(entry.token.expiry - entry.token.issued)
        scope = f", scope {' '.join(sorted(entry.token.scopes))!r}" if entry.token.scopes else ""
        return f"{entry.result}, token {mask(entry.token.value)} for {seconds(lifetime)}{scope}"
    return result_of(entry)


def _left_out(lines: Sequence[_Line], more: Mapping[int, object]) -> str:
    broken = sum(bool(line.entry.violations) or id(line.entry) in more for line in lines)
    told = f", {broken} of them with broken rules" if broken else ""
    return f"{'':9}... {count_of(len(lines), 'more exchange')}{told} ..."
