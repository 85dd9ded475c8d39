# ruff: noqa: D102
"""Stubs of the user's beside ours, in every order of starting and stopping."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import unittest.mock

import httpx
import pytest
import requests
import responses
import respx
from requests.adapters import HTTPAdapter
from responses.registries import OrderedRegistry
from respx.mocks import Mocker
from transport_clients import Httpx2Async, Httpx2Client, HttpxAsync, HttpxClient, RequestsFunctions, Urlopen, each
from transport_harness import OURS, patch_points

from pytest_oauthcc.core.gates import Gate
from pytest_oauthcc.core.messages import NetworkFault, Response

THEIRS = "https://theirs.example/api"


class Responses:
    """A user's RequestsMock."""

    def __init__(self):
        self.mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.mock.add("GET", THEIRS, body="theirs")
        self.start, self.stop = self.mock.start, self.mock.stop

    refusal = requests.ConnectionError

    def urls(self):
        return [call.request.url for call in self.mock.calls]

    def get(self, url):
        return requests.get(url).text


class GlobalResponses(Responses):
    """The module's own mock, as the decorator uses it."""

    def __init__(self):
        self.mock = responses.mock

    def start(self):
        self.mock.start()
        self.mock.add("GET", THEIRS, body="theirs")

    def stop(self):
        self.mock.stop()
        self.mock.reset()


class Respx:
    """A user's respx router."""

    refusal = respx.models.AllMockedAssertionError

    def __init__(self):
        self.router = respx.mock(assert_all_called=False)

    def start(self):
        self.router.start()
        self.router.get(THEIRS).respond(text="theirs")

    def stop(self):
        self.router.stop()

    def urls(self):
        return [str(call.request.url) for call in self.router.calls]

    def get(self, url):
        return httpx.get(url).text


class AsyncRespx(Respx):
    """The same, with an async client."""

    def get(self, url):
        async def get():
            async with httpx.AsyncClient() as client:
                return (await client.get(url)).text

        return asyncio.run(get())


class RequestsMocker:
    """A user's requests_mock."""

    def __init__(self):
        requests_mock = pytest.importorskip("requests_mock")
        self.refusal = requests_mock.NoMockAddress
        self.mock = requests_mock.Mocker()
        self.mock.get(THEIRS, text="theirs")
        self.start, self.stop = self.mock.start, self.mock.stop

    def urls(self):
        return [request.url for request in self.mock.request_history]

    def get(self, url):
        return requests.get(url).text


def interleavings(ours, theirs):
    """Yield every order of two sequences of steps that keeps the order within each."""
    for places in itertools.combinations(range(len(ours) + len(theirs)), len(ours)):
        steps = [iter(theirs), iter(ours)]
        yield [next(steps[index in places]) for index in range(len(ours) + len(theirs))]


ORDERS = list(interleavings(["+ours", "-ours"], ["+theirs", "-theirs"]))
NESTED = list(interleavings(["+ours", "-ours"], ["+theirs", "+inner", "-inner", "-theirs"]))


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
@pytest.mark.parametrize("kind", [Responses, GlobalResponses, Respx, AsyncRespx, RequestsMocker])
def test_each_gets_what_is_its_own(kind, order, board, installation, patch_points_before):
    """Ours and theirs both answer while they are started, whichever came first, and nothing of either stays behind."""
    user, active = kind(), set()
    steps = {"+ours": installation.start, "-ours": installation.stop, "+theirs": user.start, "-theirs": user.stop}
    with contextlib.ExitStack() as stack:
        for step in order:
            steps[step]()
            if step[0] == "+":
                active.add(step[1:])
                stack.callback(steps["-" + step[1:]])
            else:
                active.remove(step[1:])
            if "ours" in active:
                seen = user.urls()
                assert "access_token" in user.get(OURS)
                assert user.urls() == seen
            if "theirs" in active:
                assert user.get(THEIRS) == "theirs"
                assert user.urls()[-1] == THEIRS
                with pytest.raises(user.refusal):
                    user.get("https://unknown.example/")
            if active == {"theirs"}:
                with pytest.raises(user.refusal):
                    user.get(OURS)
        assert patch_points()[HTTPAdapter, "send"] == patch_points_before[HTTPAdapter, "send"]

    assert patch_points() == patch_points_before
    assert {stubs_below for _, stubs_below in board.asked} <= {True}


