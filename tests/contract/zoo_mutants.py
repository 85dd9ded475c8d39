"""The zoo: one class per known bug, each the right client with one small difference, and the checks that catch it."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import base64
import json as json_module
import logging
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from zoo_client import Answer, ClientError, Flow, Lock, Pause, Right, Send, Unlock

if TYPE_CHECKING:
    from collections.abc import Callable

MUTANTS: dict[str, type[Right]] = {}


def bug(what: str, *caught_by: str, advice: bool = False, **options: Any) -> Callable[[type[Right]], type[Right]]:
    """Enter a mutant: its bug in words, the ids of the checks that have to fail, options of the provider it needs."""

    def enter(cls: type[Right]) -> type[Right]:
        cls.bug, cls.caught_by, cls.needs_advice, cls.options = what, caught_by, advice, options
        MUTANTS[cls.__name__] = cls
        return cls

    return enter


# --- getting


@bug("Wrong secret", "gets-a-token")
class WrongSecret(Right):
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:changeit".encode()).decode()


@bug("GET instead of POST", "uses-post")
class AsksWithGet(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.method = "GET"
        return request


@bug("JSON body instead of a form", "sends-a-form")
class SendsJson(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Content-Type"] = "application/json"
        return request

    def encode(self, params: list[tuple[str, str]]) -> bytes:
        return json_module.dumps(dict(params)).encode()


@bug("Wrong Content-Type", "sends-a-form")
class SaysPlainText(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Content-Type"] = "text/plain"
        return request


@bug("Misspelt grant_type", "sends-the-grant-type")
class MisspeltGrant(Right):
    def params(self) -> list[tuple[str, str]]:
        return [("grant_type", "client_credential"), *super().params()[1:]]


@bug("Basic and body credentials together", "authenticates-one-way")
class AuthenticatesTwice(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("client_id", self.client_id), ("client_secret", self.client_secret)]


@bug("Secret in the query string", "keeps-the-secret-out-of-the-url")
class SecretInQuery(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.url += "?" + urlencode({"client_id": self.client_id, "client_secret": self.client_secret})
        return request


@bug("A parameter sent twice", "sends-no-parameter-twice")
class SaysItTwice(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("grant_type", "client_credentials")]


@bug("Empty scope sent", "sends-no-empty-parameters")
class EmptyParameter(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("audience", "")]


@bug("Junk parameters of other grants", "sends-no-parameters-of-other-grants")
class JunkParameters(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("redirect_uri", "https://app.example/callback")]


@bug("Accept rules JSON out", "accepts-json")
class WantsHtml(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Accept"] = "text/html"
        return request


@bug("No Accept: application/json", "asks-for-json", advice=True)
class AcceptsAnything(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Accept"] = "*/*"
        return request


@bug("Configured scope silently dropped", "sends-its-scope")
class DropsScope(Right):
    def params(self) -> list[tuple[str, str]]:
        return super().params()[:1]


@bug("Scope under the wrong key", "sends-its-scope")
class WrongScopeKey(Right):
    def params(self) -> list[tuple[str, str]]:
        return [("scopes" if name == "scope" else name, value) for name, value in super().params()]


@bug("Scopes joined by a comma", "separates-scopes-by-spaces")
class CommaScopes(Right):
    def params(self) -> list[tuple[str, str]]:
        return [(name, value.replace(" ", ",")) for name, value in super().params()]


@bug("Scope parameter repeated", "separates-scopes-by-spaces")
class RepeatsScope(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params()[:1], *(("scope", scope) for scope in (self.scope or "").split())]


@bug("Form values not URL-encoded", "encodes-the-scope")
class UnencodedForm(Right):
    def encode(self, params: list[tuple[str, str]]) -> bytes:
        return "&".join(f"{name}={value}" for name, value in params).encode()


@bug("Basic not form-encoded first", "encodes-a-secret-with-reserved-characters", "keeps-a-colon-in-its-id")
class UnencodedBasic(Right):
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


@bug("Only the secret is encoded", "encodes-an-id-with-reserved-characters")
class UnencodedId(Right):
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{quote_plus(self.client_secret)}".encode()).decode()


@bug("Over-encoding for a server that does not decode", "encodes-a-secret-with-reserved-characters", profile="raw")
class OverEncodes(Right):
    pass


@bug("Secret in the body not URL-encoded", "encodes-a-secret-with-reserved-characters")
class UnencodedBody(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        del request.headers["Authorization"]
        form = f"&client_id={self.client_id}&client_secret={self.client_secret}"
        request.body = (request.body or b"") + form.encode()
        return request


@bug("Non-ASCII secret sent as latin-1", "sends-a-non-ascii-secret-as-utf-8")
class Latin1(Right):
    def basic(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret, encoding='latin-1', errors='replace')}"
        return base64.b64encode(pair.encode("latin-1")).decode()


@bug("Non-ASCII secret raises UnicodeEncodeError", "sends-a-non-ascii-secret-as-utf-8")
class AsciiOnly(Right):
    def basic(self) -> str:
        self.client_secret.encode("ascii")
        return super().basic()


@bug("'id:secret' split at the wrong colon", "keeps-a-colon-in-its-id")
class SplitsAtTheFirstColon(Right):
    def basic(self) -> str:
        client_id, _, secret = f"{self.client_id}:{self.client_secret}".partition(":")
        return base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


@bug("base64 with line breaks", "sends-a-long-secret")
class BreaksLines(Right):
    def basic(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return base64.encodebytes(pair.encode()).decode().strip()


@bug("Line break of the secret's file in the header", "survives-white-space-around-the-secret")
class RawLineBreak(Right):
    def basic(self) -> str:
        return super().basic() + ("\n" if self.client_secret.endswith("\n") else "")


@bug("Query of the token URL lost", "keeps-the-query-of-the-token-url")
class DropsQuery(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.url = request.url.partition("?")[0]
        return request


@bug(
    "Required header absent on the API call",
    "sends-the-headers-that-the-provider-wants",
    headers={"x-api-key": "k-123456"},
)
class HeaderOnlyOnTokenRequest(Right):
    def api_request(self, *arguments: Any) -> Send:
        request = super().api_request(*arguments)
        request.headers.pop("x-api-key", None)
        return request


@bug(
    "Required header absent on the token call",
    "sends-the-headers-that-the-provider-wants",
    headers={"x-api-key": "k-123456"},
)
class HeaderOnlyOnApiCall(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers.pop("x-api-key", None)
        return request


@bug("Required parameter absent", "sends-the-parameters-that-the-provider-wants", params={"tenant": "t1"})
class ForgetsParameter(Right):
    pass


@bug("Bearer missing", "sends-the-token-as-the-api-wants-it")
class NoBearer(Right):
    def authorization(self, token: str) -> str:
        return token


@bug("Bearer doubled", "sends-the-token-as-the-api-wants-it")
class DoubleBearer(Right):
    def authorization(self, token: str) -> str:
        return f"Bearer Bearer {token}"


@bug("token_type compared with case", "takes-token-type-in-any-case")
class CaseSensitive(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        if members.get("token_type", "Bearer") != "Bearer":
            raise ClientError("not a bearer token")


@bug("token_type known in two spellings only", "takes-token-type-in-any-case")
class TwoSpellings(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        super().check_type(members)
        if members.get("token_type", "Bearer") not in {"Bearer", "bearer"}:
            raise ClientError("unknown type")


@bug("token_type required", "works-without-token-type", advice=True)
class NeedsType(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        members["token_type"]
        super().check_type(members)


@bug("token_type ignored", "leaves-tokens-of-unknown-types-alone", advice=True)
class AnyType(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        pass


@bug("Crash when the response has no scope", "works-without-scope-in-the-answer")
class NeedsScope(Right):
    def store(self, members: dict[str, Any]) -> None:
        members["scope"].split()
        super().store(members)


@bug("Narrowed scope raises", "takes-a-narrower-scope")
class InsistsOnScope(Right):
    def store(self, members: dict[str, Any]) -> None:
        if members.get("scope", self.scope) != self.scope:
            raise ClientError("scope has changed")
        super().store(members)


@bug("Unknown members raise", "ignores-unknown-members")
class StrictMembers(Right):
    def store(self, members: dict[str, Any]) -> None:
        def known(
            access_token: str, token_type: str = "", expires_in: float = 0, scope: str = "", refresh_token: str = ""
        ) -> None:
            pass

        known(**members)
        super().store(members)


@bug("Long tokens cut off", "carries-a-long-token")
class CutsTokens(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store({**members, "access_token": members["access_token"][:4096]})


# --- keeping


@bug("New token on every call", "reuses-its-token")
class NeverKeeps(Right):
    def is_fresh(self) -> bool:
        return False


class Lockless(Right):
    def good_token(self) -> Flow:
        if not self.is_fresh():
            yield from self.renew()
        return self.token


@bug("Thundering herd at the start", "asks-once-for-many-callers")
class HerdAtStart(Lockless):
    pass


@bug("Thundering herd at expiry", "renews-once-for-many-callers")
class HerdAtExpiry(Right):
    def good_token(self) -> Flow:
        if self.token is None:
            return (yield from super().good_token())
        if not self.is_fresh():
            yield from self.renew()
        return self.token


@bug("Lock without a second look", "renews-once-for-many-callers")
class NoSecondLook(Right):
    def good_token(self) -> Flow:
        if self.is_fresh():
            return self.token
        yield Lock()
        try:
            yield from self.renew()
        finally:
            yield Unlock()
        return self.token


class Cached(Right):
    """Keeps tokens in a cache that is shared."""

    cache: ClassVar[dict[Any, tuple[str, float]]] = {}

    def key(self) -> Any:
        raise NotImplementedError

    def good_token(self) -> Flow:
        self.token, self.expires = self.cache.get(self.key(), (None, 0.0))
        token = yield from super().good_token()
        self.cache[self.key()] = (token, self.expires)
        return token

    def forget(self, token: str) -> None:
        super().forget(token)
        self.cache.pop(self.key(), None)


@bug("Cache key lacks the client", "keeps-tokens-of-clients-apart")
class CachedByScope(Cached):
    cache: ClassVar[dict[Any, tuple[str, float]]] = {}

    def key(self) -> Any:
        return self.scope, self.server()

    def server(self) -> Any:
        return os.environ.get("PYTEST_CURRENT_TEST", "")  # a cache per test, so that this is its only bug


@bug("Cache key lacks the scope", "keeps-tokens-of-scopes-apart")
class CachedByClient(Cached):
    cache: ClassVar[dict[Any, tuple[str, float]]] = {}

    def key(self) -> Any:
        return self.client_id, os.environ.get("PYTEST_CURRENT_TEST", "")


@bug("Tokens in a module global", "starts-without-a-token")
class CachedForEver(Cached):
    cache: ClassVar[dict[Any, tuple[str, float]]] = {(None): ("a-token-of-an-earlier-test", 2e9)}

    def key(self) -> Any:
        return None

    def forget(self, token: str) -> None:
        pass


@bug("Token cache file readable by others", "keeps-cached-tokens-private")
class CacheFile(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        (Path(tempfile.gettempdir()) / "zoo-token-cache.json").write_text(json_module.dumps(members))


@bug("Not picklable", "survives-pickling", advice=True)
class Unpicklable(Right):
    def __getstate__(self) -> Any:
        raise TypeError("cannot pickle '_thread.lock' object")


# --- renewing


@bug("Never refetches after expiry", "renews-an-expired-token")
class NeverRenews(Right):
    def is_fresh(self) -> bool:
        return self.token is not None

    def repetitions(self) -> int:
        return 0


@bug("Wrong field name (expire_in)", "renews-an-expired-token")
class WrongFieldName(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        return members.get("expire_in", 1e9)

    def repetitions(self) -> int:
        return 0


@bug("Keeps the first expiry", "renews-every-time")
class KeepsFirstExpiry(Right):
    def store(self, members: dict[str, Any]) -> None:
        first = self.expires
        super().store(members)
        self.expires = first or self.expires


@bug("No leeway, no repetition on 401", "tolerates-clock-skew")
class NoLeeway(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.leeway = 0

    def repetitions(self) -> int:
        return 0


@bug("Relies on 401 alone", "does-not-send-expired-tokens", advice=True)
class ReliesOn401(Right):
    def is_fresh(self) -> bool:
        return self.token is not None


@bug("Counts in milliseconds", "keeps-its-token-for-half-its-life")
class Milliseconds(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        return super().lifetime(members) / 1000 * 60


@bug("Leeway >= lifetime: refetch storm", "keeps-short-lived-tokens")
class LongLeeway(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.leeway = 60


@bug("expires_in missing: crash", "works-without-expires-in")
class NeedsExpiresIn(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        members["expires_in"]
        return super().lifetime(members)


@bug("expires_in missing, opaque token: crash", "works-without-expires-in", token_format="opaque")
class TakesEveryTokenForAJwt(Right):
    def lifetime_of_jwt(self, token: str) -> float:
        payload = token.split(".")[1]
        return json_module.loads(base64.urlsafe_b64decode(payload + "=="))["exp"] - time.time()


@bug("expires_in missing: immortal, JWT exp ignored", "reads-the-exp-of-a-jwt")
class IgnoresExp(Right):
    def lifetime_of_jwt(self, token: str) -> float:
        return 1e9

    def repetitions(self) -> int:
        return 0


@bug("expires_in: null crashes", "works-with-expires-in-null")
class NullCrashes(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        return float(members["expires_in"]) if "expires_in" in members else super().lifetime(members)


@bug("expires_in as string crashes", "reads-expires-in-as-a-string")
class StringCrashes(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        if isinstance(members.get("expires_in"), str):
            time.time() + members["expires_in"]
        return super().lifetime(members)


@bug("expires_in as string ignored", "reads-expires-in-as-a-string")
class StringIgnored(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        return 1e9 if isinstance(members.get("expires_in"), str) else super().lifetime(members)

    def repetitions(self) -> int:
        return 0


@bug("expires_in as float crashes", "reads-expires-in-as-a-float")
class FloatCrashes(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        told = members.get("expires_in")
        return int(str(told)) if told else super().lifetime(members)


@bug("expires_in: 0 means for ever", "does-not-take-zero-for-ever")
class ZeroIsForEver(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        return super().lifetime(members) if members.get("expires_in") else 1e9

    def repetitions(self) -> int:
        return 0


@bug("Huge expires_in overflows", "survives-a-huge-expires-in")
class HugeOverflows(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        if members.get("expires_in") is not None:
            datetime.now(UTC) + timedelta(seconds=float(members["expires_in"]))
        return super().lifetime(members)


class Dated(Right):
    """Keeps its expiry as a datetime of some kind; here the right kind."""

    until: Any = None

    def present(self) -> datetime:
        return datetime.now(UTC)

    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.until = self.present() + timedelta(seconds=self.lifetime(members))

    def is_fresh(self) -> bool:
        return self.token is not None and self.present() < self.until - timedelta(seconds=self.leeway)

    def is_good(self) -> bool:
        return self.token is not None and self.present() < self.until


@bug("Naive local datetime", "counts-alike-in-every-time-zone")
class NaiveLocalTime(Dated):
    def present(self) -> datetime:
        return datetime.now()

    def repetitions(self) -> int:
        return 0


@bug("utcnow().timestamp()", "counts-alike-in-every-time-zone")
class UtcnowTimestamp(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.expires = datetime.now(UTC).replace(tzinfo=None).timestamp() + self.lifetime(members)

    def repetitions(self) -> int:
        return 0


@bug("refresh_token: null mishandled", "renews-with-its-credentials")
class RefreshTokenNull(Right):
    refresh: Any = "nothing"

    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.refresh = members.get("refresh_token", "nothing")

    def params(self) -> list[tuple[str, str]]:
        if self.refresh == "nothing":
            return super().params()
        return [("grant_type", "refresh_token"), ("refresh_token", str(self.refresh))]


@bug("Sync token POST inside the async client", "does-not-block-the-event-loop")
class Blocks(Right):
    only: ClassVar[str] = "async-httpx"

    def token_request(self) -> Send:
        request = super().token_request()
        request.blocking = True
        return request


@bug("Lock bound to a dead event loop", "works-on-a-second-event-loop")
class OneLoop(Right):
    only: ClassVar[str] = "async-httpx"


# --- being refused


class Asks(Right):
    """Asks several times; which answers are worth another attempt is what mutants get wrong."""

    def again(self, answer: Answer) -> bool:
        return answer.status >= 500

    attempts = 3

    def fetch(self) -> Flow:
        answer = yield self.token_request()
        for attempt in range(self.attempts):
            if not self.again(answer):
                break
            yield Pause(self.pause(answer, attempt))
            answer = yield self.token_request()
        self.store(self.read_token(answer))

    def pause(self, answer: Answer, attempt: int) -> float:
        wait = self.retry_after(answer)
        return 2.0**attempt if wait is None else wait


@bug("Retries invalid_client", "does-not-retry-refused-credentials")
class RetriesRefusals(Asks):
    def again(self, answer: Answer) -> bool:
        return answer.status != 200


@bug("Swallows the refusal", "raises-when-refused")
class Swallows(Right):
    def call(self, *arguments: Any, **named: Any) -> Flow:
        try:
            return (yield from super().call(*arguments, **named))
        except ClientError:
            return None


@bug("error/error_description swallowed", "tells-the-servers-error")
class SaysNothing(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise ClientError(f"the token endpoint answered {answer.status}")
        return super().read_token(answer)


@bug("'Bearer None' after an error in a 200", "notices-an-error-in-a-200")
class BearerNone(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        members = answer.json() if answer.status == 200 else super().read_token(answer)
        return (
            {**members, "access_token": str(members.get("access_token"))}
            if "error" in members
            else super().read_token(answer)
        )


@bug("Token missing or not a text", "uses-no-missing-token")
class TokenOfAnyKind(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200 or b"error" in answer.body:
            return super().read_token(answer)
        members = answer.json()
        return {**members, "access_token": str(members.get("access_token"))}


@bug("A number for a token", "takes-a-text-for-a-token", advice=True)
class NumberForAToken(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        members = answer.json() if answer.status == 200 else {}
        if isinstance(members, dict) and isinstance(members.get("access_token"), int):
            return {**members, "access_token": str(members["access_token"])}
        return super().read_token(answer)


@bug("Stumbles over answers that are no JSON object", "explains-a-useless-answer")
class Stumbles(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        if answer.status == 200:
            try:
                members = answer.json()
            except (ValueError, RecursionError):
                members = None
            members["access_token"]
        return super().read_token(answer)


@bug("Non-JSON error page: JSONDecodeError", "tells-the-status-of-an-error-page")
class ParsesFirst(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        answer.json()
        return super().read_token(answer)


@bug("Renews on 403", "does-not-renew-on-403")
class RenewsOn403(Right):
    def is_refused(self, answer: Answer) -> bool:
        return answer.status in {401, 403}


# --- bad days


@bug("Unbounded retry of the token endpoint", "gives-up-on-a-broken-token-endpoint")
class NeverGivesUp(Asks):
    attempts = 10_000


@bug("Retry-After ignored", "waits-as-long-as-it-is-told")
class IgnoresRetryAfter(Asks):
    def again(self, answer: Answer) -> bool:
        return answer.status == 429

    def retry_after(self, answer: Answer) -> float | None:
        return None


@bug("Retry-After date misread", "waits-as-long-as-it-is-told")
class SecondsOnly(Right):
    def retry_after(self, answer: Answer) -> float | None:
        wait = answer.headers.get("retry-after")
        return 1.0 if wait is not None and not wait.isdigit() else super().retry_after(answer)


@bug("Retry-After without a bound", "does-not-wait-for-ever", advice=True)
class SleepsForDays(Asks):
    def again(self, answer: Answer) -> bool:
        return answer.status == 503


@bug("Lock not released after a failure", "recovers-after-an-outage")
class KeepsTheLock(Right):
    patience: ClassVar[float] = 0.25

    def good_token(self) -> Flow:
        if self.is_fresh():
            return self.token
        yield Lock()
        if not self.is_fresh():
            yield from self.renew()
        yield Unlock()
        return self.token


@bug("Failure cached", "recovers-after-an-outage")
class CachesFailure(Right):
    failure: Any = None

    def renew(self) -> Flow:
        if self.failure is not None:
            raise self.failure
        try:
            yield from super().renew()
        except ClientError as error:
            self.failure = error
            raise


@bug("Failed renewal never made up for", "recovers-after-a-failed-renewal")
class BreaksOnRenewal(Right):
    broken = False

    def renew(self) -> Flow:
        renewing = self.token is not None
        if self.broken:
            raise ClientError("no token")
        try:
            yield from super().renew()
        except ClientError:
            self.broken = renewing
            raise


@bug("Outage fails a call with a good token", "uses-its-token-during-an-outage", advice=True)
class NoSecondBest(Right):
    def renew(self) -> Flow:
        yield from self.fetch()


@bug("401 invalid_token ignored until expiry", "gets-a-new-token-after-a-401", "repeats-the-call-after-a-401")
class Ignores401(Right):
    def is_refused(self, answer: Answer) -> bool:
        return False


@bug("401 forgets the token but does not repeat", "repeats-the-call-after-a-401")
class DoesNotRepeat(Right):
    def repetitions(self) -> int:
        return 0

    def read_api(self, answer: Answer) -> Any:
        if answer.status == 401:
            self.token = None
        return super().read_api(answer)


@bug("Repeats without the body", "repeats-the-same-body")
class LosesBody(Right):
    def repeated(self, content: bytes | None) -> bytes | None:
        return b"" if content is not None else None


@bug("Unbounded retry on 401", "is-patient-with-a-401")
class Impatient(Right):
    def repetitions(self) -> int:
        return 50


@bug("Renews on every API error", "does-not-renew-on-api-errors")
class RenewsOn500(Right):
    def is_refused(self, answer: Answer) -> bool:
        return answer.status in {401, 500}


# --- safety


@bug("No timeout on the token POST", "sets-a-timeout")
class NoTimeout(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.timeout = None
        return request


@bug("verify=False", "checks-certificates")
class Unverified(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.verify = False
        return request


@bug("Secret logged", "keeps-secrets-out-of-logs")
class LogsSecret(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        logging.getLogger("zoo").debug("token request with %s", request.headers)
        return request


@bug("Token printed", "keeps-secrets-out-of-logs")
class PrintsToken(Right):
    def store(self, members: dict[str, Any]) -> None:
        print(members)  # noqa: T201 - which is the bug
        super().store(members)


@bug("Secret in an exception", "keeps-secrets-out-of-exceptions")
class TellsSecret(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        try:
            return super().read_token(answer)
        except ClientError as error:
            raise ClientError(f"{error} for {self.client_id}/{self.client_secret}") from error


@bug("Secret in the repr", "hides-secrets-in-its-repr")
class ShowsSecret(Right):
    def __repr__(self) -> str:
        return f"ShowsSecret({self.client_id}, {self.client_secret})"


@bug("Token in the URL", "keeps-tokens-out-of-urls-and-cookies")
class TokenInUrl(Right):
    def api_request(self, method: str, path: str, token: str, content: bytes | None) -> Send:
        return super().api_request(method, f"{path}?token={quote(token)}", token, content)


@bug("Token in a cookie", "keeps-tokens-out-of-urls-and-cookies")
class TokenInCookie(Right):
    def api_request(self, method: str, path: str, token: str, content: bytes | None) -> Send:
        request = super().api_request(method, path, token, content)
        request.headers["Cookie"] = f"session={token}"
        return request


@bug("Secret sent to the API", "sends-the-secret-to-the-token-endpoint-only")
class SecretToApi(Right):
    def api_request(self, *arguments: Any) -> Send:
        request = super().api_request(*arguments)
        request.headers["X-Client-Secret"] = self.client_secret
        return request


@bug("Bearer leaks on a cross-host redirect of the API", "keeps-the-token-from-other-hosts")
class FollowsWithToken(Right):
    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        answer = yield self.api_request(method, path, token, None)
        if answer.status in {301, 302, 307, 308}:
            answer = yield Send("GET", answer.headers["location"], {"Authorization": f"Bearer {token}"})
        return self.read_api(answer)


@bug("Token follows a redirect to http://", "keeps-the-token-from-plain-http")
class FollowsToPlainHttp(Right):
    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        answer = yield self.api_request(method, path, token, None)
        if answer.status == 307 and urlsplit(answer.headers["location"]).hostname == urlsplit(self.api_url).hostname:
            answer = yield Send("GET", answer.headers["location"], {"Authorization": f"Bearer {token}"})
        return self.read_api(answer)


@bug("Token POST redirected, secret in the body", "keeps-the-secret-from-other-hosts")
class FollowsWithSecret(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        del request.headers["Authorization"]
        form = urlencode({"client_id": self.client_id, "client_secret": self.client_secret})
        request.body = (request.body or b"") + b"&" + form.encode()
        request.follow_redirects = True
        return request


@bug("http:// token URL trusted", "refuses-a-plain-http-token-url")
class TrustsPlainHttp(Right):
    def check_url(self) -> None:
        pass


@bug("~/.netrc replaces Basic", "is-not-misled-by-netrc")
class TrustsNetrc(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.trust_env = True
        return request


# --- right clients of other kinds, whom nothing may accuse


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
        Eager,
    )
}
