"""Scopes: the grammar of RFC 6749 section 3.3, and what a client is granted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_oauthcc.core.causes import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_oauthcc.core.dialect import ScopeDialect

__all__ = ["Grant", "as_scopes", "decide_scopes", "is_scope_token", "split_scope"]

_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token request gets: its scopes in order, and whether they differ from what it asked for."""

    scopes: tuple[str, ...]
    differs: bool


def as_scopes(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Read scopes as users write them: one text with spaces, or several texts; None is no scope."""
    if value is None:
        return ()
    return tuple(value.split()) if isinstance(value, str) else tuple(value)


def is_scope_token(value: str) -> bool:
    """Whether a text is one scope-token of RFC 6749 section 3.3."""
    return _SCOPE_TOKEN.fullmatch(value) is not None


def split_scope(scope: str, separator: str = " ") -> tuple[str, ...] | None:
    """
    Split a scope parameter.

    Args:
        scope: As it arrived.
        separator: What stands between two scope-tokens.

    Returns:
        The scope-tokens, each once, in order; None where the text breaks the grammar.
    """
    tokens = scope.split(separator)
    if all(map(_SCOPE_TOKEN.fullmatch, tokens)):
        return tuple(dict.fromkeys(tokens))
    return None


def decide_scopes(
    requested: Sequence[str],
    *,
    allowed: Sequence[str] | None,
    default: Sequence[str] | None,
    dialect: ScopeDialect,
) -> Grant | Verdict:
    """
    Decide what a client gets for the scopes it asked for.

    Args:
        requested: Well-formed scope-tokens; none where the request has no scope.
        allowed: What the client may have; None means anything.
        default: What a request without scope gets; None means all of ``allowed``.
        dialect: The provider's own ways.

    Returns:
        The grant, or why there is none.
    """
    if not requested:
        return _decide_default(allowed, default, dialect)
    lacking = [scope for scope in dialect.required if scope not in requested]
    if lacking:
        detail = f"scope lacks {' '.join(lacking)}, which every request that names a scope has to name"
        return Verdict(Cause.LACKING_SCOPE, detail, {"lacking": tuple(lacking)})
    if allowed is None:
        return Grant(tuple(requested), differs=False)
    unknown = [scope for scope in requested if scope not in allowed]
    if unknown and dialect.unknown == "refuse":
        detail = f"the client may not have {' '.join(unknown)}; it may have {' '.join(allowed) or 'no scope at all'}"
        return Verdict(Cause.UNKNOWN_SCOPE, detail, {"unknown": tuple(unknown), "allowed": tuple(allowed)})
    return Grant(tuple(scope for scope in requested if scope in allowed), differs=bool(unknown))


def _decide_default(
    allowed: Sequence[str] | None, default: Sequence[str] | None, dialect: ScopeDialect
) -> Grant | Verdict:
    if dialect.missing == "refuse":
        return Verdict(Cause.MISSING_SCOPE, "the request names no scope, and this provider has no default scope")
    granted = () if dialect.missing == "none" else tuple(default if default is not None else allowed or ())
    return Grant(granted, differs=bool(granted))
