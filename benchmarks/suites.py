"""Rows: whole runs of pytest over generated tests, and the same tests as one would write them by hand."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from benchmarks.measuring import Figures, alternate
from benchmarks.row import LeftOut, row

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = int(os.environ.get("OAUTHCC_BENCHMARK_TESTS", "1000"))

_CLIENT = '''
import time
import pytest
$imports

FORM = {"grant_type": "client_credentials", "scope": "orders:read"}
TOKEN_URL, API_URL = "https://auth.acme.test/oauth/token", "https://api.acme.test/v1/"
NUMBERS = range($tests)


class Client:
    """What is tested: keeps a token until it expires."""

    def __init__(self, session, token_url, api_url, credentials):
        self.session, self.token_url, self.api_url, self.credentials = session, token_url, api_url, credentials
        self.token, self.expires_at, self.fetched = "", 0.0, 0

    def orders(self):
        if time.time() >= self.expires_at:
            answer = self.session.post(self.token_url, data=FORM, auth=self.credentials).json()
            self.token, self.expires_at = answer["access_token"], time.time() + answer["expires_in"]
            self.fetched += 1
        return self.session.get(self.api_url + "orders", headers={"Authorization": "Bearer " + self.token}).json()

$session
'''

_SESSIONS = {
    "requests": (
        "import requests",
        "@pytest.fixture\ndef session():\n    with requests.Session() as made:\n        yield made\n",
    ),
    "httpx": (
        "import httpx",
        "@pytest.fixture(scope='session')\ndef session():\n    with httpx.Client() as made:\n        yield made\n",
    ),
    "httpx-each": (
        "import httpx",
        "@pytest.fixture\ndef session():\n    with httpx.Client() as made:\n        yield made\n",
    ),
}

_OURS = """
@pytest.fixture
def client(oauthcc, session):
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])
    return Client(session, oauthcc.token_url, oauthcc.api_url, (oauthcc.client_id, oauthcc.client_secret))

@pytest.mark.parametrize("number", NUMBERS)
def test_orders(number, client, oauthcc):
    assert client.orders() == [{"id": 7}]
    oauthcc.assert_token_request(scope="orders:read")
"""

_OURS_EXPIRY = _OURS.replace(
    "    oauthcc.assert_token",
    "    oauthcc.clock.advance(3601)\n    assert client.orders() == [{'id': 7}]\n"
    "    assert len(oauthcc.token_requests) == 2\n    oauthcc.assert_token",
)

# By hand, with the same signed tokens: benchmarks.by_hand is what a user's conftest would have.
_THEIRS = """
from benchmarks.by_hand import $stub

@pytest.fixture
def client(session):
    with $stub() as calls:
        yield Client(session, TOKEN_URL, API_URL, ("orders-app", "s3cret"))

@pytest.mark.parametrize("number", NUMBERS)
def test_orders(number, client):
    assert client.orders() == [{"id": 7}]
    assert client.fetched == 1
"""

_THEIRS_FREEZEGUN = """
import datetime
import freezegun
from benchmarks.by_hand import $stub

@pytest.fixture
def client(session):
    with $stub():
        yield Client(session, TOKEN_URL, API_URL, ("orders-app", "s3cret"))

@pytest.mark.parametrize("number", NUMBERS)
def test_orders(number, client):
    assert client.orders() == [{"id": 7}]
    with freezegun.freeze_time(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3601)):
        assert client.orders() == [{"id": 7}]
    assert client.fetched == 2
"""


def _write(folder: Path, session: str, tests: str, stub: str = "") -> None:
    imports, fixture = _SESSIONS[session]
    text = Template(_CLIENT).substitute(imports=imports, session=fixture, tests=TESTS)
    folder.mkdir()
    (folder / "test_suite.py").write_text(text + Template(tests).substitute(stub=stub), encoding="utf-8")


def _run(folder: Path, *more: str) -> float:
    """Return the wall seconds of a run that has to pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *more]
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [*command, str(folder)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-3000:] + done.stderr[-1000:])
    return time.perf_counter() - began


def _suites(
    rounds: int, session: str, ours: str, theirs: str, options: tuple[str, ...], mine: tuple[str, ...]
) -> Figures:
    stub = "stub_requests" if session == "requests" else "stub_httpx"
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder, "ours"), Path(folder, "theirs")
        _write(first, session, ours)
        _write(second, session, theirs, stub)
        # The environment's other plugins stay out; respx's own is wanted by neither.
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return alternate(
            lambda: _run(first, "-p", "pytest_oauthcc.plugin", *options, *mine), lambda: _run(second, *options), rounds
        )


