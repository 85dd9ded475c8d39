"""The class that users subclass: its fixtures, its waivers, and that nothing goes missing silently."""

from __future__ import annotations

import anyio.pytest_plugin  # noqa: F401 - runs inside of this one share modules that can't be imported twice
import freezegun  # noqa: F401
import httpx  # noqa: F401
import jwt.algorithms  # noqa: F401
import pytest
import requests  # noqa: F401
import responses  # noqa: F401
import respx  # noqa: F401
import trio  # noqa: F401

import pytest_oauthcc.reporting
import pytest_oauthcc.session
import pytest_oauthcc.transports.requests_transport  # noqa: F401
from pytest_oauthcc import ClientContract
from pytest_oauthcc.contract.binding import checks_of
from pytest_oauthcc.contract.table import CHECKS
from pytest_oauthcc.errors import OptionError

INI = """
[pytest]
filterwarnings =
    error
    ignore:Module already imported:pytest.PytestAssertRewriteWarning
asyncio_default_fixture_loop_scope = function
"""

CLIENT = """
import pytest, requests, time
from pytest_oauthcc import ClientContract

class Client:
    def __init__(self, oauthcc, client_id=None, client_secret=None, scope=None):
        self.provider, self.token, self.until = oauthcc, None, 0.0
        self.auth = (client_id or oauthcc.client_id, client_secret or oauthcc.client_secret)
    def orders(self):
        if time.time() > self.until - 5:
            reply = requests.post(self.provider.token_url, {"grant_type": "client_credentials"}, auth=self.auth, timeout=5)
            reply.raise_for_status()
            self.token, self.until = reply.json()["access_token"], time.time() + reply.json()["expires_in"]
        reply = requests.get(self.provider.api_url + "orders", headers={"Authorization": "Bearer " + self.token}, timeout=5)
        reply.raise_for_status()
        return reply.json()
"""

CONTRACT = """
class TestClient(ClientContract):
    {attributes}
    @pytest.fixture
    def call_api(self, oauthcc):
        return Client(oauthcc).orders
"""


@pytest.fixture
def run(pytester):
    """Run a contract inside of this run: its attributes, then arguments for pytest."""
    pytester.makeini(INI)

    def run_it(attributes="pass", *arguments, code=None):
        pytester.makepyfile(CLIENT + (code or CONTRACT.format(attributes=attributes)))
        return pytester.runpytest("-p", "no:randomly", *arguments)

    return run_it


def test_the_table_and_the_tests_are_of_one_mind():
    """Each check has one test, and each test a check."""
    tests = [check.id for _, _, check in checks_of(ClientContract)]

    assert sorted(tests) == sorted(CHECKS)
    assert not ClientContract.__name__.startswith("Test")


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_an_entry_of_the_table_is_complete(check):
    """Each check says what it provokes, why, and what to do, in sentences."""
    assert check.level in {"must", "should", "advice"}
    for text in (check.provoked, check.why, check.remedy):
        assert text[0].isupper() or text[0] in "'\"0123456789" or text[0].islower()
        assert text.endswith((".", ")"))
    assert len(check.id) <= 50


def test_the_names_of_the_tests_read_well(run):
    """In -v a test says what the client does."""
    result = run("pass", "-v", "-k", "renews_an_expired or reuses")

    result.stdout.fnmatch_lines(["*::TestClient::test_re*_token PASSED*", "*::TestClient::test_re*_token PASSED*"])
    result.assert_outcomes(passed=2, deselected=len(result.stdout.lines) and result.parseoutcomes()["deselected"])


def test_forgetting_call_api_is_an_error_in_every_test(run):
    """Without the fixture nothing passes and nothing is skipped."""
    result = run(code="\nclass TestClient(ClientContract):\n    pass\n")
    outcomes = result.parseoutcomes()

    assert set(outcomes) == {"errors"}
    assert outcomes["errors"] > len(CHECKS) * 0.8
    result.stdout.fnmatch_lines(["*TestClient has no fixture call_api. Write it into the class:*"])


