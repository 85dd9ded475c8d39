"""What the pages of docs/ show is true: their Python runs, their commands print what stands there, their links lead on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import defaultdict
from pathlib import Path

import pytest
import shown

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BACKSTAGE = Path(__file__).parent / "backstage"
TUTORIAL = "tutorial.md"  # a test of its own follows it step by step
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}
BLOCKS = {name: shown.blocks(text) for name, text in PAGES.items() if name != TUTORIAL}
INI_FILES = {"pyproject.toml", "pytest.ini"}

WITH_TESTS = [name for name, page in BLOCKS.items() if shown.module(page)]
WITH_COMMANDS = [name for name, page in BLOCKS.items() if any(any(block.commands()) for block in page)]


def slug(name: str) -> str:
    return re.sub(r"\W", "_", name.removesuffix(".md"))


def backstage(name: str) -> str:
    """Return what a page takes for granted: what its reader has already, or the generator of the page leaves out."""
    kind = "marker" if name.startswith("profiles/") or name == "profile-schema.md" else name.removesuffix(".md")
    file = BACKSTAGE / f"{kind}.py"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def build(name: str, folder: Path) -> Path:
    """Write what a page shows into a folder, with the clients that other pages have told how to write."""
    folder.mkdir()
    tutorial = shown.blocks(PAGES[TUTORIAL])
    orders = [block for block in tutorial if block.title == "orders.py"][-1]
    (folder / "orders.py").write_text(orders.text, encoding="utf-8")
    (folder / "async_orders.py").write_text(BLOCKS["how-to/async.md"][0].text, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "test_api_fastapi.py", folder / "fastapi_orders.py")
    if name == "profile-schema.md":
        [profile] = [block.text for block in BLOCKS[name] if block.language == "toml"]
        (folder / "acme.toml").write_text(profile, encoding="utf-8")
    shown.write_files(BLOCKS[name], folder)
    tests = shown.module(BLOCKS[name])
    if tests:
        (folder / f"test_{slug(name)}.py").write_text(f"{backstage(name)}\n\n{tests}", encoding="utf-8")
    return folder


def outcomes(folder: Path, *names: str) -> dict[str, list[str]]:
    """Run the tests of pages that stand in a folder, and return by file what each test failed with, or nothing."""
    files = [next(folder.rglob(f"test_{slug(name)}.py")) for name in names]
    report = folder / "junit.xml"
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly", "--tb=short", f"--junitxml={report}"]
    options += ["-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *map(str, files)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    told = defaultdict(list)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        place = re.search(r"test_\w+", case.get("classname"))[0]
        wrong = [child for child in case if child.tag in {"failure", "error"} or is_gap(child, place)]
        told[place].append("\n".join(f"{child.get('message')}\n{child.text}" for child in wrong))
    return told


def is_gap(child: ET.Element, place: str) -> bool:
    """Whether a test was skipped; only contracts may skip what they can't decide."""
    return child.get("type") == "pytest.skip" and not place.endswith("contract")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """All pages without ini files of their own in one run, for pytest's start is what takes the time."""
    folder = tmp_path_factory.mktemp("pages")
    together = [name for name in WITH_TESTS if not has_ini(name)]
    for name in together:
        build(name, folder / slug(name))
    return outcomes(folder, *together)


def has_ini(name: str) -> bool:
    return any(block.title in INI_FILES for block in BLOCKS[name])


@pytest.mark.parametrize("name", WITH_TESTS)
def test_the_python_of_a_page_passes(name, told, tmp_path):
    """The untitled Python blocks of a page are together one module of tests, and all of them pass."""
    results = (outcomes(build(name, tmp_path / slug(name)), name) if has_ini(name) else told)[f"test_{slug(name)}"]
    tests = len(re.findall(r"^ *(?:async )?def test_|\(\w*Contract\):$", shown.module(BLOCKS[name]), re.MULTILINE))

    assert len(results) >= tests > 0, f"{len(results)} results of {tests} tests"
    assert not any(results), "\n\n".join(filter(None, results))


@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_the_commands_of_a_page_print_what_it_shows(name, tmp_path):
    """Commands run in the folder of the page's files, and print the lines that stand below them."""
    folder = build(name, tmp_path / slug(name))
    for command, lines in (pair for block in BLOCKS[name] for pair in block.commands()):
        if command.startswith("oauthcc serve"):
            printed = shown.run(command.replace("--port 8080", "--port 0"), folder, lines=len(lines))
        elif not command.startswith(shown.INSTALLS):
            printed = shown.run(command, folder)
        else:
            continue
        assert shown.difference(lines, printed) == "", command


READ = {"toml": tomllib.loads, "json": json.loads}


@pytest.mark.parametrize(
    ("name", "text", "language"),
    [(name, b.text, b.language) for name, page in BLOCKS.items() for b in page if b.language in READ],
)
def test_data_can_be_read(name, text, language):
    """TOML and JSON on a page are TOML and JSON."""
    assert READ[language](text)


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", shown.FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_on(name):
    """Every relative link and picture of a page leads to a file, and to a heading in it where it names one."""
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", shown.FENCE.sub("", PAGES[name])):
        file = ((DOCS / name).parent / target).resolve() if target else DOCS / name
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{target}#{anchor}"


def test_the_site_has_every_page():
    """The navigation of mkdocs.yml names each page but those of single profiles, and no other."""
    named = re.findall(
        r"(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2], re.MULTILINE
    )
    listed = {name for name in named if "*" not in name and not name.startswith("!")}
    single = {name for name in PAGES if name.startswith("profiles/") and name != "profiles/index.md"}

    assert listed == set(PAGES) - single


def test_the_command_line_is_complete():
    """The page of the command line has each of our options of pytest, and no other."""
    page = PAGES["reference/command-line.md"]
    printed = shown.run("pytest --help", ROOT)

    assert set(re.findall(r"`(--oauthcc-[a-z-]+)", page)) == set(
        re.findall(r"^\s+(--oauthcc-[a-z-]+)", printed, re.MULTILINE)
    )
