"""How freezegun is told the time: its private names, its ways round, and what it must not do."""

from __future__ import annotations

import datetime as dt
import gc
import subprocess
import sys
import textwrap
import threading
import time
import types
import weakref
from datetime import UTC, date, timedelta
from datetime import datetime as datetime_by_name
from time import monotonic as monotonic_by_name
from time import perf_counter as perf_counter_by_name

import freezegun
import freezegun.api
import pytest

from pytest_oauthcc.clock import fast_freeze
from pytest_oauthcc.clock.infrastructure import LEFT_ALONE, asks_for_real_time, is_left_alone

IN_2030 = dt.datetime(2030, 1, 1, tzinfo=UTC)
api = freezegun.api
# In a tuple: what is held in a dict is replaced under a clock, here as in a client.
_REAL = tuple((name, getattr(time, name)) for name in dir(time))


def real(name):
    return next(function for known, function in _REAL if known == name)


# -- the private names that are relied on: when one of these fails, freezegun has moved it


def test_the_private_names_are_where_they_were():
    """Each is guarded; without them the clock is slower, or monotonic time leaps."""
    assert fast_freeze.is_supported(api, freezegun.freeze_time())
    for name in ("_get_fake_monotonic", "_get_fake_monotonic_ns", "real_monotonic_ns", "real_perf_counter_ns"):
        assert callable(getattr(api, name))
    for name in ("freeze_factories", "ignore_lists", "tick_flags", "tz_offsets"):
        assert getattr(api, name) == []


def test_what_freezegun_is_shown_is_sys_without_modules():
    """Whatever else a freezegun might want of sys is there."""
    shown = fast_freeze._NoModules()
    assert (shown.modules, shown.version) == ({}, sys.version)


def test_without_the_shortcut_the_clock_still_works(freezegun_clock, monkeypatch):
    """Where a private name has gone freezegun patches in its own way."""
    monkeypatch.setattr(fast_freeze, "_PRIVATE_NAMES", ("no_such_name",))
    freezegun_clock.advance(days=1)
    freezegun_clock.freeze()
    assert time.time() == freezegun_clock.time()
    assert datetime_by_name.now(UTC) == freezegun_clock.now()
    assert threading._time is real("monotonic")
    freezegun_clock.close()
    assert datetime_by_name is api.real_datetime


def test_without_the_monotonic_names_freezeguns_own_are_used(freezegun_clock, monkeypatch):
    """Where they have gone nothing is patched, and nothing fails."""
    monkeypatch.delattr(api, "_get_fake_monotonic_ns")
    freezegun_clock.advance(10)
    assert freezegun_clock.offset == 10.0
    freezegun_clock.close()
    assert not hasattr(api, "_get_fake_monotonic_ns")


# -- the shortcut patches what freezegun patches


def define(module, code):
    """Run code as if it stood in that module: who asks is told by the name of the module."""
    exec("import time\n" + code, vars(module))  # noqa: S102


def ask_from_here():
    return time.time()


def ask_monotonic_from_here():
    return time.monotonic()


def module_with_clocks(name):
    module = types.ModuleType(name)
    module.now, module.clock, module.day, module.stamp = time.time, time.monotonic_ns, date, datetime_by_name
    module.number = 1
    return module


@pytest.fixture
def user_module(monkeypatch):
    module = module_with_clocks("some_client")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def places_of(fakes):
    return {
        (name, attribute)
        for name, module in sys.modules.copy().items()
        if type(module) is types.ModuleType and not is_left_alone(name) and not name.endswith("reading")
        for attribute, value in vars(module).copy().items()
        if id(value) in fakes
    }


def test_the_same_names_are_patched(freezegun_clock, user_module):
    """What freezegun alone replaces is replaced, but for the modules that keep the real time."""
    fakes = {
        id(value)
        for name, value in vars(api).items()
        if name.startswith("fake_") or name in {"FakeDate", "FakeDatetime"}
    }
    with freezegun.freeze_time("2030-01-01"):
        pass  # packages that import their parts when somebody looks at them have done so now
    freezegun_clock.advance(1)
    ours = places_of(fakes)
    freezegun_clock.reset()
    assert places_of(fakes) == set()
    with freezegun.freeze_time("2030-01-01"):
        stock = places_of(fakes)
    assert ours == stock
    assert {("some_client", "now"), ("some_client", "clock"), ("some_client", "day"), ("some_client", "stamp")} <= ours


