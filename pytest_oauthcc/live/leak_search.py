"""Looking for secrets in what a live run has written: a find is taken out, named, and fails the run."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_oauthcc.live.canary import leaks_in, scan_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_oauthcc.live.redaction import Redactor

__all__ = ["LeakSearch"]

# Of pytest itself and of plugins that write reports.
_FILE_OPTIONS: Final = (
    *("xmlpath", "htmlpath", "report_log", "log_file", "json_report_file", "md_report"),
    *("oauthcc_report", "oauthcc_drift", "oauthcc_learn"),
)


class LeakSearch:
    """
    Searches the terminal's text and the files of a run.

    Args:
        config: Of the run.
        redactor: Knows the secrets, and takes out what it finds of them.

    Attributes:
        leaks: What was found, for people; without the secrets.
    """

    def __init__(self, config: pytest.Config, redactor: Redactor) -> None:
        self._config = config
        self._redactor = redactor
        self._unsearched: list[str] = []
        self.leaks: list[str] = []

    def clean(self, text: str) -> str:
        """Return a text as it may go to the terminal: without secrets, or, where one slips, not at all."""
        clean = self._redactor.redact(text)
        names = leaks_in(clean, self._redactor.secrets)
        if not names:
            return clean
        # The redactor ought to have found what these other means still find, so nothing of the text can be relied on.
        self.leaks += [f"{name} on the terminal, where it was left out" for name in names]
        return "\n" if text.endswith("\n") else ""

    def scan(self) -> None:
        """Look through the files of the run, and take out of them what is found."""
        for path, names in scan_files(self._files(), self._redactor.secrets):
            if not names:
                self._unsearched.append(path.name)
                continue
            clean = self._redactor.redact(path.read_bytes().decode("utf-8", "surrogateescape"))
            is_clean = not leaks_in(clean, self._redactor.secrets)
            path.write_bytes(clean.encode("utf-8", "surrogateescape") if is_clean else b"")
            done = "where it is masked now" if is_clean else "which is empty now, since it could not be masked"
            self.leaks += [f"{name} in {path.name}, {done}" for name in names]

    def _files(self) -> Iterator[Path]:
        option, directory = self._config.option, self._config.invocation_params.dir
        names = [getattr(option, name, None) for name in _FILE_OPTIONS]
        with contextlib.suppress(ValueError):  # pytest runs without its logging
            names.append(self._config.getini("log_file"))
        for name in names:
            if name:
                yield directory / os.path.expandvars(Path(name).expanduser())
        cache = getattr(self._config, "cache", None)
        if cache is not None:
            yield Path(cache._cachedir)  # noqa: SLF001 - it has no public name

    def tell(self, session: pytest.Session) -> None:
        """Say what was found, and fail the run for it."""
        if self.leaks and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            for name in self._unsearched:
                reporter.write_line(f"oauthcc: {name} is too large to be searched for secrets")
            for leak in sorted(set(self.leaks)):
                reporter.write_line(f"oauthcc: ERROR a secret slipped through: {leak}", red=True, bold=True)
