"""What the tests of a live run share: the target, the quota, tokens to be reused, drift, lessons, secrets."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.explain.showing import count_of
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.live.drift import Drift
from pytest_oauthcc.live.learning import Lessons
from pytest_oauthcc.live.provider import LiveProvider
from pytest_oauthcc.live.quota import Quota
from pytest_oauthcc.live.redaction import Redactor
from pytest_oauthcc.live.shared_tokens import SharedTokens
from pytest_oauthcc.options import OPTIONS
from pytest_oauthcc.resolution import resolve
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.core.messages import Response
    from pytest_oauthcc.live.targets import Target

__all__ = ["LiveRun"]

_OF_THE_TEST = frozenset({"allow", "max_exchanges", "strict", "journal_limit"})


class LiveRun:
    """
    One live run, or a worker's part of it.

    Args:
        target: Whom it is for.
        directory: Shared by the processes of the run, for their quota and their tokens.
        key: What the workers of pytest-xdist encrypt the tokens with that they share.
    """

    def __init__(self, target: Target, directory: Path, key: bytes = b"") -> None:
        self.target = target
        self.quota = Quota(directory, target.per_minute)
        self.redactor = Redactor()
        for name, secret in target.secrets.items():
            self.redactor.add(secret, name)
        self.drift = Drift()
        self.lessons = Lessons()
        self.exchanges = 0
        self.skip_reason = ""
        self.profile_name = ""
        self._tokens = SharedTokens(directory, key)
        self._lock = threading.Lock()

    def open(self, layers: Iterable[Layer], *, clock: Clock, relative_to: Path | None) -> Provider:
        """
        Make the provider of one test.

        Args:
            layers: The test's options from near to far, and the ini settings.
            clock: The test's clock.
            relative_to: Where the relative path of a profile begins.

        Returns:
            The real provider.

        Raises:
            pytest.skip.Exception: The test is for another provider, or for a second one.
        """
        __tracebackhide__ = True
        if BOARD.serves(self.target.token_url):
            pytest.skip("--oauthcc-live: the test wants a second provider, and the target is only one")
        dialect, settings, profile = resolve(
            self._layers(tuple(layers)), number=None, is_taken=BOARD.serves, relative_to=relative_to
        )
        self.profile_name = dialect.name
        return LiveProvider(settings, dialect, clock, profile, self)

    def _layers(self, layers: tuple[Layer, ...]) -> list[Layer]:
        """Put the target before everything; of the test's options remain those that say how it is judged."""
        __tracebackhide__ = True
        target = self.target
        values = {name: value for name, value in target.options.items() if name != "api_url" or value is not None}
        parts = target.token_url.split("/", 3)
        values.setdefault("issuer", "/".join(parts[:3]))
        if target.client_secret:
            values["client_secret"] = target.client_secret
        named = next((layer.values["profile"] for layer in layers if layer.values.get("profile")), None)
        if named is not None and "profile" in values and _is_for_another(named, values["profile"]):
            pytest.skip(
                f"--oauthcc-live: the test is for the profile {named!r}, and the target {target.name} is like "
                f"{values['profile']!r}"
            )
        profile = values.pop("profile", None)
        kept = (
            set(_OF_THE_TEST) | ({"profile"} if profile is None else set()) | (set() if target.has_api else {"api_url"})
        )
        rest = [Layer(layer.where, _only(layer, kept, own=profile is None)) for layer in layers]
        last = [] if profile is None else [Layer(f"target {target.name}", {"profile": profile})]
        return [Layer(f"target {target.name}", values), *rest, *last]

    def count_exchange(self) -> None:
        """Count one more exchange with the real provider."""
        with self._lock:
            self.exchanges += 1

    def skew(self, now: float) -> float:
        """Return by how many seconds the time that a test sees is ahead of the real one."""
        return now - self.quota.now()

    # --- tokens for several tests

    def keep(self, key: str, response: Response, lifetime: float) -> None:
        """Keep the answer with a token for the next test, where the target says so."""
        if self.target.reuse:
            self._tokens.keep(key, response, now=self.quota.now(), lifetime=lifetime)

    def reusable(self, key: str) -> Response | None:
        """Return an earlier answer to the same request whose token is still good; its lifetime is what is left."""
        return self._tokens.find(key, self.quota.now()) if self.target.reuse else None

    def quota_text(self) -> str:
        """Say that the quota is used up."""
        return (
            f"--oauthcc-live: this run has sent {count_of(self.quota.per_minute, 'token request')} within a minute, "
            f"which is the limit for the target {self.target.name}; the next one was not sent, so that the provider "
            "does not lock the client out.\n"
            "  Share tokens between tests (reuse = true in the target), run fewer tests at once, or raise "
            "token_requests_per_minute."
        )

    # --- pytest-xdist

    def as_data(self) -> dict[str, Any]:
        """Return what a worker tells its controller; nothing in it is secret."""
        return {
            "exchanges": self.exchanges,
            "drift": self.drift.as_data(),
            "lessons": self.lessons.as_data(),
            "profile": self.profile_name,
        }

    def merge(self, data: dict[str, Any]) -> None:
        """Take over what a worker told."""
        self.exchanges += data["exchanges"]
        self.drift.merge(data["drift"])
        self.lessons.merge(data["lessons"])
        self.profile_name = self.profile_name or data["profile"]


def _only(layer: Layer, kept: set[str], *, own: bool) -> dict[str, Any]:
    return {name: value for name, value in layer.values.items() if name in kept or (own and name not in OPTIONS)}


def _is_for_another(named: Any, target: str) -> bool:
    """Whether a test names a built-in profile that has nothing to do with the target's."""
    from pytest_oauthcc.profiles import load_profile
    from pytest_oauthcc.profiles.loader import profile_names

    names = profile_names()
    if named == target or named not in names or target not in names:
        return False
    return named not in load_profile(target).extends and target not in load_profile(named).extends
