"""The example API in aiohttp, served on loopback by its own test server."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer


def make_app(guard):
    """Return the API."""

    async def orders(request):
        authorization = request.headers.get("Authorization")
        status, headers = await asyncio.to_thread(guard.judge, authorization, request.query)
        if status != 200:
            return web.Response(status=status, headers=headers)
        return web.json_response([{"id": 7}])

    app = web.Application()
    app.router.add_get("/orders", orders)
    return app


def async_send(guard, run):
    """Yield a coroutine function that sends a request to the API."""

    async def start():
        client = TestClient(TestServer(make_app(guard)))
        await client.start_server()
        return client

    client = run(start())
    yield lambda headers, params=None: client.get("/orders", headers=headers, params=params)
    run(client.close())
