"""Write the page about the rules: ``python -m pytest_oauthcc.rules [FILE]``, by default docs/rules.md."""

from __future__ import annotations

import sys
from pathlib import Path

from pytest_oauthcc.rules.listing import page


def main(arguments: list[str]) -> None:
    """Write the page into the file that is named, or into docs/rules.md below the current directory."""
    Path(arguments[0] if arguments else "docs/rules.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