@pytest.mark.parametrize("order", NESTED, ids=" ".join)
def test_two_mocks_of_the_users(order, board, installation, patch_points_before):
    """Ours may come and go at any moment of two nested mocks of responses."""
    outer, inner = Responses(), Responses()
    steps = {"+ours": installation.start, "-ours": installation.stop, "+theirs": outer.start, "-theirs": outer.stop}
    steps |= {"+inner": inner.start, "-inner": inner.stop}
    for step in order:
        steps[step]()
        if order.index("+ours") <= order.index(step) < order.index("-ours"):
            assert "access_token" in requests.get(OURS).text
        if order.index("+theirs") <= order.index(step) < order.index("-theirs"):
            assert requests.get(THEIRS).text == "theirs"

    assert OURS not in outer.urls() + inner.urls()
    assert patch_points() == patch_points_before


def test_a_dead_mock_of_the_users_is_left_alone(wired, installation):
    """A mock that the user stopped in the wrong order, and so left behind, is still there after ours has gone."""
    pristine = HTTPAdapter.send
    installation.stop()
    real = HTTPAdapter.send
    first, second = Responses(), Responses()
    try:
        first.start()
        second.start()
        first.stop()
        second.stop()
        leaked = HTTPAdapter.send
        assert leaked is not real
        installation.start()
        assert "access_token" in requests.get(OURS).text
        assert requests.get(THEIRS).text == "theirs"
        installation.stop()
        assert HTTPAdapter.send is leaked
    finally:
        HTTPAdapter.send = real
    assert pristine is not real


def test_a_patch_that_nobody_knows(wired, installation, loopback):
    """A stub of an unknown kind over ours keeps its place; what it puts back later is harmless."""

    def stub(adapter, request, **options):
        response = requests.Response()
        response.status_code = 299
        return response

    patcher = unittest.mock.patch.object(HTTPAdapter, "send", stub)
    patcher.start()
    assert requests.get(OURS).status_code == 299
    installation.stop()
    assert HTTPAdapter.send is stub
    patcher.stop()
    leftover = HTTPAdapter.send
    try:
        assert requests.get(loopback + "/").text == "real:"
        assert wired.asked == []
        with Responses().mock:
            assert requests.get(THEIRS).text == "theirs"
        assert HTTPAdapter.send is leftover
        installation.start()
        assert "access_token" in requests.get(OURS).text
        assert HTTPAdapter.send is leftover
    finally:
        installation.stop()
    assert HTTPAdapter.send is not leftover


def test_a_stub_of_an_unknown_kind_below(board, installation):
    """A stub that was there first gets what is not ours."""

    def stub(adapter, request, **options):
        response = requests.Response()
        response.status_code = 299
        return response

    with unittest.mock.patch.object(HTTPAdapter, "send", stub):
        installation.start()
        assert "access_token" in requests.get(OURS).text
        assert requests.get("https://unknown.example/").status_code == 299
        installation.stop()
        assert HTTPAdapter.send is stub
    assert board.asked[0][1] is True


def test_a_patch_whose_closure_is_not_filled_yet(board, installation):
    """A function that refers to something not yet there is a stub like others."""

    def make():
        def stub(adapter, request, **options):
            return later

        if not later_exists:
            return stub
        later = None
        return stub

    later_exists = False
    with unittest.mock.patch.object(HTTPAdapter, "send", make()):
        installation.start()
        assert "access_token" in requests.get(OURS).text
        installation.stop()


