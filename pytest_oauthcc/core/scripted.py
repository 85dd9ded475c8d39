"""The verbs that script an endpoint: faults, replies and changes, queued or until further notice."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pytest_oauthcc.core.actions import Alter, Delay, Drop, Fail, Fault, Hold, Redirect, Reply
from pytest_oauthcc.core.gates import Gate
from pytest_oauthcc.core.messages import NetworkFault
from pytest_oauthcc.core.script import Script
from pytest_oauthcc.core.templates import OMIT
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Scripted"]

_LONGEST_DELAY: Final = 366 * 24 * 3600  # seconds


class Scripted:
    """
    The verbs that script an endpoint; each returns the endpoint, so that they can be chained.

    ``times`` says for how many requests; None means until ``recover()`` or something newer. Steps with ``times``
    run first, in order; then the newest one without.
    """

    def __init__(self) -> None:
        self.script = Script()

    def fail(
        self,
        error: str | None = None,
        *,
        status: int | None = None,
        description: str | None = None,
        retry_after: float | datetime | None = None,
        times: int | None = None,
    ) -> Self:
        """
        Answer with an error, before anything about the request is checked.

        Args:
            error: An OAuth error code (RFC 6749 section 5.2, RFC 6750 section 3.1), answered in the provider's own
                form; None gives the plain page of a server or gateway that broke down.
            status: The HTTP status; by default the one that belongs to ``error``, or 500.
            description: The ``error_description``.
            retry_after: Seconds, or an aware datetime, for a ``Retry-After`` header.
            times: For how many requests.

        Returns:
            The same endpoint.

        Raises:
            OptionError: A value is out of range.
        """
        __tracebackhide__ = True
        _check_status(status)
        if error is not None and not (isinstance(error, str) and error):
            raise OptionError(
                f"fail({error!r}): the first argument is an error code such as 'invalid_client'; "
                "a status goes by name: fail(status=503)"
            )
        if description is not None and not isinstance(description, str):
            raise OptionError(f"fail(description={description!r}): it takes a text")
        self.script.add(Fail(error, status, description, _checked_retry_after(retry_after)), times)
        return self

    def reply(
        self,
        status: int = 200,
        *,
        json: Any = OMIT,
        body: str | bytes | Callable[[Any], str | bytes] = b"",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        content_type: str | None = None,
        times: int | None = None,
    ) -> Self:
        """
        Answer with this, once the request has passed all checks.

        Args:
            status: The HTTP status.
            json: The body as JSON, or a function of the request that returns it.
            body: The body as text or bytes instead, or a function of the request that returns it.
            headers: Further response headers.
            content_type: The media type; by default JSON for ``json``, plain text for a text; ``""`` sends none.
            times: For how many requests.

        Returns:
            The same endpoint.

        Raises:
            OptionError: ``json`` and ``body`` were both given, ``json`` is no JSON, or a value is out of range.
        """
        __tracebackhide__ = True
        _check_status(status)
        if json is not OMIT and body != b"":
            raise OptionError("reply() got json and body; give one of them")
        if json is not OMIT and not callable(json):
            try:
                json_module.dumps(json)
            except (TypeError, ValueError, RecursionError) as error:
                raise OptionError(f"reply(json=...) can't be written as JSON: {error}") from None
        if not isinstance(body, str | bytes) and not callable(body):
            raise OptionError(
                f"reply(body=...) takes a text, bytes or a function, not a {type(body).__name__}; json= takes the rest"
            )
        self.script.add(Reply(status, json, body, _checked_fields(headers), content_type), times)
        return self

    def refuse_connection(self, *, times: int | None = None) -> Self:
        """Refuse the connection, as the client's own library reports it. Returns the same endpoint."""
        __tracebackhide__ = True
        self.script.add(Fault(NetworkFault("refused", "connection refused")), times)
        return self

    def time_out(self, *, during: Literal["connect", "read"] = "read", times: int | None = None) -> Self:
        """
        Let the client's patience end at once, as its own library reports it; nothing sleeps.

        Args:
            during: ``"read"`` (connected, but no answer) or ``"connect"``.
            times: For how many requests.

        Returns:
            The same endpoint.

        Raises:
            OptionError: ``during`` is something else.
        """
        __tracebackhide__ = True
        if during not in {"connect", "read"}:
            raise OptionError(f"time_out(during={during!r}): valid are 'connect' and 'read'")
        fault = (
            NetworkFault("connect_timeout", "connecting timed out")
            if during == "connect"
            else NetworkFault("read_timeout", "the answer timed out")
        )
        self.script.add(Fault(fault), times)
        return self

    def drop_mid_body(self, *, times: int | None = None) -> Self:
        """Answer rightly, but break the connection in the middle of the body. Returns the same endpoint."""
        __tracebackhide__ = True
        self.script.add(Drop(), times)
        return self

    def redirect(self, url: str, status: int = 302, *, times: int | None = None) -> Self:
        """
        Redirect the request elsewhere, before anything about it is checked.

        Args:
            url: The ``Location``.
            status: 301, 302, 303, 307 or 308 (RFC 9110 section 15.4).
            times: For how many requests.

        Returns:
            The same endpoint.

        Raises:
            OptionError: The status is none of these.
        """
        __tracebackhide__ = True
        if not isinstance(url, str) or not url:
            raise OptionError(f"redirect({url!r}): it takes the URL, or the path, to go to")
        if status not in (301, 302, 303, 307, 308):
            raise OptionError(f"redirect(status={status!r}): valid are 301, 302, 303, 307 and 308")
        self.script.add(Redirect(url, status), times)
        return self

    def delay(self, seconds: float, *, times: int | None = None) -> Self:
        """
        Take time to answer: the clock moves, nothing sleeps.

        A client whose own timeout is shorter gets that timeout instead.

        Args:
            seconds: How long the answer takes.
            times: For how many requests.

        Returns:
            The same endpoint.

        Raises:
            OptionError: Not a positive number.
        """
        __tracebackhide__ = True
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST_DELAY:
            raise OptionError(f"delay({seconds!r}): it takes a positive number of seconds, at most a year of them")
        self.script.add(Delay(seconds), times)
        return self

    def hold(self, until: int, *, times: int | None = None) -> Self:
        """
        Hold answers back until several requests are waiting, or no more can come.

        Callers in threads and in tasks then really overlap, as they do with a slow server.

        Args:
            until: How many requests have to be there.
            times: For how many requests; by default for as many as are waited for.

        Returns:
            The same endpoint.

        Raises:
            OptionError: ``until`` is less than 2.
        """
        __tracebackhide__ = True
        if isinstance(until, bool) or not isinstance(until, int) or until < 2:  # noqa: PLR2004
            raise OptionError(f"hold(until={until!r}): it takes a whole number of requests, 2 or more")
        self.script.add(Hold(Gate(until)), until if times is None else times)
        return self

    def alter(self, *, times: int | None = None, **members: Any) -> Self:
        """
        Change members of the otherwise right answer; ``OMIT`` leaves one out, None makes it null.

        Args:
            times: For how many requests.
            members: JSON members by name.

        Returns:
            The same endpoint.

        Raises:
            OptionError: No members, or one that can't be written as JSON.
        """
        __tracebackhide__ = True
        if not members:
            raise OptionError("alter() needs the members to change, such as expires_in='3600' or scope=OMIT")
        try:
            json_module.dumps([value for value in members.values() if value is not OMIT])
        except (TypeError, ValueError) as error:
            raise OptionError(f"alter() can't write a member as JSON: {error}") from None
        self.script.add(Alter(members), times)
        return self

    def recover(self) -> Self:
        """End all faults, also limited ones that are left; replies and alterations stay. Returns the same endpoint."""
        self.script.recover()
        return self


