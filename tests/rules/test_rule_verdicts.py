"""What follows from broken rules."""

from __future__ import annotations

import pytest
from rules_world import SECRET, World

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.rules import NOT_SERVED, RULES, Finding, check_rule_ids, failing

ENTRY = World().ask()
MUST = Finding(RULES["secret-in-query"], ENTRY, "must")
SHOULD = Finding(RULES["empty-parameter"], ENTRY, "should")
BEHAVIOUR = Finding(RULES["unknown-token-type-used"], ENTRY, "behaviour")
ALL = [SHOULD, MUST, BEHAVIOUR]


@pytest.mark.parametrize(
    ("strict", "fails", "notes"),
    [
        (True, (MUST,), (SHOULD, BEHAVIOUR)),
        ("should", (SHOULD, MUST), (BEHAVIOUR,)),
        (False, (), (SHOULD, MUST, BEHAVIOUR)),
    ],
)
def test_strictness_decides_what_fails(strict, fails, notes):
    """True fails for a MUST, "should" for a SHOULD as well, False for nothing; behaviour is only told."""
    assert failing(ALL, strict, {}) == (fails, notes, ())


def test_what_is_allowed_neither_fails_nor_is_a_note():
    """An allowed rule is listed with its reason."""
    judged = failing(ALL, True, {"secret-in-query": "the provider wants it so", "expired-token-sent": "unused"})
    assert judged.fails == ()
    assert judged.notes == (SHOULD, BEHAVIOUR)
    assert judged.allowed == ((MUST, "the provider wants it so"),)


def test_known_rule_ids_pass():
    """Every rule's id can be allowed, and that of a request that nothing serves."""
    check_rule_ids(dict.fromkeys([*RULES, NOT_SERVED], "reason"), "here")


def test_an_unknown_rule_id_names_the_near_ones():
    """A misspelt id is an error that says who gave it and what was probably meant."""
    with pytest.raises(OptionError) as error:
        check_rule_ids({"secret-in-url-query": "reason"}, "oauthcc.allow()")
    assert str(error.value) == (
        "oauthcc.allow(): allow names the rule 'secret-in-url-query', and there is no such rule. "
        "Did you mean 'secret-in-query' or 'secret-in-referer' or 'bearer-in-query'? "
        "All rules with what they look at: pytest --oauthcc-rules"
    )


def test_an_id_like_no_other_gets_no_hint():
    """Where nothing is near, nothing is suggested."""
    with pytest.raises(OptionError, match=r"no such rule\. All rules"):
        check_rule_ids({"xyzzy": "reason"}, "here")


def test_a_finding_prints_well_and_masked():
    """The repr of a finding names the rule, its source and the request, and hides what is secret."""
    world = World()
    world.ask({"grant_type": f"client credentials {SECRET}"})
    (finding,) = world.findings()
    assert repr(finding) == (
        "<grant-type-wrong (must, RFC 6749 section 4.4.2) in token request 1: "
        "grant_type is 'client credentials ***3996'; it has to be 'client_credentials'>"
    )