@responses.activate
def test_the_decorator_of_responses(wired):
    """Under ``@responses.activate`` ours is ours, and not in its list of calls."""
    responses.add("GET", THEIRS, body="theirs")

    assert "access_token" in requests.get(OURS).text
    assert requests.get(THEIRS).text == "theirs"
    assert [call.request.url for call in responses.calls] == [THEIRS]


@responses.activate(registry=OrderedRegistry, assert_all_requests_are_fired=True)
def test_an_ordered_registry_that_must_be_used_up(wired):
    """Our exchanges take no place in an ordered registry."""
    responses.get(THEIRS, body="one")
    responses.get(THEIRS, body="two")

    assert requests.get(THEIRS).text == "one"
    assert "access_token" in requests.get(OURS).text
    assert requests.get(THEIRS).text == "two"


def test_all_requests_must_be_fired(wired):
    """A mock that wants all its responses used still says so."""
    mock = responses.RequestsMock()
    mock.start()
    mock.get(THEIRS)
    requests.get(OURS)

    with pytest.raises(AssertionError, match="Not all requests have been executed"):
        mock.stop()


def test_what_responses_lets_through(wired, loopback):
    """A mock's own passthrough still leads to the real network."""
    with responses.RequestsMock() as mock:
        mock.add_passthru(loopback)
        assert requests.post(loopback + "/", data=b"x").content == b"real:x"
        assert "access_token" in requests.get(OURS).text


def test_retries_inside_a_mock_of_the_users(wired):
    """The retries that responses imitates for its own answers stay its own."""
    with responses.RequestsMock() as mock, requests.Session() as session:
        mock.get(THEIRS, status=503)
        mock.get(THEIRS, body="at last")
        session.mount("https://", HTTPAdapter(max_retries=requests.adapters.Retry(3, status_forcelist=[503])))
        assert session.get(THEIRS).text == "at last"
        assert len(mock.calls) == 2


@respx.mock
def test_the_decorator_of_respx(wired):
    """Under ``@respx.mock`` ours is ours, and not in its list of calls."""
    route = respx.get(THEIRS).respond(text="theirs")

    assert "access_token" in httpx.get(OURS).text
    assert httpx.get(THEIRS).text == "theirs"
    assert route.call_count == 1
    assert len(respx.calls) == 1


def test_the_fixture_of_respx(wired, respx_mock):
    """With ``respx_mock`` ours is ours, and its own routes must be called."""
    respx_mock.get(THEIRS).respond(text="theirs")

    assert "access_token" in httpx.get(OURS).text
    assert httpx.get(THEIRS).text == "theirs"
    assert len(respx_mock.calls) == 1


@pytest.mark.respx(assert_all_mocked=False)
def test_a_router_that_answers_everything(respx_mock, wired):
    """A router that answers whatever comes does not get ours."""
    assert "access_token" in httpx.get(OURS).text
    assert httpx.get("https://unknown.example/").text == ""


def test_what_respx_lets_through(wired, respx_mock, loopback):
    """A route that passes through still leads to the real network."""
    respx_mock.route(host="127.0.0.1").pass_through()

    assert httpx.post(loopback + "/", content=b"x").content == b"real:x"


def test_two_boards_with_a_router_between(wired, respx_mock):
    """What the router of the user's refuses is refused, although a board comes after it."""
    from transport_harness import FakeBoard

    from pytest_oauthcc.transports.installation import Installation

    inner = FakeBoard()
    inner.claims = lambda _: False
    second = Installation(inner)
    second.start()
    try:
        assert "access_token" in httpx.get(OURS).text
        with pytest.raises(respx.models.AllMockedAssertionError):
            httpx.get("https://unknown.example/")
    finally:
        second.stop()


def test_a_request_that_outlasts_the_transports(wired, installation, loopback):
    """A request that is under way when ours stops, as in a thread that outlives its test, goes on to the network."""

    def stop_meanwhile(request, *, stubs_below):
        installation.stop()

    wired.answer = stop_meanwhile

    assert httpx.post(loopback + "/", content=b"x").content == b"real:x"


