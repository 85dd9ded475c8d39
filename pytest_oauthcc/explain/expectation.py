"""What a test expects of a request, and in what a request differs from it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_oauthcc.explain.arguments import (
    ANY,
    check_auth_method,
    check_count,
    check_mapping,
    check_method,
    check_path,
    check_scope,
    check_text,
)
from pytest_oauthcc.explain.difference import Difference, Kind, label, show

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import ApiRequest, Exchange, Journal, TokenRequest

__all__ = ["ANY", "ApiExpectation", "Difference", "Expectation", "TokenExpectation", "check_count"]


class Expectation(ABC):
    """What the two kinds of expectation have in common: they are built from keyword arguments, ``ANY`` by default."""

    _kinds: ClassVar[Mapping[str, Kind]]
    """Which part of a request each argument is about."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """What kind of request it is about."""

    @property
    def log_name(self) -> str:
        """The attribute of a provider that has the requests."""
        return f"{self.kind.replace(' ', '_').lower()}s"

    @abstractmethod
    def entries(self, journal: Journal) -> tuple[Any, ...]:
        """Return the requests of a journal that it is about, the oldest first."""

    def differences(self, entry: Exchange) -> tuple[Difference, ...]:
        """
        Compare a request with the expectation.

        Args:
            entry: A request of the right kind.

        Returns:
            The parts that differ; nothing where it is as expected.
        """
        return tuple(self._compare(entry))

    @abstractmethod
    def _compare(self, entry: Any) -> Iterator[Difference]:
        """Yield the parts that differ."""

    @property
    def parts(self) -> tuple[tuple[Kind, str, Any], ...]:
        """The parts that are looked at: kind, name and expected value of each."""
        found: list[tuple[Kind, str, Any]] = []
        for argument, kind in self._kinds.items():
            value = getattr(self, argument)
            if value is ANY:
                continue
            if isinstance(value, Mapping) and kind != "json":
                found.extend((kind, name, wanted) for name, wanted in value.items())
            else:
                found.append((kind, "", value))
        return tuple(found)

    def describe(self) -> str:
        """Write it as its keyword arguments, with secrets masked; nothing where no part is looked at."""
        shown: list[str] = []
        for kind, name, value in self.parts:
            if not name:
                argument = "scope" if kind == "token" else kind
                wanted = " ".join(value) if isinstance(value, tuple) else value
                shown.append(f"{argument}={'None' if wanted is None else show(kind, '', wanted)}")
                continue
            shown.append(f"{label(kind, name)} {show(kind, name, value)}")
        return ", ".join(shown)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"


class TokenExpectation(Expectation):
    """
    What a test expects of a token request; the arguments are those of ``assert_token_request``.

    Raises:
        OptionError: An argument can't be compared with a request.
    """

    _kinds: ClassVar[Mapping[str, Kind]] = {
        "grant_type": "grant_type",
        "scope": "scope",
        "auth_method": "auth_method",
        "client_id": "client_id",
        "headers": "header",
        "params": "param",
    }

    def __init__(
        self,
        *,
        grant_type: Any = ANY,
        scope: Any = ANY,
        auth_method: Any = ANY,
        client_id: Any = ANY,
        headers: Any = ANY,
        params: Any = ANY,
    ) -> None:
        __tracebackhide__ = True
        self.grant_type = check_text("grant_type", grant_type)
        self.scope = check_scope(scope)
        self.auth_method = check_auth_method(auth_method)
        self.client_id = check_text("client_id", client_id)
        self.headers = check_mapping("headers", headers)
        self.params = check_mapping("params", params)

    @property
    def kind(self) -> str:  # noqa: D102 - as in the base class
        return "token request"

    def entries(self, journal: Journal) -> tuple[TokenRequest, ...]:  # noqa: D102
        return tuple(journal.token_requests)

    def _compare(self, entry: TokenRequest) -> Iterator[Difference]:
        if self.grant_type is not ANY and not _same(entry.grant_type, self.grant_type):
            yield Difference("grant_type", self.grant_type, entry.grant_type)
        if self.scope is not ANY:
            yield from _compare_scopes("scope", self.scope, entry.scopes, entry.scope)
        method = None if entry.auth_method == "none" else entry.auth_method
        if self.auth_method is not ANY and not (
            _same(method, self.auth_method) or _same(entry.auth_method, self.auth_method)
        ):
            yield Difference("auth_method", self.auth_method, entry.auth_method)
        if self.client_id is not ANY and not _same(entry.client_id, self.client_id):
            yield Difference("client_id", self.client_id, entry.client_id)
        if self.headers is not ANY:
            yield from _compare_named("header", self.headers, entry.headers)
        if self.params is not ANY:
            # A parameter without a value counts as absent (RFC 6749 section 3.2), unless the test asks for just that.
            sent = entry.parameters.values
            absent = {name for name, wanted in self.params.items() if wanted is None and sent.get(name) == ""}
            yield from _compare_named("param", self.params, {k: v for k, v in sent.items() if k not in absent})


class ApiExpectation(Expectation):
    """
    What a test expects of an API request; the arguments are those of ``assert_api_request``.

    Raises:
        OptionError: An argument can't be compared with a request.
    """

    _kinds: ClassVar[Mapping[str, Kind]] = {
        "method": "method",
        "path": "path",
        "params": "query",
        "json": "json",
        "headers": "header",
        "scope": "token",
    }

    def __init__(
        self,
        *,
        method: Any = ANY,
        path: Any = ANY,
        params: Any = ANY,
        json: Any = ANY,
        headers: Any = ANY,
        scope: Any = ANY,
    ) -> None:
        __tracebackhide__ = True
        self.method = check_method(method)
        self.path = check_path(path)
        self.params = check_mapping("params", params)
        self.json = json
        self.headers = check_mapping("headers", headers)
        self.scope = check_scope(scope)

    @property
    def kind(self) -> str:  # noqa: D102
        return "API request"

    def entries(self, journal: Journal) -> tuple[ApiRequest, ...]:  # noqa: D102
        return tuple(journal.api_requests)

    def _compare(self, entry: ApiRequest) -> Iterator[Difference]:
        if self.method is not ANY and not _same(entry.method, self.method):
            yield Difference("method", self.method, entry.method)
        if self.path is not ANY and not _same(entry.path, self.path):
            yield Difference("path", self.path, entry.path)
        if self.params is not ANY:
            yield from _compare_named("query", self.params, dict(entry.params))
        if self.json is not ANY:
            received = entry.json
            if not _same(received, self.json):
                yield from _compare_json(self.json, received)
        if self.headers is not ANY:
            yield from _compare_named("header", self.headers, entry.headers)
        if self.scope is not ANY:
            sent = None if entry.token is None else " ".join(sorted(entry.scopes))
            yield from _compare_scopes("token", self.scope, entry.scopes, sent)


# --- comparing


def _same(received: Any, expected: Any) -> bool:
    # The user's object is on the right: a text or a number leaves the decision to it.
    return bool(received == expected)


def _compare_scopes(
    kind: Kind, expected: tuple[str, ...] | None, received: frozenset[str], sent: str | None
) -> Iterator[Difference]:
    wanted = expected or ()
    if frozenset(wanted) != received:
        yield Difference(
            kind,
            " ".join(wanted) or None,
            sent,
            missing=tuple(scope for scope in wanted if scope not in received),
            unexpected=tuple(sorted(received.difference(wanted))),
        )


def _compare_named(kind: Kind, expected: Mapping[str, Any], received: Mapping[str, Any]) -> Iterator[Difference]:
    for name, wanted in expected.items():
        found = received.get(name)
        if not _same(found, list(wanted) if isinstance(wanted, tuple) else wanted):
            yield Difference(kind, wanted, found, name)


_MOST_MEMBERS = 8


def _compare_json(expected: Any, received: Any) -> Iterator[Difference]:
    """Find the members that differ, rather than showing two large values side by side."""
    members: list[Difference] = []
    pending: list[tuple[str, Any, Any]] = [("", expected, received)]
    while pending and len(members) <= _MOST_MEMBERS:
        name, wanted, found = pending.pop()
        if type(wanted) is dict and type(found) is dict and wanted:
            names = [*wanted, *(extra for extra in found if extra not in wanted)]
            below = [(f"{name}.{key}", wanted.get(key), found.get(key)) for key in names]
        elif type(wanted) is list and type(found) is list and len(wanted) == len(found):
            below = [(f"{name}[{i}]", one, other) for i, (one, other) in enumerate(zip(wanted, found, strict=True))]
        else:
            members.append(Difference("json", wanted, found, name))
            continue
        pending.extend((member, one, other) for member, one, other in reversed(below) if not _same(other, one))
    if not members or len(members) > _MOST_MEMBERS:
        members = [Difference("json", expected, received)]
    yield from members
