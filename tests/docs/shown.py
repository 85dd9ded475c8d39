"""What a page of Markdown shows: its fenced blocks, what they become in an empty folder, and what commands print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FENCE = re.compile(r'^```(?P<language>\w*)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.DOTALL | re.MULTILINE)
FENCE_LINES = re.compile(r"^\s*```", re.MULTILINE)

# Plugins that a reader of the pages does not have.
WITHOUT = ["-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:randomly"]

# What a reader does once and elsewhere, so that a test has it behind it.
INSTALLS = ("pip install ", "python -m venv ", "python3 -m venv ", "source ")


@dataclass(frozen=True)
class Block:
    """One fenced block; with a title it is a file of that name."""

    language: str
    title: str | None
    text: str

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the commands of a console block, each with the lines that it prints; none of one without prompts."""
        lines = self.text.splitlines() if self.language == "console" and self.text.startswith("$ ") else []
        numbered = [(sum(line.startswith("$ ") for line in lines[: at + 1]), line) for at, line in enumerate(lines)]
        for _, group in groupby(numbered, key=lambda pair: pair[0]):
            command, *printed = [line for _, line in group]
            yield command.removeprefix("$ "), printed


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page; a fence that is none is an error, not a block that nobody runs."""
    found = [Block(**match.groupdict()) for match in FENCE.finditer(text)]
    assert 2 * len(found) == len(FENCE_LINES.findall(text)), "a fence is indented, open, or has an unknown option"
    return found


def module(page: list[Block]) -> str:
    """Return the module that the untitled Python blocks of a page make together."""
    return "\n\n".join(block.text for block in page if block.language == "python" and not block.title)


def write_files(page: list[Block], folder: Path) -> None:
    """Write the files that a page shows."""
    for block in page:
        if block.title:
            write_file(block, folder)


def write_file(block: Block, folder: Path) -> None:
    """Write one file that a page shows; a diff changes the lines of the one that is there."""
    file = folder / str(block.title)
    file.parent.mkdir(parents=True, exist_ok=True)
    text = block.text
    if block.language == "diff":
        old, new = ("".join(line[1:] for line in text.splitlines(keepends=True) if line[0] == sign) for sign in "-+")
        before = file.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{old} is not once in {block.title}"
        text = before.replace(old, new)
    file.write_text(text, encoding="utf-8")


def run(command: str, folder: Path, lines: int | None = None) -> str:
    """
    Run a command of a page in its folder, and return what it prints.

    Args:
        command: One that begins with ``pytest``, ``oauthcc`` or ``python``.
        folder: Where it runs.
        lines: How many lines to read of one that does not end by itself.
    """
    words = shlex.split(command)
    ours = {"pytest": ["-m", "pytest"], "oauthcc": ["-m", "pytest_oauthcc"], "python": []}
    assert words[0] in ours, f"who runs {command!r}?"
    process = subprocess.Popen(
        [sys.executable, *ours[words[0]], *words[1:]],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80", "PY_COLORS": "0", "PYTEST_ADDOPTS": " ".join(WITHOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        if lines is not None:
            printed = "".join(process.stdout.readline() for _ in range(lines))
            process.terminate()
            return printed
        printed = process.communicate(timeout=120)[0]
    assert process.returncode in {0, 1}, f"{command}\n{printed}"
    return printed


def difference(shown: list[str], printed: str) -> str:
    """
    Compare what a page shows with what a command printed; times, ports and made-up names may differ.

    A line ``...`` stands for any lines.

    Returns:
        Nothing, or the lines that are not there.
    """
    rest = _settled(printed.splitlines())
    at = 0
    for is_gap, group in groupby(_settled(shown), key=lambda line: line.strip() == "..."):
        if is_gap:
            continue
        wanted = list(group)
        places = range(at, len(rest) - len(wanted) + 1)
        found = next((place for place in places if rest[place : place + len(wanted)] == wanted), None)
        if found is None:
            return "\n".join([*wanted, "", "is not in what was printed:", "", *rest])
        at = found + len(wanted)
    return ""


def _settled(lines: list[str]) -> list[str]:
    made_up = {
        r"client-[0-9a-f]{8}": "client-~",
        r"\*\*\*[0-9a-f]{4}": "***~",
        r"\bin \d+\.\d+s": "in ~s",
        r"\+\d+(\.\d+)?( ?)s\b": r"+~\2s",
        r"127\.0\.0\.1:\d+": "127.0.0.1:~",
        r"file:///\S+/": "file:///~/",
        r"[=_-]{3,}": "---",
        r"\s+": " ",
    }
    for pattern, stand_in in made_up.items():
        lines = [re.sub(pattern, stand_in, line) for line in lines]
    return [line.strip() for line in lines]
