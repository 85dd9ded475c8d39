"""The budgets of function calls, in a process of their own: what else is imported there counts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_nothing_costs_more_calls_than_its_budget():
    """Exchanges, set-up and moves of time stay within their written budgets."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "benchmarks/guards"],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
