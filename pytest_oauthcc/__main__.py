"""The command line: ``python -m pytest_oauthcc``, or ``oauthcc``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Args:
        arguments: Without the command's own name; None takes those of the process.

    Returns:
        The exit code: 0 for done, 1 for a failure, 2 for arguments that are wrong.
    """
    from pytest_oauthcc.errors import OptionError
    from pytest_oauthcc.process.command import add_arguments, serve

    parser = argparse.ArgumentParser(prog="oauthcc", description="A fake OAuth 2.0 client credentials provider.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    about = "serve the fake over HTTP until SIGTERM or Ctrl-C"
    command = commands.add_parser("serve", help=about, description=f"{about.capitalize()}.", allow_abbrev=False)
    add_arguments(command)
    parsed = parser.parse_args(arguments)
    try:
        return serve(parsed)
    except OptionError as error:
        print(f"oauthcc: {error}", file=sys.stderr)  # noqa: T201
        return _WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main())
