"""The requests of a test as lines, one each, with the time on the provider's clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.journal import ApiRequest, Exchange, Journal, OtherRequest, TokenRequest
from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.explain.difference import Kind, show
from pytest_oauthcc.explain.showing import clock_time, columns, cut_middle, shorten
from pytest_oauthcc.masking import mask, mask_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["MOST_LINES", "answer_of", "history", "request_line", "result_of", "server_of"]

MOST_LINES = 12
_LONGEST = 60


def history(
    entries: Sequence[Any],
    journal: Journal,
    marks: Mapping[int, str],
    parts: Sequence[tuple[Kind, str]] = (),
) -> list[str]:
    """
    Write requests as lines; a long history is shortened in its middle.

    Args:
        entries: The requests, the oldest first.
        journal: That they are from.
        marks: Notes at the end of some lines, by position, those that matter most first.
        parts: Kind and name of the parts of a request that matter.

    Returns:
        The lines.
    """
    many_clients = len({entry.client_id for entry in entries if isinstance(entry, TokenRequest)}) > 1
    chosen = cut_middle(len(entries), most=MOST_LINES, keep=marks)
    shown = [position for position in chosen if position is not None]
    mixed = len({type(entry) for entry in entries}) > 1
    rows = {
        position: [
            str(position + 1),
            clock_time(entries[position].time - journal.began),
            *([server_of(entries[position])] if mixed else []),
            result_of(entries[position]),
            *_cells(entries[position], parts, many_clients=many_clients, mixed=mixed),
            f"<- {marks[position]}" if position in marks else "",
        ]
        for position in shown
    }
    lines = dict(zip(shown, columns(list(rows.values())), strict=True))
    result: list[str] = []
    previous = -1
    for place, position in enumerate(chosen):
        if position is None:
            following = next(after for after in chosen[place:] if after is not None)
            result.append(f"  ... {following - previous - 1:,} more ...")
        else:
            result.append(lines[position])
            previous = position
    return result


def server_of(entry: Exchange) -> str:
    """Name the endpoint that a request went to."""
    if isinstance(entry, TokenRequest):
        return "token endpoint"
    if isinstance(entry, ApiRequest):
        return "API"
    return entry.endpoint if isinstance(entry, OtherRequest) else "another host"


def result_of(entry: Exchange) -> str:
    """Write what a request got: its status, and why the fake refused it."""
    if entry.verdict is None:
        return entry.result
    return f"{entry.result} ({entry.verdict.cause.replace('_', ' ')})"


def answer_of(entry: Exchange) -> str:
    """Write what a request got, and the reason that the answer or the fake gives: ``401: the token was revoked``."""
    if entry.verdict is not None:
        return f"{entry.result}: {entry.verdict.detail}"
    if not isinstance(entry.outcome, Response):
        return entry.result
    try:
        members = json.loads(entry.outcome.body)
    except (ValueError, RecursionError):
        return entry.result
    told = members if isinstance(members, dict) and "error" in members else {}
    reason = [str(told[name]) for name in ("error", "error_description", "message") if name in told]
    return f"{entry.result} {shorten(': '.join(reason), 200)}".rstrip()


def request_line(entry: Exchange) -> str:
    """Write a request as its method and URL, with secrets masked."""
    return shorten(f"{entry.method} {mask_url(entry.url)}", 200)


def _cells(entry: Exchange, parts: Sequence[tuple[Kind, str]], *, many_clients: bool, mixed: bool) -> list[str]:
    details = _details(entry, parts, many_clients=many_clients)
    return ["  ".join(details)] if mixed else details


def _details(entry: Exchange, parts: Sequence[tuple[Kind, str]], *, many_clients: bool) -> list[str]:
    if isinstance(entry, ApiRequest):
        shown = [f"{entry.method} {shorten(entry.path, _LONGEST)}"]
        shown.append("no token" if entry.bearer is None else f"token {mask(entry.bearer)}")
    elif isinstance(entry, TokenRequest):
        shown = [f"client_id={entry.client_id!r}"] if many_clients and ("client_id", "") not in parts else []
        if not parts:
            parts = (("scope", ""),)
    else:
        return [
            f"{entry.method} {entry.request.split.path}" if isinstance(entry, OtherRequest) else request_line(entry)
        ]
    for kind, name in parts:
        value = _PARTS[kind](entry, name) if kind in _PARTS else None
        if kind in _PARTS:
            shown.append(
                f"{name or _NAMES.get(kind, kind)}={show(kind, name, value)}" if value is not None else _no(kind, name)
            )
    return [shorten(part, _LONGEST) for part in shown]


def _no(kind: Kind, name: str) -> str:
    return f"no {name or _NAMES.get(kind, kind)}"


_NAMES: Mapping[str, str] = {"token": "scope"}

# The parts that an API request's line has anyway are not among these, nor is its body.
_PARTS: Mapping[str, Callable[[Any, str], Any]] = {
    "scope": lambda entry, _: entry.scope,
    "grant_type": lambda entry, _: entry.grant_type,
    "auth_method": lambda entry, _: entry.auth_method,
    "client_id": lambda entry, _: entry.client_id,
    "param": lambda entry, name: entry.parameters.values.get(name),
    "query": lambda entry, name: entry.params.get(name),
    "header": lambda entry, name: entry.headers.get(name),
    "token": lambda entry, _: " ".join(sorted(entry.scopes)) or None,
}
