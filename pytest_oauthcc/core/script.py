"""The script of an endpoint: what it is told to do, queued or until further notice."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.actions import Alter, Delay, Drop, Fail, Fault, Hold, Redirect, Reply
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from pytest_oauthcc.core.actions import Action

__all__ = ["Script"]

_FAULTS = (Fail, Fault, Drop, Redirect)
_REPLIES = (Reply, Alter)
_MODIFIERS = (Delay, Hold)


@dataclass(slots=True, eq=False)
class _Step:
    action: Action
    left: int | None  # None: until further notice


class Script:
    """
    What an endpoint is told to do: limited steps run first, in order, then the newest unlimited one.

    It has a lock of its own: a test scripts while requests come in, and providers that share an API share its routes.
    """

    __slots__ = ("_answers", "_lock", "_modifiers", "is_empty")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: list[_Step] = []
        self._modifiers: list[_Step] = []
        self.is_empty = True  # read for every exchange: most endpoints never get a script

    def add(self, action: Action, times: int | None) -> None:
        """Append a step; ``times`` None means until further notice."""
        __tracebackhide__ = True
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise OptionError(
                f"times is {times!r}; it has to be a whole number of 1 or more, or None for every request"
            )
        with self._lock:
            steps = self._modifiers if isinstance(action, _MODIFIERS) else self._answers
            steps.append(_Step(action, times))
            self.is_empty = False

    def recover(self) -> None:
        """Drop all faults; replies and alterations stay."""
        with self._lock:
            for step in self._modifiers:
                if isinstance(step.action, Hold):
                    step.action.gate.open()
            self._modifiers.clear()
            self._answers[:] = [step for step in self._answers if not isinstance(step.action, _FAULTS)]

    def take_fault(self) -> Fail | Fault | Drop | Redirect | None:
        """Take the next step if it is a fault, for faults come before all checks."""
        fault: Fail | Fault | Drop | Redirect | None = self._take(self._answers, _FAULTS)
        return fault

    def take_reply(self) -> Reply | Alter | None:
        """Take the next step if it is a reply or an alteration; these come after all checks."""
        reply: Reply | Alter | None = self._take(self._answers, _REPLIES)
        return reply

    def take_modifier(self) -> Delay | Hold | None:
        """Take the next delay or hold, which come on top of whatever the answer is."""
        if not self._modifiers:  # as nearly always
            return None
        modifier: Delay | Hold | None = self._take(self._modifiers, _MODIFIERS)
        return modifier

    def _take(self, steps: list[_Step], kinds: tuple[type, ...]) -> Any:
        """Use the next step up and return its action; None where there is none, or one of another kind is next."""
        with self._lock:
            if not steps:
                return None
            step = steps[-1]
            for counted in steps:
                if counted.left is not None:
                    step = counted
                    break
            if not isinstance(step.action, kinds):
                return None
            if step.left is not None:
                step.left -= 1
                if not step.left:
                    steps.remove(step)
            return step.action
