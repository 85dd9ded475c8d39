"""``ClientContract``: the class to subclass, with its fixtures, waivers and guards against silent gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.contract.bad_days import BadDays
from pytest_oauthcc.contract.being_refused import BeingRefused
from pytest_oauthcc.contract.binding import CASE
from pytest_oauthcc.contract.case import Case
from pytest_oauthcc.contract.credentials import Credentials
from pytest_oauthcc.contract.declared import Declared
from pytest_oauthcc.contract.getting import Getting
from pytest_oauthcc.contract.keeping import Keeping
from pytest_oauthcc.contract.on_event_loops import OnEventLoops
from pytest_oauthcc.contract.reading_answers import ReadingAnswers
from pytest_oauthcc.contract.renewing import Renewing
from pytest_oauthcc.contract.safety import Safety
from pytest_oauthcc.contract.table import CHECKS
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.session import Session

__all__ = ["ClientContract"]


class ClientContract(
    Getting,
    ReadingAnswers,
    Credentials,
    Keeping,
    Renewing,
    OnEventLoops,
    BeingRefused,
    BadDays,
    Safety,
    Declared,
    table=CHECKS,
):
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
        check = self._oauthcc_begin(request, "call_api", _no_call_api)
        if oauthcc.authority.state.settings.api_url is None:
            pytest.fail(
                "ClientContract judges by the fake API, and this provider has none (api_url=None)", pytrace=False
            )
        case = Case(check, request, oauthcc, _oauthcc_session, run_async)
        try:
            yield case
        finally:
            case.close()


def _no_call_api(cls: type) -> str:
    return (
        f"{cls.__qualname__} has no fixture call_api. Write it into the class:\n\n"
        "    @pytest.fixture\n"
        "    def call_api(self, oauthcc):\n"
        "        client = YourClient(oauthcc.token_url, oauthcc.api_url, oauthcc.client_id, oauthcc.client_secret)\n"
        "        return client.some_method   # each call makes one API request\n"
    )
