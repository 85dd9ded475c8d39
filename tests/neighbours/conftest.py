"""Everything that a run inside this run would import, and then forget, is imported before it."""

from __future__ import annotations

import importlib.util
import pkgutil
import sys
from pathlib import Path

import hypothesis.internal.conjecture.engine
import hypothesis.strategies  # noqa: F401
import responses  # noqa: F401

import pytest_oauthcc
from pytest_oauthcc.core.keys import session_key

sys.path[:0] = [str(Path(__file__).parents[1] / part) for part in ("transports", "clock")]

# Some of it can't be imported twice.
for _module in pkgutil.walk_packages(pytest_oauthcc.__path__, "pytest_oauthcc."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
for _name in ("httpx2", "requests_mock", "vcr", "pytest_httpx", "pytest_httpx2", "pytest_recording", "pytest_socket"):
    if importlib.util.find_spec(_name) is not None:
        importlib.import_module(_name)
for _name in ("httpcore2", "pytest_recording._vcr"):  # imported when they are needed
    if importlib.util.find_spec(_name.partition(".")[0]) is not None:
        importlib.import_module(_name)
if "httpcore2" in sys.modules:
    from pytest_oauthcc.transports.respx_patches import httpcore2_mocker

    httpcore2_mocker()
session_key("ES256")
