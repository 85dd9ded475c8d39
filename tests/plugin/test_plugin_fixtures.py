"""Every fixture, the ways to ask for them, and what they do in each kind of test."""

from __future__ import annotations

import pytest

from pytest_oauthcc.serving import certificates


def test_the_main_fixture_is_a_provider_that_is_wired_in(run):
    """Oauthcc serves a token endpoint and an API with defaults that fit together."""
    run(
        """
def test_it(oauthcc):
    assert oauthcc.token_url == "https://auth.oauthcc.test/oauth/token"
    assert oauthcc.api_url == "https://api.oauthcc.test/"
    assert oauthcc.issuer == "https://auth.oauthcc.test"
    assert oauthcc.metadata_url == "https://auth.oauthcc.test/.well-known/oauth-authorization-server"
    assert oauthcc.jwks_url.startswith(oauthcc.issuer)
    assert oauthcc.introspection_url.startswith(oauthcc.issuer)
    assert oauthcc.revocation_url.startswith(oauthcc.issuer)
    assert oauthcc.client_id.replace("-", "").isalnum() and oauthcc.client_secret.isalnum()
    assert oauthcc.scopes == () and oauthcc.options == {}
    answer = fetch(oauthcc)
    assert answer["expires_in"] == 3600 and answer["token_type"] == "Bearer"
    got = requests.get(oauthcc.api_url + "x", headers={"Authorization": "Bearer " + answer["access_token"]})
    assert got.json() == {}
    assert oauthcc.client_secret not in repr(oauthcc)
    assert repr(oauthcc) == "<Provider standard: https://auth.oauthcc.test/oauth/token, 2 exchanges>"
    assert [entry.number for entry in oauthcc.exchanges] == [1, 2]
    assert (len(oauthcc.token_requests), len(oauthcc.api_requests), len(oauthcc.tokens)) == (1, 1, 1)
    assert oauthcc.violations == []

seen = set()

@pytest.mark.parametrize("n", range(3))
def test_made_up(oauthcc, n):
    assert oauthcc.exchanges == []
    seen.add((oauthcc.client_id, oauthcc.client_secret))
    assert len(seen) == n + 1
""",
        passed=4,
    )


def test_the_factory_makes_more_providers(run):
    """Each has default hosts of its own, numbered, and knows nothing of the marker."""
    run(
        """
@pytest.mark.oauthcc(scopes="a", expires_in=5)
def test_it(oauthcc, oauthcc_factory):
    one, two = oauthcc_factory(), oauthcc_factory(expires_in=7)
    assert [p.token_url for p in (oauthcc, one, two)] == [
        "https://auth.oauthcc.test/oauth/token",
        "https://auth1.oauthcc.test/oauth/token",
        "https://auth2.oauthcc.test/oauth/token",
    ]
    assert [p.api_url for p in (oauthcc, one, two)] == [
        "https://api.oauthcc.test/", "https://api1.oauthcc.test/", "https://api2.oauthcc.test/"
    ]
    assert [fetch(p)["expires_in"] for p in (oauthcc, one, two)] == [5, 3600, 7]
    assert oauthcc.clock is one.clock is two.clock
    assert len({p.client_id for p in (oauthcc, one, two)}) == 3

def test_alone(oauthcc_factory):
    assert oauthcc_factory().token_url == "https://auth1.oauthcc.test/oauth/token"

def test_own_token_urls(oauthcc_factory):
    one = oauthcc_factory(token_url="https://a.example/t")
    two = oauthcc_factory(token_url="https://b.example/t")
    assert one.api_url != two.api_url

def test_profiles(oauthcc_factory):
    one, two, three = (oauthcc_factory("hgem", api_key="k") for _ in range(3))
    assert len({p.token_url for p in (one, two, three)}) == 3
    assert two.token_url.endswith(".2.oauthcc.test" + one.token_url.partition("://")[2].partition("/")[1] +
                                  one.token_url.partition("://")[2].partition("/")[2])
""",
        passed=4,
    )


