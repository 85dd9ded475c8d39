"""Fixtures and settings of the whole suite."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["pytester"]

# How long an example takes depends on what else the machine does, and no test is about that.
settings.register_profile("suite", deadline=None, max_examples=60)
settings.load_profile("suite")


def pytest_configure(config):
    """Register the mark that names the lines of RFCs that a test covers; docs/make_rfc_coverage.py reads it."""
    config.addinivalue_line("markers", "rfc(*lines): the lines of RFCs that the test covers, such as '6749 §5.1 json'.")
