"""Whatever a client sends, no rule raises, none tells a secret, and none costs more the longer the test lasts."""

from __future__ import annotations

import base64
import gc
import sys
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rules_cases import MESSAGE_CASES
from rules_sequences import SEQUENCES
from rules_world import API, FORM, SECRET, TOKEN_URL, World, basic, jwt

from pytest_oauthcc.core.dialect import Dialect, ScopeDialect
from pytest_oauthcc.rules import check_behaviour, check_message

QUICK = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

JUNK = st.text(max_size=12) | st.sampled_from(
    [
        SECRET,
        "None",
        "",
        "client_credentials",
        "a,b",
        "['a']",
        "%",
        "+",
        "a b",
        "https://[",
        jwt({"sub": "x", "exp": "y"}),
        "a.b.",
    ]
)
HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
NAMES = st.sampled_from(
    [
        "grant_type",
        "scope",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
        "resource",
        "audience",
        "access_token",
    ]
)
AUTHORIZATION = (
    HEADER_TEXT
    | st.binary(max_size=20).map(lambda pair: "Basic " + base64.b64encode(pair).decode())
    | st.tuples(st.sampled_from(["Bearer", "bearer", "DPoP", "Basic", "Token", "Bearer Bearer"]), HEADER_TEXT).map(
        " ".join
    )
    | st.sampled_from([basic(), SECRET, f"Bearer {SECRET}"])
)
PARAMETERS = st.lists(st.tuples(NAMES | JUNK, JUNK), max_size=6)
BODIES = st.binary(max_size=60) | PARAMETERS.map(
    lambda pairs: "&".join(
        f"{quote_plus(name, errors='replace')}={quote_plus(value, errors='replace')}" for name, value in pairs
    ).encode()
)
KINDS = st.sampled_from([FORM, "application/json", "multipart/form-data; boundary=x", "text/plain", ""]) | HEADER_TEXT
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Authorization": AUTHORIZATION,
        "Content-Type": KINDS,
        "Accept": HEADER_TEXT,
        "Cookie": HEADER_TEXT,
        "Referer": HEADER_TEXT,
        "DPoP": HEADER_TEXT | st.just(jwt({"htu": "x"}, {"typ": 1, "jwk": {"kty": 1}})),
        "content_type": HEADER_TEXT,
    },
)
TAILS = st.sampled_from(["", f"?client_secret={SECRET}", "?access_token=x", "/%zz", "?a", f"?k={SECRET}&%"]) | st.text(
    st.characters(min_codepoint=33, max_codepoint=126), max_size=20
).map("?".__add__)
URLS = st.tuples(
    st.sampled_from(
        [
            TOKEN_URL,
            API,
            "http://auth.test/token",
            "http://api.test/orders",
            "https://auth.test/revoke",
            "https://auth.test/introspect",
            "https://auth.test/.well-known/jwks.json",
            "https://elsewhere.test/x",
        ]
    ),
    TAILS,
).map("".join)
REQUESTS = st.lists(
    st.tuples(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), URLS, HEADERS, BODIES, st.integers(0, 5000)),
    max_size=6,
)
DIALECTS = st.sampled_from([Dialect(), Dialect(scope=ScopeDialect(separator=",")), Dialect(basic_encoding="raw")])


def shown(world):
    """Return everything that the findings show."""
    return " ".join(repr(finding) + finding.detail for finding in world.findings())


@QUICK
@given(REQUESTS, DIALECTS)
def test_no_request_makes_a_rule_raise(requests, dialect):
    """Garbage breaks rules or keeps them, and nothing else; the details never show the secret or a token."""
    world = World(dialect, params={"a": "b"}, token_url=TOKEN_URL)
    for method, url, headers, body, seconds in requests:
        world.send(method, url, headers, body, verify=None)
        world.clock.advance(seconds)
    assert SECRET not in shown(world)


@QUICK
@given(JUNK.filter(bool), st.data())
def test_no_secret_is_told(value, data):
    """Wherever the secret or a token turns up, the details show neither."""
    world = World()
    secret = data.draw(st.sampled_from([SECRET, world.token()]))
    name = data.draw(NAMES)
    values = {"grant_type": "client_credentials", name: f"{value}{secret}" if data.draw(st.booleans()) else secret}
    world.ask(values, auth=data.draw(st.sampled_from([None, secret, f"{secret} x", f"Bearer {secret}"])))
    world.call(
        auth=data.draw(
            st.sampled_from([secret, f"Bearer {secret}{value}", f"{secret} {secret}", basic(secret, secret)])
        )
    )
    world.call(url=f"{API}/{secret}?{name}={secret}", headers=[("Cookie", secret), ("Referer", secret)])
    world.send(
        "POST",
        f"https://elsewhere.test/{secret}",
        {secret: secret, "Authorization": secret},
        values["grant_type"].encode(),
    )
    assert secret not in shown(world)


@pytest.mark.parametrize("case", [*MESSAGE_CASES, *SEQUENCES], ids=str)
def test_no_case_tells_a_secret(case):
    """The details of the rules' own cases hold no secret and no token."""
    world = World(**case.options)
    case.wrong(world)
    text = shown(world)
    for secret in (world.secret, *(token.value for token in world.authority.state.tokens if token.value)):
        assert secret not in text


def calls_of(function):
    """Count the calls, of Python and of C functions, that a function makes."""
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event in {"call", "c_call"}

    gc.disable()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def right_exchange(world):
    """Fetch a token and call the API with it, and return both entries."""
    token = world.ask({"grant_type": "client_credentials", "scope": "orders:read orders:write"})
    return token, world.call(token.token.value, url=f"{API}/17?page=3")


def test_the_ten_thousandth_exchange_costs_what_the_tenth_does():
    """The message rules make the same number of calls however many exchanges were before, and few of them."""
    world = World()
    costs = []
    for number in range(1, 5001):
        entries = right_exchange(world)
        if number in {5, 5000}:
            costs.append([calls_of(lambda entry=entry: check_message(entry, world.scene)) for entry in entries])
    assert len(world.entries) == 10_000
    assert costs[0] == costs[1]
    assert max(costs[0]) < 100


def test_behaviour_rules_take_the_journal_once():
    """Ten times the exchanges cost the behaviour rules ten times the calls, and not more."""

    def cost(count):
        world = World()
        for _ in range(count):
            right_exchange(world)
            world.clock.advance(3601)
        entries = world.entries
        return calls_of(lambda: check_behaviour(entries, world.scene))

    assert cost(200) <= 10 * cost(20) * 1.05


@pytest.mark.parametrize("token", ["AMupOWztzubsUgXHcacEuwwsGlvbMJgs", "abcdefghijklmnopqrstuvwxyz", "abc-123-def"])
def test_a_token_without_digits_is_one_as_well(token):
    """A leaked token is found by its value, whatever characters chance gave it; it is not shown."""
    world = World()
    world.authority.state.random = lambda: token
    world.token()
    world.call(token, url=f"{API}?t={token}")
    world.ask({"grant_type": token})
    assert "bearer-in-query" in world.message_ids()
    assert token not in shown(world)
