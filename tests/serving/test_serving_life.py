"""Starting and stopping: at once, with clients still there, and with nothing left behind."""

from __future__ import annotations

import errno
import gc
import socket
import sys
import threading

import pytest
import requests

from pytest_oauthcc.serving import loopback
from pytest_oauthcc.serving.connection import Manners
from pytest_oauthcc.serving.loopback import LoopbackServer
from pytest_oauthcc.serving.server import OauthccServer

GET = b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n"


def _ours():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("oauthcc-server")]


def _open_sockets():
    gc.collect()
    return {id(one) for one in gc.get_objects() if type(one) is socket.socket and one.fileno() >= 0}


def _connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_it_stops_with_idle_and_busy_clients_still_connected(fake):
    """Idle, half-sent and waiting connections are cut, their threads are gone when ``stop()`` returns."""
    before = _open_sockets()
    fake.token_endpoint.time_out()
    server = LoopbackServer(fake, manners=Manners(patience=600))
    server.start()
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(12)]
    for client in clients[:4]:
        client.sendall(GET)
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
    for client in clients[4:8]:
        client.sendall(GET[:20])
    body = b"grant_type=client_credentials"
    for client in clients[8:]:
        client.sendall(b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 29\r\n\r\n" + body)
    while len(fake.token_requests) < 4:
        pass
    assert len(_ours()) == 13

    server.stop()

    assert _ours() == []
    for client in clients:
        assert client.recv(1) == b""
        client.close()
    assert _open_sockets() == before


def test_it_stops_in_the_midst_of_a_tls_handshake(fake):
    """A client that connects and says nothing does not hold up the stop, with TLS either."""
    with OauthccServer(fake, tls=True, manners=Manners(patience=600)) as server:
        silent = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        assert requests.get(server.jwks_url, verify=str(server.ca_pem_path)).status_code == 200

    assert _ours() == []
    assert silent.recv(1) == b""
    silent.close()


def test_it_starts_again_and_stops_twice(fake):
    """A stopped server can be started anew; stopping one that does not run does nothing."""
    server = LoopbackServer(fake)
    assert "not running" in repr(server)
    server.stop()
    for _ in range(3):
        with server:
            assert server.base_url in repr(server)
            assert requests.get(server.names.jwks_url).status_code == 200
        server.stop()
    assert server.port > 0


def test_a_function_of_a_test_may_stop_its_own_server(fake):
    """``stop()`` in a function given to ``reply()`` does not wait for itself."""
    server = LoopbackServer(fake)
    server.start()
    fake.api.reply(json=lambda _request: server.stop())

    with pytest.raises(requests.ConnectionError):
        requests.get(server.names.api_url, headers={"Authorization": f"Bearer {fake.mint()}"})

    for thread in threading.enumerate():
        if thread.name.startswith("oauthcc-server"):
            thread.join(10)
    assert _ours() == []


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),  # noqa: S104 - nobody listens
        ("::", "http://[::1]:8080"),
        ("192.0.2.7", "http://192.0.2.7:8080"),
    ],
)
def test_every_server_has_a_url_that_leads_to_it(fake, host, url):
    """One that listens on all addresses is found under that of this machine; another name is for clients alone."""
    assert LoopbackServer(fake, host=host, port=8080).base_url == url
    named = LoopbackServer(fake, host=host, port=8080, base_url="https://fake.test")
    assert (named.base_url, named.local_url) == ("https://fake.test", url)


def test_a_port_that_is_taken_is_told(fake):
    """Listening on a port that somebody has fails, and leaves nothing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = LoopbackServer(fake, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use") as caught:
            server.start()

    assert caught.value.errno == errno.EADDRINUSE
    assert _ours() == []


def test_a_start_that_fails_half_way_leaves_nothing(fake, monkeypatch):
    """When no thread is to be had, the socket is closed again."""

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    before = _open_sockets()
    server = LoopbackServer(fake)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="new thread"):
        server.start()
    monkeypatch.undo()

    assert _open_sockets() == before


def test_a_client_for_whom_there_is_no_thread_is_turned_away(fake, monkeypatch):
    """When no further thread is to be had, that one client loses its connection, and the next is served."""
    start = threading.Thread.start

    def refuse(thread):
        if thread.name.endswith("-client"):
            raise RuntimeError("can't start new thread")
        start(thread)

    with LoopbackServer(fake) as server:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            assert client.recv(1) == b""
        monkeypatch.undo()
        assert requests.get(server.names.jwks_url).status_code == 200


def test_too_many_connections_are_turned_away(fake, monkeypatch):
    """There is a bound to how many clients are served at once; the next one is told."""
    monkeypatch.setattr(loopback, "_MOST_CONNECTIONS", 2)
    with LoopbackServer(fake) as server:
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(2)]
        for client in clients:
            client.sendall(GET)
            client.recv(65_536)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as late:
            assert late.recv(65_536).startswith(b"HTTP/1.1 503")
        for client in clients:
            client.close()


class _Listener:
    """A listening socket that fails once in the way that is asked for."""

    def __init__(self, real, error):
        self._real, self._error = real, error

    def accept(self):
        error, self._error = self._error, None
        if error is not None:
            raise error
        return self._real.accept()

    def __getattr__(self, name):
        return getattr(self._real, name)


@pytest.mark.parametrize("error", [BlockingIOError(), OSError(errno.EMFILE, "Too many open files")])
def test_a_connection_that_cannot_be_taken_does_not_end_the_server(fake, monkeypatch, error):
    """When accepting fails, the server tries again."""
    create = socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda *args, **more: _Listener(create(*args, **more), error))

    with LoopbackServer(fake) as server:
        monkeypatch.undo()
        assert requests.get(server.names.jwks_url).status_code == 200


def test_a_connection_that_cannot_be_wrapped_is_dropped(fake, monkeypatch):
    """When TLS can't even begin, for the client is gone again, the server goes on."""
    from pytest_oauthcc.serving.certificates import server_context

    context = server_context()
    monkeypatch.setattr(type(context), "wrap_socket", lambda *_args, **_more: (_ for _ in ()).throw(OSError("gone")))
    with LoopbackServer(fake, tls=context) as server, _connect(server) as client:
        assert client.recv(1) == b""


