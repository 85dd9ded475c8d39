"""Right clients of other kinds, whom nothing may accuse."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import hashlib
import json as json_module
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from zoo_client import Answer, ClientError, Flow, Pause, Right, Send
from zoo_keeping import Cached
from zoo_other_ways import (
    AsksTheApiFirst,
    ByAssertion,
    BySecretAssertion,
    ProvesPossession,
    TriesBasicFirst,
    WithIdInTheBody,
)
from zoo_renewing import ChecksItsTokens, Dated
from zoo_safety import Served

if TYPE_CHECKING:
    from collections.abc import Callable


class ByBody(Right):
    """Sends its credentials in the body."""

    def __post_init__(self) -> None:
        self.by_body = True


class OnMonotonicTime(Right):
    """Counts on the monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    def lifetime_of_jwt(self, token: str) -> float:
        return super().lifetime_of_jwt(token)

    def retry_after(self, answer: Answer) -> float | None:
        value = answer.headers.get("retry-after")
        return 10.0 if value is not None and not value.isdigit() else super().retry_after(answer)


class ClockByDefault(Right):
    """Holds time.time as a default argument."""

    def now(self, clock: Callable[[], float] = time.time) -> float:
        return clock()


class MonotonicByDefault(OnMonotonicTime):
    """Holds time.monotonic as a default argument."""

    def now(self, clock: Callable[[], float] = time.monotonic) -> float:
        return clock()


class ClockInInstance(Right):
    """Holds time.time in an attribute."""

    def __post_init__(self) -> None:
        self.clock = time.time

    def now(self) -> float:
        return self.clock()


class ReactiveOnly(Right):
    """Renews on 401 and by nothing else, which is debatable."""

    wants_advice: ClassVar[bool] = False

    def is_fresh(self) -> bool:
        return self.token is not None


class AsciiOnlyByRule(Right):
    """Refuses secrets beyond the ASCII of RFC 6749 appendix A.2, which is debatable."""

    wants_advice: ClassVar[bool] = False

    def basic(self) -> str:
        if not self.client_secret.isascii():
            raise ValueError("a client secret is made of ASCII characters")
        return super().basic()


class Eager(Right):
    """Retries by itself, with pauses."""

    def fetch(self) -> Flow:
        for attempt in range(4):
            answer = yield self.token_request()
            if answer.status not in {429, 500, 502, 503} or attempt == 3:
                break
            wait = self.retry_after(answer)
            if wait is not None and wait > 60:
                break
            yield Pause(2.0**attempt if wait is None else wait)
        self.store(self.read_token(answer))


class AtHgem(ByBody):
    """Speaks as its provider wants it: an API key, credentials in the body, a scope that every request names."""

    options: ClassVar[dict[str, Any]] = {"profile": "hgem", "api_key": "k-1234567"}
    asks_for: ClassVar[str | None] = "hgem-results-api"


class AtGraphnet(ByBody):
    """Speaks as its provider wants it: credentials in the body, no scope."""

    options: ClassVar[dict[str, Any]] = {"profile": "graphnet"}
    asks_for: ClassVar[str | None] = None


class AtHexagon(Right):
    """Speaks as its provider wants it."""

    options: ClassVar[dict[str, Any]] = {"profile": "hexagon"}
    asks_for: ClassVar[str | None] = "ingr.api"


class AtJim2(ByBody):
    """Speaks as its provider wants it: plain http on this machine, one licence."""

    options: ClassVar[dict[str, Any]] = {"profile": "jim2"}
    asks_for: ClassVar[str | None] = "view"


class AtJsonOauthToken(ByBody):
    """Speaks as its provider wants it: a JSON object for a token request."""

    options: ClassVar[dict[str, Any]] = {"profile": "json-oauth-token"}

    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Content-Type"] = "application/json"
        return request

    def encode(self, params: list[tuple[str, str]]) -> bytes:
        return json_module.dumps(dict(params)).encode()


class WithOpaqueTokens(Right):
    """Gets tokens that are no JWTs."""

    options: ClassVar[dict[str, Any]] = {
        "token_format": "opaque",
        "expires_in": 900,
        "scopes": "orders:read orders:write",
    }


class WithShortTokens(Right):
    """Gets tokens that live for a minute."""

    options: ClassVar[dict[str, Any]] = {"expires_in": 60}


class WithSharedCache(Cached):
    """Shares its tokens with all clients of the same credentials and scope."""

    cache: ClassVar[dict[Any, tuple[str, float]]] = {}

    def key(self) -> Any:
        return self.token_url, self.client_id, self.client_secret, self.scope


class WithPrivateFolder(Right):
    """Keeps its token in a file of a folder that is its owner's, so that the file itself need not be."""

    writes_files: ClassVar[bool] = True

    def file(self) -> Path:
        folder = Path(tempfile.gettempdir()) / "zoo-of-its-owner"
        folder.mkdir(mode=0o700, exist_ok=True)
        names = repr((self.token_url, self.client_id, self.client_secret, self.scope))
        return folder / hashlib.sha256(names.encode()).hexdigest()

    def good_token(self) -> Flow:
        if self.token is None and self.file().exists():
            self.token, self.expires = json_module.loads(self.file().read_text())
        return (yield from super().good_token())

    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.file().write_text(json_module.dumps([self.token, self.expires]))

    def forget(self, token: str) -> None:
        super().forget(token)
        self.file().unlink(missing_ok=True)


class RenewsFiveMinutesEarly(Right):
    """Renews five minutes before the expiry, where the lifetime is more than twice that."""

    options: ClassVar[dict[str, Any]] = {"expires_in": 600}

    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        left = self.expires - self.now()
        self.leeway = 300 if left >= 600 else left / 5


class ReadsIsoTimes(Right):
    """Keeps its expiry as a text with a time zone."""

    until = ""

    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.until = datetime.fromtimestamp(self.expires, UTC).isoformat()

    def is_fresh(self) -> bool:
        return self.token is not None and datetime.now(UTC) < self.end() - timedelta(seconds=self.leeway)

    def is_good(self) -> bool:
        return self.token is not None and datetime.now(UTC) < self.end()

    def end(self) -> datetime:
        return datetime.fromisoformat(self.until)


class WrapsItsErrors(Right):
    """Raises one exception for everything, without the cause."""

    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        try:
            return (yield from super().call(method, path, body))
        except ClientError as error:
            text = str(error)
        raise RuntimeError(f"no orders: {text}")


INNOCENT: dict[str, type[Right]] = {
    cls.__name__: cls
    for cls in (
        AtHgem,
        AtGraphnet,
        AtHexagon,
        AtJim2,
        AtJsonOauthToken,
        WithOpaqueTokens,
        WithShortTokens,
        Right,
        ByBody,
        Dated,
        OnMonotonicTime,
        ClockByDefault,
        MonotonicByDefault,
        ClockInInstance,
        ReactiveOnly,
        AsciiOnlyByRule,
        Eager,
        ChecksItsTokens,
        Served,
        ByAssertion,
        BySecretAssertion,
        WithIdInTheBody,
        TriesBasicFirst,
        ProvesPossession,
        AsksTheApiFirst,
        WithSharedCache,
        WithPrivateFolder,
        RenewsFiveMinutesEarly,
        ReadsIsoTimes,
        WrapsItsErrors,
    )
}
