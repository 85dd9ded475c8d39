"""The stubs of other people that a test may use beside ours, each as the text of a small test module."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import pytest

OURS_FIRST = "ours first"
THEIRS_FIRST = "theirs first"

# {args}: the fixtures of a test; {decorator} and {opening} surround what it does.
_TESTS = """
def test_pass({args}):
    {decorator}
    def inside():
        with {opening}:
            talk(oauthcc, theirs)
    inside()

def test_fail({args}):
    {decorator}
    def inside():
        with {opening}:
            talk(oauthcc, theirs)
            assert False, "mine"
    inside()

@pytest.fixture
def breaks({args}):
    {decorator}
    def inside():
        with {opening}:
            talk(oauthcc, theirs)
            raise ValueError("mine")
    inside()

def test_error_in_setup(breaks):
    pass

@pytest.fixture
def breaks_late({args}):
    yield
    {decorator}
    def inside():
        with {opening}:
            {late}
            raise ValueError("mine")
    inside()

def test_error_in_teardown(breaks_late):
    pass

@pytest.fixture
def breaks_last():
    yield
    raise ValueError("mine")

def test_error_after_all_others({requests_last}):
    {decorator}
    def inside():
        with {opening}:
            talk(oauthcc, theirs)
    inside()

def test_interrupt({args}):
    {decorator}
    def inside():
        with {opening}:
            talk(oauthcc, theirs)
            raise KeyboardInterrupt
    inside()
"""

_PRELUDE = '''
import contextlib
import urllib.request

import httpx
import pytest
import requests

import pytest_oauthcc

try:
    import httpx2
except ImportError:
    httpx2 = None

THEIRS = "https://theirs.example/api"
POSTS = [library.post for library in (requests, httpx, httpx2) if library]


def plainly(function):
    """Decorate nothing."""
    return function


class Theirs:
    """What a stub of theirs answers, what it refuses, and what it says was asked of it."""

    def __init__(self, get, urls, refusal):
        self.get, self.urls, self.refusal = get, urls, refusal


def talk(oauthcc, theirs):
    """Ours gets what is ours, theirs gets what is theirs, and neither sees the other's."""
    before = list(theirs.urls())
    data, auth = {"grant_type": "client_credentials"}, (oauthcc.client_id, oauthcc.client_secret)
    for post in POSTS:
        assert post(oauthcc.token_url, data=data, auth=auth).json()["access_token"]
    urllib.request.urlopen(oauthcc.jwks_url).close()
    oauthcc.assert_token_request(count=len(POSTS))
    oauthcc.clock.advance(hours=2)
    assert list(theirs.urls()) == before
    assert theirs.get(THEIRS) == "theirs"
    assert list(theirs.urls()) == [*before, THEIRS]
    with pytest.raises(theirs.refusal):
        theirs.get("https://unknown.example/")
    oauthcc.assert_token_request(count=len(POSTS))
