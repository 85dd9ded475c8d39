"""Checking a profile's data against the schema: every mistake is found at once, each with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_oauthcc.core.templates import placeholders
from pytest_oauthcc.options import OPTIONS
from pytest_oauthcc.profiles.placeholders import PLACEHOLDERS, TEMPLATED_OPTIONS, known_in
from pytest_oauthcc.profiles.places import Path, show_path
from pytest_oauthcc.profiles.schema import SCHEMA, UNKNOWN
from pytest_oauthcc.profiles.schema_nodes import Leaf, ListOf, Node, Table, TableOf, Template

__all__ = ["Checked", "Mistake", "check"]

_SAMPLE = "sample"
_URLS = frozenset({"token_url", "api_url", "issuer"})
# What looks like a placeholder to a reader but not to the templates: a capital, a blank, a dot...
_BRACES = re.compile(r"\{[^{}]*\}")
_PLACEHOLDER = re.compile(r"\{[a-z_][a-z0-9_]*(!s)?\}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """
    One mistake in a profile.

    Args:
        path: The key.
        problem: What is wrong, with what was found.
        allowed: What would be right; may be empty.
    """

    path: Path
    problem: str
    allowed: str = ""


@dataclass(slots=True)
class Checked:
    """
    A profile's data after the check.

    Args:
        values: What the file says, in the types that the fake uses, without what is left open.
        unknown: The keys that have the value ``"unknown"``.
        mistakes: All that is wrong; when there is anything, ``values`` are not to be used.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: list[Path] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


def check(data: Mapping[str, Any]) -> Checked:
    """
    Check a profile's data.

    Args:
        data: As ``tomllib`` read it, after ``extends``.

    Returns:
        The values, what is left open, and the mistakes.
    """
    options = data.get("options")
    own = frozenset(options) if isinstance(options, Mapping) else frozenset()
    if isinstance(data.get("licensing"), Mapping):
        own |= {"licences"}
    walk = _Walk(own)
    checked = walk.result
    checked.values = walk.table(SCHEMA.members, data, ())
    if not checked.mistakes:
        checked.mistakes.extend(_check_options(checked.values))
        checked.mistakes.extend(_check_scopes(checked.values))
        checked.mistakes.extend(_check_allowed_rules(checked.values))
    return checked


_LEFT_OPEN = object()


