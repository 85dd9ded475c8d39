"""Writes the page of ``--oauthcc-report``; it travels with the test reports, so that it is whole under pytest-xdist."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.explain.html import record_of_test, render, report_data
from pytest_oauthcc.rules.behaviour import check_behaviour
from pytest_oauthcc.running import RUNNING
from pytest_oauthcc.session import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["ReportPage"]

_RECORD = "oauthcc_record"


class ReportPage:
    """
    A plugin of its own, registered where the page was asked for.

    Args:
        path: Where the page goes; None in a worker of pytest-xdist, which only makes records.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._records: dict[str, dict[str, Any]] = {}
        self._problem = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add what the test exchanged to its report, while its providers are there."""
        report = yield
        ends = call.when == "call" or (call.when == "setup" and not report.passed)
        if ends and ACTIVE and not item.stash.get(RUNNING, False):
            setattr(report, _RECORD, _record(item, report))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the records, of all workers."""
        record = getattr(report, _RECORD, None)
        if record is not None:
            self._records[report.nodeid] = record
        elif report.when == "teardown" and report.failed and report.nodeid in self._records:
            self._records[report.nodeid] |= {"outcome": "error", "message": report.longreprtext}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the page; a run that could not write it fails."""
        if self._path is None:
            return
        live: Any = session.config.pluginmanager.get_plugin("oauthcc-live")
        data = report_data(
            list(self._records.values()),
            live=None if live is None else live.as_report(),
            generated=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            pytest=pytest.__version__,
            Python=platform.python_version(),
        )
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(render(data), encoding="utf-8")
        except OSError as error:
            self._problem = f"--oauthcc-report: {self._path} can't be written: {error.strerror}"
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the page is, or why there is none."""
        if self._problem:
            terminalreporter.write_line(f"oauthcc: ERROR {self._problem}", red=True, bold=True)
        elif self._path is not None:
            terminalreporter.write_sep("-", f"oauthcc report: {self._path.resolve().as_uri()}")


def _record(item: pytest.Item, report: pytest.TestReport) -> dict[str, Any]:
    providers = [provider for provider in ACTIVE if len(provider.journal_of_test.all)]
    allowed: dict[str, str] = {}
    for provider in providers:
        allowed.update({finding.rule.id: reason for finding, reason in provider.judge().allowed})
    return record_of_test(
        item.nodeid,
        _outcome(report),
        report.duration,
        [(provider.name, provider.journal_of_test) for provider in providers],
        message=report.longreprtext if report.failed else "",
        allowed=allowed,
        findings=[
            finding
            for provider in providers
            for finding in check_behaviour(provider.journal_of_test.all, provider.scene)
        ],
        secrets=[secret for provider in ACTIVE for secret in provider.secrets],
    )


def _outcome(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    return "error" if report.failed and report.when != "call" else report.outcome
