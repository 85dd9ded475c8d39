"""What a client could learn from an answer, for the rules that judge what it did next."""

from __future__ import annotations

import json
import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.messages import Response

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import Exchange

__all__ = ["error_of", "lifetime_told", "members_of", "wait_until"]


def members_of(entry: Exchange) -> dict[str, Any]:
    """Return the members of the JSON object in an answer; nothing where there is none."""
    if not isinstance(entry.outcome, Response) or not entry.outcome.body.lstrip().startswith(b"{"):
        return {}
    try:
        members = json.loads(entry.outcome.body)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


def error_of(entry: Exchange) -> str:
    """Return the OAuth error code of an answer; nothing where it has none, or is no error."""
    if not isinstance(entry.outcome, Response) or entry.outcome.status < 400:  # noqa: PLR2004
        return ""
    error = members_of(entry).get("error")
    return error if isinstance(error, str) else ""


def lifetime_told(members: dict[str, Any]) -> float | None:
    """Return the lifetime that an answer tells, in seconds; None where a client can't know it."""
    try:
        lifetime = float(members["expires_in"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return lifetime if math.isfinite(lifetime) and lifetime > 0 else None


def wait_until(entry: Exchange) -> float | None:
    """
    Return the moment before which the client was asked not to come again (RFC 9110 section 10.2.3).

    Args:
        entry: The exchange.

    Returns:
        Seconds since the epoch; None where the answer has no Retry-After that can be read.
    """
    if not isinstance(entry.outcome, Response):
        return None
    told = (entry.outcome.header("retry-after") or "").strip()
    if told.isascii() and told.isdigit():
        return entry.time + min(int(told.lstrip("0")[:9] or 0), 10**8)
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
