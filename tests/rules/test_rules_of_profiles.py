"""A provider that itself breaks a rule switches it off, and nothing else."""

from __future__ import annotations

import pytest
from rules_cases import CREDENTIALS, GRANT
from rules_world import API, SECRET, TOKEN_URL, World, basic

from pytest_oauthcc.core.dialect import ApiDialect, Dialect, ScopeDialect
from pytest_oauthcc.rules import Scene, check_elsewhere


def in_query(w):
    """Send the credentials in the URL."""
    w.ask(
        url=f"{TOKEN_URL}?client_id=billing&client_secret={SECRET}&grant_type=client_credentials", body=b"", auth=None
    )


@pytest.mark.parametrize(
    ("dialect", "options", "act", "rules"),
    [
        (
            Dialect(scope=ScopeDialect(separator=",")),
            {},
            lambda w: w.ask({**GRANT, "scope": "a,b"}),
            {"scope-not-space-separated"},
        ),
        (
            Dialect(credentials_in_query="accept"),
            {},
            in_query,
            {"secret-in-query", "client-id-in-query", "parameters-in-query"},
        ),
        (
            Dialect(),
            {"body_formats": ("form", "query")},
            lambda w: w.ask(url=f"{TOKEN_URL}?grant_type=client_credentials", body=b""),
            {"parameters-in-query"},
        ),
        (
            Dialect(basic_encoding="raw"),
            {"client_secret": "a b"},
            lambda w: w.ask(auth=basic(secret="a b", encode=False)),
            {"basic-not-form-encoded"},
        ),
        (
            Dialect(basic_encoding="either"),
            {"client_secret": "a+b"},
            lambda w: w.ask(auth=basic(secret="a+b", encode=False)),
            {"basic-not-form-encoded"},
        ),
        (
            Dialect(api=ApiDialect(scheme="Token")),
            {},
            lambda w: w.call(auth=f"Token {w.token()}"),
            {"bearer-malformed"},
        ),
        (
            Dialect(api=ApiDialect(header="X-Token", scheme="")),
            {},
            lambda w: (w.call(auth="Bearer None"), w.call(auth=w.token())),
            {"bearer-placeholder", "bearer-malformed"},
        ),
        (
            Dialect(allow={"two-auth-methods": "its own sample does it"}),
            {},
            lambda w: w.ask({**GRANT, **CREDENTIALS}),
            {"two-auth-methods"},
        ),
        (
            Dialect(allow={"token-refetched-while-valid": "each call needs one"}),
            {},
            lambda w: (w.token(), w.token()),
            {"token-refetched-while-valid"},
        ),
        (Dialect(), {"methods": ("POST", "GET")}, lambda w: w.ask(method="GET"), {"token-request-not-post"}),
        (
            Dialect(),
            {"auth_methods": ("client_secret_post",)},
            lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None),
            {"body-credentials-used"},
        ),
    ],
)
def test_a_provider_switches_off_what_it_breaks_itself(dialect, options, act, rules):
    """The same request breaks the rules at a plain provider, and breaks none of them at this one."""
    secret = {name: options[name] for name in ("client_secret",) if name in options}
    plain, own = World(**secret), World(dialect, **options)
    act(plain)
    act(own)
    assert rules <= plain.message_ids() | plain.behaviour_ids()
    assert not rules & (own.message_ids() | own.behaviour_ids())