def test_a_client_that_says_nothing_is_let_go(fake):
    """A connection without a request ends when the server's patience does."""
    with LoopbackServer(fake, manners=Manners(patience=0.05)) as server, _connect(server) as client:
        assert client.recv(1) == b""


def test_the_address_may_be_that_of_ipv6(fake):
    """The server's URL has brackets around such an address."""
    try:
        server = LoopbackServer(fake, host="::1")
        server.start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert server.names.jwks_url.startswith("http://[::1]:")
        server.stop()


ENDINGS = {
    "ordinary": [("pass", "pass"), ("fail", "assert False"), ("skip", "pytest.skip('enough')")],
    "interrupt": [("interrupt", "raise KeyboardInterrupt")],
    "exit": [("exit", "pytest.exit('enough')")],
}


@pytest.mark.parametrize("endings", ENDINGS.values(), ids=ENDINGS)
def test_nothing_is_left_however_a_test_ends(pytester, endings):
    """After a test with a connected client no thread, socket or patch of ours is left."""
    pytester.makepyfile(
        f"""
        import pytest, socket, threading, requests

        ENDINGS = {dict(endings)!r}

        @pytest.mark.parametrize("ending", ENDINGS)
        @pytest.mark.parametrize("tls", [False, pytest.param(True, marks=pytest.mark.oauthcc(tls=True))])
        def test_it(oauthcc, oauthcc_server, ending, tls):
            with socket.create_connection(("127.0.0.1", oauthcc_server.port)):
                verify = str(oauthcc_server.ca_pem_path) if tls else True
                assert requests.get(oauthcc_server.jwks_url, verify=verify).status_code == 200
                exec(ENDINGS[ending])
        """
    )
    pytester.makeconftest(
        """
        import gc, threading

        def pytest_unconfigure():
            gc.collect()
            left = [thread.name for thread in threading.enumerate() if thread.name.startswith("oauthcc")]
            from pytest_oauthcc.transports.switchboard import BOARD
            print("LEFT", left, BOARD._served_ports, len(BOARD.sites))
        """
    )
    result = pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio", "-s")

    result.stdout.fnmatch_lines(["*LEFT [[][]] set() 0*"])
    assert "ResourceWarning" not in result.stdout.str() + result.stderr.str()
    if len(endings) > 1:
        result.assert_outcomes(passed=2, failed=2, skipped=2)


def test_certificates_need_trustme(monkeypatch):
    """Without the package there is a message with the line that installs it."""
    from pytest_oauthcc import OptionError
    from pytest_oauthcc.serving import certificates

    monkeypatch.setitem(sys.modules, "trustme", None)
    # An authority that another test made needs the package no more.
    monkeypatch.setattr(certificates, "_made_once", certificates._made_once.__wrapped__)

    for make in (lambda: certificates.server_context(["never.before.test"]), certificates.ca_pem):
        with pytest.raises(OptionError, match=r"pip install 'pytest-oauthcc\[server\]'"):
            make()


def test_without_trustme_the_way_to_it_is_told(pytester, monkeypatch):
    """``tls=True`` without the extra fails with the line that installs it, and without a traceback."""
    pytester.makepyfile(
        """
        import pytest, sys

        @pytest.fixture(autouse=True)
        def no_trustme(monkeypatch):
            monkeypatch.setitem(sys.modules, "trustme", None)

        @pytest.mark.oauthcc(tls=True)
        def test_it(oauthcc_server):
            pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*needs the package trustme*pip install 'pytest-oauthcc[[]server[]]'*"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize(("text", "value"), [("true", True), ("no", False), ("perhaps", "perhaps")])
def test_tls_is_an_ini_setting_too(text, value):
    """``oauthcc_tls`` takes what ini files call true and false; anything else is for the check of options to tell."""
    from pytest_oauthcc.layers import values_from_ini

    assert values_from_ini("tls", text) == value


def test_the_plugin_loads_nothing_of_the_server(pytester):
    """A run that does not serve imports neither the server nor trustme."""
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert not [name for name in sys.modules if name.startswith(("pytest_oauthcc.serving", "trustme"))]
        """
    )
    assert pytester.runpytest_subprocess("-p", "no:cacheprovider").ret == 0