'''


@dataclass(frozen=True)
class Neighbour:
    """
    One way of using a stub library.

    Attributes:
        text: Defines the fixture ``theirs`` or, for the other two ways, the context manager ``opened()``.
        way: ``fixture``, ``context`` or ``decorator``.
        needs: The module without which there is nothing to test.
        decorator: Puts the stubs in place around a function.
        options: More for the command line of pytest.
        orders: In which the two can be set up.
        ends_early: Whether it ends by a hook before fixtures are torn down, which an interrupt keeps it from.
    """

    text: str
    way: str
    needs: str
    decorator: str = "@plainly"
    options: tuple[str, ...] = ()
    orders: tuple[str, ...] = (OURS_FIRST, THEIRS_FIRST)
    ends_early: bool = False

    def missing(self) -> str:
        """Say what is not installed, if anything."""
        return "" if importlib.util.find_spec(self.needs) else f"{self.needs} is not installed"

    def module(self, order: str) -> str:
        """Return the text of a test module with one test for each way in which a test may end."""
        fixtures, opened = {
            "fixture": (["oauthcc", "theirs"], ["contextlib.nullcontext()"]),
            "context": ([], ["pytest_oauthcc.provider() as oauthcc", "opened() as theirs"]),
            "decorator": (
                (["oauthcc"], ["opened() as theirs"])
                if order == OURS_FIRST
                else ([], ["pytest_oauthcc.provider() as oauthcc", "opened() as theirs"])
            ),
        }[self.way]
        if order == THEIRS_FIRST:
            fixtures, opened = fixtures[::-1], opened[::-1]
        tests = _TESTS.format(
            args=", ".join(fixtures),
            requests_last=", ".join(["breaks_last", *fixtures]),
            decorator=self.decorator,
            opening=", ".join(opened),
            late="pass" if self.ends_early else "talk(oauthcc, theirs)",
        )
        return self.prelude() + tests

    def prelude(self) -> str:
        """Return what comes before the tests of a module: imports, and the stubs."""
        return _PRELUDE + self.text


_RESPONSES = """
import responses

def theirs_of(mock):
    mock.add("GET", THEIRS, body="theirs")
    return Theirs(
        lambda url: requests.get(url).text,
        lambda: [call.request.url for call in mock.calls],
        requests.ConnectionError,
    )
"""
_RESPONSES_OPENED = """
@contextlib.contextmanager
def opened():
    yield theirs_of(responses)
"""
_REQUESTS_MOCK = """
import requests_mock as library

def theirs_of(mock):
    mock.get(THEIRS, text="theirs")
    return Theirs(
        lambda url: requests.get(url).text,
        lambda: [request.url for request in mock.request_history],
        library.NoMockAddress,
    )
"""
_RESPX = """
import respx

def theirs_of(router):
    router.get(THEIRS).respond(text="theirs")
    return Theirs(
        lambda url: httpx.get(url).text,
        lambda: [str(call.request.url) for call in router.calls],
        respx.models.AllMockedAssertionError,
    )
"""
_VCR = '''
import vcr as vcrpy

CASSETTE = """
interactions:
- request: {body: '', headers: {}, method: GET, uri: https://theirs.example/api}
  response: {body: {string: theirs}, headers: {}, status: {code: 200, message: OK}}
version: 1
"""

@pytest.fixture
def cassette_path(tmp_path):
    path = tmp_path / "theirs.yaml"
    path.write_text(CASSETTE, encoding="utf-8")
    return str(path)

def theirs_of(cassette):
    def urls():
        assert [request.uri for request in cassette.requests] == [THEIRS]
        return [THEIRS] * cassette.play_count
    return Theirs(lambda url: LIBRARY.get(url).text, urls, vcrpy.errors.CannotOverwriteExistingCassetteException)
