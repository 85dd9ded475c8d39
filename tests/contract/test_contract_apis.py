from __future__ import annotations

from pathlib import Path

import preload  # noqa: F401
import pytest

APIS = Path(__file__).with_name("apis")

MODULE = """
import pytest

import guard, verifiers
from {framework}_app import {style}_send as sending
from pytest_oauthcc import ApiContract


@pytest.mark.oauthcc(scopes="orders:read oauthcc:other oauthcc:more"{options})
class TestOrders(ApiContract):
    scope = "orders:read"
    advice = {advice}

    @pytest.fixture
    def send(self, oauthcc, run_async):
        verifier = verifiers.{verifier}(
            issuer=oauthcc.issuer,
            jwks_url=oauthcc.jwks_url,
            audience=oauthcc.api_url,
            introspection_url=oauthcc.introspection_url,
            client=(oauthcc.client_id, oauthcc.client_secret),
        )
        yield from sending(guard.{guard}(verifier), run_async)
"""

ALG_NONE = {
    "refuses-alg-none",
    "refuses-alg-none-capitalized",
    "refuses-alg-none-uppercase",
    "refuses-alg-none-mixed-case",
}
KEYS = {
    "keeps-the-keys",
    "takes-a-new-key",
    "keeps-taking-the-old-key",
    "forgets-a-retired-key",
    "is-not-made-to-fetch-keys",
    "works-while-the-keys-are-down",
    "lets-nobody-in-without-keys",
}
ANSWERS = {
    "challenges-with-bearer",
    "tells-invalid-token",
    "tells-no-error-without-a-token",
    "tells-insufficient-scope",
    "challenge-is-well-formed",
}
REVOKED = {"refuses-revoked"}  # only introspection tells

# (verifier, guard) -> the checks that it breaks, and those that can't be decided
WRONG = {
    ("NoAudienceCheck", "Right"): ({"refuses-wrong-audience", "refuses-no-audience"}, REVOKED),
    ("NoIssuerCheck", "Right"): ({"refuses-wrong-issuer", "refuses-no-issuer", "refuses-other-tenant"}, REVOKED),
    ("IssuerByPrefix", "Right"): ({"refuses-other-tenant"}, REVOKED),
    ("AlgFromHeader", "Right"): ({*ALG_NONE, "refuses-hs256-public-key"}, REVOKED),
    ("NoSignatureCheck", "Right"): (
        {
            *ALG_NONE,
            "refuses-wrong-key",
            "refuses-unknown-kid",
            "refuses-hs256-public-key",
            "refuses-hs256-empty-secret",
            "refuses-embedded-jwk",
            "refuses-foreign-jku",
            "refuses-foreign-x5u",
            "refuses-kid-path-traversal",
            "refuses-kid-sql-injection",
            "refuses-tampered-payload",
            "refuses-stripped-signature",
            "refuses-truncated-signature",
            "refuses-der-signature",
            "refuses-zero-signature",
            "refuses-oversized",
        },
        REVOKED | KEYS,
    ),
    ("ExpiryIgnored", "Right"): (
        {"refuses-expired", "refuses-no-exp", "refuses-duplicate-claims", "refuses-a-token-after-expiry"},
        REVOKED | {"challenges-with-bearer", "tells-invalid-token", "challenge-is-well-formed"},
    ),
    ("AnyTyp", "Right"): ({"refuses-wrong-typ"}, REVOKED),
    ("BindingIgnored", "Right"): ({"refuses-dpop-as-bearer"}, REVOKED),
    ("TrustsJwk", "Right"): ({"refuses-embedded-jwk"}, REVOKED),
    ("TrustsJku", "Right"): ({"refuses-foreign-jku"}, REVOKED),
    ("ScopeBySubstring", "Right"): ({"compares-scopes-whole"}, REVOKED),
    ("KeysForEver", "Right"): ({"takes-a-new-key", "forgets-a-retired-key"}, REVOKED),
    ("KeysEveryTime", "Right"): (
        {"keeps-the-keys", "is-not-made-to-fetch-keys", "works-while-the-keys-are-down"},
        REVOKED,
    ),
    ("FailsOpen", "Right"): ({"lets-nobody-in-without-keys"}, REVOKED | {"works-while-the-keys-are-down"}),
    ("KeysAtStart", "Right"): (set(), REVOKED | {"lets-nobody-in-without-keys"}),
    ("NewestKeyOnly", "Right"): ({"keeps-taking-the-old-key", "is-not-made-to-fetch-keys"}, REVOKED),
    ("RemembersTokens", "Right"): ({"refuses-a-token-after-expiry", "forgets-a-retired-key"}, REVOKED),
    ("StumblesOverGarbage", "Right"): ({"refuses-not-a-jwt", "challenge-is-well-formed"}, REVOKED),
    ("RemembersIntrospection", "Right"): ({"refuses-a-token-after-expiry"}, KEYS),
    ("Right", "SchemeByCase"): ({"reads-the-scheme-without-case"}, REVOKED),
    ("Right", "AnyScheme"): ({"refuses-other-schemes"}, REVOKED),
    ("Right", "TokenInQuery"): ({"refuses-a-token-in-the-query"}, REVOKED),
    ("Right", "ScopeIs401"): (
        {"answers-403-to-too-little-scope", "compares-scopes-whole"},
        REVOKED | {"tells-insufficient-scope"},
    ),
    ("Right", "NoChallenge"): (ANSWERS, REVOKED),
    ("Right", "BadChallenge"): ({"tells-no-error-without-a-token", "challenge-is-well-formed"}, REVOKED),
    ("Right", "TellsTwice"): ({"challenge-is-well-formed"}, REVOKED),
    ("Right", "QuotesInChallenge"): ({"challenge-is-well-formed"}, REVOKED),
    ("Right", "OtherErrorCodes"): ({"tells-invalid-token", "tells-insufficient-scope"}, REVOKED),
}


