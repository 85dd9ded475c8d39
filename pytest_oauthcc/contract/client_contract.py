"""``ClientContract``: the class to subclass, with its fixtures, waivers and guards against silent gaps."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from pytest_oauthcc.contract.bad_days import BadDays
from pytest_oauthcc.contract.being_refused import BeingRefused
from pytest_oauthcc.contract.binding import CASE, check_of, checks_of
from pytest_oauthcc.contract.case import Case
from pytest_oauthcc.contract.credentials import Credentials
from pytest_oauthcc.contract.getting import Getting
from pytest_oauthcc.contract.keeping import Keeping
from pytest_oauthcc.contract.loops import event_loop
from pytest_oauthcc.contract.renewing import Renewing
from pytest_oauthcc.contract.safety import Safety
from pytest_oauthcc.contract.summary import PROPERTY
from pytest_oauthcc.contract.table import find_check
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.session import Session

__all__ = ["ClientContract"]


class ClientContract(Getting, Credentials, Keeping, Renewing, BeingRefused, BadDays, Safety):
    """
    Tests for everything that is known to go wrong in client-credentials clients.

    Subclass it under a name that begins with ``Test``, and write the fixture ``call_api``; each test then provokes one
    thing and judges what the client does.

    Attributes:
        scope: What the client has to ask for, as in the parameter ``scope``; None leaves that open.
        advice: Whether to check debatable things as well.
        waived: Check ids with the reason why the client may break them; such tests are expected to fail.
        not_applicable: Check ids with the reason why they make no sense for the client; such tests are skipped.
    """

    __module__ = "pytest_oauthcc"
    __test__ = False
    oauthcc_contract = True  # how the plugin knows contract classes without importing this one

    scope: ClassVar[str | None] = None
    advice: ClassVar[bool] = False
    waived: ClassVar[Mapping[str, str]] = {}
    not_applicable: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        __tracebackhide__ = True
        super().__init_subclass__(**options)
        if "__test__" not in vars(cls):
            cls.__test__ = True
        _check_attributes(cls)
        for name, function, check in checks_of(ClientContract):
            if check.level == "advice":
                setattr(cls, name, function if cls.advice else _LEFT_OUT)
            elif inspect.getattr_static(cls, name) is not function:
                raise OptionError(
                    f"{cls.__qualname__}.{name} takes the place of the contract's own test. To leave the check out: "
                    f'not_applicable = {{"{check.id}": "the reason"}}; to let it fail: waived = {{"{check.id}": '
                    '"the reason"}. For a test of your own take another name.'
                )

    # --- what a subclass writes

    @pytest.fixture
    def call_api(self) -> Callable[[], Any]:
        """Return what makes one API request through the client, sync or async; every subclass writes this one."""
        raise OptionError(_no_call_api(type(self)))

    @pytest.fixture
    def make_client(self) -> Callable[..., Callable[[], Any]] | None:
        """Return ``make_client(client_id=None, client_secret=None, scope=None)``, which makes a fresh ``call_api``."""
        return None

    @pytest.fixture
    def send_body(self) -> Callable[[Any], Any] | None:
        """Return what POSTs the JSON object that it is given to the API through the client."""
        return None

    @pytest.fixture
    def run_async(self, request: pytest.FixtureRequest) -> Iterator[Callable[[Awaitable[Any]], Any]]:
        """Return what runs an awaitable on the test's event loop; for fixtures that have to await something."""
        yield from event_loop(request)

    # --- what runs the checks

    @pytest.fixture(name=CASE)
    def _case(
        self,
        request: pytest.FixtureRequest,
        oauthcc: Provider,
        _oauthcc_session: Session,
        run_async: Callable[[Awaitable[Any]], Any],
    ) -> Iterator[Case]:
        """Prepare one check."""
        __tracebackhide__ = True
        cls = type(self)
        check = check_of(request.function)
        assert check is not None  # noqa: S101 - only bound tests have the argument
        request.node.user_properties.append((PROPERTY, f"{_place(request)} {check.id}"))
        if inspect.getattr_static(cls, "call_api") is inspect.getattr_static(ClientContract, "call_api"):
            pytest.fail(_no_call_api(cls), pytrace=False)
        if check.id in cls.not_applicable:
            pytest.skip(f"{check.id}: not applicable: {cls.not_applicable[check.id]}")
        if oauthcc.authority.state.settings.api_url is None:
            pytest.fail("ClientContract judges by the fake API, and this provider has none (api_url=None)", pytrace=False)
        if check.id in cls.waived:
            reason = f"{check.id}: waived: {cls.waived[check.id]}"
            request.node.add_marker(pytest.mark.xfail(reason=reason, raises=pytest.fail.Exception, strict=False))
        case = Case(check, request, oauthcc, _oauthcc_session, run_async)
        try:
            yield case
        finally:
            case.close()


_LEFT_OUT = None


def _place(request: pytest.FixtureRequest) -> str:
    """Return the node id of the class."""
    return str(request.node.nodeid).rpartition("::")[0]


def _no_call_api(cls: type) -> str:
    return (
        f"{cls.__qualname__} has no fixture call_api. Write it into the class:\n\n"
        "    @pytest.fixture\n"
        "    def call_api(self, oauthcc):\n"
        "        client = YourClient(oauthcc.token_url, oauthcc.api_url, oauthcc.client_id, oauthcc.client_secret)\n"
        "        return client.some_method   # each call makes one API request\n"
    )


def _check_attributes(cls: type[ClientContract]) -> None:
    __tracebackhide__ = True
    where = cls.__qualname__
    for attribute in ("waived", "not_applicable"):
        table = getattr(cls, attribute)
        if not isinstance(table, Mapping):
            raise OptionError(f"{where}.{attribute} takes a table of check ids and reasons, not {table!r}")
        for name, reason in table.items():
            find_check(str(name), f"{where}.{attribute}")
            if not isinstance(reason, str) or not reason.strip():
                raise OptionError(f"{where}.{attribute}[{name!r}] needs a reason, as a text")
    both = sorted(set(cls.waived) & set(cls.not_applicable))
    if both:
        raise OptionError(f"{where}: {both[0]!r} is in waived and in not_applicable; it can only be in one of them")
    if cls.scope is not None and (not isinstance(cls.scope, str) or not cls.scope.strip()):
        raise OptionError(f"{where}.scope takes a text such as 'orders:read orders:write', or None, not {cls.scope!r}")
    if not isinstance(cls.advice, bool):
        raise OptionError(f"{where}.advice takes True or False, not {cls.advice!r}")