'''
_NO_SOCKETS = """
import socket

@pytest.fixture
def theirs({fixture}):
    urls = []
    def get(url):
        if url == THEIRS:
            with pytest.raises({error}):
                get("anything else")
            urls.append(url)
            return "theirs"
        with socket.socket() as sock:
            sock.connect(("127.0.0.1", 9))
    return Theirs(get, lambda: urls, {error})
"""

NEIGHBOURS = {
    "responses, decorator": Neighbour(
        _RESPONSES + _RESPONSES_OPENED, "decorator", "responses", decorator="@responses.activate"
    ),
    "responses, ordered registry": Neighbour(
        _RESPONSES + "from responses.registries import OrderedRegistry\n" + _RESPONSES_OPENED,
        "decorator",
        "responses",
        decorator="@responses.activate(registry=OrderedRegistry, assert_all_requests_are_fired=True)",
    ),
    "responses, context manager": Neighbour(
        _RESPONSES
        + """
@contextlib.contextmanager
def opened():
    with responses.RequestsMock() as mock:
        yield theirs_of(mock)
""",
        "context",
        "responses",
    ),
    "responses, fixture": Neighbour(
        _RESPONSES
        + """
@pytest.fixture
def theirs():
    with responses.RequestsMock() as mock:
        yield theirs_of(mock)
""",
        "fixture",
        "responses",
    ),
    "requests_mock, fixture": Neighbour(
        _REQUESTS_MOCK + "\n@pytest.fixture\ndef theirs(requests_mock):\n    return theirs_of(requests_mock)\n",
        "fixture",
        "requests_mock",
    ),
    "requests_mock, context manager": Neighbour(
        _REQUESTS_MOCK
        + """
@contextlib.contextmanager
def opened():
    with library.Mocker() as mock:
        yield theirs_of(mock)
""",
        "context",
        "requests_mock",
    ),
    "respx, fixture": Neighbour(
        _RESPX + "\n@pytest.fixture\ndef theirs(respx_mock):\n    return theirs_of(respx_mock)\n", "fixture", "respx"
    ),
    "respx, decorator": Neighbour(
        _RESPX
        + """
@contextlib.contextmanager
def opened():
    yield theirs_of(respx)
""",
        "decorator",
        "respx",
        decorator="@respx.mock",
    ),
    "respx, context manager": Neighbour(
        _RESPX
        + """
@contextlib.contextmanager
def opened():
    with respx.mock() as router:
        yield theirs_of(router)
""",
        "context",
        "respx",
    ),
    "pytest-httpx": Neighbour(
        """
pytestmark = pytest.mark.httpx_mock(assert_all_requests_were_expected=False)

@pytest.fixture
def theirs(httpx_mock):
    httpx_mock.add_response(url=THEIRS, text="theirs")
    return Theirs(
        lambda url: httpx.get(url).text,
        lambda: [str(request.url) for request in httpx_mock.get_requests()],
        httpx.TimeoutException,
    )
""",
        "fixture",
        "pytest_httpx",
    ),
    "pytest-httpx2": Neighbour(
        """
import respx

@pytest.fixture
def theirs(httpx2_mock):
    httpx2_mock.get(THEIRS).respond(text="theirs")
    return Theirs(
        lambda url: httpx2.get(url).text,
        lambda: [str(call.request.url) for call in httpx2_mock.calls],
        respx.models.AllMockedAssertionError,
    )
""",
        "fixture",
        "pytest_httpx2",
    ),
    **{
        f"vcrpy, {library}": Neighbour(
            _VCR
            + f"""
LIBRARY = {library}

@pytest.fixture
def theirs(cassette_path):
    with vcrpy.use_cassette(cassette_path, record_mode="none") as cassette:
        yield theirs_of(cassette)
""",
            "fixture",
            "vcr",
        )
        for library in ("requests", "httpx", "httpx2")
    },
    "pytest-recording": Neighbour(
        _VCR
        + """
LIBRARY = requests
pytestmark = pytest.mark.vcr

@pytest.fixture
def default_cassette_name(cassette_path):
    return cassette_path

@pytest.fixture
def theirs(vcr):
    return theirs_of(vcr)
""",
        "fixture",
        "pytest_recording",
        orders=(THEIRS_FIRST,),  # it is an autouse fixture
    ),
    "pytest-recording, block_network": Neighbour(
        "pytestmark = pytest.mark.block_network\n" + _NO_SOCKETS.format(fixture="", error="RuntimeError"),
        "fixture",
        "pytest_recording",
        options=("-p", "no:socket"),  # which would put the real functions back
        orders=(THEIRS_FIRST,),  # it is an autouse fixture
    ),
    "pytest-socket": Neighbour(
        "import pytest_socket\n"
        + _NO_SOCKETS.format(fixture="socket_disabled", error="pytest_socket.SocketBlockedError"),
        "fixture",
        "pytest_socket",
        options=("-W", "ignore:A test tried to use socket:UserWarning"),
        ends_early=True,
    ),
}


def cases(orders=None, without=()):
    """Give each neighbour in each of its orders of set-up, or in these, but for some by name, as parameters of a test."""
    return [
        pytest.param(
            neighbour,
            order,
            id=f"{name}; {order}",
            marks=[pytest.mark.skip(reason=why)] if (why := neighbour.missing()) else [],
        )
        for name, neighbour in NEIGHBOURS.items()
        if name not in without
        for order in orders or neighbour.orders
    ]