class _Walk:
    """One way through a profile's data, side by side with the schema."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self.result = Checked()

    def table(self, members: Mapping[str, Node], data: Mapping[str, Any], path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in data.items():
            node = members.get(name)
            if node is None:
                self._wrong((*path, name), *_unknown_key(name, members, path))
                continue
            found = self._node(node, value, (*path, name))
            if found is not _LEFT_OPEN:
                values[name] = found
        return values

    def _node(self, node: Node, value: Any, path: Path) -> Any:
        if value == UNKNOWN and not (isinstance(node, Leaf) and not node.may_be_unknown):
            self.result.unknown.append(path)
            return _LEFT_OPEN
        match node:
            case Leaf():
                return self._leaf(node, value, path)
            case Template():
                return self._template(node, value, path)
            case ListOf():
                return self._list(node, value, path)
            case _:
                return self._any_table(node, value, path)

    def _any_table(self, node: Table | TableOf, value: Any, path: Path) -> Any:
        if not isinstance(value, Mapping):
            return self._wrong(path, f"takes a table, not {_show(path, value)}", f"[{show_path(path)}]")
        if isinstance(node, Table):
            return self.table(node.members, value, path)
        return self._table_of(node, value, path)

    def _table_of(self, node: TableOf, data: Mapping[str, Any], path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in data.items():
            if not node.key.fullmatch(name):
                self._wrong((*path, name), f"{name!r} is not {node.key_takes}")
                continue
            if node.key_use is not None:
                self._placeholders(name, known_in(node.key_use) | self._own, (*path, name))
            found = self._node(node.value, value, (*path, name))
            if found is not _LEFT_OPEN:
                values[name] = found
        return values

    def _list(self, node: ListOf, value: Any, path: Path) -> Any:
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            members = ", ".join(f"{name} = ..." for name in node.item.members)
            return self._wrong(path, f"takes a list of tables, not {_show(path, value)}", f"[{{{members}}}, ...]")
        rows = [self.table(node.item.members, item, (*path, number)) for number, item in enumerate(value)]
        for number, item in enumerate(value):
            for name in node.item.members:
                if name not in item:
                    self._wrong((*path, number), f"{name!r} is missing")
        return rows

    def _leaf(self, leaf: Leaf, value: Any, path: Path) -> Any:
        sample = value
        if leaf.option in TEMPLATED_OPTIONS:
            self._placeholders(value, self._own, path)
            if leaf.option in _URLS and isinstance(value, str):
                sample = _PLACEHOLDER.sub(_SAMPLE, value)
                if "://" not in sample and sample.startswith(_SAMPLE):
                    sample = f"https://{sample}"  # the placeholder is a URL
        try:
            found = leaf.check(sample)
        except ValueError as error:
            if leaf.option in _URLS and "#" in str(value):
                return self._wrong(path, "the URL has a fragment (#...), which RFC 6749 section 3.2 forbids")
            reason = str(error)
            problem = f"is {_show(path, value)}" + (f": {reason}" if reason else "")
            return self._wrong(path, problem, leaf.takes)
        return found if sample is value else value

    def _template(self, node: Template, value: Any, path: Path) -> Any:
        takes, fits = _FORMS[node.form]
        if not fits(value):
            return self._wrong(path, f"takes {takes}, not {_show(path, value)}")
        if not _is_template(value):
            return self._wrong(path, "holds a date or a time, which JSON has no type for", "a text")
        self._placeholders(value, known_in(node.use) | self._own, path)
        if node.form != "table":
            return value
        self.result.unknown.extend((*path, name) for name, member in value.items() if member == UNKNOWN)
        return {name: member for name, member in value.items() if member != UNKNOWN}

    def _placeholders(self, value: Any, known: frozenset[str], path: Path) -> None:
        for name in dict.fromkeys(placeholders(value)):
            if name in known:
                continue
            if name in PLACEHOLDERS or name in OPTIONS:
                problem = f"{{{name}}} is not known here"
            else:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {{{near[0]}}}?" if near else ""
                problem = f"{{{name}}} stands for nothing{hint}"
            valid = ", ".join(f"{{{other}}}" for other in sorted(known)) or "none"
            self._wrong(path, problem, f"{valid}; an option of your own is declared in [options.NAME]")
        for text in _texts_in(value):
            for braces in _BRACES.findall(text):
                if not _PLACEHOLDER.fullmatch(braces):
                    self._wrong(path, f"{braces} is no placeholder", "small letters, digits and underscores in braces")

    def _wrong(self, path: Path, problem: str, allowed: str = "") -> Any:
        self.result.mistakes.append(Mistake(path, problem, allowed))
        return _LEFT_OPEN


def _unknown_key(name: str, members: Mapping[str, Node], path: Path) -> tuple[str, str]:
    if name == "profile" and not path:
        return "unknown key 'profile'; to derive one profile from another write extends = ...", ""
    near = difflib.get_close_matches(name, members, n=1)
    return f"unknown key {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""), ", ".join(sorted(members))


def _show(path: Path, value: Any) -> str:
    """Show what was found, cut where it is long, and masked where the key says that it is a secret."""
    if path[0] != "refusals" and any("secret" in str(part) or "password" in str(part) for part in path):
        return f"a value of the wrong form ({type(value).__name__})"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    shown = repr(value) if isinstance(value, str | int | float | list) else str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."  # noqa: PLR2004 - what fits beside the rest


def _is_template(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_template, value.values()))
    if isinstance(value, list):
        return all(map(_is_template, value))
    return isinstance(value, str | int | float)


_FORMS: Final[Mapping[str, tuple[str, Callable[[Any], bool]]]] = {
    "table": ("a table", lambda value: isinstance(value, Mapping)),
    "text": ("a text", lambda value: isinstance(value, str)),
    "list": (
        "a list of texts",
        lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    ),
    "any": ("anything", lambda _value: True),
}


def _texts_in(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)


_TYPES = {"text": str, "integer": int, "boolean": bool}


def _check_options(values: Mapping[str, Any]) -> Iterable[Mistake]:
    """Check the options that the profile declares for itself."""
    for name, option in values.get("options", {}).items():
        path = ("options", name)
        for key in ("takes", "about"):
            if key not in option:
                yield Mistake(path, f"{key!r} is missing")
        if name in OPTIONS or name in PLACEHOLDERS:
            yield Mistake(path, f"{name!r} has a meaning already, so that an option can't be called so")
        takes, default = option.get("takes", "text"), option.get("default")
        if default is not None and type(default) is not _TYPES[takes]:
            yield Mistake(
                (*path, "default"), f"is {_show((*path, 'default'), default)}", f"a value of the type {takes}"
            )
        if "made_up" in option and (takes != "text" or default is not None):
            yield Mistake((*path, "made_up"), "only a text without a default can be made up")
        if "made_up" not in option and default is None:
            yield Mistake(path, "a test that does not give the option gets no value", "default = ... or made_up = ...")


def _check_allowed_rules(values: Mapping[str, Any]) -> Iterable[Mistake]:
    """Check that there are the rules that the profile switches off."""
    if "allow" not in values:
        return
    from pytest_oauthcc.rules.table import RULES

    for rule_id in values["allow"]:
        if rule_id not in RULES:
            near = difflib.get_close_matches(rule_id, RULES, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            listed = "the ids that pytest --oauthcc-rules lists"
            yield Mistake(("allow", rule_id), f"there is no rule {rule_id!r}{hint}", listed)


def _check_scopes(values: Mapping[str, Any]) -> Iterable[Mistake]:
    """Check that no scope is demanded that nobody may have."""
    may = values.get("scopes")
    if may is None:
        return
    wanted = {
        ("default_scopes",): values.get("default_scopes", ()),
        ("scope", "required"): values.get("scope", {}).get("required", ()),
    }
    for path, scopes in wanted.items():
        beyond = [scope for scope in scopes if scope not in may]
        if beyond:
            yield Mistake(path, f"names {' '.join(beyond)}, which is not among the scopes", " ".join(may))
