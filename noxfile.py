"""What does not run on every change: other Pythons, the oldest supported dependencies, random order."""

from __future__ import annotations

import re
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
ROOT = Path(__file__).parent
PYTHONS = re.findall(
    r"Programming Language :: Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text(encoding="utf-8")
)

# The lower bounds of pyproject.toml, with the oldest companions that install with them.
OLDEST = [
    "pytest==8.4.0",
    "responses==0.25.3",
    "respx==0.22.0",
    "pyjwt[crypto]==2.9.0",
    "freezegun==1.5.1",
    "requests==2.32.3",
    "httpx==0.27.2",
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
    """Run what the core of the plugin needs with the oldest supported dependencies."""
    session.install(".", "hypothesis", "trio", "pytest-asyncio", "time-machine", "requests-mock", *OLDEST)
    session.run("python", "-m", "pytest", "tests/core", "tests/transports", "tests/clock", "tests/behaviour")


@nox.session(python=PYTHONS[0])
def shuffled(session: nox.Session) -> None:
    """Run the suite in random order, so that no test leans on another."""
    _install(session, "pytest-randomly")
    session.run("python", "-m", "pytest", "-n", "2", "-p", "randomly", *session.posargs)
