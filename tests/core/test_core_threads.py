"""What a test says of a provider while requests come in from many threads: nothing is lost, and nothing counts twice."""

from __future__ import annotations

import functools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from core_world import World

import pytest_oauthcc
from pytest_oauthcc.core import keys
from pytest_oauthcc.core.actions import Alter, Fail
from pytest_oauthcc.core.keys import ClientKey
from pytest_oauthcc.core.replays import Replays
from pytest_oauthcc.core.routes import RouteTable
from pytest_oauthcc.core.script import Script
from pytest_oauthcc.core.templates import OMIT

THREADS = 16
PATIENCE = 60  # seconds until a deadlock is believed in


@pytest.fixture(autouse=True)
def impatient_threads():
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(work):
    """Run ``work(number)`` in threads that start at the same moment; gives what they returned."""
    start = threading.Barrier(THREADS)

    def one(number):
        start.wait(PATIENCE)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(one, number) for number in range(THREADS)]]


def test_a_step_counts_once_for_each_request():
    """So many faults as were ordered come, while others are ordered."""
    script = Script()

    def work(_number):
        taken = 0
        for _ in range(100):
            script.add(Fail("server_error", None, None, None), 3)
            taken += sum(script.take_fault() is not None for _ in range(3))
        return taken

    assert sum(in_threads(work)) == THREADS * 300
    assert script.take_fault() is None


def test_recovering_disturbs_no_request():
    """A test that ends the faults takes no step away from under a request that is using it up."""
    script = Script()

    def work(number):
        for _ in range(200):
            script.add(Fail("server_error", None, None, None), 1)
            script.add(Alter({"x": 1}), 1)
            if number % 2:
                script.recover()
            else:
                script.take_fault()

    in_threads(work)
    script.recover()

    assert script.take_fault() is None
    replies = [script.take_reply() for _ in range(THREADS * 200 + 1)]
    assert (replies.count(None), replies[-1]) == (1, None), "the replies stay"


def test_a_route_is_there_from_its_declaration_on():
    """One path gets one route, however many declare it, and a request finds its route while others are declared."""
    table = RouteTable()
    world = World()
    world.api.get("/orders/{id}")

    def work(number):
        routes = [table.declare("GET", f"/orders/{turn}", None, OMIT) for turn in range(50)]
        for turn in range(20):
            world.api.route("/orders/{id}", params={"n": number, "turn": turn})
            assert world.call(world.token(), "orders/7").status == 200
        return tuple(map(id, routes))

    assert len(set(in_threads(work))) == 1
    assert len(table) == 50
    assert len(world.api.routes) == 1 + THREADS * 20


def test_a_client_is_registered_once():
    """Of many threads that want the same client_id one gets it; the others are told that it is taken."""
    with pytest_oauthcc.provider() as fake:

        def work(_number):
            try:
                return fake.add_client("same").client_secret
            except pytest_oauthcc.OptionError:
                return None

        made = [secret for secret in in_threads(work) if secret is not None]

    assert len(made) == 1


def test_a_revocation_counts_once():
    """Each token is revoked by one thread only."""
    with pytest_oauthcc.provider() as fake:
        for _ in range(200):
            fake.mint()

        assert sum(in_threads(lambda _number: fake.revoke())) == 200


def test_a_client_has_one_key_and_one_certificate(monkeypatch):
    """Threads that need them first at the same moment get the same ones."""
    for name in ("_client_key", "_client_certificate"):
        monkeypatch.setattr(keys, name, functools.cache(getattr(keys, name).__wrapped__))

    made = in_threads(lambda _number: (ClientKey().certificate.certificate_pem, ClientKey()["keys"][0]["x5c"][0]))

    assert len(set(made)) == 1


def test_what_was_used_is_forgotten_when_it_is_over():
    """What is remembered does not grow with what was used, and an id is good again once it would not count."""
    replays = Replays()

    assert all(replays.use("me", str(number), until=number + 10, now=number) for number in range(1000))
    assert len(replays) <= 110
    assert not replays.use("me", "999", until=2000, now=1008)
    assert replays.use("you", "999", until=2000, now=1008)
    assert replays.use("me", "999", until=2000, now=1009)
