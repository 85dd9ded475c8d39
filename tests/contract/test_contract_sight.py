"""A client is not said to be late by a clock that it can't see."""

# ruff: noqa: D102

from __future__ import annotations

import datetime as dt
import functools
import gc
import sys
import time
import types

import pytest

from pytest_oauthcc.contract.sight import blind_spots, is_of_a_client

HERE = __name__


class Client:
    def __init__(self, **held):
        vars(self).update(held)

    def orders(self):
        return vars(self)


def times(clock):
    while True:
        yield clock()


async def times_without_loop(clock):
    yield clock()


def running():
    generator = times(time.time)
    next(generator)
    return generator


def by_closure():
    clocks = (time.time,)
    return lambda: [clock() for clock in clocks]


def by_default(clocks=(time.time,)):
    return clocks[0]()


def importing():
    import module_with_clocks

    def inner():
        from pytest_oauthcc import errors

        return errors

    return module_with_clocks, inner


class WithClassAttribute:
    CLOCKS = (time.monotonic,)

    def orders(self):
        return self.CLOCKS


BLIND = {
    "a tuple": (lambda: Client(held=(time.time,)).orders, f"Client of {HERE}"),
    "a tuple in a list in a dict": (lambda: Client(held={"clocks": [(time.time,)]}).orders, f"Client of {HERE}"),
    "datetime.now": (lambda: Client(held=dt.datetime.now).orders, f"Client of {HERE}"),
    "a generator": (lambda: Client(held=running()).orders, f"the running times() of {HERE}"),
    "a generator that has not begun": (lambda: Client(held=times(time.time)).orders, f"the running times() of {HERE}"),
    "an asynchronous generator": (
        lambda: Client(held=times_without_loop(time.time)).orders,
        f"the running times_without_loop() of {HERE}",
    ),
    "a closure": (by_closure, f"by_closure.<locals>.<lambda> of {HERE}"),
    "a default argument": (lambda: by_default, f"by_default of {HERE}"),
    "a class": (lambda: WithClassAttribute().orders, f"WithClassAttribute of {HERE}"),
    "a partial": (lambda: functools.partial(print, (time.time,)), "call_api"),
}


@pytest.fixture
def module_with_clocks(monkeypatch):
    """A module with a clock in a tuple, which is imported when it is needed."""
    module = types.ModuleType("module_with_clocks")
    module.CLOCKS = (time.time,)
    monkeypatch.setitem(sys.modules, "module_with_clocks", module)
    return module


@pytest.mark.parametrize("held", BLIND)
def test_who_holds_a_real_clock_is_named(oauthcc_clock, held):
    """A clock that the client can reach and that was not replaced is found, and its holder is named."""
    make, holder = BLIND[held]
    client = make()
    oauthcc_clock.advance(hours=1)

    assert holder in blind_spots(client)


def test_nobody_is_named_who_sees_the_time(oauthcc_clock):
    """A clock that is held where it could be replaced is none that can't be moved."""
    client = Client(held=time.time, partial=functools.partial(time.monotonic), moment=dt.datetime(2030, 1, 1))
    oauthcc_clock.advance(hours=1)

    assert client.held() - time.time() > -10
    assert [spot for spot in blind_spots(client.orders) if "Client" in spot] == []


def test_a_module_that_is_imported_late_is_looked_at(oauthcc_clock, module_with_clocks):
    """A function's imports belong to the client as well."""
    oauthcc_clock.advance(hours=1)

    assert "a value of module_with_clocks" in blind_spots(importing)


def test_of_a_module_only_the_names_are_looked_at(oauthcc_clock, monkeypatch):
    """What C code keeps beside them may be long dead: to touch it took 24 GB, or the process, with CPython 3.12."""
    oauthcc_clock.advance(hours=1)
    asked, get_referents = [], gc.get_referents
    monkeypatch.setattr(gc, "get_referents", lambda thing: asked.append(type(thing)) or get_referents(thing))
    client = Client(loops=sys.modules["_asyncio"])

    blind_spots(client.orders)

    assert types.ModuleType not in asked
    assert asked


def test_what_the_client_can_not_reach_is_none_of_its_business(oauthcc_clock, module_with_clocks):
    """A clock that somebody else in the process holds is no excuse for the client."""
    alone = types.FunctionType((lambda: None).__code__, {"__name__": "alone"})
    oauthcc_clock.advance(hours=1)

    assert blind_spots(alone) == []


def test_the_ways_of_a_library_are_none_of_the_clients(oauthcc_clock):
    """Neither the standard library, nor an HTTP library, nor the test's own machinery, nor an ended generator counts."""
    requests = pytest.importorskip("requests")
    ended = running()
    ended.close()
    client = Client(session=requests.Session(), clock=oauthcc_clock, ended=ended, error=raised())
    oauthcc_clock.advance(hours=1)

    assert [spot for spot in blind_spots(client.orders) if "Client" in spot] == []
    assert not any(map(is_of_a_client, ("time", "requests.sessions", "_pytest.python", "pytest_oauthcc.session")))


def raised():
    """Return an exception, whose traceback leads to everything that is running."""
    clocks = (time.time,)
    try:
        int(clocks)
    except TypeError as error:
        return error


def test_nothing_is_blind_while_the_time_is_the_real_one():
    """Before the clock is moved time.time and datetime.now tell what everybody sees."""
    client = Client(held=(time.time, dt.datetime.now))

    assert [spot for spot in blind_spots(client.orders) if "Client" in spot] == []


def test_time_machine_moves_time_wherever_it_is_held(pytester):
    """With the other backend only the monotonic clock can be out of sight."""
    pytest.importorskip("time_machine")
    pytester.makeini("[pytest]\noauthcc_clock_backend = time-machine\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        """
        import datetime as dt, time
        from pytest_oauthcc.contract.sight import blind_spots

        class Client:
            def __init__(self, held): self.held = held
            def orders(self): pass

        def test_it(oauthcc_clock):
            seeing, blind = Client((time.time, dt.datetime.now)), Client((time.monotonic,))
            oauthcc_clock.advance(hours=1)
            print("SPOTS", blind_spots(seeing.orders), blind_spots(blind.orders))
        """
    )
    result = pytester.runpytest_subprocess("-s", "-q")

    result.stdout.fnmatch_lines(["*SPOTS * ['Client of test_time_machine*']*"])
