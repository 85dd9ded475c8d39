"""What runs inside the tests of this directory have in common."""

from __future__ import annotations

INI = """
[pytest]
filterwarnings =
    error
asyncio_default_fixture_loop_scope = function
"""

# pytest-randomly would put an interrupt first; pytest-rerunfailures leaves a thread with a socket after each run.
WITHOUT = ["-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:rerunfailures"]
