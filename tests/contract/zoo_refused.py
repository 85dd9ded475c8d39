"""Mutants: no is not taken for an answer, or not told."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

from typing import Any, ClassVar

from zoo_bugs import bug
from zoo_client import Answer, ClientError, Flow, Lock, Pause, Right


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


@bug("Swallows every failure", "raises-when-refused", "gives-up-on-a-broken-token-endpoint")
class Swallows(Right):
    def call(self, *arguments: Any, **named: Any) -> Flow:
        try:
            return (yield from super().call(*arguments, **named))
        except ClientError:
            return None


@bug("Refusal ignored: the API is called without a token", "raises-when-refused")
class CallsAllTheSame(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        try:
            return super().read_token(answer)
        except ClientError:
            return {"access_token": ""}


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


@bug("Waits for ever for an answer with a token", "uses-no-missing-token")
class WaitsForAToken(Right):
    patience: ClassVar[float] = 0.25

    def fetch(self) -> Flow:
        try:
            yield from super().fetch()
        except ClientError:
            yield Lock()  # which this very call holds already


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


@bug("Retries every 400", "does-not-retry-refused-credentials")
class RetriesBadRequests(Asks):
    def again(self, answer: Answer) -> bool:
        return answer.status == 400 or answer.status >= 500
