"""What pytest shows of a broken check, and what becomes of contracts in a live run."""

from __future__ import annotations

import preload  # noqa: F401
import pytest

BROKEN = """
from zoo_contract import ZooContract
from zoo_renewing import NeverRenews

class TestNeverRenews(ZooContract):
    __test__ = True
    animal = NeverRenews

    def test_of_its_own(self, oauthcc, call_api):
        call_api()
        assert oauthcc.token_requests == "none"
"""

LIVE = """
import pytest
from pytest_oauthcc import ApiContract, ClientContract

@pytest.mark.oauthcc("hgem", api_key="k-123")
class TestClient(ClientContract):
    @pytest.fixture
    def call_api(self, oauthcc):
        raise AssertionError("nothing is made for a contract in a live run")

class TestApi(ApiContract):
    pass
"""


@pytest.fixture
def run(pytester):
    """Run a module inside of this run."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    def run_it(code, *arguments):
        pytester.makepyfile(code)
        return pytester.runpytest("-p", "no:randomly", *arguments)

    return run_it


def test_a_broken_check_shows_the_exchanges_once(run):
    """The verdict has the exchanges in its text, so that the report has no section of them; other tests keep theirs."""
    output = run(BROKEN, "-k", "renews_an_expired_token or of_its_own").stdout.str()
    verdict, own = output.partition("of_its_own")[::2]

    assert verdict.count("client -> API") == 2
    assert "oauthcc: exchanges" not in verdict
    assert own.count("oauthcc: exchanges") == 1


def test_a_live_run_skips_contracts_for_one_reason(run, monkeypatch):
    """No check of any contract runs against a real provider, whatever its class has said about the fake."""
    for name in ("TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"OAUTHCC_{name}", "https://real.example/token" if name == "TOKEN_URL" else "made-up-4711")
    result = run(LIVE, "--oauthcc-live", "-rs")
    reasons = {line.rpartition(": ")[2] for line in result.outlines if line.startswith("SKIPPED")}

    assert set(result.parseoutcomes()) <= {"skipped", "warnings"}
    assert result.parseoutcomes()["skipped"] > 100
    assert reasons == {"only a fake can misbehave on demand"}
