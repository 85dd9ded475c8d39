"""``Case``: one check at work on one client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_oauthcc.contract.calls import Call, Hang, Outcome, Together, call_many, call_once
from pytest_oauthcc.contract.sight import blind_spots
from pytest_oauthcc.contract.verdict import describe_error, verdict
from pytest_oauthcc.errors import TooManyExchanges
from pytest_oauthcc.explain.hiding import hide, secrets_of
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.contract.table import Check
    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.session import Session

__all__ = ["ELSEWHERE", "Case"]

ELSEWHERE = "https://elsewhere.oauthcc.test"
_MOST_EXCHANGES = 100


class Case:
    """
    What a check does to a client, and what it sees of it.

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
        self.check = check
        self.provider = provider
        self.run = run
        self.environment = pytest.MonkeyPatch()
        self._request = request
        self._session = session
        self._errors: list[Exception] = []
        self._not_made: Exception | None = None
        self._elsewhere: Provider | None = None
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

    def elsewhere(self) -> Provider:
        """Serve another host, which is no business of the client's."""
        if self._elsewhere is None:
            options = {"token_url": f"{ELSEWHERE}/token", "api_url": f"{ELSEWHERE}/api/", "strict": False}
            self._elsewhere = self._session.open(Layer("ClientContract", options))
        return self._elsewhere

    # --- time

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.provider.clock.advance(seconds=seconds)

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
        self._look_at_the_board(call)
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

    def _look_at_the_board(self, call: Call | None = None) -> None:
        __tracebackhide__ = True
        failures = [failure for failure, _ in BOARD.take_failures()]
        for failure in failures:
            if not isinstance(failure, TooManyExchanges):
                pytest.fail(str(failure), pytrace=False)
            if call is not None:
                call.is_endless = True
        if any(isinstance(failure, TooManyExchanges) for failure in failures):
            self.broken(f"the client made more than {self.settings.max_exchanges} requests and had to be stopped")

    def plain_call(self) -> Call:
        """Call the client with nothing in its way; where that fails, ``gets-a-token`` tells and this one is skipped."""
        __tracebackhide__ = True
        call = self.call()
        self.need_it_made(call)
        if not call.worked:
            self.undecided(f"the client fails before anything is provoked ({self.outcome_of(call)}); see gets-a-token")
        return call

    def need_an_attempt(self, call: Call) -> None:
        """Skip the check where a call neither reached the API nor raised: what it was meant to do is unknown."""
        if not call.api_requests and call.error is None and not call.hung:
            self.undecided("the call made no API request, and raised no exception; see gets-a-token")

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

    # --- the verdict

    def undecided(self, reason: str) -> NoReturn:
        """Skip the check: it can't be decided for this client."""
        pytest.skip(f"{self.check.id}: {self._hidden(reason)}")

    def broken(self, difference: str) -> NoReturn:
        """Fail the check; the difference comes first in the text."""
        __tracebackhide__ = True
        state = self.provider.authority.state
        journals = [(self.provider.name, state.journal)]
        if self._elsewhere is not None:
            journals = [("client's provider", state.journal), ("elsewhere", self._elsewhere.authority.state.journal)]
        notes = [f"Raised: {line}" for line in dict.fromkeys(map(describe_error, self._errors))][:4]
        secrets = {client.client_secret for client in state.clients.values()}
        pytest.fail(verdict(self.check, difference, journals, notes=notes, secrets=secrets), pytrace=False)

    def late(self, difference: str) -> NoReturn:
        """Fail the check because of time; skip it where the client may have counted on a clock that was not moved."""
        __tracebackhide__ = True
        holders = blind_spots()
        if holders:
            self.undecided(f"{difference}, but {holders[0]} holds a clock that can't be moved from outside")
        self.broken(difference)

    def outcome_of(self, call: Call) -> str:
        """Write what came out of a call, to be used in a sentence."""
        if call.hung:
            return "it did not come back"
        if call.error is not None:
            return f"it raised {describe_error(call.error)}"
        if not call.api_requests:
            return "it made no API request"
        last = call.api_requests[-1]
        why = f": {last.verdict.detail}" if last.verdict is not None else ""
        return f"its last API request got {last.result}{why}"

    def name_of(self, entry: Exchange) -> str:
        """Write which request it was, counted among those of its kind: ``token request 2``."""
        same = [other for other in self.provider.exchanges if other.kind == entry.kind]
        return f"{entry.kind} {same.index(entry) + 1}" if entry in same else entry.kind

    def _hidden(self, text: str) -> str:
        return hide(text, secrets_of(self.provider.exchanges))

    def set_environment(self, **variables: str) -> None:
        """Set environment variables for the length of the check."""
        for name, value in variables.items():
            self.environment.setenv(name, value)

    @property
    def is_in_process(self) -> bool:
        """Whether the client's requests never reached a socket, so that another host can be served as well."""
        return all(
            entry.request.via in {"requests", "httpx", "httpx2", "urllib.request"} for entry in self.provider.exchanges
        )
