"""What the reports say: the rules, the exchanges of failing tests, the page."""

from __future__ import annotations

import json
import re

import pytest

BROKEN = """
def break_a_must(p):
    return requests.post(
        p.token_url, data={"grant_type": "client_credentials", "scope": "a,b"}, auth=(p.client_id, p.client_secret)
    )


def break_a_should(p):
    data = {"grant_type": "client_credentials", "client_id": p.client_id, "client_secret": p.client_secret}
    return requests.post(p.token_url, data=data)
"""


def test_a_broken_must_fails_the_test_at_its_line(run):
    """A plain test without an assertion fails when the client breaks a MUST, where it sent the request."""
    result = run(BROKEN + "\ndef test_it(oauthcc):\n    break_a_must(oauthcc)\n", failed=1)

    result.stdout.fnmatch_lines(
        [
            ">       return requests.post(",
            "E       pytest_oauthcc.Violation: scope is 'a,b'*(scope-not-space-separated: RFC 6749 section 3.3)",
            "*oauthcc: exchanges*",
            "*client -> token endpoint*-> 200, token * for 3600 s*",
            "*! scope-not-space-separated (MUST)*",
        ]
    )
    result.stdout.no_fnmatch_line("*pytest_oauthcc/*.py*")


def test_a_broken_must_is_an_expected_failure(run):
    """A strict xfail is met, for the failure comes in the call phase."""
    text = "\n@pytest.mark.xfail(strict=True, raises=__import__('pytest_oauthcc').Violation)\ndef test_it(oauthcc):\n"
    run(BROKEN + text + "    break_a_must(oauthcc)\n", xfailed=1)


def test_a_broken_must_at_teardown_is_told_there(run):
    """What happens while the fixtures end is an error of the teardown."""
    text = """
@pytest.fixture
def client(oauthcc):
    yield
    break_a_must(oauthcc)

def test_it(client):
    pass
"""
    result = run(BROKEN + text, passed=1, errors=1)

    result.stdout.fnmatch_lines(["*ERROR at teardown of test_it*", "*scope-not-space-separated*"])


@pytest.mark.parametrize(
    ("options", "request_", "outcome"),
    [
        ("", "break_a_must", "failed"),
        ("strict=False", "break_a_must", "passed"),
        ("allow={'scope-not-space-separated': 'they like commas'}", "break_a_must", "passed"),
        ("", "break_a_should", "passed"),
        ("strict='should'", "break_a_should", "failed"),
        ("strict='should', allow={'body-credentials-used': 'old gateway'}", "break_a_should", "passed"),
        ("strict=False", "break_a_should", "passed"),
    ],
)
def test_strictness(run, options, request_, outcome):
    """``strict`` and ``allow`` decide which broken rules fail a test."""
    run(f"{BROKEN}\n@pytest.mark.oauthcc({options})\ndef test_it(oauthcc):\n    {request_}(oauthcc)\n", **{outcome: 1})


def test_what_is_allowed_is_told(run):
    """The report of a test names the rules that it allows, with the reason, and the notes."""
    text = """
def test_it(oauthcc):
    oauthcc.allow({"scope-not-space-separated": "they like commas"})
    break_a_must(oauthcc)
    break_a_should(oauthcc)
    raise RuntimeError
"""
    result = run(BROKEN + text, failed=1)

    result.stdout.fnmatch_lines(
        [
            "*oauthcc: notes*",
            "body-credentials-used (should, RFC 6749 section 2.3.1): token request 2: *",
            "scope-not-space-separated (allowed: they like commas): token request 1: *",
        ]
    )


def test_a_rule_that_is_broken_again_and_again_is_noted_a_few_times(run):
    """Notes don't drown the report."""
    text = """
def test_it(oauthcc):
    for n in range(9):
        requests.get(oauthcc.api_url, headers={"Authorization": "Bearer none-of-yours-" + str(n)})
        break_a_should(oauthcc)
    raise RuntimeError
"""
    result = run(BROKEN + text, failed=1)

    assert sum(line.startswith("body-credentials-used (") for line in result.outlines) == 3
    result.stdout.fnmatch_lines(["body-credentials-used: and 6 more"])


