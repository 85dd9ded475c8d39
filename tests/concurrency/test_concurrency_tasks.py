"""A thousand tasks at one provider, on asyncio and on trio, in process and over a socket."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import trio
from transport_clients import ASYNC, each

TASKS = 1_000
PATIENCE = 120  # seconds until a deadlock is believed in
many = pytest.mark.oauthcc(max_exchanges=10_000)
every_style = each(ASYNC)
on_httpx = each([style for style in ASYNC if style.library == "httpx"])
on_httpx_and_asyncio = each([style for style in ASYNC if style.name == "httpx.AsyncClient, asyncio"])


def form(provider, scope):
    """The parameters of a token request."""
    return {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
    }


def run_all(style, work, count=TASKS):
    """Run ``work(client, number)`` in so many tasks that share a client; gives what they returned."""
    found = {}

    async def one(client, number):
        found[number] = await work(client, number)

    async def on_trio():
        with trio.fail_after(PATIENCE):
            async with style.module.AsyncClient() as client, trio.open_nursery() as nursery:
                for number in range(count):
                    nursery.start_soon(one, client, number)

    async def on_asyncio():
        async with asyncio.timeout(PATIENCE), style.module.AsyncClient() as client:
            await asyncio.gather(*(one(client, number) for number in range(count)))

    style.run(on_trio if "trio" in style.name else on_asyncio)
    return [found[number] for number in range(count)]


@many
@every_style
def test_1000_tasks(style, oauthcc):
    """Each task gets its own token and its own answer, and in the journal each request is once."""

    async def work(client, number):
        got = await client.post(oauthcc.token_url, data=form(oauthcc, f"t{number}"))
        token = got.json()["access_token"]
        api = await client.get(f"{oauthcc.api_url}{number}", headers={"Authorization": f"Bearer {token}"})
        return token, (got.status_code, api.status_code)

    answers = run_all(style, work)

    assert Counter(statuses for _, statuses in answers) == {(200, 200): TASKS}
    assert len({token for token, _ in answers}) == TASKS
    assert {next(iter(entry.scopes)): entry.token.value for entry in oauthcc.token_requests} == {
        f"t{number}": token for number, (token, _) in enumerate(answers)
    }
    assert sorted(entry.path for entry in oauthcc.api_requests) == sorted(f"/{number}" for number in range(TASKS))
    assert len(oauthcc.exchanges) == 2 * TASKS
    moments = [entry.at for entry in oauthcc.exchanges]
    assert moments == sorted(moments)


@many
@on_httpx
def test_a_script_is_played_once(style, oauthcc):
    """A fault for 300 requests hits exactly 300, whichever tasks they are of."""
    oauthcc.token_endpoint.fail("temporarily_unavailable", times=300)

    async def work(client, _number):
        return (await client.post(oauthcc.token_url, data=form(oauthcc, "a"))).status_code

    assert Counter(run_all(style, work)) == {503: 300, 200: TASKS - 300}


@many
@on_httpx
def test_1000_tasks_overlap(style, oauthcc):
    """``hold`` lets nobody go before all of them are there."""
    oauthcc.token_endpoint.hold(until=TASKS)

    async def work(client, _number):
        await client.post(oauthcc.token_url, data=form(oauthcc, "a"))
        return len(oauthcc.token_requests)

    assert set(run_all(style, work)) == {TASKS}


@many
@on_httpx_and_asyncio
def test_loops_in_several_threads(style, oauthcc):
    """Eight loops in eight threads, with 125 tasks each, share one provider."""
    start = threading.Barrier(8)

    async def work(client, _number):
        return (await client.post(oauthcc.token_url, data=form(oauthcc, "a"))).json()["access_token"]

    def one(_loop):
        start.wait(PATIENCE)
        return run_all(style, work, TASKS // 8)

    with ThreadPoolExecutor(8) as pool:
        tokens = [token for own in pool.map(one, range(8), timeout=PATIENCE) for token in own]

    assert len(set(tokens)) == len(oauthcc.token_requests) == TASKS


@many
@on_httpx_and_asyncio
def test_tasks_and_their_threads(style, oauthcc):
    """Tasks that send in worker threads, as ``asyncio.to_thread`` makes them, are counted like others."""

    async def work(_client, number):
        post = httpx.post if number % 2 else _post_by_requests
        return await asyncio.to_thread(post, oauthcc.token_url, data=form(oauthcc, f"t{number}"))

    answers = run_all(style, work, 200)

    assert {answer.status_code for answer in answers} == {200}
    assert {next(iter(entry.scopes)) for entry in oauthcc.token_requests} == {f"t{number}" for number in range(200)}


def _post_by_requests(url, data):
    import requests

    return requests.post(url, data=data)


@many
@pytest.mark.skipif(importlib.util.find_spec("aiohttp") is None, reason="aiohttp is not installed")
def test_1000_tasks_over_a_socket(oauthcc, oauthcc_server):
    """With as many connections as it likes aiohttp gets every answer, and the journal has each request once."""
    import aiohttp

    async def work(session, number):
        async with session.post(oauthcc_server.token_url, data=form(oauthcc, f"t{number}")) as answer:
            return answer.status, (await answer.json())["access_token"]

    async def main():
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            return await asyncio.gather(*(work(session, number) for number in range(TASKS)))

    answers = asyncio.run(main())

    assert {status for status, _ in answers} == {200}
    assert {next(iter(entry.scopes)): entry.token.value for entry in oauthcc.token_requests} == {
        f"t{number}": token for number, (_, token) in enumerate(answers)
    }
