"""One client's connection: requests are read, put to the application, and what it says becomes true on the wire."""

from __future__ import annotations

import os
import socket
import ssl
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_oauthcc.core.messages import NetworkFault
from pytest_oauthcc.serving.application import Incoming, plain_text
from pytest_oauthcc.serving.waiting import Waiting
from pytest_oauthcc.serving.wire import Limits, RequestReader, Unreadable, write_head, write_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.messages import Answer
    from pytest_oauthcc.serving.wire import WireRequest

__all__ = ["Connection", "Manners"]

_RESET_ON_CLOSE: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
_MOST_DRAINED = 256_000_000  # bytes of a request that is refused half-way, so that its client reads why
_DRAINING = 1.0  # seconds to wait for more of it


@dataclass(frozen=True, slots=True)
class Manners:
    """
    How a server treats its clients.

    Args:
        patience: Seconds to wait for a client's next bytes, and for one that a scripted timeout keeps waiting to go.
        whole: Seconds that a request may take from its first bytes to its last, also where they come in drops.
        limits: How much of a request is read.
    """

    patience: float = 60.0
    whole: float = 300.0
    limits: Limits = field(default_factory=Limits)


class Connection:
    """
    Serves one client until it goes, the server stops, or something can't be read.

    Args:
        sock: Connected; with TLS wrapped, but without the handshake, which may take long.
        base_url: Where the server is.
        port: The port that it listens on.
        answer: The application.
        refuse_handshake: Told why the server does not trust a client's certificate.
        now: Reads the provider's clock, in seconds since the epoch.
        manners: How long and how much.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        base_url: str,
        port: int,
        answer: Callable[[Incoming], Answer],
        refuse_handshake: Callable[[str], None],
        now: Callable[[], float],
        manners: Manners,
    ) -> None:
        self._sock = sock
        self._base_url = base_url
        self._port = port
        self._peer = ""
        self._answer = answer
        self._refuse_handshake = refuse_handshake
        self._now = now
        self._manners = manners
        self._certificate: bytes | None = None

    def serve(self) -> None:
        """Serve the client, and close its connection."""
        sock = self._sock
        with suppress(OSError):  # the client is gone, or the server wants it gone
            try:
                sock.settimeout(self._manners.patience)
                self._peer = sock.getpeername()[0]
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if not isinstance(sock, ssl.SSLSocket) or self._shake_hands(sock):
                    self._converse(sock)
            finally:
                sock.close()

    def cut(self) -> None:
        """End the connection from another thread: whatever waits for the client's bytes wakes up."""
        with suppress(OSError):
            # Not the method of an SSLSocket, which would take the TLS state away from the thread that reads.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def _shake_hands(self, sock: ssl.SSLSocket) -> bool:
        first = socket.socket.recv(sock, 1, socket.MSG_PEEK)
        if first.isalpha():  # a method; a TLS handshake begins with 0x16
            text = f"this server speaks HTTPS: {self._base_url}"
            data, _ = write_response("GET", plain_text(400, text), now=self._now(), keep_alive=False)
            socket.socket.sendall(sock, data)
            return False
        try:
            sock.do_handshake()
        except ssl.SSLCertVerificationError as error:
            self._refuse_handshake(error.verify_message)
            self._drain(sock)  # so that the client reads the alert
            return False
        self._certificate = sock.getpeercert(binary_form=True)
        return True

    def _converse(self, sock: socket.socket) -> None:
        waiting = Waiting(sock.recv, sock.settimeout, patience=self._manners.patience, whole=self._manners.whole)
        reader = RequestReader(waiting.receive, sock.sendall, self._manners.limits)
        while True:
            waiting.begin()
            try:
                request = reader.read()
            except Unreadable as problem:
                sock.settimeout(self._manners.patience)
                answer = plain_text(problem.status, problem.reason)
                sock.sendall(write_response("", answer, now=self._now(), keep_alive=False)[0])
                self._drain(sock)
                return
            if request is None:
                return
            sock.settimeout(self._manners.patience)  # little may be left of the time that the request had
            if not self._exchange(sock, request):
                return

    def _exchange(self, sock: socket.socket, request: WireRequest) -> bool:
        """Carry out one exchange; returns whether there may be another."""
        answer = self._answer(
            Incoming(
                request.method,
                request.target,
                request.headers,
                request.body,
                self._base_url,
                self._certificate,
                self._peer,
                self._port,
            )
        )
        if answer.gate is not None:
            answer.gate.wait()
        outcome = answer.outcome
        if isinstance(outcome, NetworkFault):
            self._fail(sock, outcome)
            return False
        data, goes_on = write_response(request.method, outcome, now=self._now(), keep_alive=request.keep_alive)
        sock.sendall(data)
        return goes_on

    def _fail(self, sock: socket.socket, fault: NetworkFault) -> None:
        if fault.kind in {"connect_timeout", "read_timeout"}:
            # The client waits as long as it likes to; what it sends meanwhile goes nowhere.
            while sock.recv(65_536):
                pass
            return
        if fault.response is not None:
            head = write_head(fault.response, now=self._now(), keep_alive=False, length=None)
            sock.sendall(head + fault.response.body)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def _drain(self, sock: socket.socket) -> None:
        """Read on what the client still sends: closing before would reset the connection, and the answer with it."""
        socket.socket.shutdown(sock, socket.SHUT_WR)
        waiting = Waiting(
            partial(socket.socket.recv, sock), sock.settimeout, patience=_DRAINING, whole=self._manners.whole
        )
        waiting.begin()
        left = _MOST_DRAINED
        while left > 0 and (data := waiting.receive(65_536)):
            left -= len(data)
