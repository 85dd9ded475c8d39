"""The page on live mode: its code is taken at its word."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from pytest_oauthcc.live.targets import ENVIRONMENT

PAGE = (Path(__file__).parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def blocks(language):
    """Return the code of a language on the page."""
    found = [text for name, text in BLOCKS if name == language]
    assert found
    return found


def table():
    """Return the target of the page, without the lines that are another way of doing the same."""
    (text,) = blocks("toml")
    lines = [line for line in text.splitlines(keepends=True) if "# instead" not in line]
    assert len(lines) < len(text.splitlines())
    return "".join(lines)


def variables():
    """Return the names of the variables that the target of the page reads."""
    target = tomllib.loads(table())["tool"]["oauthcc"]["live"]["staging"]
    named = [value for key, value in target.items() if key.endswith("_env")]
    return {name for value in named for name in (value.values() if isinstance(value, dict) else [value])}


def pipelines():
    """Return what the two CI systems run: the command, and the environment where it is told there."""
    yaml = pytest.importorskip("yaml")
    github, gitlab = map(yaml.safe_load, blocks("yaml"))
    steps = github["jobs"]["live"]["steps"]
    run = next(step for step in steps if "pytest" in step.get("run", ""))
    command = next(line for line in gitlab["live"]["script"] if line.startswith("pytest"))
    return [(run["run"], set(run["env"])), (command, None)]


def test_it_is_one_page():
    """A page is what somebody reads before the first run."""
    assert len(PAGE.splitlines()) < 150


def test_the_variables_without_a_target():
    """The shell exports those that have to be there; the text names the others."""
    (shell,) = blocks("sh")
    exported = set(re.findall(r"(OAUTHCC_\w+)=", shell))
    assert exported == {"OAUTHCC_TOKEN_URL", "OAUTHCC_CLIENT_ID", "OAUTHCC_CLIENT_SECRET"}
    assert all(f"`{name}`" in PAGE for name in set(ENVIRONMENT.values()) - exported)


def test_the_pipelines_give_what_the_target_reads():
    """The job on GitHub sets exactly the variables that the table names, from secrets of the same names."""
    (_, given), _ = pipelines()
    assert given == variables()
    assert all(f"{name}: ${{{{ secrets.{name} }}}}" in PAGE for name in given)


@pytest.mark.parametrize("number", [0, 1], ids=["GitHub", "GitLab"])
def test_the_pipelines_run(live, pytester, number):
    """The command of each pipeline runs with the table of the page, as far as there is a provider."""
    (pytester.path / "pyproject.toml").write_text(table())
    pytester.makepyfile(test_it="def test_it(oauthcc):\n    assert 'staging' in oauthcc.token_url\n")
    program, *arguments = shlex.split(pipelines()[number][0])
    assert program == "pytest"
    environment = {name: f"made-up-{name.lower()}" for name in variables()}
    result = live(*arguments, environment=environment, live=False)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "oauthcc: LIVE, target staging: login.staging.acme.example, api.staging.acme.example (API: real)",
            "*ERROR no request reached the provider*",
        ]
    )
    assert {"drift.json", "report.html"} <= {path.name for path in pytester.path.iterdir()}
