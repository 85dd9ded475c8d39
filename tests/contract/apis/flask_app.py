"""The example API in Flask."""

from __future__ import annotations

from flask import Flask, jsonify, request


def make_send(guard):
    """Return what sends a request to the API."""
    app = Flask("orders")

    @app.get("/orders")
    def orders():
        status, headers = guard.judge(request.headers.get("Authorization"), request.args)
        if status != 200:
            return "", status, headers
        return jsonify([{"id": 7}])

    client = app.test_client()
    return lambda headers, params=None: client.get("/orders", headers=headers, query_string=params)
