"""Stubs of other people in the same test: each way of using them, in either order, with each way of ending."""

from __future__ import annotations

import importlib

import pytest
from inner_runs import INI, WITHOUT
from neighbour_kinds import cases
from patch_points import changes, open_things, snapshot


class Watch:
    """A plugin that compares all patch points after each test of a run with those before the first."""

    def __init__(self):
        self.before = {}
        self.left = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self):
        """Look when pytest has put its own hooks in place."""
        self.before = snapshot()

    def pytest_runtest_logfinish(self, nodeid):
        """Compare: all fixtures of the test are gone now."""
        found = changes(self.before)
        if found:
            self.left[nodeid] = found


@pytest.mark.parametrize(("neighbour", "order"), cases())
def test_each_gets_its_own_and_nothing_stays(pytester, neighbour, order):
    """However a test ends, each side got what was its own, and every patch point, thread and socket is as before."""
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_it=neighbour.module(order))
    before, opened, watch = snapshot(), open_things(), Watch()

    result = pytester.runpytest_inprocess(
        "--tb=no", *WITHOUT, *neighbour.options, plugins=[watch], no_reraise_ctrlc=True
    )

    result.assert_outcomes(passed=3, failed=1, errors=3)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "FAILED *::test_fail - AssertionError: mine*",
            "ERROR *::test_error_in_setup - ValueError: mine",
            "ERROR *::test_error_in_teardown - ValueError: mine",
            "ERROR *::test_error_after_all_others - ValueError: mine",
            "*KeyboardInterrupt*",
        ]
    )
    if neighbour.ends_early:
        importlib.import_module(neighbour.needs).enable_socket()
    assert watch.before
    assert watch.left == {}
    assert changes(before) == []
    assert open_things() <= opened
