"""Mutants: tokens that are renewed never, too late, too early, or for the wrong reason."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import base64
import json as json_module
import time
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import jwt
from zoo_bugs import bug
from zoo_client import ClientError, Flow, Right, Send


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


@bug("Renews, and sends the old token all the same", "renews-an-expired-token")
class SendsTheOldToken(Right):
    def good_token(self) -> Flow:
        old = self.token
        new = yield from super().good_token()
        return old or new

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


@bug("expires_in as string counts as 0", "reads-expires-in-as-a-string")
class StringIsNothing(Right):
    def lifetime(self, members: dict[str, Any]) -> float:
        return 0 if isinstance(members.get("expires_in"), str) else super().lifetime(members)


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


class ChecksItsTokens(Right):
    """Checks the signatures of its tokens, and fetches the keys again when one is new to it."""

    def __post_init__(self) -> None:
        self.keys: dict[str, Any] = {}

    def fetch(self) -> Flow:
        yield from super().fetch()
        token, self.token = self.token, None
        kid = jwt.get_unverified_header(token)["kid"]
        if self.wants_keys(kid):
            answer = yield Send("GET", self.jwks_url, self.headers)
            self.keys = {key["kid"]: key for key in answer.json()["keys"]}
        if kid not in self.keys:
            raise ClientError(f"the token is signed with the unknown key {kid!r}")
        jwt.decode(
            token,
            jwt.PyJWK.from_dict(self.keys[kid]),
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
        )
        self.token = token

    def wants_keys(self, kid: str) -> bool:
        return kid not in self.keys


@bug("Keys for checking tokens are never fetched again", "survives-a-key-rotation")
class KeepsOldKeys(ChecksItsTokens):
    def wants_keys(self, kid: str) -> bool:
        return not self.keys


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


@bug("Naive local time as a text", "counts-alike-in-every-time-zone")
class NaiveText(Right):
    until = ""

    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        self.until = (datetime.now() + timedelta(seconds=self.lifetime(members) - self.leeway)).isoformat()

    def is_fresh(self) -> bool:
        return self.token is not None and datetime.now().isoformat() < self.until

    def repetitions(self) -> int:
        return 0


@bug("Time of day without the date", "counts-alike-in-every-time-zone")
class TimeOfDay(Dated):
    def is_fresh(self) -> bool:
        if self.token is None:
            return False
        end = self.until - timedelta(seconds=self.leeway)
        return f"{self.present():%H:%M:%S}" < f"{end:%H:%M:%S}"

    def repetitions(self) -> int:
        return 0


@bug("Seconds compared with milliseconds", "renews-an-expired-token")
class SecondsAgainstMilliseconds(Right):
    def is_fresh(self) -> bool:
        return self.token is not None and self.now() < self.expires * 1000

    def repetitions(self) -> int:
        return 0
