"""What pytest does otherwise in a live run; registered only then."""

from __future__ import annotations

import functools
import json
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.explain.showing import count_of
from pytest_oauthcc.live.canary import forget_spellings
from pytest_oauthcc.live.leak_search import LeakSearch
from pytest_oauthcc.live.learned_profile import profile_text
from pytest_oauthcc.live.reports import RedactingFile, redact_handler, redact_object, redact_report, redact_warning
from pytest_oauthcc.live.run import LiveRun
from pytest_oauthcc.live.sightings import secrets_of_proxies
from pytest_oauthcc.live.targets import read_target

if TYPE_CHECKING:
    from collections.abc import Generator
    from warnings import WarningMessage

__all__ = ["LivePlugin"]

_SHARED, _KEY = "oauthcc_live_directory", "oauthcc_live_key"
_TOLD = "oauthcc_live"
_KEY_LENGTH = 32  # bytes
_HANDLERS = ("report_handler", "log_cli_handler", "log_file_handler")


class LivePlugin:
    """
    One live run as pytest sees it.

    Args:
        config: Of the run.

    Raises:
        OptionError: There is no such target, or something is wrong with it.
    """

    def __init__(self, config: pytest.Config) -> None:
        target = read_target(config.option.oauthcc_target, root=config.rootpath, environ=os.environ)
        self._config = config
        shared = getattr(config, "workerinput", {}).get(_SHARED)
        self._is_worker = hasattr(config, "workerinput")
        if getattr(config.option, "pastebin", None):
            raise OptionError("--pastebin publishes what a run prints, so it is not for live runs; drop one of the two")
        self._owned = None if shared else tempfile.mkdtemp(prefix="oauthcc-live-")
        # Only workers have use for it: they share tokens that are encrypted with it.
        self._key = getattr(config, "workerinput", {}).get(_KEY, "")
        self.run = LiveRun(target, Path(shared or str(self._owned)), bytes.fromhex(self._key))
        secrets_of_proxies(os.environ, self.run.redactor)
        self.redact = self.run.redactor.redact
        self._search = LeakSearch(config, self.run.redactor)
        self._notes: list[str] = []
        self._failures: list[str] = []

    # --- the beginning

    def pytest_report_header(self) -> str:
        """Say that this is not a fake."""
        target = self.run.target
        api = "real" if target.has_api else "fake"
        return f"oauthcc: LIVE, target {target.name}: {', '.join(target.hosts)} (API: {api})"

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Stand between pytest and everything that it writes."""
        config = self._config
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            writer = reporter._tw  # noqa: SLF001 - there is no other way to its file
            writer._file = RedactingFile(writer._file, self._search.clean)  # noqa: SLF001
        logging_plugin: Any = config.pluginmanager.get_plugin("logging-plugin")
        for name in _HANDLERS:
            handler = getattr(logging_plugin, name, None)
            if handler is not None:
                redact_handler(handler, self.redact)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of pytest-xdist the directory that all share, and the key to what is in it."""
        self._key = self._key or secrets.token_hex(_KEY_LENGTH)
        node.workerinput |= {_SHARED: str(self.run.quota.directory), _KEY: self._key}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Refuse tests that have a secret in their name, which is written in too many places."""
        for item in items:
            clean = self.redact(item.nodeid)
            if clean == item.nodeid:
                continue
            text = (
                f"--oauthcc-live: the test {clean} has a secret among its parameters; "
                "give the parameter an id of its own: pytest.param(value, id='name')"
            )
            if not self._is_worker:
                raise pytest.UsageError(text)
            # From a worker no usage error gets through; the test goes on under a name that may be sent, and fails.
            renamed: Any = item
            renamed._nodeid, item.name = clean, self.redact(item.name)  # noqa: SLF001 - a node id has no other setter
            item.runtest = functools.partial(pytest.fail, text, pytrace=False)  # type: ignore[method-assign]

    # --- tests

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Skip a test for the reason that came up in it, also where its client swallowed that."""
        self.run.skip_reason = ""
        try:
            result = yield
        except pytest.skip.Exception:
            raise
        except BaseException:
            self._skip_if_told()
            raise
        self._skip_if_told()
        return result

    def _skip_if_told(self) -> None:
        reason, self.run.skip_reason = self.run.skip_reason, ""
        if reason:
            from pytest_oauthcc.session import take_problems

            take_problems()
            raise pytest.skip.Exception(reason) from None

    # --- secrets

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Take secrets out of a report where it is made: the controller does not know the tokens of its workers."""
        report = yield
        redact_report(report, self.redact)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Take secrets out of what went wrong while modules were imported."""
        report = yield
        if report.longrepr is not None:
            report.longrepr = redact_object(report.longrepr, self.redact)
        report.sections = [(self.redact(title), self.redact(text)) for title, text in report.sections]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take secrets out of reports that others made, such as those of subtests."""
        redact_report(report, self.redact)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_to_serializable(self) -> Generator[None, Any, Any]:
        """Take secrets out of what goes to the controller."""
        return redact_object((yield), self.redact)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: WarningMessage) -> None:
        """Take secrets out of warnings, and out of errors in threads and finalizers."""
        redact_warning(warning_message, self.redact)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        """Take secrets out of internal errors."""
        redact_object(excrepr, self.redact)

    # --- the end

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge the run as a whole, then look for secrets in everything that was written."""
        config = self._config
        if self._is_worker:
            self._search.scan()  # the controller does not know the tokens of its workers
            data = {**self.run.as_data(), "leaks": self._search.leaks}
            config.workeroutput[_TOLD] = redact_object(data, self.redact)  # type: ignore[attr-defined]
            return (yield)
        if not config.option.collectonly:
            self._judge()
            if self._failures and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        try:
            return (yield)
        finally:  # also where another plugin breaks off, which has written its files by then
            self._search.scan()
            self._search.tell(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker has seen."""
        data = getattr(node, "workeroutput", {}).get(_TOLD)
        if data is not None:
            self._search.leaks += data["leaks"]
            self.run.merge(data)

    def _judge(self) -> None:
        option, run = self._config.option, self.run
        if run.exchanges == 0:
            self._failures.append(
                f"no request reached the provider, so this live run proves nothing (target {run.target.name}). "
                "Were all tests skipped, or does none of them use the fixture oauthcc?"
            )
        if option.oauthcc_live_strict and not run.drift.compared:
            self._failures.append("--oauthcc-live-strict: no answer could be compared, so nothing is known of the fake")
        elif option.oauthcc_live_strict and len(run.drift):
            self._failures.append(
                f"--oauthcc-live-strict: the fake differs from the provider in {count_of(len(run.drift), 'point')}"
            )
        directory = self._config.invocation_params.dir
        if option.oauthcc_drift:
            data = {"target": run.target.name, "profile": run.profile_name, **run.drift.as_data()}
            if self._write("--oauthcc-drift", directory / option.oauthcc_drift, json.dumps(data, indent=2) + "\n"):
                self._notes.append(f"drift written to {option.oauthcc_drift}")
        if option.oauthcc_learn:
            self._write_profile(directory / option.oauthcc_learn)

    def _write(self, option: str, path: Path, text: str) -> bool:
        """Write a file without secrets, and return whether that was possible; the run fails where it was not."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.redact(text), encoding="utf-8")
        except OSError as error:
            self._failures.append(f"{option}: {path} can't be written: {error.strerror}")
            return False
        return True

    def _write_profile(self, path: Path) -> None:
        from pytest_oauthcc.profiles import load_profile

        if not self.run.lessons.answer:
            self._failures.append("--oauthcc-learn: the provider issued no token, so there is nothing to write")
            return
        if not self._write("--oauthcc-learn", path, profile_text(self.run.lessons, path.stem)):
            return
        try:
            load_profile(str(path))
        except OptionError as error:
            self._failures.append(f"--oauthcc-learn: {error}")
        else:
            self._notes.append(f"profile written to {path.name}")

    def as_report(self) -> dict[str, Any]:
        """Return what the HTML report tells of the run as a whole, without secrets."""
        run = self.run
        data = {
            "target": run.target.name,
            "hosts": list(run.target.hosts),
            "profile": run.profile_name,
            "exchanges": run.exchanges,
            **run.drift.as_data(),
        }
        return cast("dict[str, Any]", redact_object(data, self.redact))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what the run as a whole has shown."""
        run, write = self.run, terminalreporter.write_line
        if len(run.drift):
            terminalreporter.write_sep("=", "oauthcc: the fake differs from the provider")
            for line in run.drift.lines():
                write(line)
        compared = f"{run.drift.compared} compared with the profile {run.profile_name}, " if run.profile_name else ""
        write(
            f"oauthcc: {count_of(run.exchanges, 'live exchange')}, {compared}{count_of(len(run.drift), 'difference')}"
        )
        if run.drift.passed_over:
            write(
                f"oauthcc: {count_of(run.drift.passed_over, 'answer')} of 429 or 5xx not compared: "
                "a provider's limit or outage is no drift"
            )
        for note in self._notes:
            write(f"oauthcc: {note}")
        for failure in self._failures:
            write(f"oauthcc: ERROR {failure}", red=True, bold=True)

    def pytest_unconfigure(self) -> None:
        """Forget the secrets, and take the quota's directory away."""
        forget_spellings()
        self.run.redactor.forget_all()
        if self._owned is not None:
            shutil.rmtree(self._owned, ignore_errors=True)
