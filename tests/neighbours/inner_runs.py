"""What runs inside the tests of this directory have in common."""

from __future__ import annotations

# An old pytest goes with a pytest-asyncio that does not know the setting yet.
INI = """
[pytest]
filterwarnings =
    error
    ignore:Unknown config option:pytest.PytestConfigWarning
asyncio_default_fixture_loop_scope = function
"""
