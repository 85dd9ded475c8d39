"""Who may not use the control endpoint: pages in a browser, other hosts, and whoever does not speak JSON."""

from __future__ import annotations

import json
import socket

import pytest

from pytest_oauthcc import standalone
from pytest_oauthcc.core.messages import Headers
from pytest_oauthcc.process.control import Control
from pytest_oauthcc.serving.application import Incoming
from pytest_oauthcc.serving.loopback import LoopbackServer

COMMANDS = [
    ("GET", "/.oauthcc/", b""),
    ("GET", "/.oauthcc/journal", b""),
    ("GET", "/.oauthcc/clock", b""),
    ("POST", "/.oauthcc/clock", b'{"advance": 3600}'),
    ("POST", "/.oauthcc/script", b'{"do": "fail"}'),
    ("POST", "/.oauthcc/revoke", b"{}"),
    ("POST", "/.oauthcc/rotate-keys", b"{}"),
    ("POST", "/.oauthcc/nowhere", b"{}"),
    ("OPTIONS", "/.oauthcc/script", b""),
]
HOST = ("Host", "127.0.0.1:80")
JSON = ("Content-Type", "application/json")


@pytest.fixture
def fake():
    """A provider with a token and a clock that stands still, so that any change shows."""
    made = standalone(client_id="orders", client_secret="s3cret")
    made.clock.freeze()
    made.mint()
    return made


@pytest.fixture
def ask(fake):
    """Send a command with some header fields; gives status and answer."""

    def ask(method, target, body, *fields, peer="127.0.0.1", port=80):
        incoming = Incoming(method, target, Headers(fields), body, peer=peer, port=port)
        answer = Control(fake, {}, str).handle(incoming, lambda _incoming: pytest.fail("was passed on")).outcome
        return answer, json.loads(answer.body)

    return ask


def state_of(fake):
    """Everything that a command could change."""
    state = fake.authority.state
    return (
        fake.clock.time(),
        [token.revoked for token in fake.tokens],
        state.keys.current.kid,
        fake.token_endpoint.script.is_empty,
    )


@pytest.mark.parametrize(("method", "target", "body"), COMMANDS)
@pytest.mark.parametrize(
    "fields",
    [
        [HOST, JSON, ("Origin", "https://evil.test")],
        [HOST, JSON, ("Origin", "null")],
        [HOST, JSON, ("Origin", "http://127.0.0.1:80")],  # another page of this very server is a page, too
        [HOST, JSON, ("Origin", "")],
        [HOST, JSON, ("Sec-Fetch-Site", "cross-site")],
        [HOST, JSON, ("Sec-Fetch-Site", "same-site")],
        [HOST, JSON, ("Sec-Fetch-Site", "same-origin")],
        [JSON],
        [("Host", "evil.test"), JSON],
        [("Host", "evil.test:80"), JSON],
        [("Host", "127.0.0.1.evil.test:80"), JSON],
        [("Host", "localhost.evil.test:80"), JSON],
        [("Host", "evil.test@127.0.0.1:81"), JSON],
        [("Host", "127.0.0.1:81"), JSON],
        [("Host", "127.0.0.1"), JSON],
        [("Host", "0.0.0.0:80"), JSON],
        [("Host", "10.0.0.1:80"), JSON],
        [("Host", "[::ffff:10.0.0.1]:80"), JSON],
        [("Host", "2130706433.evil.test:80"), JSON],
        [HOST, ("Host", "evil.test:80"), JSON],
        [("Host", "127.0.0.1:80\x00"), JSON],
    ],
    ids=lambda fields: ", ".join(f"{name}: {value!r}" for name, value in fields if name != "Content-Type") or "no Host",
)
def test_a_page_in_a_browser_commands_nothing(ask, fake, method, target, body, fields):
    """Neither with its origin nor by way of a name that leads to this machine; nothing changes, nothing is told."""
    before = state_of(fake)

    answer, told = ask(method, target, body, *fields)

    assert answer.status == 403
    assert set(told) == {"error"}
    assert state_of(fake) == before
    assert answer.header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize(("method", "target", "body"), [row for row in COMMANDS if row[0] == "POST"])
@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json2",
        "text/json",
    ],
)
def test_a_form_commands_nothing(ask, fake, method, target, body, kind):
    """What a browser sends anywhere without asking first is not JSON by its Content-Type, and so no command."""
    before = state_of(fake)

    answer, told = ask(method, target, body, HOST, *([] if kind is None else [("Content-Type", kind)]))

    assert answer.status == (404 if target.endswith("nowhere") else 400)
    assert set(told) == {"error"}
    assert state_of(fake) == before


@pytest.mark.parametrize(
    "peer", ["10.0.0.7", "192.168.0.1", "", "::ffff:10.0.0.7", "fe80::1", "2001:db8::1", "example.test"]
)
def test_another_machine_commands_nothing(ask, fake, peer):
    """The address of the connection counts, whatever the fields say."""
    before = state_of(fake)
    fields = [HOST, JSON, ("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("X-Real-IP", "127.0.0.1")]

    answer, told = ask("POST", "/.oauthcc/revoke", b"{}", *fields, peer=peer)

    assert answer.status == 403
    assert told["error"] == "the control endpoint listens to this machine only"
    assert state_of(fake) == before


@pytest.mark.parametrize(
    "host", ["127.0.0.1:80", "localhost:80", "LOCALHOST:80", "[::1]:80", "app.localhost:80", "127.1.2.3:80"]
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_commands(ask, fake, host, peer):
    """All names and addresses of this machine are good, and so is what a person types into the address bar."""
    answer, told = ask("POST", "/.oauthcc/revoke", b"{}", ("Host", host), JSON, ("Sec-Fetch-Site", "none"), peer=peer)

    assert (answer.status, told) == (200, {"revoked": 1})


@pytest.mark.parametrize(
    "target",
    [
        "/.oauthcc",
        "/.oauthcc//clock",
        "/.OAUTHCC/clock",
        "/%2eoauthcc/clock",
        "//.oauthcc/clock",
        "/x/../.oauthcc/clock",
    ],
)
def test_another_spelling_of_the_path_is_no_way_round(fake, target):
    """A path either belongs to the endpoint, and is guarded, or is the provider's, and commands nothing."""
    with LoopbackServer(fake) as server:
        server.wrap(Control(fake, {}, server.url_here).handle)
        before = state_of(fake)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            body = b'{"advance": 3600}'
            client.sendall(
                b"POST %s HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (target.encode(), len(body), body)
            )
            answer = b""
            while piece := client.recv(65_536):
                answer += piece

    assert answer.split()[1] in {b"403", b"404"}
    assert state_of(fake) == before
