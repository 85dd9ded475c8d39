"""The last look at a text before a person sees it: no secret of the exchanges may be left in it."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus

from pytest_oauthcc.core.journal import ApiRequest, Exchange, TokenRequest, query_params
from pytest_oauthcc.explain.showing import CUT_MARK
from pytest_oauthcc.masking import mask, mask_header, mask_params

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Hider", "hide", "secrets_of"]

_LONG = 12
_SHORT = 6
_GIVEAWAY = 4  # characters of a secret that may be seen where a text was cut, at most one less
_PROBE = "probe"
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]+")  # RFC 3986 section 2.3
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
    if isinstance(entry, TokenRequest):
        yield from _of_params(entry.parameters.values)
        yield from (secret for _, secret in entry.presented.readings)
    elif isinstance(entry, ApiRequest):
        yield entry.bearer or ""
    else:
        yield from _of_params(dict(parse_qsl(entry.body.decode("utf-8", "replace"))))
    if isinstance(entry, TokenRequest | ApiRequest) and entry.token is not None:
        yield entry.token.value


@cache
def _is_secret_header(name: str) -> bool:
    return mask_header(name, _PROBE) != _PROBE


@cache
def _is_secret_param(name: str) -> bool:
    return mask_params({name: _PROBE})[name] != _PROBE


def _of_headers(entry: Exchange) -> Iterator[str]:
    for name, value in entry.headers.items():
        if not _is_secret_header(name):
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


def _of_params(params: Mapping[str, Any]) -> Iterator[str]:
    for name, value in params.items():
        if _is_secret_param(name):
            yield from map(str, value if isinstance(value, list) else [value])


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
        for cut in reversed(list(CUT_MARK.finditer(text))):
            text = self._without_beginning(text[: cut.start()]) + text[cut.start() :]
        return text

    def _without_beginning(self, text: str) -> str:
        """Return a text that was cut at its end without the beginning of a secret that the cut went through."""
        for form, _, shown in self._forms:
            for length in range(len(form) - 1, _GIVEAWAY - 1, -1):
                if text.endswith(form[:length]):
                    return text[:-length] + shown
        return text

    def everywhere(self, value: Any) -> Any:
        """Return a JSON value with the secrets hidden in all its texts."""
        # Of the many secrets of a long test only a few are in what is shown; the others need one look together.
        narrowed = Hider(())
        together = "\n".join(_texts_of(value))
        is_cut = CUT_MARK.search(together) is not None
        narrowed._forms = self._forms if is_cut else [form for form in self._forms if form[0] in together]
        return _map_texts(value, narrowed)


def _texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts_of(member)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _map_texts(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [_map_texts(member, change) for member in value]
    return value


def _replace_word(text: str, word: str, shown: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", shown, text)


def _forms(secret: str) -> dict[str, None]:
    """Return the shapes in which a secret can get into a text; of a plain one there is only one."""
    if _UNRESERVED.fullmatch(secret):
        return {secret: None}
    utf8 = secret.encode("utf-8", "surrogatepass")
    return dict.fromkeys(
        [secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote_plus(utf8), quote(utf8), quote(utf8, safe="")]
    )
