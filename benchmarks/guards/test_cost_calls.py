"""What things cost in calls of our own functions, which no busy machine can blur; a budget each."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import pytest
import requests

import pytest_oauthcc
from pytest_oauthcc.clock import Clock

OURS = str(Path(pytest_oauthcc.__file__).parent)
FORM = {"grant_type": "client_credentials", "scope": "orders:read"}


def count_calls(action):
    """Return how many calls of Python functions of ours an action makes."""
    count = 0

    def notice(frame, event, _argument):
        nonlocal count
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            count += 1

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def settled(action, times=3):
    """Return the calls of an action after some that fill caches."""
    for _ in range(times):
        action()
    counts = [count_calls(action) for _ in range(3)]
    assert len(set(counts)) == 1, f"they have to be repeatable: {counts}"
    return counts[0]


def token_with_requests(fake):
    session = requests.Session()
    return lambda: session.post(fake.token_url, data=FORM, auth=(fake.client_id, fake.client_secret))


def token_with_httpx(fake):
    client = httpx.Client()
    return lambda: client.post(fake.token_url, data=FORM, auth=(fake.client_id, fake.client_secret))


def token_with_async_httpx(fake):
    async def ask(client):
        await client.post(fake.token_url, data=FORM, auth=(fake.client_id, fake.client_secret))

    client = httpx.AsyncClient()

    def once():
        with asyncio.Runner() as runner:
            runner.run(ask(client))

    return once


def api_with_requests(fake):
    session, fields = requests.Session(), {"Authorization": f"Bearer {fake.mint()}"}
    return lambda: session.get(fake.api_url + "orders", headers=fields)


def api_with_httpx(fake):
    client, fields = httpx.Client(), {"Authorization": f"Bearer {fake.mint()}"}
    return lambda: client.get(fake.api_url + "orders", headers=fields)


@pytest.mark.parametrize(
    ("prepare", "budget"),
    [
        pytest.param(token_with_requests, 205, id="token, requests"),
        pytest.param(token_with_httpx, 208, id="token, httpx"),
        pytest.param(token_with_async_httpx, 210, id="token, httpx, async"),
        pytest.param(api_with_requests, 112, id="API, requests"),
        pytest.param(api_with_httpx, 112, id="API, httpx"),
    ],
)
def test_an_exchange_stays_within_its_budget(prepare, budget):
    """One exchange makes at most so many calls of ours."""
    with pytest_oauthcc.provider(scopes="orders:read") as fake:
        assert settled(prepare(fake)) <= budget


def test_the_thousandth_exchange_costs_what_the_tenth_does():
    """Nothing that an exchange does depends on how many there were."""
    with pytest_oauthcc.provider(max_exchanges=5000) as fake:
        once = token_with_requests(fake)
        early = settled(once, times=10)

        assert settled(once, times=1000) == early


def test_an_exchange_costs_the_same_beside_other_providers():
    """Nothing that an exchange does depends on how many providers there are."""
    with pytest_oauthcc.provider() as fake, pytest_oauthcc.provider(token_url="https://b.test/t", api_url=None):
        few = settled(token_with_requests(fake))
        opened = [
            pytest_oauthcc.provider(token_url=f"https://p{number}.test/t", api_url=f"https://a{number}.test/")
            for number in range(50)
        ]
        for other in opened:
            other.__enter__()
        many = settled(token_with_requests(fake))
        for other in opened:
            other.__exit__(None, None, None)

    assert many == few


def test_a_route_is_found_at_the_same_cost_among_many():
    """Nothing that an API call does depends on how many routes there are."""
    with pytest_oauthcc.provider() as fake:
        fake.api.get("/orders").reply(json=[])
        once = api_with_requests(fake)
        few = settled(once)
        for number in range(500):
            fake.api.get(f"/things/{number}").reply(json=[])

        assert settled(once) == few


def test_set_up_stays_within_its_budget():
    """A provider comes and goes with at most so many calls of ours."""

    def come_and_go():
        with pytest_oauthcc.provider():
            pass

    assert settled(come_and_go) <= 365


@pytest.mark.parametrize(
    ("backend", "budget"), [pytest.param("freezegun", 130, id="freezegun"), pytest.param("time-machine", 75, id="tm")]
)
def test_the_first_move_of_a_test_stays_within_its_budget(backend, budget):
    """Beginning to move the time, and ending it, makes at most so many calls of ours."""
    if backend == "time-machine":
        pytest.importorskip("time_machine")

    def move():
        clock = Clock(backend)
        clock.advance(3600)
        clock.close()

    assert settled(move, times=5) <= budget


@pytest.mark.parametrize(
    ("backend", "budget"), [pytest.param("freezegun", 18, id="freezegun"), pytest.param("time-machine", 23, id="tm")]
)
def test_a_further_move_stays_within_its_budget(backend, budget):
    """Moving a clock that is moved already makes at most so many calls of ours."""
    if backend == "time-machine":
        pytest.importorskip("time_machine")
    clock = Clock(backend)
    try:
        assert settled(lambda: clock.advance(1)) <= budget
    finally:
        clock.close()
