"""Writes docs/contract-findings.md: ``python docs/make_contract_findings.py``."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract import ClientContract
from pytest_oauthcc.contract.binding import checks_of
from pytest_oauthcc.contract.table import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCS = Path(__file__).parent
PUBLISHED = DOCS.parent / "tests" / "contract" / "published"
TESTS = {check.id: name for name, _, check in checks_of(ClientContract)}

HEAD = """# What the contract finds in published clients

<!-- Made by docs/make_contract_findings.py from the findings in tests/contract/published. -->

The contract was run over published clients, each as its documentation shows it and with its defaults, in the versions
of [requirements.txt](../tests/contract/published/requirements.txt). Each row is one thing that a client does, looked up
in its source: *where* names the function, and the note says what speaks for the client or what a program can do. The
command shows the exchange and the explanation. Links lead to where the client's makers, or those of a sister project,
speak of it.

In a run of the suite each of these tests has to fail, and all others have to pass: a finding that is gone fails the
run. The commands are tested, too.

*must* and *should* are the contract's own levels. What an RFC says is in the column *source* of
[the table of checks](contract.md#the-checks); *seen in the field* means that no RFC says so. These are clients that
work and that many rely on: most of what is here shows with unusual answers or credentials only.

| client | what it does | where | check | to see it |
|---|---|---|---|---|
"""

LEFT = """
## What is left to the program

These checks were not held against a client, because it leaves the matter to the program.

| client | check | why |
|---|---|---|
"""

BOUNDS = """
## What the contract can't judge here

- How often a server provokes a finding. The contract provokes it, and looks at what the client does.
- What a program around the client adds: sessions, retries, timeouts, what it does on a 401.
- Other ways to authenticate (keys, certificates), other grants, other versions, other settings than those of this run.
- Callers at the same moment, where a client does not say that threads may share it.
- How a client meets bad certificates: these ran against the fake in their own process, and httpx does not even tell
  whether it checks them.
- msal with an http:// token URL, or with one that has a query: it takes the URL from the provider's metadata.
- Extra headers and parameters that a provider wants: the provider of this run wants none.
"""


def page() -> str:
    """Return the page: findings, what is left to the program, what can't be judged."""
    return "".join([HEAD, *_findings(), LEFT, *_left_to_the_program(), BOUNDS])


def contracts() -> Iterator[tuple[str, type[Any]]]:
    """Yield the contract classes of published clients, each with the path of its module in the project."""
    if str(PUBLISHED) not in sys.path:
        sys.path.insert(0, str(PUBLISHED))
    contracts_of = importlib.import_module("published_findings").contracts_of
    for path in sorted(PUBLISHED.glob("test_*.py")):
        for cls in contracts_of(importlib.import_module(path.stem)):
            yield path.relative_to(DOCS.parent).as_posix(), cls


def command(place: str, cls: type[Any], name: str) -> str:
    """
    Return the command that shows a finding.

    Args:
        place: The path of the module in the project.
        cls: The contract class.
        name: The id of a check, with its case in brackets where the check has cases.
    """
    check, bracket, case = name.partition("[")
    node = f"{place}::{cls.__name__}::{TESTS[check]}{bracket}{case}"
    return f"pytest --runxfail {chr(39) + node + chr(39) if bracket else node}"


def _findings() -> Iterator[str]:
    shown: dict[tuple[str, Any], tuple[list[str], str]] = {}
    for place, cls in contracts():
        for finding in cls.findings:
            variants, _ = shown.setdefault((cls.distribution, finding), ([], command(place, cls, finding.checks[0])))
            variants.append(getattr(cls, "variant", ""))
    for (distribution, finding), (variants, to_see) in shown.items():
        upstream = f" ([upstream]({finding.upstream}))" if finding.upstream else ""
        ids = dict.fromkeys(name.partition("[")[0] for name in finding.checks)
        checks = ", ".join(f"`{check}` ({CHECKS[check].level})" for check in ids)
        what = f"{finding.what}. {finding.note}".strip() + upstream
        yield _row((_client(distribution, variants), what, f"`{finding.where}`", checks, f"`{to_see}`"))


def _left_to_the_program() -> Iterator[str]:
    shown: dict[tuple[str, str, str], list[str]] = {}
    for _, cls in contracts():
        for check, why in cls.not_applicable.items():
            shown.setdefault((cls.distribution, check, why), []).append(getattr(cls, "variant", ""))
    for (distribution, check, why), variants in shown.items():
        yield _row((_client(distribution, variants), f"`{check}`", why))


def _client(distribution: str, variants: list[str]) -> str:
    name = f"{distribution} {importlib.metadata.version(distribution)}"
    return f"{name} ({', '.join(variants)})" if any(variants) else name


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    (DOCS / "contract-findings.md").write_text(page(), encoding="utf-8")
