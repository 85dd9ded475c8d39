"""What an API answered, in whatever form ``send`` returns it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.contract.verdict import describe_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.errors import OauthccError

__all__ = ["FIRST_ERROR", "Reply", "read_reply"]

FIRST_ERROR = 400
"""Where HTTP's errors begin."""


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What the API answered.

    Args:
        status: The HTTP status; None where ``send`` raised.
        headers: Of the answer; None where ``send`` returned a bare status.
        error: What ``send`` raised.
        failures: Requests of the API that nothing serves.
    """

    status: int | None
    headers: Mapping[str, str] | None = None
    error: Exception | None = None
    failures: tuple[OauthccError, ...] = ()

    @property
    def let_in(self) -> bool:
        """Whether the API did what it was asked for."""
        return self.status is not None and self.status < FIRST_ERROR

    def __str__(self) -> str:
        return str(self.status) if self.error is None else f"the API raised {describe_error(self.error)}"


def read_reply(value: Any, failures: tuple[OauthccError, ...]) -> Reply:
    """
    Read what ``send`` returned.

    Args:
        value: A status, or a response of any library.
        failures: Requests of the API that nothing serves.

    Returns:
        The answer; what is neither status nor response fails the test.
    """
    __tracebackhide__ = True
    for status in (value, *(getattr(value, name, None) for name in ("status_code", "status"))):
        if isinstance(status, int) and not isinstance(status, bool):
            headers = getattr(value, "headers", None)
            return Reply(int(status), headers if hasattr(headers, "get") else None, failures=failures)
    pytest.fail(
        f"send returned {repr(value)[:80]}; it has to return the status of the API's answer, such as 401, or a "
        "response with status_code or status",
        pytrace=False,
    )
