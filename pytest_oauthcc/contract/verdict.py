"""What a broken check says: the difference first, then what was done to the client, what it did, and what to do."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.explain.hiding import hide, secrets_of
from pytest_oauthcc.explain.showing import shorten
from pytest_oauthcc.explain.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_oauthcc.contract.table import Check
    from pytest_oauthcc.core.journal import Journal

__all__ = ["describe_error", "failure_with", "verdict"]

_WIDTH = 100


def verdict(
    check: Check,
    difference: str,
    journals: Sequence[tuple[str, Journal]],
    *,
    notes: Sequence[str] = (),
    secrets: Iterable[str] = (),
    happened: str | None = None,
) -> str:
    """
    Write the text of a broken check.

    Args:
        check: Which one.
        difference: What the client did and what it should have done, in one sentence.
        journals: Of the providers of the test, each with its name.
        notes: Further facts, such as the exceptions that the client raised.
        secrets: What must not be shown beside the secrets of the exchanges.
        happened: What happened; by default the exchanges of the providers.

    Returns:
        The text; its first line is the difference.
    """
    if happened is None:
        happened = timeline(journals, secrets=secrets)
    parts = [
        f"{difference}\n({check.id}: {check.level.upper()}, {check.source})",
        _wrapped("What was provoked: ", check.provoked),
        "What happened:\n" + textwrap.indent(happened or "no request reached the provider", "  "),
        "\n".join(notes),
        _wrapped("Why it matters: ", check.why) + "\n" + _wrapped("What to do: ", check.remedy),
        f'If it has to stay so: waived = {{"{check.id}": "the reason"}} in the class.',
    ]
    entries = [entry for _, journal in journals for entry in journal.all]
    return hide("\n\n".join(part for part in parts if part), secrets_of(entries) | set(secrets))


def describe_error(error: BaseException) -> str:
    """Write an exception in one line: its type and the first line of its message."""
    message = str(error).strip().partition("\n")[0]
    return shorten(f"{type(error).__name__}: {message}" if message else type(error).__name__, 160)


def failure_with(text: str) -> BaseException:
    """Return what fails a test with a text that shows the exchanges, so that the test's report need not repeat them."""
    failure: Any = pytest.fail.Exception(text, pytrace=False)
    failure.shows_exchanges = True
    return failure  # type: ignore[no-any-return]


def _wrapped(title: str, text: str) -> str:
    return textwrap.fill(title + text, _WIDTH, break_long_words=False, break_on_hyphens=False)
