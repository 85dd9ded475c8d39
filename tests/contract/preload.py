"""
Imports everything that tests inside of tests need.

What is imported in there pytester forgets afterwards, and some of it can't be imported twice in one process.
"""

from __future__ import annotations

import importlib
import pkgutil

import aiohttp.test_utils  # noqa: F401
import django.test  # noqa: F401
import fastapi.testclient  # noqa: F401
import flask.testing  # noqa: F401
import httpcore2  # noqa: F401
import httpx2  # noqa: F401
import joserfc.jwt  # noqa: F401
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils  # noqa: F401
from jwt.algorithms import ECAlgorithm  # noqa: F401

import pytest_oauthcc

for _module in pkgutil.walk_packages(pytest_oauthcc.__path__, "pytest_oauthcc."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)
