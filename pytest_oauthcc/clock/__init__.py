"""The test's clock: one time for the fake provider, the client and the test, moved on demand."""

from __future__ import annotations

from pytest_oauthcc.clock.face import Clock

__all__ = ["Clock"]
