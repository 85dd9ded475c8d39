"""What a rule is: its name, its weight, where it stands, and what a person has to know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Rule"]

_SOURCE = re.compile(r"RFC (\d+)(?: (section|appendix) ([\w.]+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One rule for OAuth clients.

    Args:
        id: In kebab case; what ``allow`` takes.
        level: ``"must"`` or ``"should"``, by the words of the RFC.
        rfc: Where it stands, as ``"RFC 6749 section 2.3"``.
        title: What is broken, in one sentence.
        looks_at: What the rule looks at.
        why: Why it matters, for a person who never read the RFC.
        remedy: What usually puts it right.
        kind: ``"message"`` looks at one request, ``"behaviour"`` at the journal with its times.
        also: Further places where it stands.
    """

    id: str
    level: Literal["must", "should"]
    rfc: str
    title: str
    looks_at: str
    why: str
    remedy: str
    kind: Literal["message", "behaviour"] = "message"
    also: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """The address of the text of the RFC where the rule stands."""
        return link_of(self.rfc)


def link_of(source: str) -> str:
    """Return the address of a place such as ``RFC 6749 section 2.3``; nothing where it is none."""
    found = _SOURCE.match(source)
    if found is None:
        return ""
    number, kind, part = found.groups()
    anchor = f"#{kind}-{part}" if kind else ""
    return f"https://www.rfc-editor.org/rfc/rfc{number}{anchor}"
