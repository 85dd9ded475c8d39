"""Plugins and frameworks that run tests in their own ways: fixture, strict rules, clock and journal under each."""

from __future__ import annotations

import importlib.util

import pytest
from inner_runs import INI

SUITE = '''
import time

import httpx
import pytest
import requests

BEGAN = time.time()
GRANT = {"grant_type": "client_credentials"}


def fetch(p):
    """A right client."""
    answer = requests.post(p.token_url, data=GRANT, auth=(p.client_id, p.client_secret))
    return answer.json()["access_token"]


async def afetch(p):
    """The same, async."""
    async with httpx.AsyncClient() as client:
        answer = await client.post(p.token_url, data=GRANT, auth=(p.client_id, p.client_secret))
    return answer.json()["access_token"]


def swallow():
    """A client that goes to a wrong address and keeps it to itself."""
    try:
        requests.post("https://nobody.test/token", data=GRANT)
    except AssertionError:
        pass


def call(p, token):
    return requests.get(p.api_url, headers={"Authorization": f"Bearer {token}"}).status_code


def check_clock(p, token):
    """A token is good until its expiry, also for a client that looks at the time itself."""
    began = time.time()
    assert call(p, token) == 200
    p.clock.expire()
    assert call(p, token) == 401
    assert 3500 < time.time() - began < 3700
'''

PLAIN = """
def test_journal(oauthcc):
    token = fetch(oauthcc)
    assert [entry.token.value for entry in oauthcc.token_requests] == [token]

def test_clock(oauthcc):
    check_clock(oauthcc, fetch(oauthcc))

@pytest.mark.xfail(strict=True, raises=AssertionError)  # which only a failure in the call phase is
def test_strict(oauthcc):
    swallow()

def test_afterwards():
    assert 0 <= time.time() - BEGAN < 600
"""


@pytest.fixture
def run(pytester):
    """Run tests in process; what they leave behind would fail their test_afterwards."""

    def run_it(text, *options, ini="", **outcomes):
        pytester.makefile(".ini", pytest=INI + ini)
        pytester.makepyfile(test_it=SUITE + text)
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)
        result.assert_outcomes(**outcomes)
        return result

    return run_it


def needs(module):
    """Skip where a plugin is not installed."""
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"{module} is not installed")


WITHOUT_ORDER = ("-p", "no:randomly")
UNDER = {
    "nothing": ((), {"passed": 3, "xfailed": 1}),
    "pytest-xdist": (("-n", "2"), {"passed": 3, "xfailed": 1}),
    "pytest-repeat": (("--count", "3"), {"passed": 9, "xfailed": 3}),
    **{
        f"pytest-randomly, seed {seed}": (
            ("-p", "randomly", "--randomly-seed", seed),
            {"passed": 3, "xfailed": 1},
        )
        for seed in ("1", "2", "3")
    },
}
NEEDS = {"pytest-xdist": "xdist", "pytest-repeat": "pytest_repeat", "pytest-randomly": "pytest_randomly"}


@pytest.mark.parametrize(
    ("options", "outcomes"),
    [
        pytest.param(
            *case, id=name, marks=[needs(NEEDS[plugin])] if (plugin := name.partition(",")[0]) in NEEDS else []
        )
        for name, case in UNDER.items()
    ],
)
def test_runs_of_the_same_tests(run, options, outcomes):
    """The same tests end the same way, however they are spread, repeated or shuffled."""
    run(PLAIN, *([] if "randomly" in options else WITHOUT_ORDER), *options, **outcomes)


@needs("pytest_rerunfailures")
def test_rerunfailures(pytester):
    """A test that runs again has a provider and a clock of its own, and is judged anew."""
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(
        test_it=SUITE
        + """
RUNS = []

def test_flaky(oauthcc):
    RUNS.append(oauthcc.client_id)
    check_clock(oauthcc, fetch(oauthcc))
    oauthcc.assert_token_request(count=1)
    if len(RUNS) < 3:
        swallow()
    else:
        assert len(set(RUNS)) == 3

def test_never_right(oauthcc):
    swallow()
"""
    )

    # In a process of its own, for its thread outlives the run.
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--reruns", "2", *WITHOUT_ORDER)

    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["failed"], outcomes["rerun"]) == (1, 1, 4)
    result.stdout.fnmatch_lines(["FAILED *::test_never_right - *NotServed*"])


