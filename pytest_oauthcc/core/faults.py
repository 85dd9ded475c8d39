"""What scripted actions do to an exchange, alike at the token endpoint and at the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pytest_oauthcc.core.actions import Delay, Drop, Fail, Fault, Hold, Redirect
from pytest_oauthcc.core.messages import NetworkFault, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.core.gates import Gate
    from pytest_oauthcc.core.script import Script

__all__ = ["cut", "fault_outcome", "page", "pass_modifiers"]


def pass_modifiers(
    scripts: tuple[Script, ...], request: Request, advance: Callable[[float], None]
) -> tuple[NetworkFault | None, Gate | None]:
    """
    Let delays and holds work on a request.

    Args:
        scripts: From the nearest (the route's) to the farthest (the endpoint's).
        request: The request, with its timeout.
        advance: Moves the clock.

    Returns:
        The timeout that ends the request, if a delay was too long for it, and the gate it has to wait at, if any.
    """
    gate: Gate | None = None
    limit = request.timeout.read if request.timeout is not None else None
    patience = limit
    for script in scripts:
        action = script.take_modifier()
        if isinstance(action, Delay):
            if patience is not None and action.seconds > patience:
                if patience > 0:
                    advance(patience)
                return NetworkFault("read_timeout", f"no answer within {limit:g} s"), None
            advance(action.seconds)
            patience = None if patience is None else patience - action.seconds
        elif isinstance(action, Hold):
            gate = action.gate
            gate.arrive()
    return None, gate


def fault_outcome(
    action: Fail | Fault | Drop | Redirect,
    *,
    fail: Callable[[Fail], Response],
    proceed: Callable[[], Response],
) -> Response | NetworkFault:
    """
    Make the outcome of a scripted fault.

    Args:
        action: The fault.
        fail: Makes the endpoint's own kind of error.
        proceed: Makes the right answer, for a fault that spoils it on its way.

    Returns:
        What the client gets.
    """
    match action:
        case Fault(fault):
            return fault
        case Redirect(url, status):
            return Response(status, (("Location", url),), b"")
        case Drop():
            return cut(proceed())
        case _:
            return fail(action)


def cut(response: Response) -> NetworkFault:
    """Break a response off in the middle of its body; its Content-Length tells that there should be more."""
    length = len(response.body)
    fields = (*response.headers, ("Content-Length", str(length)))
    partial = Response(response.status, fields, response.body[: length // 2])
    return NetworkFault("reset", "the connection was reset in the middle of the body", partial)


def page(action: Fail, status: int) -> Response:
    """Make the page of a server or gateway that broke down: HTML, not OAuth."""
    import html

    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Error"
    text = html.escape(action.description or phrase)
    body = f"<html><head><title>{status} {phrase}</title></head><body><h1>{text}</h1></body></html>\n"
    fields: list[tuple[str, str]] = [("Content-Type", "text/html; charset=utf-8")]
    retry_after = action.retry_after_header()
    if retry_after is not None:
        fields.append(("Retry-After", retry_after))
    return Response(status, tuple(fields), body.encode())
