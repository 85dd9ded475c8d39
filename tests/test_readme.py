"""The README's code is run, and its two commands are what CI runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_every_python_block_runs(pytester: pytest.Pytester):
    """All python blocks together are one module of passing tests."""
    source = "\n\n".join(blocks("python"))
    pytester.makepyfile(test_readme_blocks=source)
    expected = len(re.findall(r"^(?:async )?def test_", source, re.MULTILINE))

    result = pytester.runpytest_subprocess(
        "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:randomly"
    )

    result.assert_outcomes(passed=expected)
    assert expected >= 6


def test_the_contract_finds_what_the_readme_says(pytester: pytest.Pytester):
    """The failing run that the README shows is a real one, but for times and names that are made up afresh."""
    contract = re.search(r"^```python contract\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[1]
    pytester.makepyfile(test_orders=f"{blocks('python')[0]}\n\n{contract}")

    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:randomly")

    broken, total = re.search(r"(\d+) of (\d+) behaviours are broken", README).groups()
    result.stdout.fnmatch_lines([f"*TestOrdersClient: {total} behaviours: * held, {broken} broken, *"])
    shown = without_made_up(blocks("text")[0]).splitlines()
    printed = without_made_up(result.stdout.str()).splitlines()
    start = printed.index(shown[0])
    assert printed[start : start + len(shown)] == shown


def without_made_up(text: str) -> str:
    return re.sub(r"client-[0-9a-f]{8}|\*\*\*[0-9a-f]{4}|^ *\+\d+(\.\d+)?s", "~", text, flags=re.MULTILINE)


def test_ci_runs_the_two_commands():
    """CI takes its commands from the README, where exactly two stand between its marks."""
    marked = README.partition("<!-- ci:begin -->")[2].partition("<!-- ci:end -->")[0]
    commands = [line for block in re.findall(r"```console\n(.*?)```", marked, re.DOTALL) for line in block.splitlines()]

    assert len(commands) == 2
    assert "pytest examples" in commands[0]
    assert "coverage run -m pytest" in commands[1]
    assert "ci:begin" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_links_resolve():
    """Every relative link of the README leads to a file."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