def _check_status(status: int | None) -> None:
    __tracebackhide__ = True
    if status is None:
        return
    lowest, highest = HTTPStatus.OK, 599
    if isinstance(status, bool) or not isinstance(status, int) or not lowest <= status <= highest:
        raise OptionError(f"status is {status!r}; it has to be a whole number from 200 to 599")


def _checked_retry_after(retry_after: float | datetime | None) -> int | datetime | None:
    __tracebackhide__ = True
    if isinstance(retry_after, datetime):
        if retry_after.tzinfo is None:
            raise OptionError(
                f"retry_after is the naive datetime {retry_after}; give it a time zone: tzinfo=datetime.UTC"
            )
        return retry_after
    if retry_after is None:
        return None
    is_number = isinstance(retry_after, int | float) and not isinstance(retry_after, bool)
    if not is_number or not 0 <= retry_after < float("inf") or retry_after != int(retry_after):
        raise OptionError(
            f"retry_after is {retry_after!r}; it takes a whole number of seconds or an aware datetime "
            "(RFC 9110 section 10.2.3)"
        )
    return int(retry_after)


def _checked_fields(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    __tracebackhide__ = True
    try:
        pairs: Any = headers.items() if isinstance(headers, Mapping) else headers
        fields: tuple[tuple[str, str], ...] = tuple((name, value) for name, value in pairs)
        is_right = all(isinstance(name, str) and not set(name + value) & set("\r\n") for name, value in fields)
    except (TypeError, ValueError):
        fields, is_right = (), False
    if not is_right:
        raise OptionError("reply(headers=...) takes a table of header names and values, all of them texts")
    return fields
