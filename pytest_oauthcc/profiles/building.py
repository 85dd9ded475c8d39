"""Making a ``Profile`` from checked data."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.causes import API_REFUSALS, TOKEN_REFUSALS, Cause, Refusal
from pytest_oauthcc.core.dialect import (
    DEFAULT_CLAIMS,
    DEFAULT_RESPONSE,
    ApiDialect,
    Dialect,
    Licensing,
    ScopeDialect,
    TokenDialect,
)
from pytest_oauthcc.options import OPTIONS, OwnOption
from pytest_oauthcc.profiles.merging import merge
from pytest_oauthcc.profiles.places import show_path
from pytest_oauthcc.profiles.profile import Fact, Profile
from pytest_oauthcc.profiles.schema import API_GROUPS, TOKEN_GROUPS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_oauthcc.profiles.checking import Checked

__all__ = ["build"]

_DIALECT_KEYS = (
    "checks",
    "grant_types",
    "two_auth_methods",
    "basic_encoding",
    "authorization_pattern",
    "credentials_in_query",
    "audience_param",
    "audience_required",
    "token_type",
    "expires_in_offset",
    "realm",
    "jwks_url",
    "documents",
    "response_headers",
    "allow",
)
_ABOUT_LICENCES = "How many licences there are."
_NOT_SAID = "The provider's documents don't say."


def build(name: str, checked: Checked, *, path: Path, extends: Sequence[str] = ()) -> Profile:
    """
    Make a profile.

    Args:
        name: What it is called.
        checked: Its data, without mistakes.
        path: Its file.
        extends: The profiles that it is derived from, the nearest first.

    Returns:
        The profile.
    """
    values = checked.values
    own = {option: OwnOption(**members) for option, members in values.get("options", {}).items()}
    licensing = Licensing(**values["licensing"]) if "licensing" in values else None
    if licensing is not None:
        own.setdefault("licences", OwnOption("integer", _ABOUT_LICENCES, licensing.capacity))
    left_open = {show_path(key): _NOT_SAID for key in checked.unknown} | values.get("unknown", {})
    title = values.get("title", name)
    return Profile(
        name=name,
        title=title,
        summary=values.get("summary", title),
        path=path,
        options={key: value for key, value in values.items() if key in OPTIONS and key != "allow"},
        own=own,
        dialect=_dialect(name, checked, licensing),
        unknown=left_open,
        facts=tuple(Fact(row["text"], row["mark"]) for row in values.get("facts", ())),
        sources=values.get("sources", ()),
        notes=values.get("notes", ()),
        extends=tuple(extends),
    )


def _dialect(name: str, checked: Checked, licensing: Licensing | None) -> Dialect:
    values, api = checked.values, dict(checked.values.get("api", {}))
    api["refusals"] = _refusals(api.get("refusals", {}), API_GROUPS, API_REFUSALS)
    own = {key: values[key] for key in _DIALECT_KEYS if key in values}
    if "response" in values:
        own["response"] = _with_defaults(values["response"], DEFAULT_RESPONSE, "response", checked)
    return Dialect(
        name=name,
        metadata_urls=tuple(values.get("metadata_urls", ())),
        scope=ScopeDialect(**_scope(values.get("scope", {}))),
        token=_token(checked),
        api=ApiDialect(**api),
        refusals=_refusals(values.get("refusals", {}), TOKEN_GROUPS, TOKEN_REFUSALS),
        licensing=licensing,
        **own,
    )


def _scope(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if not (key == "resource_suffix" and value == "")}


def _token(checked: Checked) -> TokenDialect:
    token = dict(checked.values.get("token", {}))
    if "claims" in token:
        token["claims"] = _with_defaults(token["claims"], DEFAULT_CLAIMS, "token.claims", checked)
    if token.get("typ") == "":
        token["typ"] = None
    return TokenDialect(**token)


def _with_defaults(
    members: Mapping[str, Any], defaults: Mapping[str, Any], where: str, checked: Checked
) -> dict[str, Any]:
    """Put the RFC's own members where the profile leaves one open by name, and drop those that are to be left out."""
    keys = {show_path(path) for path in checked.unknown}
    left_open = {name: value for name, value in defaults.items() if f"{where}.{name}" in keys}
    return left_open | {name: value for name, value in members.items() if value != "{omit}"}


def _refusals(
    given: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[Cause]], standard: Mapping[Cause, Refusal]
) -> dict[Cause, Refusal]:
    """Give each cause the fields of its groups and then its own, over those of the RFC."""
    fields: dict[Cause, dict[str, Any]] = {}
    singly = {cause.value: (cause,) for cause in groups["any"]}
    for name, causes in {**groups, **singly}.items():  # from the widest to the narrowest
        for cause in causes:
            if name in given:
                fields[cause] = merge(fields.get(cause, {}), given[name])
    return {cause: dataclasses.replace(standard[cause], **_cleared(own)) for cause, own in fields.items()}


def _cleared(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"error": None} if fields.get("error") == "" else fields