def test_a_removed_test_is_noticed(run):
    """test_x = None does not make a check go away."""
    result = run("test_reuses_its_token = None")

    assert result.ret != 0
    result.stdout.fnmatch_lines(
        ['*TestClient.test_reuses_its_token takes the place of*not_applicable = {"reuses-its-token"*']
    )


def test_a_waived_check_may_fail_and_is_told(run):
    """A waiver turns a broken check into an expected failure, and the summary tells."""
    result = run('waived = {"repeats-the-call-after-a-401": "the gateway does"}', "-rx", "-k", "after_a_401")

    assert result.parseoutcomes()["xfailed"] == 1
    result.stdout.fnmatch_lines(
        ["*: 2 behaviours: 0 held, 1 broken, 1 waived, 0 skipped", "  waived: repeats-the-call-after-a-401"]
    )
    result.stdout.fnmatch_lines(["XFAIL *repeats-the-call-after-a-401: waived: the gateway does*"])


def test_a_waived_check_that_holds_is_told(run):
    """A waiver that is not needed any more does not fail the run, but is told."""
    result = run('waived = {"reuses-its-token": "it did not"}', "-k", "reuses")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*waived, but held, so that the waiver can go: reuses-its-token"])


def test_a_check_that_is_not_applicable_is_skipped(run):
    """not_applicable skips with its reason."""
    result = run('not_applicable = {"reuses-its-token": "it is a command"}', "-k", "reuses", "-rs")

    result.stdout.fnmatch_lines(["*1 behaviours: 0 held, 0 broken, 0 waived, 1 skipped"])
    result.stdout.fnmatch_lines(["*reuses-its-token: not applicable: it is a command*"])


def test_advice_is_given_where_it_is_wanted(run):
    """Debatable checks are not there unless the class wants them."""
    without = run("pass", "--collect-only", "-q").parseoutcomes()
    advised = run("advice = True", "--collect-only", "-q").stdout.str()

    assert without.get("test", without.get("tests")) < advised.count("::TestClient::")
    assert "test_asks_for_json" in advised


def define(**attributes):
    """Define a contract class."""
    return type("TestIt", (ClientContract,), attributes)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        (
            {"waived": {"renews-expired-token": "x"}},
            "TestIt.waived: there is no check 'renews-expired-token'. Near: renews-an-expired-token",
        ),
        ({"not_applicable": {"reuse-its-token": "x"}}, "Near: reuses-its-token"),
        ({"waived": {"reuses-its-token": ""}}, "needs a reason"),
        ({"waived": ["reuses-its-token"]}, "takes a table of check ids and reasons"),
        (
            {"waived": {"reuses-its-token": "x"}, "not_applicable": {"reuses-its-token": "y"}},
            "can only be in one of them",
        ),
        ({"scope": ["a"]}, "scope takes a text"),
        ({"advice": "yes"}, "advice takes True or False"),
        ({"test_reuses_its_token": print}, "takes the place of the contract's own test"),
    ],
)
def test_a_mistake_in_the_class_is_told(attributes, says):
    """Wrong ids, types and replaced tests are errors that say what is right."""
    with pytest.raises(OptionError) as raised:
        define(**attributes)

    assert says in str(raised.value)


def test_a_class_may_be_refined(run):
    """A subclass of a subclass keeps its fixtures, and may want advice where its base does not."""
    base = define(scope="orders:read")
    refined = type("TestRefined", (base,), {"advice": True})

    assert base.test_asks_for_json is None
    assert refined.test_asks_for_json is not None


