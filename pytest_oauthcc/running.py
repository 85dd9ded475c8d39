"""Whether the function of a test is running: a report that is made meanwhile is one of a subtest."""

from __future__ import annotations

import pytest

__all__ = ["RUNNING"]

RUNNING = pytest.StashKey[bool]()
