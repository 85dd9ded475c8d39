"""The check of the redaction itself: other means than the redactor's look for what it should have taken out."""

from __future__ import annotations

import functools
import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

from pytest_oauthcc.live.redaction import base64_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = ["forget_spellings", "leaks_in", "scan_files"]

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LARGEST = 50_000_000  # bytes


@functools.lru_cache(maxsize=4096)
def _spellings(secret: str) -> frozenset[str]:
    """Return the ways in which a secret may stand in a text."""
    utf8 = secret.encode("utf-8", "surrogatepass")
    plain = [secret, quote(utf8, safe=""), quote_plus(utf8), repr(secret)[1:-1], repr(utf8)[2:-1]]
    in_json = [json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]]
    return frozenset([*plain, *in_json, *base64_forms(secret)])


def leaks_in(text: str, secrets: Mapping[str, str]) -> list[str]:
    """
    Look for secrets in a text that is to be free of them.

    Args:
        text: The text.
        secrets: What each secret is called, by the secret.

    Returns:
        The names of those that are in it.
    """
    plain = _ANSI.sub("", text)
    readings = {text, plain, unquote(plain), html.unescape(plain), plain.replace("\\\\", "\\")}
    return sorted(
        {
            name
            for secret, name in secrets.items()
            if any(spelling in reading for spelling in _spellings(secret) for reading in readings)
        }
    )


def scan_files(paths: Iterable[Path], secrets: Mapping[str, str]) -> Iterator[tuple[Path, list[str]]]:
    """
    Look for secrets in files, and in all files of directories.

    Args:
        paths: Files and directories; those that are not there are passed over.
        secrets: What each secret is called, by the secret.

    Yields:
        Files with the names of the secrets in them; with no names those that are too large to be searched.
    """
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if not file.is_file():
                continue
            if file.stat().st_size > _LARGEST:
                yield file, []
                continue
            found = leaks_in(file.read_bytes().decode("utf-8", "surrogateescape"), secrets)
            if found:
                yield file, found


def forget_spellings() -> None:
    """Forget the secrets that were looked for."""
    _spellings.cache_clear()
