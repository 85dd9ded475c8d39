"""Renewing a token: at its expiry, shortly before, never long after, whatever the answer and the clock say."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.calls import count_issued
from pytest_oauthcc.core.templates import OMIT

if TYPE_CHECKING:
    from pytest_oauthcc.contract.calls import Call
    from pytest_oauthcc.contract.case import Case

__all__ = ["Renewing"]

_DAY = 86_400
_LONG_ENOUGH = 1200  # of shorter lifetimes a usual leeway, such as five minutes, may take half
_HUGE = 10**15

_ZONES = {
    "west-of-greenwich": ("America/Los_Angeles", datetime(2026, 1, 15, 20, 0, tzinfo=UTC)),
    "east-of-greenwich": ("Asia/Tokyo", datetime(2026, 1, 15, 20, 0, tzinfo=UTC)),
    "clocks-go-forward": ("America/New_York", datetime(2026, 3, 8, 6, 45, tzinfo=UTC)),
    "clocks-go-back": ("America/New_York", datetime(2026, 11, 1, 5, 45, tzinfo=UTC)),
    "new-year": ("UTC", datetime(2026, 12, 31, 23, 15, tzinfo=UTC)),
}


class Renewing:
    """The next token."""

    @check("renews-an-expired-token")
    def test_renews_an_expired_token(self, client: Case) -> None:
        """A call after the expiry gets a new token."""
        client.plain_call()
        client.expire()
        _judge_renewed(client, client.call(), "after its token had expired")

    @check("renews-every-time")
    def test_renews_every_time(self, client: Case) -> None:
        """Each expiry is followed by one renewal, and calls in between by none."""
        client.plain_call()
        for round_ in range(1, 4):
            client.expire()
            _judge_renewed(client, client.call(), f"after expiry {round_}")
            again = client.call()
            if again.token_requests:
                client.broken(f"the client asked for a token once more right after renewing it (expiry {round_})")

    @check("tolerates-clock-skew")
    def test_tolerates_clock_skew(self, client: Case) -> None:
        """A token that the API refuses two seconds before its expiry does not fail the call."""
        client.plain_call()
        client.expire(before=2)
        client.provider.revoke()  # what an API does whose clock is some seconds ahead
        call = client.call()
        if not call.worked:
            how = client.outcome_of(call)
            client.late(f"the call failed two seconds before the expiry, when the API refused the token: {how}")

    @check("does-not-send-expired-tokens")
    def test_does_not_send_expired_tokens(self, client: Case) -> None:
        """A token whose expiry is over is not tried any more."""
        if not client.has_expires_in:
            client.undecided("the provider does not say when its tokens expire")
        client.plain_call()
        client.expire(after=5)
        call = client.call()
        stale = [entry for entry in call.api_requests if entry.token is not None and entry.token.is_expired(entry.time)]
        if stale:
            client.late("the client sent a token to the API that had been expired for 5 s")

    @check("keeps-its-token-for-half-its-life")
    def test_keeps_its_token_for_half_its_life(self, client: Case) -> None:
        """Half of the lifetime is no reason to renew."""
        if client.settings.expires_in < _LONG_ENOUGH:
            client.provider.reconfigure(expires_in=3600)
        client.plain_call()
        client.advance(client.settings.expires_in / 2)
        call = client.call()
        if call.token_requests:
            client.broken(f"the client renewed its token after half of its {client.settings.expires_in} s")

    @check("keeps-short-lived-tokens")
    def test_keeps_short_lived_tokens(self, client: Case) -> None:
        """Tokens that live 30 seconds are kept, too."""
        client.provider.reconfigure(expires_in=30)
        client.plain_call()
        for _ in range(4):
            client.call()
        asked = count_issued(client.provider.token_requests)
        if asked > 1:
            client.broken(f"the client made {asked} token requests for 5 calls with tokens of 30 s, expected 1")

    @check("works-without-expires-in")
    def test_works_without_expires_in(self, client: Case) -> None:
        """An answer without expires_in is usable."""
        self._use(client, "an answer without expires_in", OMIT)

    @check("reads-the-exp-of-a-jwt")
    def test_reads_the_exp_of_a_jwt_without_expires_in(self, client: Case) -> None:
        """A JWT without expires_in is not taken to be good for ever."""
        if client.settings.token_format != "jwt":  # noqa: S105
            client.undecided("the provider's tokens are opaque")
        self._use(client, "an answer without expires_in", OMIT)
        client.expire()
        _judge_renewed(client, client.call(), "after a JWT without expires_in had expired")

    @check("works-with-expires-in-null")
    def test_works_with_expires_in_null(self, client: Case) -> None:
        """expires_in: null is usable."""
        self._use(client, "expires_in: null", None)

    @check("reads-expires-in-as-a-string")
    def test_reads_expires_in_as_a_string(self, client: Case) -> None:
        """expires_in: "3600" is usable, and honoured."""
        self._use_and_expire(client, str(client.settings.expires_in))

    @check("reads-expires-in-as-a-float")
    def test_reads_expires_in_as_a_float(self, client: Case) -> None:
        """expires_in: 3600.0 is usable, and honoured."""
        self._use_and_expire(client, float(client.settings.expires_in))

    @check("does-not-take-zero-for-ever")
    def test_does_not_take_an_expires_in_of_zero_for_ever(self, client: Case) -> None:
        """expires_in: 0 is no lifetime without end."""
        self._use(client, "expires_in: 0", 0)
        client.advance(_DAY)
        client.provider.revoke()
        call = client.call()
        if not call.worked:
            how = client.outcome_of(call)
            client.late(f"a day after an answer with expires_in: 0 the client still used that token: {how}")

    @check("survives-a-huge-expires-in")
    def test_survives_a_huge_expires_in(self, client: Case) -> None:
        """expires_in: 10^15 is usable."""
        self._use(client, "expires_in: 10^15", _HUGE)

    def _use(self, client: Case, what: str, value: Any) -> None:
        if not client.has_expires_in:
            client.undecided("the provider does not say when its tokens expire")
        client.takes(what, expires_in=value)

    def _use_and_expire(self, client: Case, value: Any) -> None:
        self._use(client, f"expires_in: {value!r}", value)
        again = client.call()
        if again.token_requests:
            client.broken(f"the client does not understand expires_in: {value!r}, and asks for a token on every call")
        client.expire()
        _judge_renewed(client, client.call(), f"after a token with expires_in: {value!r} had expired")

    @check("counts-alike-in-every-time-zone")
    @pytest.mark.parametrize("zone", _ZONES)
    def test_counts_alike_in_every_time_zone(self, client: Case, zone: str) -> None:
        """Neither the machine's time zone nor the date changes anything."""
        if not hasattr(time, "tzset"):
            client.undecided("the time zone of a process can't be changed on this system")
        name, moment = _ZONES[zone]
        if client.settings.expires_in < _LONG_ENOUGH:
            client.provider.reconfigure(expires_in=3600)
        lifetime = client.settings.expires_in
        before = os.environ.get("TZ")
        client.environment.setenv("TZ", name)
        time.tzset()
        try:
            client.begin_at(moment)
            client.plain_call()
            client.advance(lifetime / 2)
            where = f"in {name} at {moment:%d %b %H:%M} UTC"
            if client.call().token_requests:
                client.broken(f"{where} the client renewed its token after half of its {lifetime} s")
            client.expire()
            _judge_renewed(client, client.call(), f"after its token had expired {where}")
        finally:
            client.environment.undo()
            assert os.environ.get("TZ") == before  # noqa: S101 - the next test's time depends on it
            time.tzset()

    @check("renews-with-its-credentials")
    @pytest.mark.parametrize("refresh_token", [None, "r-4711"], ids=["null", "refused"])
    def test_renews_with_its_credentials(self, client: Case, refresh_token: str | None) -> None:
        """A refresh_token in the answer does not keep the client from renewing."""
        client.need_member("access_token")
        client.provider.token_endpoint.alter(refresh_token=refresh_token)
        client.plain_call()
        client.expire()
        call = client.call()
        shown = "null" if refresh_token is None else "a text"
        if not call.worked:
            client.late(f"the call failed after expiry when refresh_token had been {shown}: {client.outcome_of(call)}")

    @check("survives-a-key-rotation")
    def test_survives_a_key_rotation(self, client: Case) -> None:
        """A token that is signed with a new key is as good as any."""
        if client.settings.token_format != "jwt":  # noqa: S105
            client.undecided("the provider's tokens are opaque")
        client.plain_call()
        client.provider.rotate_keys()
        client.expire()
        call = client.call()
        if not call.token_requests:
            client.undecided("the client does not renew; see renews-an-expired-token")
        if not call.worked:
            again = client.call()  # some renew on 401 without repeating the call
            if not again.worked:
                client.broken(f"the client fails on a token that is signed with a new key: {client.outcome_of(again)}")


def _judge_renewed(client: Case, call: Call, when: str) -> None:
    __tracebackhide__ = True
    if call.hung:
        client.broken(f"the call {when} did not come back")
    if not call.token_requests:
        client.late(f"the client did not ask for a new token {when}: {client.outcome_of(call)}")
    if not call.worked:
        client.late(f"the call {when} failed: {client.outcome_of(call)}")
