"""Mutants: what other people's failures lead to."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

from typing import Any, ClassVar

from zoo_bugs import bug
from zoo_client import Answer, ClientError, Flow, Lock, Right, Unlock
from zoo_refused import Asks


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


@bug("Five attempts on 401", "is-patient-with-a-401")
class Stubborn(Right):
    def repetitions(self) -> int:
        return 5


@bug("Renews on every API error", "does-not-renew-on-api-errors")
class RenewsOn500(Right):
    def is_refused(self, answer: Answer) -> bool:
        return answer.status in {401, 500}


@bug("401 is answered by a call of itself", "is-patient-with-a-401")
class CallsItself(Right):
    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        answer = yield self.api_request(method, path, token, None)
        if answer.status != 401:
            return self.read_api(answer)
        self.forget(token)
        return (yield from self.call(method, path, body))


@bug("Repeats with the header of the first request", "repeats-the-call-after-a-401")
class RepeatsTheOldHeader(Right):
    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        request = self.api_request(method, path, token, None)
        answer = yield request
        if answer.status == 401:
            self.forget(token)
            yield from self.good_token()
            answer = yield request
        return self.read_api(answer)


@bug("Lock held over the API request, and taken again on 401", "repeats-the-call-after-a-401")
class LocksTooMuch(Right):
    patience: ClassVar[float] = 0.25

    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        yield Lock()
        try:
            answer = yield self.api_request(method, path, token, None)
            if answer.status == 401:
                self.forget(token)
                token = yield from self.good_token()
                answer = yield self.api_request(method, path, token, None)
        finally:
            yield Unlock()
        return self.read_api(answer)


@bug("Circuit breaker that never closes", "recovers-after-an-outage", "recovers-after-a-failed-renewal")
class NeverClosesItsBreaker(Right):
    is_open = False

    def renew(self) -> Flow:
        if self.is_open:
            raise ClientError("the token endpoint is down")
        try:
            yield from super().renew()
        except ClientError:
            self.is_open = True
            raise
