"""``Check``: one behaviour that a client, or an API, has to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FIELD", "PLAIN", "Check", "Level"]

Level = Literal["must", "should", "advice"]

FIELD = "seen in the field"
"""The source of what stands in no document."""

PLAIN = "The client calls the API once, and nothing is in its way."
"""What is provoked where nothing is."""


@dataclass(frozen=True, slots=True)
class Check:
    """
    One behaviour that a client has to show.

    Args:
        id: In kebab case; what ``waived`` and ``not_applicable`` take.
        level: ``"must"`` and ``"should"`` are always checked, ``"advice"`` where the class says ``advice = True``.
        source: Where it stands, as ``"RFC 6749 section 4.4.2"``, or who learned it the hard way.
        provoked: What the check does to the client, in one sentence.
        why: Why it matters, for a person who never read the RFC.
        remedy: What usually puts it right.
    """

    id: str
    level: Level
    source: str
    provoked: str
    why: str
    remedy: str