def test_modules_are_found_when_they_come_grow_and_change(freezegun_clock, user_module, monkeypatch):
    """The list of places keeps up with the modules."""
    freezegun_clock.advance(1)
    freezegun_clock.reset()
    late = module_with_clocks("late_client")
    monkeypatch.setitem(sys.modules, late.__name__, late)
    user_module.another = time.time
    user_module.now = stub = object()
    freezegun_clock.advance(1)
    assert late.now is user_module.another is time.time is api.fake_time
    assert user_module.now is stub
    freezegun_clock.reset()
    user_module.now = time.time  # back again, as monkeypatch puts it
    freezegun_clock.advance(1)
    assert user_module.now is api.fake_time
    freezegun_clock.reset()
    assert late.now is user_module.another is user_module.now is real("time")


def test_a_datetime_that_was_a_stub_at_first_is_found_when_it_is_back(freezegun_clock, user_module):
    """A test that patches its client's datetime by hand does not hide it from the clocks of later tests."""
    with pytest.MonkeyPatch.context() as by_hand:
        user_module.datetime = datetime_by_name
        by_hand.setattr(user_module, "datetime", object())
        freezegun_clock.advance(1)
        freezegun_clock.reset()
    freezegun_clock.advance(1)
    assert user_module.datetime is api.FakeDatetime
    freezegun_clock.reset()
    assert user_module.datetime is api.real_datetime


def test_modules_that_come_during_the_freeze_are_restored(freezegun_clock, user_module, monkeypatch):
    """A module imported under the clock, and one that filled itself under it, hold the real time afterwards."""
    freezegun_clock.advance(1)
    late = module_with_clocks("late_client")
    assert late.now is api.fake_time
    monkeypatch.setitem(sys.modules, late.__name__, late)
    user_module.lazy = time.time
    freezegun_clock.close()
    assert late.now is user_module.lazy is real("time")
    assert late.stamp is api.real_datetime


def test_a_module_that_has_gone_is_forgotten(freezegun_clock, monkeypatch):
    """A module that was unloaded is not kept."""
    module = module_with_clocks("short_lived")
    gone = weakref.ref(module)
    sys.modules[module.__name__] = module
    freezegun_clock.advance(1)
    freezegun_clock.reset()
    del sys.modules[module.__name__], module
    freezegun_clock.advance(1)
    gc.collect()
    assert gone() is None


def test_who_still_has_an_unloaded_module_sees_the_clock(clock):
    """A conftest.py is such a module: pytest unloads it for the next one, and goes on using it."""
    module = module_with_clocks("unloaded")
    before, wall = module.clock(), module.now()
    clock.advance(60)
    assert module.clock() - before >= 60e9
    assert module.now() - wall >= 60
    clock.reset()
    assert module.clock is real("monotonic_ns")
    assert module.now is real("time")


class Awkward:
    """Stands in sys.modules in the place of a module, and holds clocks."""

    __name__ = "awkward"

    def __init__(self):
        self.clock = time.time


class Slots:
    __slots__ = ("clock",)


class Lazy(types.ModuleType):
    @property
    def __dict__(self):
        raise AssertionError("a lazy module was woken up")


@pytest.mark.parametrize(
    "thing", [None, Slots(), Slots, object(), Lazy("lazy")], ids=["None", "slots", "class", "object", "lazy"]
)
def test_strange_things_among_the_modules_do_no_harm(freezegun_clock, monkeypatch, thing):
    """Not all that is in sys.modules is a module, and looking at it must not wake it."""
    monkeypatch.setitem(sys.modules, "strange_thing", thing)
    freezegun_clock.advance(1)
    assert freezegun_clock.offset == 1.0


def test_an_object_in_the_place_of_a_module_is_patched(freezegun_clock, monkeypatch):
    """An instance that plays the module has its clock faked, and gets it back."""
    thing = Awkward()
    monkeypatch.setitem(sys.modules, "awkward", thing)
    freezegun_clock.advance(1)
    assert thing.clock is api.fake_time
    freezegun_clock.reset()
    assert thing.clock is real("time")


# -- monotonic time


MONOTONIC = ["monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"]


