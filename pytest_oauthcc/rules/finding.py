"""A broken rule in one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.rules.rule import Rule

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    A rule that a client broke, and where.

    Args:
        rule: The rule.
        entry: The exchange whose request broke it.
        detail: What is wrong with this very request; secrets and tokens in it are masked.
    """

    rule: Rule
    entry: Exchange = field(compare=False)
    detail: str

    def __repr__(self) -> str:
        rule, entry = self.rule, self.entry
        return f"<{rule.id} ({rule.level}, {rule.rfc}) in {entry.kind} {entry.number}: {self.detail}>"


Finding.__module__ = "pytest_oauthcc"
