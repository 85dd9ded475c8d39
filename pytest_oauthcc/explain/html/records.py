"""What the report knows of a run, as plain JSON: pytest-xdist's workers send it to the controller that way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from pytest_oauthcc.core.journal import ApiRequest, Exchange, Journal, TokenRequest, query_params
from pytest_oauthcc.explain.hiding import Hider, secrets_of
from pytest_oauthcc.explain.history import server_of
from pytest_oauthcc.explain.showing import cut_middle, shorten, show_header, show_param
from pytest_oauthcc.explain.violations import by_entry
from pytest_oauthcc.masking import mask, mask_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_oauthcc.explain.violations import FindingLike

__all__ = ["ReportData", "exchange_record", "record_of_test", "report_data"]

_MOST_EXCHANGES = 120
_LONGEST = 300


class ReportData(TypedDict):
    """
    A run; every value is plain JSON.

    Attributes:
        title: Of the page.
        generated: When, for people.
        about: Facts about the run by name, such as the versions.
        tests: What ``record_of_test`` made of each test.
        live: What a live run has shown as a whole; None where providers were faked.
    """

    title: str
    generated: str
    about: dict[str, str]
    tests: list[dict[str, Any]]
    live: dict[str, Any] | None


def report_data(
    tests: Sequence[dict[str, Any]],
    *,
    generated: str,
    title: str = "OAuth client credentials",
    live: dict[str, Any] | None = None,
    **about: str,
) -> ReportData:
    """
    Put the tests of a run together.

    Args:
        tests: What ``record_of_test`` made of each.
        generated: When the run was, for people.
        title: Of the page.
        live: Of a live run the ``target``, its ``hosts``, the ``profile``, how many ``exchanges`` there were, how many
            answers were ``compared`` or ``passed_over``, and the ``differences``, all without secrets.
        about: Facts about the run by name, such as the versions.

    Returns:
        The data of the page.
    """
    return {"title": title, "generated": generated, "about": about, "tests": list(tests), "live": live}


def record_of_test(
    nodeid: str,
    outcome: str,
    duration: float,
    journals: Sequence[tuple[str, Journal]],
    *,
    message: str = "",
    allowed: Mapping[str, str] | None = None,
    findings: Iterable[FindingLike] = (),
    secrets: Iterable[str] = (),
) -> dict[str, Any]:
    """
    Turn a test into its JSON-able, masked record.

    Args:
        nodeid: Of pytest.
        outcome: ``passed``, ``failed``, ``error``, ``skipped``, ``xfailed`` or ``xpassed``.
        duration: In seconds.
        journals: Names and journals of its providers.
        message: Why it failed, if it did.
        allowed: Rules that it lets a client break, with the reasons.
        findings: Broken rules beside those that the entries know of, such as the behaviour rules.
        secrets: Texts that must not be shown, beside those that the requests carry.

    Returns:
        The record.
    """
    began = min((journal.began for _, journal in journals), default=0.0)
    entries = [(name, entry) for name, journal in journals for entry in tuple(journal.all)]
    entries.sort(key=lambda pair: pair[1].time)
    more = by_entry(findings)
    chosen = cut_middle(len(entries), most=_MOST_EXCHANGES, keep=_broken(entries, more))
    records: list[dict[str, Any]] = []
    previous = -1
    for position in chosen:
        if position is None:
            continue
        name, entry = entries[position]
        record = _record(entry, began, name)
        record["violations"] += [_violation(found) for found in more.get(id(entry), ())]
        record["left_out"] = position - previous - 1
        records.append(record)
        previous = position
    record_of_all = {
        "nodeid": nodeid,
        "outcome": outcome,
        "duration": round(duration, 4),
        "message": shorten(message, 4000),
        "allowed": dict(allowed or {}),
        "providers": [name for name, _ in journals],
        "exchanges": records,
        "count": len(entries),
    }
    hider = Hider(secrets_of(entry for _, entry in entries) | set(secrets))
    return cast("dict[str, Any]", hider.everywhere(record_of_all))


def _broken(entries: Sequence[tuple[str, Exchange]], more: Mapping[int, object]) -> list[int]:
    return [position for position, (_, entry) in enumerate(entries) if entry.violations or id(entry) in more]


def exchange_record(entry: Exchange, journal: Journal, *, provider: str = "") -> dict[str, Any]:
    """
    Turn a journal entry into its JSON-able, masked record.

    Args:
        entry: The entry.
        journal: That it is from.
        provider: The name of the provider.

    Returns:
        The record; for all entries of a test, ``record_of_test`` is quicker.
    """
    record = _record(entry, journal.began, provider)
    return cast("dict[str, Any]", Hider(secrets_of([entry])).everywhere(record))


def _record(entry: Exchange, began: float, provider: str) -> dict[str, Any]:
    sent, got = _tokens(entry)
    return {
        "number": entry.number,
        "provider": provider,
        "server": server_of(entry),
        "at": round(entry.time - began, 3),
        "method": entry.method,
        "path": shorten(_path(entry), _LONGEST),
        "url": shorten(mask_url(entry.url), _LONGEST),
        "facts": [shorten(fact, _LONGEST) for fact in _facts(entry)],
        "headers": [[name, _text(show_header(name, value), value)] for name, value in entry.headers.items()],
        "params": [[name, shown] for name, shown in _params(entry)],
        "status": entry.status,
        "result": entry.result,
        "verdict": None if entry.verdict is None else entry.verdict.detail,
        "sent": sent,
        "got": got,
        "got_facts": _got_facts(entry),
        "violations": [_violation(found) for found in entry.violations],
        "left_out": 0,
    }


def _tokens(entry: Exchange) -> tuple[str | None, str | None]:
    """Return the masked token that a request carried, and the one that it got."""
    if isinstance(entry, ApiRequest):
        return (None if entry.bearer is None else mask(entry.bearer)), None
    if isinstance(entry, TokenRequest):
        return None, (None if entry.token is None else mask(entry.token.value))
    return None, None


def _path(entry: Exchange) -> str:
    path = entry.path if isinstance(entry, ApiRequest) else entry.request.split.path or "/"
    query = mask_url(entry.url).partition("?")[2]
    return f"{path}?{query}" if query else path


def _facts(entry: Exchange) -> list[str]:
    if not isinstance(entry, TokenRequest):
        return []
    facts = [entry.auth_method if entry.auth_method != "none" else "no client authentication"]
    if entry.client_id is not None:
        facts.insert(0, f"client {entry.client_id!r}")
    if entry.grant_type != "client_credentials":
        facts.append(f"grant_type {entry.grant_type!r}")
    facts.append("no scope" if entry.scope is None else f"scope {entry.scope!r}")
    return facts


def _got_facts(entry: Exchange) -> list[str]:
    if not isinstance(entry, TokenRequest) or entry.token is None:
        return []
    scopes = " ".join(sorted(entry.token.scopes))
    lifetime = f"{int(entry.token.expiry - entry.token.issued)} s"
    return [lifetime, f"scope {scopes!r}"] if scopes else [lifetime]


def _params(entry: Exchange) -> list[tuple[str, str]]:
    found = entry.parameters.values if isinstance(entry, TokenRequest) else query_params(entry.request)
    return [(name, shorten(_text(show_param(name, value), value), _LONGEST)) for name, value in found.items()]


def _text(shown: str, value: object) -> str:
    """Leave the quotes of a text out: in a table of its own there is no doubt what it is."""
    return value if isinstance(value, str) and shown == repr(value) else shown


def _violation(found: Any) -> dict[str, str]:
    rule = found.rule
    return {
        "id": rule.id,
        "level": rule.level,
        "rfc": rule.rfc,
        "title": rule.title,
        "why": rule.why,
        "remedy": rule.remedy,
        "link": getattr(rule, "link", ""),
        "detail": shorten(found.detail, 600),
    }
