"""Where in a TOML file each key stands, which the standard library's parser does not tell."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Path", "find_line", "locate", "show_path"]

Path = tuple[str | int, ...]
"""A key's way from the top of a file: names of tables, and numbers of the items of lists, from 0."""

_NAME = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
_DOTTED = rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*"
_ONE_NAME = re.compile(_NAME)
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_DOTTED})[ \t]*\]\]?[^\n]*")
_ASSIGNMENT = re.compile(rf"[ \t]*({_DOTTED})[ \t]*=")
_REST_OF_LINE = re.compile(r"[^\n]*")
# Inside a value only these matter: what may hide a bracket, the brackets themselves, and the ends of lines.
_PIECE = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]', re.DOTALL
)


def locate(text: str) -> dict[Path, int]:
    """
    Find the line of every key of a TOML file.

    Args:
        text: A file that ``tomllib`` could read.

    Returns:
        The number of the line, from 1, for each table, each key, and each table inside a list.
    """
    lines: dict[Path, int] = {}
    counts: Counter[Path] = Counter()
    prefix: Path = ()
    position, line = 0, 1
    while position < len(text):
        if found := _HEADER.match(text, position):
            prefix = _below(_names(found[2]), counts)
            if found[1] == "[[":
                counts[prefix] += 1
                lines.setdefault(prefix, line)
                prefix = (*prefix, counts[prefix] - 1)
            for length in range(1, len(prefix) + 1):  # [a.b] makes a table a as well
                lines.setdefault(prefix[:length], line)
            position = found.end()
        elif found := _ASSIGNMENT.match(text, position):
            names = _names(found[1])
            path = (*prefix, *names)
            for length in range(len(prefix) + 1, len(path) + 1):
                lines.setdefault(path[:length], line)
            position, line = _skip_value(text, found.end(), line, path, lines)
        else:
            position = _REST_OF_LINE.match(text, position).end()  # type: ignore[union-attr]  # it matches anything
        position += 1
        line += 1
    return lines


def _names(dotted: str) -> Path:
    return tuple(_unquoted(name) if name[0] in "\"'" else name for name in _ONE_NAME.findall(dotted))


def _unquoted(name: str) -> str:
    text: str = tomllib.loads(f"name = {name}")["name"]
    return text


def _below(path: Path, counts: Counter[Path]) -> Path:
    """Give the headers of tables inside a list of tables the number of the newest item: ``[facts.more]``."""
    full: Path = ()
    for name in path[:-1]:
        full = (*full, name)
        if counts[full]:
            full = (*full, counts[full] - 1)
    return (*full, path[-1])


def _skip_value(text: str, position: int, line: int, path: Path, lines: dict[Path, int]) -> tuple[int, int]:
    """Return where the line ends on which a value ends, and its number."""
    depth = items = 0
    for piece in _PIECE.finditer(text, position):
        shown = piece[0]
        if shown == "\n":
            if not depth:
                return piece.start(), line
            line += 1
        elif shown in "[{":
            if shown == "{" and depth == 1:
                lines[(*path, items)] = line
                items += 1
            depth += 1
        elif shown in "]}":
            depth -= 1
        else:
            line += shown.count("\n")
    return len(text), line


def find_line(path: Path, lines: Mapping[Path, int]) -> int:
    """Return the line of a key of the file, or of the table that it is in where that stands on one line."""
    return next(lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines)


def show_path(path: Path) -> str:
    """Write a path as people would: ``refusals.bad_secret.status``, ``facts[2].mark``."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown
