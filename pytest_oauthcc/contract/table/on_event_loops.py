"""On an event loop: an asynchronous client leaves the loop to others, and outlives it."""

from __future__ import annotations

from pytest_oauthcc.contract.table.check import FIELD, Check

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        "does-not-block-the-event-loop",
        "must",
        FIELD,
        "The token endpoint is slow while another task on the event loop has work to do.",
        "A synchronous token request stops every other request of the service for as long as it takes.",
        "Fetch the token with the asynchronous HTTP client.",
    ),
    Check(
        "works-on-a-second-event-loop",
        "should",
        FIELD,
        "Several tasks use the client on one event loop, then several on another.",
        "asyncio.run() twice in a script or one loop per test: locks and pools of the first loop raise or hang.",
        "Make locks and pools per running loop, not in the constructor or at import.",
    ),
    Check(
        "survives-a-cancelled-caller",
        "should",
        FIELD,
        "Several tasks wait for a renewed token, and the one that asks for it is cancelled.",
        "A request that timed out or a browser that went away cancels its task; the lock stays locked, or all others "
        "get a CancelledError that nobody sent them.",
        "Hold locks with `async with`; where tasks share one that fetches the token, await asyncio.shield(task).",
    ),
)