_TWO_WORKERS = ("-p", "xdist", "-n", "2")


def _want(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise LeftOut(f"{module} is not installed")


def _register(name: str, what: str, against: str, target: float, measure: Callable[..., Figures]) -> None:
    row(f"suite-{name}", what, against, target, processes=1)(lambda rounds: measure(rounds, ()))

    @row(f"suite-{name}-n2", f"{what}, `-n 2`", against, target, processes=1)
    def _(rounds: int) -> Figures:
        _want("xdist")
        return measure(rounds, _TWO_WORKERS)


_TOKEN = "1,000 tests with a token and an API call each"
_EXPIRY = "1,000 tests that cross an expiry each"
_SAME = "the same by hand with {}"

_register(
    "requests",
    f"{_TOKEN}, requests",
    _SAME.format("`responses`"),
    1.1,
    lambda rounds, options: _suites(rounds, "requests", _OURS, _THEIRS, options, ()),
)
_register(
    "httpx",
    f"{_TOKEN}, httpx, one client for all",
    _SAME.format("`respx`"),
    1.1,
    lambda rounds, options: _suites(rounds, "httpx", _OURS, _THEIRS, options, ()),
)
_register(
    "expiry",
    f"{_EXPIRY}, freezegun",
    _SAME.format("`responses` and `freezegun` in each"),
    0.5,
    lambda rounds, options: _suites(rounds, "requests", _OURS_EXPIRY, _THEIRS_FREEZEGUN, options, ()),
)


def _with_time_machine(rounds: int, options: tuple[str, ...]) -> Figures:
    _want("time_machine")
    mine = ("-o", "oauthcc_clock_backend=time-machine")
    return _suites(rounds, "requests", _OURS_EXPIRY, _THEIRS_FREEZEGUN, options, mine)


_register(
    "expiry-time-machine",
    f"{_EXPIRY}, time-machine",
    _SAME.format("`responses` and `freezegun` in each"),
    0.5,
    _with_time_machine,
)
_register(
    "httpx-each",
    f"{_TOKEN}, an httpx client each",
    _SAME.format("`respx`"),
    0.15,
    lambda rounds, options: _suites(rounds, "httpx-each", _OURS, _THEIRS, options, ()),
)


# --- the contract

_CONTRACT = '''
import time
import pytest
import requests
from pytest_oauthcc import ClientContract


class Client:
    """A client as people write it; it breaks some of the contract."""

    def __init__(self, token_url, api_url, client_id, client_secret):
        self.token_url, self.api_url, self.credentials = token_url, api_url, (client_id, client_secret)
        self.token, self.expires_at = "", 0.0

    def renew(self):
        form = {"grant_type": "client_credentials", "scope": "orders:read"}
        answer = requests.post(self.token_url, data=form, auth=self.credentials, timeout=5, allow_redirects=False)
        answer.raise_for_status()
        self.token = answer.json()["access_token"]
        self.expires_at = time.time() + answer.json().get("expires_in", 0) - 30

    def orders(self):
        if time.time() >= self.expires_at:
            self.renew()
        answer = requests.get(self.api_url, headers={"Authorization": "Bearer " + self.token}, timeout=5)
        if answer.status_code == 401:
            self.renew()
            answer = requests.get(self.api_url, headers={"Authorization": "Bearer " + self.token}, timeout=5)
        answer.raise_for_status()
        return answer.json()


class TestClient(ClientContract):
    scope = "orders:read"

    @pytest.fixture
    def call_api(self, oauthcc):
        return Client(oauthcc.token_url, oauthcc.api_url, oauthcc.client_id, oauthcc.client_secret).orders

    @pytest.fixture
    def make_client(self, oauthcc):
        def make(client_id=None, client_secret=None, scope=None):
            id, secret = client_id or oauthcc.client_id, client_secret or oauthcc.client_secret
            return Client(oauthcc.token_url, oauthcc.api_url, id, secret).orders

        return make
'''


@row("contract", "all of `ClientContract` for a plain client of requests, one process", "", 3.0, processes=1)
def _contract(rounds: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "test_contract.py")
        path.write_text(_CONTRACT, encoding="utf-8")
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_oauthcc.plugin"]
        found, said = [], ""
        for _ in range(rounds):
            began = time.perf_counter()
            done = subprocess.run(  # noqa: S603
                [*command, "--tb=no", "--rootdir", folder, folder],
                check=False,
                capture_output=True,
                text=True,
                cwd=folder,
            )
            found.append(time.perf_counter() - began)
            said = done.stdout.strip().splitlines()[-1]
    return Figures(found, note=said)
