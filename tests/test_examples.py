"""The gallery in ``examples/``: it runs as a newcomer runs it, and its index says what is there."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = sorted(EXAMPLES.glob("test_*.py"))
SITUATIONS = "## Situations"
KINDS = (
    r"test_gets_a_token_and_calls_the_api",
    r"test_reuses_its_token",
    r"test_renews_its_token_after_expiry\w*",
    r"test_sends_what_the_provider_wants",
    r"test_works_with_the_\w+_profile",
)
ENTRY = re.compile(r"^- \[(?P<name>\S+)\]\((?P<target>\S+)\): (?P<about>.+)$", re.MULTILINE)


def index(part: str) -> dict[str, str]:
    """Read entries of the index: file name and what it says about it."""
    entries = list(ENTRY.finditer(part))
    assert all(entry["name"] == entry["target"] for entry in entries)
    found = {entry["name"]: entry["about"] for entry in entries}
    assert len(found) == len(entries)
    return found


README = (EXAMPLES / "README.md").read_text(encoding="utf-8")
LIBRARIES = index(README.partition(SITUATIONS)[0])


def parse(name: str) -> ast.Module:
    """Parse one file of the gallery."""
    return ast.parse((EXAMPLES / name).read_text(encoding="utf-8"))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments from the project's directory."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_gallery_passes_without_a_warning_from_us():
    """The whole gallery passes in a process of its own; only what a contract calls not applicable is skipped."""
    done = run("-m", "pytest", "examples", "-q", "-rs", "-p", "no:cacheprovider", "-p", "no:randomly", "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = done.stdout.strip().splitlines()[-1]
    assert re.search(r"\d+ passed", summary), done.stdout
    assert not re.search("xfailed|xpassed|deselected", summary), done.stdout
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert all(": not applicable: " in line for line in skipped), skipped


def test_the_unittest_example_runs_under_unittest_too():
    """What its first line promises is true: ``python -m unittest`` runs the tests of the unittest example."""
    done = run("-m", "unittest", "examples/test_unittest_testcase.py")
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr


def test_the_index_names_every_file_and_no_other():
    """The index lists each file of the gallery, each with the first line of its docstring."""
    assert index(README) == {path.name: ast.get_docstring(parse(path.name)) for path in FILES}


@pytest.mark.parametrize("name", sorted(LIBRARIES))
def test_a_library_has_all_five_kinds_of_test(name):
    """A newcomer finds the same five tests for each library, in the same order, before anything special."""
    tests = [node.name for node in parse(name).body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    places = [next((at for at, test in enumerate(tests) if re.fullmatch(kind, test)), None) for kind in KINDS]
    assert None not in places, f"no test {KINDS[places.index(None)]!r} in {tests}"
    assert places == sorted(places)
    warned = [at for at, test in enumerate(tests) if test.startswith("test_beware_")]
    assert all(at > places[-1] for at in warned)


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_only_what_is_required_is_imported(name):
    """A file imports nothing private, and only what the standard library and the requirements provide."""
    lines = (EXAMPLES / "requirements.txt").read_text(encoding="utf-8").split()
    required = {re.split(r"[<>=~!]", line)[0].replace("-", "_").lower() for line in lines}
    providers = importlib.metadata.packages_distributions()
    for node in ast.walk(parse(name)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module]
        for module in modules:
            assert not re.search(r"(^|\.)_", module), module
            top = module.partition(".")[0]
            if top in sys.stdlib_module_names or top in {"pytest", "pytest_oauthcc"}:
                continue
            assert required & {found.replace("-", "_").lower() for found in providers[top]}, f"{top} is not required"
