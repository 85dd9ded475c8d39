"""Profiles as plain text for the terminal: ``--oauthcc-profiles`` and ``--oauthcc-profile NAME``."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_oauthcc.core.causes import Cause, Refusal
from pytest_oauthcc.options import OwnOption
from pytest_oauthcc.profiles.loader import load_profile, profile_names
from pytest_oauthcc.profiles.profile import Profile

__all__ = ["describe_own_option", "describe_refusal", "group_refusals", "list_lines", "render", "show_value"]

_WIDTH = 100


def list_lines() -> list[str]:
    """Return one line for each profile that comes with pytest-oauthcc: its name and what is peculiar about it."""
    profiles = [load_profile(name) for name in profile_names()]
    widest = max(len(profile.name) for profile in profiles)
    return [f"{profile.name:{widest}}  {profile.title}: {profile.summary}" for profile in profiles]


def render(profile: Profile) -> str:
    """Return all that a profile says, readably."""
    return "\n".join(_lines(profile))


def _lines(profile: Profile) -> Iterator[str]:
    yield f"{profile.name}: {profile.title}"
    yield from _wrap(profile.summary, "  ")
    if profile.extends:
        yield f"  derived from {', '.join(profile.extends)}"
    yield from _section("options", (f"{name} = {_option(name, value)}" for name, value in profile.options.items()))
    yield from _section("options of its own", (describe_own_option(name, own) for name, own in profile.own.items()))
    dialect = profile.dialect
    yield from _section(
        "answer with a token", (f"{name}: {show_value(value)}" for name, value in dialect.response.items())
    )
    if profile.options.get("token_format", "jwt") == "jwt":
        yield from _section(
            "claims of a token", (f"{name}: {show_value(value)}" for name, value in dialect.token.claims.items())
        )
    else:
        yield from _section("token", [dialect.token.opaque])
    yield from _section("checks, in this order", [", ".join(dialect.checks)])
    yield from _section("refusals of the token endpoint, where they are not RFC 6749's", _refusals(dialect.refusals))
    yield from _section("refusals of the API, where they are not RFC 6750's", _refusals(dialect.api.refusals))
    if dialect.licensing is not None:
        terms = dialect.licensing
        exempt = f", none for {' '.join(terms.exempt_scopes)}" if terms.exempt_scopes else ""
        yield from _section(
            "licences", [f"{terms.capacity}, each for {terms.hold} s{exempt}; {terms.release_path} frees one"]
        )
    yield from _section("not said by its documents", (f"{key}: {told}" for key, told in profile.unknown.items()))
    unsure = [f"{fact.text} ({fact.mark})" for fact in profile.facts if fact.mark != "verified"]
    yield from _section("not confirmed", unsure)
    yield from _section("notes", profile.notes)
    yield from _section("sources", profile.sources)


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    lines = [line for item in items for line in _wrap(item, "  ")]
    if lines:
        yield from ("", title, *lines)


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def show_value(value: Any) -> str:
    """Write a template as in JSON, a text without its quotes."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _option(name: str, value: Any) -> str:
    if name in {"scopes", "default_scopes"}:
        return " ".join(value) or "none"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {text}" for key, text in value.items())
    return "none" if value is None else str(value)


def describe_own_option(name: str, option: OwnOption) -> str:
    """Say what an option of a profile takes, what it is for, and what it is when nobody gives it."""
    default = f"made up, {option.made_up}..." if option.made_up else show_value(option.default)
    return f"{name} ({option.takes}; {default}): {option.about}"


def group_refusals(refusals: Mapping[Cause, Refusal]) -> list[tuple[list[str], Refusal]]:
    """Bring causes with the same refusal together, in the order in which they first appear."""
    groups: list[tuple[list[str], Refusal]] = []
    for cause, refusal in refusals.items():
        same = next((causes for causes, other in groups if other == refusal), None)
        if same is None:
            groups.append(([cause.value], refusal))
        else:
            same.append(cause.value)
    return groups


def describe_refusal(refusal: Refusal) -> str:
    """Say in one line how a refusal looks: status, error, description, body and headers."""
    parts = [str(refusal.status)]
    if refusal.body == "":
        parts.append("with an empty body")
    elif refusal.body is not None:
        parts.append(show_value(refusal.body))
    else:
        parts.append(refusal.error or "without an error code")
        if refusal.description:
            parts.append(f"'{refusal.description}'")
    parts.extend(f"{name}: {text}" for name, text in refusal.headers.items())
    return " ".join(parts)


def _refusals(refusals: Mapping[Cause, Refusal]) -> Iterator[str]:
    for causes, refusal in group_refusals(refusals):
        yield f"{', '.join(causes)}: {describe_refusal(refusal)}"