def test_respx_starts_in_its_own_way_where_something_looks_different(board, installation, patch_points_before):
    """A patch of the user's below respx is found and put back, though the functions of an earlier start are known."""
    installation.start()
    installation.stop()
    import httpcore

    def handle_request(pool, request):
        return httpcore.Response(299)

    with unittest.mock.patch.object(httpcore.ConnectionPool, "handle_request", handle_request):
        installation.start()
        assert "access_token" in httpx.get(OURS).text
        installation.stop()
        assert httpcore.ConnectionPool.handle_request is handle_request
        installation.start()
    installation.stop()  # later than the patch below it
    assert patch_points() == patch_points_before


def test_targets_of_respx_that_change(board, installation, patch_points_before):
    """Targets that the user adds to respx are patched as well."""
    installation.start()
    installation.stop()
    mocker = Mocker.registry["httpcore"]
    mocker.add_targets("httpcore.HTTPProxy")
    try:
        installation.start()
        assert "access_token" in httpx.get(OURS).text
        assert len(mocker._patches) > patch_points_before["httpcore"][1] + 6
        mocker.remove_targets("httpcore.HTTPProxy")
        assert "access_token" in httpx.get(OURS).text
        installation.stop()
    finally:
        if "httpcore.HTTPProxy" in mocker.targets:
            mocker.remove_targets("httpcore.HTTPProxy")


@pytest.mark.parametrize("patches", [None, [object()]], ids=["no list", "other objects"])
def test_patches_of_respx_of_an_unknown_kind(board, patches):
    """Were respx to keep its patches otherwise, its own start and stop would do, each time."""
    from pytest_oauthcc.transports.respx_patches import MockerPatches

    class Tomorrow:
        targets = ("a.B",)
        target_methods = ("c",)
        starts = 0

        def start(self):
            self.starts += 1
            self._patches = patches

    mocker = Tomorrow()
    cheaply = MockerPatches(mocker)
    for _ in range(3):
        cheaply.start()
        mocker._patches = None

    assert mocker.starts == 3


def test_requests_mock_with_real_http(wired, loopback):
    """What requests_mock lets through on purpose reaches the real network, ours never."""
    requests_mock = pytest.importorskip("requests_mock")
    with requests_mock.Mocker(real_http=True) as mock:
        assert requests.post(loopback + "/", data=b"x").content == b"real:x"
        assert "access_token" in requests.get(OURS).text
        assert mock.request_history[0].url == loopback + "/"
        assert len(mock.request_history) == 1
    assert [stubs_below for _, stubs_below in wired.asked] == [True, True]


def test_requests_mock_left_over(board, installation):
    """The hook of an adapter does nothing once ours has stopped."""
    requests_mock = pytest.importorskip("requests_mock")
    installation.start()
    hooked = requests_mock.Adapter.send
    installation.stop()
    adapter = requests_mock.Adapter()
    adapter.register_uri("GET", THEIRS, text="theirs")

    assert hooked(adapter, requests.Request("GET", THEIRS).prepare()).text == "theirs"


def test_the_hook_of_responses_left_over(board, installation):
    """The hook of a mock does nothing once ours has stopped."""
    installation.start()
    hooked = responses.RequestsMock._on_request
    installation.stop()
    user = Responses()

    assert hooked(user.mock, HTTPAdapter(), requests.Request("GET", THEIRS).prepare()).text == "theirs"


def test_a_patch_above_httpcore_counts_as_a_stub(wired, monkeypatch, loopback):
    """Where somebody stands above httpcore, what they let down may go to the network."""
    original = httpx.HTTPTransport.handle_request
    seen = []

    def handle(self, request):
        seen.append(request.method)
        return original(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)

    assert httpx.post(loopback + "/", content=b"x").content == b"real:x"
    assert seen == ["POST"]
    assert wired.asked[0][1] is True


