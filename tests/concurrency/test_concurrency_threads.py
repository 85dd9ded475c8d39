"""Many threads at one provider: every request is counted once, answered once, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from transport_clients import (
    ASYNC,
    Httpx2Client,
    HttpxClient,
    RequestsSession,
    Style,
    Urlopen,
    each,
)

import pytest_oauthcc

THREADS = 64
TURNS = 3
PATIENCE = 120  # seconds until a deadlock is believed in
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
every_style = each([RequestsSession(), HttpxClient(), Httpx2Client(), Urlopen()])
many = pytest.mark.oauthcc(max_exchanges=10_000)


def token_body(provider, scope):
    """The body of a token request."""
    return (
        f"grant_type=client_credentials&scope={scope}&client_id={provider.client_id}"
        f"&client_secret={provider.client_secret}"
    ).encode()


def fetch(style: Style, provider, scope="orders:read"):
    """Fetch a token; gives the status and the token."""
    got = style.send("POST", provider.token_url, headers=FORM, body=token_body(provider, scope))
    return got.status, json.loads(got.body).get("access_token")


def in_threads(work, count=THREADS):
    """Run ``work(number)`` in so many threads that start at the same moment; gives what they returned."""
    start = threading.Barrier(count)

    def one(number):
        start.wait(PATIENCE)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(one, number) for number in range(count)]]


@many
@every_style
def test_64_threads(style, oauthcc):
    """Each thread gets its own answers, in the journal each request is once, and each thread's are in its order."""

    def work(number):
        tokens = []
        for turn in range(TURNS):
            status, token = fetch(style, oauthcc, f"t{number}:{turn}")
            api = style.send("GET", f"{oauthcc.api_url}{number}/{turn}", headers={"Authorization": f"Bearer {token}"})
            assert (status, api.status) == (200, 200)
            tokens.append(token)
        return tokens

    tokens = in_threads(work)

    assert len(oauthcc.token_requests) == len(oauthcc.api_requests) == THREADS * TURNS
    assert len(oauthcc.exchanges) == 2 * THREADS * TURNS
    assert len({token for own in tokens for token in own}) == THREADS * TURNS
    by_scope = {next(iter(entry.scopes)): entry.token.value for entry in oauthcc.token_requests}
    for number in range(THREADS):
        assert [by_scope[f"t{number}:{turn}"] for turn in range(TURNS)] == tokens[number]
        paths = [entry.path for entry in oauthcc.api_requests if entry.path.startswith(f"/{number}/")]
        assert paths == [f"/{number}/{turn}" for turn in range(TURNS)]
    moments = [entry.at for entry in oauthcc.exchanges]
    assert moments == sorted(moments)


@many
@every_style
def test_a_script_is_played_once(style, oauthcc):
    """A fault for 70 requests hits exactly 70, whoever they are."""
    oauthcc.token_endpoint.fail("temporarily_unavailable", times=70)

    statuses = Counter(
        status for own in in_threads(lambda _: [fetch(style, oauthcc)[0] for _ in range(TURNS)]) for status in own
    )

    assert statuses == {503: 70, 200: THREADS * TURNS - 70}
    assert Counter(entry.status for entry in oauthcc.token_requests) == statuses


@many
def test_all_libraries_at_once(oauthcc):
    """Threads that use different libraries, some of them with event loops of their own, share one provider."""
    styles = [style for style in [RequestsSession(), HttpxClient(), Urlopen(), *ASYNC] if not style.missing()]

    answers = in_threads(lambda number: [fetch(styles[number % len(styles)], oauthcc) for _ in range(TURNS)])

    assert {status for own in answers for status, _ in own} == {200}
    assert len({token for own in answers for _, token in own}) == len(oauthcc.token_requests) == THREADS * TURNS
    assert {entry.request.via for entry in oauthcc.exchanges} == {style.library for style in styles}


@many
def test_the_clock_moves_meanwhile(oauthcc):
    """Threads that move, stop and read the clock while others send agree about the time in the end."""
    began = oauthcc.clock.time()
    style = RequestsSession()

    def work(number):
        if number % 4 == 0:
            oauthcc.clock.advance(seconds=100)
        if number % 8 == 1:
            oauthcc.clock.freeze()
            oauthcc.clock.unfreeze()
        return fetch(style, oauthcc)[0]

    assert set(in_threads(work)) == {200}
    assert 1600 <= oauthcc.clock.time() - began < 1600 + PATIENCE
    assert oauthcc.clock.offset == THREADS // 4 * 100
    moments = [entry.at for entry in oauthcc.exchanges]
    assert moments == sorted(moments)


@many
def test_everything_about_tokens_at_once(oauthcc):
    """Minting, revoking and rotating beside requests leaves no request without an answer."""
    style = RequestsSession()

    def work(number):
        token = oauthcc.mint()
        if number % 8 == 0:
            oauthcc.rotate_keys()
        if number % 8 == 1:
            oauthcc.revoke(token)
        status = style.send("GET", oauthcc.api_url, headers={"Authorization": f"Bearer {token}"}).status
        return number % 8 == 1, status

    answers = Counter(in_threads(work))

    assert answers[True, 401] == THREADS // 8
    assert answers[False, 200] + answers[False, 401] == THREADS - THREADS // 8
    assert len(oauthcc.api_requests) == THREADS


def test_providers_of_the_threads_own():
    """Providers that come and go in many threads serve their own clients, and leave nothing behind."""
    from pytest_oauthcc.transports.switchboard import BOARD

    style = RequestsSession()

    def work(number):
        for turn in range(TURNS):
            host = f"https://auth{number}-{turn}.test"
            with pytest_oauthcc.provider(token_url=f"{host}/token", api_url=None, issuer=host) as provider:
                status, token = fetch(style, provider)
                assert provider.token_requests[-1].token.value == token
                assert (status, len(provider.token_requests)) == (200, 1)

    in_threads(work, 16)

    assert BOARD.sites == ()


def test_several_event_loops_one_after_another(oauthcc):
    """A provider does not care on which loop it was used before."""
    style = ASYNC[0]

    statuses = [fetch(style, oauthcc)[0] for _ in range(3)]
    with asyncio.Runner() as runner:
        for _ in range(2):
            got = runner.run(style.asend("POST", oauthcc.token_url, headers=FORM, body=token_body(oauthcc, "a")))
            statuses.append(got.status)

    assert statuses == [200] * 5
    oauthcc.assert_token_request(count=5)
