"""The options as type checkers see them are those of the table."""

from __future__ import annotations

import typing

import pytest

from pytest_oauthcc import Options
from pytest_oauthcc.options import OPTIONS, SIGNING_ALGS, check_option

HINTS = typing.get_type_hints(Options)


def test_there_is_a_type_for_every_option() -> None:
    """All but the profile, which is an argument of its own."""
    assert set(HINTS) == set(OPTIONS) - {"profile"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, hint in HINTS.items()
        for part in (typing.get_args(hint) if typing.get_origin(hint) is not typing.Literal else (hint,))
        if typing.get_origin(part) is typing.Literal
        for value in typing.get_args(part)
    ],
)
def test_every_literal_is_a_valid_value(name: str, value: object) -> None:
    """A type checker must not let through what fails at run time."""
    assert check_option(name, value, "here", {}) == value


def test_every_algorithm_has_its_literal() -> None:
    """Nor may it reject what works."""
    assert typing.get_args(HINTS["signing_alg"]) == SIGNING_ALGS
