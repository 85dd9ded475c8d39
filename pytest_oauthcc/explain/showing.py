"""How times, numbers, values and tables are written in every text for people."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.masking import mask_header, mask_params

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "CODE_BLANK",
    "CUT_MARK",
    "JOIN_SCOPES",
    "bullets",
    "clock_time",
    "columns",
    "count_of",
    "cut_middle",
    "join_words",
    "paragraph",
    "plain",
    "safe_repr",
    "seconds",
    "shorten",
    "show_header",
    "show_param",
]

CODE_BLANK = "\u00a0"
"""A blank inside code that is to stay on one line."""

JOIN_SCOPES = f"'{CODE_BLANK}'.join(scopes)"

CUT_MARK = re.compile(r"\.\.\. \([\d,]+ characters more\)")
"""Stands where a text was cut."""

_WIDTH = 100
_LONGEST = 400
_PLAIN = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def seconds(value: float) -> str:
    """Write a length of time in seconds, to a tenth where it is not whole: ``12 s``, ``0.5 s``."""
    return f"{_tenths(value)} s"


def clock_time(value: float) -> str:
    """Write a moment as its distance from the provider's beginning: ``+3601s``."""
    return f"{'' if _tenths(value).startswith('-') else '+'}{_tenths(value)}s"


def _tenths(value: float) -> str:
    rounded = round(value, 1)
    return f"{rounded:.0f}" if rounded == int(rounded) else f"{rounded:.1f}"


def count_of(number: int, noun: str) -> str:
    """Write a number with its noun: ``no token request``, ``1 token request``, ``2 token requests``."""
    return f"{number or 'no'} {noun}{'s' if number > 1 else ''}"


def join_words(words: Iterable[str], conjunction: str = "and") -> str:
    """Write a list as a sentence does: ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} {conjunction} {last}" if first else last


def shorten(text: str, longest: int = _LONGEST) -> str:
    """Cut a long text at its end and say how much is left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text) - longest:,} characters more)"  # CUT_MARK finds this


def safe_repr(value: Any) -> str:
    """Return the repr of any object, also of one whose own repr fails."""
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a broken repr must not hide the failure that is being explained
        return f"<{type(value).__name__}, whose repr raised {type(error).__name__}>"


def plain(value: str) -> str:
    """Write a text in a table: as it is, or quoted where its ends or characters would not be seen."""
    return value if _PLAIN.fullmatch(value) else repr(value)


def show_header(name: str, value: Any) -> str:
    """Write a header's value with its secret part masked."""
    if not isinstance(value, str):
        return _matcher(value, hidden=mask_header(name, "probe") != "probe")
    shown = mask_header(name, value)
    return shown if shown != value else repr(value)


def show_param(name: str, value: Any) -> str:
    """Write a parameter's value, masked where its name says that it is a secret."""
    hidden = mask_params({name: "probe"})[name] != "probe"
    if hidden and isinstance(value, str | list):
        return str(mask_params({name: value})[name])
    return _matcher(value, hidden=hidden)


def _matcher(value: Any, *, hidden: bool) -> str:
    """Write an object that compares in its own way; under the name of a secret it might hold that secret."""
    return f"<{type(value).__name__}>" if hidden else safe_repr(value)


def paragraph(text: str) -> list[str]:
    """Break prose into lines that fit a terminal; neither words nor code with ``CODE_BLANK`` in it are broken."""
    return [
        line.replace(CODE_BLANK, " ")
        for part in text.split("\n")
        for line in textwrap.wrap(part, _WIDTH, break_long_words=False, break_on_hyphens=False)
    ]


def bullets(texts: Sequence[str]) -> list[str]:
    """Write one text as a paragraph, several as a list."""
    if len(texts) == 1:
        return paragraph(texts[0])
    return [("  " if number else "- ") + line for text in texts for number, line in enumerate(paragraph(text))]


def columns(rows: Sequence[Sequence[str]], *, indent: str = "  ", gap: str = "  ") -> list[str]:
    """Write rows with their cells one below the other; the last cell of a row takes what it needs."""
    widths: dict[int, int] = {}
    for row in rows:
        for position, cell in enumerate(row[:-1]):
            widths[position] = max(widths.get(position, 0), len(cell))
    lines = []
    for row in rows:
        cells = [cell.ljust(widths[position]) for position, cell in enumerate(row[:-1])]
        lines.append((indent + gap.join([*cells, *row[-1:]])).rstrip())
    return lines


def cut_middle(length: int, *, most: int, keep: Iterable[int] = ()) -> list[int | None]:
    """
    Choose which lines of a long list to show.

    Args:
        length: How many there are.
        most: How many to show at most, beside a few around those in ``keep``.
        keep: Positions that matter.

    Returns:
        Positions in order, with None where some are left out.
    """
    if length <= most:
        return list(range(length))
    head = most // 3
    chosen = {*range(head), *range(length - (most - head), length)}
    for position in list(keep)[: most // 2]:
        chosen.update(range(max(position - 1, 0), min(position + 2, length)))
    lines: list[int | None] = []
    previous = -1
    for position in sorted(chosen):
        if position == previous + 2:
            lines.append(position - 1)  # a note that one is left out would take as much room
        elif position > previous + 1:
            lines.append(None)
        lines.append(position)
        previous = position
    return lines
