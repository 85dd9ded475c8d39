"""Names that differ only in the ways in which people mistype them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["similar_name"]

_DECORATION = re.compile(r"[^a-z0-9]")


def similar_name(name: str, names: Iterable[str]) -> str | None:
    """
    Find a name that differs only in case, hyphens, underscores or an ``X-`` in front.

    Args:
        name: The right one.
        names: Where to look.

    Returns:
        The first such name that is not the right one itself, or None.
    """
    wanted = _bare(name)
    return next((other for other in names if other != name and not wanted.isdisjoint(_bare(other))), None)


def _bare(name: str) -> set[str]:
    lowered = name.lower()
    return {_DECORATION.sub("", lowered), _DECORATION.sub("", lowered.removeprefix("x-").removeprefix("x_"))}
