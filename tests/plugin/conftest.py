"""Runs small test files in process, and checks after each that nothing is left behind."""

from __future__ import annotations

import importlib.util
import pkgutil

import freezegun.api  # noqa: F401 - see below
import httpx  # noqa: F401
import hypothesis.internal.conjecture.engine
import hypothesis.strategies  # noqa: F401
import pytest
import requests  # noqa: F401
import responses  # noqa: F401
import respx  # noqa: F401
import time_machine  # noqa: F401
import trio  # noqa: F401
from plugin_world import CLIENT, left_behind, remember

import pytest_oauthcc
from pytest_oauthcc.core.keys import session_key

INI = """
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""

# A run inside this run forgets what it imports, and some of that can't be imported twice.
for _module in pkgutil.walk_packages(pytest_oauthcc.__path__, "pytest_oauthcc."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
for _name in ("httpx2", "httpcore2", "aiohttp", "trustme"):
    if importlib.util.find_spec(_name) is not None:
        importlib.import_module(_name)
session_key("ES256")


@pytest.fixture
def run(pytester):
    """Run a test file that knows the little client; give the result."""
    remember()

    def run_it(text, *options, ini="", conftest=None, files=None, **outcomes):
        pytester.makepyfile(test_it=CLIENT + text)
        pytester.makefile(".ini", pytest=INI + ini)
        if conftest is not None:
            pytester.makeconftest(conftest)
        for name, content in (files or {}).items():
            path = pytester.path / name
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_text(content, encoding="utf-8")
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)
        if outcomes:
            result.assert_outcomes(**outcomes)
        return result

    yield run_it
    assert left_behind() == []
