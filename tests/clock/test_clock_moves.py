"""What the methods of a clock do to the time that the test sees."""

from __future__ import annotations

import datetime as dt
import time
from datetime import UTC, timedelta, timezone
from fractions import Fraction
from time import time as time_by_name
from types import SimpleNamespace

import pytest

import pytest_oauthcc.clock
from pytest_oauthcc.clock import Clock
from pytest_oauthcc.errors import OptionError

IN_2030 = dt.datetime(2030, 1, 1, tzinfo=UTC)
NEARLY = pytest.approx  # clocks run during a test, on a slow machine for a while
A_WHILE = 30


def test_an_untouched_clock_shows_the_machines_time(clock):
    """Without a move the clock and the machine agree."""
    before = time.time()
    assert before <= clock.time() <= time.time()
    assert before - 1 <= clock.now().timestamp() <= time.time()
    assert clock.now().tzinfo is UTC
    assert (clock.offset, clock.is_moved) == (0.0, False)


@pytest.mark.parametrize(
    ("args", "kwargs", "seconds"),
    [
        ((10,), {}, 10),
        ((0.5,), {}, 0.5),
        ((Fraction(1, 4),), {}, 0.25),
        ((timedelta(hours=1),), {}, 3600),
        ((timedelta(microseconds=1),), {}, 0.000001),
        ((), {"seconds": 3601}, 3601),
        ((), {"minutes": 2}, 120),
        ((), {"hours": 1.5}, 5400),
        ((), {"days": 365}, 365 * 86400),
        ((1,), {"days": 1, "hours": 1, "minutes": 1, "seconds": 1}, 86400 + 3600 + 60 + 2),
        ((), {"hours": 1, "minutes": -1}, 3540),
    ],
)
def test_advance_adds_up_what_it_is_given(clock, args, kwargs, seconds):
    """Deltas and units move the clock by their sum, to the microsecond."""
    clock.freeze()
    before = clock.now()
    assert clock.advance(*args, **kwargs) is None
    assert clock.now() - before == timedelta(seconds=seconds)
    assert clock.offset == seconds
    assert clock.is_moved


def test_a_moved_clock_runs_on(clock):
    """Without a freeze time goes on from where it was put."""
    before = time.time()
    clock.advance(3600)
    first = time.time()
    assert before + 3600 <= first < before + 3600 + A_WHILE
    while time.time() == first:
        pass
    assert time.time() > first


def test_all_ways_to_ask_agree_on_a_frozen_clock(clock):
    """The clock, both time functions, those taken by name before, and datetime show the same moment."""
    clock.freeze()
    clock.advance(1234.567891)
    moment = clock.now()
    assert clock.time() == time.time() == time_by_name() == moment.timestamp()
    assert dt.datetime.now(UTC) == moment
    assert dt.datetime.now(timezone(timedelta(hours=5))) == moment
    assert dt.datetime.now().astimezone() == moment
    assert dt.datetime.fromtimestamp(time.time(), UTC) == moment
    assert time.time_ns() // 1000 == NEARLY(moment.timestamp() * 1e6, abs=1)
    assert time.gmtime()[:6] == moment.timetuple()[:6]


def test_a_freeze_does_not_put_anything_into_the_future(clock):
    """A time read before the freeze is not later than the frozen one."""
    before = time.time_ns()
    clock.freeze()
    assert before <= time.time_ns() + 300  # freezegun's own way to nanoseconds leads through a float
    assert before / 1e9 <= clock.time() + 1e-6


def test_freeze_stops_the_hands_and_unfreeze_lets_them_go(clock):
    """A frozen clock stands until it is moved or let go, and then goes on from there."""
    clock.freeze()
    clock.freeze()
    at = clock.time()
    spin(0.002)
    assert clock.time() == at
    assert clock.is_moved
    assert clock.offset == 0.0
    clock.advance(100)
    assert clock.time() == NEARLY(at + 100, abs=1e-6)
    clock.unfreeze()
    clock.unfreeze()
    first = clock.time()
    assert at + 100 - 1e-6 <= first < at + 100 + A_WHILE
    spin(0.002)
    assert clock.time() > first


