"""What holds for every answer, whatever the request was."""

from __future__ import annotations

import http.client
import io
import json
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.serving.wire import write_response

if TYPE_CHECKING:
    from pytest_oauthcc.core.messages import Answer

__all__ = ["check_challenge", "check_oauth_error", "check_response", "read_strictly"]

_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 section 5.5
_DESCRIPTION: Final = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")  # RFC 6749 section 5.2
_PARAMETER: Final = r'[A-Za-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*"'
_CHALLENGE: Final = re.compile(rf"[A-Za-z][A-Za-z0-9-]* {_PARAMETER}(?:, {_PARAMETER})*")


def read_strictly(text: str | bytes) -> Any:
    """Read JSON as other languages do, which know no NaN and no infinity (RFC 8259 section 6)."""

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} in an answer is no JSON")

    return json.loads(text, parse_constant=refuse)


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def check_response(answer: Answer, method: str) -> Response:
    """
    Check that an answer is well-formed HTTP, and that another HTTP library reads from the wire what was meant.

    Args:
        answer: The answer.
        method: That of its request.

    Returns:
        The response.
    """
    response = answer.outcome
    assert isinstance(response, Response), response
    for name, value in response.headers:
        assert _NAME.fullmatch(name), f"{name!r} is no name of a field"
        assert _VALUE.fullmatch(value), f"{name}: {value!r} is no value of a field"
    if "json" in (response.header("Content-Type") or ""):
        read_strictly(response.body)
    wire, _ = write_response(method, response, now=0.0, keep_alive=True)
    read = http.client.HTTPResponse(_Socket(wire), method=method)  # type: ignore[arg-type]  # it calls makefile only
    read.begin()
    assert read.status == response.status
    assert read.read() in {response.body, b""}
    return response


def check_oauth_error(response: Response) -> None:
    """Check that a refusal is one of RFC 6749 section 5.2 (also RFC 7591 section 3.2.2, RFC 9449)."""
    assert 400 <= response.status < 500, response.status
    members = read_strictly(response.body)
    assert _DESCRIPTION.fullmatch(members["error"])
    assert members["error"]
    assert _DESCRIPTION.fullmatch(members.get("error_description", ""))
    assert response.header("Cache-Control") == "no-store"
    told = response.header("WWW-Authenticate")
    assert (told is not None) == (response.status == 401), f"status {response.status} with the challenge {told!r}"
    if told is not None:
        check_challenge(told)


def check_challenge(value: str) -> None:
    """Check that a ``WWW-Authenticate`` header has the form of RFC 9110 section 11.6.1."""
    assert re.fullmatch(rf"{_CHALLENGE.pattern}(?:, {_CHALLENGE.pattern})*", value), value
