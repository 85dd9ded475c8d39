"""Scopes: the grammar of RFC 6749 section 3.3, and what a client is granted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_oauthcc.core.dialect import ScopeDialect

__all__ = ["Grant", "as_scopes", "decide_scopes", "is_scope_token", "read_resource", "split_scope"]

_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token request gets: its scopes in order, and whether they differ from what it asked for."""

    scopes: tuple[str, ...]
    differs: bool


def as_scopes(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """
    Read scopes as users write them: one text with spaces, or several texts; None is no scope.

    Raises:
        OptionError: It is something else.
    """
    __tracebackhide__ = True
    if value is None:
        return ()
    try:
        return tuple(dict.fromkeys((value if isinstance(value, str) else " ".join(value)).split()))
    except TypeError:
        raise OptionError(
            f"scope is {value!r}; it takes a text such as 'orders:read orders:write' or a list of texts"
        ) from None


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
    grant = _decide(requested, allowed, default, dialect)
    if isinstance(grant, Verdict) or not dialect.always:
        return grant
    scopes = tuple(dict.fromkeys([*grant.scopes, *dialect.always]))
    return Grant(scopes, differs=grant.differs or scopes != grant.scopes)


def read_resource(requested: Sequence[str], suffix: str) -> str | Verdict:
    """
    Find the resource in a scope such as ``https://api.example/.default``, where a provider reads scopes so.

    Args:
        requested: Well-formed scope-tokens, at least one.
        suffix: What has to stand after the resource.

    Returns:
        The resource, or what is wrong with the scopes.
    """
    if len(requested) > 1:
        detail = f"scope names {len(requested)} scopes; this provider takes exactly one, a resource with {suffix}"
        return Verdict(Cause.MALFORMED_SCOPE, detail, {"scope": " ".join(requested)})
    resource = requested[0].removesuffix(suffix)
    if resource == requested[0] or not resource:
        detail = f"scope is {requested[0]!r}; this provider wants a resource followed by {suffix}"
        return Verdict(Cause.MALFORMED_SCOPE, detail, {"scope": requested[0]})
    return resource


def _decide(
    requested: Sequence[str], allowed: Sequence[str] | None, default: Sequence[str] | None, dialect: ScopeDialect
) -> Grant | Verdict:
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
    if dialect.missing == "refuse" and default is None:
        return Verdict(Cause.MISSING_SCOPE, "the request names no scope, and this provider has no default scope")
    granted = () if dialect.missing == "none" else tuple(default if default is not None else allowed or ())
    return Grant(granted, differs=bool(granted))
