"""The least that signs a token: a handler of the standard library without any check."""

import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

KEY = ec.generate_private_key(ec.SECP256R1())


class Handler(BaseHTTPRequestHandler):
    """Mints whatever is asked for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer with a token, head and body in one write."""
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        claims = {
            "iss": "http://127.0.0.1",
            "sub": form["client_id"][0],
            "aud": "http://127.0.0.1/api/",
            "client_id": form["client_id"][0],
            "scope": form["scope"][0],
            "iat": now,
            "exp": now + 3600,
            "jti": secrets.token_urlsafe(16),
        }
        token = jwt.encode(claims, KEY, "ES256", headers={"typ": "at+jwt", "kid": "one"})
        body = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"token_url http://127.0.0.1:{server.server_port}/oauth/token", flush=True)
server.serve_forever()
