"""Bad days: the token endpoint is down, slow or overloaded, and tokens stop being good before their time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from pytest_oauthcc.contract.binding import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.contract.calls import Call
    from pytest_oauthcc.contract.case import Case
    from pytest_oauthcc.core.token_endpoint import TokenEndpoint

__all__ = ["OUTAGES", "BadDays"]

_MOST_ATTEMPTS = 10
_WAIT = 7
_WEEK = 7 * 86_400
_HOUR = 3600
_COOL_DOWN = 300  # seconds after which a circuit breaker ought to let a request pass again

OUTAGES: dict[str, Callable[[TokenEndpoint], object]] = {
    "error-500": lambda endpoint: endpoint.fail(status=500),
    "error-503": lambda endpoint: endpoint.fail("temporarily_unavailable", status=503),
    "refused": lambda endpoint: endpoint.refuse_connection(),
    "connect-timeout": lambda endpoint: endpoint.time_out(during="connect"),
    "read-timeout": lambda endpoint: endpoint.time_out(),
    "dropped": lambda endpoint: endpoint.drop_mid_body(),
}
"""Ways for a token endpoint to be down."""


class BadDays:
    """Other people's failures."""

    @check("gives-up-on-a-broken-token-endpoint")
    def test_gives_up_on_a_broken_token_endpoint(self, client: Case) -> None:
        """The attempts are few, and then there is an exception."""
        client.provider.token_endpoint.fail(status=500)
        call = client.call()
        client.need_token_request(call)
        client.need_end(call)
        asked = len(client.provider.token_requests)
        if asked > _MOST_ATTEMPTS:
            client.broken(f"the client asked {asked} times within one call, expected {_MOST_ATTEMPTS} at most")
        if call.error is None:
            client.broken("the call came back as if nothing had happened, expected an exception")

    @check("waits-as-long-as-it-is-told")
    @pytest.mark.parametrize("form", ["seconds", "date"])
    def test_waits_as_long_as_it_is_told(self, client: Case, form: str) -> None:
        """An attempt after Retry-After comes no earlier than that."""
        clock = client.provider.clock
        until = clock.now() + timedelta(seconds=_WAIT + 1)  # a date has no fractions of a second
        client.provider.token_endpoint.fail(
            "slow_down", status=429, retry_after=_WAIT if form == "seconds" else until, times=1
        )
        call = client.call()
        client.need_token_request(call)
        for first, second in pairwise(client.provider.token_requests):
            waited = second.time - first.time
            if first.status == 429 and waited < _WAIT - 0.5:  # noqa: PLR2004
                client.broken(f"the client tried again after {waited:.1f} s, told to wait for {_WAIT} s (as {form})")

    @check("does-not-wait-for-ever")
    def test_does_not_wait_for_ever(self, client: Case) -> None:
        """A Retry-After of days is answered by an exception."""
        client.provider.token_endpoint.fail("temporarily_unavailable", status=503, retry_after=_WEEK)
        began = client.provider.clock.time()
        call = client.call()
        client.need_token_request(call)
        slept = client.provider.clock.time() - began
        if call.hung or slept > _HOUR:
            client.broken(f"the call slept for {slept:,.0f} s because Retry-After said so")

    @check("recovers-after-an-outage")
    @pytest.mark.parametrize("outage", OUTAGES)
    def test_recovers_after_an_outage(self, client: Case, outage: str) -> None:
        """The first call after an outage works."""
        endpoint = client.provider.token_endpoint
        OUTAGES[outage](endpoint)
        failed = client.call()
        client.need_token_request(failed)
        client.need_end(failed)
        endpoint.recover()
        # A client that asks while it is made was never made.
        remade = client.make() if client.remake_is_needed(failed) else None
        _judge_recovered(client, client.call(remade), f"the token endpoint had been down ({outage.replace('-', ' ')})")

    @check("recovers-after-a-failed-renewal")
    def test_recovers_after_a_failed_renewal(self, client: Case) -> None:
        """A renewal that failed is made up for by the next call."""
        client.plain_call()
        client.expire()
        client.provider.token_endpoint.fail(status=503)
        failed = client.call()
        if not failed.token_requests:
            client.undecided("the client did not try to renew; see renews-an-expired-token")
        client.need_end(failed)
        client.provider.token_endpoint.recover()
        _judge_recovered(client, client.call(), "a renewal had failed with 503")

    @check("uses-its-token-during-an-outage")
    def test_uses_its_token_during_an_outage(self, client: Case) -> None:
        """A token that is good for five more seconds is used when there is no other."""
        client.plain_call()
        client.expire(before=5)
        client.provider.token_endpoint.fail(status=503)
        expiry = client.provider.tokens[-1].expiry
        call = client.call()
        if client.provider.clock.time() >= expiry:
            client.undecided("the client's attempts to renew took longer than the token was good")
        if not call.worked:
            client.broken(f"the call failed although the token was good for 5 more seconds: {client.outcome_of(call)}")

    @check("gets-a-new-token-after-a-401")
    def test_gets_a_new_token_after_a_401(self, client: Case) -> None:
        """A token that the API refused is not used for ever."""
        client.plain_call()
        client.provider.revoke()
        client.call()
        call = client.call()
        if not call.worked:
            client.broken(f"two calls after its token was revoked the client still fails: {client.outcome_of(call)}")

    @check("repeats-the-call-after-a-401")
    def test_repeats_the_call_after_a_401(self, client: Case) -> None:
        """A revoked token does not fail the call."""
        client.plain_call()
        client.provider.revoke()
        call = client.call()
        if not call.worked:
            client.broken(f"the call failed when the API refused a revoked token: {client.outcome_of(call)}")

    @check("repeats-the-same-body")
    def test_repeats_the_same_body(self, client: Case) -> None:
        """A repeated request has the body of the first."""
        send = client.body_sender()
        body = {"item": "tea", "note": "gr\u00fcn", "amounts": [1, 2.5, None]}
        first = client.call(send, body)
        if not first.worked:
            client.undecided(f"send_body fails before anything is provoked ({client.outcome_of(first)})")
        client.provider.revoke()
        call = client.call(send, body)
        sent = [entry.json for entry in call.api_requests]
        if len(sent) < 2:  # noqa: PLR2004
            client.undecided("the client does not repeat a request; see repeats-the-call-after-a-401")
        if any(one != body for one in sent[1:]):
            client.broken(
                f"the repeated request has the body {call.api_requests[-1].body[:80]!r}, expected that of the first"
            )

    @check("is-patient-with-a-401")
    def test_is_patient_with_a_401(self, client: Case) -> None:
        """An API that refuses every token is not asked for ever."""
        client.provider.api.fail("invalid_token")
        call = client.call()
        client.need_api_request(call)
        tokens, calls = len(client.provider.token_requests), len(client.provider.api_requests)
        if call.hung or calls > 3 or tokens > 3:  # noqa: PLR2004 - one call, one repetition, and one for good measure
            client.broken(
                f"the client made {tokens} token requests and {calls} API requests, expected 2 of each at most"
            )

    @check("does-not-renew-on-api-errors")
    def test_does_not_renew_on_api_errors(self, client: Case) -> None:
        """A 500 of the API is no matter of another token."""
        client.plain_call()
        client.provider.api.fail(status=500)
        call = client.call()
        if not call.api_requests:
            client.undecided("the client did not call the API a second time")
        if call.token_requests:
            client.broken("the client asked for a new token after the API had answered 500")


def _judge_recovered(client: Case, call: Call, after: str) -> None:
    __tracebackhide__ = True
    if call.hung:
        client.broken(f"the call did not come back after {after}; is a lock still held?")
    client.need_attempt(call)
    if not call.worked and not client.remake_is_needed(call):
        client.advance(_COOL_DOWN)  # some leave a server alone that was down a moment ago
        call = client.call()
    if not call.worked and call.api_requests and call.token_requests and call.token_requests[-1].token is not None:
        client.undecided(
            f"the client got a token again, and fails with it ({client.outcome_of(call)}); see gets-a-token"
        )
    if not call.worked:
        client.broken(f"the call failed after {after} and was well again: {client.outcome_of(call)}")
