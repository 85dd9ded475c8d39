"""Each rule: a small wrong client trips it, a right one does not."""

from __future__ import annotations

import pytest
from rules_cases import MESSAGE_CASES
from rules_sequences import SEQUENCES
from rules_world import World

from pytest_oauthcc.rules import RULES

CASES = [*MESSAGE_CASES, *SEQUENCES]


def broken(world, rule):
    """Return the ids of the rules of the same kind that were broken."""
    return world.message_ids() if RULES[rule].kind == "message" else world.behaviour_ids()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_client_trips_the_rule(case):
    """A client that does it wrong is found out."""
    world = World(**case.options)
    case.wrong(world)
    assert case.rule in broken(world, case.rule)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_right_client_does_not(case):
    """A client that does it right is left alone."""
    world = World(**case.options)
    case.right(world)
    assert world.entries
    assert case.rule not in broken(world, case.rule)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_case(rule):
    """No rule is without a client that trips it and one that does not."""
    assert rule in {case.rule for case in CASES}


@pytest.mark.parametrize("kind", ["message", "behaviour"])
def test_the_cases_are_of_the_kind_that_the_table_says(kind):
    """A rule that looks at one request is tested by one, a rule about behaviour by several."""
    cases = MESSAGE_CASES if kind == "message" else SEQUENCES
    assert {RULES[case.rule].kind for case in cases} == {kind}