@pytest.mark.parametrize("name", MONOTONIC)
def test_monotonic_time_is_moved_and_not_replaced(freezegun_clock, name):
    """The difference of two readings is the time that has passed on the clock."""
    unit = 1e9 if name.endswith("_ns") else 1
    before = getattr(time, name)() / unit
    freezegun_clock.advance(10)
    assert 10 <= getattr(time, name)() / unit - before < 40
    freezegun_clock.freeze()
    first = getattr(time, name)() / unit
    assert first == getattr(time, name)() / unit
    freezegun_clock.advance(5)
    assert getattr(time, name)() / unit - first == pytest.approx(5, abs=1e-6)
    freezegun_clock.advance_to(0)  # the wall clock only
    assert getattr(time, name)() / unit - first == pytest.approx(5, abs=1e-6)
    freezegun_clock.unfreeze()
    assert 5 - 1e-6 <= getattr(time, name)() / unit - first < 35
    freezegun_clock.close()
    assert getattr(time, name) is real(name)


def test_both_kinds_of_monotonic_time_keep_their_origin(freezegun_clock, monkeypatch):
    """On systems where the performance counter counts from somewhere else it goes on doing so."""
    monkeypatch.setattr(api, "real_perf_counter_ns", lambda: 77_000_000_000)
    freezegun_clock.advance(3)
    assert (time.perf_counter(), time.perf_counter_ns()) == (80.0, 80_000_000_000)
    assert abs(monotonic_by_name() - real("monotonic")() - 3) < 30
    assert perf_counter_by_name() == 80.0


def test_a_freeze_of_the_tests_own_has_freezeguns_monotonic_time(freezegun_clock):
    """Inside ours, theirs is as it always was: the number of seconds since 1970."""
    freezegun_clock.advance(3)
    with freezegun.freeze_time("2030-01-01"):
        assert time.monotonic() == IN_2030.timestamp()
        assert time.monotonic_ns() == IN_2030.timestamp() * 1e9


# -- who is given the real time


@pytest.mark.parametrize("name", ["github_auth", "gi_client", "threading_tools", "queue_worker", "trio_client"])
def test_a_module_whose_name_begins_like_an_ignored_one_sees_the_clock(freezegun_clock, monkeypatch, name):
    """Only whole names are left alone, in patching and when somebody asks."""
    module = module_with_clocks(name)
    define(module, "def ask(): return now(), time.time(), stamp.now().year")
    monkeypatch.setitem(sys.modules, name, module)
    freezegun_clock.advance_to(IN_2030)
    freezegun_clock.freeze()
    assert module.ask() == (freezegun_clock.time(), freezegun_clock.time(), 2030)


def test_infrastructure_that_asks_by_attribute_is_given_the_real_time(freezegun_clock, monkeypatch):
    """A module of the list gets the machine's time, a function that it calls does not."""
    module = types.ModuleType("concurrent.futures._base")
    define(module, "def ask(f=None): return f() if f else time.monotonic()")
    freezegun_clock.advance(days=1)
    assert abs(module.ask() - real("monotonic")()) < 30
    assert module.ask(ask_monotonic_from_here) - real("monotonic")() > 86000


@pytest.mark.parametrize(
    ("name", "alone", "real"),
    [
        ("threading", True, False),
        ("concurrent.futures.thread", True, False),
        ("concurrent.futures._base", True, True),
        ("multiprocessing.connection", True, True),
        ("multiprocessing.pool", True, False),
        ("_pytest.timing", True, True),
        ("hypothesis.core", True, True),
        ("hypothesis_client", False, False),
        ("gi", True, True),
        ("gi.repository", True, True),
        ("gitlab", False, False),
        ("google.gax.retry", True, True),
        ("google.auth", False, False),
        ("urllib3.util.timeout", True, True),
        ("urllib3.util.retry", False, False),
        ("", False, False),
    ],
)
def test_who_is_left_alone(name, alone, real):
    """Names count as a whole, with all that is below them."""
    assert (is_left_alone(name), asks_for_real_time(name)) == (alone, real)


def test_freezeguns_own_list_is_kept_in_whole_names():
    """What freezegun ignores of itself is left alone here, too, but for parts of pytest's that are a package by now."""
    ours = {name.rstrip(".") for name in api.config.DEFAULT_IGNORE_LIST}
    missing = {name for name in ours if not is_left_alone(name)}
    assert missing == {"six.moves", "django.utils.six.moves"}  # which freezegun leaves out by the end of their names
    assert LEFT_ALONE


