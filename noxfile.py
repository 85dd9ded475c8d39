"""What does not run on every change: other Pythons, the oldest supported dependencies, random order."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
ROOT = Path(__file__).parent
PYTHONS = re.findall(
    r"Programming Language :: Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8")
)

# The lower bounds of pyproject.toml, with old companions that install with them.
OLDEST = [
    "pytest==8.2.0",
    "responses==0.23.3",
    "respx==0.20.2",
    "pyjwt[crypto]==2.12.0",
    "freezegun==1.5.0",
    "time-machine==3.3.1",
    "requests==2.31.0",
    "httpx==0.27.0",
    "pytest-asyncio==1.1.0",
    "pytest-httpx==0.33.0",
]
# What else the tests import; these install with the oldest, too.
COMPANIONS = [
    "aiohttp",
    "authlib",
    "django",
    "fastapi",
    "flask",
    "h11",
    "httpx2",
    "hypothesis",
    "joserfc",
    "pytest-httpx2",
    "pytest-recording",
    "pytest-repeat",
    "pytest-socket",
    "pytest-timeout",
    "pytest-xdist",
    "pyyaml",
    "requests-mock",
    "trio",
    "trustme",
    "uvicorn",
    "vcrpy",
]


def _install(session: nox.Session, *more: str) -> None:
    session.install(".", "-r", "examples/requirements.txt", "-r", "tests/requirements.txt", *more)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the whole suite and the examples on one Python."""
    _install(session)
    session.run("python", "-m", "pytest", "examples")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Run the suite with the oldest supported dependencies, but for what looks at other packages than this one."""
    session.install(".", *COMPANIONS, *OLDEST)
    left_out = [
        # Clients and APIs of the contract, whose flaws are those of the requests and the PyJWT that they are built on.
        "--ignore=tests/contract/published",
        "--ignore=tests/contract/test_contract_apis.py",
        "--ignore=tests/contract/test_contract_docs.py",
        "--ignore=tests/contract/test_contract_zoo.py",
        # Published SDKs, and another language's.
        "--ignore=tests/sdks",
        "--ignore=tests/npm",
        # Texts, types and figures, which are the same whatever is installed.
        "--ignore=tests/docs",
        "--ignore=tests/typing",
        *[f"--ignore={path.relative_to(ROOT)}" for path in (ROOT / "tests").glob("test_*.py")],
    ]
    # This pytest-asyncio itself leaves the loop open that it finds or makes before its first test.
    own_loop = ["-W", "ignore:unclosed event loop:ResourceWarning"]
    session.run("python", "-m", "pytest", "-n", "2", *own_loop, *left_out, *session.posargs)


@nox.session(python=PYTHONS[0])
def shuffled(session: nox.Session) -> None:
    """Run the suite, or the parts that follow after --, in random order, so that no test leans on another."""
    _install(session, "pytest-randomly")
    session.run("python", "-m", "pytest", "-n", "2", "-p", "randomly", *session.posargs)


@nox.session(python=PYTHONS[0])
def neighbours(session: nox.Session) -> None:
    """Run the tests beside other plugins, with those, too, that would change every run they are installed for."""
    _install(session, "pytest-randomly", "pytest-rerunfailures")
    session.run("python", "-m", "pytest", "-p", "no:randomly", "-p", "no:rerunfailures", "tests/neighbours")


@nox.session(python=PYTHONS[0])
def concurrency(session: nox.Session) -> None:
    """Run what many threads and tasks do twenty times in a row."""
    session.install(".", "hypothesis", "trio", "anyio", "pytest-asyncio", "aiohttp", "httpx2", "pytest-repeat")
    session.run(
        "python",
        "-m",
        "pytest",
        "--count",
        "20",
        "--repeat-scope",
        "session",
        *(session.posargs or ["tests/concurrency"]),
    )


@nox.session(python=PYTHONS)
@nox.parametrize("kind", ["wheel", "sdist"])
def distribution(session: nox.Session, kind: str) -> None:
    """Build what is published, install that alone, and run the examples in a folder where nothing else is."""
    target = Path(session.create_tmp()) / "built"
    shutil.rmtree(target, ignore_errors=True)  # what an earlier run left
    session.install("build")
    session.run("python", "-m", "build", f"--{kind}", "--outdir", str(target), str(ROOT), silent=True)
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    session.install(str(built), "-r", "examples/requirements.txt")
    shutil.copytree(ROOT / "examples", target / "examples")
    session.chdir(target)
    session.run("python", "-m", "pytest", "examples")


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """Build the site into site/; a warning fails."""
    session.install(".", "-r", "docs/requirements.txt")
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session(python=PYTHONS[0])
def links(session: nox.Session) -> None:
    """Ask for every external link of the documentation; skipped where there is no network."""
    *_, last = str(session.run("python", "docs/check_links.py", success_codes=[0, 2], silent=True)).splitlines()
    if "is there a network?" in last:
        session.skip(last)
    session.log(last)


@nox.session(python=PYTHONS[0])
def tutorial(session: nox.Session) -> None:
    """Follow the tutorial where nothing is installed but the package and what it needs."""
    session.install(".")
    # The settings of the suite, and its conftest.py, are for plugins that are not there.
    alone = ["--noconftest", "-c", "examples/pytest.ini", "--rootdir", "."]
    session.run("python", "-m", "pytest", "tests/docs/test_docs_tutorial.py", *alone)


@nox.session(python=PYTHONS[0])
def fuzz(session: nox.Session) -> None:
    """Fuzz every reader, and run the state machine for long; seconds or targets may follow after --."""
    session.install(".", "pytest", "pytest-asyncio", "hypothesis", "requests", "httpx", "h11", "atheris")
    examples = {"OAUTHCC_STATE_MACHINE_EXAMPLES": "2000"}
    session.run("python", "-m", "pytest", "tests/hostile/test_hostile_state_machine.py", env=examples)
    session.run("python", "-m", "fuzz", *(session.posargs or ["--seconds", "600"]))


@nox.session(python=PYTHONS[0], default=False)
def mutation(session: nox.Session) -> None:
    """Break a part of the package at random places, and tell what no test noticed: -- core 300, or rules, or clock."""
    _install(session, "mutmut>=3.8,<4")
    arguments = session.posargs or ["core", "300"]
    session.run("python", "tests/mutation.py", *arguments, "--where", session.create_tmp())
