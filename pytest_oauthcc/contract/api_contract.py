"""``ApiContract``: the class to subclass for those who write the API, and so have to check tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.contract.api_answers import Answers
from pytest_oauthcc.contract.api_case import ApiCase
from pytest_oauthcc.contract.api_keys import Keys
from pytest_oauthcc.contract.api_letting_in import LettingIn
from pytest_oauthcc.contract.api_refusing import Forgeries, Refusing
from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import CASE
from pytest_oauthcc.contract.declared import Declared
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pytest_oauthcc._provider import Provider

__all__ = ["ApiContract"]


# pytest runs the tests of the last base first
class ApiContract(Answers, Keys, Forgeries, Refusing, LettingIn, Declared, table=API_CHECKS):
    """
    Tests for everything that an API has to look at before it believes a token.

    Subclass it under a name that begins with ``Test``, and write the fixture ``send``; each test then sends tokens,
    good ones and forged ones, and judges the answers.

    Attributes:
        scope: What the API demands for the request that ``send`` makes; None where it demands no scope.
        advice: Whether to check debatable things as well.
        waived: Check ids with the reason why the API may break them; such tests are expected to fail.
        not_applicable: Check ids with the reason why they make no sense for the API; such tests are skipped.
    """

    __module__ = "pytest_oauthcc"

    @pytest.fixture
    def send(self) -> Callable[..., Any]:
        """
        Return ``send(headers)``, sync or async, or the URL of the API where it runs somewhere else.

        ``send`` makes one request with these headers, and returns the status or the response.
        """
        raise OptionError(_no_send(type(self)))

    @pytest.fixture(name=CASE)
    def _case(
        self, request: pytest.FixtureRequest, oauthcc: Provider, run_async: Callable[[Awaitable[Any]], Any]
    ) -> ApiCase:
        """Prepare one check."""
        __tracebackhide__ = True
        check = self._oauthcc_begin(request, "send", _no_send)
        return ApiCase(check, request, oauthcc, run_async, self.scope)


def _no_send(cls: type) -> str:
    return (
        f"{cls.__qualname__} has no fixture send. Write it into the class:\n\n"
        "    @pytest.fixture\n"
        "    def send(self, oauthcc):\n"
        "        app = create_app(issuer=oauthcc.issuer, jwks_url=oauthcc.jwks_url, audience=oauthcc.api_url)\n"
        "        client = TestClient(app)\n"
        '        return lambda headers, params=None: client.get("/orders", headers=headers, params=params)\n'
    )
