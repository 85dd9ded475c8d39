"""One exchange of requests: what ``HTTPAdapter.send`` does, with the board in the place of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from urllib3.exceptions import HTTPError

from pytest_oauthcc.core.messages import NetworkFault, Response
from pytest_oauthcc.transports.passage import Passage
from pytest_oauthcc.transports.requests_messages import (
    requests_error,
    to_request,
    urllib3_error,
    urllib3_pool,
    urllib3_response,
)

if TYPE_CHECKING:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.transports.installation import Board

__all__ = ["exchange"]


def exchange(
    board: Board,
    adapter: HTTPAdapter,
    prepared: requests.PreparedRequest,
    options: dict[str, Any],
    *,
    stubs_below: bool,
) -> requests.Response | Passage | None:
    """
    Carry out a request, with the retries that the adapter is set up for, as urllib3 would.

    Args:
        board: Answers.
        adapter: Through which the request goes.
        prepared: The request.
        options: The other arguments of the adapter's ``send``.
        stubs_below: Whether something of the user's would get the request if it went on.

    Returns:
        The response; None when the request is to go on to whatever lies below, a passage when it is to go to the real
        server.

    Raises:
        requests.RequestException: The network failed, or the last of the retries did.
    """
    __tracebackhide__ = True
    claimed = board.claims(str(prepared.url))
    if claimed:
        adapter.add_headers(prepared, **options)
    request = to_request(prepared, options, read_stream=claimed)
    retries = adapter.max_retries
    while True:
        answer = board.answer(request, stubs_below=stubs_below)
        if answer is None or isinstance(answer, Passage):
            if claimed and request.body:
                prepared.body = request.body  # a stream has been read by now
            return answer
        if answer.gate is not None:
            answer.gate.wait()
        raw = _raw_response(request, answer.outcome)
        if raw is not None and not retries.is_retry(request.method, raw.status, "Retry-After" in raw.headers):
            return adapter.build_response(prepared, raw)
        try:
            retries = _count_attempt(retries, request, answer.outcome, raw)
        except HTTPError as error:
            if raw is not None and not retries.raise_on_status:
                return adapter.build_response(prepared, raw)
            raise requests_error(error, prepared) from error
        board.pass_time(_pause(retries, raw))


def _raw_response(request: Request, outcome: Response | NetworkFault) -> urllib3.HTTPResponse | None:
    """Return the response that comes in, even if it breaks off; None where none does."""
    if isinstance(outcome, Response):
        return urllib3_response(request.method, outcome)
    if outcome.kind == "reset" and outcome.response is not None:
        return urllib3_response(request.method, outcome.response, outcome)
    return None


def _count_attempt(
    retries: Retry, request: Request, outcome: Response | NetworkFault, raw: urllib3.HTTPResponse | None
) -> Retry:
    """Return what is left of the retries; urllib3 raises when nothing is."""
    pool = urllib3_pool(request.url)
    error = urllib3_error(outcome, pool, request.url) if isinstance(outcome, NetworkFault) and raw is None else None
    return retries.increment(request.method, request.url, response=raw, error=error, _pool=pool)


def _pause(retries: Retry, raw: urllib3.HTTPResponse | None) -> float:
    """Return for how many seconds urllib3 would sleep before the next attempt."""
    after = retries.get_retry_after(raw) if raw is not None and retries.respect_retry_after_header else None
    return after or retries.get_backoff_time()
