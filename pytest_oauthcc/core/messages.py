"""Plain HTTP messages: all that the core knows of the world, and all that a transport has to make and take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, urlsplit

from pytest_oauthcc.masking import mask_headers, mask_url

if TYPE_CHECKING:
    from pytest_oauthcc.core.gates import Gate
    from pytest_oauthcc.core.names import Names

__all__ = ["Answer", "Headers", "NetworkFault", "Request", "Response", "Timeout"]


_lower = lru_cache(maxsize=1024)(str.lower)  # every request in a journal shares the names of its fields


class Headers(Mapping[str, str]):
    """
    HTTP header fields: a mapping whose names compare without case.

    A field that came more than once reads as its values joined by a comma (RFC 9110 section 5.3);
    ``get_all`` gives them one by one.
    """

    __slots__ = ("_fields", "_index")

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)
        self._index: dict[str, str] = {}
        for name, value in self._fields:
            key = _lower(name)
            self._index[key] = f"{self._index[key]}, {value}" if key in self._index else value

    def __getitem__(self, name: str) -> str:
        return self._index[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._index

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for name, _ in self._fields:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        return len(self._index)

    def get_all(self, name: str) -> list[str]:
        """Return every value of the field, in the order in which they came."""
        wanted = name.lower()
        return [value for field_name, value in self._fields if field_name.lower() == wanted]

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields as they came: pairs of name and value."""
        return self._fields

    def __repr__(self) -> str:
        return f"Headers({mask_headers(self)!r})"


@dataclass(frozen=True, slots=True)
class Timeout:
    """How long a client would wait, in seconds; None means for ever."""

    connect: float | None = None
    read: float | None = None

    @property
    def is_unlimited(self) -> bool:
        """Whether the client would wait for ever for a connection or for an answer."""
        return self.connect is None or self.read is None


@dataclass(frozen=True, slots=True)
class Request:
    """
    One HTTP request, as plain data.

    Args:
        method: In capitals.
        url: Absolute.
        headers: As they would go over the wire.
        body: All of it.
        timeout: What the client told its HTTP library; None where a transport can't know.
        verify: False where the client switched certificate checks off; None where a transport can't know.
        client_certificate: The DER bytes that the client showed in the TLS handshake (RFC 8705).
        via: The HTTP library: ``requests``, ``httpx``...
        names: What the provider is called where the request arrived; None for what its settings say.
        sent_to: The URL that the client wrote, where that is another name for ``url``, as on a server of ours.
    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    timeout: Timeout | None = None
    verify: bool | None = None
    client_certificate: bytes | None = None
    via: str = ""
    names: Names | None = None
    sent_to: str | None = None

    @property
    def split_as_sent(self) -> SplitResult:
        """The URL that the client wrote, in its parts: what a client signs is about that one."""
        return urlsplit(self.sent_to or self.url)

    @property
    def split(self) -> SplitResult:
        """The URL in its parts (``urlsplit`` remembers the recent ones, so this is cheap)."""
        return urlsplit(self.url)

    def __repr__(self) -> str:
        return f"Request({self.method} {mask_url(self.url)}, {self.headers!r}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, as plain data; ``headers`` are pairs, so that a name can come twice."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def reason(self) -> str:
        """The reason phrase that belongs to the status, or nothing for an unregistered one."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """
    What the client gets instead of a response; each transport raises what its library would raise.

    ``reset`` breaks the connection while the body arrives: ``response`` says what came before that.
    """

    kind: Literal["refused", "connect_timeout", "read_timeout", "reset"]
    message: str
    response: Response | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a transport gives back to its client, and the gate at which it first has to wait, if any."""

    outcome: Response | NetworkFault
    gate: Gate | None = None