def test_the_same_token_url_twice_is_an_error(run):
    """Two providers can't be at one URL, and the message says how to have two."""
    result = run(
        """
def test_it(oauthcc, oauthcc_factory):
    oauthcc_factory(token_url=oauthcc.token_url)
""",
        failed=1,
    )
    result.stdout.fnmatch_lines(
        [
            (
                "E       pytest_oauthcc.OptionError: token_url https://auth.oauthcc.test/oauth/token is served already by another "
                "provider of this test; give each its own token_url, or let oauthcc_factory() choose"
            )
        ]
    )


def test_two_providers_may_share_an_api(run):
    """A shared API takes the tokens of both and has the routes of both, until one goes."""
    run(
        """
import pytest_oauthcc
from pytest_oauthcc.transports.switchboard import BOARD

def get(p, token, path="x"):
    return requests.get(p.api_url + path, headers={"Authorization": f"Bearer {token}"})

@pytest.mark.oauthcc(allow={"token-sent-to-another-host": "shared"})
def test_it(oauthcc, oauthcc_factory):
    other = oauthcc_factory(api_url=oauthcc.api_url)
    tokens = [fetch(oauthcc)["access_token"], fetch(other)["access_token"]]
    assert [get(oauthcc, token).status_code for token in tokens] == [200, 200]
    assert [len(p.api_requests) for p in (oauthcc, other)] == [1, 1]
    assert get(oauthcc, "unknown").status_code == 401
    assert len(oauthcc.api_requests) == 2
    other.api.get("y").reply(json=1)
    assert get(oauthcc, tokens[0], "y").json() == 1
    assert get(oauthcc, tokens[0]).status_code == 404

def test_one_goes(oauthcc):
    with pytest_oauthcc.provider(token_url="https://b.test/t", api_url=oauthcc.api_url) as other:
        other.api.get("y")
        assert get(oauthcc, oauthcc.mint()).status_code == 404
    assert get(oauthcc, oauthcc.mint()).status_code == 200

def test_two_at_one_host():
    with pytest_oauthcc.provider(token_url="https://a.test/1", api_url=None) as one:
        with pytest_oauthcc.provider(token_url="https://a.test/2", api_url=None) as two:
            with pytest.raises(pytest_oauthcc.NotServed, match='issuer="https://a.test/2"'):
                requests.get(two.metadata_url)
            BOARD.take_failures()
        assert requests.get(one.metadata_url).status_code == 200
    with pytest_oauthcc.provider(token_url="https://a.test/2", api_url=None) as two:
        assert requests.get(two.metadata_url).json()["token_endpoint"] == two.token_url

def test_the_older_goes_first():
    one = pytest_oauthcc.provider(token_url="https://a.test/1", api_url=None)
    two = pytest_oauthcc.provider(token_url="https://a.test/2", api_url=None)
    one.__enter__()
    p = two.__enter__()
    one.__exit__(None, None, None)
    try:
        assert requests.get(p.metadata_url).json()["token_endpoint"] == p.token_url
    finally:
        two.__exit__(None, None, None)
""",
        passed=4,
    )


def test_the_clock_works_with_and_without_a_provider(run):
    """oauthcc_clock is the provider's clock, and moves time on its own as well."""
    run(
        """
import time

def test_alone(oauthcc_clock):
    before = time.time()
    oauthcc_clock.advance(hours=1)
    assert time.time() - before >= 3600

def test_after():
    assert time.time() < 2_000_000_000

def test_together(oauthcc, oauthcc_clock):
    assert oauthcc.clock is oauthcc_clock
    answer = fetch(oauthcc)
    oauthcc_clock.expire()
    got = requests.get(oauthcc.api_url, headers={"Authorization": "Bearer " + answer["access_token"]})
    assert got.status_code == 401

def test_nothing_to_expire(oauthcc):
    with pytest.raises(Exception, match="token"):
        oauthcc.clock.expire()
""",
        passed=4,
    )


