"""
Every check against clients that are right and a client that has exactly the bug; what it then says; the page about it.

All of it is about one long run over the zoo, which is made once for this file.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
import zoo_run
from zoo_mutants import INNOCENT, MUTANTS

from pytest_oauthcc.contract.table import CHECKS, on_event_loops

GUILTY = [
    (name, driver)
    for name, cls in MUTANTS.items()
    for driver in zoo_run.DRIVERS
    if getattr(cls, "only", driver) == driver
]


DOCS = Path(__file__).parents[2] / "docs"

# What broken checks say, to the letter: the text alone has to be enough to mend the client.
GOLDEN = {
    ("NeverRenews", "requests", "renews-an-expired-token"): """\
the client did not ask for a new token after its token had expired: it raised ClientError: the API answered 401
(renews-an-expired-token: MUST, RFC 6749 section 4.2.2)

What was provoked: The token expires, then the client calls the API again.

What happened:
  +0s client -> token endpoint POST 'client-ID' by client_secret_basic, scope='orders:read' -> 200, token *** for 3600 s, scope 'orders:read'
  +0s client -> API GET /orders token *** -> 200
  --- clock moved +3601 s ---
  +3601s client -> API GET /orders token *** -> 401 (token expired)
  the token expired 1 s ago

Raised: ClientError: the API answered 401

Why it matters: The service works for an hour after each start, then every call fails.
What to do: Keep the moment of expiry (the time of the answer plus expires_in), compare it with the
clock before each call, and ask for a new token when it is near.

If it has to stay so: waived = {"renews-an-expired-token": "the reason"} in the class.""",
    ("FollowsWithSecret", "httpx", "keeps-the-secret-from-other-hosts"): """\
the token endpoint's redirect (307) took the client secret to elsewhere.oauthcc.test
(keeps-the-secret-from-other-hosts: MUST, seen in the field)

What was provoked: The token endpoint redirects the client to another host.

What happened:
  +0s client -> client's provider token endpoint POST 'client-ID' by client_secret_post, scope='orders:read' -> 307
  ! body-credentials-used (SHOULD): client_id and client_secret are in the body
  +0s client -> elsewhere token endpoint POST 'client-ID' by client_secret_post, scope='orders:read' -> 401 (unknown client)
  there is no client 'client-ID'; registered: 'client-ID'
  ! body-credentials-used (SHOULD): client_id and client_secret are in the body

Raised: ClientError: the token endpoint answered 401: invalid_client: there is no client 'client-ID'; registered: 'client-ID'

Why it matters: With 307 and 308 the whole body goes along, secret and all; a token endpoint has no
reason to redirect.
What to do: Send token requests with redirects switched off: allow_redirects=False,
follow_redirects=False.

If it has to stay so: waived = {"keeps-the-secret-from-other-hosts": "the reason"} in the class.""",
    ("KeepsTheLock", "requests", "recovers-after-an-outage"): """\
the call did not come back after the token endpoint had been down (error 500); is a lock still held?
(recovers-after-an-outage: MUST, seen in the field)

What was provoked: The token endpoint fails for a while; then it is well again, and the client calls
the API.

What happened:
  +0s client -> token endpoint POST 'client-ID' by client_secret_basic, scope='orders:read' -> 500

Raised: ClientError: the token endpoint answered 500, and no JSON object

Why it matters: A lock that was not released or a cached failure turns a hiccup into a restart.
What to do: Release locks in finally (use with), and keep no failure.

If it has to stay so: waived = {"recovers-after-an-outage": "the reason"} in the class.""",
    ("HerdAtStart", "async-httpx", "asks-once-for-many-callers"): """\
6 callers that needed the first token at the same moment made 6 token requests, expected 1
(asks-once-for-many-callers: SHOULD, seen in the field)

What was provoked: Several callers need the first token at the same moment, and the token endpoint
is slow.""",
    ("UnencodedBasic", "requests", "encodes-a-secret-with-reserved-characters"): """\
