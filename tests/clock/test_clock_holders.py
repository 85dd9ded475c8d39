"""Whoever takes a clock is found, whoever else goes meanwhile; and looking for him costs nothing where nobody does."""

from __future__ import annotations

import collections
import dataclasses
import gc
import importlib
import sys
import time
import types
from unittest import mock

import pytest

from pytest_oauthcc.clock import Clock, searching
from pytest_oauthcc.clock.holders import Holders
from pytest_oauthcc.clock.places import Places


class Box:
    """Something that would notice if it were kept alive."""


def in_a_class_attribute():
    return type("Client", (), {"clock": time.monotonic})


# -- each makes somebody who holds the function in another way, and who can go


def tuple_of_constants():
    return (time.monotonic, "seconds", None)


def tuple_with_more():
    return (time.monotonic, Box())


def tuple_in_an_attribute():
    box = Box()
    box.clocks = (time.monotonic, box)
    return box


def dict_within_a_dict():
    return {"clocks": {"monotonic": time.monotonic}}


def list_alone():
    return [time.monotonic]


def object_with_slots():
    class Client:
        __slots__ = ("clock",)

    client = Client()
    client.clock = time.monotonic
    return client


def generator():
    def run():
        clock = time.monotonic
        yield
        clock()

    running = run()
    next(running)
    return running


def default_argument():
    return lambda clock=time.monotonic: clock()


def attribute_of_a_function():
    def client():
        return client.clock()

    client.clock = time.monotonic
    return client


def class_attribute():
    return in_a_class_attribute()


def cyclic_garbage():
    """Of which nobody has hold but the collector."""
    client = in_a_class_attribute()
    client.itself = client


def module_that_was_unloaded():
    module = types.ModuleType("gone_for_good")
    module.clock = time.monotonic
    return module


def names_of_a_module_that_has_gone():
    names = {"__name__": "gone_for_good", "clock": time.monotonic}
    exec("def ask(): return clock()", names)  # noqa: S102
    return names["ask"]


def module_of_the_infrastructure():
    return type("Kind", (), {"clock": time.monotonic, "__module__": "asyncio.locks"})


def patch():
    return mock.patch("time.monotonic", time.monotonic).__enter__


def deque():
    return collections.deque([time.monotonic])


def field():
    return dataclasses.make_dataclass("Token", [("issued", float, dataclasses.field(default_factory=time.monotonic))])


KINDS = [
    tuple_of_constants,
    tuple_with_more,
    tuple_in_an_attribute,
    dict_within_a_dict,
    list_alone,
    object_with_slots,
    generator,
    default_argument,
    attribute_of_a_function,
    class_attribute,
    cyclic_garbage,
    module_that_was_unloaded,
    names_of_a_module_that_has_gone,
    module_of_the_infrastructure,
    patch,
    deque,
    field,
]


def move(backend):
    """Be a test that moves its clock."""
    clock = Clock(backend)
    clock.advance(1)
    clock.close()


@pytest.fixture
def searches(monkeypatch):
    """A list that grows with each search."""
    count = []
    search = searching.search
    monkeypatch.setattr(searching, "search", lambda wanted: count.append(1) or search(wanted))
    return count


@pytest.fixture(autouse=True)
def _no_garbage_of_other_tests():
    gc.collect()
    yield
    gc.collect()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_somebody_new_is_found_although_somebody_else_goes(backend, kind):
    """Between two looks at the references one holder goes and one comes, so that their number stays what it was."""
    old = kind()
    for _ in range(3):
        move(backend)
    clock = Clock(backend)
    del old
    gc.collect()
    new = in_a_class_attribute()
    before = new.clock()
    clock.advance(3600)
    seen = new.clock()
    clock.close()
    assert seen - before >= 3600
    assert new.clock is time.monotonic


@pytest.mark.parametrize(
    "kind", [default_argument, attribute_of_a_function, class_attribute, field, tuple_of_constants, generator, deque]
)
def test_who_stays_is_searched_for_once(backend, searches, kind):
    """What can be remembered, or counted, is no reason for another search."""
    move(backend)
    held = kind()
    move(backend)
    del searches[:]
    for _ in range(3):
        move(backend)
    assert searches == []
    assert held


@pytest.mark.parametrize("kind", [tuple_with_more, dict_within_a_dict, object_with_slots])
def test_who_cant_be_remembered_is_searched_for_until_he_goes(backend, searches, kind):
    """No longer than that."""
    move(backend)
    held = kind()
    move(backend)
    move(backend)
    assert searches
    del held, searches[:]
    move(backend)
    move(backend)
    assert len(searches) <= 1


def test_a_local_variable_that_goes_is_noticed(backend):
    """It can't be seen, and is taken for granted only as long as it is there."""
    held = time.monotonic
    move(backend)
    moved = Clock(backend)
    moved.advance(1)
    Clock(backend).close()  # while stand-ins are in place nothing can be told
    moved.close()
    del held
    move(backend)
    new = in_a_class_attribute()
    clock = Clock(backend)
    before = new.clock()
    clock.advance(3600)
    assert new.clock() - before >= 3600
    clock.close()