@pytest.mark.skipif(not hasattr(pytest, "Subtests"), reason="this pytest has no subtests")
def test_subtests(run):
    """Subtests share provider and clock; what one swallowed fails the test as a whole, after all of them."""
    result = run(
        """
def test_it(oauthcc, subtests):
    for n in range(3):
        with subtests.test(n=n):
            check_clock(oauthcc, fetch(oauthcc))
            oauthcc.assert_token_request(count=n + 1)
    with subtests.test("own"):
        assert False
    assert call(oauthcc, fetch(oauthcc)) == 200

def test_strict(oauthcc, subtests):
    with subtests.test("swallowing"):
        swallow()
    with subtests.test("right"):
        fetch(oauthcc)
""",
        *WITHOUT_ORDER,
        failed=3,
    )

    result.stdout.fnmatch_lines(
        ["FAILED *::test_it - contains 1 failed subtest", "FAILED *::test_strict - *NotServed*"]
    )


def test_unittest(run):
    """Test cases get the provider from a fixture, or from the context manager for the whole class."""
    run(
        """
import unittest

import pytest_oauthcc

class WithFixture(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def provider(self, oauthcc):
        self.oauthcc = oauthcc

    def test_journal_and_clock(self):
        check_clock(self.oauthcc, fetch(self.oauthcc))
        self.oauthcc.assert_token_request(count=1)

    @pytest.mark.xfail(strict=True)
    def test_strict(self):
        swallow()

class WithContextManager(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.oauthcc = cls.enterClassContext(pytest_oauthcc.provider())

    def test_one(self):
        fetch(self.oauthcc)

    def test_two(self):
        check_clock(self.oauthcc, fetch(self.oauthcc))

    @pytest.mark.xfail(strict=True)
    def test_strict(self):
        swallow()

class Async(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.oauthcc = self.enterContext(pytest_oauthcc.provider())

    async def test_it(self):
        check_clock(self.oauthcc, await afetch(self.oauthcc))

def test_afterwards():
    assert 0 <= time.time() - BEGAN < 600
""",
        *WITHOUT_ORDER,
        passed=5,
        xfailed=2,
    )


ASYNC = """
{fixture}
async def token(oauthcc):
    return await afetch(oauthcc)

{mark}
async def test_journal_and_clock(oauthcc, token):
    oauthcc.assert_token_request(count=1)
    check_clock(oauthcc, token)
    check_clock(oauthcc, await afetch(oauthcc))

{mark}
@pytest.mark.xfail(strict=True)
async def test_strict(oauthcc):
    swallow()

{mark}
async def test_a_timeout_is_real(oauthcc):
    oauthcc.clock.advance(days=1)
    oauthcc.clock.freeze()
    with {timeout}:
        await {sleep}(0.001)

def test_afterwards():
    assert 0 <= time.time() - BEGAN < 600
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio(run, mode):
    """Async tests and async fixtures, whether they are marked or found."""
    text = ASYNC.format(
        fixture="@pytest_asyncio.fixture" if mode == "strict" else "@pytest.fixture",
        mark="@pytest.mark.asyncio" if mode == "strict" else "",
        timeout="contextlib.nullcontext()",
        sleep="asyncio.sleep",
    )
    imports = "import asyncio, contextlib\nimport pytest_asyncio\n"
    run(imports + text, *WITHOUT_ORDER, "-o", f"asyncio_mode={mode}", passed=3, xfailed=1)


def test_anyio(run):
    """The same on both backends of anyio."""
    text = ASYNC.format(
        fixture="@pytest.fixture", mark="@pytest.mark.anyio", timeout="anyio.fail_after(60)", sleep="anyio.sleep"
    )
    run("import anyio\n" + text, *WITHOUT_ORDER, passed=5, xfailed=2)


def test_a_run_inside_a_test(run):
    """A test that runs pytest in its own process has its provider, clock and journal to itself."""
    run(
        '''
pytest_plugins = ["pytester"]

def test_outer(oauthcc, pytester):
    token = fetch(oauthcc)
    oauthcc.clock.advance(minutes=30)
    pytester.makepyfile(
        test_inner="""
        import requests

        def test_right(oauthcc):
            assert not oauthcc.token_requests
            data = {"grant_type": "client_credentials"}
            answer = requests.post(oauthcc.token_url, data=data, auth=(oauthcc.client_id, oauthcc.client_secret))
            assert answer.status_code == 200
            oauthcc.clock.advance(hours=5)
            oauthcc.assert_token_request(count=1)

        def test_swallowing(oauthcc):
            try:
                requests.post("https://nobody.test/token", data={"grant_type": "client_credentials"})
            except AssertionError:
                pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    assert call(oauthcc, token) == 200
    assert [entry.token.value for entry in oauthcc.token_requests] == [token]
    check_clock(oauthcc, fetch(oauthcc))

def test_afterwards():
    assert 0 <= time.time() - BEGAN < 600
''',
        *WITHOUT_ORDER,
        passed=2,
    )
