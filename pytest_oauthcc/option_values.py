"""What values options take: each check makes the value that is used, or raises ``ValueError``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from urllib.parse import urlsplit

__all__ = [
    "SUBJECT_KINDS",
    "check_audience",
    "check_certificate_subject",
    "check_hosts",
    "check_jwks",
    "check_params",
    "check_scopes",
    "check_table",
    "check_text",
    "check_texts",
    "check_url",
    "none_or",
    "number_in",
    "one_of",
    "some_of",
    "whole_number",
]

SUBJECT_KINDS = ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email")
"""What a client can register of its certificate: RFC 8705 section 2.1.2 has ``tls_client_auth_`` before each."""

_MOST_DIGITS = 18
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f#]")


def check_text(value: Any) -> str:
    """Take a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def check_url(value: Any) -> str:
    """Take an absolute http or https URL without a fragment (RFC 6749 section 3.2)."""
    url = check_text(value)
    parts = urlsplit(url)  # raises ValueError itself for brackets that don't match
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0 or _NOT_IN_URLS.search(url):
        raise ValueError
    return url


def none_or(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a check that takes None as well."""
    return lambda value: None if value is None else check(value)


def check_texts(value: Any) -> tuple[str, ...]:
    """Take a list, tuple or set of texts that are not empty."""
    if isinstance(value, str) or not isinstance(value, Sequence | AbstractSet):
        raise ValueError  # noqa: TRY004 - one exception for all kinds of wrong values
    texts = tuple(value)
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError
    return texts


def check_scopes(value: Any) -> tuple[str, ...]:
    """Take a text of scopes or a list of them, each once."""
    # A list may hold texts of several scopes: that is what quotes around them in an ini file lead to.
    return tuple(dict.fromkeys(" ".join([value] if isinstance(value, str) else check_texts(value)).split()))


def some_of(allowed: Sequence[str]) -> Callable[[Any], tuple[str, ...]]:
    """Make a check that takes a list of allowed texts, at least one."""

    def check(value: Any) -> tuple[str, ...]:
        chosen = check_texts(value)
        if not chosen or not set(chosen) <= set(allowed):
            raise ValueError
        return chosen

    return check


def one_of(allowed: Sequence[Any]) -> Callable[[Any], Any]:
    """Make a check that takes one of the allowed values, and nothing that merely equals it, such as 1 for True."""

    def check(value: Any) -> Any:
        for choice in allowed:
            if type(value) is type(choice) and value == choice:
                return choice
        raise ValueError

    return check


def whole_number(least: int) -> Callable[[Any], int]:
    """Make a check that takes whole numbers from ``least`` on."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError
        return value

    return check


def number_in(text: str) -> int | str:
    """Read a whole number out of a text, as files and variables have it; any other text stays what it is."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else text


def check_table(value: Any) -> dict[str, str]:
    """Take a table of texts."""
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and name and isinstance(text, str) for name, text in value.items()
    ):
        raise ValueError
    return dict(value)


def check_params(value: Any) -> dict[str, str | tuple[str, ...]]:
    """Take a table of texts, or of lists of texts for what repeats."""
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004
    found: dict[str, str | tuple[str, ...]] = {}
    for name, given in value.items():
        if not isinstance(name, str) or not name:
            raise ValueError
        found[name] = given if isinstance(given, str) else check_texts(given)
    return found


def check_certificate_subject(value: Any) -> dict[str, str]:
    """Take a table with one name that a certificate can have (RFC 8705 section 2.1.2)."""
    subject = check_table(value)
    if len(subject) != 1:
        raise ValueError
    ((kind, name),) = subject.items()
    if kind not in SUBJECT_KINDS or not name:
        raise ValueError
    if kind == "subject_dn":
        from cryptography import x509

        x509.Name.from_rfc4514_string(name)
    elif kind == "san_ip":
        ipaddress.ip_address(name)
    elif not name.isascii():
        raise ValueError
    return subject


def check_jwks(value: Any) -> dict[str, Any]:
    """Take a JWK set (RFC 7517 section 5)."""
    keys = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) and "kty" in key for key in keys):
        raise ValueError
    return dict(value)


def check_hosts(value: Any) -> tuple[str, ...]:
    """Take host names without scheme, port, path or pattern."""
    hosts = tuple(host.lower() for host in check_texts(value))
    if any(set(host) & set("/ *@") for host in hosts):
        raise ValueError  # a URL or a pattern, which would never match
    return hosts


def check_audience(value: Any) -> str | tuple[str, ...]:
    """Take a text or a list of texts."""
    return check_text(value) if isinstance(value, str) else check_texts(value)
