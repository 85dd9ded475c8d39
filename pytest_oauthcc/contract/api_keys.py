"""The issuer's keys: fetched when they are needed, kept, renewed, and never asked for more often than that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import check

if TYPE_CHECKING:
    from pytest_oauthcc.contract.api_case import ApiCase

__all__ = ["Keys"]

_MANY = 20
_MINUTE = 60  # longer than libraries wait before they fetch again for an unknown kid
_DAY = 86_400


class Keys:
    """A key rotation without an outage."""

    @check("keeps-the-keys", API_CHECKS)
    def test_keeps_the_keys(self, api: ApiCase) -> None:
        """The keys are not fetched for each request."""
        api.plain()
        api.need_keys()
        before = len(api.key_requests)
        for _ in range(_MANY):
            api.plain()
        again = len(api.key_requests) - before
        if again > 1:
            api.broken(f"the API asked for the keys {again} times more for {_MANY} requests, expected once at most")

    @check("takes-a-new-key", API_CHECKS)
    def test_takes_a_new_key(self, api: ApiCase) -> None:
        """A minute after a rotation tokens of the new key are let in."""
        api.plain()
        api.need_keys()
        api.provider.rotate_keys()
        api.advance(_MINUTE)
        reply = api.send("a token of the new key", api.good())
        api.expect_let_in(reply, "a token that is signed with the issuer's new key")

    @check("keeps-taking-the-old-key", API_CHECKS)
    def test_keeps_taking_the_old_key(self, api: ApiCase) -> None:
        """A rotation does not end the life of tokens that are out."""
        token = api.good()
        api.plain()
        api.need_keys()
        api.provider.rotate_keys()
        api.advance(_MINUTE)
        api.send("a token of the new key", api.good())
        reply = api.send("a token of the old key", token)
        api.expect_let_in(reply, "a token that is signed with the older of two published keys")

    @check("forgets-a-retired-key", API_CHECKS)
    def test_forgets_a_retired_key(self, api: ApiCase) -> None:
        """A day after a key was withdrawn its tokens are refused."""
        token = api.good(expires_in=3 * _DAY)
        if not api.send("a good token", token).let_in:
            api.undecided("the API refuses a good token that lives for three days; see lets-a-good-token-in")
        api.need_keys()
        api.provider.rotate_keys(keep_old=False)
        api.advance(_DAY)
        api.expect_refusal(api.send("a token of the withdrawn key", token), "a token whose key was withdrawn a day ago")

    @check("is-not-made-to-fetch-keys", API_CHECKS)
    def test_is_not_made_to_fetch_keys(self, api: ApiCase) -> None:
        """Unknown kids lead to few requests for keys."""
        api.plain()
        api.need_keys()
        before = len(api.key_requests)
        for number in range(_MANY):
            api.send(f"a token with the kid 'unknown-{number}'", api.good(headers={"kid": f"unknown-{number}"}))
        again = len(api.key_requests) - before
        if again > _MANY // 4:
            api.broken(f"the API asked for the keys {again} times because of {_MANY} unknown kids, expected once or so")

    @check("works-while-the-keys-are-down", API_CHECKS)
    def test_works_while_the_keys_are_down(self, api: ApiCase) -> None:
        """Keys that are there are kept when no others can be had."""
        api.plain()
        api.need_keys()
        api.take_keys_down()
        api.advance(_MINUTE)
        unknown = api.send("a token with an unknown kid", api.forge("unknown-kid").value)
        if unknown.let_in:
            api.undecided("the API lets an unknown kid in; see refuses-unknown-kid")
        api.expect_let_in(api.send("a good token", api.good()), "a good token while the issuer's keys are down")

    @check("lets-nobody-in-without-keys", API_CHECKS)
    def test_lets_nobody_in_without_keys(self, api: ApiCase) -> None:
        """An API that has no keys refuses, and recovers."""
        api.take_keys_down()
        problem = ""
        try:
            api.function()
        except Exception as error:  # noqa: BLE001 - whatever the API raises while it starts
            problem = f"the API asks for the keys when it starts, and does not start without ({type(error).__name__})"
        if problem:
            api.undecided(problem)
        forged = api.send("a token of a wrong key", api.forge("wrong-key").value)
        api.send("a good token", api.good())
        api.need_keys()
        if forged.let_in:
            api.broken(f"the API let a token in that it had no key to verify with ({forged}), expected 401 or 503")
        api.bring_keys_up()
        api.advance(_MINUTE)
        api.expect_let_in(api.send("a good token", api.good()), "a good token although the issuer's keys are up again")
