"""Mutants: tokens that are not kept, or kept where others find them."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import json as json_module
import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from zoo_bugs import bug
from zoo_client import ClientError, Flow, Lock, Right, Unlock


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


@bug("Callers fail while another one asks", "asks-once-for-many-callers", "renews-once-for-many-callers")
class FailsWhileBusy(Right):
    is_busy = False

    def good_token(self) -> Flow:
        if self.is_fresh():
            return self.token
        if self.is_busy:
            raise ClientError("there is no token yet")
        self.is_busy = True
        try:
            yield from self.renew()
        finally:
            self.is_busy = False
        return self.token


@bug("Lock not released after a renewal", "renews-once-for-many-callers", "renews-every-time")
class KeepsTheLockOnSuccess(Right):
    patience: ClassVar[float] = 0.25

    def good_token(self) -> Flow:
        if self.is_fresh():
            return self.token
        yield Lock()
        is_first = self.token is None
        if not self.is_fresh():
            yield from self.renew()
        if is_first:
            yield Unlock()
        return self.token


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


@bug("Works once only", "reuses-its-token")
class WorksOnce(Right):
    def call(self, *arguments: Any, **named: Any) -> Flow:
        if self.token is not None:
            raise ClientError("the session is over")
        return (yield from super().call(*arguments, **named))


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


@bug("Pickled without its secret", "survives-pickling", advice=True)
class PickledWithoutSecret(Right):
    def __getstate__(self) -> Any:
        return {**vars(self), "token": None, "client_secret": ""}


@bug("Lock not released when its caller is cancelled", "survives-a-cancelled-caller")
class KeepsTheLockWhenCancelled(Right):
    only: ClassVar[str] = "async-httpx"
    patience: ClassVar[float] = 0.25

    def good_token(self) -> Flow:
        if self.is_fresh():
            return self.token
        yield Lock()
        try:
            if not self.is_fresh():
                yield from self.renew()
        except ClientError:
            yield Unlock()
            raise
        yield Unlock()
        return self.token