def test_unfreezing_what_was_never_frozen_changes_nothing(clock):
    """An unfreeze without a freeze does not even start a backend."""
    clock.unfreeze()
    assert not clock.is_moved


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (IN_2030, IN_2030),
        (dt.datetime(2030, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), IN_2030),
        (IN_2030.timestamp(), IN_2030),
        (int(IN_2030.timestamp()), IN_2030),
        (1.5, dt.datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)),
        (0, dt.datetime(1970, 1, 1, tzinfo=UTC)),
        (dt.datetime(9999, 12, 30, tzinfo=UTC), dt.datetime(9999, 12, 30, tzinfo=UTC)),
    ],
)
def test_advance_to_sets_the_clock_to_a_moment(clock, moment, shown):
    """Aware datetimes and numbers of seconds name moments, later or earlier ones."""
    clock.freeze()
    before = clock.now()
    clock.advance_to(moment)
    assert clock.now() == shown
    assert clock.time() == time.time() == shown.timestamp()
    assert clock.offset == NEARLY((shown - before).total_seconds(), abs=1e-6)


def test_advance_to_the_present_moment_is_no_move(clock):
    """On a frozen clock the moment that it shows already leaves the offset at nought."""
    clock.freeze()
    clock.advance_to(clock.now())
    assert clock.offset == 0.0


def test_reset_shows_the_machines_time_again(clock, world):
    """All moves and freezes are undone, and the clock can be moved anew."""
    before = world()
    clock.advance(days=3)
    clock.freeze()
    clock.reset()
    assert world() == before
    assert abs(clock.time() - time.time()) < A_WHILE
    assert (clock.offset, clock.is_moved) == (0.0, False)
    clock.advance(100)
    assert clock.offset == 100.0


def test_a_closed_clock_reads_but_does_not_move(clock):
    """After its test a clock shows the time, refuses to be moved, and may be closed again."""
    clock.advance(100)
    clock.close()
    clock.close()
    clock.reset()
    assert abs(clock.time() - time.time()) < A_WHILE
    for move in (clock.freeze, clock.skip_sleeps, lambda: clock.advance(1), lambda: clock.advance_to(IN_2030)):
        with pytest.raises(OptionError) as caught:
            move()
        assert str(caught.value) == (
            "this clock can't be moved any more: the test it belonged to is over. "
            "Use the oauthcc_clock (or oauthcc.clock) of the test that is running."
        )


def test_two_clocks_share_the_time(clock, make_clock, backend):
    """A second clock moves what the first one started, and takes back only its own moves."""
    second = make_clock(backend)
    clock.freeze()
    at = clock.now()
    clock.advance(100)
    second.advance(10)
    assert second.now() == clock.now() == at + timedelta(seconds=110)
    assert (clock.offset, second.offset) == (100.0, 10.0)
    second.close()
    assert clock.now() == at + timedelta(seconds=100)


# -- expiry


class Tokens:
    """Tokens by value, as a provider knows them: when issued, when expired."""

    def __init__(self, **times):
        self.times = times

    def __call__(self, value):
        """Answer as a source for ``follow()`` does."""
        if value is None:
            return max(self.times.values(), default=None)
        return self.times.get(value)


@pytest.fixture
def now(clock):
    clock.freeze()
    clock.advance_to(IN_2030)
    return clock.time()


def test_expire_goes_to_the_expiry_of_the_newest_token(clock, now):
    """Of all tokens of all sources it is the one issued last whose expiry is shown, exactly."""
    clock.follow(Tokens())
    clock.follow(Tokens(old=(now - 10, now + 500), new=(now - 1, now + 60)))
    clock.follow(Tokens(other=(now - 2, now + 300)))
    clock.expire()
    assert clock.time() == time.time() == now + 60


@pytest.mark.parametrize(
    ("token", "before", "seconds"),
    [
        (None, 1, 59),
        (None, 0.25, 59.75),
        ("old", 0, 500),
        ("old", 30, 470),
        (SimpleNamespace(expires_at=IN_2030 + timedelta(seconds=20)), 0, 20),
        (SimpleNamespace(expires_at=IN_2030 + timedelta(seconds=20)), 5, 15),
        ("gone", 0, 0),
        (None, 61, 0),
        (SimpleNamespace(expires_at=IN_2030 - timedelta(seconds=20)), 0, 0),
    ],
)
def test_expire_stops_as_far_ahead_as_told(clock, now, token, before, seconds):
    """A token is named by value or as an object; where the moment is over time stays as it is."""
    clock.follow(Tokens(old=(now - 10, now + 500), new=(now - 1, now + 60), gone=(now - 20, now - 10)))
    clock.expire(token, before=before)
    assert clock.time() == now + seconds


