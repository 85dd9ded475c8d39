"""Why a check is left undecided: for each reason a client for which it is the right one to give."""

from __future__ import annotations

from pathlib import Path

import preload  # noqa: F401
import pytest

from pytest_oauthcc import ClientContract
from pytest_oauthcc.contract.binding import checks_of

RAW = str(Path(__file__).with_name("zoo_raw.toml"))

HEAD = """
import threading
import time

import pytest
import requests

from pytest_oauthcc import ClientContract

def ask(oauthcc, url=None, auth=(), **more):
    form = {"grant_type": "client_credentials", **more}
    auth = (oauthcc.client_id, oauthcc.client_secret) if auth == () else auth
    return requests.post(url or oauthcc.token_url, data=form, auth=auth, timeout=5, allow_redirects=False)

def use(oauthcc, answer):
    answer.raise_for_status()
    headers = {"Authorization": "Bearer " + answer.json()["access_token"]}
    answer = requests.get(oauthcc.api_url, headers=headers, timeout=5)
    answer.raise_for_status()
    return answer

class Once:
    def __init__(self, oauthcc):
        self.oauthcc, self.answer = oauthcc, None
    def call(self):
        if self.answer is None:
            self.answer = use(self.oauthcc, ask(self.oauthcc))

class Waiting:
    def __init__(self, oauthcc):
        self.oauthcc, self.lock = oauthcc, threading.Lock()
    def call(self):
        answer = ask(self.oauthcc)
        if answer.status_code != 200:
            self.lock.acquire()
            self.lock.acquire()
        return use(self.oauthcc, answer)

class Swallowing:
    def __init__(self, oauthcc):
        self.oauthcc = oauthcc
    def call(self):
        answer = ask(self.oauthcc)
        return use(self.oauthcc, answer) if answer.status_code == 200 else None

class Blind:
    def __init__(self, oauthcc):
        self.oauthcc, self.clocks, self.until = oauthcc, (time.time,), 0.0
    def call(self):
        if self.clocks[0]() >= self.until:
            self.answer = ask(self.oauthcc)
            self.until = self.clocks[0]() + self.answer.json()["expires_in"]
        return use(self.oauthcc, self.answer)

class Forgetting:
    def __init__(self, oauthcc):
        self.oauthcc, self.answer = oauthcc, None
    def call(self):
        self.answer = self.answer or ask(self.oauthcc)
        try:
            return use(self.oauthcc, self.answer)
        except requests.HTTPError:
            self.answer = ask(self.oauthcc)
            raise

def found_url(oauthcc):
    return requests.get(oauthcc.metadata_url, timeout=5).json()["token_endpoint"].partition("?")[0]

class Hanging:
    def __init__(self):
        self.lock = threading.Lock()
    def call(self):
        self.lock.acquire()
        self.lock.acquire()

async def raising():
    raise RuntimeError("not configured")

class Misspelling:
    def __init__(self, oauthcc):
        self.oauthcc = oauthcc
    def call(self):
        headers = {"Authorization": "Barer " + ask(self.oauthcc).json()["access_token"]}
        requests.get(self.oauthcc.api_url, headers=headers, timeout=5).raise_for_status()

class Sleeping(Once):
    def __init__(self, oauthcc):
        super().__init__(oauthcc)
        self.over, self.was_used, self.is_old = threading.Event(), threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.renew, daemon=True)
        self.thread.start()
    def call(self):
        if self.answer is None:
            self.answer, self.since = ask(self.oauthcc), time.time()
        use(self.oauthcc, self.answer)
        self.was_used.set()
        self.is_old.wait(5)
    def renew(self):
        self.was_used.wait()
        while not self.over.is_set():
            time.sleep(30)
            if self.answer is not None and time.time() > self.since + 3300:
                self.answer = None
                self.is_old.set()
    def close(self):
        self.over.set()
        self.was_used.set()
        self.thread.join()

@pytest.fixture
def little_patience(monkeypatch):
    monkeypatch.setattr("pytest_oauthcc.contract.calls.PATIENCE", 0.3)
"""

CONTRACT = """
{mark}
class TestClient(ClientContract):
    advice = True
    @pytest.fixture
    def call_api(self, oauthcc, {fixtures}):
        {code}
    @pytest.fixture
    def send_body(self, call_api):
        return {send_body}
"""


