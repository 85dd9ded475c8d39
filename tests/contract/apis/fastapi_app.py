"""The example API in FastAPI."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient


def make_send(guard):
    """Return what sends a request to the API."""
    app = FastAPI()

    @app.get("/orders")
    def orders(request: Request):
        status, headers = guard.judge(request.headers.get("authorization"), request.query_params)
        if status != 200:
            raise HTTPException(status, headers=headers)
        return [{"id": 7}]

    client = TestClient(app, raise_server_exceptions=False)
    return lambda headers, params=None: client.get("/orders", headers=headers, params=params)
