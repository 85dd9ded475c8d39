"""What leaves the process: nothing with a fake, and in a live run only what is for the target."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SUITE = (Path(__file__).parent / "every_client.py").read_text()
LEAK = """
import socket

def test_leaks():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", 9))
    socket.getaddrinfo("127.0.0.1", 9)
"""


@pytest.fixture(autouse=True)
def suite_file(pytester):
    """The suite that uses every client."""
    pytester.makepyfile(test_clients=SUITE)


def test_what_is_watched(pytester, network_events):
    """The watch sees a socket that connects and a name that is looked up, so its silence means something."""
    pytester.makepyfile(test_leak=LEAK)
    pytester.runpytest_subprocess("test_leak.py", timeout=120).assert_outcomes(passed=1)
    assert network_events() == [
        ("socket.connect", ("127.0.0.1", 9)),
        ("socket.getaddrinfo", ("127.0.0.1", 9)),
    ]


def test_nothing_leaves_the_process_of_a_fake(live, network_events):
    """With a fake no client connects a socket or looks a name up, whatever it asks for."""
    result = live("test_clients.py", "-rs", live=False, subprocess=True)
    outcomes = result.parseoutcomes()
    assert "failed" not in outcomes
    assert outcomes["passed"] >= 14
    assert network_events() == []


def test_a_fake_needs_no_network(pytester, monkeypatch):
    """In a network namespace of its own, where even the loopback interface is down, everything passes."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody make a network namespace (unshare -rn)")
    monkeypatch.setenv("NO_NETWORK_HERE", "1")
    result = pytester.run(
        *(unshare, "-rn", sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_clients.py"),
        timeout=120,
    )
    outcomes = result.parseoutcomes()
    assert "failed" not in outcomes
    assert outcomes["passed"] >= 15


def test_only_the_target_is_reached(suite, pytester, network_events, authlib_server):
    """In a live run every client reaches the target's hosts and ports, and nothing else is even looked up."""
    result = suite(SUITE, "test_it.py", subprocess=True)
    outcomes = result.parseoutcomes()
    assert "failed" not in outcomes
    assert outcomes["passed"] >= 12
    events = network_events()
    target = {(parts.hostname, parts.port) for parts in map(urlsplit, authlib_server.urls.values())}
    assert {tuple(what[:2]) for _, what in events} == target
    assert {name for name, _ in events} == {"socket.connect", "socket.getaddrinfo"}


class Redirecting(http.server.BaseHTTPRequestHandler):
    """Sends everybody who asks for something to where its query says, with the status that its path says."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        """Redirect."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, _, place = self.path.removeprefix("/").partition("?")
        self.send_response(int(status))
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        """Redirect."""
        self.do_POST()

    def log_message(self, *arguments):
        """Say nothing."""


REDIRECTED = """
import asyncio, urllib.parse, urllib.request
import httpx, httpx2, pytest, requests
import pytest_oauthcc

async def by_async(oauthcc, url):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        await client.post(url, data=form(oauthcc))

def form(oauthcc):
    who = {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    return {"grant_type": "client_credentials", **who}

CLIENTS = {
    "requests": lambda oauthcc, url: requests.post(url, form(oauthcc), timeout=9),
    "httpx": lambda oauthcc, url: httpx.post(url, data=form(oauthcc), follow_redirects=True),
    "httpx2": lambda oauthcc, url: httpx2.post(url, data=form(oauthcc), follow_redirects=True),
    "urllib": lambda oauthcc, url: urllib.request.urlopen(url, urllib.parse.urlencode(form(oauthcc)).encode()),
    "async": lambda oauthcc, url: asyncio.run(by_async(oauthcc, url)),
}

@pytest.mark.oauthcc(strict=False, allow={"not-served": "that is what is tested"})
@pytest.mark.parametrize("post", CLIENTS.values(), ids=CLIENTS)
@pytest.mark.parametrize("status", [302, 303, 307, 308])
def test_redirect(oauthcc, post, status):
    base = oauthcc.token_url.removesuffix("/307")
    if status in (307, 308) and post is CLIENTS["urllib"]:
        pytest.skip("urllib does not follow it")
    with pytest.raises(pytest_oauthcc.NotServed, match="--oauthcc-live reaches the hosts of the target only"):
        post(oauthcc, f"{base}/{status}?https://elsewhere.example/token")

@pytest.mark.oauthcc(strict=False)
def test_a_token_request_by_another_name(oauthcc):
    "A redirect within the target is followed, and each request for a token counts, whatever its path."
    base = oauthcc.token_url.removesuffix("/307")
    for _ in range(40):
        try:
            requests.post(f"{base}/307?/307?/200", form(oauthcc), timeout=9)
        except pytest_oauthcc.TooManyExchanges:
            break
"""


def test_a_redirect_leads_nowhere_else(live, pytester, network_events):
    """Wherever a real server sends a client: what is not the target is not even looked up; what is, counts."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/307"
    (pytester.path / "pyproject.toml").write_text(
        f"""
        [tool.oauthcc.live.odd]
        token_url = "{url}"
        client_id = "odd"
        client_secret_env = "ODD_SECRET"
        token_requests_per_minute = 40
        """
    )
    pytester.makepyfile(test_redirects=REDIRECTED)
    environment = {"ODD_SECRET": "s3cr3t-s3cr3t"}
    try:
        result = live("test_redirects.py", "--oauthcc-target=odd", "-rs", environment=environment, subprocess=True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert {tuple(what[:2]) for _, what in network_events()} == {("127.0.0.1", server.server_port)}
    result.assert_outcomes(passed=18, skipped=2, failed=1)
    result.stdout.fnmatch_lines(["*TooManyExchanges: --oauthcc-live: this run has sent 40 token requests*"])
