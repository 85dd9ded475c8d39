"""What can't be decided for a client is skipped with a reason, and never passes silently."""

from __future__ import annotations

import freezegun  # noqa: F401 - runs inside of this one share modules that can't be imported twice
import httpx  # noqa: F401
import jwt.algorithms  # noqa: F401
import pytest
import requests  # noqa: F401
import responses  # noqa: F401
import respx  # noqa: F401

import pytest_oauthcc.reporting
import pytest_oauthcc.session
import pytest_oauthcc.transports.requests_transport  # noqa: F401
from pytest_oauthcc.contract.table import CHECKS

STRANGE = {
    "does nothing": "return lambda: None",
    "raises at once": "def call(): raise RuntimeError('not configured')\n        return call",
    "never calls the API": (
        "form = {'grant_type': 'client_credentials'}\n"
        "        auth = (oauthcc.client_id, oauthcc.client_secret)\n"
        "        return lambda: requests.post(oauthcc.token_url, data=form, auth=auth, timeout=5).json()"
    ),
    "has a token from elsewhere": (
        "headers = {'Authorization': 'Bearer hard-coded'}\n"
        "        return lambda: requests.get(oauthcc.api_url, headers=headers, timeout=5)"
    ),
    "has a good token from elsewhere": (
        "headers = {'Authorization': 'Bearer ' + oauthcc.mint()}\n"
        "        return lambda: requests.get(oauthcc.api_url, headers=headers, timeout=5)"
    ),
    "sends no token": "return lambda: requests.get(oauthcc.api_url, timeout=5)",
}

# What can truly be said of some of them all the same.
HELD = {
    "does nothing": set(),
    "raises at once": {"refuses-a-plain-http-token-url"},  # who raises sends nothing
    "has a token from elsewhere": {"is-patient-with-a-401", "sends-the-token-as-the-api-wants-it"},
    "sends no token": {"is-patient-with-a-401"},
}

MODULE = """
import pytest, requests
from pytest_oauthcc import ClientContract

class TestStrange(ClientContract):
    advice = True
    scope = "orders:read"

    @pytest.fixture
    def call_api(self, oauthcc):
        {code}

    @pytest.fixture
    def make_client(self, call_api):
        return lambda client_id=None, client_secret=None, scope=None: call_api

    @pytest.fixture
    def send_body(self, call_api):
        return lambda body: call_api()
"""

EAGER = """
import pytest
from pytest_oauthcc import ClientContract
from zoo_client import Right
from zoo_drivers import RequestsDriver

class Early(RequestsDriver):
    def __init__(self, client):
        super().__init__(client)
        self.run(client.good_token())

class TestEarly(ClientContract):
    scope = "orders:read"

    @pytest.fixture
    def make_client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            names = (client_id or oauthcc.client_id, client_secret or oauthcc.client_secret, scope or self.scope)
            return Early(Right(oauthcc.token_url, oauthcc.api_url, *names)).orders
        return make

    @pytest.fixture
    def call_api(self, make_client):
        return make_client()
"""


def outcomes_of(pytester, code):
    """Run a module and return how each check ended: id to the set of its outcomes."""
    pytester.makepyfile(code)
    recorder = pytester.inline_run("-p", "no:randomly", "-p", "no:asyncio")
    found = {}
    for report in recorder.getreports("pytest_runtest_logreport"):
        properties = dict(report.user_properties)
        if "oauthcc_contract" in properties and (report.when == "call" or report.outcome != "passed"):
            found.setdefault(properties["oauthcc_contract"].rpartition(" ")[2], set()).add(report.outcome)
    return found


@pytest.mark.parametrize("client", STRANGE)
def test_a_client_that_does_less_than_it_should_passes_little(pytester, client):
    """One check says what is wrong; whatever can't be judged is skipped."""
    outcomes = outcomes_of(pytester, MODULE.format(code=STRANGE[client]))
    passed = {check for check, how in outcomes.items() if how == {"passed"}}

    assert set(outcomes) == set(CHECKS)
    assert outcomes["gets-a-token"] == {"failed"}
    assert passed == HELD.get(client, passed)
    assert {check for check in passed if check.startswith(("renews", "recovers", "encodes", "works"))} == set()


def test_a_client_that_asks_in_its_constructor_is_judged_rightly(pytester):
    """A right client that fetches its token while it is made breaks nothing."""
    outcomes = outcomes_of(pytester, EAGER)

    assert {check: how for check, how in outcomes.items() if "failed" in how} == {}
    assert outcomes["asks-once-for-many-callers"] == {"skipped"}
    assert outcomes["recovers-after-an-outage"] == {"passed"}