def test_what_one_backend_remembers_hides_nobody_from_the_other():
    """Its books keep alive what a test held for a while: that must not look like holders who have nothing to do with it."""
    for backend in ("time-machine", "freezegun"):
        move(backend)
    snapshot, client = tuple(vars(time).items()), in_a_class_attribute()
    move("time-machine")  # searches, and finds both
    del snapshot, client
    gc.collect()
    new = type("Client", (), {"clock": time.time, "stamp": time.time_ns})
    before = new.clock()
    clock = Clock("freezegun")
    clock.advance(3600)
    seen = new.clock()
    clock.close()
    assert seen - before >= 3600


def test_a_thousand_tests_do_not_search_a_thousand_times(backend, searches):
    """Clients that come and go by name, and others that never held a clock, are no reason to search."""
    move(backend)
    del searches[:]
    for number in range(100):
        box = Box()
        box.itself, box.now = box, time.monotonic()
        module = types.ModuleType(f"test_module_{number}")
        module.clock = time.monotonic
        sys.modules[module.__name__] = module
        clock = Clock(backend)
        clock.advance(3600)
        assert module.clock() - box.now >= 3600
        clock.close()
        assert module.clock is time.monotonic
    for number in range(100):
        del sys.modules[f"test_module_{number}"]
    assert len(searches) <= 1


# -- modules, which are looked at only where the references tell that one of them holds more than before


@pytest.fixture
def module(monkeypatch):
    """A module that is loaded, and known to the clocks."""
    made = types.ModuleType("client_of_this_test")
    made.clock, made.other = time.monotonic, None
    monkeypatch.setitem(sys.modules, made.__name__, made)
    for backend in ("freezegun", "time-machine"):
        move(backend)
    return made


@pytest.fixture
def assert_moved(backend):
    """Checks that a clock moves what is asked, and that the real function is there again afterwards."""

    def check(owner, name):
        before = getattr(owner, name)()
        clock = Clock(backend)
        clock.advance(3600)
        seen = getattr(owner, name)()
        clock.close()
        assert seen - before >= 3600
        assert getattr(owner, name) is time.monotonic

    return check


def test_a_module_that_gains_a_name_between_two_tests(module, assert_moved):
    """No module has come or gone."""
    module.late = time.monotonic
    assert_moved(module, "late")
    assert_moved(module, "clock")


def test_a_name_that_held_something_else(module, assert_moved):
    """The module has as many names as before."""
    module.other = time.monotonic
    assert_moved(module, "other")


def test_a_name_that_is_given_to_another_one(module, assert_moved):
    """There are as many references as before."""
    module.other, module.clock = time.monotonic, None
    assert_moved(module, "other")


def test_a_module_that_takes_a_clock_during_the_test(module, assert_moved, backend):
    """It holds a stand-in then, which becomes the real function at the end of the test."""
    clock = Clock(backend)
    clock.advance(3600)
    module.late = time.monotonic
    clock.close()
    assert module.late is time.monotonic
    assert_moved(module, "late")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes a module that can be imported, and unloads it at the end."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(code):
        (tmp_path / "written_for_this_test.py").write_text(code, encoding="utf-8")
        importlib.invalidate_caches()
        return "written_for_this_test"

    yield write
    sys.modules.pop("written_for_this_test", None)


def test_a_module_that_is_imported_during_the_test(write, assert_moved, backend):
    """By name and by default argument it sees the clock, in this test and in the next."""
    name = write("from time import monotonic\ndef ask(clock=monotonic): return clock()\n")
    clock = Clock(backend)
    before = time.monotonic()
    clock.advance(3600)
    module = importlib.import_module(name)
    assert module.monotonic() - before >= 3600
    assert module.ask() - before >= 3600
    clock.close()
    assert_moved(module, "monotonic")


def test_a_module_that_is_deleted_and_imported_anew(write, assert_moved, backend):
    """There are as many modules, and as many references, as before."""
    name = write("from time import monotonic\n")
    first = importlib.import_module(name)
    move(backend)
    del sys.modules[name]
    second = importlib.import_module(name)
    assert second is not first
    assert_moved(second, "monotonic")
    assert_moved(first, "monotonic")


def test_a_module_that_is_reloaded(write, assert_moved, backend):
    """It keeps its namespace, and what its old functions held goes."""
    name = write("from time import monotonic\ndef ask(clock=monotonic): return clock()\n")
    module = importlib.import_module(name)
    move(backend)
    importlib.reload(module)
    assert_moved(module, "monotonic")
    clock = Clock(backend)
    before = module.ask()
    clock.advance(3600)
    assert module.ask() - before >= 3600
    importlib.reload(module)
    clock.close()
    assert_moved(module, "monotonic")


def test_a_move_looks_at_no_module_where_nothing_has_changed(module, monkeypatch):
    """With time-machine, a test that moves its clock pays for the places that are known, and for nothing else."""
    move("time-machine")
    looks = []
    monkeypatch.setattr(Places, "look", looks.append)
    monkeypatch.setattr(Places, "newcomers", lambda places, _: looks.append(places) or [])
    monkeypatch.setattr(Holders, "_search", lambda holders: looks.append(holders) or [])
    clock = Clock("time-machine")
    before = module.clock()
    clock.advance(3600)
    assert module.clock() - before >= 3600
    clock.close()
    assert module.clock is time.monotonic
    assert looks == []
