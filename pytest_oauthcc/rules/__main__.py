"""Write the page about the rules: ``python -m pytest_oauthcc.rules [FILE]``, by default docs/rules.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pytest_oauthcc.rules.listing import page


def main(arguments: list[str]) -> None:
    """Write the page into the file that is named, or into docs/rules.md below the current directory."""
    parser = argparse.ArgumentParser(prog="python -m pytest_oauthcc.rules", description="Write the page on the rules.")
    parser.add_argument("file", nargs="?", default="docs/rules.md", type=Path, help="docs/rules.md")
    parser.parse_args(arguments).file.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
