"""A run with tests of every outcome, as the report gets it."""

from __future__ import annotations

import json

from message_world import World

from pytest_oauthcc.explain.expectation import TokenExpectation
from pytest_oauthcc.explain.html import record_of_test, report_data
from pytest_oauthcc.explain.mismatch import mismatch
from pytest_oauthcc.rules.finding import Finding
from pytest_oauthcc.rules.rule import Rule

FORM_RULE = Rule(
    id="wrong-content-type",
    level="must",
    rfc="RFC 6749 section 4.4.2",
    title="A token request does not come as a form.",
    looks_at="Content-Type",
    why="A server that follows the RFC reads a form and nothing else.",
    remedy="With requests and httpx: data={...} instead of json={...}.",
)
KEEP_RULE = Rule(
    id="token-refetched-while-valid",
    level="should",
    rfc="no RFC",
    title="A token is asked for although the last one is still good.",
    looks_at="the journal",
    why="Providers limit the rate of token requests.",
    remedy="Keep the token until shortly before it expires.",
    kind="behaviour",
)


def failing():
    """A renewal that drops a scope, and the 403 that it gets."""
    world = World()
    world.token(scope="orders:read orders:write")
    world.api("/orders?page=2")
    world.clock.advance(3601)
    world.token(scope="orders:read")
    world.authority.api.require(scope="orders:write")
    world.api(method="POST", json_body={"id": 7})
    text = mismatch(TokenExpectation(scope="orders:read orders:write"), world.journal, count=2)
    return record_of_test(
        "tests/test_orders.py::TestOrders::test_a_renewal", "failed", 0.0312, [("oauthcc", world.journal)], message=text
    )


def breaking_rules():
    """A client that breaks rules in a test that allows it."""
    world = World()
    for _ in range(2):
        entry = world.token(kind="application/json", scope="a")
        entry.violations = (Finding(FORM_RULE, entry, "the Content-Type is application/json"),)
    world.token()
    entry = world.token(auth=None, grant_type="password")
    entry.violations = (Finding(KEEP_RULE, entry, "the token of request 3 was good for 3600 s more"),)
    world.api(token=None)
    allowed = {"wrong-content-type": "the gateway <b>wants</b> JSON"}
    return record_of_test(
        "tests/test_orders.py::test_json_body", "passed", 0.0112, [("oauthcc", world.journal)], allowed=allowed
    )


def of_two_providers():
    """Two providers in one test, one of which does not answer."""
    one = World()
    one.send("GET", one.authority.metadata_url)
    one.token()
    one.api()
    other = World(token_url="https://login.hgem.test/token", api_url="https://hgem.test/v1")
    other.authority.token_endpoint.time_out()
    other.token()
    journals = [("oauthcc", one.journal), ("hgem", other.journal)]
    return record_of_test("tests/test_two.py::test_two[httpx-a/b::c]", "skipped", 1.42, journals)


def with_many_exchanges():
    """More exchanges than a page should show."""
    world = World()
    world.token()
    for number in range(200):
        world.clock.advance(20)
        world.api(f"/orders/{number}")
    return record_of_test("tests/test_many.py::test_many", "passed", 0.2, [("oauthcc", world.journal)])


def without_exchanges():
    """A test that used the fixture and exchanged nothing."""
    return record_of_test(
        "tests/test_none.py::test_<script>alert(1)</script>", "xpassed", 0.0, [("oauthcc", World().journal)]
    )


LIVE = {
    "target": "staging",
    "hosts": ["login.staging.acme.example", "api.staging.acme.example:8443"],
    "profile": "keycloak",
    "exchanges": 1204,
    "compared": 311,
    "passed_over": 3,
    "differences": [
        {
            "what": "API refusal (token_missing): WWW-Authenticate error_description",
            "fake": "absent",
            "live": "present",
            "first_test": "tests/test_orders.py::TestOrders::test_a_renewal",
        },
        {
            "what": 'token answer: member "scope"',
            "fake": "string",
            "live": "<b>array</b>",
            "first_test": "tests/test_no_record_of_it.py::test_gone",
        },
        {
            "what": "token answer: scope",
            "fake": "orders:read " * 12,
            "live": "https://api.acme.example/a-scope-that-is-one-long-word-and-does-not-fit-a-phone/.default",
            "first_test": "tests/test_two.py::test_two[httpx-a/b::c]",
        },
    ],
}


def whole_run():
    """Return the data of the run after a way through JSON, as between the processes of pytest-xdist."""
    tests = [failing(), breaking_rules(), of_two_providers(), with_many_exchanges(), without_exchanges()]
    data = report_data(tests, generated="2025-11-21 12:40 UTC", live=LIVE, pytest="9.0.1", Python="3.12.3")
    return json.loads(json.dumps(data))
