"""Fixtures and settings of the whole suite."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["pytester"]

# How long an example takes depends on what else the machine does, and no test is about that.
settings.register_profile("suite", deadline=None, max_examples=60)
settings.load_profile("suite")