def test_a_source_that_is_not_followed_any_more_is_not_asked(clock, now):
    """Following twice is following once, and unfollowing a stranger is no mistake."""
    tokens = Tokens(new=(now, now + 60))
    clock.follow(tokens)
    clock.follow(tokens)
    clock.unfollow(tokens)
    clock.unfollow(tokens)
    with pytest.raises(OptionError):
        clock.expire()


def test_close_forgets_the_sources(clock):
    """A closed clock holds no provider any more."""
    clock.follow(Tokens())
    clock.close()
    assert clock._sources == []


# -- how it looks, and what it says


def test_the_class_shows_under_its_public_name():
    """Reprs, errors and documentation name the place that users import from."""
    assert Clock.__module__ == "pytest_oauthcc"
    assert pytest_oauthcc.clock.__all__ == ["Clock"]


def test_the_repr_reads_well(clock):
    """It tells the time, the moves and the state."""
    assert repr(clock).endswith("UTC, not moved>")
    clock.advance_to(IN_2030)
    clock.freeze()
    clock.reset()
    clock.freeze()
    clock.advance(minutes=2.5)
    at = f"{clock.now():%Y-%m-%d %H:%M:%S}.{clock.now().microsecond // 1000:03d}"
    assert repr(clock) == f"<Clock {at} UTC, moved by +150 s, frozen>"
    clock.close()
    assert repr(clock).endswith(" UTC, not moved, closed>")


