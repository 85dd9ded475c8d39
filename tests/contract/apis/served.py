"""The example API in a process of its own: ``python served.py VERIFIER < settings.json`` prints its URL."""

# ruff: noqa: D102, T201

from __future__ import annotations

import json
import sys

import guard
import verifiers
from flask_app import make_app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    """Does not tell of each request."""

    def log_request(self, *_arguments):
        pass


if __name__ == "__main__":
    verifier = getattr(verifiers, sys.argv[1])(**json.loads(sys.stdin.readline()))
    server = make_server("127.0.0.1", 0, make_app(guard.Right(verifier)), request_handler=Quiet)
    print(f"http://127.0.0.1:{server.port}/orders", flush=True)
    server.serve_forever()