def test_a_fixture_of_the_user_is_not_hidden(run):
    """Fixtures of the names that contract tests use inside may be the user's own."""
    code = """
@pytest.fixture
def client(oauthcc):
    return Client(oauthcc)

class TestClient(ClientContract):
    @pytest.fixture
    def call_api(self, client):
        return client.orders
"""
    run("pass", "-k", "reuses", code=code).assert_outcomes(passed=1, deselected=pytest.approx(100, abs=50))


def test_a_mistake_in_call_api_shows_its_own_traceback(run):
    """An exception in the user's fixture is no verdict on the client."""
    code = "\nclass TestClient(ClientContract):\n    @pytest.fixture\n    def call_api(self, oauthcc):\n        return Cleint(oauthcc)\n"
    result = run("pass", "-k", "reuses", code=code)

    result.stdout.fnmatch_lines(["*return Cleint(oauthcc)*", "*NameError: name 'Cleint' is not defined*"])


def test_what_call_api_returns_has_to_be_callable(run):
    """Calling the method too early is told."""
    code = "\nclass TestClient(ClientContract):\n    @pytest.fixture\n    def call_api(self, oauthcc):\n        return Client(oauthcc).orders()\n"
    result = run("pass", "-k", "reuses", code=code)

    result.stdout.fnmatch_lines(["*call_api returned dict, which can't be called*without brackets*"])


def test_a_client_that_fails_at_once_is_told_once(run):
    """Where the first call fails one test fails, and those that need a working client are skipped."""
    code = "\nclass TestClient(ClientContract):\n    @pytest.fixture\n    def call_api(self, oauthcc):\n        return Client(oauthcc, client_secret='wrong').orders\n"
    result = run("pass", "-k", "gets_a_token or reuses or renews_every", "-rs", code=code)

    assert result.parseoutcomes()["failed"] == 1
    assert result.parseoutcomes()["skipped"] == 2
    result.stdout.fnmatch_lines(
        ["*the client_secret of 'client-*' is wrong*", "*(gets-a-token: MUST, RFC 6749 section 4.4)*"]
    )
    result.stdout.fnmatch_lines(
        ["SKIPPED*reuses-its-token: the client fails before anything is provoked*see gets-a-token*"]
    )


def test_a_client_that_has_its_own_credentials_is_not_judged_by_others(run):
    """Where call_api ignores the credentials of the check, the check is skipped."""
    code = """
@pytest.mark.oauthcc(client_id="me", client_secret="my-own-secret-1")
class TestClient(ClientContract):
    @pytest.fixture
    def call_api(self, oauthcc):
        return Client(oauthcc, "me", "my-own-secret-1").orders
"""
    result = run("pass", "-k", "its_secret and encodes or colon", "-rs", code=code)

    result.stdout.fnmatch_lines(["SKIPPED*call_api does not take its credentials from oauthcc.client_id*"])


def test_a_request_to_nowhere_is_told(run):
    """A client that calls another host than the provider's fails with what is served."""
    code = """
class TestClient(ClientContract):
    @pytest.fixture
    def call_api(self, oauthcc):
        return lambda: requests.get("https://api.real.example/orders", timeout=5)
"""
    result = run("pass", "-k", "reuses", code=code)

    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*api.real.example*"])


def test_a_provider_without_an_api_is_told(run):
    """The contract judges by the fake API."""
    result = run(
        "pass", "-k", "reuses", code="\n@pytest.mark.oauthcc(api_url=None)" + CONTRACT.format(attributes="pass")
    )

    result.stdout.fnmatch_lines(["*ClientContract judges by the fake API, and this provider has none*"])


def test_the_summary_survives_xdist(run):
    """With several processes the summary is that of all of them."""
    pytest.importorskip("xdist")
    result = run("pass", "-n", "2", "-k", "reuses or renews_every or renews_an")

    result.stdout.fnmatch_lines(["*::TestClient: 3 behaviours: 3 held, 0 broken, 0 waived, 0 skipped"])


