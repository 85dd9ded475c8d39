"""What loading the plugin costs a test run that does not use it: nothing from third parties."""

from __future__ import annotations

import os

import pytest

PROBE = """
import sys

BUILT_IN = set(sys.stdlib_module_names)
PYTESTS_OWN = {"_pytest", "pytest", "pluggy", "iniconfig", "packaging", "pygments", "py", "_distutils_hack", "colorama"}
OF_PYTHON = {"sitecustomize", "_virtualenv"}  # which a distribution's Python, and a virtual environment, starts with

def third_parties():
    names = {name.partition(".")[0] for name in sys.modules} - {"__main__", "test_it"}
    return sorted(names - BUILT_IN - PYTESTS_OWN - OF_PYTHON)
"""


@pytest.fixture
def run_alone(pytester, monkeypatch):
    """Run a test file in a process of its own in which ours is the only plugin."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)  # or coverage would be imported there first

    def run(text):
        pytester.makepyfile(test_it=PROBE + text)
        return pytester.runpytest_subprocess("-p", "pytest_oauthcc.plugin", "-p", "no:cacheprovider", "-q", "-s")

    return run


def test_loading_the_plugin_imports_nothing_from_third_parties(run_alone):
    """Until a fixture is used there is only pytest, and of ours only what declares options."""
    run_alone(
        """
def test_it(pytestconfig):
    assert third_parties() == ["pytest_oauthcc"], third_parties()
    ours = {name for name in sys.modules if name.startswith("pytest_oauthcc.")}
    settings = ("options", "option_values", "layers", "marker_layers", "defaults")
    light = ("plugin", "fixtures", "running", *settings, "errors", "masking", "core", "core.forgery_names")
    assert ours <= {"pytest_oauthcc." + name for name in light}, ours
    for heavy in ("asyncio", "ssl", "http.client", "email.message", "socketserver"):
        assert heavy not in sys.modules or heavy in BEFORE, heavy

BEFORE = {"asyncio", "ssl", "http.client", "email.message", "socketserver"} & set(sys.modules)
"""
    ).assert_outcomes(passed=1)


def test_a_client_library_that_is_not_imported_is_not_imported(run_alone):
    """A provider patches what is there; a library that comes later is patched when it arrives."""
    run_alone(
        """
def test_it(oauthcc):
    assert not {"httpx", "httpx2", "trio", "anyio", "time_machine", "trustme"} & set(third_parties())
    import httpx
    data = {"grant_type": "client_credentials"}
    got = httpx.post(oauthcc.token_url, data=data, auth=(oauthcc.client_id, oauthcc.client_secret))
    assert got.status_code == 200
"""
    ).assert_outcomes(passed=1)
