# ruff: noqa: D102, F841, PT009, T201, TRY301
"""A suite that spills its secrets wherever pytest looks: copied into a run of its own, never collected here."""

import asyncio
import base64
import faulthandler
import html
import json
import logging
import os
import resource
import subprocess
import sys
import threading
import unittest
import urllib.parse
import warnings
from pathlib import Path

import pytest
import requests

ALL = [
    "raw",
    "url",
    "url_twice",
    "form",
    "basic",
    "basic_urlsafe",
    "json",
    "json_in_json",
    "repr",
    "bytes",
    "html",
    "lines",
]


def spelled(secret, how, client_id="leaky"):
    pair = f"{client_id}:{secret}".encode()
    return {
        "raw": secret,
        "url": urllib.parse.quote(secret, safe=""),
        "url_twice": urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
        "form": urllib.parse.urlencode({"client_secret": secret}),
        "basic": "Basic " + base64.b64encode(pair).decode(),
        "basic_urlsafe": base64.urlsafe_b64encode(pair).decode(),
        "json": json.dumps({"client_secret": secret}),
        "json_in_json": json.dumps({"body": json.dumps({"s": secret})}),
        "repr": repr({"s": secret, "t": [secret]}),
        "bytes": repr(secret.encode()),
        "html": html.escape(secret),
        "lines": f"{secret}\n{secret}",
    }[how]


def fetch(oauthcc):
    """Get a token, and note it where the judge finds it and no report does."""
    form = {"grant_type": "client_credentials"}
    quoted = urllib.parse.quote_plus(oauthcc.client_id), urllib.parse.quote_plus(oauthcc.client_secret)
    token = requests.post(oauthcc.token_url, form, auth=quoted, timeout=10).json()["access_token"]
    with Path(os.environ["TOKENS_FILE"]).open("a") as file:
        file.write(token + "\n")
    return token


@pytest.fixture(params=["secret", "token"])
def secret(request, oauthcc):
    return oauthcc.client_secret if request.param == "secret" else fetch(oauthcc)


@pytest.mark.parametrize("how", ALL)
def test_fails(secret, how):
    local = spelled(secret, how)
    print("out", local)
    print("err", local, file=sys.stderr)
    os.write(1, f"fd {local}\n".encode())
    logging.getLogger("leaky").error("log %s", local)
    warnings.warn(f"warning {local}", stacklevel=1)
    assert local == "something else", local


def test_diff(secret):
    assert {"a": secret, "b": [1, 2]} == {"a": secret[:-4] + "....", "b": [1, 3]}


def test_long_diff(secret):
    assert [f"{secret}{number}" for number in range(40)] == [f"{secret[:9]}{number}" for number in range(40)]


def test_cut(secret):
    long = "x" * 200 + secret + "y" * 200
    assert long == 1


class Thing:
    def __init__(self, secret):
        self.secret = secret

    def __repr__(self):
        return f"<Thing {self.secret}>" * 20


def test_objects(secret):
    thing = Thing(secret)
    raise RuntimeError(thing)


def test_chain(secret):
    try:
        raise ValueError(secret)
    except ValueError as error:
        raise KeyError(f"again {secret}") from error


def test_group(secret):
    raise ExceptionGroup(f"group {secret}", [ValueError(secret), OSError(2, secret)])


def test_notes(secret):
    try:
        raise ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError("deep")])])
    except ExceptionGroup as error:
        error.exceptions[0].exceptions[0].add_note(f"deep note {secret}")
        error.add_note(f"note {secret}")
        raise


def test_fails_plainly(secret):
    pytest.fail(f"plain {secret}", pytrace=False)


def test_exits(secret):
    raise SystemExit(f"exit {secret}")


def test_raises_with_match(secret):
    with pytest.raises(ValueError, match=f"^{secret[:5]}$"):
        raise ValueError(secret)


def test_child_process(secret):
    code = "import os, sys; print(os.environ['SPILL']); print(os.environ['SPILL'], file=sys.stderr)"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "SPILL": secret}, check=True)
    pytest.fail("to be shown")


def test_faulthandler(secret):
    local = secret
    faulthandler.dump_traceback(2)
    pytest.fail("to be shown")


def test_forgotten_task(secret):
    async def fail():
        raise RuntimeError(f"task {secret}")

    async def forget():
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(forget())


def test_log_of_an_exception(secret):
    try:
        raise ValueError(secret)
    except ValueError:
        logging.getLogger("leaky").exception("caught", extra={"secret": secret})
    pytest.fail("to be shown")


def test_subtests(subtests, secret):
    with subtests.test(f"subtest {secret}", value=secret):
        assert secret == ""


def test_skips(secret):
    pytest.skip(f"reason {secret}")


def test_xfails(secret):
    pytest.xfail(f"reason {secret}")


def test_properties(secret, record_property):
    record_property("key", secret)
    record_property(secret, 1)


def test_odd_properties(secret, record_property, record_xml_attribute):
    record_property("table", {"a": [secret], secret: 1})
    record_property("bytes", secret.encode())
    record_property("set", [{secret}, Thing(secret)] if "PYTEST_XDIST_WORKER" not in os.environ else secret)
    record_xml_attribute("attribute", secret)


def test_suite_properties(secret, record_testsuite_property):
    record_testsuite_property("key", secret)


def test_passes_with_output(secret):
    print("passing", secret)
    logging.getLogger("leaky").warning("passing %s", secret)


def test_thread(secret):
    def run():
        raise RuntimeError(secret)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_unraisable(secret):
    class Broken:
        def __del__(self):
            raise RuntimeError(secret)

    Broken()


@pytest.fixture
def breaks(secret):
    raise RuntimeError(f"setup {secret}")


def test_error(breaks):
    pass


@pytest.fixture
def breaks_late(secret):
    yield
    raise RuntimeError(f"teardown {secret}")


def test_late_error(breaks_late):
    pass


def test_http_error(oauthcc):
    token = fetch(oauthcc)
    answer = requests.get(oauthcc.api_url + "nothing?access_token=" + token, timeout=10)
    answer.raise_for_status()


def test_provider(oauthcc, secret):
    local = oauthcc
    requests.post(oauthcc.token_url, {"client_secret": secret, "grant_type": "x"}, timeout=10)
    oauthcc.assert_token_request(params={"client_secret": secret + "!"})


def test_cache(secret, cache):
    cache.set("leaky/value", {"token": secret})


@pytest.fixture(autouse=True, scope="session")
def from_outside():
    key = os.environ["LEAKY_KEY"]
    print("setup of the session", key)


def test_key():
    pem = Path(os.environ["LEAKY_PEM"]).read_text()
    assert os.environ["LEAKY_KEY"] == "", pem


class TestUnit(unittest.TestCase):
    def test_unit(self):
        for name in ("LEAKY_SECRET", "LEAKY_KEY"):
            with self.subTest(name, value=os.environ[name]):
                self.assertEqual(os.environ[name], "")


def test_crash():
    """Only where it is asked to."""
    how = os.environ.get("LEAKY_CRASH")
    secret = os.environ["LEAKY_SECRET"]
    print(secret)
    logging.getLogger("leaky").error("before the crash %s", secret)
    if how == "exit":
        os._exit(3)
    if how == "abort":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.abort()


def test_end():
    """Only where it is asked to."""
    how = os.environ.get("LEAKY_END")
    secret = os.environ["LEAKY_SECRET"]
    if how == "interrupt":
        raise KeyboardInterrupt(f"interrupted {secret}")
    if how == "exit":
        pytest.exit(f"the end {secret}")
