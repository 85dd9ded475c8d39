"""What clients do wrong fails the test that ran them: in its call phase, once, at the line of the request."""

from __future__ import annotations

import contextlib

import pytest

TOKEN = 'data={"grant_type": "client_credentials"}'


def test_an_unserved_request_is_refused(run):
    """It never leaves the process, and the error lists what is served and what would serve it."""
    result = run(
        f"""
def test_it(oauthcc):
    requests.post("https://login.acme.example/token", {TOKEN})
""",
        failed=1,
    )

    result.stdout.fnmatch_lines(
        [
            (
                "E       pytest_oauthcc.NotServed: POST https://login.acme.example/token is not served in this test, and it "
                "looks like a token request"
            ),
            "E       served in this test:",
            "E         token endpoint  POST                        https://auth.oauthcc.test/oauth/token",
            'E       To serve this URL:      @pytest.mark.oauthcc(token_url="https://login.acme.example/token")',
        ]
    )
    assert "pytest_oauthcc/" not in result.stdout.str()


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        ('"GET", "https://auth.oauthcc.test/other"', True),
        ('"GET", "https://auth.oauthcc.test:8443/oauth/token"', False),
        ('"GET", "https://example.org/"', True),
        (f'"POST", "http://127.0.0.1:9/", {TOKEN}', True),
        (f'"POST", "http://service.localhost:9/", {TOKEN}', True),
    ],
)
def test_what_is_refused(run, request_, refused):
    """Other paths of our hosts, other hosts, and token requests to this machine are not sent."""
    del refused
    run(
        f"""
import pytest_oauthcc

@pytest.mark.oauthcc(allow={{"not-served": "seen"}})
def test_it(oauthcc):
    with pytest.raises(pytest_oauthcc.NotServed):
        requests.request({request_})
""",
        passed=1,
    )


def test_a_swallowed_refusal_fails_the_test_at_its_line(run):
    """The client keeps it to itself, the test fails all the same, in its call phase."""
    result = run(
        f"""
def test_it(oauthcc):
    swallow("POST", "https://login.acme.example/token", {TOKEN})
    assert True

@pytest.mark.xfail(strict=True)
def test_expected(oauthcc):
    swallow("GET", "https://login.acme.example/")

def test_fine(oauthcc):
    pass
""",
        failed=1,
        xfailed=1,
        passed=1,
    )
    result.stdout.fnmatch_lines(
        [
            '>       swallow("POST", "https://login.acme.example/token"*',
            "E*NotServed: POST https://login.acme.example/token is not served in this test*",
        ]
    )


def test_a_refusal_can_be_allowed(run):
    """Allow lets it pass, and the request is refused all the same."""
    run(
        f"""
@pytest.mark.oauthcc(allow={{"not-served": "the client asks its cache first"}})
def test_marker(oauthcc):
    assert swallow("POST", "https://login.acme.example/token", {TOKEN}) is None

def test_method(oauthcc):
    oauthcc.allow({{"not-served": "x"}})
    assert oauthcc.allows("not-served")
    swallow("GET", "https://login.acme.example/")

@pytest.mark.parametrize("wrong", [5, {{"not-served": 5}}, {{"not-serfed": "x"}}])
def test_wrong(oauthcc, wrong):
    with pytest.raises(Exception, match="allow|not-served"):
        oauthcc.allow(wrong)
    assert not oauthcc.allows("not-served")
""",
        passed=5,
    )


