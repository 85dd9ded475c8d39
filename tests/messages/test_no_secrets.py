"""No text may ever show a secret, wherever a client put it."""

from __future__ import annotations

import json
from html import escape
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from message_world import FORM, World

from pytest_oauthcc.explain.expectation import ApiExpectation, TokenExpectation
from pytest_oauthcc.explain.hiding import Hider, hide, secrets_of
from pytest_oauthcc.explain.html import record_of_test, render, report_data
from pytest_oauthcc.explain.mismatch import mismatch
from pytest_oauthcc.explain.showing import shorten
from pytest_oauthcc.explain.timeline import timeline
from pytest_oauthcc.explain.too_many import too_many
from pytest_oauthcc.explain.unserved import not_served
from pytest_oauthcc.explain.violations import violations
from pytest_oauthcc.masking import mask

SECRETS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cs", "Cc"]), min_size=12, max_size=40
).map(lambda text: f"7{text}Q")
RULE = SimpleNamespace(id="a-rule", level="must", rfc="RFC 6749", title="t", why="w", remedy="r", link="")


def ascii_only(secret):
    """Return what a header can carry of a secret."""
    return "".join(character for character in secret if character.isascii() and character.isalnum()) + "-0123456789"


def in_two_headers(world, secret, plain):
    """Send it where a proxy or a gateway wants it."""
    world.token(headers={"X-Api-Key": plain, "Cookie": plain}, tenant=plain)


def without_a_scheme(world, secret, plain):
    """Forget the word before the credentials."""
    world.token(auth=None, headers={"Authorization": plain})
    world.api(token=None, headers={"Authorization": plain})


def in_json(world, secret, plain):
    """Send it deep in JSON bodies."""
    world.token(kind="application/json", client_secret=secret, nested={"password": secret})
    world.api(token=None, json_body={"password": secret, "list": [{"api_key": secret}]})


def as_a_token(world, secret, plain):
    """Use it as a token."""
    world.api(token=plain)
    world.api(f"/orders?access_token={quote(secret)}", token=None)


PLACES = {
    "basic": lambda world, secret, _plain: world.token(secret=secret),
    "post": lambda world, secret, _plain: world.token(auth="post", secret=secret),
    "swapped": lambda world, secret, _plain: world.token(client_id=secret, secret=secret),
    "query": lambda world, secret, _plain: world.token(
        url=f"https://auth.test/token?client_secret={quote_plus(secret)}"
    ),
    "headers": in_two_headers,
    "no scheme": without_a_scheme,
    "assertion": lambda world, secret, _plain: world.token(
        auth=None, client_assertion=secret, client_assertion_type="urn:x"
    ),
    "json": in_json,
    "token": as_a_token,
    "path": lambda world, _secret, plain: world.api(f"/tokens/{plain}", token=plain),
    "scope": lambda world, _secret, plain: world.token(scope=plain, client_secret=plain),
    "list": lambda world, secret, _plain: world.token(client_secret=[secret, secret]),
}


def all_texts(world, secret):
    """Write everything that can be written about a provider's exchanges."""
    journal = world.journal
    for expectation in (
        TokenExpectation(scope="x y", auth_method="private_key_jwt", client_id="z", grant_type="g"),
        TokenExpectation(
            headers={"X-Api-Key": secret, "Authorization": secret}, params={"client_secret": secret, "tenant": "t"}
        ),
        ApiExpectation(
            method="PATCH", path="/x", params={"access_token": secret}, json={"password": secret, "list": []}, scope="x"
        ),
        ApiExpectation(json={"list": [{"api_key": secret}], "password": [secret]}),
    ):
        for count in (None, 0, 1, 2, 99):
            yield mismatch(expectation, journal, count=count) or ""
    yield mismatch(TokenExpectation(), journal, count=99)
    yield timeline([("oauthcc", journal)])
    yield too_many(1, journal)
    findings = [SimpleNamespace(rule=RULE, entry=entry, detail=f"it has {secret}") for entry in journal.all]
    if findings:
        yield violations(findings, journal)
    for entry in journal.all:
        yield not_served(entry.request, [], looks_like_token_request=True, claimed_host=False)
        entry.violations = (SimpleNamespace(rule=RULE, detail=f"it has {secret}"),)
    record = record_of_test("test_a", "failed", 0.1, [("oauthcc", journal)], message=f"it has {secret}")
    yield json.dumps(record, ensure_ascii=False)
    yield render(report_data([record], generated="now"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SECRETS, st.lists(st.sampled_from(sorted(PLACES)), min_size=1, max_size=4))
def test_no_secret_is_in_any_text(secret, places):
    """Whatever a client does with a secret, no text shows it, plain or encoded."""
    world = World(client_secret=secret)
    world.token(secret=secret)
    for place in places:
        PLACES[place](world, secret, ascii_only(secret))
    issued = [token.value for token in world.authority.state.tokens]
    for text in all_texts(world, secret):
        for shape in (
            secret,
            quote_plus(secret),
            json.dumps(secret)[1:-1],
            escape(secret),
            ascii_only(secret),
            *issued,
        ):
            assert shape not in text


@pytest.mark.parametrize("secret", ["token", "secret", "passwd", "ab1", ""])
def test_short_and_ordinary_words_are_left_alone(secret):
    """Hiding an ordinary word would make every sentence unreadable; where it is a value, it is masked by its name."""
    assert hide("the token of the client_secret is ab1", {secret}) == "the token of the client_secret is ab1"


def test_a_short_secret_is_hidden_as_a_word_only():
    """A secret of a few characters is no part of longer words."""
    assert (
        hide("pass-1 is in pass-12 and (pass-1)", {"pass-1"})
        == f"{mask('pass-1')} is in pass-12 and ({mask('pass-1')})"
    )


def test_all_shapes_of_a_secret_are_hidden():
    """Percent-encoded, escaped by Python and by JSON."""
    secret = "p/ä'q\"+\\ 0123456"
    shapes = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
    ]
    hidden = Hider([secret])(" | ".join(shapes))
    assert hidden == " | ".join([mask(secret)] * 6)


@pytest.mark.parametrize("shown", [1, 3, 4, 20, 30, 31])
def test_a_secret_that_is_cut_is_hidden(shown):
    """Where a long text was cut, no more than three characters of a secret can be left."""
    secret = "a-secret-of-31-characters-0123!"
    text = shorten("x" * (400 - shown) + secret + "y" * 100)
    hidden = Hider([secret])(text)
    assert secret[:4] not in hidden
    assert "characters more)" in hidden
    assert Hider([secret]).everywhere({"a": [text, 7]}) == {"a": [hidden, 7]}


def test_a_text_that_is_cut_elsewhere():
    """A cut that goes through no secret changes nothing."""
    text = shorten("x" * 500)
    assert Hider(["a-secret-of-31-characters-0123!"])(text) == text


def test_the_token_of_an_introspection_is_a_secret():
    """Endpoints without an entry of their own kind are searched by the names of their parameters."""
    world = World()
    world.send(
        "POST",
        world.authority.introspection_url,
        headers={"Content-Type": FORM},
        body=b"token=a-token-to-introspect&x=y",
    )
    assert "a-token-to-introspect" in secrets_of(world.journal.all)
