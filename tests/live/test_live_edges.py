# ruff: noqa: D102
"""Odd answers, odd clients, and the parts of a run that happen in a worker or when pytest itself breaks."""

from __future__ import annotations

import gzip
import http.client
import http.server
import io
import json
import os
import threading
import time
import zlib
from types import SimpleNamespace
from typing import ClassVar

import jwt
import pytest

from pytest_oauthcc.live import plugin as live_plugin
from pytest_oauthcc.live.leak_search import LeakSearch
from pytest_oauthcc.live.quota import Quota
from pytest_oauthcc.live.targets import read_target
from pytest_oauthcc.transports.passage import Passage
from pytest_oauthcc.transports.urllib_passage import pass_on

SECRET = "s3cr3t-s3cr3t-s3cr3t"
HEAD = """
import socket, time, unittest, urllib.request, warnings
import httpcore, httpx, pytest, requests
from pytest_oauthcc import provider

def fetch(oauthcc, scope="a", **options):
    form = {"grant_type": "client_credentials", "scope": scope}
    form |= {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    return requests.post(oauthcc.token_url, form, timeout=9, **options)
"""


class OddServer(http.server.BaseHTTPRequestHandler):
    """Answers a token request by its scope, and an API request by its path."""

    protocol_version = "HTTP/1.1"
    count = 0

    def do_POST(self):
        from urllib.parse import parse_qs

        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        type(self).count += 1
        now = int(time.time())
        token = jwt.encode({"iat": now, "exp": now + 900, "scp": ["x"], "n": self.count}, "k" * 32)
        members = {"access_token": token, "token_type": "Bearer"}
        more = {
            "short": {"expires_in": 30},
            "long": {"expires_in": 900},
            "extra": {"expires_in": 900, "secret": "a" * 9},
        }
        scope = form.get("scope", [""])[0]
        status = {"busy": 429, "refused": 400}.get(scope, 200)
        self.answer(status, {**members, **more.get(scope, {})} if status == 200 else {"error": "invalid_scope"})

    def do_GET(self):
        status = {"/api/busy": 503, "/api/odd": 401}.get(self.path, 200)
        self.answer(
            status, None if self.path == "/api/empty" else {"message": "m", "list": [{"client_secret": "b" * 9}]}
        )

    def answer(self, status, members):
        body = b"" if members is None else json.dumps(members).encode()
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), ("Set-Cookie", "session=c00kie-c00kie; Path=/")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def odd(pytester, live):
    """Run some tests live against the odd server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OddServer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"

    def run(text, *arguments, **keys):
        from textwrap import dedent

        table = {"token_url": f"{base}/token", "api_url": f"{base}/api/", "client_id": "odd", **keys}
        lines = ['[tool.oauthcc.live.odd]\nclient_secret_env = "ODD_SECRET"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        (pytester.path / "pyproject.toml").write_text("\n".join(lines))
        pytester.makepyfile(test_odd=HEAD + dedent(text))
        return live("--oauthcc-target=odd", "-rs", *arguments, environment={"ODD_SECRET": SECRET})

    yield run
    server.shutdown()
    thread.join()
    server.server_close()


def test_odd_answers(odd, pytester):
    """Tokens without a lifetime, bad days, scopes as a list, answers where the fake would have refused: all are told."""
    result = odd(
        """
        def test_lifetimes(oauthcc):
            assert fetch(oauthcc).status_code == 200
            token = oauthcc.token_requests[0].token
            assert abs(token.expiry - time.time() - 900) < 10
            oauthcc.clock.advance(seconds=60)
            form = {"grant_type": "client_credentials", "client_id": "odd", "client_secret": oauthcc.client_secret}
            requests.post(oauthcc.token_url, form, timeout=9)
            assert oauthcc.token_requests[1].token.scopes == {"x"}
            assert oauthcc.metadata_url.endswith("/.well-known/oauth-authorization-server")

        @pytest.mark.parametrize("scope", ["busy", "refused"])
        def test_refused(oauthcc, scope):
            assert fetch(oauthcc, scope).status_code >= 400

        @pytest.mark.oauthcc(strict=False)
        def test_nobody(oauthcc):
            assert requests.post(oauthcc.token_url, {"grant_type": "client_credentials"}, timeout=9).status_code == 200

        def test_api(oauthcc):
            for path, status in {"busy": 503, "odd": 401, "fine": 200, "empty": 200}.items():
                headers = {"X-Api-Key": "k3y-k3y-k3y"}
                assert requests.get(oauthcc.api_url + path, headers=headers, timeout=9).status_code == status
            with urllib.request.urlopen(oauthcc.api_url + "empty") as answer:
                assert answer.read() == b""
            with urllib.request.urlopen(oauthcc.api_url + "fine") as answer:
                buffer = bytearray(7)
                while answer.readinto(buffer):
                    pass
            oauthcc.api.get("/x").reply(json=1)
            assert oauthcc.api.get("/x") is oauthcc.api.get("/x")

        def test_httpcore(oauthcc):
            with httpcore.ConnectionPool() as pool:
                assert pool.request("GET", oauthcc.api_url + "fine").status == 200
            assert oauthcc.api_requests[0].status is None
        """,
        "--oauthcc-drift=d.json",
        "--oauthcc-learn=l.toml",
    )
    result.assert_outcomes(passed=6)
    rows = json.loads((pytester.path / "d.json").read_text())["differences"]
    statuses = [(row["what"], row["fake"], row["live"]) for row in rows if "status" in row["what"]]
    assert statuses == [
        ("API refusal (token_missing): status", "401", "200"),
        ("token answer: status", "200", "400 invalid_scope"),
        ("token answer: status", "401 invalid_client", "200"),
    ]


def test_failures_below_pytest_httpx(odd):
    """A network that fails below pytest-httpx fails for the client as it does without."""
    result = odd(
        """
        def test_sync(oauthcc, httpx_mock, monkeypatch):
            def refuse(*arguments):
                raise ConnectionRefusedError("nobody there")
            monkeypatch.setattr(socket.socket, "connect", refuse)
            with pytest.raises(httpx.ConnectError):
                httpx.get(oauthcc.api_url)
            assert oauthcc.api_requests[0].result == "refused"

        def test_async(oauthcc, httpx_mock, monkeypatch):
            import asyncio
            async def refuse(*arguments, **options):
                raise OSError("nobody there")
            monkeypatch.setattr("anyio.connect_tcp", refuse)
            async def go():
                async with httpx.AsyncClient() as client:
                    await client.get(oauthcc.api_url)
            with pytest.raises(httpx.ConnectError):
                asyncio.run(go())
            assert oauthcc.api_requests[0].result == "refused"

        def test_far_away(oauthcc, monkeypatch):
            assert fetch(oauthcc).status_code == 200
            def refuse(*arguments, **options):
                raise OSError("no network here")
            monkeypatch.setattr(socket, "getaddrinfo", refuse)
            with pytest.raises(requests.ConnectionError):
                requests.get("https://login.acme.example/", timeout=3)
        """,
        metadata_url="https://login.acme.example/metadata",
    )
    result.assert_outcomes(passed=3)


def test_reuse_of_odd_tokens(odd):
    """A token that is nearly over is not shared; one without expires_in is as long as it is good; sharing is per test."""
    result = odd(
        """
        SEEN = {}

        @pytest.mark.parametrize("number", range(2))
        @pytest.mark.parametrize(("scope", "shared"), [("short", False), ("long", True), ("none", True)])
        def test_shares(oauthcc, scope, shared, number):
            value = fetch(oauthcc, scope).json()["access_token"]
            assert (SEEN.setdefault(scope, value) == value) is (shared or number == 0)

        @pytest.fixture(scope="module")
        def wide():
            with provider() as p:
                yield p

        @pytest.mark.parametrize("number", range(2))
        def test_wide(wide, number):
            assert fetch(wide, "long").json()["access_token"] == SEEN["long"]
        """,
        reuse=True,
    )
    result.assert_outcomes(passed=8)


def test_reports_in_this_process(odd):
    """Errors, warnings, subtests and what tests put into the cache are masked; the last fails the run."""
    result = odd(
        f"""
        class TestUnit(unittest.TestCase):
            def test_sub(self):
                with self.subTest("x", value="{SECRET}"):
                    self.assertEqual("{SECRET}", "")

        def test_warns(oauthcc, cache):
            fetch(oauthcc)
            warnings.warn("{SECRET}")
            cache.set("odd/value", "{SECRET}")
        """,
        "--showlocals",
        "-Walways",
    )
    result.stdout.no_fnmatch_line(f"*{SECRET}*")
    result.stdout.fnmatch_lines(["*a secret slipped through: client_secret in value, where it is masked now"])
    assert odd(f"raise RuntimeError('{SECRET}')").ret != 0
    assert odd(f"import pytest\n@pytest.mark.parametrize('x', ['{SECRET}'])\ndef test_x(x): pass").ret == 4
    result = odd(f"def test_it(oauthcc, cache):\n    fetch(oauthcc)\n    cache.set('odd/value', '{SECRET}')")
    result.assert_outcomes(passed=1)
    assert result.ret == 1


def test_learning_nothing(odd, monkeypatch):
    """Without a token there is nothing to learn; a profile that the loader refuses is an error of the run."""
    result = odd("def test_it(oauthcc): requests.get(oauthcc.api_url, timeout=9)", "--oauthcc-learn=l.toml")
    result.stdout.fnmatch_lines(["*ERROR --oauthcc-learn: the provider issued no token*"])
    monkeypatch.setattr(live_plugin, "profile_text", lambda *_arguments: "colour = 1")
    result = odd("def test_it(oauthcc): fetch(oauthcc)", "--oauthcc-learn=l.toml", "-p", "no:logging")
    result.stdout.fnmatch_lines(["*ERROR --oauthcc-learn: profile l.toml has 1 mistake", "*unknown key 'colour'*"])
    assert result.ret == 1


def test_a_worker(tmp_path, monkeypatch):
    """A worker masks what it sends, tells what it saw, and needs neither a terminal nor a log."""
    for name, value in {"TOKEN_URL": "https://a.example/t", "CLIENT_ID": "c", "CLIENT_SECRET": SECRET}.items():
        monkeypatch.setenv(f"OAUTHCC_{name}", value)
    config = SimpleNamespace(
        option=SimpleNamespace(oauthcc_target=None),
        rootpath=tmp_path,
        workerinput={"oauthcc_live_directory": str(tmp_path)},
        workeroutput={},
        pluginmanager=SimpleNamespace(get_plugin=lambda _name: None),
        invocation_params=SimpleNamespace(dir=tmp_path),
        getini=lambda _name: "",
    )
    plugin = live_plugin.LivePlugin(config)
    plugin.pytest_sessionstart()
    steps = plugin.pytest_report_to_serializable()
    next(steps)
    with pytest.raises(StopIteration) as stop:
        steps.send({"text": SECRET})
    assert SECRET not in str(stop.value.value)
    steps = plugin.pytest_sessionfinish(None)
    next(steps)
    with pytest.raises(StopIteration):
        steps.send(None)
    assert config.workeroutput["oauthcc_live"]["exchanges"] == 0
    plugin.pytest_testnodedown(SimpleNamespace())
    plugin._search.leaks.append("x")
    plugin._search.tell(SimpleNamespace(exitstatus=1))
    excrepr = SimpleNamespace()
    plugin.pytest_internalerror(excrepr)
    plugin.pytest_unconfigure()
    assert tmp_path.exists()


def test_a_worker_fails_a_test_that_has_a_secret_in_its_name():
    """No usage error gets through from a worker; the name that it sends on has no secret."""
    plugin = live_plugin.LivePlugin.__new__(live_plugin.LivePlugin)
    plugin._is_worker, plugin.redact = True, lambda text: text.replace("hush", "***")
    item = type("Item", (), {"nodeid": property(lambda self: self._nodeid)})()
    item._nodeid, item.name = "test_it.py::test_it[hush]", "test_it[hush]"

    plugin.pytest_collection_modifyitems([item])

    assert (item.nodeid, item.name) == ("test_it.py::test_it[***]", "test_it[***]")
    with pytest.raises(pytest.fail.Exception, match=r"test_it\[\*\*\*\] has a secret among its parameters"):
        item.runtest()


def drain(answer):
    """Read by ``readinto`` as long as something comes."""
    parts, buffer = [], bytearray(7)
    while count := answer.readinto(buffer):
        parts.append(bytes(buffer[:count]))
    return parts


class Wire:
    """A socket from which an answer is read."""

    def __init__(self, content):
        self.content = content

    def makefile(self, _mode):
        return io.BufferedReader(io.BytesIO(self.content))


LINES = [b'{"access_token":\n', b'"abc"}\n']
STATUS = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FRAMED = {
    "with its length": STATUS + b"Content-Length: %d\r\n\r\n" % sum(map(len, LINES)) + b"".join(LINES),
    "in chunks": STATUS
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in LINES)
    + b"0\r\n\r\n",
}


@pytest.mark.parametrize("content", FRAMED.values(), ids=FRAMED)
@pytest.mark.parametrize(
    "read",
    [list, lambda answer: [answer.read()], lambda answer: list(iter(lambda: answer.read(5), b"")), drain],
    ids=["lines", "at once", "in pieces", "into a buffer"],
)
def test_urllib_notes_each_byte_once(content, read):
    """Whichever way a client reads, what is noted is what came."""
    noted = []
    response = http.client.HTTPResponse(Wire(content))
    response.begin()

    got = read(pass_on(Passage(lambda answer, is_over: noted.append((answer.body, is_over)), None), lambda: response))

    assert b"".join(got) == b"".join(LINES)
    assert noted == [(b"", False), (b"".join(LINES), True)]


def test_the_quota_and_others_who_take_theirs_back(tmp_path, monkeypatch):
    """A request that another worker takes back while it is counted does not count."""

    def gone():
        raise FileNotFoundError

    real = os.scandir
    gone_entry = SimpleNamespace(name="x.request", stat=gone)
    monkeypatch.setattr(os, "scandir", lambda path: [gone_entry, *real(path)])
    quota = Quota(tmp_path, 1)
    assert quota.take()
    assert not quota.take()
    assert abs(quota.now() - time.time()) < 5


def test_the_quota_of_the_last_minute(tmp_path):
    """What is older than a minute counts no more, and does not lie around in a long run."""
    quota = Quota(tmp_path, 1)
    assert quota.take()
    assert not quota.take()
    (taken,) = tmp_path.glob("*.request")
    os.utime(taken, (time.time() - 61, time.time() - 61))
    assert quota.take()
    assert len(list(tmp_path.glob("*.request"))) == 1
    assert not taken.exists()


def test_files_that_are_large_or_odd(odd, pytester, monkeypatch):
    """A file that is too large to be searched is named; one that is no text keeps its bytes but for the secret."""
    monkeypatch.setattr("pytest_oauthcc.live.canary._LARGEST", 1000)
    result = odd(
        f"""
        def test_it(oauthcc, cache):
            fetch(oauthcc)
            files = cache.mkdir("files")
            (files / "odd.bin").write_bytes(b"\\xff\\x00" + b"{SECRET}" + b"\\xfe")
            (files / "large.txt").write_text("{SECRET}" * 99)
        """
    )
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["oauthcc: large.txt is too large to be searched for secrets", "*slipped through: client_secret in odd.bin*"]
    )
    (file,) = pytester.path.rglob("odd.bin")
    assert file.read_bytes().startswith(b"\xff\x00***")
    assert file.read_bytes().endswith(b"\xfe")


def test_files_that_can_not_be_written(odd, pytester):
    """A file that was asked for and can't be written fails the run, which says why and goes on to its end."""
    (pytester.path / "taken").write_text("")
    options = [f"--oauthcc-{name}=taken/{name}" for name in ("drift", "learn", "report")]
    result = odd("def test_it(oauthcc): fetch(oauthcc)", *options)
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines_random(
        [
            f"oauthcc: ERROR --oauthcc-{name}: */taken/{name} can't be written: *"
            for name in ("drift", "learn", "report")
        ]
    )
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_plugin_that_breaks_off_at_the_end(odd, pytester):
    """What others have written is searched also where another plugin fails in the end."""
    pytester.makeconftest(
        f"""
        from pathlib import Path

        def pytest_sessionfinish(session):
            Path("junit.xml").write_text("{SECRET}")
            raise RuntimeError("broken")
        """
    )
    result = odd("def test_it(oauthcc): fetch(oauthcc)", "--junitxml=junit.xml")
    assert result.ret != 0
    assert SECRET not in (pytester.path / "junit.xml").read_text()
    assert SECRET not in result.stdout.str() + result.stderr.str()


