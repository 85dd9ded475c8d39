"""Reading answers: what the client makes of the token endpoint's answer, whatever it lacks or has beside the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.core.templates import OMIT

if TYPE_CHECKING:
    from pytest_oauthcc.contract.case import Case

__all__ = ["ReadingAnswers"]


class ReadingAnswers:
    """The first answer."""

    @check("takes-token-type-in-any-case")
    @pytest.mark.parametrize("spelling", ["bearer", "Bearer", "BEARER"])
    def test_takes_token_type_in_any_case(self, client: Case, spelling: str) -> None:
        """token_type compares without case."""
        client.need_member("token_type")
        _need_bearer(client)
        client.takes(f"token_type: {spelling}", token_type=spelling)

    @check("works-without-token-type")
    def test_works_without_token_type(self, client: Case) -> None:
        """A missing token_type is taken for Bearer."""
        client.need_member("token_type")
        client.takes("an answer without token_type", token_type=OMIT)

    @check("leaves-tokens-of-unknown-types-alone")
    def test_leaves_tokens_of_unknown_types_alone(self, client: Case) -> None:
        """A token of the type mac is not sent to the API."""
        client.need_member("token_type")
        client.provider.token_endpoint.alter(token_type="mac")  # noqa: S106
        call = client.call()
        client.need_token_request(call)
        if client.api_requests_after_asking():
            client.broken("the client sent a token of the unknown type 'mac' to the API, expected an error")
        client.need_attempt(call)

    @check("works-without-scope-in-the-answer")
    def test_works_without_scope_in_the_answer(self, client: Case) -> None:
        """An answer without scope is fine."""
        client.takes("an answer without scope", scope=OMIT)

    @check("takes-a-narrower-scope")
    def test_takes_a_narrower_scope(self, client: Case) -> None:
        """Another scope in the answer than was asked for is no error."""
        client.need_member("scope")
        client.takes("an answer that grants another scope", scope="contract:narrowed")

    @check("ignores-unknown-members")
    def test_ignores_unknown_members_of_the_answer(self, client: Case) -> None:
        """Members that nobody has heard of do no harm."""
        unknown = {"not_before_policy": 0, "x_meta": {"list": [1, None]}, "class": "gold"}
        client.takes("an answer with unknown members", **unknown)

    @check("carries-a-long-token")
    def test_carries_a_long_token(self, client: Case) -> None:
        """A token of some 6,000 characters arrives at the API as it is."""
        client.need_member("access_token")
        _need_bearer(client)
        if client.settings.token_format == "jwt":  # noqa: S105
            token = client.provider.mint(claims={"roles": ["contract-role"] * 270})
        else:
            token = "contract." * 666 + "end"
        members = {"access_token": token, "token_type": client.dialect.token_type, "expires_in": 3600}
        client.provider.token_endpoint.reply(json=members)
        call = client.call()
        client.need_token_request(call)
        client.need_attempt(call)
        arrived = [entry.bearer for entry in client.provider.api_requests]
        if token not in arrived:
            lengths = ", ".join(str(len(one or "")) for one in arrived) or client.outcome_of(call)
            client.broken(f"a token of {len(token):,} characters did not arrive at the API whole: {lengths}")


def _need_bearer(client: Case) -> None:
    """Skip the check where tokens are, or may be, of another type than Bearer."""
    if client.settings.dpop != "off":
        client.undecided("the provider binds tokens to keys, and then calls their type DPoP (RFC 9449 section 5)")
    if client.dialect.token_type.lower() != "bearer":
        client.undecided(f"the provider's tokens are of the type {client.dialect.token_type}")
