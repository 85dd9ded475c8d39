"""What every contract class has: checks, what it says about them, and guards against silent gaps."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from pytest_oauthcc.contract.binding import check_of, checks_of
from pytest_oauthcc.contract.loops import event_loop
from pytest_oauthcc.contract.summary import PROPERTY
from pytest_oauthcc.contract.table import find_check
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from pytest_oauthcc.contract.table import Check

__all__ = ["Declared"]


class Declared:
    """
    The base of the contracts; ``class NewContract(..., Declared, table=CHECKS)`` makes one.

    Attributes:
        scope: What the client asks for, or the API demands, as in the parameter ``scope``; None leaves that open.
        advice: Whether to check debatable things as well.
        waived: Check ids with the reason why they may break; such tests are expected to fail.
        not_applicable: Check ids with the reason why they make no sense here; such tests are skipped.
    """

    __test__ = False
    oauthcc_contract = True  # how the plugin knows contract classes without importing this one

    scope: ClassVar[str | None] = None
    advice: ClassVar[bool] = False
    waived: ClassVar[Mapping[str, str]] = {}
    not_applicable: ClassVar[Mapping[str, str]] = {}

    _oauthcc_table: ClassVar[Mapping[str, Check]]
    _oauthcc_root: ClassVar[type]

    def __init_subclass__(cls, *, table: Mapping[str, Check] | None = None, **options: Any) -> None:
        __tracebackhide__ = True
        super().__init_subclass__(**options)
        if table is not None:
            cls._oauthcc_table, cls._oauthcc_root = table, cls
            return
        if "__test__" not in vars(cls):
            cls.__test__ = True
        _check_attributes(cls)
        for name, function, check in checks_of(cls._oauthcc_root):
            if check.level == "advice":
                setattr(cls, name, function if cls.advice else None)
            elif inspect.getattr_static(cls, name) is not function:
                raise OptionError(
                    f"{cls.__qualname__}.{name} takes the place of the contract's own test. To leave the check out: "
                    f'not_applicable = {{"{check.id}": "the reason"}}; to let it fail: waived = {{"{check.id}": '
                    '"the reason"}. For a test of your own take another name.'
                )

    @pytest.fixture
    def run_async(self, request: pytest.FixtureRequest) -> Iterator[Callable[[Awaitable[Any]], Any]]:
        """Return what runs an awaitable on the test's event loop; for fixtures that have to await something."""
        yield from event_loop(request)

    @classmethod
    def _oauthcc_begin(cls, request: pytest.FixtureRequest, fixture: str, explain: Callable[[type], str]) -> Check:
        """
        Find the check that a test is about, and settle whether it is expected to hold.

        Args:
            request: Of the test.
            fixture: The one that every subclass has to write.
            explain: Says how, to a class that has not.
        """
        __tracebackhide__ = True
        check = check_of(request.function)
        assert check is not None  # noqa: S101 - only bound tests have the argument
        request.node.user_properties.append((PROPERTY, f"{_place(request)} {check.id}"))
        if inspect.getattr_static(cls, fixture) is inspect.getattr_static(cls._oauthcc_root, fixture):
            pytest.fail(explain(cls), pytrace=False)
        if check.id in cls.not_applicable:
            pytest.skip(f"{check.id}: not applicable: {cls.not_applicable[check.id]}")
        if check.id in cls.waived:
            reason = f"{check.id}: waived: {cls.waived[check.id]}"
            request.node.add_marker(pytest.mark.xfail(reason=reason, raises=pytest.fail.Exception, strict=False))
        return check


def _place(request: pytest.FixtureRequest) -> str:
    """Return the node id of the class."""
    return str(request.node.nodeid).rpartition("::")[0]


def _check_attributes(cls: type[Declared]) -> None:
    __tracebackhide__ = True
    where = cls.__qualname__
    for attribute in ("waived", "not_applicable"):
        table = getattr(cls, attribute)
        if not isinstance(table, Mapping):
            raise OptionError(f"{where}.{attribute} takes a table of check ids and reasons, not {table!r}")
        for name, reason in table.items():
            find_check(str(name), f"{where}.{attribute}", cls._oauthcc_table)
            if not isinstance(reason, str) or not reason.strip():
                raise OptionError(f"{where}.{attribute}[{name!r}] needs a reason, as a text")
    both = sorted(set(cls.waived) & set(cls.not_applicable))
    if both:
        raise OptionError(f"{where}: {both[0]!r} is in waived and in not_applicable; it can only be in one of them")
    if cls.scope is not None and (not isinstance(cls.scope, str) or not cls.scope.strip()):
        raise OptionError(f"{where}.scope takes a text such as 'orders:read orders:write', or None, not {cls.scope!r}")
    if not isinstance(cls.advice, bool):
        raise OptionError(f"{where}.advice takes True or False, not {cls.advice!r}")
