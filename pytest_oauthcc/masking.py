"""Secrets and tokens as they may be shown: never themselves, but two different ones can be told apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

__all__ = [
    "SENSITIVE_PARAMS",
    "fingerprint",
    "is_sensitive",
    "mask",
    "mask_header",
    "mask_headers",
    "mask_json",
    "mask_params",
    "mask_url",
    "scheme_of",
]

SENSITIVE_PARAMS = frozenset(
    {
        "access_token",
        "assertion",
        "client_assertion",
        "client_secret",
        "id_token",
        "password",
        "refresh_token",
        "token",
    }
)
SENSITIVE_HEADERS = frozenset({"authorization", "cookie", "dpop", "proxy-authorization", "set-cookie"})

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,15}")  # longer ones may be a token
_BETWEEN_PAIRS = re.compile(r"([?&#])")

# Header names of API keys differ by provider, but all of them say so.
_KEY_LIKE = re.compile(r"api[-_]?key|secret|token|password|credential", re.IGNORECASE)


def fingerprint(secret: str) -> str:
    """
    Four characters that tell two secrets apart without giving either away.

    Args:
        secret: Any text.

    Returns:
        The last four hexadecimal digits of its SHA-256.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[-4:]


def mask(secret: str) -> str:
    """Show that there is a secret and which one, but not what it is: ``***1a2b``."""
    return f"***{fingerprint(secret)}" if secret else "''"


def mask_header(name: str, value: str) -> str:
    """Show a header's value with its secret part masked; the scheme of an Authorization header stays."""
    lowered = name.lower()
    if lowered in {"authorization", "proxy-authorization"}:
        scheme, blank, rest = value.partition(" ")
        # Without a known scheme in front the whole value may be the secret.
        if blank and scheme.lower() in {"basic", "bearer", "dpop"}:
            return f"{scheme} {mask(rest)}"
        return mask(value)
    if lowered in SENSITIVE_HEADERS or _KEY_LIKE.search(lowered):
        return mask(value)
    return value


def scheme_of(header: str) -> str:
    """Return the scheme in front of an Authorization header's credentials; nothing where there is none for sure."""
    scheme, blank, _ = header.partition(" ")
    return scheme if blank and _SCHEME.fullmatch(scheme) else ""


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Show headers with their secret parts masked."""
    return {name: mask_header(name, value) for name, value in headers.items()}


def mask_params(params: Mapping[str, object]) -> dict[str, object]:
    """Show request parameters with secrets, tokens and assertions masked."""
    return {name: mask(str(value)) if is_sensitive(str(name)) else mask_json(value) for name, value in params.items()}


def mask_json(value: object) -> object:
    """Show a JSON value with the secrets in it masked, however far inside."""
    if isinstance(value, Mapping):
        return mask_params(value)
    return [mask_json(item) for item in value] if isinstance(value, list) else value


def mask_url(url: str) -> str:
    """Show a URL with its user info and the secret values of its query and its fragment masked."""
    head, *rest = _BETWEEN_PAIRS.split(url)
    scheme, slashes, beyond = head.partition("://")
    authority, slash, path = beyond.partition("/")
    if "@" in authority:
        head = f"{scheme}{slashes}***@{authority.rpartition('@')[2]}{slash}{path}"
    return "".join([head, *map(_mask_pair, rest)])


def _mask_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={mask(value)}" if equals and is_sensitive(unquote_plus(name)) else pair


def is_sensitive(name: str) -> bool:
    """Whether a parameter, member or option of that name holds a secret, a token or an assertion."""
    return name.lower() in SENSITIVE_PARAMS or bool(_KEY_LIKE.search(name))
