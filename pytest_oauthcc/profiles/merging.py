"""Laying one profile over another: what ``extends`` means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.profiles.schema import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["merge", "merge_chain"]


def merge_chain(chain: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """
    Lay the data of profiles over each other.

    What one of them says is not left open any more, even where one under it said so.

    Args:
        chain: The uppermost one first.

    Returns:
        The data of all of them.
    """
    merged: dict[str, Any] = {}
    for data in reversed(chain):
        left_open = merged.get("unknown")
        if isinstance(left_open, dict):
            merged["unknown"] = {key: told for key, told in left_open.items() if not _says(data, key)}
        merged = merge(merged, data)
    return merged


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table over another: tables in it are merged, everything else is replaced."""
    merged = dict(base)
    for name, value in over.items():
        known = merged.get(name)
        merged[name] = merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _says(data: Mapping[str, Any], key: str) -> bool:
    found: Any = data
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return bool(found != UNKNOWN)
