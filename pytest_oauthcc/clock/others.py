"""Hands that are not ours: a freeze or a journey that the user of the test began."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock import time_machine_backend
from pytest_oauthcc.clock.freezegun_backend import FreezegunHands
from pytest_oauthcc.clock.reading import freezegun_api, microseconds_of, peek, top_factory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pytest_oauthcc.clock.hands import Hands

__all__ = ["FactoryHands", "in_effect"]


def in_effect() -> Hands | None:
    """Find the hands that say what time it is now; None means that it is the machine's own time."""
    factory = top_factory()
    if isinstance(factory, FreezegunHands):  # of this clock, or of another one of ours
        return factory
    if factory is not None:
        return FactoryHands(factory)
    return time_machine_backend.in_effect()


class _Standstill:
    """Takes the place of the moment from which a ticking factory counts; none has passed since."""

    def __rsub__(self, _now: datetime) -> timedelta:
        return timedelta()


class FactoryHands:
    """A factory of freezegun's own: frozen, ticking, or going on by a step whenever it is read."""

    def __init__(self, factory: Any) -> None:
        self.factory = factory

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FactoryHands) and other.factory is self.factory

    def __hash__(self) -> int:
        return id(self.factory)

    def read(self) -> int:
        """Give the time in microseconds since the epoch, without making it go on."""
        return microseconds_of(peek(self.factory))

    def shift(self, microseconds: int) -> None:
        """Move by so much; a ticking factory's own ``tick()`` would forget what has passed since it was started."""
        self.factory.time_to_freeze += timedelta(microseconds=microseconds)

    def stand(self) -> Callable[[], None] | None:
        """Stop a factory that ticks or steps."""
        factory = self.factory
        if getattr(factory, "step_width", 0):
            width = factory.step_width
            factory.update_step_width(0)
            return lambda: factory.update_step_width(width)
        if not hasattr(factory, "start") or isinstance(factory.start, _Standstill):
            return None
        factory.time_to_freeze = factory()
        factory.start = _Standstill()
        return self._go

    def _go(self) -> None:
        # The user's own move_to() or tick() makes it tick again by itself.
        if isinstance(self.factory.start, _Standstill):
            api: Any = freezegun_api()
            self.factory.start = api.real_datetime.now()

    def is_in_effect(self) -> bool:
        """Whether the freeze is still on."""
        api: Any = freezegun_api()
        return any(factory is self.factory for factory in api.freeze_factories)
