"""A provider as a process has it, in the process of the tests."""

from __future__ import annotations

import pytest

from pytest_oauthcc import standalone


@pytest.fixture
def fake():
    """A provider that belongs to no test, with a client that is known."""
    return standalone(client_id="orders", client_secret="s3cret")
