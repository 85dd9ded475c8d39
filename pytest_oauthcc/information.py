"""The answers to the command-line options that only ask for information."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["lines"]


def lines(options: argparse.Namespace, directory: Path) -> Iterator[str]:
    """
    Yield the lines that were asked for.

    Args:
        options: The parsed command line.
        directory: Where the relative path of a profile begins.

    Yields:
        Lines.

    Raises:
        ProfileError: A profile can't be found or has mistakes.
    """
    if options.oauthcc_rules:
        from pytest_oauthcc.rules.listing import list_lines as list_rules

        yield from list_rules()
    if options.oauthcc_profiles:
        from pytest_oauthcc.profiles import list_lines as list_profiles

        yield from list_profiles()
    if options.oauthcc_profile:
        from pytest_oauthcc.profiles import load_profile, render

        yield render(load_profile(options.oauthcc_profile, relative_to=directory))
