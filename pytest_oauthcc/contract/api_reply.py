"""What an API answered, in whatever form ``send`` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.contract.verdict import describe_error

if TYPE_CHECKING:
    from pytest_oauthcc.errors import OauthccError

__all__ = ["FIRST_ERROR", "Reply", "read_reply"]

FIRST_ERROR = 400
"""Where HTTP's errors begin."""

_STATUS_NAMES = ("status_code", "status", "code")  # of requests and httpx, of aiohttp, of Tornado and Werkzeug
_STATUSES = range(100, 600)


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What the API answered.

    Args:
        status: The HTTP status; None where ``send`` raised.
        headers: Of the answer, as pairs; None where ``send`` returned a bare status.
        error: What ``send`` raised.
        failures: Requests of the API that nothing serves.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] | None = None
    error: Exception | None = None
    failures: tuple[OauthccError, ...] = ()

    @property
    def let_in(self) -> bool:
        """Whether the API did what it was asked for."""
        return self.status is not None and self.status < FIRST_ERROR

    def challenge(self) -> str | None:
        """Return the value of ``WWW-Authenticate``, however its name is spelt; of several such headers all; or None."""
        values = [value for name, value in self.headers or () if name.lower() == "www-authenticate"]
        return ", ".join(values) if values else None

    def __str__(self) -> str:
        return str(self.status) if self.error is None else f"the API raised {describe_error(self.error)}"


def read_reply(value: Any, failures: tuple[OauthccError, ...]) -> Reply:
    """
    Read what ``send`` returned.

    Args:
        value: A status, or a response of any library, or an exception that a framework makes a response of.
        failures: Requests of the API that nothing serves.

    Returns:
        The answer; what is neither status nor response fails the test, and what was raised otherwise is the answer.
    """
    __tracebackhide__ = True
    status = _status_of(value)
    if status is not None:
        return Reply(status, _headers_of(value), failures=failures)
    if isinstance(value, Exception):
        return Reply(None, error=value, failures=failures)
    pytest.fail(
        f"send returned {repr(value)[:80]}; it has to return the status of the API's answer, such as 401, or a "
        "response with status_code or status",
        pytrace=False,
    )


def _status_of(value: Any) -> int | None:
    for status in (value, *(getattr(value, name, None) for name in _STATUS_NAMES)):
        if isinstance(status, int) and not isinstance(status, bool) and status in _STATUSES:
            return int(status)
    return None


def _headers_of(value: Any) -> tuple[tuple[str, str], ...] | None:
    """Return the headers of a response; of some libraries they are a mapping, of others pairs, also of bytes."""
    headers: Any = getattr(value, "headers", None)
    fields = headers.items() if hasattr(headers, "items") else headers
    return None if fields is None else tuple((_text(name), _text(content)) for name, content in fields)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