the client can't authenticate with a secret with reserved characters: the client_secret of 'client-ID' is wrong: it was sent without being form-encoded first, so that its + or % were decoded to something else
(encodes-a-secret-with-reserved-characters: MUST, RFC 6749 section 2.3.1)""",
    ("LogsSecret", "requests", "keeps-secrets-out-of-logs"): """\
the Basic header with the secret is in a DEBUG message of the logger 'zoo'
(keeps-secrets-out-of-logs: MUST, RFC 6749 section 10.3)""",
}


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
    always = {
        "refuses-bad-certificates",
        "sends-the-headers-that-the-provider-wants",
        "sends-the-parameters-that-the-provider-wants",
    }
    on_loops = {check.id for check in on_event_loops.CHECKS}
    sync_only = set() if driver == "async-httpx" else on_loops

    assert skipped <= always | sync_only | (set() if driver == "requests" else {"checks-certificates"})


def test_certificates_are_tried_where_there_are_any():
    """A client that is served over TLS is shown bad certificates, and one that is not is skipped."""
    tried = {
        animal: {result.outcome for result in zoo_run.visit() if (result.animal, result.check) == (animal, check)}
        for animal in ("Served", "Right")
        for check in ["refuses-bad-certificates"]
    }

    assert tried == {"Served": {"passed"}, "Right": {"skipped"}}


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
    secrets = ["p%2F+q&r=s", "from-a-file-4711", "Long-Secret-9Long"]
    texts = [result.text for result in zoo_run.visit() if result.outcome == "failed"]

    assert texts
    assert [text for text in texts for secret in secrets if secret in text] == []


def plain(text):
    """Leave out what differs from run to run: ids, tokens, the columns' widths, fractions of a second."""
    text = re.sub(r"client-[0-9a-f]{8}", "client-ID", text)
    text = re.sub(r"\*\*\*[0-9a-f]{4}", "***", text)
    text = re.sub(r"(\+\d+)\.\ds", r"\1s", text)
    text = re.sub(r"360[0-2] s", lambda found: "3600 s" if "for" in text[: found.start()][-5:] else "3601 s", text)
    lines = (re.sub(r"^ +", "  ", line) for line in text.splitlines())
    return "\n".join(re.sub(r"(?<=\S) {2,}", " ", line) for line in lines)


@pytest.mark.parametrize(("animal", "driver", "check"), GOLDEN, ids=lambda value: value)
def test_a_verdict_says_it_all(animal, driver, check):
    """The difference comes first; then what was provoked, what happened, why it matters, what to do."""
    texts = [
        plain(result.text)
        for result in zoo_run.results_of(animal, driver)
        if result.check == check and result.outcome == "failed"
    ]

    assert (
        texts[0].replace("+3600s", "+3601s").replace("+3602s", "+3601s")[: len(GOLDEN[animal, driver, check])]
        == GOLDEN[animal, driver, check]
    )


def test_every_verdict_has_the_five_parts():
    """Whatever fails says the difference, the check, the provocation, the exchanges, the cause and the next step."""
    texts = {result.text for result in zoo_run.visit() if result.outcome == "failed"}

    for text in texts:
        first, second, *rest = text.splitlines()
        assert second, text
        assert 20 <= len(first) <= 400
        assert re.fullmatch(r"\([a-z0-9-]+: (MUST|SHOULD|ADVICE), .+\)", second)
        for part in ("What was provoked: ", "What happened:", "Why it matters: ", "What to do: ", "waived = {"):
            assert any(part in line for line in rest), (part, text)


def test_the_page_is_current():
    """The page on the contract is what its script makes of the table of checks and the zoo, and has no missed bug."""
    made = runpy.run_path(str(DOCS / "make_contract.py"))["page"]()

    assert "MISSED" not in made
    assert (DOCS / "contract.md").read_text(encoding="utf-8") == made, "run: python docs/make_contract.py"
