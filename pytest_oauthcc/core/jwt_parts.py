"""The readable parts of a JWT, for showing and recognising; nothing is verified here."""

from __future__ import annotations

import base64
import json
from typing import Any

__all__ = ["decode_claims", "decode_header"]


def decode_header(token: str) -> dict[str, Any]:
    """Return the header of a JWT without checking anything; nothing where it is no JWT."""
    return _decode(token, 0)


def decode_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT without checking anything; nothing where it is no JWT."""
    return _decode(token, 1)


def _decode(token: str, index: int) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload and signature (RFC 7519 section 3)
        return {}
    try:
        members = json.loads(base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}