@pytest.mark.parametrize(
    "text",
    [
        """
@pytest.mark.oauthcc
def test_it():
    assert requests.get("https://auth.oauthcc.test/.well-known/jwks.json").status_code == 200
""",
        """
pytestmark = pytest.mark.oauthcc(api_url="https://api.acme.example/")

class TestIt:
    def test_it(self):
        assert requests.get("https://api.acme.example/x").status_code == 401
""",
        """
@pytest.mark.oauthcc()
class TestIt:
    def test_it(self, tmp_path):
        assert requests.get("https://api.oauthcc.test/x").status_code == 401
""",
        """
@pytest.mark.oauthcc
def test_it(client):
    assert client.status_code == 401

@pytest.fixture(scope="module")
def wide():
    return 1

@pytest.fixture
def client(wide):
    return requests.get("https://api.oauthcc.test/x")  # the provider is there before the test's own fixtures
""",
        """
@pytest.mark.usefixtures("oauthcc")
def test_it():
    assert requests.get("https://api.oauthcc.test/x").status_code == 401
""",
    ],
    ids=["function", "module", "class", "before others", "usefixtures"],
)
def test_the_marker_alone_requests_the_fixture(run, text):
    """A test that only has the marker is faked for, wherever the marker is."""
    run(text.replace("test_it", "test_it", 1), passed=1)


def test_a_marked_parameter_is_alone(run):
    """Of a parametrized test only the marked case gets the provider."""
    run(
        """
from pytest_oauthcc.transports import switchboard

@pytest.mark.parametrize("faked", [False, pytest.param(True, marks=pytest.mark.oauthcc), False])
def test_it(faked):
    assert bool(switchboard.BOARD.sites) is faked
""",
        passed=3,
    )


def test_what_is_no_test_function_is_left_alone(run):
    """Doctests and other items can't have the marker."""
    run(
        '''
def documented():
    """
    >>> 1 + 1
    2
    """

pytestmark = pytest.mark.oauthcc
''',
        "--doctest-modules",
        passed=1,
    )


def test_unittest_classes(run):
    """The marker, usefixtures, and a provider of the whole class work in unittest."""
    run(
        """
import unittest
import pytest_oauthcc

@pytest.mark.oauthcc(scopes="a b")
class Marked(unittest.TestCase):
    def test_it(self):
        self.assertEqual(requests.get("https://api.oauthcc.test/x").status_code, 401)

class Given(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, oauthcc):
        self.p = oauthcc

    def test_it(self):
        self.assertEqual(fetch(self.p)["token_type"], "Bearer")

@pytest.mark.usefixtures("oauthcc")
class Used(unittest.TestCase):
    def test_it(self):
        self.assertEqual(requests.get("https://api.oauthcc.test/x").status_code, 401)

class Own(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        context = pytest_oauthcc.provider(scopes="a")
        cls.p = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)

    def test_one(self):
        self.assertEqual(fetch(self.p)["scope"], "a")

    def test_two(self):
        self.assertEqual(fetch(self.p)["scope"], "a")

class Swallowing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        context = pytest_oauthcc.provider()
        context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)

    def test_swallowed(self):
        swallow("POST", "https://unserved.test/token", data={"grant_type": "client_credentials"})

    def test_swallowed_and_failed(self):
        swallow("POST", "https://unserved.test/token", data={"grant_type": "client_credentials"})
        self.assertEqual(1, 2)

    @unittest.expectedFailure
    def test_expected(self):
        swallow("POST", "https://unserved.test/token", data={"grant_type": "client_credentials"})
        self.assertEqual(1, 2)
""",
        passed=5,
        failed=2,
        xfailed=1,
    )


