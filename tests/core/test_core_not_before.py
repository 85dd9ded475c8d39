"""Tokens that are not good yet: nbf (RFC 7519 section 4.1.5) at the API and at introspection (RFC 7662 section 4)."""

from __future__ import annotations

import pytest
from core_world import API_URL, CLIENT_ID, World, basic

from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.dialect import DEFAULT_CLAIMS, Dialect, TokenDialect
from pytest_oauthcc.core.keys import make_key
from pytest_oauthcc.core.recognition import Recognition

BEGIN = 1_700_000_100


def minted(world, begin, **claims):
    """Mint a token that says from when on it is good."""
    return world.state.issue(CLIENT_ID, (), now=world.clock.now, claims={"nbf": begin, **claims}).value


def told(world, token):
    """What introspection says of a token."""
    fields = {"Authorization": basic(), "Content-Type": "application/x-www-form-urlencoded"}
    return world.send("POST", world.authority.introspection_url, fields, f"token={token}".encode()).json


def test_a_token_is_good_from_its_nbf_on():
    """The API and introspection agree about it to the moment."""
    world = World()
    token = minted(world, BEGIN)

    got = world.call(token)
    assert (got.cause, got.status) == (Cause.TOKEN_NOT_YET_VALID, 401)
    description = "the token is good from its nbf on only, in 100 s (RFC 7519 section 4.1.5)"
    assert got.json == {"error": "invalid_token", "error_description": description}
    assert got.entry.verdict.facts == {"token": got.entry.token}
    assert told(world, token) == {"active": False}

    world.clock.now = BEGIN - 0.001
    assert world.call(token).status == 401
    assert told(world, token) == {"active": False}

    world.clock.now = BEGIN
    assert world.call(token).status == 200
    assert (told(world, token)["active"], told(world, token)["nbf"]) == (True, BEGIN)


def test_what_is_wrong_for_good_is_told_first():
    """A token that is over, or was revoked, does not become good later."""
    world = World()
    revoked, over = minted(world, BEGIN), minted(world, BEGIN, exp=BEGIN - 200)
    assert world.state.tokens.revoke(revoked, world.clock.now) == 1, "it can be used later, and so be revoked now"

    assert world.call(revoked).cause == Cause.TOKEN_REVOKED
    assert world.call(over).cause == Cause.TOKEN_EXPIRED


@pytest.mark.parametrize("begin", ["tomorrow", None, [BEGIN]])
def test_an_nbf_that_is_no_moment_does_not_count(begin):
    """Only a number says from when on a token is good; the RFC leaves open what else would mean."""
    world = World()

    assert world.call(minted(world, begin)).status == 200
    assert world.state.tokens.newest.not_before is None


def test_a_profile_whose_tokens_have_nbf_issues_good_ones():
    """They are good from the second of their issue on, and introspection repeats it."""
    world = World(Dialect(token=TokenDialect(claims={**DEFAULT_CLAIMS, "nbf": "{nbf}"})))
    token = world.token()

    assert world.call(token).status == 200
    assert told(world, token)["nbf"] == world.state.tokens.newest.claims["nbf"] == 1_700_000_000


def test_a_bound_token_that_is_not_good_yet_is_told_to_be_just_that():
    """Whether a token is good at all comes before how it is sent."""
    world = World(dpop="required")

    assert world.call(minted(world, BEGIN)).cause == Cause.TOKEN_NOT_YET_VALID


def test_a_forged_one_has_the_same_cause():
    """The forgery not-yet-valid is refused for what is wrong with it."""
    from pytest_oauthcc.core.forgery import Forger

    world = World()
    forged = Forger(world.state).forge("not-yet-valid", None)

    assert world.call(forged.value).cause == Cause.TOKEN_NOT_YET_VALID


@pytest.mark.parametrize(("begin", "not_before"), [(BEGIN, BEGIN), (None, None)])
def test_another_process_knows_it_from_the_token(begin, not_before):
    """A token of another process with the same key is good from its nbf on as well."""
    key = make_key("ES256")
    one, other = World(signing_key=key), World(signing_key=key)
    token = minted(one, begin)

    assert other.state.tokens.get(token).not_before == not_before
    assert other.call(token).cause == (None if begin is None else Cause.TOKEN_NOT_YET_VALID)


def test_another_process_does_not_know_one_whose_nbf_is_no_moment():
    """A JWT with a claim of the wrong type is none of the provider's."""
    key = make_key("ES256")
    world = World(signing_key=key)
    recognition = Recognition(world.state.settings, TokenDialect())

    assert recognition.recognise(minted(world, "tomorrow")) is None
    assert recognition.recognise(minted(world, BEGIN)).audience == (API_URL,)
