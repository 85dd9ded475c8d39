"""One pytest run over the whole zoo, inside of this one, and what became of each test."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import contextlib
import functools
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
import zoo_contract
from zoo_mutants import INNOCENT, MUTANTS

from pytest_oauthcc.contract.binding import check_of

HERE = Path(__file__).parent
DRIVERS = ("requests", "httpx", "async-httpx")


_INI = """[pytest]
filterwarnings =
    error
    ignore:Module already imported:pytest.PytestAssertRewriteWarning
    ignore:Unverified HTTPS request
"""


@dataclass(frozen=True)
class Result:
    """How one contract test ended."""

    animal: str
    driver: str
    check: str
    outcome: str
    text: str


class Keeper:
    """A plugin that keeps to the tests that matter and remembers their reports."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(
        self, collector: pytest.Collector, name: str, obj: object
    ) -> list[pytest.Item] | None:
        """A mutant goes through the checks that have to catch it, an innocent animal through all."""
        check, animal = check_of(obj), getattr(getattr(collector, "obj", None), "animal", None)
        caught_by = getattr(animal, "caught_by", None)
        return [] if check is not None and caught_by is not None and check.id not in caught_by else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if report.when == "teardown" and report.outcome == "passed":
            return
        if report.when == "setup" and report.outcome == "passed":
            return
        place, _, check = properties["oauthcc_contract"].rpartition(" ")
        animal, _, driver = place.rpartition("::Test")[2].partition("_")
        self.results.append(Result(animal, driver.replace("_", "-"), check, report.outcome, str(report.longrepr or "")))


def some_contracts(which: str) -> dict[str, type]:
    """Give the contract classes of a module of the zoo."""
    if which == "mutants":
        return zoo_contract.contracts(MUTANTS, DRIVERS)
    everywhere = {
        name: animal
        for name, animal in INNOCENT.items()
        if name == "Right" or (hasattr(animal, "options") and animal.__module__ == "zoo_right")
    }
    return {**zoo_contract.contracts(INNOCENT, ["requests"]), **zoo_contract.contracts(everywhere, DRIVERS)}


@functools.cache
def visit() -> tuple[Result, ...]:
    """Run the contract over the zoo."""
    keeper = Keeper()
    with tempfile.TemporaryDirectory() as folder:
        for which in ("innocent", "mutants"):
            code = f"import zoo_run\nglobals().update(zoo_run.some_contracts({which!r}))\n"
            (Path(folder) / f"test_{which}.py").write_text(code)
        (Path(folder) / "pytest.ini").write_text(_INI)
        without = [f"-pno:{name}" for name in ("cacheprovider", "faulthandler", "asyncio", "xdist", "randomly")]
        with contextlib.redirect_stdout(io.StringIO()):
            status = pytest.main(["-q", "--tb=short", *without, f"--rootdir={folder}", folder], plugins=[keeper])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        raise RuntimeError(f"the run over the zoo ended with {status!r}")
    return tuple(keeper.results)


def results_of(animal: str, driver: str) -> list[Result]:
    """Give the results of one animal on one driver."""
    return [result for result in visit() if (result.animal, result.driver) == (animal, driver)]


def caught(animal: str, driver: str, check: str) -> bool:
    """Whether a check failed for an animal."""
    return any(result.check == check and result.outcome == "failed" for result in results_of(animal, driver))