class Blind:
    """A redactor that finds nothing."""

    secrets: ClassVar = {SECRET: "client_secret"}

    def redact(self, text):
        return text


@pytest.fixture
def search(tmp_path):
    """A search with nothing but the canary's own means, for the file ``junit.xml``."""
    config = SimpleNamespace(
        option=SimpleNamespace(xmlpath="junit.xml"),
        invocation_params=SimpleNamespace(dir=tmp_path),
        getini=lambda _name: "",
    )
    return LeakSearch(config, Blind())


def test_a_secret_that_the_redactor_can_not_find(search, tmp_path):
    """What only the other means find is left out of the terminal's text, and its file is emptied."""
    assert search.clean("all is well\n") == "all is well\n"
    assert search.clean(f"a {SECRET} b\n") == "\n"
    assert search.clean(f"a {SECRET} b") == ""
    (tmp_path / "junit.xml").write_text(f"<a>{SECRET}</a>")
    search.scan()
    assert (tmp_path / "junit.xml").read_text() == ""
    assert search.leaks == [
        *["client_secret on the terminal, where it was left out"] * 2,
        "client_secret in junit.xml, which is empty now, since it could not be masked",
    ]


def test_files_are_where_pytest_writes_them(odd, pytester, monkeypatch):
    """A variable in the name of a file is replaced, as pytest does it."""
    monkeypatch.setenv("WHERE", "somewhere")
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.hookimpl(trylast=True)
        def pytest_sessionfinish(session):
            with open("somewhere/junit.xml", "a") as file:
                file.write("{SECRET}")
        """
    )
    result = odd("def test_it(oauthcc): fetch(oauthcc)", "--junitxml=$WHERE/junit.xml")
    result.stdout.fnmatch_lines(["*slipped through: client_secret in junit.xml, where it is masked now*"])
    assert SECRET not in (pytester.path / "somewhere" / "junit.xml").read_text()


def test_more_of_targets(tmp_path):
    """Options of a profile may be numbers; a profile beside the file is found from anywhere."""
    (tmp_path / "p.toml").write_text('extends = "jim2"\n')
    (tmp_path / "pyproject.toml").write_text(
        '[tool.oauthcc.live.x]\nprofile = "p.toml"\ntoken_url = "https://a.example/t"\nclient_id = "c"\n'
        'client_secret_env = "S"\nlicences_env = "L"\n'
    )
    target = read_target("x", root=tmp_path, environ={"S": SECRET, "L": "3"})
    assert target.options["licences"] == 3
    assert target.options["profile"] == str(tmp_path / "p.toml")
    assert set(target.secrets) == {"client_secret"}


def noted(body, encoding):
    """Return what is noted of a body that a client has read."""
    found = []
    passage = Passage(lambda response, _complete: found.append(response), print)
    recording = passage.arrived(200, (("Content-Encoding", encoding),))
    recording.feed(body)
    recording.end()
    return found[-1].body


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (gzip.compress(b"text"), "gzip", b"text"),
        (zlib.compress(b"text"), "deflate", b"text"),
        (zlib.compress(b"text")[2:-4], "deflate", b"text"),  # without its head, as some servers send it
        (b"not packed", "gzip", b"not packed"),
        (b"text", "br", b"text"),
        (gzip.compress(bytes(4_000_000)), "gzip", bytes(4_000_000)),
        (gzip.compress(bytes(4_000_001)), "gzip", b""),
    ],
    ids=["gzip", "zlib", "raw", "not packed", "unknown", "large", "too large"],
)
def test_packed_bodies(body, encoding, expected):
    """A body is unpacked, stays as it is where it is not what it says, and is left out where it swells."""
    assert noted(body, encoding) == expected


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        ("requests.ConnectTimeout", "connect_timeout"),
        ("requests.ReadTimeout", "read_timeout"),
        ("requests.ConnectionError", "refused"),
    ],
)
def test_network_faults_are_told_apart(odd, raised, kind):
    """The journal says how the network failed on the way to the provider."""
    result = odd(
        f"""
        from pytest_oauthcc.transports import requests_transport

        def test_it(oauthcc, monkeypatch):
            def fail(passage, send):
                error = {raised}("nobody there")
                passage.failed(error)
                raise error
            monkeypatch.setattr(requests_transport, "pass_on", fail)
            with pytest.raises({raised}):
                requests.get(oauthcc.api_url, timeout=9)
            assert oauthcc.api_requests[0].result == "{kind.replace("_", " ")}"
        """
    )
    result.assert_outcomes(passed=1)