@pytest.mark.parametrize("how", ["asyncio-auto", "anyio", "plain"])
def test_an_async_client_runs_on_the_loop_of_its_fixtures(pytester, how):
    """Async fixtures and async calls share one event loop, whoever runs it."""
    pytester.makeini(INI + ("asyncio_mode = auto\n" if how == "asyncio-auto" else ""))
    fixture = {
        "asyncio-auto": "    @pytest.fixture\n    async def loop(self): return asyncio.get_running_loop()\n",
        "anyio": "    @pytest.fixture\n    async def loop(self, anyio_backend): return asyncio.get_running_loop()\n",
        "plain": "    @pytest.fixture\n    def loop(self, run_async):\n        async def running(): return asyncio.get_running_loop()\n        return run_async(running())\n",
    }[how]
    mark = "@pytest.mark.anyio\n" if how == "anyio" else ""
    backend = "    @pytest.fixture\n    def anyio_backend(self): return 'asyncio'\n" if how == "anyio" else ""
    pytester.makepyfile(
        "import asyncio, httpx, pytest\nfrom pytest_oauthcc import ClientContract\n"
        + mark
        + "class TestClient(ClientContract):\n"
        + backend
        + fixture
        + """
    @pytest.fixture
    def call_api(self, oauthcc, loop):
        async def call():
            assert asyncio.get_running_loop() is loop
            async with httpx.AsyncClient(timeout=5) as http:
                form = {"grant_type": "client_credentials"}
                reply = await http.post(oauthcc.token_url, data=form, auth=(oauthcc.client_id, oauthcc.client_secret))
                headers = {"Authorization": "Bearer " + reply.json()["access_token"]}
                return (await http.get(oauthcc.api_url, headers=headers)).json()
        return call
"""
    )
    result = pytester.runpytest("-k", "gets_a_token or renews_an_expired")

    result.assert_outcomes(passed=2, deselected=result.parseoutcomes()["deselected"])


def test_a_client_on_trio(pytester):
    """With anyio's marker and its own backends the contract runs on trio as well."""
    pytester.makeini(INI)
    pytester.makepyfile(
        """
        import httpx, pytest, sniffio
        from pytest_oauthcc import ClientContract

        seen = set()

        @pytest.mark.anyio
        class TestClient(ClientContract):
            @pytest.fixture
            def call_api(self, oauthcc):
                async def call():
                    seen.add(sniffio.current_async_library())
                    async with httpx.AsyncClient(timeout=5) as http:
                        form = {"grant_type": "client_credentials"}
                        auth = (oauthcc.client_id, oauthcc.client_secret)
                        reply = await http.post(oauthcc.token_url, data=form, auth=auth)
                        headers = {"Authorization": "Bearer " + reply.json()["access_token"]}
                        return (await http.get(oauthcc.api_url, headers=headers)).json()
                return call

        def test_both_were_there():
            assert seen == {"asyncio", "trio"}
        """
    )
    result = pytester.runpytest(
        "-q", "-p", "no:randomly", "-k", "gets_a_token or once_for_many or block or second or both_were"
    )

    assert "errors" not in result.parseoutcomes()
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.fnmatch_lines(["*6 token requests, expected 1*"])
    assert result.parseoutcomes()["failed"] == 4  # no lock: twice, on both backends


def test_a_client_of_the_server_is_judged_by_what_can_be_served(run):
    """With oauthcc_server nothing is said against a client for what only happens in one process."""
    code = """
class TestClient(ClientContract):
    @pytest.fixture
    def call_api(self, oauthcc, oauthcc_server):
        client = Client(oauthcc)
        client.provider = oauthcc_server
        return client.orders
"""
    result = run(
        "pass", "-k", "gets_a_token or reuses or keeps_the_query or other_hosts or plain_http", "-rs", code=code
    )

    assert "failed" not in result.parseoutcomes()
    assert result.parseoutcomes()["passed"] == 2
    result.stdout.fnmatch_lines(["SKIPPED*the client's requests go over sockets*"])
