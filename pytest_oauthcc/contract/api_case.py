"""``ApiCase``: one check at work on one API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pytest

from pytest_oauthcc.contract.api_reply import FIRST_ERROR, Reply, read_reply
from pytest_oauthcc.contract.api_url import send_to
from pytest_oauthcc.contract.calls import PATIENCE, Hang, Outcome, call_once
from pytest_oauthcc.contract.verdict import verdict
from pytest_oauthcc.core.authority import key_of
from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.explain.hiding import hide
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.contract.table import Check
    from pytest_oauthcc.core.forgery import ForgedToken
    from pytest_oauthcc.core.messages import Answer, Request

__all__ = ["ApiCase"]

T = TypeVar("T")

_SERVED = frozenset({"oauthcc_server", "ASGI", "WSGI"})  # ways in which another process may ask the issuer
_MOST_EXCHANGES = 1000


class ApiCase:
    """
    What a check sends to an API, and what it sees of it.

    Args:
        check: The check.
        request: Of the test.
        provider: The fake issuer.
        run: Runs an awaitable on the test's event loop.
        scope: What the API demands.
    """

    def __init__(
        self,
        check: Check,
        request: pytest.FixtureRequest,
        provider: Provider,
        run: Callable[..., Any],
        scope: str | None,
    ) -> None:
        self.check = check
        self.provider = provider
        self.scope = scope
        self._request = request
        self._run = run
        self._told: list[str] = []
        self._secrets: set[str] = set()
        self._has_moved_time = False
        self._has_url = False
        provider.reconfigure(strict=False, max_exchanges=_MOST_EXCHANGES)

    # --- tokens

    def good(self, **options: Any) -> str:
        """Mint a token that the API has to let in; the options are those of ``Provider.mint``."""
        wanted: dict[str, Any] = {"scope": self.scope, **options}
        return self._known(self._try(lambda: self.provider.mint(**wanted)))

    def forge(self, name: str, **options: Any) -> ForgedToken:
        """Forge a token; where there is no such forgery the check is skipped."""
        wanted: dict[str, Any] = {"scope": self.scope, **options}
        forged = self._try(lambda: self.provider.forge(name, **wanted))
        self._known(forged.value)
        return forged

    def _try(self, make: Callable[[], T]) -> T:
        """Make a token; where the provider has none of that kind the check is skipped."""
        try:
            return make()
        except OptionError as error:
            problem = str(error)
        return self.undecided(problem)  # out here, where the skip does not drag the error along

    def _known(self, token: str) -> str:
        self._secrets.add(token)
        return token

    # --- sending

    def function(self) -> Callable[..., Any]:
        """Return ``send``, made on the first use: after the check has prepared the provider."""
        __tracebackhide__ = True
        given = self._request.getfixturevalue("send")
        if callable(given):
            return given  # type: ignore[no-any-return]
        try:
            function = send_to(str(given))  # libraries have classes for URLs
        except ValueError:
            pytest.fail(
                f"the fixture send returned {given!r:.80}, which can't be called and is no URL; it has to return a "
                "function that makes one request with the headers that it is given, and returns the status or "
                "response; or the URL of the API",
                pytrace=False,
            )
        self._has_url = True
        return function

    def send(
        self, what: str, token: str | None = None, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Reply:
        """
        Send one request to the API.

        Args:
            what: What is sent, for the report.
            token: Goes into the Authorization header as Bearer.
            headers: Instead of that.
            more: Further arguments for ``send``.
        """
        __tracebackhide__ = True
        if headers is None:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        function, asked = self.function(), len(self.key_requests)
        try:
            outcome = call_once(lambda: function(dict(headers), **more), self._run)
        except Hang:
            outcome = Outcome(error=TimeoutError(f"it did not come back within {PATIENCE:.0f} seconds"))
        failures = tuple(failure for failure, _ in BOARD.take_failures())
        reply = read_reply(outcome.value if outcome.error is None else outcome.error, failures)
        fetched = len(self.key_requests) - asked
        times = "once" if fetched == 1 else f"{fetched} times"
        self._told.append(f"{what} -> {reply}" + (f", after it had asked for the keys {times}" if fetched else ""))
        return reply

    def plain(self) -> Reply:
        """Send a good token; where even that is refused the check is skipped, for ``lets-a-good-token-in`` tells."""
        __tracebackhide__ = True
        reply = self.send("a good token", self.good())
        if not reply.let_in:
            self.undecided(f"the API refuses a good token ({reply}); see lets-a-good-token-in")
        return reply

    def expect_refusal(self, reply: Reply, what: str, *, status: int = 401, also: frozenset[int] = frozenset()) -> None:
        """Fail the check unless the API refused what it was sent with that status."""
        __tracebackhide__ = True
        if reply.failures:
            self.broken(
                f"the API made a request that nothing serves because of {what}: {_first_line(reply.failures[0])}"
            )
        if reply.status is None:
            self.broken(f"the API stumbled over {what}: {reply}; expected {status}")
        if reply.let_in:
            self.broken(f"the API let {what} in ({reply}), expected {status}")
        if reply.status != status and reply.status not in also:
            self.broken(f"the API answered {reply} to {what}, expected {status}")

    def expect_let_in(self, reply: Reply, what: str) -> None:
        """Fail the check unless the API let in what it was sent."""
        __tracebackhide__ = True
        if reply.failures:
            pytest.fail(str(reply.failures[0]), pytrace=False)
        if not reply.let_in:
            self.broken(f"the API refused {what} ({reply}), expected a status below {FIRST_ERROR}")

    # --- the issuer

    @property
    def key_requests(self) -> list[OtherRequest]:
        """The requests for the issuer's keys."""
        return self._requests("keys")

    @property
    def introspects(self) -> bool:
        """Whether the API asks the issuer about tokens."""
        return bool(self._requests("introspection"))

    @property
    def _may_run_elsewhere(self) -> bool:
        """Whether the API may run in another process; by a URL alone it does unless it was seen to ask in this one."""
        ways = {entry.request.via for entry in self.provider.authority.state.journal.all}
        return bool(ways & _SERVED) or (self._has_url and not ways)

    def _requests(self, endpoint: str) -> list[OtherRequest]:
        entries = self.provider.authority.state.journal.all
        return [entry for entry in entries if isinstance(entry, OtherRequest) and entry.endpoint == endpoint]

    def need_keys(self) -> None:
        """Skip the check unless the API has fetched the issuer's keys."""
        if not self.key_requests:
            self.undecided("the API did not fetch the issuer's keys from oauthcc.jwks_url")

    def advance(self, seconds: float) -> None:
        """Let time pass; what then goes wrong counts only where the API can see it."""
        self._has_moved_time = True
        self.provider.clock.advance(seconds=seconds)
        self._told.append(f"({seconds:,.0f} seconds pass)")

    def take_keys_down(self) -> None:
        """Let the issuer answer 503 when it is asked for its keys."""
        self._told.append("(the issuer's keys are down)")
        authority = self.provider.authority
        self._set_keys_endpoint(lambda request: authority._serve(request, "keys", Response(503)))  # noqa: SLF001

    def bring_keys_up(self) -> None:
        """Let the issuer give out its keys again."""
        self._told.append("(the issuer's keys are up again)")
        authority = self.provider.authority
        self._set_keys_endpoint(authority._serve_keys)  # noqa: SLF001 - faults of this endpoint are the contract's own

    def _set_keys_endpoint(self, serve: Callable[[Request], tuple[Any, Answer]]) -> None:
        authority = self.provider.authority
        authority._endpoints[key_of(authority.jwks_url)] = serve  # noqa: SLF001

    # --- the verdict

    def undecided(self, reason: str) -> NoReturn:
        """Skip the check: it can't be decided for this API."""
        pytest.skip(f"{self.check.id}: {hide(reason, self._secrets)}")

    def broken(self, difference: str) -> NoReturn:
        """Fail the check; the difference comes first in the text."""
        __tracebackhide__ = True
        if self._has_moved_time and self._may_run_elsewhere:
            self.undecided(
                f"{difference}, but the time was moved, which the API can't see if it runs in another process"
            )
        happened = "\n".join(f"{number}. {line}" for number, line in enumerate(self._told, 1))
        text = verdict(self.check, difference, [], secrets=self._secrets, happened=happened)
        pytest.fail(text, pytrace=False)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]
