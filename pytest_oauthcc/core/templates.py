"""Templates in profiles: JSON-like values in which ``{name}`` stands for something the fake knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Final

__all__ = ["OMIT", "Omit", "Renderer", "compile_template", "placeholders"]

_ONE = re.compile(r"\{([a-z_][a-z0-9_]*)(!s)?\}")

Renderer = Callable[[Mapping[str, Any]], Any]


class Omit(Enum):
    """The type of ``OMIT``."""

    OMIT = "OMIT"

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = Omit.OMIT
"""Stands for a member that is left out, where None would be a JSON null."""


def compile_template(template: Any) -> Renderer:
    """
    Make a function that fills a template in.

    A text that is one placeholder gives the value with its type, or ``OMIT`` where there is none (None); with ``!s``
    it gives the value as text, an empty one where there is none; in the midst of other text it is inserted. Tables
    lose members that render to ``OMIT``, and ``{null}`` is a JSON null.

    Args:
        template: A text, number, truth value, list or table.

    Returns:
        A function from values by name to the rendered value.
    """
    if isinstance(template, str):
        return _compile_text(template)
    if isinstance(template, Mapping):
        members = [(name, compile_template(value)) for name, value in template.items()]

        def render_table(values: Mapping[str, Any]) -> dict[str, Any]:
            return {name: value for name, render in members if (value := render(values)) is not OMIT}

        return render_table
    if isinstance(template, list | tuple):
        items = [compile_template(item) for item in template]

        def render_list(values: Mapping[str, Any]) -> list[Any]:
            return [value for render in items if (value := render(values)) is not OMIT]

        return render_list
    return lambda _values: template


@cache  # a provider has the same ones in every test
def _compile_text(template: str) -> Renderer:
    if template == "{null}":
        return lambda _values: None
    whole = _ONE.fullmatch(template)
    if whole is None:
        if _ONE.search(template) is None:
            return lambda _values: template

        def render_text(values: Mapping[str, Any]) -> str:
            return _ONE.sub(lambda found: _as_text(values.get(found[1])), template)

        return render_text
    name, as_text = whole[1], bool(whole[2])

    def render_value(values: Mapping[str, Any]) -> Any:
        value = values.get(name)
        if as_text:
            return _as_text(value)
        return OMIT if value is None else value

    return render_value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(value) if isinstance(value, list | tuple | frozenset) else str(value)


def placeholders(template: Any) -> Iterator[str]:
    """Yield the names of all placeholders in a template, so that a profile can be checked before it is used."""
    if isinstance(template, str):
        for found in _ONE.finditer(template):
            yield found[1]
    elif isinstance(template, Mapping):
        for value in template.values():
            yield from placeholders(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from placeholders(value)