def test_a_test_that_failed_already_is_told_beside(run):
    """A swallowed refusal does not hide the test's own failure, and is one failure, not two."""
    result = run(
        """
def test_it(oauthcc):
    swallow("GET", "https://login.acme.example/")
    assert 1 == 2
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(["E       assert 1 == 2", "*GET https://login.acme.example/ is not served*"])


def test_a_refusal_at_setup_fails_the_call(run):
    """A client that was built in a fixture fails the test that uses it."""
    result = run(
        """
@pytest.fixture
def client(oauthcc):
    return swallow("GET", "https://login.acme.example/")

def test_it(client):
    pass

@pytest.mark.xfail(strict=True)
def test_expected(client):
    pass
""",
        failed=1,
        xfailed=1,
    )
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_it*"])


def test_a_refusal_at_teardown_is_an_error(run):
    """What happens after the test is told there, for the fixture and for providers that outlive the test."""
    run(
        """
import pytest_oauthcc

@pytest.fixture
def client(oauthcc):
    yield
    swallow("GET", "https://login.acme.example/")

def test_it(client):
    pass

@pytest.fixture(scope="module")
def wide():
    with pytest_oauthcc.provider() as p:
        yield p

@pytest.fixture
def narrow(wide):
    yield
    swallow("GET", "https://login.acme.example/")

def test_narrow(narrow):
    pass

def test_next(wide):
    pass

@pytest.fixture
def broken(wide):
    yield
    swallow("GET", "https://login.acme.example/")
    raise ValueError("mine")

def test_broken(broken):
    pass

def test_last(wide):
    pass
""",
        passed=5,
        errors=3,
    )


def test_several_refusals_are_told_together(run):
    """The first one fails the test, the others are noted."""
    result = run(
        """
def test_it(oauthcc):
    swallow("GET", "https://one.example/")
    swallow("GET", "https://two.example/")
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(
        ["E*GET https://one.example/ is not served*", "*and besides:*", "*https://two.example/*"]
    )


@pytest.mark.parametrize("how", ["pass", "raise ValueError"])
def test_provider_tells_at_its_end(run, how):
    """Outside of fixtures it is the end of the with block that fails, unless something else did before."""
    result = run(
        f"""
import pytest_oauthcc

def test_it():
    with pytest_oauthcc.provider() as p:
        swallow("GET", "https://login.acme.example/")
        {how}
""",
        failed=1,
    )
    if how == "pass":
        result.stdout.fnmatch_lines(["E*NotServed: GET https://login.acme.example/*"])
        assert "pytest_oauthcc/" not in result.stdout.str()
    else:
        result.stdout.fnmatch_lines(["E*ValueError"])


def test_outside_of_a_test_a_failed_block_forgets(monkeypatch):
    """In a REPL nobody tells a failure later, and the next provider must not be blamed for it."""
    import requests

    import pytest_oauthcc
    from pytest_oauthcc.transports.switchboard import BOARD

    monkeypatch.setattr(BOARD, "current_test", "")

    def swallow_and_fail():
        with pytest_oauthcc.provider():
            with contextlib.suppress(pytest_oauthcc.NotServed):
                requests.get("https://login.acme.example/", timeout=1)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        swallow_and_fail()
    with pytest_oauthcc.provider():
        pass
    assert BOARD.failures == []


def test_an_endless_retry_ends(run):
    """More than max_exchanges fail the test with the round in which the client goes."""
    result = run(
        """
@pytest.mark.oauthcc(max_exchanges=12)
def test_it(oauthcc):
    while True:
        requests.get(oauthcc.api_url + "x")
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(
        [
            "E*TooManyExchanges: more than 12 exchanges in one test: the client goes round in a circle",
            "*max_exchanges=120*",
        ]
    )
    assert "pytest_oauthcc/" not in result.stdout.str()


def test_an_endless_retry_that_swallows_everything_ends_as_well(run):
    """A client whose except Exception would go on for ever is stopped by what it can't catch so."""
    run(
        """
@pytest.mark.oauthcc(max_exchanges=12)
def test_it(oauthcc):
    while True:
        swallow("GET", oauthcc.api_url)

@pytest.mark.oauthcc(max_exchanges=12)
def test_a_few(oauthcc):
    for _ in range(15):
        swallow("GET", oauthcc.api_url)
""",
        failed=2,
    )


def test_exchanges_count_per_test(run):
    """A provider that outlives a test counts anew for each, in set-up, call and teardown together."""
    run(
        """
import pytest_oauthcc

@pytest.fixture(scope="session")
def wide():
    with pytest_oauthcc.provider(max_exchanges=5) as p:
        yield p

@pytest.mark.parametrize("n", range(4))
def test_it(wide, n):
    for _ in range(4):
        fetch(wide)

def test_too_many(wide):
    for _ in range(6):
        fetch(wide)
""",
        passed=4,
        failed=1,
    )


def test_a_token_of_an_earlier_test_is_refused_by_name(run):
    """A client or a cache that outlives its test is told which test its token is from."""
    run(
        """
import pytest_oauthcc

kept = []

def test_first(oauthcc):
    kept.append(fetch(oauthcc)["access_token"])

def send(p):
    return requests.get(p.api_url, headers={"Authorization": "Bearer " + kept[0]})

@pytest.mark.oauthcc(strict=False)
def test_second(oauthcc):
    got = send(oauthcc)
    assert got.status_code == 401
    assert "the token was issued in the test test_it.py::test_first; a client or a token cache has outlived it" in (
        got.json()["error_description"]
    )
    assert oauthcc.api_requests[0].token is None

@pytest.mark.oauthcc(strict=False)
def test_own(oauthcc):
    oauthcc.token_endpoint.reply(json={"access_token": kept[0]})
    fetch(oauthcc)
    assert send(oauthcc).status_code == 200
""",
        passed=3,
    )


def test_a_session_provider_serves_all_tests(run):
    """Opened in a session fixture it keeps its tokens and its journal from test to test."""
    run(
        """
import pytest_oauthcc

@pytest.fixture(scope="session")
def wide():
    with pytest_oauthcc.provider() as p:
        yield p

def test_one(wide):
    fetch(wide)

def test_two(wide, oauthcc_factory):
    assert len(wide.token_requests) == 1
    own = oauthcc_factory()
    assert own.token_url != wide.token_url
    fetch(own)
    assert len(wide.token_requests) == 1
    assert wide.authority.api.respond is not None

def test_swallowed(wide):
    swallow("GET", "https://login.acme.example/")
""",
        passed=2,
        failed=1,
    )


def test_the_provider_of_another_test_is_not_asserted(run):
    """A failed assertion knows the other providers of the test, where the requests may have gone."""
    result = run(
        """
def test_it(oauthcc, oauthcc_factory):
    other = oauthcc_factory()
    fetch(other)
    oauthcc.assert_token_request()
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(
        [
            ">       oauthcc.assert_token_request()",
            "E       pytest_oauthcc.Mismatch: no token request was made, expected one",
            "*1 token request went to another provider of this test (https://auth1.oauthcc.test/oauth/token)*",
        ]
    )


def test_assertions_hide_our_lines(run):
    """A failed assertion points at the test and shows none of our insides; wrong arguments as well."""
    result = run(
        """
def test_it(oauthcc):
    fetch(oauthcc, scope="a")
    oauthcc.assert_token_request(scope="a", auth_method="client_secret_basic", count=1)
    oauthcc.assert_api_request(count=0)
    oauthcc.assert_token_request(scope="a b")

def test_count(oauthcc):
    oauthcc.assert_api_request(count=-1)
""",
        failed=2,
    )
    result.stdout.fnmatch_lines(
        [
            "E       pytest_oauthcc.Mismatch: scope was 'a', expected 'a b'*",
            "E       pytest_oauthcc.OptionError: count is -1*",
        ]
    )
    assert "pytest_oauthcc/" not in result.stdout.str()


def test_subtests(run):
    """A swallowed refusal in a subtest fails the test, which goes on with its other subtests."""
    if not hasattr(pytest, "Subtests"):
        pytest.skip("this pytest has no subtests")
    result = run(
        """
def test_it(oauthcc, subtests):
    for n in range(3):
        with subtests.test(n=n):
            swallow("GET", f"https://login{n}.acme.example/")
            assert n != 1
    assert fetch(oauthcc)
"""
    )
    outcome = result.parseoutcomes()
    assert outcome["failed"] == 2
    result.stdout.fnmatch_lines(["*NotServed: GET https://login0.acme.example/*"])


def test_a_skipped_test_stays_skipped(run):
    """A test that skips itself after a swallowed refusal has said that it means nothing."""
    run(
        """
def test_it(oauthcc):
    swallow("GET", "https://login.acme.example/")
    pytest.skip("nothing to see")
""",
        skipped=1,
    )


def test_what_is_served_without_an_api(run):
    """Where there is no fake API none is listed."""
    result = run(
        """
@pytest.mark.oauthcc(api_url=None)
def test_it(oauthcc):
    requests.get("https://login.acme.example/")
""",
        failed=1,
    )
    assert "any path below" not in result.stdout.str()


def test_a_process_that_never_used_a_fixture(run, monkeypatch):
    """The hooks do nothing where nothing of ours was ever used, in passing and failing tests."""
    from pytest_oauthcc import plugin

    monkeypatch.setattr(plugin, "_board", lambda: None)
    run(
        """
def test_passes():
    pass

def test_fails():
    assert False

@pytest.fixture
def broken():
    yield
    raise ValueError

def test_broken(broken):
    pass
""",
        passed=2,
        failed=1,
        errors=1,
    )
