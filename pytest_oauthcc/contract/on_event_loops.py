"""On an event loop: an asynchronous client leaves the loop to others, and outlives it."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.calls import Hang, call_many, call_once, patience
from pytest_oauthcc.contract.verdict import describe_error
from pytest_oauthcc.transports.turns import turn_of_the_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pytest_oauthcc.contract.calls import Outcome
    from pytest_oauthcc.contract.case import Case

__all__ = ["OnEventLoops"]

_LEAST_TURNS = 50  # a held answer gives a free event loop a hundred turns
_CALLERS = 3


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
        _need_asyncio(client)
        for where in ("one event loop", "a second event loop"):
            client.expire()
            client.provider.token_endpoint.hold(until=_CALLERS)
            outcomes, hung = _on_a_fresh_loop(client.client())
            client.provider.token_endpoint.recover()
            errors = [outcome.error for outcome in outcomes if outcome.error is not None]
            if hung or errors:
                how = f"did not come back ({hung} of {_CALLERS})" if hung else f"raised {describe_error(errors[0])}"
                client.broken(f"three tasks on {where} {how}")

    @check("survives-a-cancelled-caller")
    def test_survives_a_cancelled_caller(self, client: Case) -> None:
        """A caller that is cancelled while it waits for the token takes nobody along."""
        _need_asyncio(client)
        client.expire()
        requests = client.provider.token_requests
        asked = len(requests)
        client.provider.token_endpoint.hold(until=_CALLERS)
        errors = _cancelling_the_first(client, client.client(), lambda: len(requests) > asked)
        client.provider.token_endpoint.recover()
        if len(requests) == asked:
            client.undecided("the client does not renew; see renews-an-expired-token")
        what = "another one was cancelled that waited for the same token"
        if errors is None:
            client.broken(f"callers did not come back after {what}; is a lock still held?")
        if errors:
            client.broken(f"{len(errors)} of {_CALLERS - 1} callers failed when {what}: {describe_error(errors[0])}")
        after = client.call()
        if not after.worked:
            client.broken(f"a call failed after {what}: {client.outcome_of(after)}")


def _need_asyncio(client: Case) -> None:
    """Skip the check unless the client's calls work, and run on asyncio."""
    first = call_once(lambda: _on_asyncio(_started(client, client.client())), client.run)
    if first.error is not None:
        client.undecided(f"the client fails on its own loop ({describe_error(first.error)}); see gets-a-token")
    if first.value is not True:
        client.undecided("it needs asyncio")


def _cancelling_the_first(
    client: Case, function: Callable[[], Any], has_asked: Callable[[], bool]
) -> list[BaseException] | None:
    """Run several callers, cancel the first while it waits, and return what the others raised; None where they hang."""

    async def cancel() -> list[BaseException]:
        turn = turn_of_the_loop()
        first, *others = [asyncio.ensure_future(function()) for _ in range(_CALLERS)]
        for _ in range(_LEAST_TURNS):
            if not has_asked():
                await turn()
        await turn()  # by now it waits for the answer
        first.cancel()
        outcomes = await asyncio.gather(first, *others, return_exceptions=True)
        return [outcome for outcome in outcomes[1:] if isinstance(outcome, BaseException)]

    try:
        with patience():
            errors: list[BaseException] = client.run(cancel())
    except Hang:
        return None
    return errors


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
        return call_many(function, _CALLERS, lambda awaitable: runner.run(_wait(awaitable)))


async def _wait(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


async def _on_asyncio(awaitable: Awaitable[Any]) -> bool:
    """Await something, and say whether asyncio runs it."""
    await awaitable
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
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
