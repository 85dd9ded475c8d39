"""The readable parts of a JWT, for showing and recognising; nothing is verified here."""

from __future__ import annotations

import base64
import json
from typing import Any, TypeGuard

__all__ = ["decode_claims", "decode_header", "is_numeric_date", "seconds_of"]

_MOST_DIGITS = 18  # a longer number becomes a float, as in most languages, so that one can calculate with it


def _number(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


_DECODER = json.JSONDecoder(parse_int=_number)
_MOST_SECONDS = 15  # digits
_END_OF_TIME = 1e15  # seconds; JSON as Python reads it has infinity and not-a-number, too


def decode_header(token: str) -> dict[str, Any]:
    """Return the header of a JWT without checking anything; nothing where it is no JWT."""
    return _decode(token, 0)


def decode_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT without checking anything; nothing where it is no JWT."""
    return _decode(token, 1)


def is_numeric_date(value: Any) -> TypeGuard[float]:
    """Whether a claim is a number of seconds since 1970 (RFC 7519 section 2) with which one can calculate."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _END_OF_TIME


def seconds_of(value: Any) -> float | None:
    """Return a number of seconds, also where it is written as a text, as some providers do; None for all else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= _MOST_SECONDS else None
    return value if is_numeric_date(value) else None


def _decode(token: str, index: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload and signature (RFC 7519 section 3)
        return {}
    try:
        text = base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)).decode("utf-8")
        members = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
