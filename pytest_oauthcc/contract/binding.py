"""``@check``: binds a test method of the contract to its entry in the table."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract.table import CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_oauthcc.contract.table import Check

__all__ = ["CASE", "check", "check_of", "checks_of"]

CASE = "_oauthcc_case"
"""The fixture that stands behind the argument ``client``: a name that hides no fixture of the user's."""


def check(name: str, table: Mapping[str, Check] = CHECKS) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Bind a test method to the check with that id.

    The method's argument after ``self`` gets the ``Case``; pytest sees the fixture's own name, so that a class may
    have a fixture ``client`` of its own.

    Args:
        name: The id of a check.
        table: Of the contract.

    Returns:
        The decorator.
    """
    found = table[name]

    def bind(method: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(method)
        def test(self: Any, **given: Any) -> None:
            __tracebackhide__ = True
            method(self, given.pop(CASE), **given)

        itself, case, *others = inspect.signature(method).parameters.values()
        parameters = [itself.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD), case.replace(name=CASE), *others]
        test.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        test.oauthcc_check = found  # type: ignore[attr-defined]
        return test

    return bind


def check_of(function: object) -> Check | None:
    """Return the check that a test function is bound to, if any."""
    return getattr(function, "oauthcc_check", None)


def checks_of(cls: type) -> Iterator[tuple[str, Callable[..., None], Check]]:
    """Yield the bound methods of a class as the class and its bases define them: name, function, check."""
    seen: set[str] = set()
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            found = check_of(value)
            if found is not None and name not in seen:
                seen.add(name)
                yield name, value, found
