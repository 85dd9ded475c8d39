"""Hands of our own, which freezegun shows to everybody."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any, Self

from pytest_oauthcc.clock import fast_freeze
from pytest_oauthcc.clock.hands import UNMOVED, Dial
from pytest_oauthcc.clock.holders import Holders
from pytest_oauthcc.clock.infrastructure import caller_keeps_real_time
from pytest_oauthcc.clock.local_time import LocalOffset
from pytest_oauthcc.clock.reading import naive_at
from pytest_oauthcc.clock.stand_ins import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import ModuleType

    from pytest_oauthcc.clock.slots import Slot

__all__ = ["FreezegunHands", "start"]

_STACKS = ("freeze_factories", "ignore_lists", "tick_flags", "tz_offsets")
_WHAT_STOP_NEEDS = ("fake_names", "reals")
_HELD_BY_REFERENCE = ("time", "time_ns", "monotonic", "monotonic_ns")
_BYSTANDERS = ("strftime", "gmtime")
_holders: dict[int, Holders] = {}  # by the id of freezegun.api: of use from one test to the next


def start() -> FreezegunHands:
    """Take the time over from the machine; nobody else may have done so. It runs on as it is."""
    hands = FreezegunHands(importlib.import_module("freezegun.api"))
    hands.put_up()
    return hands


class FreezegunHands:
    """
    An entry of freezegun's ``freeze_factories`` that runs, stands and is moved without ever being replaced.

    Monotonic time and the performance counter stay what they are, plus the moves: a client that measures sees how much
    time has passed, and not a leap to the number of seconds since 1970.
    """

    def __init__(self, api: ModuleType) -> None:
        self._api: Any = api
        self._wall = self._monotonic = self._performance = UNMOVED
        self._freeze: Any = None
        self._undo: list[Callable[[], None]] = []

    # -- as hands

    def read(self) -> int:
        """Give the time in microseconds since the epoch."""
        return self._wall.read(self._api.real_time_ns()) // 1000

    def shift(self, microseconds: int) -> None:
        """Move by so much. Back goes the wall clock only: no machine takes back time that has passed."""
        by = microseconds * 1000
        self._wall = self._wall.moved(by)
        if by > 0:
            self._monotonic = self._monotonic.moved(by)
            self._performance = self._performance.moved(by)

    def stand(self) -> Callable[[], None] | None:
        """Stop, on the next full microsecond: what was read a moment ago must not lie in the future."""
        if self._wall.at is not None:
            return None
        api = self._api
        shown = self._wall.read(api.real_time_ns())
        self._monotonic = self._monotonic.stopped(api.real_monotonic_ns())
        self._performance = self._performance.stopped(api.real_perf_counter_ns())
        self._wall = Dial(self._wall.ahead, -(-shown // 1000) * 1000)
        return self._go

    def _go(self) -> None:
        api = self._api
        self._wall = self._wall.running(api.real_time_ns())
        self._monotonic = self._monotonic.running(api.real_monotonic_ns())
        self._performance = self._performance.running(api.real_perf_counter_ns())

    def is_in_effect(self) -> bool:
        """Whether freezegun still has them."""
        return any(factory is self for factory in self._api.freeze_factories)

    # -- as one of freezegun's factories

    def __call__(self) -> datetime:
        """Give the time as freezegun wants it."""
        return naive_at(self.read())

    # -- coming and going

    def put_up(self) -> None:
        """Let freezegun patch the modules, then take the place of the factory that it made."""
        api = self._api
        fast_freeze.places_of(api).look()
        holders = _holders_of_the_real(api)
        slots = holders.find()
        prefixes = _users_prefixes(api)
        freeze = self._freeze = api.freeze_time()
        for name in _WHAT_STOP_NEEDS:
            if name in vars(type(freeze)):  # handed over by an earlier clock, and no longer needed
                delattr(type(freeze), name)
        freeze.ignore = prefixes
        fast_freeze.start(api, freeze)
        api.freeze_factories[-1] = self
        api.ignore_lists[-1] = _OnlyInfrastructure(prefixes)
        api.tz_offsets[-1] = LocalOffset(api)
        self._offset_monotonic()
        self._leave_event_loops_real()
        self._stand_in_for_references(holders, slots)

    def remove(self) -> None:
        """Take the entry out of freezegun, wherever it is by now, and let go what was patched for it."""
        while self._undo:
            self._undo.pop()()
        api, freeze = self._api, self._freeze
        if not self.is_in_effect():  # somebody stopped once too often, and took ours
            if api.freeze_factories:
                return
            self._come_back()
        if len(api.freeze_factories) > 1:
            self._hand_over(freeze)
        else:
            fast_freeze.stop(api, freeze)

    def _come_back(self) -> None:
        # So that there is something to stop: only freezegun's stop restores all that its start has patched.
        api = self._api
        for stack, entry in zip(_STACKS, (self, (), False, None), strict=True):
            getattr(api, stack).append(entry)
        for kind in (api.real_date, api.real_datetime):
            api.copyreg.dispatch_table.setdefault(kind, None)

    def _hand_over(self, freeze: Any) -> None:
        # Freezes of the user's are left. In freezegun the first to come patches the modules and the last to go restores
        # them, but falls over two attributes where it was not the first. Given these, it looks through all modules
        # itself, except those that it was told to ignore.
        api = self._api
        position = next(at for at, factory in enumerate(api.freeze_factories) if factory is self)
        for stack in _STACKS:
            del getattr(api, stack)[position]
        ignored = tuple(prefix for prefixes in api.ignore_lists for prefix in prefixes)
        for module, name, real in freeze.undo_changes:
            if module.__name__.startswith(ignored):
                setattr(module, name, real)
        for name in _WHAT_STOP_NEEDS:
            setattr(type(freeze), name, getattr(freeze, name))

    def _offset_monotonic(self) -> None:
        api = self._api

        def passed(stock: Callable[[], Any], scale: Callable[[int], Any]) -> Callable[[], Any]:
            def read() -> Any:
                if api.freeze_factories[-1] is not self:
                    return stock()
                # The same function serves both kinds of clock, which on some systems count from different moments.
                if "perf_counter" in sys._getframe(1).f_code.co_name:  # noqa: SLF001
                    return scale(self._performance.read(api.real_perf_counter_ns()))
                return scale(self._monotonic.read(api.real_monotonic_ns()))

            return read

        self._swap(api, "_get_fake_monotonic", lambda stock: passed(stock, lambda ns: ns / 1e9))
        self._swap(api, "_get_fake_monotonic_ns", lambda stock: passed(stock, lambda ns: ns))

    def _leave_event_loops_real(self) -> None:
        # A timeout of thirty seconds must not go off because the test moved its clock by an hour, nor wait for ever
        # because the clock stands. Somebody's own loop time (a loop that is faked as a whole) is not touched.
        loop = importlib.import_module("asyncio.base_events").BaseEventLoop
        if loop.time.__module__ == "asyncio.base_events":
            api = self._api
            self._swap(loop, "time", lambda _: lambda _loop: api.real_monotonic())

    def _stand_in_for_references(self, holders: Holders, slots: list[Slot]) -> None:
        # freezegun knows the names in modules; who holds one of these functions in another way would not see the clock.
        reals = [getattr(self._api, f"real_{name}") for name in _HELD_BY_REFERENCE]
        stand_ins = {id(real): StandIn(real) for real in reals}
        put_back = holders.replace(slots, stand_ins)

        def undo() -> None:
            put_back()
            for stand_in in stand_ins.values():
                stand_in.retire()

        self._undo.append(undo)

    def _swap(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        original = getattr(owner, name, None)
        if original is None:
            return
        replacement = make(original)
        setattr(owner, name, replacement)

        def put_back() -> None:
            if getattr(owner, name) is replacement:
                setattr(owner, name, original)

        self._undo.append(put_back)


def _holders_of_the_real(api: Any) -> Holders:
    holders = _holders.get(id(api))
    if holders is None:
        wanted, bystanders = (
            [getattr(api, f"real_{name}") for name in names] for names in (_HELD_BY_REFERENCE, _BYSTANDERS)
        )
        holders = _holders[id(api)] = Holders(wanted, bystanders, fast_freeze.places_of(api))
    return holders


def _users_prefixes(api: Any) -> tuple[str, ...]:
    """Give what the user told freezegun to ignore, beyond what it ignores of itself."""
    known = set(api.config.DEFAULT_IGNORE_LIST)
    return tuple(prefix for prefix in api.config.settings.default_ignore_list if prefix not in known)


class _OnlyInfrastructure(tuple[str, ...]):  # noqa: SLOT001
    """
    An entry for freezegun's ``ignore_lists`` that looks at who asks.

    freezegun gives the real time to whoever has an ignored module among the five nearest callers: a function that is
    the target of a thread or the job of an executor, a module whose name begins with "gi". This one is false for all
    but those that really need it, and freezegun then does not look any further; where it is true it ignores everything.
    """

    prefixes: tuple[str, ...]

    def __new__(cls, prefixes: tuple[str, ...]) -> Self:
        made = super().__new__(cls, ("",))
        made.prefixes = prefixes
        return made

    def __bool__(self) -> bool:
        # Above this frame: freezegun's question, its fake function, and the one who asks for the time.
        return caller_keeps_real_time(3) or (bool(self.prefixes) and self._is_ignored_by_the_user())

    def _is_ignored_by_the_user(self) -> bool:
        frame = sys._getframe(4)  # noqa: SLF001
        for _ in range(5):
            if str(frame.f_globals.get("__name__")).startswith(self.prefixes):
                return True
            if frame.f_back is None:
                break
            frame = frame.f_back
        return False
