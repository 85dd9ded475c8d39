"""Every rule of the five documents has a test, and every such test belongs to a rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

RULES = {
    "hgem": [f"h{number}" for number in range(1, 15)],
    "json_oauth_token": [f"j{number}" for number in range(1, 10)],
    "hexagon": [f"x{number}" for number in range(1, 10)],
    "graphnet": [f"g{number}" for number in range(1, 12)],
    "jim2": [f"m{number}" for number in range(1, 13)],
}


def _tested(name):
    text = (Path(__file__).parent / f"test_{name}.py").read_text()
    return re.findall(r"^def test_([a-z]\d+)_", text, re.MULTILINE)


@pytest.mark.parametrize("name", list(RULES))
def test_every_rule_has_a_test(name):
    """The numbers in the names of the tests are the numbers of the rules, none left out and none made up."""
    assert sorted(set(_tested(name))) == sorted(RULES[name])


def test_there_are_fifty_five_rules():
    """The list above is whole."""
    assert sum(map(len, RULES.values())) == 55
