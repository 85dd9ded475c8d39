"""Every check of the contract: what it provokes, how much it matters, and what usually puts it right."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from pytest_oauthcc.contract.table import (
    bad_days,
    being_refused,
    credentials,
    getting,
    keeping,
    on_event_loops,
    reading_answers,
    renewing,
    safety,
)
from pytest_oauthcc.contract.table.check import Check, Level
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHECKS", "Check", "Level", "find_check"]

_CHAPTERS = (getting, reading_answers, credentials, keeping, renewing, on_event_loops, being_refused, bad_days, safety)

CHECKS: dict[str, Check] = {check.id: check for chapter in _CHAPTERS for check in chapter.CHECKS}
"""All checks by id, in the order of the chapters."""


def find_check(name: str, where: str, checks: Mapping[str, Check] = CHECKS) -> Check:
    """
    Find a check.

    Args:
        name: Its id.
        where: Who names it, for the message.
        checks: Those of the contract.

    Raises:
        OptionError: There is none; the message lists the near ones.
    """
    __tracebackhide__ = True
    if name in checks:
        return checks[name]
    near = difflib.get_close_matches(name, checks, n=3, cutoff=0.4)
    words = set(name.split("-"))
    alike = sorted(checks, key=lambda known: -len(words & set(known.split("-"))))[:3]
    raise OptionError(
        f"{where}: there is no check {name!r}. Near: {', '.join(dict.fromkeys([*near, *alike]))}. "
        f"All ids: docs/{'contract' if checks is CHECKS else 'api-contract'}.md."
    )
