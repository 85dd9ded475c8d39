"""The example API in FastAPI: by its own test client, and by httpx on the test's event loop."""

from __future__ import annotations

import asyncio

import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.testclient import TestClient


def make_app(guard):
    """Return the API."""
    app = FastAPI()

    @app.get("/orders")
    async def orders(request: Request):
        authorization = request.headers.get("authorization")
        status, headers = await asyncio.to_thread(guard.judge, authorization, request.query_params)
        if status != 200:
            raise HTTPException(status, headers=headers)
        return [{"id": 7}]

    return app


def sync_send(guard, _run):
    """Yield what sends a request to the API."""
    client = TestClient(make_app(guard), raise_server_exceptions=False)
    yield lambda headers, params=None: client.get("/orders", headers=headers, params=params)


def async_send(guard, _run):
    """Yield a coroutine function that does."""

    async def send(headers, params=None):
        transport = httpx.ASGITransport(make_app(guard), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://orders.example") as client:
            return await client.get("/orders", headers=headers, params=params)

    yield send
