"""Live mode against two real servers that are none of our making."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

EXAMPLE = (Path(__file__).parent / "example_orders.py").read_text()


def test_the_example_passes_against_the_fake(pytester, live):
    """Without the flag the example runs against the fake, and what is for live runs only is skipped."""
    pytester.makepyfile(test_orders=EXAMPLE)
    result = live("-rs", live=False)
    result.assert_outcomes(passed=9, skipped=1)
    result.stdout.fnmatch_lines(["*only makes sense with --oauthcc-live*"])


def test_the_example_passes_against_a_real_server(pytester, live, real_server):
    """With the flag the same file passes against the server, and what only a fake can do is skipped."""
    pytester.makepyfile(test_orders=EXAMPLE)
    result = live("-rs", environment=real_server.environment())
    result.assert_outcomes(passed=9, skipped=1)
    host = real_server.urls["token_url"].split("/")[2]
    result.stdout.fnmatch_lines([f"oauthcc: LIVE, target environment: {host}*"])
    result.stdout.fnmatch_lines(["*--oauthcc-live: scripting the token endpoint (fail) is something that only a fake can do"])
    assert real_server.clients["basic"]["client_secret"] not in result.stdout.str()
