"""
What a provider on a socket costs, beside a bare standard library handler that signs the same JWT.

``python benchmarks/loopback.py [rounds]``: both are processes of their own, and are asked in turns within one run. The
times to start, to the first answer and to stop are those of the fixture's server in one process.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

BODY = "grant_type=client_credentials&scope=orders%3Aread&client_id=orders&client_secret=s3cret"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}

BARE = """
import json, secrets, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

KEY = ec.generate_private_key(ec.SECP256R1())

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        claims = {"iss": "http://127.0.0.1", "sub": form["client_id"][0], "aud": "http://127.0.0.1/api/",
                  "client_id": form["client_id"][0], "scope": form["scope"][0], "iat": now, "exp": now + 3600,
                  "jti": secrets.token_urlsafe(24)}
        token = jwt.encode(claims, KEY, "ES256", headers={"typ": "at+jwt", "kid": "one"})
        body = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600}).encode()
        head = f"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *arguments):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"token_url http://127.0.0.1:{server.server_port}/oauth/token", flush=True)
server.serve_forever()
"""


class Peer:
    """A server process and a connection to it that is kept."""

    def __init__(self, *command: str) -> None:
        began = time.perf_counter()
        self.process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)  # noqa: S603
        url = next(line.split()[1] for line in self.process.stdout or () if line.startswith("token_url"))
        self.path = urlsplit(url).path
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)
        self.ask()
        self.first = time.perf_counter() - began

    def ask(self) -> None:
        """Fetch a token."""
        self.connection.request("POST", self.path, BODY, HEADERS)
        answer = self.connection.getresponse()
        assert "access_token" in json.loads(answer.read()), answer.status

    def batch(self, count: int) -> float:
        """Return the microseconds that each of so many exchanges took."""
        began = time.perf_counter()
        for _ in range(count):
            self.ask()
        return (time.perf_counter() - began) / count * 1e6


def exchanges(rounds: int) -> None:
    """Compare the two, in turns."""
    ours = Peer("-m", "pytest_oauthcc", "serve", "--client", "orders:s3cret")
    bare = Peer("-c", BARE)
    print(f"process start to first answer: ours {ours.first * 1e3:.0f} ms, bare {bare.first * 1e3:.0f} ms")
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    for peer in (ours, bare):
        peer.batch(500)
    for _ in range(rounds):
        times["ours"].append(ours.batch(200))
        times["bare"].append(bare.batch(200))
    for name, found in times.items():
        print(f"{name}: median {statistics.median(found):.0f} us an exchange, best {min(found):.0f}")
    for peer in (ours, bare):
        peer.connection.close()
        peer.process.terminate()
        peer.process.wait()


def life(times: int) -> None:
    """Start, first answer and stop of the fixture's server."""
    from pytest_oauthcc.serving.server import OauthccServer
    from pytest_oauthcc.serving.standalone import standalone

    for tls in (False, True):
        rows = []
        for _ in range(times):
            fake = standalone(client_id="orders", client_secret="s3cret")
            began = time.perf_counter()
            with OauthccServer(fake, tls=tls) as server:
                started = time.perf_counter()
                clients = []
                for _ in range(16):
                    if tls:
                        client = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.ssl_context)
                    else:
                        client = http.client.HTTPConnection("127.0.0.1", server.port)
                    client.request("POST", "/oauth/token", BODY, HEADERS)
                    client.getresponse().read()
                    clients.append(client)
                    if len(clients) == 1:
                        first = time.perf_counter()
                stopping = time.perf_counter()
            stopped = time.perf_counter()
            for client in clients:
                client.close()
            rows.append((started - began, first - started, stopped - stopping))
        for what, found in zip(
            ("start", "first answer", "stop with 16 idle clients"), zip(*rows, strict=True), strict=True
        ):
            median = statistics.median(found)
            print(f"{'https' if tls else 'http'}: {what} median {median * 1e3:.2f} ms, worst {max(found) * 1e3:.2f}")


if __name__ == "__main__":
    life(20)
    exchanges(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
