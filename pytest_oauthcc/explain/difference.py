"""One part of a request that is not as a test expects it, and how its values are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pytest_oauthcc.explain.showing import safe_repr, show_header, show_param
from pytest_oauthcc.masking import mask_json

__all__ = ["Difference", "Kind", "label", "show"]

Kind = Literal[
    "grant_type", "scope", "auth_method", "client_id", "header", "param", "query", "method", "path", "json", "token"
]


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """
    One part of a request that is not as expected.

    Args:
        kind: Which part.
        expected: What the test expects; None means absent.
        received: What the request has; None means absent.
        name: Of the header or parameter.
        missing: Scopes that were expected and are not there.
        unexpected: Scopes that are there and were not expected.
    """

    kind: Kind
    expected: Any
    received: Any
    name: str = ""
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """What the part is called, for people."""
        return label(self.kind, self.name)

    def is_about(self, other: Difference) -> bool:
        """Whether it is about the same part as another; all of a JSON body is one part."""
        return self.kind == other.kind and (self.kind == "json" or self.name == other.name)

    def show(self, value: Any) -> str:
        """Write the expected or received value, quoted, with secrets masked."""
        return show(self.kind, self.name, value)

    def __repr__(self) -> str:
        return f"<{self.field}: expected {self.show(self.expected)}, received {self.show(self.received)}>"


def label(kind: Kind, name: str) -> str:
    """Return what a part of a request is called, for people."""
    words = {"header": "header ", "param": "parameter ", "query": "query parameter ", "token": "scope of its token"}
    if kind == "json":
        return f"json{name}"
    return words.get(kind, kind) + name


def show(kind: Kind, name: str, value: Any) -> str:
    """Write the value of a part of a request, with secrets masked; None is ``absent``."""
    if value is None:
        return "absent"
    if kind == "header":
        return show_header(name, value)
    if kind in {"param", "query"}:
        return show_param(name, value)
    if kind == "json":
        member = name.rpartition(".")[2] if "." in name else ""
        return show_param(member, value) if member else safe_repr(mask_json(value))
    return safe_repr(value)
