"""The event loop of a contract test: that of the plugin which runs the user's async fixtures, else one of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ["event_loop", "use_anyio"]


async def _wait_for(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def event_loop(request: pytest.FixtureRequest) -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """
    Yield what runs an awaitable on the loop on which the test's async fixtures run as well.

    Args:
        request: Of the test.

    Yields:
        ``run(awaitable)``, which returns what the awaitable does.
    """
    if "anyio_backend" in request.fixturenames:
        yield from _anyio_runner(request.getfixturevalue("anyio_backend"))
        return
    runner = _pytest_asyncio_runner(request)
    if runner is not None:
        yield lambda awaitable: runner.run(_wait_for(awaitable))
        return
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as own:
        asyncio.set_event_loop(own.get_loop())  # for constructors that ask for the loop they will run on
        try:
            yield lambda awaitable: own.run(_wait_for(awaitable))
        finally:
            asyncio.set_event_loop(None)


def _anyio_runner(backend: Any) -> Iterator[Callable[[Awaitable[Any]], Any]]:
    from anyio.pytest_plugin import extract_backend_and_options, get_runner

    name, options = extract_backend_and_options(backend)
    with get_runner(name, options) as runner:

        def run(awaitable: Awaitable[Any]) -> Any:
            result: list[Any] = []

            async def keep() -> None:
                result.append(await awaitable)

            runner.run_test(keep, {})
            return result[0]

        yield run


def _pytest_asyncio_runner(request: pytest.FixtureRequest) -> Any:
    if not request.config.pluginmanager.has_plugin("asyncio"):
        return None
    try:
        return request.getfixturevalue("_function_scoped_runner")
    except pytest.FixtureLookupError:  # a version that has no runners
        return None


def use_anyio(collector: pytest.Collector, cls: type) -> None:
    """
    Let a class with anyio's marker run on the backends that its async fixtures run on.

    anyio itself looks at coroutine functions only, and the methods of the contract are none.

    Args:
        collector: Of the module.
        cls: A contract class.
    """
    marks = [*collector.iter_markers(), *getattr(cls, "pytestmark", ())]
    used = [name for mark in marks if mark.name == "usefixtures" for name in mark.args]
    if any(mark.name == "anyio" for mark in marks) and "anyio_backend" not in used:
        pytest.mark.usefixtures("anyio_backend")(cls)
