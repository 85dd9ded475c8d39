"""Every check against clients that are right and a client that has exactly the bug."""

from __future__ import annotations

import pytest
import zoo_run
from zoo_mutants import INNOCENT, MUTANTS

from pytest_oauthcc.contract.table import CHECKS

GUILTY = [
    (name, driver)
    for name, cls in MUTANTS.items()
    for driver in zoo_run.DRIVERS
    if getattr(cls, "only", driver) == driver
]


@pytest.mark.parametrize("animal", INNOCENT)
def test_nothing_is_said_against_a_client_that_is_right(animal):
    """A right client, of whatever kind, breaks no check."""
    results = [result for result in zoo_run.visit() if result.animal == animal]

    assert len(results) >= len(CHECKS) - len([check for check in CHECKS.values() if check.level == "advice"])
    assert [f"{result.driver} {result.check}: {result.text}" for result in results if result.outcome == "failed"] == []


@pytest.mark.parametrize("driver", zoo_run.DRIVERS)
def test_little_is_left_undecided_for_a_client_that_is_right(driver):
    """Only what can't be decided is skipped, each with its reason."""
    skipped = {result.check for result in zoo_run.results_of("Right", driver) if result.outcome == "skipped"}
    always = {"sends-the-headers-that-the-provider-wants", "sends-the-parameters-that-the-provider-wants"}
    sync_only = set() if driver == "async-httpx" else {"does-not-block-the-event-loop", "works-on-a-second-event-loop"}

    assert skipped <= always | sync_only | (set() if driver == "requests" else {"checks-certificates"})


@pytest.mark.parametrize(("animal", "driver"), GUILTY)
def test_a_bug_is_caught_by_its_check(animal, driver):
    """The client with the bug breaks the checks that are named for it."""
    missed = [check for check in MUTANTS[animal].caught_by if not zoo_run.caught(animal, driver, check)]

    assert missed == [], [result for result in zoo_run.results_of(animal, driver) if result.check in missed]


def test_every_check_has_a_bug_that_it_catches():
    """No check is there that never failed."""
    assert set(CHECKS) == {check for cls in MUTANTS.values() for check in cls.caught_by}


def test_no_secret_is_in_any_verdict():
    """Texts of broken checks show neither secrets nor tokens."""
    secrets = ["p%2F+q&r=s", "from-a-file-4711", "Long-Secret-9Long", "contract.contract.contract"]
    texts = [result.text for result in zoo_run.visit() if result.outcome == "failed"]

    assert texts
    assert [text for text in texts for secret in secrets if secret in text] == []
