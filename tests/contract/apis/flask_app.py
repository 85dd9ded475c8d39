"""The example API in Flask."""

from __future__ import annotations

from flask import Flask, jsonify, request


def make_app(guard):
    """Return the API."""
    app = Flask("orders")

    @app.get("/orders")
    def orders():
        status, headers = guard.judge(request.headers.get("Authorization"), request.args)
        if status != 200:
            return "", status, headers
        return jsonify([{"id": 7}])

    return app


def sync_send(guard, _run):
    """Yield what sends a request to the API."""
    client = make_app(guard).test_client()
    yield lambda headers, params=None: client.get("/orders", headers=headers, query_string=params)
