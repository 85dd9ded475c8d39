"""On an event loop: an asynchronous client leaves the loop to others, and outlives it."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.calls import call_many, call_once
from pytest_oauthcc.contract.verdict import describe_error
from pytest_oauthcc.transports.turns import turn_of_the_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pytest_oauthcc.contract.calls import Outcome
    from pytest_oauthcc.contract.case import Case

__all__ = ["OnEventLoops"]

_LEAST_TURNS = 50  # a held answer gives a free event loop a hundred turns


class OnEventLoops:
    """Asynchronous clients among other tasks."""

    @check("does-not-block-the-event-loop")
    def test_does_not_block_the_event_loop(self, client: Case) -> None:
        """Other tasks run while the client waits for the token endpoint."""
        function = client.client()
        if client.provider.token_requests:
            client.plain_call()
            client.expire()
        asked = len(client.provider.token_requests)
        client.provider.token_endpoint.hold(until=2)
        value = _started(client, function)
        turns, error = client.run(_turns_beside(value))
        if len(client.provider.token_requests) == asked:
            client.undecided(f"the client made no token request{f' ({error!r})' if error else ''}; see gets-a-token")
        if turns < _LEAST_TURNS:
            client.broken(f"another task had {turns} turns while the client waited for its token, expected about 100")

    @check("works-on-a-second-event-loop")
    def test_works_on_a_second_event_loop(self, client: Case) -> None:
        """Contended locks of one loop do not break the client on the next."""
        value = _started(client, client.client())
        if client.run(_is_asyncio(value)) is not True:
            client.undecided("it needs asyncio")
        for where in ("one event loop", "a second event loop"):
            client.expire()
            client.provider.token_endpoint.hold(until=3)
            outcomes, hung = _on_a_fresh_loop(client.client())
            client.provider.token_endpoint.recover()
            errors = [outcome.error for outcome in outcomes if outcome.error is not None]
            if hung or errors:
                how = f"did not come back ({hung} of 3)" if hung else f"raised {describe_error(errors[0])}"
                client.broken(f"three tasks on {where} {how}")


def _started(client: Case, function: Callable[[], Any]) -> Any:
    """Call the client, and return what it has to await."""
    outcome = call_once(function, lambda awaitable: awaitable)
    if outcome.error is not None:
        client.undecided(f"the client fails at once ({describe_error(outcome.error)}); see gets-a-token")
    if not inspect.isawaitable(outcome.value):
        client.undecided("the client is synchronous")
    return outcome.value


def _on_a_fresh_loop(function: Callable[[], Any]) -> tuple[list[Outcome], int]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return call_many(function, 3, lambda awaitable: runner.run(_wait(awaitable)))


async def _wait(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def _is_asyncio(awaitable: Awaitable[Any]) -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    finally:
        await awaitable
    return True


async def _turns_beside(awaitable: Awaitable[Any]) -> tuple[int, Exception | None]:
    """Await something, and count the turns that another task has meanwhile."""
    turn: Callable[[], Awaitable[object]] = turn_of_the_loop()
    turns, done = 0, False
    error: Exception | None = None

    async def count() -> None:
        nonlocal turns
        while not done:
            await turn()
            turns += 1

    async def wait() -> None:
        nonlocal done, error
        try:
            await awaitable
        except Exception as raised:  # noqa: BLE001 - judged by others
            error = raised
        finally:
            done = True

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        import trio

        async with trio.open_nursery() as nursery:
            nursery.start_soon(count)
            nursery.start_soon(wait)
    else:
        await asyncio.gather(count(), wait())
    return turns, error
