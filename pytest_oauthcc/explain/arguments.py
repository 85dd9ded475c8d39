"""What the arguments of the ``assert_...`` methods may be; what no request could ever equal is refused at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_oauthcc.errors import OptionError

__all__ = [
    "ANY",
    "check_auth_method",
    "check_count",
    "check_mapping",
    "check_method",
    "check_path",
    "check_scope",
    "check_text",
]

# RFC 7591 section 2 and RFC 8705 section 2.1.1; another text could never match, and with count=0 always would
_AUTH_METHODS: Final = (
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
)


class _Any:
    """The type of ``ANY``."""

    def __repr__(self) -> str:
        return "ANY"


ANY: Final[Any] = _Any()
"""Stands for an argument that was not given: that part of a request is not looked at."""


def check_count(count: Any) -> None:
    """
    Check the argument ``count`` of an ``assert_...`` method.

    Raises:
        OptionError: It is neither None nor a whole number from 0.
    """
    __tracebackhide__ = True
    if count is None or (isinstance(count, int) and not isinstance(count, bool) and count >= 0):
        return
    raise OptionError(
        f"count is {count!r}; it takes a whole number from 0 (0: no such request), or None for at least one"
    )


def check_auth_method(method: Any) -> Any:
    """
    Refuse an authentication method that RFC 7591 does not know.

    Args:
        method: Of ``assert_token_request``; ``ANY``, None and objects that compare in their own way pass.

    Returns:
        The method.

    Raises:
        OptionError: It is a text that no request could have, or no text at all.
    """
    __tracebackhide__ = True
    check_text("auth_method", method)
    if isinstance(method, str) and method not in _AUTH_METHODS:
        near = difflib.get_close_matches(method, _AUTH_METHODS, 1, 0.3)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise OptionError(f"auth_method is {method!r}; valid are {', '.join(_AUTH_METHODS)}{hint}")
    return method


def check_method(method: Any) -> Any:
    """
    Read an HTTP method, in capitals or not.

    Args:
        method: Of ``assert_api_request``.

    Returns:
        The method in capitals.

    Raises:
        OptionError: It is None, or no text.
    """
    __tracebackhide__ = True
    if method is None:
        raise OptionError("method is None; every request has a method: give one, or leave the argument out")
    check_text("method", method)
    return method.upper() if isinstance(method, str) else method


def check_scope(scope: Any) -> Any:
    """
    Read expected scopes: a text or several; None stands for no scope.

    Args:
        scope: A text with spaces between the scopes, or several texts.

    Returns:
        The scopes, each once, in order; ``ANY`` and None as they are.

    Raises:
        OptionError: It is something else, or an element is not one scope.
    """
    __tracebackhide__ = True
    if scope is ANY or scope is None:
        return scope
    if isinstance(scope, str):
        return tuple(dict.fromkeys(scope.split()))
    takes = "it takes a text with spaces between the scopes, several texts, or None for no scope"
    if not isinstance(scope, Iterable) or isinstance(scope, bytes | Mapping):
        raise OptionError(f"scope is {scope!r}; {takes}")
    given = tuple(scope)
    for item in given:
        if not isinstance(item, str):
            raise OptionError(f"scope has the element {item!r}; {takes}")
        if not item or item.split() != [item]:
            raise OptionError(f"scope has the element {item!r}; each element is one scope, without spaces")
    return tuple(dict.fromkeys(given))


def check_mapping(argument: str, value: Any) -> Any:
    """
    Refuse headers or parameters that are no mapping from names.

    Args:
        argument: ``headers`` or ``params``.
        value: What was given for it.

    Returns:
        A copy; ``ANY`` as it is.

    Raises:
        OptionError: It is no mapping, or a name is no text.
    """
    __tracebackhide__ = True
    if value is ANY:
        return value
    if not isinstance(value, Mapping):
        what = "header" if argument == "headers" else "parameter"
        raise OptionError(
            f"{argument} is a {type(value).__name__}; it takes a dict of {what} names and values, "
            f"and the value None means that the {what} is absent"
        )
    for name in value:
        if not isinstance(name, str) or not name:
            raise OptionError(f"{argument} has the name {name!r}; a name is a text")
    return dict(value)


def check_text(argument: str, value: Any) -> Any:
    """
    Refuse a value that is no text, nor an object that compares in its own way.

    Args:
        argument: Its name.
        value: What was given for it.

    Returns:
        The value.

    Raises:
        OptionError: It is a number, bytes or a container.
    """
    __tracebackhide__ = True
    if isinstance(value, bool | int | float | bytes | list | tuple | dict | set | frozenset):
        raise OptionError(f"{argument} is {value!r}; it takes a text")
    return value


def check_path(path: Any) -> Any:
    """
    Read a path below ``api_url``: with a slash in front, without a query.

    Args:
        path: Of ``assert_api_request``.

    Returns:
        The path, with a slash in front.

    Raises:
        OptionError: It is None, no text, a URL, or has a query.
    """
    __tracebackhide__ = True
    if path is None:
        raise OptionError("path is None; every request has a path: give one, or leave the argument out")
    check_text("path", path)
    if not isinstance(path, str):
        return path
    if "://" in path:
        raise OptionError(
            f"path is the URL {path!r}; it takes the part of it below api_url, such as {urlsplit(path).path or '/'!r}"
        )
    if "?" in path:
        bare, _, query = path.partition("?")
        pairs = {name: value for name, _, value in (pair.partition("=") for pair in query.split("&"))}
        raise OptionError(f"path {path!r} has a query; give that as params: path={bare!r}, params={pairs!r}")
    return path if path.startswith("/") else f"/{path}"
