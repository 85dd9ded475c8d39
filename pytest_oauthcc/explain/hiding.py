"""The last look at a text before a person sees it: no secret of the exchanges may be left in it."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus

from pytest_oauthcc.core.journal import ApiRequest, Exchange, OtherRequest, TokenRequest, query_params
from pytest_oauthcc.masking import mask, mask_headers, mask_params

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Hider", "hide", "secrets_of"]

_LONG = 12
_SHORT = 6
_KNOWN_SCHEMES = frozenset({"basic", "bearer", "dpop"})


def secrets_of(entries: Iterable[Exchange]) -> set[str]:
    """
    Collect what must not be shown: client secrets, tokens, assertions, cookies, API keys.

    Args:
        entries: Exchanges of a journal.

    Returns:
        Their secrets as they are, however they were sent.
    """
    return {secret for entry in entries for secret in _of_entry(entry) if secret}


def _of_entry(entry: Exchange) -> Iterator[str]:
    yield from _of_headers(entry)
    if "?" in entry.url:
        yield from _of_params(query_params(entry.request))
    if isinstance(entry, OtherRequest):
        yield from _of_params(dict(parse_qsl(entry.body.decode("utf-8", "replace"))))
    elif isinstance(entry, TokenRequest):
        yield from _of_params(entry.parameters.values)
        yield from (secret for _, secret in entry.presented.readings)
    elif isinstance(entry, ApiRequest) and entry.bearer is not None:
        yield entry.bearer
    if isinstance(entry, TokenRequest | ApiRequest) and entry.token is not None:
        yield entry.token.value


def _of_headers(entry: Exchange) -> Iterator[str]:
    for name, shown in mask_headers(entry.headers).items():
        value = entry.headers[name]
        if shown == value:
            continue
        scheme, blank, rest = value.partition(" ")
        yield value
        yield rest
        if not blank or scheme.lower() not in _KNOWN_SCHEMES:
            yield scheme  # a token that was sent without a scheme stands where the scheme should
        elif scheme.lower() == "basic":
            yield _password(rest)


def _password(credentials: str) -> str:
    """Return the secret of Basic credentials as it was sent, whatever its encoding means to the provider."""
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""


def _of_params(params: Any) -> Iterator[str]:
    for name, shown in mask_params(params).items():
        value = params[name]
        if shown != value:
            yield from (str(item) for item in (value if isinstance(value, list) else [value]))


def hide(text: str, secrets: Iterable[str]) -> str:
    """
    Mask secrets wherever they stand in a text, also percent-encoded or escaped.

    Args:
        text: For people.
        secrets: What must not be in it. Short ordinary words are left alone: hiding the word "token" in each
            sentence would help nobody.

    Returns:
        The text without them.
    """
    return Hider(secrets)(text)


class Hider:
    """Does what ``hide`` does for many texts with the same secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = [
            (form, len(secret) >= _LONG, mask(secret))
            for secret in sorted(secrets, key=len, reverse=True)
            if len(secret) >= _SHORT and not (len(secret) < _LONG and secret.isalpha() and secret.islower())
            for form in _forms(secret)
        ]

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        for form, is_long, shown in self._forms:
            if form in text:
                text = text.replace(form, shown) if is_long else _replace_word(text, form, shown)
        return text


def _replace_word(text: str, word: str, shown: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", shown, text)


def _forms(secret: str) -> dict[str, None]:
    """Return the shapes in which a secret can get into a text; of a plain one there is only one."""
    utf8 = secret.encode("utf-8", "surrogatepass")
    return dict.fromkeys(
        [secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote_plus(utf8), quote(utf8), quote(utf8, safe="")]
    )
