"""Calling the client, sync or async, alone or many at once, without ever hanging."""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterable

    from pytest_oauthcc.core.journal import ApiRequest, TokenRequest

__all__ = ["PATIENCE", "Call", "Hang", "Outcome", "Together", "call_many", "call_once", "count_issued", "patience"]

PATIENCE = 5.0
"""Real seconds after which a call that should have taken milliseconds is taken to hang."""


class Hang(BaseException):
    """A call did not come back; no client may catch this by accident."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of one call: a value or an exception."""

    value: Any = None
    error: Exception | None = None


def count_issued(requests: Iterable[TokenRequest]) -> int:
    """Count the token requests that got a token: some clients try one way to authenticate, and then the other."""
    return sum(entry.token is not None for entry in requests)


@dataclass(slots=True)
class Call:
    """
    One call of the client, with the requests that it made.

    Args:
        outcome: What came out of it.
        token_requests: In order.
        api_requests: In order.
        hung: Whether it did not come back.
    """

    outcome: Outcome
    token_requests: list[TokenRequest] = field(default_factory=list)
    api_requests: list[ApiRequest] = field(default_factory=list)
    hung: bool = False

    @property
    def error(self) -> Exception | None:
        """The exception that the call raised, if any."""
        return self.outcome.error

    @property
    def worked(self) -> bool:
        """Whether it came back without an exception and with a good answer of the API."""
        if self.error is not None or self.hung or not self.api_requests:
            return False
        status = self.api_requests[-1].status
        return status is not None and status < 400  # noqa: PLR2004 - where HTTP's errors begin


@dataclass(slots=True)
class Together:
    """
    Several calls at the same moment, with all their requests.

    Args:
        outcomes: One for each caller that came back.
        token_requests: In order.
        api_requests: In order.
        hung: How many callers did not come back.
    """

    outcomes: list[Outcome]
    token_requests: list[TokenRequest]
    api_requests: list[ApiRequest]
    hung: int = 0

    @property
    def errors(self) -> list[Exception]:
        """The exceptions that were raised."""
        return [outcome.error for outcome in self.outcomes if outcome.error is not None]


@contextmanager
def patience() -> Generator[None]:
    """
    Stop what takes longer than PATIENCE.

    Only the main thread of systems with interval timers can be stopped; elsewhere it is left to run.

    Raises:
        Hang: Out of whatever is running then, also out of a lock that is waited for.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: object) -> None:
        raise Hang

    began = monotonic()
    handler = signal.signal(signal.SIGALRM, ring)
    # Again and again, for what runs then may swallow the first one, as the finalizers of objects do.
    left, interval = signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)  # of pytest-timeout, perhaps
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - began), 0.001), interval)


def call_once(function: Callable[..., Any], run: Callable[[Awaitable[Any]], Any], *arguments: Any) -> Outcome:
    """
    Call a function; where it returns an awaitable, await that.

    Args:
        function: The client.
        run: Runs an awaitable on the test's event loop.
        arguments: For the function.

    Raises:
        Hang: It did not come back.
    """
    try:
        with patience():
            value = function(*arguments)
            return Outcome(run(value) if inspect.isawaitable(value) else value)
    except Exception as error:  # noqa: BLE001 - whatever the client raises is what is judged
        return Outcome(error=error)


def call_many(
    function: Callable[[], Any], number: int, run: Callable[[Awaitable[Any]], Any]
) -> tuple[list[Outcome], int]:
    """
    Call a function from several threads at the same moment, or from several tasks where it is async.

    Args:
        function: The client.
        number: Of callers.
        run: Runs an awaitable on the test's event loop.

    Returns:
        What came out of the calls, and how many did not come back.
    """
    barrier = threading.Barrier(number)
    outcomes: list[Outcome | None] = [None] * number

    def work(position: int) -> None:
        barrier.wait()
        try:
            outcomes[position] = Outcome(function())
        except Exception as error:  # noqa: BLE001
            outcomes[position] = Outcome(error=error)

    threads = [threading.Thread(target=work, args=(position,), daemon=True) for position in range(number)]
    for thread in threads:
        thread.start()
    deadline = monotonic() + PATIENCE
    for thread in threads:
        thread.join(max(deadline - monotonic(), 0))
    done = [outcome for outcome in outcomes if outcome is not None]
    hung = number - len(done)
    awaitables = [outcome.value for outcome in done if inspect.isawaitable(outcome.value)]
    if not awaitables:
        return done, hung
    failed = [outcome for outcome in done if outcome.error is not None]
    try:
        with patience():
            return [*failed, *run(gather(awaitables))], hung
    except Hang:
        return failed, hung + len(awaitables)


async def gather(awaitables: list[Awaitable[Any]]) -> list[Outcome]:
    """Await all of them at the same time, on asyncio or trio, and return what came out of each."""
    outcomes: list[Outcome] = []

    async def one(awaitable: Awaitable[Any]) -> None:
        try:
            outcomes.append(Outcome(await awaitable))
        except Exception as error:  # noqa: BLE001
            outcomes.append(Outcome(error=error))

    try:
        asyncio.get_running_loop()
    except RuntimeError:  # then it is trio's
        import trio

        async with trio.open_nursery() as nursery:
            for awaitable in awaitables:
                nursery.start_soon(one, awaitable)
    else:
        await asyncio.gather(*map(one, awaitables))
    return outcomes
