"""Rows: one exchange in process, and what one leaves behind in memory."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import requests

import pytest_oauthcc
from benchmarks.by_hand import API_URL, ORDERS, TOKEN_URL, stub_httpx, stub_requests
from benchmarks.measuring import Figures, alternate, repeat, time_calls
from benchmarks.row import row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from benchmarks.measuring import Batch

    Sender = Callable[[str, str, tuple[str, str] | None], Callable[[int], None]]

FORM = {"grant_type": "client_credentials", "scope": "orders:read"}
CREDENTIALS = ("orders-app", "s3cret")
OPTIONS: dict[str, Any] = {
    "token_url": TOKEN_URL,
    "api_url": API_URL,
    "client_id": CREDENTIALS[0],
    "client_secret": CREDENTIALS[1],
    "scopes": "orders:read",
    "max_exchanges": 10_000_000,
}
COUNT = 60
BY_HAND = "a {} that mints the same JWT with PyJWT"


@contextmanager
def _requests_tokens() -> Iterator[Batch]:
    with requests.Session() as session:

        def once() -> str:
            return str(session.post(TOKEN_URL, data=FORM, auth=CREDENTIALS, timeout=5).json()["access_token"])

        yield repeat(once)


@contextmanager
def _requests_calls(token: str = "") -> Iterator[Batch]:
    fields = {"Authorization": f"Bearer {token or 'unchecked'}"}
    with requests.Session() as session:

        def once() -> None:
            answer = session.get(API_URL + "orders", headers=fields, timeout=5)
            assert answer.json() == ORDERS, answer.text

        yield repeat(once)


@contextmanager
def _httpx_tokens() -> Iterator[Batch]:
    with httpx.Client() as client:
        yield repeat(lambda: client.post(TOKEN_URL, data=FORM, auth=CREDENTIALS).json()["access_token"])


@contextmanager
def _httpx_calls(token: str = "") -> Iterator[Batch]:
    fields = {"Authorization": f"Bearer {token or 'unchecked'}"}
    with httpx.Client() as client:

        def once() -> None:
            answer = client.get(API_URL + "orders", headers=fields)
            assert answer.json() == ORDERS, answer.text

        yield repeat(once)


@contextmanager
def _async_httpx_tokens() -> Iterator[Batch]:
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient()

        async def many(count: int) -> None:
            for _ in range(count):
                (await client.post(TOKEN_URL, data=FORM, auth=CREDENTIALS)).json()["access_token"]

        yield lambda count: runner.run(many(count))
        runner.run(client.aclose())


def _in_turns(ours: Any, theirs: Any, stub: Callable[[], AbstractContextManager[None]], rounds: int) -> Figures:
    @contextmanager
    def our_side() -> Iterator[Batch]:
        with ExitStack() as stack:
            fake = stack.enter_context(pytest_oauthcc.provider(**OPTIONS))
            fake.api.get("/orders").reply(json=ORDERS)
            yield stack.enter_context(ours(fake))

    @contextmanager
    def other_side() -> Iterator[Batch]:
        with stub(), theirs() as batch:
            yield batch

    return alternate(lambda: time_calls(our_side, COUNT), lambda: time_calls(other_side, COUNT), rounds * 6)


@row("requests", "token request, requests", BY_HAND.format("`responses` callback"), 1.15)
def _requests(rounds: int) -> Figures:
    return _in_turns(lambda _: _requests_tokens(), _requests_tokens, stub_requests, rounds)


@row("httpx", "token request, httpx", BY_HAND.format("`respx` side effect"), 1.15)
def _httpx(rounds: int) -> Figures:
    return _in_turns(lambda _: _httpx_tokens(), _httpx_tokens, stub_httpx, rounds)


@row("httpx-async", "token request, httpx, asynchronous", BY_HAND.format("`respx` side effect"), 1.15)
def _httpx_async(rounds: int) -> Figures:
    return _in_turns(lambda _: _async_httpx_tokens(), _async_httpx_tokens, stub_httpx, rounds)


@row("api-requests", "API call with a check of the token, requests", "a canned reply of `responses`", 1.25)
def _api_requests(rounds: int) -> Figures:
    return _in_turns(lambda fake: _requests_calls(fake.mint()), _requests_calls, stub_requests, rounds)


@row("api-httpx", "API call with a check of the token, httpx", "a canned reply of `respx`", 1.25)
def _api_httpx(rounds: int) -> Figures:
    return _in_turns(lambda fake: _httpx_calls(fake.mint()), _httpx_calls, stub_httpx, rounds)


# --- growth

GROWN = 100_000


def _growth(size: int, rounds: int) -> Figures:
    """Compare exchanges after so many with those after ten; two providers, in turns, in one process."""
    figures = Figures()
    with ExitStack() as stack:
        small = stack.enter_context(pytest_oauthcc.provider(**OPTIONS))
        grown_url = "https://auth.grown.test/oauth/token"
        grown = stack.enter_context(
            pytest_oauthcc.provider(**{**OPTIONS, "token_url": grown_url, "api_url": "https://api.grown.test/"})
        )
        session = stack.enter_context(requests.Session())

        def ask(url: str, count: int) -> float:
            began = time.process_time()
            for _ in range(count):
                session.post(url, data=FORM, auth=CREDENTIALS, timeout=5).json()
            return (time.process_time() - began) / count

        ask(TOKEN_URL, 10)
        ask(grown_url, size)
        assert (len(small.exchanges), len(grown.exchanges)) == (10, size)
        gc.collect()
        for _ in range(rounds * 8):
            gc.collect()
            figures.ours.append(ask(grown_url, 50))
            figures.theirs.append(ask(TOKEN_URL, 50))
    return figures


@row("growth-1000", "token request number 1,000", "the tenth", 1.1, processes=1)
def _growth_1000(rounds: int) -> Figures:
    return _growth(1_000, rounds)


@row("growth-100000", "token request number 100,000", "the tenth", 1.1, processes=1)
def _growth_100000(rounds: int) -> Figures:
    return _growth(GROWN, rounds)


@row("providers", "token request beside 1,000 other providers", "the same alone", 1.1)
def _providers(rounds: int) -> Figures:
    return _beside(rounds, providers=1_000)


@row("routes", "API call with 10,000 routes declared", "the same with one", 1.1, processes=1)
def _routes(rounds: int) -> Figures:
    return _beside(rounds, routes=10_000)


def _beside(rounds: int, *, providers: int = 0, routes: int = 0) -> Figures:
    def side(providers: int, routes: int) -> Callable[[], AbstractContextManager[Batch]]:
        @contextmanager
        def opened() -> Iterator[Batch]:
            with ExitStack() as stack:
                fake = stack.enter_context(pytest_oauthcc.provider(**OPTIONS))
                for number in range(providers):
                    urls = {key: f"https://{key[:5]}-{number}.test/" for key in ("token_url", "api_url")}
                    stack.enter_context(pytest_oauthcc.provider(**urls))
                for number in range(routes):
                    fake.api.get(f"/things/{number}/parts").reply(json=[])
                fake.api.get("/orders").reply(json=ORDERS)
                what = _requests_calls(fake.mint()) if routes else _requests_tokens()
                yield stack.enter_context(what)

        return opened

    large, small = side(providers, routes), side(0, 0)
    return alternate(lambda: time_calls(large, COUNT), lambda: time_calls(small, COUNT), rounds * 2)


@row("memory", "memory of an exchange in the journal, tokens included", "", 2048, processes=1, unit="bytes")
def _memory(rounds: int) -> Figures:
    count, found = 2_000, []
    for _ in range(rounds):
        with pytest_oauthcc.provider(**OPTIONS), _requests_tokens() as batch:
            batch(200)
            gc.collect()
            tracemalloc.start()
            batch(count)
            gc.collect()
            found.append(tracemalloc.get_traced_memory()[0] / count)
            tracemalloc.stop()
    return Figures(found)
