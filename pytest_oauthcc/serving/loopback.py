"""A provider on a socket of this machine: a thread for each connection, up in no time and down at once."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from pytest_oauthcc.core.client_certificates import SELF_SIGNED, registered_certificates
from pytest_oauthcc.serving.application import Application, plain_text
from pytest_oauthcc.serving.connection import Connection, Manners
from pytest_oauthcc.serving.wire import write_response

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.core.messages import Answer
    from pytest_oauthcc.core.names import Names
    from pytest_oauthcc.serving.application import Incoming, Note

__all__ = ["EVERYWHERE", "LOOPBACK", "LoopbackServer"]

LOOPBACK: Final = "127.0.0.1"
EVERYWHERE: Final = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - only whoever says so listens there
"""The addresses that mean all of a machine's, each with the one under which the machine itself finds a server there."""

_BACKLOG = 512
_MOST_CONNECTIONS = 1000
_LAST_WAIT = 5.0  # seconds that stop() gives a function of a test's, which is running, to come to its end


class LoopbackServer:
    """
    Serves a provider over HTTP/1.1, or HTTPS, with connections that are kept alive.

    It runs from ``start()`` to ``stop()``, or as a context manager.

    Args:
        provider: Answers.
        tls: The server's side of TLS; None for plain HTTP.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        base_url: Where clients find the server, without a slash at the end, where that is not at its host and port.
        manners: How long and how much it waits for and reads.
        note: Told of what goes wrong here although it should fail a test.
        trust_remedy: What to do where a client's certificate is not trusted, in a few words; a line of the report.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = LOOPBACK,
        port: int = 0,
        base_url: str | None = None,
        manners: Manners | None = None,
        note: Note = lambda _error, _where: None,
        trust_remedy: str = "register its x5c",
    ) -> None:
        self._application = Application(provider, via="oauthcc_server", note=note)
        self._answer: Callable[[Incoming], Answer] = self._application.answer
        self._now = provider.clock.time
        self._tls = tls
        self._host = host
        self._wanted_port = self._port = port
        self._base_url = base_url
        self._manners = manners or Manners()
        self._lock = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}
        self._ended: list[threading.Thread] = []
        self._trust_remedy = trust_remedy
        self._known_clients = 0
        self._listener: socket.socket | None = None
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._accepting: threading.Thread | None = None
        self._is_stopping = threading.Event()

    def __repr__(self) -> str:
        where = self.base_url if self._listener is not None else "not running"
        return f"<LoopbackServer {where}, {len(self._connections)} connections>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port that it listens on, or did last; the wanted one before it was started."""
        return self._port

    @property
    def base_url(self) -> str:
        """Where clients find it, without a slash at the end."""
        return self.local_url if self._base_url is None else self._base_url

    @property
    def local_url(self) -> str:
        """Where programs on this machine find it, without a slash at the end."""
        host = EVERYWHERE.get(self._host, self._host)
        host = f"[{host}]" if ":" in host else host
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}"

    @property
    def names(self) -> Names:
        """The URLs of the provider's endpoints on this server."""
        return self._application.names(self.base_url)

    def url_here(self, url: str) -> str:
        """Return what one of the provider's own URLs is called on this server."""
        return self._application.url_here(self.base_url, url)

    def wrap(self, around: Callable[[Incoming, Callable[[Incoming], Answer]], Answer]) -> None:
        """Put something around the application: it gets every request, and what would answer it."""
        inner = self._answer
        self._answer = lambda incoming: around(incoming, inner)

    def cut(self) -> list[threading.Thread]:
        """Cut all connections, and return their threads, which come to an end."""
        with self._lock:
            for connection in self._connections:
                connection.cut()
            return [*self._connections.values(), *self._ended]

    def start(self) -> None:
        """
        Listen, and answer from now on; a server that runs already goes on.

        Raises:
            OSError: The port is taken, or sockets are not allowed here.
        """
        if self._listener is not None:
            return
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._listener = socket.create_server((self._host, self._wanted_port), family=family, backlog=_BACKLOG)
        try:
            self._port = self._listener.getsockname()[1]
            self._listener.setblocking(False)
            self._bell = socket.socketpair()
            self._is_stopping.clear()
            name = f"oauthcc-server-{self.port}"
            self._accepting = threading.Thread(
                target=self._accept, args=(self._listener, self._bell[0], name), name=name, daemon=True
            )
            self._accepting.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop at once: connections are cut, and their threads are gone when this returns. May be called again."""
        self._is_stopping.set()
        bell, self._bell = self._bell, None
        accepting, self._accepting = self._accepting, None
        listener, self._listener = self._listener, None
        if bell is not None:
            with suppress(OSError):
                bell[1].send(b"!")
        if accepting is not None and accepting.ident is not None:
            accepting.join()
        if listener is not None:
            listener.close()
        for end in bell or ():
            end.close()
        for thread in self.cut():
            if thread is not threading.current_thread():  # a function given to reply() may stop its own server
                thread.join(_LAST_WAIT)

    def _accept(self, listener: socket.socket, bell: socket.socket, name: str) -> None:
        """Take connections until the bell rings."""
        with selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ)
            selector.register(bell, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if bell in ready:
                    return
                try:
                    sock, _ = listener.accept()
                except BlockingIOError:
                    continue  # the client is gone already
                except OSError:  # such as too many open files: it will pass, and until then there is no hurry
                    self._is_stopping.wait(0.05)
                    continue
                self._begin(sock, name)

    def _begin(self, sock: socket.socket, name: str) -> None:
        if len(self._connections) >= _MOST_CONNECTIONS:
            with sock, suppress(OSError):
                text = f"there are {_MOST_CONNECTIONS} connections to this server already"
                sock.send(write_response("", plain_text(503, text), now=self._now(), keep_alive=False)[0])
            return
        try:
            if self._tls is not None:
                self._trust_registered(self._tls)
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError:
            sock.close()
            return
        connection = Connection(
            sock,
            base_url=self.base_url,
            port=self.port,
            answer=self._answer,
            refuse_handshake=self._refuse_handshake,
            now=self._now,
            manners=self._manners,
        )
        thread = threading.Thread(target=self._serve, args=(connection,), name=f"{name}-client", daemon=True)
        with self._lock:
            self._connections[connection] = thread
            ended, self._ended = self._ended, []
        for other in ended:
            other.join()
        try:
            thread.start()
        except RuntimeError:  # no more threads are to be had
            with self._lock:
                del self._connections[connection]
            sock.close()

    def _refuse_handshake(self, problem: str) -> None:
        self._application.refuse_handshake(self.base_url, f"{problem}; {self._trust_remedy}")

    def _trust_registered(self, tls: ssl.SSLContext) -> None:
        """Trust the certificates that clients have registered, which nobody but themselves may have signed."""
        state = self._application.provider.authority.state
        clients = tuple(state.clients.values())
        if len(clients) == self._known_clients:
            return
        self._known_clients = len(clients)
        for client in clients:
            if SELF_SIGNED in (client.auth_methods or state.settings.auth_methods):
                for certificate in registered_certificates(client):
                    with suppress(ssl.SSLError):  # one that OpenSSL can't read is one that nobody can show
                        tls.load_verify_locations(cadata=certificate)

    def _serve(self, connection: Connection) -> None:
        try:
            connection.serve()
        finally:
            with self._lock:
                self._ended.append(self._connections.pop(connection))