class Reports:
    """A plugin that keeps what was told of each check."""

    def __init__(self):
        self.told = {}

    def pytest_runtest_logreport(self, report):
        """Keep the outcome and the text of a check."""
        check = dict(report.user_properties).get("oauthcc_contract", "").rpartition(" ")[2]
        if report.when == "call" or not report.passed:
            self.told.setdefault(check, f"{report.outcome}: {report.longrepr or ''}")


@pytest.fixture
def told(pytester):
    """Run some checks on a client, and return what was told of each: the outcome, then its text."""
    tests = {check.id: name for name, _, check in checks_of(ClientContract)}

    def run(code, *checks, mark="", fixtures="oauthcc_clock", head="", send_body="None"):
        if "Hanging" in code:  # the others may take as long as a large process wants
            fixtures += ", little_patience"
        pytester.makepyfile(HEAD + head + CONTRACT.format(code=code, mark=mark, fixtures=fixtures, send_body=send_body))
        reports = Reports()
        only = " or ".join(tests[check] for check in checks)
        pytester.inline_run("-p", "no:randomly", "-p", "no:asyncio", "-k", only, plugins=[reports])
        return reports.told

    return run


ONCE = "return Once(oauthcc).call"
WAITING = "return Waiting(oauthcc).call"
PLAIN = "return lambda: use(oauthcc, ask(oauthcc))"

UNDECIDED = {
    "it works once, and then does nothing": (
        ONCE,
        {
            "does-not-renew-on-403": "the client did not call the API a second time",
            "does-not-renew-on-api-errors": "the client did not call the API a second time",
            "keeps-the-token-from-other-hosts": "the client did not call the API a second time",
            "recovers-after-a-failed-renewal": "the client did not try to renew",
            "renews-once-for-many-callers": "the client does not renew",
            "survives-a-key-rotation": "the client does not renew",
        },
    ),
    "it waits for ever when it is refused": (
        WAITING,
        {
            "gives-up-on-a-broken-token-endpoint": "the client waits in a way that can't be skipped",
            "recovers-after-an-outage": "the client waits in a way that can't be skipped",
            "recovers-after-a-failed-renewal": "the client waits in a way that can't be skipped",
        },
    ),
    "it says nothing when it is refused": (
        "return Swallowing(oauthcc).call",
        {
            "tells-the-servers-error": "the call raised no exception; see raises-when-refused",
            "tells-the-status-of-an-error-page": "the call raised no exception; see raises-when-refused",
        },
    ),
    "it counts on a clock out of reach": (
        "return Blind(oauthcc).call",
        {"renews-an-expired-token": "but Blind of test_it_counts_on_a_clock_out_of_reach holds a clock"},
    ),
    "it is asynchronous, and fails": (
        "return raising",
        {
            "does-not-block-the-event-loop": "the client made no token request (RuntimeError('not configured'))",
            "works-on-a-second-event-loop": "the client fails on its own loop (RuntimeError: not configured)",
            "survives-a-cancelled-caller": "the client fails on its own loop (RuntimeError: not configured)",
        },
    ),
    "it takes the URL from the metadata": (
        "return lambda: use(oauthcc, ask(oauthcc, found_url(oauthcc)))",
        {"keeps-the-query-of-the-token-url": "the client takes the token URL from the provider's metadata"},
    ),
    "it never comes back": (
        "return Hanging().call",
        {"reuses-its-token": "the client fails before anything is provoked (it did not come back)"},
    ),
    "its token is of no use to the API": (
        "return Misspelling(oauthcc).call",
        {
            "works-with-expires-in-null": "the client fails on expires_in: null, and on plain answers as well",
            "recovers-after-an-outage": "the client got a token again, and fails with it",
        },
    ),
    "it asks the API first, and then for nothing but a token": (
        "return lambda: (requests.get(oauthcc.api_url, timeout=5), ask(oauthcc))",
        {
            "sends-the-token-as-the-api-wants-it": "the client called the API before it asked for a token, and never since"
        },
    ),
    "it sends no secret": (
        "return lambda: use(oauthcc, ask(oauthcc, auth=None, client_id=oauthcc.client_id))",
        {"sends-a-long-secret": "the client authenticates by none, and sends no secret"},
    ),
    "its class has no make_client": (
        PLAIN,
        {
            "keeps-tokens-of-clients-apart": "it needs the fixture make_client",
            "repeats-the-same-body": "it needs the fixture send_body",
        },
    ),
}


@pytest.mark.parametrize("client", UNDECIDED)
def test_a_client_leaves_a_check_undecided(told, client, request):
    """The check is skipped, and says for which reason."""
    code, reasons = UNDECIDED[client]
    found = told(code, *reasons)
    module = request.node.name.partition("[")[0]

    for check, reason in reasons.items():
        expected = reason.replace("test_it_counts_on_a_clock_out_of_reach", module)
        assert found[check].startswith("skipped: "), found[check]
        assert expected in found[check]