@pytest.fixture
def collect(pytester):
    """Run the tests that are there, or some of them; returns how each check ended, by its id."""

    def collect_checks(*tests):
        record = pytester.inline_run("-rs", "-p", "no:randomly", "-p", "no:asyncio", "-p", "no:cacheprovider", *tests)
        found = {}
        for report in record.getreports("pytest_runtest_logreport"):
            check = dict(report.user_properties).get("oauthcc_contract", "").rpartition(" ")[2]
            if check and (report.when == "call" or report.outcome != "passed"):
                found.setdefault(report.outcome, {})[check] = report
        return found

    return collect_checks


@pytest.fixture
def run(pytester, collect):
    """Run the contract on an example API: in a framework, with a verifier and a guard of those in the folder apis."""

    def run_contract(api, verifier, guard="Right", options="", advice=False):
        pytester.syspathinsert(APIS)
        framework, _, style = api.partition(" ")
        source = MODULE.format(
            framework=framework,
            style=style or "sync",
            verifier=verifier,
            guard=guard,
            options=options,
            advice=advice,
        )
        pytester.makepyfile(test_orders=source)
        return collect()

    return run_contract


APIS_OF_FRAMEWORKS = ["fastapi", "fastapi async", "flask", "django", "django async", "aiohttp async"]


@pytest.mark.parametrize("api", APIS_OF_FRAMEWORKS)
def test_the_right_api_passes_everything(run, api):
    """An API that checks all it has to keeps the whole contract; only a revoked JWT can't be seen."""
    found = run(api, "Right")

    assert {check: str(report.longrepr) for check, report in found.get("failed", {}).items()} == {}
    assert set(found["skipped"]) == REVOKED
    assert len(found["passed"]) > 55


@pytest.mark.parametrize(
    ("framework", "verifier"), [("fastapi", "ByRequests"), ("flask", "ByHttpx"), ("flask", "ByHttpx2")]
)
def test_the_keys_may_be_fetched_by_any_library(run, framework, verifier):
    """An API may fetch the keys with requests, httpx or httpx2 as well as with PyJWT's client."""
    found = run(framework, verifier)

    assert {check: str(report.longrepr) for check, report in found.get("failed", {}).items()} == {}
    assert set(found["skipped"]) == REVOKED


@pytest.mark.parametrize("options", ["", ', token_format="opaque"'], ids=["jwt", "opaque"])
def test_an_api_that_introspects_passes_everything(run, options):
    """An API that asks the issuer about each token keeps the contract, revoked tokens included."""
    found = run("flask", "Introspecting", options=options)

    assert {check: str(report.longrepr) for check, report in found.get("failed", {}).items()} == {}
    assert "refuses-revoked" in found["passed"]
    assert set(found["skipped"]) == (KEYS if not options else KEYS | OPAQUE)


OPAQUE = {"takes-an-audience-list", "ignores-unknown-claims"}  # opaque tokens have no claims