def test_hypothesis_takes_a_provider_of_its_own(run):
    """Each example has a provider, opened where function fixtures do not fit."""
    run(
        """
import pytest_oauthcc
from hypothesis import given, settings, strategies as st

@settings(max_examples=10, database=None)
@given(st.sampled_from(["a", "a b"]))
def test_it(scope):
    with pytest_oauthcc.provider() as p:
        assert fetch(p, scope=scope)["scope"] == scope
        assert len(p.token_requests) == 1
""",
        passed=1,
    )


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio(run, mode):
    """The fixture works in asyncio tests and in their async fixtures."""
    mark = "@pytest.mark.asyncio" if mode == "strict" else ""
    fixture = "@pytest_asyncio.fixture" if mode == "strict" else "@pytest.fixture"
    run(
        f"""
import asyncio
import httpx
import pytest_asyncio

{fixture}
async def token(oauthcc):
    data = {{"grant_type": "client_credentials"}}
    async with httpx.AsyncClient() as client:
        answer = await client.post(oauthcc.token_url, data=data, auth=(oauthcc.client_id, oauthcc.client_secret))
    return answer.json()["access_token"]

{mark}
async def test_it(oauthcc, token):
    async with httpx.AsyncClient(headers={{"Authorization": f"Bearer {{token}}"}}) as client:
        answers = await asyncio.gather(*(client.get(oauthcc.api_url) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    oauthcc.clock.expire()
    async with httpx.AsyncClient(headers={{"Authorization": f"Bearer {{token}}"}}) as client:
        assert (await client.get(oauthcc.api_url)).status_code == 401

{mark}
@pytest.mark.oauthcc
async def test_swallowed():
    async with httpx.AsyncClient() as client:
        try:
            await client.post("https://unserved.test/token", data={{"grant_type": "client_credentials"}})
        except Exception:
            pass
""",
        "-o",
        f"asyncio_mode={mode}",
        passed=1,
        failed=1,
    )


def test_anyio(run):
    """The fixture works in anyio tests on asyncio and on trio."""
    run(
        """
import httpx

@pytest.mark.anyio
async def test_it(oauthcc):
    data = {"grant_type": "client_credentials"}
    async with httpx.AsyncClient() as client:
        answer = await client.post(oauthcc.token_url, data=data, auth=(oauthcc.client_id, oauthcc.client_secret))
    assert answer.status_code == 200
""",
        passed=2,
    )


def test_a_loopback_server_may_be_reached(run):
    """What listens on this machine is none of the fake's business, unless it gets a token request."""
    run(
        """
import http.server
import threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"hi")

    def log_message(self, *args):
        pass

@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()

def test_it(oauthcc, server):
    assert requests.get(server).text == "hi"

@pytest.mark.oauthcc(passthrough=["127.0.0.1"])
def test_passthrough(oauthcc, server):
    assert requests.post(server, data={"grant_type": "x"}).status_code == 501

@pytest.mark.xfail(strict=True)
def test_token_request(oauthcc, server):
    requests.post(server, data={"grant_type": "x"})
""",
        passed=2,
        xfailed=1,
    )


def test_other_stubs_answer_beside_ours(run):
    """Responses and respx mocks of the test's own get what is not ours, before and behind the fixture."""
    run(
        """
import httpx
import responses
import respx

@responses.activate
def test_responses(oauthcc):
    responses.add("GET", "https://other.test/", json=1)
    assert requests.get("https://other.test/").json() == 1
    assert fetch(oauthcc)["access_token"]

@respx.mock
def test_respx(oauthcc):
    respx.get("https://other.test/").mock(return_value=httpx.Response(200, json=1))
    assert httpx.get("https://other.test/").json() == 1
    assert httpx.get(oauthcc.metadata_url).status_code == 200

@pytest.mark.oauthcc(api_url=None)
def test_no_api(oauthcc):
    with responses.RequestsMock() as stubs:
        stubs.add("GET", "https://api.oauthcc.test/x", json=1)
        assert requests.get("https://api.oauthcc.test/x").json() == 1
        assert fetch(oauthcc)["access_token"]
    with pytest.raises(Exception, match=r"no fake API \\(api_url=None\\)"):
        oauthcc.api_url
""",
        passed=3,
    )


