"""The tutorial in an empty folder: its files are written, its commands are run, and print what it shows."""

from __future__ import annotations

from pathlib import Path

import shown

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def test_the_tutorial_leads_where_it_says(tmp_path):
    """From nothing to a contract that holds, step by step, as a reader goes; only the installation has been done."""
    ran = []
    for block in shown.blocks(PAGE.read_text(encoding="utf-8")):
        if block.title:
            shown.write_file(block, tmp_path)
        elif block.language == "console":
            for command, lines in block.commands():
                if command.startswith(shown.INSTALLS):
                    continue
                printed = shown.run(command, tmp_path)
                assert shown.difference(lines, printed) == "", command
                ran.append(printed)

    assert "0 broken" in ran[-2]
    assert "failed" not in ran[-2]
