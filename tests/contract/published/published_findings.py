"""What the contract finds in published clients, as data: the tests expect it, and a page of the docs tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pytest_oauthcc import ClientContract
from pytest_oauthcc.contract.binding import check_of

__all__ = ["Finding", "contracts_of", "finding_of", "name_of"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that a client does, which may break several checks.

    Args:
        what: What it does.
        where: The function that does it, as ``package.module:name``.
        checks: Ids of the checks that it breaks, with the case in brackets where a check has cases.
        note: What speaks for the client, or what a program can do about it.
        upstream: Where its makers speak of it.
    """

    what: str
    where: str
    checks: tuple[str, ...]
    note: str = ""
    upstream: str = ""


def contracts_of(module: Any) -> list[type[ClientContract]]:
    """Give the contract classes of a module."""
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    return [cls for cls in classes if issubclass(cls, ClientContract) and cls is not ClientContract]


def name_of(item: Any) -> str | None:
    """Give the id of the check that a test is about, with its case; None for other tests."""
    check = check_of(getattr(item, "function", None))
    if check is None:
        return None
    case = getattr(item, "callspec", None)
    return f"{check.id}[{case.id}]" if case is not None else check.id


def finding_of(item: Any) -> Finding | None:
    """Give the finding that a test is expected to show, if any."""
    name = name_of(item)
    findings: tuple[Finding, ...] = getattr(getattr(item, "cls", None), "findings", ())
    return next((finding for finding in findings if name in finding.checks), None)