def test_an_unknown_rule_is_named(run):
    """``allow`` with a rule that there is none of says which was probably meant."""
    result = run("\n@pytest.mark.oauthcc(allow={'scope-not-space': 'x'})\ndef test_it(oauthcc): pass\n", errors=1)

    result.stdout.fnmatch_lines(["*no such rule. Did you mean 'scope-not-space-separated'*"])


def test_the_behaviour_of_a_client_is_a_note(run):
    """What a plain test can't judge does not fail it, and is told."""
    text = """
def test_it(oauthcc):
    token = fetch(oauthcc)["access_token"]
    oauthcc.clock.advance(seconds=4000)
    assert requests.get(oauthcc.api_url, headers={"Authorization": f"Bearer {token}"}).ok
"""
    result = run(text, failed=1)

    result.stdout.fnmatch_lines(
        ["--- clock moved +* s ---", "*-> 401 (token expired)*", "*oauthcc: notes*", "expired-token-sent (should, *"]
    )


def test_a_token_for_a_stranger_is_a_note(run):
    """A token that goes to a host of somebody else's stub is noticed."""
    text = """
import responses

def test_it(oauthcc):
    with responses.RequestsMock() as stub:
        stub.get("https://other.example/", json={})
        headers = {"Authorization": "Bearer " + fetch(oauthcc)["access_token"]}
        assert not requests.get("https://other.example/", headers=headers).ok

@pytest.mark.oauthcc(api_url=None)
def test_own_api(oauthcc):
    with responses.RequestsMock() as stub:
        stub.get("https://other.example/", json={})
        headers = {"Authorization": "Bearer " + fetch(oauthcc)["access_token"]}
        assert not requests.get("https://other.example/", headers=headers).ok
"""
    result = run(text, failed=2)

    assert sum(line.startswith("token-sent-to-another-host (") for line in result.outlines) == 1


def test_passing_tests_are_traced_on_demand(run):
    """``--oauthcc-trace`` prints the exchanges of passing tests; without it they are silent."""
    text = "\ndef test_it(oauthcc):\n    fetch(oauthcc)\n\ndef test_idle():\n    print('of its own')\n"

    run(text, passed=2).stdout.no_fnmatch_line("*oauthcc: exchanges*")
    traced = run(text, "--oauthcc-trace", passed=2).stdout
    traced.fnmatch_lines(["*oauthcc: exchanges of test_it.py::test_it*", "*client -> token endpoint*"])
    traced.no_fnmatch_line("*of its own*")
    printed = run(text, "--oauthcc-trace", "-rP", passed=2).stdout.str()
    assert printed.count("client -> token endpoint") == 1


def test_a_failing_setup_shows_its_exchanges(run):
    """A fixture that calls the API and fails is told with its exchanges."""
    text = """
@pytest.fixture
def orders(oauthcc):
    fetch(oauthcc)
    raise RuntimeError

def test_it(orders):
    pass
"""
    run(text, errors=1).stdout.fnmatch_lines(["*oauthcc: exchanges*", "*client -> token endpoint*"])


def test_subtests_do_not_multiply_the_exchanges(run):
    """One failing test with subtests has one section of exchanges."""
    pytest.importorskip("_pytest.subtests", reason="subtests came with pytest 9")
    text = """
def test_it(oauthcc, subtests):
    for n in range(3):
        with subtests.test(n=n):
            fetch(oauthcc)
            assert n == 1
    raise RuntimeError
"""
    result = run(text)

    assert sum("oauthcc: exchanges" in line for line in result.outlines) == 1


