"""Checks of the single values in a profile: each makes the value that is used, or raises ``ValueError``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.dialect import CHECKS
from pytest_oauthcc.option_values import check_text
from pytest_oauthcc.options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.options import Option

__all__ = [
    "check_any_text",
    "check_authorization_pattern",
    "check_list",
    "check_of",
    "check_order",
    "check_scope_tokens",
    "matching",
    "whole_number_between",
]


def check_any_text(value: Any) -> str:
    """Take a text, also an empty one."""
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - one exception for all kinds of wrong values
    return value


def check_list(value: Any) -> tuple[str, ...]:
    """Take a list of texts that are not empty."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError
    return tuple(value)


def whole_number_between(least: int, most: int) -> Callable[[Any], int]:
    """Make a check that takes whole numbers in a range, its ends among them."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError
        return value

    return check


def matching(pattern: str) -> Callable[[Any], str]:
    """Make a check that takes the texts which a regular expression matches as a whole."""
    compiled = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ValueError
        return value

    return check


def check_scope_tokens(value: Any) -> tuple[str, ...]:
    """Take a text of scopes or a list of them, each a scope-token of RFC 6749 section 3.3."""
    found: tuple[str, ...] = OPTIONS["scopes"].check(value)
    for scope in found:
        _scope_token(scope)
    return found


_scope_token = matching(r"[\x21\x23-\x5b\x5d-\x7e]+")


def check_order(value: Any) -> tuple[str, ...]:
    """Take the checks of a token request in an order; ``client`` has to be among them."""
    names = check_list(value)
    if not set(names) <= set(CHECKS):
        raise ValueError
    if len(set(names)) < len(names):
        raise ValueError("a check stands twice in the list")
    if "client" not in names:
        raise ValueError("'client' is missing: a client always has to prove who it is")
    return names


def check_authorization_pattern(value: Any) -> str:
    """Take a regular expression with the groups ``client_id`` and ``client_secret``."""
    text = check_text(value)
    try:
        groups = re.compile(text).groupindex
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if {"client_id", "client_secret"} - set(groups):
        raise ValueError("the groups (?P<client_id>...) and (?P<client_secret>...) are wanted")
    return text


def check_of(option: Option) -> Callable[[Any], Any]:
    """Return the check of a shared option, which a profile writes in TOML: ``"none"`` stands for None."""
    if option.name == "api_url":
        return lambda value: None if value == "none" else option.check(value)
    if option.name in {"scopes", "default_scopes"}:
        return check_scope_tokens
    if option.name == "auth_methods":

        def check(value: Any) -> Any:
            if isinstance(value, list) and "none" in value:
                raise ValueError("a public client can't use this grant (RFC 6749 section 4.4)")
            return option.check(value)

        return check
    return option.check