class Odd:
    expires_at = "soon"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda clock: clock.advance(-5),
            (
                "advance() only goes forward; it was given -5 s. To set the clock back use advance_to(moment), to undo all "
                "moves reset()."
            ),
        ),
        (
            lambda clock: clock.advance(timedelta(seconds=1), minutes=-1),
            (
                "advance() only goes forward; it was given -59 s. To set the clock back use advance_to(moment), to undo all "
                "moves reset()."
            ),
        ),
        (
            lambda clock: clock.advance(),
            (
                "advance() was given no time to pass (0 s): give it seconds, a timedelta, or days=, hours=, minutes=, "
                "seconds=. To go to a certain moment use advance_to(moment)."
            ),
        ),
        (
            lambda clock: clock.advance(1, seconds=-1),
            (
                "advance() was given no time to pass (0 s): give it seconds, a timedelta, or days=, hours=, minutes=, "
                "seconds=. To go to a certain moment use advance_to(moment)."
            ),
        ),
        (
            lambda clock: clock.advance("10"),
            (
                "advance() needs to know how far: seconds, a timedelta, or days=, hours=, minutes=, seconds=; it was given "
                "'10' (str)."
            ),
        ),
        (
            lambda clock: clock.advance(True),
            (
                "advance() needs to know how far: seconds, a timedelta, or days=, hours=, minutes=, seconds=; it was given "
                "True (bool)."
            ),
        ),
        (
            lambda clock: clock.advance(float("nan")),
            (
                "advance() needs to know how far: seconds, a timedelta, or days=, hours=, minutes=, seconds=; it was given "
                "nan (float)."
            ),
        ),
        (
            lambda clock: clock.advance(IN_2030),
            (
                "advance() needs to know how far: seconds, a timedelta, or days=, hours=, minutes=, seconds=; it was given "
                "datetime.datetime(2030, 1, 1, 0, 0, tzinfo=datetime.timezone.utc) (datetime). To go to a certain moment use advance_to(moment)."
            ),
        ),
        (
            lambda clock: clock.advance(hours="1"),
            "advance() needs a finite number for hours=; it was given '1' (str).",
        ),
        (
            lambda clock: clock.advance(days=float("inf")),
            "advance() needs a finite number for days=; it was given inf (float).",
        ),
        (
            lambda clock: clock.advance_to(dt.datetime(2030, 1, 1)),
            (
                "advance_to() was given a datetime without a time zone (2030-01-01 00:00:00), which may be any of 24 "
                "moments. Say which: moment.replace(tzinfo=timezone.utc) for UTC, moment.astimezone() for local time."
            ),
        ),
        (
            lambda clock: clock.advance_to("2030-01-01"),
            (
                "advance_to() needs a moment: an aware datetime, such as datetime(2030, 1, 1, tzinfo=timezone.utc), or "
                "seconds since 1970; it was given '2030-01-01' (str)."
            ),
        ),
        (
            lambda clock: clock.advance_to(timedelta(1)),
            (
                "advance_to() needs a moment: an aware datetime, such as datetime(2030, 1, 1, tzinfo=timezone.utc), or "
                "seconds since 1970; it was given datetime.timedelta(days=1) (timedelta). To go on by a span of time use "
                "advance(delta)."
            ),
        ),
        (
            lambda clock: clock.advance_to(1893456000000),
            (
                "advance_to() can show moments from 1970-01-01 to 9999-12-30 (UTC); it was given 1893456000000 (int). "
                "Seconds since 1970 are needed, not milliseconds."
            ),
        ),
        (
            lambda clock: clock.advance_to(-1),
            (
                "advance_to() can show moments from 1970-01-01 to 9999-12-30 (UTC); it was given -1 (int). "
                "Seconds since 1970 are needed, not milliseconds."
            ),
        ),
        (
            lambda clock: clock.expire(),
            (
                "expire() found no token: none has been issued in this test so far. Let the client fetch one first, or move "
                "the clock with advance(seconds=...)."
            ),
        ),
        (
            lambda clock: clock.expire("eyJ.secret.token"),
            (
                "expire() does not know the token ***1918: no provider of this test issued it. expire() without an argument "
                "takes the newest one."
            ),
        ),
        (
            lambda clock: clock.expire(42),
            (
                "expire() needs a token: its value (str), or an object whose expires_at is an aware datetime, such as "
                "oauthcc.token_requests[-1].token; it was given an object of type int."
            ),
        ),
        (
            lambda clock: clock.expire(Odd()),
            (
                "expire() needs a token: its value (str), or an object whose expires_at is an aware datetime, such as "
                "oauthcc.token_requests[-1].token; it was given an object of type Odd whose expires_at is 'soon' (str)."
            ),
        ),
        (
            lambda clock: clock.expire(before=-1),
            (
                "expire() needs the number of seconds ahead of the expiry for before=, 0 or more; it was given -1 (int). To "
                "go past the expiry use expire(), then advance(seconds=...)."
            ),
        ),
        (
            lambda _: Clock("sundial"),
            (
                "there is no clock backend 'sundial'; there are 'freezegun' and 'time-machine'. Set "
                'oauthcc_clock_backend = "freezegun", or leave it out.'
            ),
        ),
    ],
)
def test_wrong_use_is_explained(make_clock, call, message):
    """Each message says what was given, what is allowed and what to do; the time is left alone."""
    clock = make_clock()
    with pytest.raises(OptionError) as caught:
        call(clock)
    assert str(caught.value) == message
    assert not clock.is_moved


def test_the_end_of_time_is_explained(clock):
    """A move beyond what a datetime can show is refused before anything is moved."""
    clock.advance_to(IN_2030)
    with pytest.raises(OptionError) as caught:
        clock.advance(days=3_000_000)
    assert str(caught.value) == (
        "the clock can show moments up to 9999-12-30; it shows 2030-01-01 and can't go on by 3e+06 days."
    )
    assert clock.now().year == 2030


def test_a_backend_that_is_not_installed_is_explained(monkeypatch):
    """The remedy is the command that installs it."""
    monkeypatch.delitem(__import__("sys").modules, "time_machine")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(OptionError) as caught:
        Clock("time-machine")
    assert str(caught.value) == (
        "the clock backend 'time-machine' needs the package time-machine, which is not installed: pip install "
        "pytest-oauthcc[time-machine], or leave oauthcc_clock_backend out to use freezegun."
    )


def spin(seconds):
    """Let real time pass without sleeping."""
    import _pytest.timing

    until = _pytest.timing.perf_counter() + seconds
    while _pytest.timing.perf_counter() < until:
        pass