def test_the_sections_survive_xdist(run):
    """The exchanges arrive from the workers."""
    text = BROKEN + "\n@pytest.mark.parametrize('n', range(4))\ndef test_it(oauthcc, n):\n    break_a_must(oauthcc)\n"

    result = run(text, "-n", "2", failed=4)

    assert sum("oauthcc: exchanges" in line for line in result.outlines) == 4


def test_the_rules_are_listed(run):
    """``--oauthcc-rules`` lists the rules and runs nothing."""
    result = run("\ndef test_it():\n    raise RuntimeError\n", "--oauthcc-rules")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*secret-in-query*"])
    result.stdout.no_fnmatch_line("*RuntimeError*")


def test_the_profiles_are_listed_and_shown(run):
    """``--oauthcc-profiles`` and ``--oauthcc-profile`` answer and run nothing; a wrong name is a usage error."""
    assert "hgem" in run("", "--oauthcc-profiles").stdout.str()
    assert "hgem-api-key" in run("", "--oauthcc-profile", "hgem").stdout.str()
    wrong = run("", "--oauthcc-profile", "hgemm")
    assert wrong.ret == pytest.ExitCode.USAGE_ERROR
    wrong.stderr.fnmatch_lines(["ERROR: *hgemm*hgem*"])


PAGE = """
def test_passes(oauthcc):
    fetch(oauthcc)

def test_fails(oauthcc):
    oauthcc.allow({"scope-not-space-separated": "they like commas"})
    break_a_must(oauthcc)
    assert fetch(oauthcc) is None

@pytest.mark.xfail(strict=True)
def test_expected(oauthcc):
    break_a_must(oauthcc)

@pytest.mark.xfail(strict=False)
def test_unexpected(oauthcc):
    fetch(oauthcc)

def test_skipped(oauthcc):
    pytest.skip("not today")

@pytest.fixture
def broken(oauthcc):
    yield
    raise RuntimeError("at the end")

def test_teardown(broken):
    pass

@pytest.fixture
def early(oauthcc):
    raise RuntimeError("at the beginning")

def test_setup(early):
    pass

def test_without():
    pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_page(run, pytester, workers):
    """``--oauthcc-report`` writes one page with every test that had a provider, also from several workers."""
    result = run(BROKEN + PAGE, "--oauthcc-report=out/page.html", "-n", workers)

    result.stdout.fnmatch_lines(["*oauthcc report: file://*/out/page.html*"])
    page = (pytester.path / "out" / "page.html").read_text(encoding="utf-8")
    found = dict(re.findall(r'data-outcome="(\w+)"[^>]*?data-name="[^"]*?::(\w+)"', page)) or page
    for name in ("passes", "fails", "expected", "unexpected", "skipped", "teardown", "setup"):
        assert f"test_{name}" in page, found
    assert "test_without" not in page
    assert "they like commas" in page
    assert "at the end" in page
    assert "<script src" not in page
    assert "http://" not in re.sub(r'http://www\.w3\.org/[^"]*', "", page)


def test_the_page_has_no_secret(run, pytester):
    """Neither the client's secret nor a token is in the page."""
    text = """
import json, pathlib

def test_it(oauthcc):
    token = fetch(oauthcc)["access_token"]
    pathlib.Path("secrets.json").write_text(json.dumps([oauthcc.client_secret, token]))
    requests.get(oauthcc.api_url + "?access_token=" + token)
"""
    run(text, "--oauthcc-report=page.html", failed=1)

    page = (pytester.path / "page.html").read_text(encoding="utf-8")
    for secret in json.loads((pytester.path / "secrets.json").read_text()):
        assert secret not in page


def test_a_page_that_can_not_be_written(run):
    """The run says why, and fails, since the page was asked for."""
    result = run("\ndef test_it():\n    pass\n", "--oauthcc-report=taken/page.html", files={"taken": ""}, passed=1)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["oauthcc: ERROR --oauthcc-report: */taken/page.html can't be written: *"])
    result.stdout.no_fnmatch_line("*oauthcc report: file*")
