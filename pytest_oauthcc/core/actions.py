"""What an endpoint can be told to do: each action, and the answer that it makes."""

from __future__ import annotations

import json as json_module
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.messages import NetworkFault, Response
from pytest_oauthcc.core.templates import OMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.gates import Gate

__all__ = ["Action", "Alter", "Delay", "Drop", "Fail", "Fault", "Hold", "Redirect", "Reply"]


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error; what that looks like depends on the endpoint."""

    error: str | None
    status: int | None
    description: str | None
    retry_after: int | datetime | None

    def retry_after_header(self) -> str | None:
        """The ``Retry-After`` value in seconds or as an HTTP date (RFC 9110 section 10.2.3)."""
        if isinstance(self.retry_after, datetime):
            from email.utils import format_datetime  # seldom wanted, and slow to load

            return format_datetime(self.retry_after.astimezone(UTC), usegmt=True)
        return None if self.retry_after is None else str(self.retry_after)


@dataclass(frozen=True, slots=True)
class Fault:
    """Break the connection in some way."""

    fault: NetworkFault


@dataclass(frozen=True, slots=True)
class Drop:
    """Answer rightly, but break off in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the client elsewhere."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer with this; ``json`` and ``body`` may be functions of the journalled request."""

    status: int
    json: Any
    body: Any
    headers: tuple[tuple[str, str], ...]
    content_type: str | None

    def make(self, request: object) -> Response:
        """Make the response to one request."""
        fields = list(self.headers)
        if self.json is not OMIT:
            value = self.json(request) if callable(self.json) else self.json
            content, kind = json_module.dumps(value).encode(), "application/json"
        else:
            body: Any = self.body(request) if callable(self.body) else self.body
            content = body.encode() if isinstance(body, str) else bytes(body)
            kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/octet-stream"
        named = {name.lower() for name, _ in fields}
        if "content-type" not in named and self.content_type != "" and (content or self.content_type):
            fields.insert(0, ("Content-Type", self.content_type or kind))
        return Response(self.status, tuple(fields), content)


@dataclass(frozen=True, slots=True)
class Alter:
    """Change members of the otherwise right answer."""

    members: Mapping[str, Any]

    def apply(self, response: Response) -> Response:
        """Return the response with its JSON members changed; one that is no JSON object stays as it is."""
        try:
            found = json_module.loads(response.body)
        except ValueError:
            return response
        if not isinstance(found, dict):
            return response
        changed = {name: value for name, value in {**found, **self.members}.items() if value is not OMIT}
        return Response(response.status, response.headers, json_module.dumps(changed).encode())


@dataclass(frozen=True, slots=True)
class Delay:
    """Take this many seconds of the fake clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold answers back until several requests wait."""

    gate: Gate


Action = Fail | Fault | Drop | Redirect | Reply | Alter | Delay | Hold