OWN_TYPE = """
title = "A provider of tickets"
summary = "Its tokens have a type of their own."
sources = ["Nobody: it is made up for a test"]
token_type = "ticket"
"""

PROVIDERS = {
    "colons are not possible": (
        f"@pytest.mark.oauthcc({RAW!r})",
        {"keeps-a-colon-in-its-id": "the provider reads Basic credentials as they are"},
    ),
    "the query is the place for secrets": (
        "@pytest.mark.oauthcc('adobe-ims')",
        {"keeps-the-secret-out-of-the-url": "the provider takes credentials in the query"},
    ),
    "the token URL has a query already": (
        "@pytest.mark.oauthcc(token_url='https://auth.oauthcc.test/token?tenant=t')",
        {"keeps-the-query-of-the-token-url": "the provider's token URL has a query already"},
    ),
    "its tokens are of a type of its own": (
        "@pytest.mark.oauthcc('own_type.toml')",
        {"takes-token-type-in-any-case": "the provider's tokens are of the type ticket"},
    ),
    "tokens are opaque": (
        "@pytest.mark.oauthcc(token_format='opaque')",
        {"survives-a-key-rotation": "the provider's tokens are opaque"},
    ),
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_leaves_a_check_undecided(told, provider, pytester):
    """Where the provider's own ways leave nothing to check, that is the reason."""
    pytester.makefile(".toml", own_type=OWN_TYPE)
    mark, reasons = PROVIDERS[provider]
    found = told(PLAIN, *reasons, mark=mark)

    for check, reason in reasons.items():
        assert found[check].startswith("skipped: "), found[check]
        assert reason in found[check]


SERVED = {
    "plain HTTP": ("", PLAIN.replace("oauthcc", "server"), "oauthcc_server speaks plain HTTP"),
    "TLS, and a client that works once": (
        "@pytest.mark.oauthcc(tls=True)",
        ONCE.replace("oauthcc", "server"),
        "the client made no more requests, and raised no exception",
    ),
}


@pytest.mark.parametrize("how", SERVED)
def test_a_server_leaves_certificates_undecided(told, how, monkeypatch):
    """Without TLS there is no certificate to show; without another request nobody looks at it."""
    mark, code, reason = SERVED[how]
    head = (
        "class Here:\n"
        "    def __init__(self, oauthcc, server):\n"
        "        self.token_url, self.api_url = server.token_url, server.api_url\n"
        "        self.client_id, self.client_secret = oauthcc.client_id, oauthcc.client_secret\n"
    )
    trust = "monkeypatch.setenv('REQUESTS_CA_BUNDLE', str(oauthcc_server.ca_pem_path))" if mark else "pass"
    code = f"{trust}\n        server = Here(oauthcc, oauthcc_server)\n        {code}"
    found = told(code, "refuses-bad-certificates", mark=mark, fixtures="oauthcc_server, monkeypatch", head=head)

    assert found["refuses-bad-certificates"].startswith("skipped: "), found
    assert reason in found["refuses-bad-certificates"]


SYSTEMS = {
    "counts-alike-in-every-time-zone": ("monkeypatch.delattr(time, 'tzset')", "the time zone of a process can't be"),
    "keeps-cached-tokens-private": (
        "monkeypatch.setattr('pytest_oauthcc.contract.keeping._HAS_MODES', False)",
        "files have no POSIX modes on this system",
    ),
}


@pytest.mark.parametrize("check", SYSTEMS)
def test_a_system_leaves_a_check_undecided(told, check):
    """What Windows does not have can't be checked there."""
    patch, reason = SYSTEMS[check]
    head = f"@pytest.fixture(autouse=True)\ndef another_system(monkeypatch):\n    {patch}\n"

    assert reason in told(PLAIN, check, head=head)[check]


def test_who_renews_on_401_may_leave_the_repetition_to_the_caller(told):
    """A client that gets a new token for the next call is not blamed for it where the matter is another one."""
    found = told("return Forgetting(oauthcc).call", "survives-a-key-rotation", "repeats-the-call-after-a-401")

    assert found["survives-a-key-rotation"].startswith("passed")
    assert found["repeats-the-call-after-a-401"].startswith("failed")


def test_parameters_that_the_provider_wants_are_seen_in_renewals_too(told):
    """A client that sends them every time holds; one that forgets them when it renews does not."""
    mark = "@pytest.mark.oauthcc(params={'tenant': 't1'})"
    check = "sends-the-parameters-that-the-provider-wants"
    forgetting = (
        "more = [{'tenant': 't1'}]\n        return lambda: use(oauthcc, ask(oauthcc, **(more.pop() if more else {})))"
    )

    assert told("return lambda: use(oauthcc, ask(oauthcc, tenant='t1'))", check, mark=mark)[check].startswith("passed")
    assert "token request 2 lacks the parameter tenant" in told(forgetting, check, mark=mark)[check]


def test_an_object_that_is_called_itself_is_printed(told):
    """A client may be an object with __call__; its repr is looked at like any other's."""
    head = (
        "class Caller(Once):\n"
        "    def __call__(self): return self.call()\n"
        "    def __repr__(self): return 'Caller(' + self.oauthcc.client_secret + ')'\n"
    )
    found = told("return Caller(oauthcc)", "hides-secrets-in-its-repr", head=head)

    assert "the client secret is in the repr of the client's Caller" in found["hides-secrets-in-its-repr"]


def test_a_file_that_is_private_or_has_no_token_may_be_there(told):
    """A client may keep its token in a file of its owner's, and anything else in a file for everybody."""
    head = (
        "import pathlib, tempfile\n"
        "class Writing(Once):\n"
        "    def call(self):\n"
        "        super().call()\n"
        "        home = pathlib.Path(tempfile.gettempdir())\n"
        "        (home / 'notes').write_text('no token in here')\n"
        "        (home / 'token').touch(0o600)\n"
        "        (home / 'token').write_text(self.answer.text)\n"
    )
    found = told("return Writing(oauthcc).call", "keeps-cached-tokens-private", head=head)

    assert found["keeps-cached-tokens-private"].startswith("passed"), found


def test_an_unknown_fixture_is_no_verdict(told):
    """A call_api that asks for a fixture that does not exist fails as in any other test."""
    found = told(PLAIN, "gets-a-token", fixtures="fixture_that_is_not_there")

    assert "fixture 'fixture_that_is_not_there' not found" in found["gets-a-token"]


def test_a_test_of_ones_own_needs_call_api_as_well(pytester):
    """A class without call_api says how to write it, also to its own tests."""
    pytester.makepyfile(HEAD + "class TestClient(ClientContract):\n    def test_own(self, call_api): pass\n")
    result = pytester.runpytest("-p", "no:randomly", "-p", "no:asyncio", "-k", "test_own")

    result.stdout.fnmatch_lines(["*OptionError: TestClient has no fixture call_api. Write it into the class:*"])


def test_a_thread_that_sleeps_makes_time_run_away(told):
    """Where skipped sleeps of another thread move the clock, many renewals are nobody's fault."""
    code = "client = Sleeping(oauthcc)\n        yield client.call\n        client.close()"
    found = told(code, "keeps-its-token-for-half-its-life", "gets-a-token")

    assert not any(text.startswith("failed") for text in found.values()), found
    assert "but the client has a thread that sleeps" in found["keeps-its-token-for-half-its-life"], found


def test_a_thread_that_does_not_sleep_is_no_excuse(told):
    """Another thread alone changes nothing about the verdict."""
    head = (
        "class Twofold:\n"
        "    def __init__(self, oauthcc):\n"
        "        self.oauthcc, self.over = oauthcc, threading.Event()\n"
        "        self.thread = threading.Thread(target=self.over.wait, daemon=True)\n"
        "        self.thread.start()\n"
        "    def call(self):\n"
        "        return use(self.oauthcc, ask(self.oauthcc))\n"
    )
    code = (
        "client = Twofold(oauthcc)\n        yield client.call\n        client.over.set()\n        client.thread.join()"
    )
    found = told(code, "reuses-its-token", head=head)

    assert found["reuses-its-token"].startswith("failed"), found


def test_a_log_message_that_can_not_be_written_is_no_mistake_of_the_contract(told):
    """What logging would only complain of does not fail the call, and is searched as it is."""
    head = (
        "import logging\n"
        "class Logging(Once):\n"
        "    def call(self):\n"
        "        super().call()\n"
        "        logging.getLogger('client').debug('%d tokens', self.answer.request.headers['Authorization'])\n"
    )
    found = told("return Logging(oauthcc).call", "keeps-secrets-out-of-logs", head=head)

    assert "an access token is in a DEBUG message of the logger 'client'" in found["keeps-secrets-out-of-logs"]
