"""The plain values: messages, journal, templates, masking, and the merging of options."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from core_world import API_URL, CLIENT_ID, TOKEN_URL, World

from pytest_oauthcc import OMIT
from pytest_oauthcc.core.causes import Cause, Refusal
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dialect import ApiDialect, Dialect, TokenDialect
from pytest_oauthcc.core.faults import cut
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header
from pytest_oauthcc.core.messages import Headers, NetworkFault, Request, Response, Timeout
from pytest_oauthcc.core.scopes import as_scopes, is_scope_token
from pytest_oauthcc.core.templates import compile_template, placeholders
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.layers import Layer, merge_layers, values_from_ini
from pytest_oauthcc.masking import (
    fingerprint,
    is_sensitive,
    mask,
    mask_header,
    mask_headers,
    mask_json,
    mask_params,
    mask_url,
    scheme_of,
)
from pytest_oauthcc.options import check_option, unknown_name

# --- messages


def test_header_names_have_no_case():
    """A field that came twice reads as its values with a comma between them, and is there one by one as well."""
    headers = Headers([("Accept", "a"), ("X-B", "1"), ("ACCEPT", "b")])

    assert headers["accept"] == headers.get("ACCEPT") == "a, b"
    assert headers.get_all("Accept") == ["a", "b"]
    assert "x-b" in headers
    assert "x-c" not in headers
    assert 5 not in headers
    assert headers.get("x-c") is None
    assert list(headers) == ["Accept", "X-B"]
    assert len(headers) == 2
    assert headers.fields == (("Accept", "a"), ("X-B", "1"), ("ACCEPT", "b"))
    assert repr(headers) == "Headers({'Accept': 'a, b', 'X-B': '1'})"
    with pytest.raises(KeyError):
        headers["x-c"]


def test_messages_print_what_is_no_secret():
    """Method, masked URL, masked headers and sizes."""
    request = Request("GET", "https://u:p@a.test/x?token=hush&a=b", Headers([("Cookie", "hush")]), b"hush")

    assert "hush" not in repr(request)
    assert repr(request).startswith("Request(GET https://***@a.test/x?token=***")
    assert repr(request).endswith("4 bytes)")
    assert repr(Response(200, (("Set-Cookie", "hush"),), b"hush")) == "Response(200, 4 bytes)"


@pytest.mark.parametrize(("status", "reason"), [(200, "OK"), (404, "Not Found"), (599, "")])
def test_a_status_has_a_reason(status, reason):
    """A registered one has its phrase."""
    assert Response(status).reason == reason


def test_a_header_of_a_response():
    """The first of a name counts."""
    response = Response(200, (("A", "1"), ("a", "2")))

    assert response.header("a") == "1"
    assert response.header("b") is None


@pytest.mark.parametrize(
    ("timeout", "unlimited"),
    [(Timeout(1, 1), False), (Timeout(None, 1), True), (Timeout(1, None), True), (Timeout(), True)],
)
def test_a_timeout_can_be_unlimited(timeout, unlimited):
    """It is, when either half of it is."""
    assert timeout.is_unlimited is unlimited


def test_cutting_an_answer_without_body():
    """There is nothing to halve, but the connection breaks all the same."""
    fault = cut(Response(204))

    assert isinstance(fault, NetworkFault)
    assert (fault.kind, fault.response.body) == ("reset", b"")


# --- the journal


def test_the_journal_has_views_that_grow():
    """Token requests, API requests and both in order; they compare and print like lists."""
    world = World()
    journal = world.state.journal
    tokens, apis, both = journal.token_requests, journal.api_requests, journal.exchanges
    assert tokens == apis == both == []
    assert tokens == World().state.journal.token_requests
    token = world.token(scope="a")
    world.call(token, "x?a=1&a=2&b=")
    world.call(None)

    assert (len(tokens), len(apis), len(both)) == (1, 2, 3)
    assert list(both) == [tokens[0], apis[0], apis[1]]
    assert both[-1] is apis[-1]
    assert both[1:] == [apis[0], apis[1]]
    assert tokens != apis
    assert tokens != 5
    assert [entry.number for entry in both] == [1, 2, 3]
    with pytest.raises(TypeError):
        hash(tokens)
    assert repr(tokens) == (
        f"[<token request POST {TOKEN_URL} -> 200, grant_type='client_credentials', "
        "auth_method='client_secret_basic', scope='a'>]"
    )
    assert repr(apis[0]) == f"<API request GET {API_URL}x?a=1&a=2&b= -> 200, {apis[0].token!r}>"
    assert repr(apis[1]) == f"<API request GET {API_URL}orders -> 401, without a token that the fake knows>"
    assert apis[0].params == {"a": ["1", "2"], "b": ""}


def test_a_token_request_tells_everything():
    """What was asked for, by whom, how, when, and what it got."""
    world = World()
    entry = world.ask(
        {"grant_type": "client_credentials", "scope": "b a", "audience": "x", "client_id": CLIENT_ID}
    ).entry

    assert (entry.method, entry.url, entry.status, entry.result) == ("POST", TOKEN_URL, 200, "200")
    assert entry.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert entry.body.startswith(b"grant_type=")
    assert entry.at == datetime.fromtimestamp(world.clock.now, UTC)
    assert (entry.scope, entry.scopes, entry.audience) == ("b a", {"a", "b"}, "x")
    assert entry.params["scope"] == "b a"
    assert (entry.client_id, entry.auth_method, entry.assertion) == (CLIENT_ID, "client_secret_basic", None)
    assert (entry.token.client_id, entry.violations, entry.verdict) == (CLIENT_ID, (), None)
    assert world.ask({"scope": " a  b "}).entry.scopes == {"a", "b"}
    assert world.ask({"resource": "r"}).entry.audience == "r"
    empty = world.ask({"x": "y"}, auth=None).entry
    assert (empty.grant_type, empty.scope, empty.scopes, empty.client_id, empty.auth_method) == (
        None,
        None,
        frozenset(),
        None,
        "none",
    )


def test_an_api_request_tells_everything():
    """Path, query, body and token."""
    world = World()
    world.endpoint.reply(json={"access_token": "t"})
    world.ask()

    entry = world.call("t", "a/b?x=1", method="POST", body=b'{"k": [1]}').entry

    assert (entry.path, entry.params, entry.json, entry.bearer) == ("/a/b", {"x": "1"}, {"k": [1]}, "t")
    assert world.call("t", body=b"[" * 100_000).entry.json is None
    assert world.call("t", body=b"no json").entry.json is None
    assert world.call("other").entry.scopes == frozenset()


@pytest.mark.parametrize(
    ("scopes", "shown"), [(None, "any scope"), ((), "no scope"), (("a",), "a"), (("a", "b"), "a b")]
)
def test_a_client_prints_without_its_secret(scopes, shown):
    """Its id, its secret masked, and what it may have."""
    assert repr(Client("c", "hush", scopes)) == f"Client('c', client_secret={mask('hush')}, {shown})"


def test_a_limited_journal_forgets_the_oldest():
    """The newest are kept, and numbers go on."""
    world = World(journal_limit=2)
    for _ in range(5):
        world.ask()

    assert [entry.number for entry in world.state.journal.exchanges] == [4, 5]
    assert world.state.journal.count == 5


def test_a_part_of_the_journal():
    """What came after a number, in every view."""
    world = World()
    world.call(world.token())
    world.send("GET", world.authority.jwks_url)
    journal = world.state.journal

    assert journal.since(0) is journal
    part = journal.since(1)
    assert (len(part.token_requests), len(part.api_requests), len(part.exchanges), len(part.all)) == (0, 1, 1, 2)
    assert (part.count, part.began) == (3, journal.began)


# --- templates


VALUES = {"a": 5, "b": "x", "c": None, "d": ["p", "q"], "e": True}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("plain", "plain"),
        ("{a}", 5),
        ("{a!s}", "5"),
        ("<{a}>", "<5>"),
        ("{c}", OMIT),
        ("{unknown}", OMIT),
        ("<{c}{unknown}>", "<>"),
        ("{d}", ["p", "q"]),
        ("{d!s}", "p q"),
        ("{e}", True),
        ("{null}", None),
        ("{ }", "{ }"),
        ("{A}", "{A}"),
        ({"x": "{a}", "y": "{c}", "z": {"n": "{null}"}}, {"x": 5, "z": {"n": None}}),
        (["{a}", "{c}", ["{b}"]], [5, ["x"]]),
        (("{a}",), [5]),
        (7, 7),
        (None, None),
        (False, False),
    ],
)
def test_templates_are_filled_in(template, filled):
    """A placeholder alone keeps the type of its value or leaves the member out; in a text it becomes text."""
    assert compile_template(template)(VALUES) == filled
    if filled is OMIT:
        assert repr(compile_template(template)(VALUES)) == "OMIT"


def test_placeholders_are_found():
    """In texts, tables and lists."""
    assert sorted(placeholders({"a": "{b} {c!s}", "d": ["{e}", 5, ("{f}",)], "g": None})) == ["b", "c", "e", "f"]


def test_templates_may_use_what_is_new_in_every_answer():
    """Times, unguessable texts and UUIDs."""
    made = {
        "ms": "{now_ms}",
        "date": "{now_date}",
        "clock": "{now_clock}",
        "id": "{request_id}",
        "who": "{client_uuid}",
    }
    refusal = Refusal(400, body=made)
    dialect = Dialect(
        response={"access_token": "{access_token}", **made, "n": "{now}", "r": "{random}"},
        refusals={Cause.MISSING_GRANT_TYPE: refusal},
        token=TokenDialect(claims={"uti": "{request_id}", "oid": "{client_uuid}", "at": "{now_ms}"}),
        api=ApiDialect(refusals={Cause.TOKEN_MISSING: refusal, Cause.TOKEN_REVOKED: refusal}),
    )
    world = World(dialect)
    world.clock.now = 1_700_000_000.25

    one, two = world.ask().json, world.ask().json

    assert (one["ms"], one["date"], one["clock"], one["n"]) == (
        1_700_000_000_250,
        "2023-11-14",
        "22:13:20",
        1_700_000_000,
    )
    assert one["id"] != two["id"]
    assert one["r"] != two["r"]
    assert one["who"] == two["who"]
    refused = world.ask({"x": "y"}).json
    assert (refused["date"], refused["who"]) == ("2023-11-14", one["who"])
    unknown = world.call().json
    assert unknown["clock"] == "22:13:20"
    assert unknown["who"] != one["who"]
    token = world.token()
    world.state.tokens.revoke(token, world.clock.now)
    assert world.call(token).json["who"] == one["who"]
    claims = world.state.tokens.newest.claims
    assert (claims["oid"], claims["at"]) == (one["who"], one["ms"])


# --- masking


def test_a_mask_tells_two_secrets_apart():
    """The same secret always has the same mask; nothing has none."""
    assert mask("a") == f"***{fingerprint('a')}" != mask("b")
    assert mask("") == "''"
    assert len(fingerprint("\ud800")) == 4


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Basic hush", "Basic ***"),
        ("authorization", "Bearer hush", "Bearer ***"),
        ("Authorization", "hush", "***"),
        ("Authorization", "Custom hush", "***"),
        ("Proxy-Authorization", "basic hush", "basic ***"),
        ("Cookie", "hush", "***"),
        ("X-API-Key", "hush", "***"),
        ("X-Client-Secret", "hush", "***"),
        ("DPoP", "hush", "***"),
        ("Accept", "shown", "shown"),
    ],
)
def test_headers_are_masked(name, value, shown):
    """The scheme stays, what may be secret does not."""
    masked = mask_header(name, value)

    assert masked.startswith(shown)
    assert "hush" not in masked
    assert mask_headers({name: value}) == {name: masked}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/x", "https://a.test/x"),
        ("https://u:hush@a.test/x?a=b", "https://***@a.test/x?a=b"),
        ("https://a.test?client_secret=hush", f"https://a.test?client_secret={mask('hush')}"),
        ("https://a.test?client%5Fsecret=hush&x", f"https://a.test?client%5Fsecret={mask('hush')}&x"),
        ("https://a.test/?API_KEY=hush&b=c", f"https://a.test/?API_KEY={mask('hush')}&b=c"),
        ("https://a.test/#x=1&access_token=hush", f"https://a.test/#x=1&access_token={mask('hush')}"),
        ("https://a.test/?a=b#token=hush", f"https://a.test/?a=b#token={mask('hush')}"),
        ("nothing", "nothing"),
    ],
)
def test_urls_are_masked(url, shown):
    """User info and the values of telling parameters, however they are written."""
    assert mask_url(url) == shown


def test_parameters_and_json_are_masked():
    """However far inside."""
    masked = mask_params(
        {
            "client_secret": "hush",
            "scope": "a",
            "deep": {"password": ["hush"], "list": [{"token": "hush"}, 5]},
            "secret": {"x": "hush"},
        }
    )

    assert "hush" not in json.dumps(masked)
    assert masked["scope"] == "a"
    assert mask_json([1, "x"]) == [1, "x"]
    assert is_sensitive("Api_Key")
    assert not is_sensitive("scope")


@pytest.mark.parametrize(
    ("header", "scheme"),
    [
        ("Basic x", "Basic"),
        ("DPoP x", "DPoP"),
        ("secret", ""),
        ("", ""),
        ("a-scheme-longer-than-most x", ""),
        ("1x y", ""),
    ],
)
def test_a_scheme_is_shown_only_where_it_is_one(header, scheme):
    """A word in front of a blank that is no longer than schemes are."""
    assert scheme_of(header) == scheme


@pytest.mark.parametrize("token", ["abc", "a.b", "a.b.c", "e30.W10.x", "e30.é.x", "", "a.b.c.d"])
def test_what_is_no_jwt_has_no_claims(token):
    """Nothing is read out of anything else."""
    assert decode_claims(token) == {}
    assert decode_header(token) in ({}, {})


# --- options


def test_scopes_are_read_as_users_write_them():
    """A text, or several; each once."""
    assert as_scopes("b a b") == as_scopes(["b a", "b"]) == ("b", "a")
    assert as_scopes(None) == ()
    assert is_scope_token("a:b")
    assert not is_scope_token("a b")
    for wrong in (5, [5]):
        with pytest.raises(OptionError, match=r"scope is .*; it takes a text such as"):
            as_scopes(wrong)


TAKEN = [
    ("scopes", "b a b", ("b", "a")),
    ("scopes", ["a b", "c"], ("a", "b", "c")),
    ("scopes", [], ()),
    ("api_url", None, None),
    ("token_url", "HTTPS://a.test:8443/t?x=y", "HTTPS://a.test:8443/t?x=y"),
    ("token_url", "http://[::1]:80/", "http://[::1]:80/"),
    ("passthrough", {"A.test"}, ("a.test",)),
    ("journal_limit", None, None),
    ("params", {"a": "b", "r": ["1", "2"]}, {"a": "b", "r": ("1", "2")}),
    ("audience", ["x", "y"], ("x", "y")),
    ("strict", "should", "should"),
]


@pytest.mark.parametrize(("name", "value", "used"), TAKEN)
def test_values_that_options_take(name, value, used):
    """Each is brought into one form."""
    assert check_option(name, value, "x", {}) == used


REFUSED = [
    ("token_url", "auth.test/token"),
    ("token_url", "https://"),
    ("token_url", "https:///path"),
    ("token_url", "https://a.test/#x"),
    ("token_url", "https://a.test/x y"),
    ("token_url", "https://a.test/x\n"),
    ("token_url", "https://[a.test/"),
    ("token_url", "https://a.test:99999/"),
    ("token_url", "https://a.test:0/"),
    ("token_url", "ftp://a.test/"),
    ("token_url", None),
    ("scopes", 5),
    ("scopes", {"a": 1}),
    ("scopes", b"a"),
    ("scopes", [""]),
    ("auth_methods", []),
    ("auth_methods", ["tls"]),
    ("auth_methods", "client_secret_basic"),
    ("expires_in", True),
    ("expires_in", 1.5),
    ("expires_in", -1),
    ("strict", 1),
    ("strict", "yes"),
    ("headers", {"a": 1}),
    ("headers", {"": "a"}),
    ("params", ["a"]),
    ("params", {"": "a"}),
    ("params", {"a": 5}),
    ("client_jwks", {"keys": [5]}),
    ("client_jwks", {"keys": [{}]}),
    ("passthrough", ["https://a.test"]),
    ("passthrough", ["*.a.test"]),
    ("client_id", ""),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_values_that_options_refuse(name, value):
    """The error says where, what it takes, and what was given."""
    with pytest.raises(OptionError, match=f"^somewhere: option {name!r} takes "):
        check_option(name, value, "somewhere", {})


def test_a_long_value_is_shortened():
    """An error stays readable whatever was given."""
    with pytest.raises(OptionError) as caught:
        check_option("expires_in", "9" * 10_000, "x", {})

    assert len(str(caught.value)) < 400


def test_an_unknown_name_has_a_neighbour():
    """What was probably meant comes first, then all that there is."""
    assert (
        unknown_name("option", "scop", ["b", "scope"]) == "unknown option 'scop'. Did you mean 'scope'? Valid: b, scope"
    )
    assert unknown_name("option", 5, ["b"]) == "unknown option 5. Valid: b"


def test_layers_merge_from_near_to_far():
    """The nearest value counts; a profile ends what is farther; None names no profile."""
    layers = [
        Layer("near", {"a": 1, "profile": None}),
        Layer("middle", {"a": 2, "b": 2, "profile": "p"}),
        Layer("far", {"c": 3, "profile": "q"}),
    ]

    assert merge_layers(layers) == ("p", {"a": (1, "near"), "b": (2, "middle")})
    assert merge_layers([]) == (None, {})
    with pytest.raises(OptionError, match="far: option 'profile' takes the name of a profile"):
        merge_layers([Layer("far", {"profile": 5})])


def test_ini_values_that_are_no_text_yet():
    """What pytest has read as a number or a list stays so."""
    assert values_from_ini("expires_in", 5) == 5
    assert values_from_ini("expires_in", "5") == 5
    assert values_from_ini("expires_in", "x") == "x"
    assert values_from_ini("strict", "maybe") == "maybe"
    assert values_from_ini("scopes", ["a"]) == ["a"]
