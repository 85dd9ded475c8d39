"""The package as users get it: its public names, their documentation, and the files of the wheel."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import pytest_oauthcc

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_oauthcc"


def test_all_public_names_are_there():
    """__all__ is sorted, complete, and what dir() shows."""
    names = pytest_oauthcc.__all__

    assert sorted(names, key=lambda name: (name != name.upper(), not name[0].isupper(), name)) == names
    assert set(names) == set(pytest_oauthcc._HOMES)
    assert set(names) <= set(dir(pytest_oauthcc))
    assert {
        "provider",
        "Provider",
        "Client",
        "Clock",
        "Profile",
        "IssuedToken",
        "TokenRequest",
        "ApiRequest",
        "OMIT",
    } <= (set(names))


@pytest.mark.parametrize("name", pytest_oauthcc.__all__)
def test_a_public_name_says_where_users_import_it_from(name):
    """Private paths show neither in reprs nor in tracebacks."""
    found = getattr(pytest_oauthcc, name)

    if inspect.isclass(found):
        assert found.__module__ == "pytest_oauthcc"


def test_an_unknown_name_is_an_attribute_error():
    """A typo is told as Python does it."""
    with pytest.raises(AttributeError, match="module 'pytest_oauthcc' has no attribute 'Provder'"):
        pytest_oauthcc.Provder  # noqa: B018


def test_type_checkers_see_every_public_name():
    """What is imported lazily at run time is imported plainly for type checkers."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (checking,) = [node for node in tree.body if isinstance(node, ast.If)]
    imported = {
        alias.asname or alias.name for node in checking.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }

    assert set(pytest_oauthcc.__all__) <= imported


def _documented(owner):
    """The public classes, functions and methods of a class or of all public names."""
    for name in pytest_oauthcc.__all__:
        found = getattr(owner, name)
        if inspect.isclass(found) or inspect.isfunction(found):
            yield name, found
        if inspect.isclass(found) and not issubclass(found, BaseException):
            for member, value in vars(found).items():
                if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                    yield f"{name}.{member}", value


@pytest.mark.parametrize(("name", "found"), [pytest.param(*pair, id=pair[0]) for pair in _documented(pytest_oauthcc)])
def test_everything_public_is_documented(name, found):
    """The first line of a docstring is one sentence."""
    text = inspect.getdoc(found)

    assert text, name
    first = text.splitlines()[0]
    assert first.endswith((".", ":")), first
    assert not re.search(r"[a-z]{3}\. [A-Z]", first) or len(text.splitlines()) == 1, first


def test_every_module_says_what_it_is_for():
    """Each module begins with a docstring, and imports on its own."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), path


def test_the_documents_of_the_project_stand_alone():
    """Nothing in the package speaks of where it was made."""
    for path in PACKAGE.rglob("*"):
        if path.suffix in {".py", ".toml"}:
            assert str(PACKAGE.parent) not in path.read_text(encoding="utf-8"), path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as pip builds it."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir"]
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    importlib.import_module("hatchling")  # the tests' requirements have it
    subprocess.run([*command, str(target), str(ROOT)], check=True, env=environment, timeout=120)
    (path,) = target.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_has_every_file_of_the_package(wheel):
    """Modules, profiles, the marker for type checkers: whatever git has, and nothing of tests or documents."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    ours = {
        str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }

    assert names == ours
    assert "pytest_oauthcc/py.typed" in names
    assert {f"pytest_oauthcc/profiles/{name}.toml" for name in ("hgem", "hexagon", "graphnet", "jim2")} <= names


def test_the_wheel_is_a_pytest_plugin(wheel):
    """Its entry point is the module with the hooks, and it says what it needs."""
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    (metadata,) = [name for name in wheel.namelist() if name.endswith("METADATA")]

    assert "[pytest11]\noauthcc = pytest_oauthcc.plugin" in wheel.read(entry_points).decode()
    told = wheel.read(metadata).decode()
    needed = {
        re.split(r"[\[><= ;]", line.removeprefix("Requires-Dist: "))[0]
        for line in told.splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    }
    assert needed == {"pytest", "responses", "respx", "pyjwt", "freezegun"}
    assert "Requires-Python: >=3.11" in told


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_pin_every_action_to_a_commit(path):
    """A tag can be moved to other code; a commit can't. The comment tells people which release it is."""
    used = re.findall(r"uses: *(.*)", path.read_text(encoding="utf-8"))

    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


_READING = "permissions:\n  contents: read\n"
_ASKING = "    permissions:\n      id-token: write # to publish\n"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_do_no_more_than_they_have_to(path):
    """Reading is what all jobs may do; the one that publishes may ask for its token instead, and runs no code of ours."""
    assert _wide_permissions(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "wider"),
    [
        ("permissions:\n  contents: read\n  packages: write\njobs:\n  a:\n", "the workflow"),
        ("permissions:\n  contents: read\n\n  # more\n  packages: write\njobs:\n  a:\n", "the workflow"),
        ("permissions: write-all\njobs:\n  a:\n", "the workflow"),
        ("on: push\njobs:\n  a:\n", "the workflow"),
        (f"{_READING}jobs:\n  a:\n    permissions:\n      id-token: write\n", "a"),
        (f"{_READING}jobs:\n  publish:\n    permissions: write-all\n", "publish"),
        (f"{_READING}jobs:\n  publish:\n{_ASKING}      contents: write\n", "publish"),
        (f"{_READING}jobs:\n  publish:\n{_ASKING}    steps:\n      - run: make\n", "publish"),
        (f"{_READING}jobs:\n  a-b:\n    permissions:\n      contents: write\n  publish:\n{_ASKING}", "a-b"),
    ],
)
def test_a_workflow_that_may_do_more_is_seen(text, wider):
    """What the check above looks for is found wherever it stands."""
    assert _wide_permissions(text) == [wider]


def _wide_permissions(workflow):
    """Return which parts of a workflow may do more than they have to."""
    lines = [line for line in workflow.splitlines() if not re.fullmatch(r" *(#.*)?", line)]
    head, jobs = "\n".join(lines).split("\njobs:\n")
    wider = [] if _permissions(head) == [["contents: read"]] else ["the workflow"]
    for job in re.split(r"^(?=  [\w-]+:$)", jobs, flags=re.MULTILINE)[1:]:
        name = job.split(":")[0].strip()
        asked = _permissions(job)
        if asked and not (name == "publish" and asked == [["id-token: write"]] and "run:" not in job):
            wider.append(name)
    return wider


def _permissions(part):
    """Return what each block of permissions has, up to the first line that is not deeper."""
    blocks = re.findall(r"^( *)permissions:(.*(?:\n\1 +.*)*)", part, re.MULTILINE)
    return [re.sub(r" #.*", "", block).strip().splitlines() for _, block in blocks]


def test_the_tried_pythons_are_those_of_the_classifiers():
    """What the metadata promise is what a release is tried on."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    promised = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject)
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")

    assert f"python: {promised}".replace("'", '"') in release


def test_there_is_no_private_key_in_the_repository():
    """Keys are made when they are needed, and nobody's scanner has to look twice."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    whole = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=]+\s+)*?[A-Za-z0-9+/=]{32,}")

    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        assert not path.is_file() or not whole.search(path.read_bytes()), name
        if name.startswith("pytest_oauthcc/"):
            assert not re.search(rb"BEGIN (?:[A-Z]+ )*PRIVATE KEY", path.read_bytes()), name
