"""The pages of the documentation say what the profiles say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_oauthcc.profiles import load_profile, profile_names
from pytest_oauthcc.profiles.pages import main, pages, profile_page

DOCS = Path(__file__).parents[2] / "docs"


def test_pages_are_current():
    """``python -m pytest_oauthcc.profiles.pages`` has been run after the last change of a profile or of the schema."""
    written = {name: (DOCS / name).read_text(encoding="utf-8") if (DOCS / name).is_file() else None for name in pages()}
    assert [name for name, text in pages().items() if written[name] != text] == []
    assert {f"profiles/{path.name}" for path in (DOCS / "profiles").iterdir()} <= set(pages())


@pytest.mark.parametrize("name", profile_names())
def test_page_tells_what_is_not_known_and_what_is_not_sure(name):
    """Nothing that the documents leave open, and no mark of a fact, is kept from the reader."""
    profile, page = load_profile(name), pages()[f"profiles/{name}.md"]
    for key, told in profile.unknown.items():
        assert f"`{key}`: {told}" in page
    for fact in profile.facts:
        assert f"| {fact.text} | {fact.mark} |" in page


def test_index_lists_every_profile():
    """Each profile has a line with a link to its page."""
    index = pages()["profiles/index.md"]
    for name in profile_names():
        assert f"| [`{name}`]({name}.md) | " in index


def test_page_shows_what_the_built_in_profiles_do_not_have(tmp_path):
    """Response headers, parameters, an audience, several options, an empty set of facts."""
    path = tmp_path / "acme.toml"
    path.write_text(
        'params = { tenant = "red|blue" }\naudience = "orders"\ndefault_scopes = "a b"\ntwo_auth_methods = "body"\n'
        'api_url = "none"\nbasic_encoding = "raw"\n[scope]\nseparator = ";"\n'
    )
    page = profile_page(load_profile(str(path)))
    assert "# acme\n" in page
    assert "| parameters | `tenant`: `red\\|blue` |" in page
    assert "| audience | `orders` |" in page
    assert "| without scope | `a b` |" in page
    assert "| between scopes | `;` |" in page
    assert "| two sets of credentials | the body counts |" in page
    assert "https://" not in page


def test_writing_and_checking(tmp_path, capsys):
    """A check tells what is missing, stale or left over; writing puts it right and touches nothing else."""
    assert main(["--check", str(tmp_path)]) == 1
    assert f"not current: {tmp_path / 'profiles' / 'okta.md'}" in capsys.readouterr().out
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / "profiles" / "gone.md").write_text("left over")
    (tmp_path / "profiles" / "okta.md").write_text("stale")
    assert main(["--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"not current: {tmp_path / 'profiles' / 'okta.md'}",
        f"not current: {tmp_path / 'profiles' / 'gone.md'}",
    ]
    before = (tmp_path / "profiles" / "auth0.md").stat().st_mtime_ns
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    assert not (tmp_path / "profiles" / "gone.md").exists()
    assert (tmp_path / "profiles" / "auth0.md").stat().st_mtime_ns == before


def test_command_line():
    """The module can be run, and finds the pages of the repository current."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest_oauthcc.profiles.pages", "--check", str(DOCS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