def test_what_the_user_told_freezegun_to_ignore_is_ignored(freezegun_clock, monkeypatch):
    """freezegun.configure() goes on meaning what it means: prefixes, near the one who asks."""
    module = module_with_clocks("legacy_billing")
    define(module, "def ask(f=None): return f() if f else time.time()")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    freezegun.configure(extend_ignore_list=["legacy_", "tensorflow"])
    try:
        freezegun_clock.advance(days=1)
        assert module.now is real("time")
        assert abs(module.ask() - real("time")()) < 30
        assert abs(module.ask(ask_from_here) - real("time")()) < 30
        assert time.time() - real("time")() > 86000
        # In a thread there are fewer callers than freezegun looks at.
        seen = []
        thread = threading.Thread(target=lambda: seen.append(time.time()))
        thread.start()
        thread.join()
        assert seen[0] - real("time")() > 86000
    finally:
        freezegun.config.reset_config()


# -- the local time zone


needs_tzset = pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone can't be set on this system")


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@needs_tzset
@pytest.mark.parametrize("month", [1, 7], ids=["winter", "summer"])
def test_local_time_stays_local(freezegun_clock, zone, month):
    """A naive datetime.now() is local time before the first move and after it."""
    naive = dt.datetime.now()
    freezegun_clock.freeze()
    assert timedelta(0) <= dt.datetime.now() - naive < timedelta(seconds=30)
    freezegun_clock.advance_to(dt.datetime(2030, month, 15, 12, 30, tzinfo=UTC))
    expected = api.real_datetime.fromtimestamp(freezegun_clock.time())
    assert dt.datetime.now() == expected
    assert dt.datetime.today() == expected
    assert dt.date.today() == expected.date()
    assert dt.datetime.now().timestamp() == freezegun_clock.time()
    assert dt.datetime.fromtimestamp(freezegun_clock.time()) == expected
    assert dt.datetime.now(UTC) == freezegun_clock.now()
    assert dt.datetime.now().astimezone() == freezegun_clock.now()
    assert dt.datetime.utcnow() == freezegun_clock.now().replace(tzinfo=None)


@needs_tzset
def test_the_offset_of_local_time_goes_with_the_season(freezegun_clock, monkeypatch):
    """dateutil, which remembers zones by their offset, is not given yesterday's."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        freezegun_clock.freeze()
        for month, hour in [(1, 13), (7, 14), (1, 13)]:
            freezegun_clock.advance_to(dt.datetime(2030, month, 1, 12, tzinfo=UTC))
            assert dt.datetime.fromtimestamp(time.time()).hour == hour
        assert api.tz_offsets[-1] != timedelta(hours=1)
    finally:
        monkeypatch.undo()
        time.tzset()


# -- imports, in a process of their own


def run(code):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("backend", ["freezegun", "time-machine"])
def test_a_clock_that_is_not_moved_imports_neither_library(backend):
    """Constructing and reading cost no import; nor does all that undoes."""
    run(f"""
        import sys
        from pytest_oauthcc.clock import Clock
        clock = Clock({backend!r})
        clock.time(), clock.now(), repr(clock), clock.offset, clock.is_moved
        clock.follow(print)
        clock.unfreeze(), clock.reset(), clock.close()
        assert not {{"freezegun", "time_machine", "asyncio", "trio", "dateutil"}} & sys.modules.keys()
    """)


def test_the_time_machine_backend_works_without_freezegun():
    """Moving with time-machine needs no freezegun."""
    run("""
        import sys, time
        from pytest_oauthcc.clock import Clock
        clock = Clock("time-machine")
        clock.advance(3600)
        clock.skip_sleeps()
        time.sleep(1800)
        assert clock.offset == 5400, clock
        assert "freezegun" not in sys.modules
    """)


def test_the_package_may_be_imported_under_a_freeze():
    """Imported while freezegun has its classes everywhere, the clock still gives real datetimes."""
    run("""
        import datetime
        import freezegun
        with freezegun.freeze_time("2030-01-01"):
            from pytest_oauthcc.clock import Clock
            clock = Clock()
            assert type(clock.now()) is freezegun.api.real_datetime
            clock.advance(60)
            assert clock.now() == datetime.datetime(2030, 1, 1, 0, 1, tzinfo=datetime.timezone.utc)
        assert abs(clock.time() - __import__("time").time()) < 30
    """)


def test_trio_imported_under_the_clock_keeps_the_real_time():
    """A library that takes its clock while ours is up is told the machine's time when it asks."""
    run("""
        import time
        from pytest_oauthcc.clock import Clock
        clock = Clock()
        clock.freeze()
        import trio
        trio.run(trio.sleep, 0.01)
        clock.close()
        trio.run(trio.sleep, 0.01)
    """)
