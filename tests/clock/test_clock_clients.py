"""Clients that hold the clock of the machine in all the ways there are, and see the time of the test."""

# ruff: noqa: PLW0108 - what a client holds is to be looked up when it is called

from __future__ import annotations

import copy
import dataclasses
import functools
import gc
import pickle
import sys
import time
import types
from unittest import mock

import pytest

from pytest_oauthcc.clock import Clock, monotonic, searching
from pytest_oauthcc.clock.slots import slots_of
from pytest_oauthcc.clock.stand_ins import StandIn

# Each makes a client that holds the function in another way, and gives what asks it for the time.


def by_attribute(function):
    name = function.__name__.removeprefix("fake_")
    return lambda: getattr(time, name)()


def by_name_in_a_module(function):
    module = types.ModuleType("module_of_a_client")
    exec("def ask(): return clock()", vars(module))  # noqa: S102
    module.clock = function
    sys.modules[module.__name__] = module
    return module.ask


def in_a_default_argument(function):
    def client(clock=function):
        return clock()

    return client


def in_a_keyword_only_default(function):
    def client(*, other=None, clock=function):
        return clock()

    return client


def in_a_class_attribute(function):
    class Client:
        clock = function

    return lambda: Client().clock()


def in_a_static_method(function):
    class Client:
        clock = staticmethod(function)

    return lambda: Client().clock()


def in_an_attribute(function):
    class Client:
        def __init__(self):
            self.clock = function

    client = Client()
    return lambda: client.clock()


def in_an_attribute_of_an_object_with_a_dict(function):
    class Client:
        pass

    client = Client()
    vars(client)["clock"] = function
    return lambda: client.clock()


def in_a_slot(function):
    class Client:
        __slots__ = ("clock", "empty")

    client = Client()
    client.clock = function
    return lambda: client.clock()


def in_a_frozen_dataclass(function):
    @dataclasses.dataclass(frozen=True, slots=True)
    class Client:
        clock: object

    client = Client(function)
    return lambda: client.clock()


def in_a_default_factory(function):
    @dataclasses.dataclass
    class Token:
        issued: float = dataclasses.field(default_factory=function)

    return lambda: Token().issued


def in_a_closure(function):
    clock = function
    return lambda: clock()


def in_a_partial(function):
    return functools.partial(function)


def in_an_argument_of_a_partial(function):
    return functools.partial(lambda _number, clock: clock(), 1, function)


def in_a_keyword_of_a_partial(function):
    return functools.partial(lambda clock: clock(), clock=function)


def in_a_dict(function):
    class Client:
        def __init__(self):
            self.settings = {"clock": function}

    client = Client()
    return lambda: client.settings["clock"]()


def in_a_list(function):
    class Client:
        def __init__(self):
            self.clocks = [None, function]

    client = Client()
    return lambda: client.clocks[1]()


HERE = {}


def in_a_dict_of_a_module(function):
    HERE[function.__name__] = function
    name = function.__name__
    return lambda: HERE[name]()


def in_a_cache_with_a_timer(function):
    class Timer:
        def __init__(self, timer=function):
            self._timer = timer

    class Cache:
        def __init__(self, timer):
            self.timer = Timer(timer)

    cache = Cache(function)
    return lambda: cache.timer._timer()


KINDS = [
    by_attribute,
    by_name_in_a_module,
    in_a_default_argument,
    in_a_keyword_only_default,
    in_a_class_attribute,
    in_a_static_method,
    in_an_attribute,
    in_an_attribute_of_an_object_with_a_dict,
    in_a_slot,
    in_a_frozen_dataclass,
    in_a_default_factory,
    in_a_closure,
    in_a_partial,
    in_an_argument_of_a_partial,
    in_a_keyword_of_a_partial,
    in_a_dict,
    in_a_list,
    in_a_dict_of_a_module,
    in_a_cache_with_a_timer,
]


@pytest.fixture(autouse=True)
def _no_module_is_left():
    yield
    sys.modules.pop("module_of_a_client", None)
    HERE.clear()


def seconds(ask, name):
    return ask() / (1e9 if name.endswith("_ns") else 1)


