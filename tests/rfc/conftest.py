"""The fixtures of these tests; the rules for clients don't matter here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rfc_party import Party

sys.path.insert(0, str(Path(__file__).parents[1] / "npm"))


@pytest.fixture
def party(oauthcc):
    """Give somebody who speaks to the test's provider."""
    return Party(oauthcc)


@pytest.fixture
def oauthcc_options():
    """Let every rule be broken."""
    return {"strict": False}
