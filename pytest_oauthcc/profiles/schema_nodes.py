"""What the schema of profiles is made of: single values, tables, lists and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.profiles.placeholders import Use

__all__ = ["Leaf", "ListOf", "Node", "Table", "TableOf", "Template"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """
    A single value.

    Args:
        about: What it is for, in one sentence.
        takes: What it takes, as an error message says it.
        check: Makes the value that is used; raises ``ValueError``, with a message where ``takes`` says too little.
        option: Whether it is one of the shared options, and which.
        may_be_unknown: Whether it can be left open with ``"unknown"``.
    """

    about: str
    takes: str
    check: Callable[[Any], Any]
    option: str | None = None
    may_be_unknown: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table with keys that are all known."""

    about: str
    members: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table whose keys the author chooses; ``key`` says what they look like, ``key_use`` that they are templates."""

    about: str
    value: Node
    key_takes: str
    key: re.Pattern[str]
    key_use: Use | None = None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of tables."""

    about: str
    item: Table


@dataclass(frozen=True, slots=True)
class Template:
    """
    A template: a text, number, truth value, list or table with placeholders.

    Args:
        about: What it is for, in one sentence.
        use: Where it stands, which decides the placeholders that are known.
        form: ``"table"``, ``"text"``, ``"list"`` (of texts), or ``"any"``.
    """

    about: str
    use: Use
    form: Literal["table", "text", "list", "any"]


Node = Leaf | Table | TableOf | ListOf | Template
