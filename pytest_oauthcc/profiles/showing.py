"""Profiles as plain text for the terminal: ``--oauthcc-profiles`` and ``--oauthcc-profile NAME``."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.profiles.loader import load_profile, profile_names

if TYPE_CHECKING:
    from pytest_oauthcc.core.causes import Cause, Refusal
    from pytest_oauthcc.options import OwnOption
    from pytest_oauthcc.profiles.profile import Profile

__all__ = ["describe_own_option", "describe_refusals", "list_lines", "render", "show_option", "show_value"]

_WIDTH: Final = 100
_FEW: Final = 6  # so few bodies are shown whole


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
    yield from _section("options", (f"{name} = {show_option(name, value)}" for name, value in profile.options.items()))
    yield from _section("options of its own", (describe_own_option(name, own) for name, own in profile.own.items()))
    dialect = profile.dialect
    yield from _section("answer with a token", _members(dialect.response))
    if profile.options.get("token_format", "jwt") == "jwt":
        yield from _section("claims of a token", _members(dialect.token.claims))
    else:
        yield from _section("token", [dialect.token.opaque])
    yield from _section("checks, in this order", [", ".join(dialect.checks)])
    yield from _section(
        "refusals of the token endpoint, where they are not RFC 6749's", describe_refusals(dialect.refusals)
    )
    yield from _section("refusals of the API, where they are not RFC 6750's", describe_refusals(dialect.api.refusals))
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


def _members(templates: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name}: {show_value(value)}" for name, value in templates.items())


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


def show_option(name: str, value: Any) -> str:
    """Write the value of a shared option as an author of profiles would."""
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


def describe_refusals(refusals: Mapping[Cause, Refusal]) -> list[str]:
    """
    Say how refusals look, one line for all causes that get the same answer.

    What most bodies have in common is told once, in front.
    """
    common = _common_members([refusal.body for refusal in refusals.values() if isinstance(refusal.body, Mapping)])
    lines: dict[str, list[str]] = {}
    for cause, refusal in refusals.items():
        lines.setdefault(_describe(refusal, common), []).append(cause.value)
    front = [f"bodies have: {show_value(common)}"] if common else []
    return [*front, *(f"{', '.join(causes)}: {told}" for told, causes in lines.items())]


def _common_members(bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the members that more than half of several bodies have, if these are bodies of one kind."""
    if len(bodies) <= _FEW:
        return {}
    pairs = Counter((name, json.dumps(value)) for body in bodies for name, value in body.items())
    return {name: json.loads(value) for (name, value), count in pairs.items() if count > len(bodies) / 2}


def _describe(refusal: Refusal, common: Mapping[str, Any]) -> str:
    parts = [str(refusal.status)]
    own = refusal.body if isinstance(refusal.body, Mapping) and common else None
    if refusal.body is None or own is not None:
        parts.append(refusal.error or "without an error code")
        if refusal.description:
            parts.append(f"'{refusal.description}'")
    if own is not None:
        members = {name: value for name, value in own.items() if common.get(name) != value}
        if members:
            parts.append(show_value(members))
    elif refusal.body is not None:
        parts.append("with an empty body" if refusal.body == "" else show_value(refusal.body))
    parts.extend(f"{name}: {text}" for name, text in refusal.headers.items())
    return " ".join(parts)
