"""``Judging``: what a check says of a client, held, broken or undecided, by what it has seen of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from pytest_oauthcc.contract.sight import time_runs_away
from pytest_oauthcc.contract.verdict import describe_error, failure_with, verdict
from pytest_oauthcc.explain.hiding import hide, secrets_of

if TYPE_CHECKING:
    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.contract.calls import Call
    from pytest_oauthcc.contract.table import Check
    from pytest_oauthcc.core.journal import ApiRequest, Exchange

__all__ = ["Judging"]


class Judging:
    """
    The verdict of one check on one client.

    Args:
        check: The check.
        provider: The fake that the client works with.
    """

    def __init__(self, check: Check, provider: Provider) -> None:
        self.check = check
        self.provider = provider
        self._errors: list[Exception] = []
        self._strangers: list[Provider] = []

    # --- what has to be there before there can be a verdict

    def need_token_request(self, call: Call) -> None:
        """Skip the check unless the client, which was called, has asked for a token by now."""
        if not self.provider.token_requests:
            self.undecided(f"the client made no token request ({self.outcome_of(call)}); see gets-a-token")

    def need_api_request(self, call: Call) -> None:
        """Skip the check unless the client, which was called, has called the API by now."""
        if not self.provider.api_requests:
            self.undecided(f"the client never called the API ({self.outcome_of(call)}); see gets-a-token")

    def need_attempt(self, call: Call) -> None:
        """Skip the check where a call neither reached the API nor raised: what it was meant to do is unknown."""
        if not call.api_requests and call.error is None and not call.hung:
            self.undecided("the call made no API request, and raised no exception; see gets-a-token")

    def api_requests_after_asking(self) -> list[ApiRequest]:
        """Return the API requests since the first token request; what came before some send to be challenged."""
        first = self.provider.token_requests[0].number
        return [entry for entry in self.provider.api_requests if entry.number > first]

    def need_end(self, call: Call) -> None:
        """Skip the check where a call did not come back although there was nothing but time to wait for."""
        if call.hung:
            self.undecided("the client waits in a way that can't be skipped")

    # --- the verdict

    def undecided(self, reason: str) -> NoReturn:
        """Skip the check: it can't be decided for this client."""
        pytest.skip(f"{self.check.id}: {self._hidden(reason)}")

    def broken(self, difference: str) -> NoReturn:
        """Fail the check; the difference comes first in the text."""
        __tracebackhide__ = True
        raise self.failure(difference)

    def failure(self, difference: str) -> BaseException:
        """Return what fails the check, with the exchanges so far; where time runs away nothing can be decided."""
        __tracebackhide__ = True
        if time_runs_away(self.provider.clock):
            self.undecided(
                f"{difference}, but the client has a thread that sleeps, and skipped sleeps make its time run away; "
                "event.wait(seconds) is not skipped"
            )
        state = self.provider.authority.state
        journals = [(self.provider.name, state.journal)]
        if self._strangers:
            strangers = [("elsewhere", stranger.authority.state.journal) for stranger in self._strangers]
            journals = [("client's provider", state.journal), *strangers]
        notes = [f"Raised: {line}" for line in dict.fromkeys(map(describe_error, self._errors))][:4]
        secrets = {client.client_secret for client in state.clients.values()}
        return failure_with(verdict(self.check, difference, journals, notes=notes, secrets=secrets))

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
        return f"{entry.kind} {same.index(entry) + 1}"

    def _hidden(self, text: str) -> str:
        return hide(text, secrets_of(self.provider.exchanges))