@pytest.mark.parametrize(("verifier", "guard"), WRONG, ids=[v if v != "Right" else g for v, g in WRONG])
def test_a_wrong_api_fails_exactly_where_it_should(run, verifier, guard):
    """Each wrong API breaks the checks that are about its mistake, and no others."""
    broken, undecided = WRONG[verifier, guard]
    found = run("flask", verifier, guard)

    assert set(found.get("failed", {})) == broken
    assert set(found.get("skipped", {})) == undecided


@pytest.mark.parametrize(
    ("api", "verifier"),
    [
        *[("fastapi", name) for name in ("NoAudienceCheck", "AlgFromHeader", "NoSignatureCheck", "ExpiryIgnored")],
        ("fastapi async", "ExpiryIgnored"),
        *[("django", name) for name in ("NoAudienceCheck", "NoSignatureCheck")],
        ("django async", "AlgFromHeader"),
        *[("aiohttp async", name) for name in ("NoAudienceCheck", "ExpiryIgnored", "StumblesOverGarbage")],
    ],
)
def test_the_same_mistakes_show_in_other_frameworks(run, api, verifier):
    """What is wrong does not depend on the framework."""
    broken, undecided = WRONG[verifier, "Right"]
    found = run(api, verifier)

    assert set(found["failed"]) == broken
    assert set(found["skipped"]) == undecided


SERVED = """
import json, subprocess, sys
import pytest
from pytest_oauthcc import ApiContract


@pytest.mark.oauthcc(scopes="orders:read oauthcc:other oauthcc:more")
class TestOrders(ApiContract):
    scope = "orders:read"

    @pytest.fixture
    def send(self, oauthcc, oauthcc_server):
        settings = {"issuer": oauthcc.issuer, "audience": oauthcc.api_url, "jwks_url": oauthcc_server.jwks_url}
        command = [sys.executable, SCRIPT, "VERIFIER"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(settings) + "\\n")
        process.stdin.flush()
        yield process.stdout.readline().strip()
        process.terminate()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()
"""


@pytest.mark.parametrize(("verifier", "failed"), [("Right", set()), ("NoSignatureCheck", {"refuses-alg-none"})])
def test_an_api_in_another_process_is_sent_to_by_its_url(pytester, collect, verifier, failed):
    """A URL is enough; what needs a moved clock can't be decided there, and the rest is judged as ever."""
    script = repr(str(APIS / "served.py"))
    pytester.makepyfile(test_orders=SERVED.replace("SCRIPT", script).replace("VERIFIER", verifier))
    moved = "takes-a-token-until-it-expires", "refuses-a-token-after-expiry"
    plain = "lets-a-good-token-in", "refuses-alg-none", "refuses-oversized", "refuses-a-token-in-the-query"
    tests = [f"test_orders.py::TestOrders::test_{name.replace('-', '_')}" for name in (*plain, *moved)]
    found = collect(*tests)

    assert set(found.get("failed", {})) == failed
    assert set(found["passed"]) == {*plain, moved[0]} - failed
    assert "which the API can't see if it runs in another process" in str(found["skipped"][moved[1]].longrepr)


def test_an_api_that_ignores_active_breaks_nearly_all(run):
    """An API that takes every answer of the introspection endpoint for a yes lets forgeries in, or calls them unscoped."""
    found = run("flask", "ActiveIgnored")

    assert "refuses-alg-none" in found["failed"]
    assert "refuses-revoked" in found["failed"]


def test_advice_widens_the_battery(run):
    """With advice the callers are looked at as well; by default that check does not exist."""
    assert "refuses-other-client" in run("flask", "Right", advice=True)["failed"]


def test_a_failure_explains(run):
    """A broken check says the difference first, what was sent, why it matters, what to do, and no token."""
    report = run("flask", "NoAudienceCheck")["failed"]["refuses-wrong-audience"]
    text = str(report.longrepr)

    assert text.splitlines()[0] == "the API let the forged token 'wrong-audience' in (200), expected 401"
    assert "(refuses-wrong-audience: MUST, RFC 9068 section 4)" in text
    assert "1. a good token -> 200, after it had asked for the keys once" in text
    assert "2. the forged token 'wrong-audience' -> 200" in text
    assert "What to do: Give the library the API's own name" in text
    assert 'waived = {"refuses-wrong-audience": "the reason"}' in text
    assert "eyJ" not in text
