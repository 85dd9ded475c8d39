"""The secrets that an exchange brings to light, for the redactor."""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pytest_oauthcc.core.journal import TokenRequest
from pytest_oauthcc.masking import SENSITIVE_PARAMS, is_sensitive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.core.messages import Response
    from pytest_oauthcc.live.redaction import Redactor

__all__ = ["secrets_of_answer", "secrets_of_proxies", "secrets_of_request"]

_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_CREDENTIALS = frozenset({"authorization", "dpop", "proxy-authorization"})
_SHORTEST = 8  # characters; "X-Token-Use: access" is no secret
_NO_SECRETS = frozenset({"token_type", "token_type_hint", "issued_token_type", "client_assertion_type"})


def secrets_of_request(entry: Exchange, redactor: Redactor) -> None:
    """Take note of the secrets that a request carries: credentials, assertions, tokens, keys in headers."""
    _secrets_of_headers(entry, redactor)
    for name, value in parse_qsl(urlsplit(entry.url).query):
        if is_sensitive(name) and len(value) >= _SHORTEST:
            redactor.add(value, f"{name} in the URL")
    if isinstance(entry, TokenRequest):
        for name, value in entry.parameters.values.items():
            if _is_secret(name):
                for text in value if isinstance(value, list) else [value]:
                    redactor.add(str(text), name)
        for _, secret in entry.presented.readings:
            redactor.add(secret, "client_secret")


def _secrets_of_headers(entry: Exchange, redactor: Redactor) -> None:
    for name, value in entry.headers.fields:
        lowered = name.lower()
        if lowered == "cookie":
            for pair in value.split(";"):
                redactor.add(pair.partition("=")[2].strip(), f"{name} header")
        elif lowered in _CREDENTIALS:
            scheme, _, rest = value.partition(" ")
            redactor.add(rest or scheme, f"{name} header")
        elif is_sensitive(name) and len(value) >= _SHORTEST:
            redactor.add(value, f"{name} header")


def secrets_of_answer(response: Response, redactor: Redactor) -> None:
    """Take note of the secrets that an answer carries: tokens, and whatever looks like a JWT."""
    text = response.body.decode("utf-8", "replace")
    for found in _JWT.findall(text):
        redactor.add(found, "token")
    for name, value in response.headers:
        if name.lower() == "set-cookie":
            redactor.add(value.partition("=")[2].partition(";")[0] or value, f"{name} header")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return
    for name, value in _secret_members(members):
        redactor.add(value, name)


def secrets_of_proxies(environ: Mapping[str, str], redactor: Redactor) -> None:
    """Take note of the passwords in ``HTTPS_PROXY`` and the like, as they stand there and as they are meant."""
    for name, value in environ.items():
        if name.lower().endswith("_proxy"):
            with contextlib.suppress(ValueError):  # no URL at all
                parts = urlsplit(value if "://" in value else f"http://{value}")  # as HTTP libraries read it
                # A token often stands alone, where otherwise the user does.
                password = (parts.username if parts.password is None else parts.password) or ""
                redactor.add(password, f"password in {name}")
                redactor.add(unquote(password), f"password in {name}")


def _secret_members(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and _is_secret(name):
                yield name, item
            else:
                yield from _secret_members(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secret_members(item)


def _is_secret(name: str) -> bool:
    lowered = name.lower()
    return lowered in SENSITIVE_PARAMS or (
        lowered not in _NO_SECRETS and ("secret" in lowered or "password" in lowered)
    )