@pytest.mark.parametrize("name", ["time", "monotonic"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_client_that_was_there_before_sees_the_moves(clock, kind, name):
    """However the function is held: it gives the time of the test, then that of the machine again."""
    ask = kind(getattr(time, name))
    before = seconds(ask, name)
    clock.advance(3600)
    assert 3600 <= seconds(ask, name) - before < 3630
    clock.freeze()
    frozen = seconds(ask, name)
    assert frozen == seconds(ask, name)
    clock.advance(60)
    assert seconds(ask, name) - frozen == pytest.approx(60, abs=1e-5)
    clock.unfreeze()
    assert 3660 <= seconds(ask, name) - before < 3690
    clock.reset()
    assert 0 <= seconds(ask, name) - before < 30
    clock.advance(100)  # once more, by what is known by now
    assert 100 <= seconds(ask, name) - before < 130


@pytest.mark.parametrize("name", ["time_ns", "monotonic_ns"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_client_that_is_made_in_the_test_sees_the_moves(clock, backend, kind, name):
    """A client made after the first move holds a fake, which does no harm when the clock is closed."""
    before = getattr(time, name)() / (1e9 if name.endswith("_ns") else 1)
    clock.advance(3600)
    if kind is in_a_class_attribute and backend == "freezegun":
        pytest.skip("freezegun's own functions become methods there")
    ask = kind(getattr(time, name))
    assert 3600 <= seconds(ask, name) - before < 3630
    clock.advance(60)
    assert 3660 <= seconds(ask, name) - before < 3690
    clock.close()
    assert 0 <= seconds(ask, name) - before < 30


def stand_ins_in_use():
    gc.collect()
    ours = {id(stand_ins) for _, stand_ins in monotonic._works.values()}  # kept for the next test
    alive = [thing for thing in gc.get_objects() if type(thing) is StandIn]
    holders = [(thing, holder) for thing in alive for holder in gc.get_referrers(thing) if holder is not alive]
    return [thing for thing, holder in holders if id(holder) not in ours and not isinstance(holder, types.FrameType)]


@pytest.mark.parametrize("kind", KINDS[1:], ids=lambda kind: kind.__name__)
def test_everything_is_put_back(clock, kind):
    """No stand-in is left in the process once the clock is closed: all slots hold the machine's own function."""
    ask = kind(time.monotonic)
    clock.advance(1)
    assert stand_ins_in_use()
    clock.close()
    assert not stand_ins_in_use()
    assert ask() < time.monotonic() + 1


class TestSearching:
    """The search through everything alive is made when it has to be, and not otherwise."""

    @pytest.fixture
    def searches(self, monkeypatch):
        """A list that grows with each search."""
        gc.collect()  # clients of other tests go now, and not in the middle of this one
        count = []
        search = searching.search
        monkeypatch.setattr(searching, "search", lambda wanted: count.append(1) or search(wanted))
        return count

    def move(self, backend):
        """Be a test that moves its clock."""
        clock = Clock(backend)
        clock.advance(1)
        clock.close()

    def test_once_for_clients_that_stay(self, backend, searches):
        """A second test does not search for what the first one found."""
        self.move(backend)
        ask = in_a_default_argument(time.monotonic)
        self.move(backend)
        del searches[:]
        before = ask()
        for _ in range(3):
            clock = Clock(backend)
            clock.advance(3600)
            assert ask() - before >= 3600
            clock.close()
        assert searches == []

    def test_again_for_clients_that_come_and_go(self, backend, searches):
        """A new client is found although another one has gone."""
        self.move(backend)
        first = in_an_attribute(time.monotonic)
        self.move(backend)
        del first, searches[:]
        gc.collect()
        second = in_an_attribute(time.monotonic)
        before = second()
        clock = Clock(backend)
        clock.advance(3600)
        assert second() - before >= 3600
        clock.close()
        assert searches == [1]

    def test_not_for_freezes_of_the_tests_own(self, searches):
        """What freezegun notes of each freeze that was ever started is no reason."""
        import freezegun

        for _ in range(3):  # the first ones wake lazy packages, and fill a cache with what came of it
            with freezegun.freeze_time("2030-01-01"):
                pass
        self.move("freezegun")
        del searches[:]
        kept = [freezegun.freeze_time("2030-01-01") for _ in range(3)]
        for freeze in kept:
            with freeze:
                pass
        self.move("freezegun")
        assert searches == []

    def test_every_time_for_what_cant_be_remembered(self, backend, searches):
        """A holder that allows of no weak reference is not kept alive; it is searched for anew."""
        self.move(backend)
        ask = in_a_slot(time.monotonic)
        del searches[:]
        self.move(backend)
        self.move(backend)
        assert searches == [1, 1]
        assert ask() > 0

    def test_nobody_is_kept_alive(self, backend):
        """A client that is dropped after a test is gone."""
        import weakref

        class Client:
            def __init__(self):
                self.clock = time.monotonic

        client = Client()
        gone = weakref.ref(client)
        self.move(backend)
        del client
        gc.collect()
        assert gone() is None


@pytest.mark.parametrize("name", ["monotonic", "monotonic_ns"])
def test_a_client_that_is_made_in_one_test_sees_the_moves_of_the_next(backend, name):
    """As one of a whole session that is made when the first test asks for it."""
    clock = Clock(backend)
    clock.advance(5)
    ask = in_an_attribute(getattr(time, name))
    clock.close()
    for _ in range(2):
        before = seconds(ask, name)
        clock = Clock(backend)
        clock.advance(3600)
        assert 3600 <= seconds(ask, name) - before < 3630
        clock.close()
    assert 0 <= seconds(ask, name) - before < 30


def test_infrastructure_is_left_alone(clock, monkeypatch):
    """Whoever belongs to a module that keeps the real time keeps it, in classes, functions, dicts and closures."""

    def function(clock=time.monotonic):
        return clock()

    def in_closure():
        return held()

    held = time.monotonic
    kind = type("Kind", (), {"clock": time.monotonic, "__module__": "asyncio.locks"})
    instance = kind()
    instance.own = time.monotonic
    instance.settings = {"clock": time.monotonic}
    function.__module__ = in_closure.__module__ = "concurrent.futures.thread"
    real = (time.monotonic,)
    clock.advance(3600)
    for ask in (function, in_closure, kind.clock, instance.own, instance.settings["clock"]):
        assert abs(ask() - real[0]()) < 30


def test_mocks_give_back_what_they_took(clock):
    """A mock of time.time that ends under the clock leaves the real function there."""
    real = (time.time,)
    with mock.patch("time.time", return_value=5.0):
        assert clock.time() == 5.0
        clock.advance_to(1000)
    clock.close()
    assert time.time is real[0]


def test_what_was_changed_meanwhile_is_left(clock):
    """A slot that the test filled with something else keeps that."""

    class Client:
        pass

    client, other = Client(), Client()
    client.clock = other.clock = time.monotonic
    clock.advance(1)
    client.clock = "mine"
    del other.clock
    clock.close()
    assert client.clock == "mine"
    assert not hasattr(other, "clock")


def test_who_does_not_let_itself_be_changed_stays_as_it_is(clock):
    """A class that forbids it is no reason to fail."""

    class Meta(type):
        def __setattr__(cls, name, value):
            raise TypeError(name)

    class Client(metaclass=Meta):
        clock = time.monotonic

    clock.advance(3600)
    assert clock.offset == 3600.0
    clock.close()
    assert Client.clock is time.monotonic


def test_a_freeze_of_freezeguns_is_obeyed_by_stand_ins(clock):
    """Under a freeze that the test began inside ours, holders see that one."""
    import freezegun

    wall, monotonic = in_an_attribute(time.time), in_an_attribute(time.monotonic)
    monotonic_ns = in_an_attribute(time.monotonic_ns)
    clock.advance(1)
    with freezegun.freeze_time("2030-01-01"):
        now = time.time()
        assert monotonic() == now
        assert monotonic_ns() == now * 1e9
        if clock._backend == "freezegun":
            assert wall() == now


def test_slots_of_strange_holders():
    """Empty cells, short tuples and vanished keys hold nothing, and say so."""
    wanted = {id(time.monotonic): time.monotonic}

    def function(first, clock=time.monotonic):
        return clock

    def outer():
        late = None

        def inner():
            return late  # noqa: F821 - an empty cell is what is wanted

        del late
        yield inner.__closure__[0]
        late = time.monotonic
        yield inner
        del late
        yield inner

    cells = outer()
    cell = next(cells)
    assert list(slots_of(cell, wanted)) == []
    next(cells)
    (slot,) = slots_of(cell, wanted)
    next(cells)
    assert slot.get() is None

    (slot,) = slots_of(function, wanted)
    function.__defaults__ = None
    assert slot.get() is None
    assert list(slots_of(function, wanted)) == []

    partial = functools.partial(len)
    assert list(slots_of(partial, wanted)) == []
    assert list(slots_of(staticmethod(len), wanted)) == []

    settings = {"clock": time.monotonic}
    (slot,) = slots_of(settings, wanted)
    settings.clear()
    assert slot.get() is None
    assert list(slots_of(object(), wanted)) == []


class TestStandIn:
    """What takes the place of a function is like it in what people do with functions."""

    @pytest.fixture
    def stand_in(self):
        """A stand-in for time.time at five seconds past the epoch."""
        return StandIn(time.time, lambda: 5.0)

    def test_it_looks_like_the_real_one(self, stand_in):
        """Name, documentation and repr are those of the function."""
        assert (stand_in.__name__, stand_in.__qualname__, stand_in.__doc__) == ("time", "time", time.time.__doc__)
        assert repr(stand_in) == "<built-in function time>"
        assert stand_in() == 5.0

    def test_a_copy_is_the_same(self, stand_in):
        """As with functions."""
        assert copy.copy(stand_in) is stand_in
        assert copy.deepcopy({"clock": stand_in})["clock"] is stand_in

    def test_a_pickle_is_the_real_function(self, stand_in):
        """Sent to another process, it is that one's own."""
        assert pickle.loads(pickle.dumps(stand_in)) is time.time  # noqa: S301

    def test_it_is_no_method(self, stand_in):
        """In a class it is called without the instance."""
        assert type("Client", (), {"clock": stand_in})().clock() == 5.0

    def test_left_behind_it_is_the_real_function(self, stand_in):
        """Retired, it gives the machine's time."""
        stand_in.retire()
        assert abs(stand_in() - time.time()) < 30

    def test_where_it_got_into_the_module_it_does_not_call_itself(self, monkeypatch):
        """Somebody who restores what he found may put it into the module time."""
        stand_in = StandIn(time.time)
        monkeypatch.setattr(time, "time", stand_in)
        assert stand_in() > 1e9

    def test_infrastructure_gets_the_real_time(self, stand_in):
        """Who keeps the real time is recognised when he asks."""
        namespace = {"__name__": "subprocess", "clock": stand_in}
        exec("def ask(): return clock()", namespace)  # noqa: S102
        assert namespace["ask"]() > 1e9
