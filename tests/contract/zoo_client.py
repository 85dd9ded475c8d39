"""The right client, written once without any HTTP library: a generator that asks its driver for what it needs."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import base64
import contextlib
import json as json_module
import ssl
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

LEEWAY = 30
UNKNOWN_LIFETIME = 300
LONGEST_LIFETIME = 86_400
TIMEOUT = 10.0


class ClientError(Exception):
    """What the client raises when it can't get a token or an answer."""


class NetworkError(ClientError):
    """What every driver makes of its library's network errors."""


@dataclass
class Send:
    """An HTTP request that the driver has to send."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float | None = TIMEOUT
    follow_redirects: bool = False
    verify: bool | str = True  # or the file of the CA
    trust_env: bool = False
    blocking: bool = False  # an async driver sends it synchronously


@dataclass
class Answer:
    """An HTTP response as the driver hands it over."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json_module.loads(self.body)


class Lock:
    """The driver has to take its lock."""


class Unlock:
    """The driver has to give its lock back."""


@dataclass
class Pause:
    """The driver has to sleep."""

    seconds: float


Step = Send | Lock | Unlock | Pause
Flow = Generator[Step, Any, Any]


@dataclass
class Right:
    """A client that does everything right, given its settings."""

    token_url: str
    api_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    by_body: bool = False
    token: str | None = field(default=None, repr=False)
    expires: float = 0.0
    leeway: float = LEEWAY
    jwks_url: str = ""
    verify: bool | str = True
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        """Let other animals prepare themselves."""

    def tls_context(self) -> ssl.SSLContext | bool:
        """Return what httpx takes for ``verify``."""
        return ssl.create_default_context(cafile=self.verify) if isinstance(self.verify, str) else True

    # --- the API

    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        content = None if body is None else json_module.dumps(body).encode()
        token = yield from self.good_token()
        answer = yield self.api_request(method, path, token, content)
        for _ in range(self.repetitions()):
            if not self.is_refused(answer):
                break
            self.forget(token)
            token = yield from self.good_token()
            answer = yield self.api_request(method, path, token, self.repeated(content))
        return self.read_api(answer)

    def repetitions(self) -> int:
        return 1

    def is_refused(self, answer: Answer) -> bool:
        return answer.status == 401

    def repeated(self, content: bytes | None) -> bytes | None:
        return content

    def forget(self, token: str) -> None:
        if self.token == token:
            self.token = None

    def api_request(self, method: str, path: str, token: str, content: bytes | None) -> Send:
        headers = {**self.headers, "Authorization": self.authorization(token)}
        if content is not None:
            headers["Content-Type"] = "application/json"
        return Send(method, self.api_url + path, headers, content, timeout=self.timeout, verify=self.verify)

    def authorization(self, token: str) -> str:
        return f"Bearer {token}"

    def read_api(self, answer: Answer) -> Any:
        if answer.status >= 300:
            raise ClientError(f"the API answered {answer.status}")
        return answer.json()

    # --- the token

    def now(self) -> float:
        return time.time()

    def is_fresh(self) -> bool:
        return self.token is not None and self.now() < self.expires - self.leeway

    def is_good(self) -> bool:
        return self.token is not None and self.now() < self.expires

    def good_token(self) -> Flow:
        if self.is_fresh():
            return self.token
        yield Lock()
        try:
            if not self.is_fresh():
                yield from self.renew()
        finally:
            yield Unlock()
        return self.token

    def renew(self) -> Flow:
        try:
            yield from self.fetch()
        except ClientError:
            if not self.is_good():
                raise

    def fetch(self) -> Flow:
        answer = yield self.token_request()
        wait = self.retry_after(answer)
        if wait is not None and wait < 60:
            yield Pause(wait)
            answer = yield self.token_request()
        self.store(self.read_token(answer))

    def retry_after(self, answer: Answer) -> float | None:
        value = answer.headers.get("retry-after")
        if answer.status not in {429, 503} or value is None:
            return None
        if value.isdigit():
            return float(value)
        return parsedate_to_datetime(value).timestamp() - self.now()

    def token_request(self) -> Send:
        self.check_url()
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", **self.headers}
        params = self.params()
        if self.by_body:
            params += [("client_id", self.client_id), ("client_secret", self.client_secret)]
        else:
            headers["Authorization"] = f"Basic {self.basic()}"
        return Send("POST", self.token_url, headers, self.encode(params), timeout=self.timeout, verify=self.verify)

    def check_url(self) -> None:
        parts = urlsplit(self.token_url)
        if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1"}:
            raise ClientError(f"the token URL has to be https, not {parts.scheme}")

    def params(self) -> list[tuple[str, str]]:
        params = [("grant_type", "client_credentials")]
        if self.scope:
            params.append(("scope", self.scope))
        return params

    def encode(self, params: list[tuple[str, str]]) -> bytes:
        return urlencode(params).encode()

    def basic(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return base64.b64encode(pair.encode()).decode()

    def read_token(self, answer: Answer) -> dict[str, Any]:
        try:
            members = answer.json()
        except (ValueError, RecursionError):
            members = None
        if not isinstance(members, dict):
            raise ClientError(f"the token endpoint answered {answer.status}, and no JSON object")
        if answer.status != 200 or "error" in members:
            raise ClientError(
                f"the token endpoint answered {answer.status}: {members.get('error')}: {members.get('error_description')}"
            )
        if not isinstance(members.get("access_token"), str) or not members["access_token"]:
            raise ClientError("the token endpoint's answer has no access_token")
        self.check_type(members)
        return members

    def check_type(self, members: dict[str, Any]) -> None:
        if str(members.get("token_type", "Bearer")).lower() != "bearer":
            raise ClientError(f"the token is of the unknown type {members['token_type']!r}")

    def store(self, members: dict[str, Any]) -> None:
        lifetime = self.lifetime(members)
        self.token = members["access_token"]
        self.expires = self.now() + lifetime
        self.leeway = min(LEEWAY, lifetime / 5)

    def lifetime(self, members: dict[str, Any]) -> float:
        told = members.get("expires_in")
        if told is None:
            return self.lifetime_of_jwt(members["access_token"])
        with contextlib.suppress(TypeError, ValueError):
            return min(float(told), LONGEST_LIFETIME)
        return UNKNOWN_LIFETIME

    def lifetime_of_jwt(self, token: str) -> float:
        with contextlib.suppress(ValueError, KeyError, IndexError, TypeError):
            payload = token.split(".")[1]
            claims = json_module.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return float(claims["exp"]) - time.time()
        return UNKNOWN_LIFETIME
