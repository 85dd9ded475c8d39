"""Writing HTML so that nothing of the data can become markup."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Html", "element", "join"]


class Html(str):
    """Markup that is finished; every other text is escaped when it gets into an element."""

    __slots__ = ()


def element(tag: str, *content: str | None, **attributes: str | int | bool | None) -> Html:
    """
    Write an element.

    Args:
        tag: Its name.
        content: Its content: ``Html`` as it is, other texts escaped, None left out.
        attributes: By name; an underscore at the end is dropped and others become hyphens. None and False leave the
            attribute out, True writes it without a value.

    Returns:
        The element.
    """
    shown = "".join(_attribute(name, value) for name, value in attributes.items())
    return Html(f"<{tag}{shown}>{join(content)}</{tag}>")


def join(content: Iterable[str | None]) -> Html:
    """Write several contents one after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in content if part is not None))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{escape(str(value))}"'
