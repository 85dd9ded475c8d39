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


RIGHT = {
    "hgem": {"form": True, "headers": {"hgem-api-key": "k-1"}, "options": {"api_key": "k-1"}},
    "json-oauth-token": {"json": True},
    "json-oauth-token-get": {"json": True, "method": "GET"},
    "hexagon": {"basic": True, "scope": "ingr.api"},
    "graphnet": {"form": True},
    "jim2": {"form": True},
}


@pytest.mark.parametrize("name", list(RIGHT))
def test_right_client_breaks_no_rule(begin, basic, name):
    """What a provider makes its clients do is not held against them."""
    how = RIGHT[name]
    send = begin(name, client_id="acme", client_secret="s3cret", **how.get("options", {}))
    body = {"grant_type": "client_credentials"} | ({"scope": how["scope"]} if "scope" in how else {})
    headers = dict(how.get("headers", {}))
    if "basic" in how:
        headers |= basic("acme", "s3cret")
    else:
        body |= {"client_id": "acme", "client_secret": "s3cret"}
    kind = {"json": body} if "json" in how else {"form": body}
    token = send.token(headers=headers, method=how.get("method", "POST"), **kind).json["access_token"]
    assert send.api(token, headers=how.get("headers", {})).status == 200
    assert [finding for finding in send.provider.violations if finding.rule.level == "must"] == []