def test_a_broken_fixture_leaves_nothing_behind(run):
    """An error in a fixture beside ours is one error, and everything is as before."""
    run(
        """
@pytest.fixture
def broken(oauthcc):
    oauthcc.clock.freeze()
    swallow("GET", "https://unserved.test/")
    raise ValueError("mine")

def test_it(broken):
    pass

@pytest.fixture
def broken_end(oauthcc):
    yield
    raise ValueError("mine")

def test_end(broken_end):
    pass
""",
        errors=2,
        passed=1,
    )


def test_an_interrupted_run_leaves_nothing_behind(pytester):
    """KeyboardInterrupt in a test takes everything down as any other end does."""
    from plugin_world import left_behind, remember

    remember()
    pytester.makefile(".ini", pytest="[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        """
        def test_it(oauthcc):
            oauthcc.clock.advance(days=1)
            raise KeyboardInterrupt
        """
    )
    with pytest.raises(KeyboardInterrupt):
        pytester.runpytest_inprocess("-p", "no:cacheprovider", syspathinsert=False, no_reraise_ctrlc=False)
    assert left_behind() == []


def test_workers_of_xdist_have_providers_of_their_own(pytester, monkeypatch):
    """Tests spread over processes don't know of each other."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # or each worker compiles everything anew
    pytester.makepyfile(
        """
        import pytest
        import requests

        @pytest.mark.parametrize("n", range(6))
        def test_it(oauthcc, n):
            data = {"grant_type": "client_credentials"}
            got = requests.post(oauthcc.token_url, data=data, auth=(oauthcc.client_id, oauthcc.client_secret))
            assert got.status_code == 200
            oauthcc.assert_token_request(count=1)
        """
    )
    result = pytester.runpytest_subprocess("-n", "2", "-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=6)


def test_two_tenants_of_one_host(run):
    """A URL that two providers have is answered by none; with issuers of their own, or one of them gone, it is."""
    text = """
import pytest_oauthcc

HOST = "https://login.acme.test"

def keys(url):
    return [key["kid"] for key in requests.get(url).json()["keys"]]

def test_shared(oauthcc_factory):
    a, b = (oauthcc_factory(token_url=f"{HOST}/{name}/token") for name in "ab")
    assert a.jwks_url == b.jwks_url
    for tenant in (a, b):
        assert requests.post(tenant.token_url, {"grant_type": "client_credentials"}).status_code == 401
    assert keys(b.jwks_url)

def test_told_apart(oauthcc_factory):
    a, b = (oauthcc_factory(token_url=f"{HOST}/{name}/token", issuer=f"{HOST}/{name}") for name in "ab")
    for tenant in (a, b):
        assert requests.get(tenant.metadata_url).json()["token_endpoint"] == tenant.token_url
        assert keys(tenant.jwks_url)

def test_the_other_is_gone(oauthcc_factory):
    oauthcc_factory(token_url=f"{HOST}/a/token")
    with pytest_oauthcc.provider(token_url=f"{HOST}/b/token") as other:
        pass
    assert keys(other.jwks_url)
"""
    result = run(text, passed=2, failed=1)

    result.stdout.fnmatch_lines(
        [
            "E *NotServed: GET https://login.acme.test/.well-known/jwks.json is the URL of 2 providers of this test*",
            "E *token_url  https://login.acme.test/a/token  issuer  https://login.acme.test",
            "E *token_url  https://login.acme.test/b/token  issuer  https://login.acme.test",
            'E *oauthcc_factory(token_url="https://login.acme.test/b/token", issuer="https://login.acme.test/b")',
        ]
    )


def test_a_server_that_can_not_be_made(run, monkeypatch):
    """TLS without what makes the certificates is an error of the test's setup, with the remedy and no insides."""
    # What another test made needs the package no more.
    for made_once in ("_issue", "_made_once"):
        monkeypatch.setattr(certificates, made_once, getattr(certificates, made_once).__wrapped__)
    text = "\n@pytest.mark.oauthcc(tls=True)\ndef test_it(oauthcc_server):\n    pass\n"
    result = run(text, conftest="import sys\nsys.modules['trustme'] = None\n", errors=1)

    result.stdout.fnmatch_lines(["*trustme*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*certificates.py*")
