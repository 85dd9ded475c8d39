"""The page on findings says what is so: each is seen, by the command that it gives, in the function that it names."""

import contextlib
import importlib.metadata
import io
import pkgutil
import re
import runpy
import shlex
from pathlib import Path

import pytest
from published_findings import name_of

ROOT = Path(__file__).parents[3]
MAKER = runpy.run_path(str(ROOT / "docs" / "make_contract_findings.py"))
CONTRACTS = list(MAKER["contracts"]())
FINDINGS = list(dict.fromkeys((cls.distribution, finding) for _, cls in CONTRACTS for finding in cls.findings))
PAGE = (ROOT / "docs" / "contract-findings.md").read_text(encoding="utf-8")


class Keeper:
    """A plugin that remembers how each test of a run ended."""

    def __init__(self):
        self.names = {}
        self.outcomes = {}

    def pytest_collection_modifyitems(self, items):
        """Note what each test is about."""
        self.names = {item.nodeid: (item.cls, name_of(item)) for item in items}

    def pytest_runtest_logreport(self, report):
        """Note how each test ended."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid] = report.outcome


@pytest.fixture(scope="module")
def seen():
    """Run the contract over all published clients, as the commands of the page do, and give what it says of each."""
    keeper = Keeper()
    without = [f"-pno:{name}" for name in ("cacheprovider", "faulthandler", "xdist")]
    places = dict.fromkeys(str(ROOT / place) for place, _ in CONTRACTS)
    rewriting = "-Wignore:Module already imported:pytest.PytestAssertRewriteWarning"
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(
            ["--runxfail", "-q", "--tb=no", *without, rewriting, f"--rootdir={ROOT}", *places], plugins=[keeper]
        )
    return keeper


def test_what_fails_is_what_the_findings_name(seen):
    """Without expected failures the findings fail, each in just the cases that it names, and nothing else does."""
    failed = {seen.names[node] for node, outcome in seen.outcomes.items() if outcome == "failed"}
    named = {(cls.__qualname__, name) for _, cls in CONTRACTS for finding in cls.findings for name in finding.checks}

    assert {(cls.__qualname__, name) for cls, name in failed} == named


def test_every_command_of_the_page_shows_its_finding(seen):
    """The test that a command names is there, and fails."""
    commands = [shlex.split(command) for command in re.findall(r"`(pytest [^`]+)`", PAGE)]

    assert len(commands) == len(FINDINGS)
    assert {tuple(words[:2]) for words in commands} == {("pytest", "--runxfail")}
    assert {seen.outcomes.get(node) for _, _, node in commands} == {"failed"}


@pytest.mark.parametrize(("distribution", "finding"), FINDINGS)
def test_a_finding_is_on_the_page_with_its_place_in_the_source(distribution, finding):
    """The function that a finding names exists in the client, whose version is on the page."""
    start = f"| {distribution} {importlib.metadata.version(distribution)} "
    rows = [row for row in PAGE.splitlines() if row.startswith(start) and finding.what in row]

    assert callable(pkgutil.resolve_name(finding.where))
    assert [row for row in rows if f"`{finding.where}`" in row]


def test_the_clients_are_those_of_the_requirements():
    """What is installed is what the page speaks of; a newer client has to be looked at first."""
    wanted = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8").split("\n")
    installed = {f"{name.lower()}=={importlib.metadata.version(name)}" for name, _ in FINDINGS}

    assert installed == {line for line in wanted if "==" in line}


def test_no_test_has_two_reasons_to_fail():
    """Each test belongs to one finding."""
    for _, cls in CONTRACTS:
        names = [name for finding in cls.findings for name in finding.checks]
        assert len(names) == len(set(names)), cls.__qualname__
