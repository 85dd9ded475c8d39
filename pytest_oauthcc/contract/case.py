"""``Case``: one check at work on one client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_oauthcc.contract.calls import Call, Hang, Outcome, Together, call_many, call_once
from pytest_oauthcc.contract.judging import Judging
from pytest_oauthcc.contract.sight import blind_spots
from pytest_oauthcc.core.templates import OMIT
from pytest_oauthcc.errors import TooManyExchanges
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.contract.table import Check
    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.serving.server import OauthccServer
    from pytest_oauthcc.session import Session

__all__ = ["ELSEWHERE", "Case"]

ELSEWHERE = "https://elsewhere.oauthcc.test"
_MOST_EXCHANGES = 100


class Case(Judging):
    """
    What a check does to a client.

    Args:
        check: The check.
        request: Of the test.
        provider: The fake.
        session: Of the test.
        run: Runs an awaitable on the test's event loop.
    """

    def __init__(
        self,
        check: Check,
        request: pytest.FixtureRequest,
        provider: Provider,
        session: Session,
        run: Callable[..., Any],
    ) -> None:
        super().__init__(check, provider)
        self.run = run
        self.environment = pytest.MonkeyPatch()
        self._request = request
        self._session = session
        self._not_made: Exception | None = None
        # It is the contract that judges here, and an endless retry shows long before the thousandth request.
        provider.reconfigure(strict=False, max_exchanges=min(_MOST_EXCHANGES, self.settings.max_exchanges))
        provider.clock.skip_sleeps()

    def close(self) -> None:
        """Put everything back that was changed for the check."""
        self.environment.undo()

    # --- the provider

    @property
    def settings(self) -> Settings:
        """The provider's options as they are now."""
        return self.provider.authority.state.settings

    @property
    def dialect(self) -> Dialect:
        """The provider's own ways."""
        return self.provider.authority.state.dialect

    @property
    def has_expires_in(self) -> bool:
        """Whether the provider's answers say how long a token lives in the RFC's own way."""
        return "expires_in" in self.dialect.response

    def need_member(self, name: str) -> None:
        """Skip the check where the provider's answers do not have that member."""
        if name not in self.dialect.response:
            self.undecided(f"the answers of the provider {self.provider.name!r} have no {name} of their own")

    @property
    def is_in_process(self) -> bool:
        """Whether the client's requests never reached a socket, so that another host can be served as well."""
        return all(
            entry.request.via in {"requests", "httpx", "httpx2", "urllib.request"} for entry in self.provider.exchanges
        )

    def elsewhere(self) -> Provider:
        """Serve another host, which is no business of the client's."""
        options = {"token_url": f"{ELSEWHERE}/token", "api_url": f"{ELSEWHERE}/api/", "strict": False}
        opened = self._session.open(Layer("ClientContract", options))
        self._strangers.append(opened)
        return opened

    def server(self) -> OauthccServer:
        """Return the server that the client speaks HTTPS to; without one the check is skipped."""
        if {entry.request.via for entry in self.provider.exchanges} != {"oauthcc_server"}:
            self.undecided(
                "the client's requests don't go to oauthcc_server; to try real certificates take the URLs from it, "
                "under @pytest.mark.oauthcc(tls=True)"
            )
        server: OauthccServer = self._request.getfixturevalue("oauthcc_server")
        if not server.base_url.startswith("https://"):
            self.undecided("oauthcc_server speaks plain HTTP; it takes @pytest.mark.oauthcc(tls=True)")
        return server

    # --- time

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.provider.clock.advance(seconds=seconds)

    def begin_at(self, moment: datetime) -> None:
        """Let the check begin at another time, from which its report counts."""
        self.provider.clock.advance_to(moment)
        self.provider.authority.state.journal.began = self.provider.clock.time()

    def expire(self, *, before: float = 0, after: float = 1) -> None:
        """Go to so many seconds after, or before, the expiry of the newest token."""
        if before:
            self.provider.clock.freeze()  # on a slow machine the rest of its life may be over before the next call
            self.provider.clock.expire(before=before)
        else:
            self.provider.clock.expire()
            self.provider.clock.advance(seconds=after)

    # --- the client

    def client(self) -> Callable[..., Any]:
        """Return ``call_api``, made on the first use: after the check has prepared the provider."""
        function = self._request.getfixturevalue("call_api")
        if not callable(function):
            pytest.fail(
                f"the fixture call_api returned {type(function).__name__}, which can't be called; it has to return a "
                "function that makes one API request, such as client.orders (without brackets)",
                pytrace=False,
            )
        return function  # type: ignore[no-any-return]

    def make(self, **options: str) -> Callable[..., Any]:
        """Return a fresh client through ``make_client``; without that fixture the check is skipped."""
        maker = self._request.getfixturevalue("make_client")
        if maker is None:
            self.undecided("it needs the fixture make_client(client_id=None, client_secret=None, scope=None)")
        return maker(**options)  # type: ignore[no-any-return]

    def body_sender(self) -> Callable[[Any], Any]:
        """Return ``send_body``; without that fixture the check is skipped."""
        sender = self._request.getfixturevalue("send_body")
        if sender is None:
            self.undecided("it needs the fixture send_body, a callable that POSTs the object it is given")
        return sender  # type: ignore[no-any-return]

    def call(self, function: Callable[..., Any] | None = None, *arguments: Any) -> Call:
        """
        Call the client once, and note its requests.

        Args:
            function: Another client than ``call_api``.
            arguments: For the function.
        """
        __tracebackhide__ = True
        journal = self.provider.authority.state.journal
        tokens, apis = len(journal.token_requests), len(journal.api_requests)
        hung = False
        outcome = Outcome()
        try:
            called = function or self._made()
            outcome = called if isinstance(called, Outcome) else call_once(called, self.run, *arguments)
        except Hang:
            hung = True
        call = Call(outcome, journal.token_requests[tokens:], journal.api_requests[apis:], hung=hung)
        if outcome.error is not None:
            self._errors.append(outcome.error)
        self._look_at_the_board()
        return call

    def _made(self) -> Callable[..., Any] | Outcome:
        """Return ``call_api``; a client that asks for its token while it is made may fail with that."""
        try:
            return self.client()
        except pytest.FixtureLookupError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the client raises is what is judged
            self._not_made = error
            return Outcome(error=error)

    def need_it_made(self, call: Call) -> None:
        """Raise what the fixture ``call_api`` raised with nothing in its way: its own traceback says most."""
        if call.error is not None and call.error is self._not_made and not self.provider.exchanges:
            raise call.error

    def _look_at_the_board(self) -> None:
        __tracebackhide__ = True
        failures = [failure for failure, _ in BOARD.take_failures()]
        for failure in failures:
            if not isinstance(failure, TooManyExchanges):
                pytest.fail(str(failure), pytrace=False)
        if failures:
            self.broken(f"the client made more than {self.settings.max_exchanges} requests and had to be stopped")

    def plain_call(self) -> Call:
        """Call the client with nothing in its way; where that fails, ``gets-a-token`` tells and this one is skipped."""
        __tracebackhide__ = True
        call = self.call()
        self.need_it_made(call)
        if not call.worked:
            self.undecided(f"the client fails before anything is provoked ({self.outcome_of(call)}); see gets-a-token")
        return call

    def token_request(self) -> TokenRequest:
        """Call the client once and return its first token request, whatever became of it."""
        call = self.call()
        self.need_it_made(call)
        self.need_token_request(call)
        return self.provider.token_requests[0]

    def first_and_renewed(self) -> list[TokenRequest]:
        """Call the client, let its token expire and call it again; return all token requests."""
        if self.token_request().token is not None:
            self.expire()
            self.call()
        return list(self.provider.token_requests)

    def takes(self, what: str, **members: Any) -> None:
        """Give the client a token in an answer with other members; unless it calls the API with it, fail the check."""
        __tracebackhide__ = True
        self.provider.token_endpoint.alter(**members)
        call = self.call()
        if not self.provider.token_requests or self.provider.token_requests[0].token is None:
            self.undecided(f"the client got no token ({self.outcome_of(call)}); see gets-a-token")
        self.need_attempt(call)
        if not call.worked:
            told = self.outcome_of(call)
            failure = self.failure(f"the client fails on {what}: {told}")
            if not self.remake_is_needed(call) and self._fails_on_plain_answers():
                self.undecided(f"the client fails on {what}, and on plain answers as well ({told}); see gets-a-token")
            raise failure

    def _fails_on_plain_answers(self) -> bool:
        """Whether the client goes on failing with nothing in its way, also once its token has expired."""
        self.provider.token_endpoint.alter(nothing=OMIT)  # the newest alteration counts, and this one changes nothing
        if self.call().worked:
            return False
        self.expire()
        return not self.call().worked

    def together(self, number: int) -> Together:
        """Call the client from several threads at the same moment, or from several tasks where it is async."""
        __tracebackhide__ = True
        journal = self.provider.authority.state.journal
        tokens, apis = len(journal.token_requests), len(journal.api_requests)
        outcomes, hung = call_many(self.client(), number, self.run)
        calls = Together(outcomes, journal.token_requests[tokens:], journal.api_requests[apis:], hung)
        self._errors.extend(calls.errors)
        self._look_at_the_board()
        return calls

    def remake_is_needed(self, call: Call) -> bool:
        """Whether a call failed because the client could not even be made, so that a later one must fail as well."""
        return call.error is not None and call.error is self._not_made

    def late(self, difference: str) -> NoReturn:
        """Fail the check because of time; skip it where the client may have counted on a clock that was not moved."""
        __tracebackhide__ = True
        holders = blind_spots(self.client())
        if holders:
            self.undecided(f"{difference}, but {holders[0]} holds a clock that can't be moved from outside")
        self.broken(difference)