IN_QUERY = "the provider takes credentials in the query"
OWN_WAYS = [
    (Dialect(), {}, {}),
    (
        Dialect(scope=ScopeDialect(separator=",")),
        {},
        {"scope-not-space-separated": "the provider parts scopes by ','"},
    ),
    (
        Dialect(credentials_in_query="accept"),
        {},
        dict.fromkeys(("secret-in-query", "client-id-in-query", "parameters-in-query"), IN_QUERY),
    ),
    (
        Dialect(),
        {"body_formats": ("form", "query")},
        {"parameters-in-query": "the provider takes parameters in the query"},
    ),
    (
        Dialect(basic_encoding="raw"),
        {},
        {"basic-not-form-encoded": "the provider reads Basic credentials as they are"},
    ),
    (
        Dialect(api=ApiDialect(header="X-Token", scheme="")),
        {},
        dict.fromkeys(
            ("bearer-malformed", "bearer-placeholder"), "the provider's API takes the token in the header X-Token"
        ),
    ),
    (
        Dialect(api=ApiDialect(scheme="Token")),
        {},
        dict.fromkeys(
            ("bearer-malformed", "bearer-placeholder"),
            "the provider's API takes the token in the header Authorization with Token",
        ),
    ),
    (Dialect(allow={"other-grant": "it has one"}), {}, {"other-grant": "it has one"}),
    (
        Dialect(basic_encoding="raw", allow={"basic-not-form-encoded": "see its manual"}),
        {},
        {"basic-not-form-encoded": "see its manual"},
    ),
]


@pytest.mark.parametrize(("dialect", "options", "off"), OWN_WAYS)
def test_what_a_provider_switches_off_has_a_reason(dialect, options, off):
    """The reasons are there to be told, the provider's own words before ours."""
    assert World(dialect, **options).scene.off == off


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "DPoP", "CUSTOM"])
def test_token_types_that_a_client_can_use(kind):
    """Bearer, DPoP, and the provider's own type, in any letters (RFC 6749 section 7.1)."""
    assert World(Dialect(token_type="Custom")).scene.knows_token_type(kind)
    assert World().scene.knows_token_type(kind) is (kind != "CUSTOM")


def test_a_scene_goes_out_of_date_with_its_settings():
    """Who changes a provider's settings gets a new scene."""
    world = World()
    assert world.scene.is_of(world.authority)
    world.authority.state.settings = World(expires_in=60).authority.state.settings
    assert not world.scene.is_of(world.authority)
    assert Scene.of(world.authority).is_of(world.authority)


def test_a_provider_with_two_names_is_meant_by_both():
    """An assertion may name the URLs of a loopback server, and its token URL has a query of its own."""
    from dataclasses import replace

    from rules_cases import asserted

    world = World()
    names = replace(world.authority.names, issuer="http://127.0.0.1:1", token_url="http://127.0.0.1:1/token?tenant=t1")
    world.authority.answer_to(names)
    assert not world.scene.is_of(world.authority)
    world.scene = Scene.of(world.authority)
    asserted(world, {"aud": "http://127.0.0.1:1"})
    assert "assertion-audience-wrong" not in world.message_ids()
    world.ask(names=names)
    assert world.message_ids() == {"token-url-query-dropped"}


def test_another_fake_can_be_the_other_host():
    """A request that another provider answered is looked at for the tokens of this one."""
    mine, other = World(), World(token_url="https://other.test/token", issuer="https://other.test")
    entry = other.call(mine.token(), url=API)
    assert [finding.rule.id for finding in check_elsewhere(entry, mine.scene)] == ["token-sent-to-another-host"]
    assert check_elsewhere(entry, other.scene) == ()


def test_a_profile_can_switch_off_the_look_elsewhere():
    """What a provider's gateway makes its clients do is no broken rule."""
    mine = World(Dialect(allow={"token-sent-to-another-host": "the gateway is another host"}))
    entry = mine.call(url="https://elsewhere.test/")
    assert check_elsewhere(entry, mine.scene) == ()
    assert mine.behaviour_ids() == set()


@pytest.mark.parametrize(
    "act",
    [
        lambda w: w.authority.token_endpoint.fail("invalid_request", times=1),
        lambda w: w.authority.token_endpoint.fail(status=503, times=1),
        lambda w: w.authority.token_endpoint.time_out(times=1),
        lambda w: w.authority.token_endpoint.redirect("https://elsewhere.test/", times=1),
    ],
)
def test_faults_of_the_test_break_no_rule(act):
    """What the test has the fake do is not the client's fault."""
    world = World()
    act(world)
    world.ask()
    world.ask()
    world.call()
    assert world.message_ids() == set()
