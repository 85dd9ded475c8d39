"""Rows: the provider on a socket, beside a bare handler of the standard library and beside what others have made."""

from __future__ import annotations

import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.measuring import Figures, alternate, time_each
from benchmarks.row import row
from benchmarks.servers import BARE, BODY, HEADERS, OTHERS, OURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.servers import Server

BARE_NAME = "a bare handler of the standard library that signs the same JWT and checks nothing"


@row("socket-life", "server started and stopped", "a bare `ThreadingHTTPServer` that polls every 5 ms", 1.5)
def _life(rounds: int) -> Figures:
    from pytest_oauthcc import standalone
    from pytest_oauthcc.serving.server import OauthccServer

    fake = standalone(client_id="orders", client_secret="s3cret")

    def ours() -> None:
        with OauthccServer(fake):
            pass

    def theirs() -> None:
        server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        server.shutdown()
        server.server_close()
        thread.join()

    return alternate(
        lambda: time_each(ours, 20, time.perf_counter), lambda: time_each(theirs, 20, time.perf_counter), rounds * 2
    )


@row("socket-stop", "server stopped with 16 idle connections of clients", "", 0.020, processes=2)
def _stop(rounds: int) -> Figures:
    from pytest_oauthcc import standalone
    from pytest_oauthcc.serving.server import OauthccServer

    found = []
    for _ in range(rounds * 4):
        fake = standalone(client_id="orders", client_secret="s3cret")
        with OauthccServer(fake) as server:
            clients = [http.client.HTTPConnection(urlsplit(server.token_url).netloc) for _ in range(16)]
            for client in clients:
                client.request("POST", urlsplit(server.token_url).path, BODY, HEADERS)
                assert client.getresponse().read()
            began = time.perf_counter()
        found.append(time.perf_counter() - began)
        for client in clients:
            client.close()
    return Figures(found, note=f"the slowest took {max(found) * 1e3:.1f} ms")


@row("socket-exchange", "token request over a socket", BARE_NAME, 1.2, processes=2)
def _exchange(rounds: int) -> Figures:
    return _exchanges(BARE, rounds)


def _exchanges(other: Server, rounds: int) -> Figures:
    with OURS.start() as ours, other.start() as theirs:
        for server in (ours, theirs):
            server.time_batch(300)
        return alternate(lambda: ours.time_batch(150), lambda: theirs.time_batch(150), rounds * 4)


def _start_ups(other: Server, rounds: int) -> Figures:
    def first(server: Server) -> float:
        with server.start() as running:
            return running.first

    return alternate(lambda: first(OURS), lambda: first(other), rounds)


def _rates(other: Server, rounds: int) -> Figures:
    with OURS.start() as ours, other.start() as theirs:
        return alternate(lambda: 1 / ours.rate(2, 1.0), lambda: 1 / theirs.rate(2, 1.0), rounds)


def _register(other: Server, what: str, name: str, measure: Callable[[Server, int], Figures]) -> None:
    row(f"{other.name}-{name}", what, f"{other.name} ({other.installer})", 1.0, processes=1)(
        lambda rounds: measure(other, rounds)
    )


for _other in OTHERS:
    _register(_other, "token request over a socket", "exchange", _exchanges)
    _register(_other, "process started, until its first answer", "start", _start_ups)
    _register(_other, "time a token with two client processes", "clients", _rates)