@pytest.fixture
def httpx_mock_too(request):
    """The fixture of pytest-httpx, where that is installed."""
    pytest.importorskip("pytest_httpx")
    return request.getfixturevalue("httpx_mock")


@pytest.mark.parametrize("get", [Respx().get, AsyncRespx().get], ids=["sync", "async"])
def test_pytest_httpx(httpx_mock_too, wired, get):
    """With ``httpx_mock`` ours is ours, and theirs theirs."""
    httpx_mock_too.add_response(url=THEIRS, text="theirs")

    assert "access_token" in get(OURS)
    assert get(THEIRS) == "theirs"
    assert [str(request.url) for request in httpx_mock_too.get_requests()] == [THEIRS]

    wired.outcome = NetworkFault("read_timeout", "gone")
    with pytest.raises(httpx.ReadTimeout, match="gone"):
        get(OURS)
    wired.outcome = NetworkFault("reset", "gone", Response(200, (), b"half"))
    with pytest.raises(httpx.ReadError, match="gone"):
        get(OURS)
    wired.outcome, wired.gate = Response(200, (), b"open"), Gate(until=1)
    assert get(OURS) == "open"


@pytest.mark.parametrize("kind", [Respx, AsyncRespx])
def test_pytest_httpx_left_over(httpx_mock_too, board, installation, kind):
    """The hook of ``httpx_mock`` does nothing once ours has stopped."""
    httpx_mock_too.add_response(url=THEIRS, text="theirs")
    import pytest_httpx

    installation.start()
    names = ["_handle_request", "_handle_async_request"]
    hooked = [vars(pytest_httpx.HTTPXMock)[name] for name in names]
    installation.stop()
    originals = [vars(pytest_httpx.HTTPXMock)[name] for name in names]
    try:
        for name, function in zip(names, hooked, strict=True):
            setattr(pytest_httpx.HTTPXMock, name, function)
        assert kind().get(THEIRS) == "theirs"
    finally:
        for name, function in zip(names, originals, strict=True):
            setattr(pytest_httpx.HTTPXMock, name, function)


VCR_STYLES = [RequestsFunctions(), HttpxClient(), HttpxAsync(), Httpx2Client(), Httpx2Async(), Urlopen()]


@each(VCR_STYLES)
def test_vcr_records_what_is_not_ours(style, wired, loopback, tmp_path):
    """A cassette of vcrpy gets what the board lets go, and nothing else."""
    vcr = pytest.importorskip("vcr")
    with vcr.use_cassette(str(tmp_path / "cassette.yaml")) as cassette:
        assert style.send("POST", loopback + "/", body=b"x").body == b"real:x"
        assert style.send("POST", OURS, body=b"secret").status == 200
        assert [request.uri for request in cassette.requests] == [loopback + "/"]

    assert {stubs_below for _, stubs_below in wired.asked} == {True}


@each(VCR_STYLES)
def test_vcr_plays_what_is_not_ours(style, wired, loopback, tmp_path):
    """A cassette that may not be written plays what it has, and does not refuse ours."""
    vcr = pytest.importorskip("vcr")
    path = str(tmp_path / "cassette.yaml")
    with vcr.use_cassette(path):
        style.send("POST", loopback + "/", body=b"x")

    with vcr.use_cassette(path, record_mode="none") as cassette:
        assert style.send("POST", OURS, body=b"secret").status == 200
        assert style.send("POST", loopback + "/", body=b"x").body == b"real:x"
        assert cassette.all_played
        with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
            style.send("POST", loopback + "/other", body=b"x")


def test_vcr_left_over(board, installation):
    """What we put into the class of the cassettes does nothing once ours has stopped."""
    pytest.importorskip("vcr")
    from vcr.cassette import Cassette
    from vcr.request import Request

    installation.start()
    filters = Cassette.filter_request
    installation.stop()
    request = Request("GET", OURS, None, {})

    assert filters(Cassette("none.yaml"), request) is request
