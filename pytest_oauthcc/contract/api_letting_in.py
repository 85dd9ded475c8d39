"""What an API has to let in, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import check

if TYPE_CHECKING:
    from pytest_oauthcc.contract.api_case import ApiCase

__all__ = ["LettingIn"]

_LEEWAY = 600  # seconds; RFC 9068 section 4 allows a few minutes at most


class LettingIn:
    """Good tokens."""

    @check("lets-a-good-token-in", API_CHECKS)
    def test_lets_a_good_token_in(self, api: ApiCase) -> None:
        """A good token is let in."""
        api.expect_let_in(api.send("a good token", api.good()), "a good token")

    @check("takes-more-scopes", API_CHECKS)
    def test_takes_more_scopes(self, api: ApiCase) -> None:
        """A token may be good for more than is needed."""
        api.plain()
        scope = f"oauthcc:other {api.scope or ''} oauthcc:more".split()
        reply = api.send(f"a token with the scope {' '.join(scope)!r}", api.good(scope=scope))
        api.expect_let_in(reply, "a token with more scopes than are needed")

    @check("takes-an-audience-list", API_CHECKS)
    def test_takes_an_audience_list(self, api: ApiCase) -> None:
        """The audience of a token may be several."""
        api.plain()
        audience = [*api.provider.authority.state.audience, "https://api.elsewhere.test/"]
        reply = api.send(f"a token with aud {audience!r}", api.good(claims={"aud": audience}))
        api.expect_let_in(reply, "a token that is for this API and for another one")

    @check("ignores-unknown-claims", API_CHECKS)
    def test_ignores_unknown_claims(self, api: ApiCase) -> None:
        """Claims that nobody knows don't matter."""
        api.plain()
        unknown = {"https://oauthcc.test/unknown": {"deep": [None, 1.5]}, "x": None}
        api.expect_let_in(
            api.send("a token with unknown claims", api.good(claims=unknown)), "a token with unknown claims"
        )

    @check("reads-the-scheme-without-case", API_CHECKS)
    def test_reads_the_scheme_without_case(self, api: ApiCase) -> None:
        """The word Bearer may be written in any case."""
        api.plain()
        for word in ("bearer", "BEARER"):
            reply = api.send(f"a good token after {word}", headers={"Authorization": f"{word} {api.good()}"})
            api.expect_let_in(reply, f"a good token after {word}")

    @check("takes-a-token-until-it-expires", API_CHECKS)
    def test_takes_a_token_until_it_expires(self, api: ApiCase) -> None:
        """Ten seconds before its expiry a token is good."""
        api.plain()
        token = api.good(expires_in=900)
        api.advance(890)
        api.expect_let_in(
            api.send("a token 10 seconds before its expiry", token), "a token 10 seconds before its expiry"
        )

    @check("refuses-a-token-after-expiry", API_CHECKS)
    def test_refuses_a_token_after_expiry(self, api: ApiCase) -> None:
        """A token that was let in before is refused when it has expired."""
        token = api.good(expires_in=900)
        if not api.send("a good token", token).let_in:
            api.undecided("the API refuses a good token; see lets-a-good-token-in")
        api.advance(900 + _LEEWAY)
        api.expect_refusal(api.send("the same token after its expiry", token), "a token 10 minutes after its expiry")
