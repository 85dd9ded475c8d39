"""A provider as data: what a profile file says after it was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_oauthcc.options import OwnOption

__all__ = ["Fact", "Profile"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known about a provider, and how sure it is: verified, unverified or inferred."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Profile:
    """
    One provider's options and dialect, with where they come from.

    Attributes:
        name: What a test calls it: the name of the file without its ending.
        title: The provider's name.
        summary: What is peculiar about it, in one line.
        options: Shared options, checked; texts may hold placeholders for options of ``own``.
        own: The options that only this provider has.
        dialect: Its departures from the RFCs.
        unknown: What its documents leave open: a key of the profile, or another subject, with a sentence.
        facts: What is known about it, and how sure that is.
        sources: What the profile was written from.
        notes: What else a test author has to know.
        path: The file.
        extends: The profiles that it is derived from, the nearest first.
    """

    name: str
    title: str
    summary: str
    path: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, OwnOption] = field(default_factory=dict)
    dialect: Dialect = field(default_factory=Dialect)
    unknown: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = {
            name: mask(str(value)) if "secret" in name else value
            for name, value in self.options.items()
            if name in {"token_url", "api_url", "client_id", "client_secret"}
        }
        parts = [repr(self.name), *(f"{name}={value!r}" for name, value in shown.items())]
        if self.own:
            parts.append(f"own options: {', '.join(self.own)}")
        return f"Profile({', '.join(parts)})"


Profile.__module__ = "pytest_oauthcc"
