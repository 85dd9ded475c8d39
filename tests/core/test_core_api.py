"""What the protected API answers to good tokens, bad tokens and none."""

from __future__ import annotations

import sys

import pytest
from core_world import API_URL, CLIENT_ID, FORM, TOKEN_URL, World

from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.causes import API_REFUSALS, Cause, Refusal
from pytest_oauthcc.core.dialect import ApiDialect, Dialect, Licensing
from pytest_oauthcc.core.settings import Settings
from pytest_oauthcc.errors import OptionError

BARE = 'Bearer realm="oauthcc"'


def test_a_good_token_gets_in():
    """Until a route is declared every path answers 200 and an empty object."""
    world = World()
    token = world.token(scope="a")

    got = world.call(token, "any/path?x=1", method="PATCH")

    assert (got.status, got.json) == (200, {})
    assert got.header("Content-Type") == "application/json"
    assert got.entry.path == "/any/path"
    assert got.entry.token.value == token
    assert got.entry.scopes == {"a"}
    assert got.entry.verdict is None


def _expired(world):
    token = world.token()
    world.clock.advance(3600.75)
    return {"token": token}


def _revoked(world):
    token = world.token()
    assert world.state.tokens.revoke(token, world.clock.time()) == 1
    return {"token": token}


def _of_another_audience(world):
    return {"token": world.token(resource="https://other.test/")}


def _too_narrow(world):
    world.api.require(scope="orders:read orders:write")
    return {"token": world.token(scope="orders:read x")}


def _twice(world):
    token = world.token()
    return {"token": token, "path": f"orders?access_token={token}"}


def _twice_in_body(world):
    token = world.token()
    return {
        "token": token,
        "method": "POST",
        "headers": {"Content-Type": FORM},
        "body": b"access_token=" + token.encode(),
    }


INVALID = 'Bearer realm="oauthcc", error="invalid_token", error_description="{}"'
REFUSED = {
    "nothing": (lambda _world: {}, Cause.TOKEN_MISSING, 401, BARE),
    "Basic": (lambda _world: {"headers": {"Authorization": "Basic eDp5"}}, Cause.TOKEN_MISSING, 401, BARE),
    "Token": (lambda _world: {"headers": {"Authorization": "Token abc"}}, Cause.TOKEN_MISSING, 401, BARE),
    "in the query": (
        lambda world: {"path": f"orders?access_token={world.token()}"},
        Cause.TOKEN_MISSING,
        401,
        BARE,
    ),
    "in the body": (
        lambda world: {
            "method": "POST",
            "headers": {"Content-Type": FORM},
            "body": b"a=b&access_token=" + world.token().encode(),
        },
        Cause.TOKEN_MISSING,
        401,
        BARE,
    ),
    "no scheme": (
        lambda world: {"headers": {"Authorization": world.token()}},
        Cause.TOKEN_MALFORMED,
        401,
        INVALID.format(
            "the Authorization header has no scheme; this API takes 'Bearer' and one blank before the token"
        ),
    ),
    "nothing behind": (
        lambda _world: {"headers": {"Authorization": "Bearer"}},
        Cause.TOKEN_MALFORMED,
        401,
        INVALID.format("nothing stands after Bearer in the Authorization header"),
    ),
    "blanks behind": (
        lambda _world: {"headers": {"Authorization": "Bearer  "}},
        Cause.TOKEN_MALFORMED,
        401,
        INVALID.format("nothing stands after Bearer in the Authorization header"),
    ),
    "Bearer twice": (
        lambda world: {"headers": {"Authorization": f"Bearer Bearer {world.token()}"}},
        Cause.TOKEN_MALFORMED,
        401,
        INVALID.format("the word Bearer stands twice in the Authorization header"),
    ),
    "two blanks": (
        lambda world: {"headers": {"Authorization": f"Bearer  {world.token()}"}},
        Cause.TOKEN_MALFORMED,
        401,
        INVALID.format("there is white space around the token in the Authorization header"),
    ),
    "quotes": (
        lambda world: {"headers": {"Authorization": f'Bearer "{world.token()}"'}},
        Cause.TOKEN_MALFORMED,
        401,
        INVALID.format("what stands after Bearer has characters that no bearer token has (RFC 6750 section 2.1)"),
    ),
    "twice": (
        _twice,
        Cause.TOKEN_TWICE,
        400,
        (
            'Bearer realm="oauthcc", error="invalid_request", error_description='
            '"the request carries a token in the Authorization header and another in the query"'
        ),
    ),
    "twice, body": (
        _twice_in_body,
        Cause.TOKEN_TWICE,
        400,
        (
            'Bearer realm="oauthcc", error="invalid_request", error_description='
            '"the request carries a token in the Authorization header and another in the body"'
        ),
    ),
    "unknown": (
        lambda _world: {"token": "made-up"},
        Cause.TOKEN_UNKNOWN,
        401,
        INVALID.format("this provider never issued the token"),
    ),
    "None": (
        lambda _world: {"token": "None"},
        Cause.TOKEN_UNKNOWN,
        401,
        INVALID.format("the token is the word 'None': the client sent what it has when it has no token"),
    ),
    "one letter off": (
        lambda world: {"token": world.token() + "A"},
        Cause.TOKEN_UNKNOWN,
        401,
        INVALID.format("this provider never issued the token"),
    ),
    "expired": (_expired, Cause.TOKEN_EXPIRED, 401, INVALID.format("the token has just expired")),
    "revoked": (_revoked, Cause.TOKEN_REVOKED, 401, INVALID.format("the token was revoked")),
    "another audience": (
        _of_another_audience,
        Cause.TOKEN_AUDIENCE,
        401,
        INVALID.format(f"the token is for https://other.test/; this API is {API_URL}"),
    ),
    "too narrow": (
        _too_narrow,
        Cause.INSUFFICIENT_SCOPE,
        403,
        (
            'Bearer realm="oauthcc", scope="orders:read orders:write", error="insufficient_scope", '
            'error_description="the token lacks the scope orders:write; it has orders:read x"'
        ),
    ),
}


@pytest.mark.parametrize(("prepare", "cause", "status", "challenge"), REFUSED.values(), ids=REFUSED)
def test_a_bad_token_gets_its_challenge(prepare, cause, status, challenge):
    """Status and challenge are those of RFC 6750 section 3; without credentials there is no error in it."""
    world = World()

    got = world.call(**prepare(world))

    assert (got.cause, got.status) == (cause, status)
    assert [value for name, value in got.outcome.headers if name == "WWW-Authenticate"] == [challenge]
    if API_REFUSALS[cause].error is None:
        assert got.body == b""
    else:
        assert got.error == API_REFUSALS[cause].error


def test_a_scope_that_lacks_is_told_of_a_token_without_any():
    """The challenge says what a token has, even nothing."""
    world = World(scopes=())
    world.api.require(scope=["a"])

    assert "it has none" in world.call(world.token()).header("WWW-Authenticate")


def test_a_token_is_expired_at_exp_and_not_before():
    """The API refuses at the very moment that the token calls its expiry."""
    world = World(expires_in=60)
    token = world.token()
    expiry = world.state.tokens.newest.claims["exp"]

    world.clock.now = expiry - 0.001
    assert world.call(token).status == 200
    world.clock.now = expiry
    assert world.call(token).cause == Cause.TOKEN_EXPIRED
    world.clock.now = expiry + 61
    assert "the token expired 61 s ago" in world.call(token).header("WWW-Authenticate")


def test_where_an_unknown_token_came_from_is_told():
    """What is known of a token from elsewhere goes into the refusal."""
    world = World()
    authority = Authority(world.state.settings, Dialect(), world.clock, provenance=lambda token: f"seen {token}")
    world.authority = authority

    got = world.call("abc")

    assert got.json["error_description"] == "seen abc"
    assert got.entry.verdict.facts == {"earlier": True}


@pytest.mark.parametrize("header", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_has_no_case(header):
    """RFC 9110 section 11.1: authentication schemes have no case."""
    world = World()

    assert world.call(headers={"authorization": f"{header} {world.token()}"}).status == 200


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("orders?xaccess_token=1", b"", None),
        ("orders", b"xaccess_token=1", FORM),
        ("orders", b"access_token=1", "text/plain"),
        ("orders", b'{"access_token=": 1}', "application/json"),
    ],
)
def test_what_only_resembles_a_token_elsewhere_is_none(path, body, kind):
    """A parameter of another name, or a body that is no form, carries no token."""
    world = World()
    headers = {} if kind is None else {"Content-Type": kind}

    assert world.call(world.token(), path, method="POST", headers=headers, body=body).status == 200


def test_required_headers_come_first():
    """Extra headers are looked at before the token, and answered 403 without a challenge."""
    world = World(headers={"X-Key": "k"})

    missing = world.call("bad")
    wrong = world.call("bad", headers={"x-key": "K"})

    assert (missing.cause, missing.status) == (Cause.API_MISSING_HEADER, 403)
    assert (wrong.cause, wrong.status) == (Cause.API_WRONG_HEADER, 403)
    assert missing.header("WWW-Authenticate") is None
    assert "K" not in wrong.entry.verdict.detail.replace("X-Key", "")


def test_a_test_can_require_more():
    """Headers, scopes and audience that a test requires are demanded of every request from then on."""
    world = World()
    token = world.token(scope="a")

    assert world.api.require(headers={"X-Key": "k"}, audience=["https://x.test"], scope={"a"}) is world.api

    assert world.call(token).cause == Cause.API_MISSING_HEADER
    assert world.call(token, headers={"X-Key": "k"}).cause == Cause.TOKEN_AUDIENCE
    world.api.require(audience=API_URL)
    assert world.call(token, headers={"X-Key": "k"}).status == 200


@pytest.mark.parametrize(
    "wrong", [{"scope": 5}, {"scope": [5]}, {"headers": ["x"]}, {"headers": {"a": 1}}, {"audience": 5}]
)
def test_wrong_requirements_are_refused(wrong):
    """A requirement of the wrong type is an option error."""
    with pytest.raises(OptionError):
        World().api.require(**wrong)


def test_an_api_in_a_providers_own_form():
    """Header, scheme, extra headers, realm and refusals of the API are data."""
    dialect = Dialect(
        api=ApiDialect(
            header="X-Token",
            scheme="",
            realm="R",
            headers={"X-Client": "{client_id}"},
            refusals={Cause.TOKEN_UNKNOWN: Refusal(418, body={"at": "{now}", "who": "{client_id}"})},
        )
    )
    world = World(dialect)
    client = {"X-Client": CLIENT_ID}

    assert world.call(headers={**client, "X-Token": world.token()}).status == 200
    assert world.call(headers={"X-Token": world.token()}).cause == Cause.API_MISSING_HEADER
    assert world.call(headers={**client, "X-Token": ""}).cause == Cause.TOKEN_MISSING
    assert world.call(headers=client).header("WWW-Authenticate") == 'Bearer realm="R"'
    refused = world.call(headers={**client, "X-Token": "x"})
    assert (refused.status, refused.json) == (418, {"at": int(world.clock.time())})


def test_a_token_with_unusual_characters_is_taken_as_it_was_issued():
    """What a test scripted as a token is good, even where RFC 6750 would not have such a token."""
    world = World()
    world.endpoint.reply(json={"access_token": "odd token!"})
    world.ask()

    assert world.call("odd token!").status == 200
    assert world.call("odd  token!").cause == Cause.TOKEN_MALFORMED


def test_a_logoff_frees_the_licence():
    """The path that frees a licence answers at once, and only to a good token."""
    world = World(Dialect(licensing=Licensing(capacity=1, hold=100, release_path="/logoff/")))
    token = world.token()
    assert world.state.licences.holders(world.clock.time()) == {CLIENT_ID: world.clock.time() + 100}

    assert world.call("bad", "logoff").status == 401
    assert world.call(token, "logoff").status == 200

    assert world.state.licences.holders(world.clock.time()) == {}


# --- routes


def test_routes_answer_and_the_rest_is_not_found():
    """After the first declared route others answer 404, which says what is declared."""
    world = World()
    token = world.token()
    world.api.get("/orders").reply(json=[1])
    world.api.route("any")

    assert world.call(token).json == [1]
    assert world.call(token, "any", method="DELETE").json == {}
    missing = world.call(token, "other")
    assert (missing.status, missing.error) == (404, "not_found")
    assert missing.json["message"] == "no such route; declared: GET /orders, any /any"
    assert world.call(token, method="POST").status == 404
    assert world.call("bad", "other").status == 401
    assert repr(world.api) == f"<API {API_URL}, 2 routes>"
    assert [route.path for route in world.api.routes] == ["/orders", "/any"]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_every_method_has_a_verb(method):
    """There is a verb for each usual method, and route() for any."""
    world = World()
    getattr(world.api, method)("x").reply(json=method)

    assert world.call(world.token(), "x", method=method.upper()).json == method
    assert world.call(world.token(), "x", method="OPTIONS").status == 404


@pytest.mark.parametrize(
    ("declared", "sent", "matches"),
    [
        ("/orders/{id}", "orders/7", True),
        ("/orders/{id}", "orders/a%20b", True),
        ("/orders/{id}", "orders/7/lines", False),
        ("/orders/{id}", "orders", False),
        ("/orders/{id}/lines/{line}", "orders/7/lines/1", True),
        ("orders/", "orders", True),
        ("orders", "orders/", True),
        ("a b/c", "a%20b/c", True),
        ("a%2Fb", "a%2Fb", True),
        ("a/b", "a%2Fb", False),
        ("/", "", True),
        ("", "x", False),
    ],
)
def test_paths_match_by_segments(declared, sent, matches):
    """A name in braces stands for one segment, escapes are undone, slashes at the ends don't matter."""
    world = World()
    world.api.get(declared)

    assert world.call(world.token(), sent).status == (200 if matches else 404)


def test_the_most_exact_route_answers():
    """A literal segment goes before a name, more marks before fewer, the newer of equals before the older."""
    world = World()
    token = world.token()
    routes = [
        ("GET", "o/{id}", {}, None),
        ("GET", "o/1", {}, None),
        (None, "o/1", {}, None),
        ("GET", "o/1", {"a": "1"}, None),
        ("GET", "o/1", {"a": "1", "b": 2}, None),
        ("POST", "o/1", {}, {"x": 1}),
        ("POST", "o/{other}", {}, None),
        ("POST", "o/{another}", {}, None),
    ]
    for number, (method, path, params, json) in enumerate(routes):
        world.api.route(path, method=method, params=params, json=json).reply(json=number)

    def answer(path, method="GET", body=b""):
        return world.call(token, path, method=method, body=body).json

    assert answer("o/2") == 0
    assert answer("o/1") == 1
    assert answer("o/1", "PUT") == 2
    assert answer("o/1?a=1&c=3") == 3
    assert answer("o/1?a=1&b=2") == 4
    assert answer("o/1?a=2") == 1
    assert answer("o/1", "POST", b'{"x": 1}') == 5
    assert answer("o/1", "POST", b'{"x": 2}') == 2
    assert answer("o/2", "POST") == 7


def test_a_literal_segment_gives_way_to_a_name():
    """Where nothing below a literal segment matches, the name in braces gets its chance."""
    world = World()
    world.api.get("a/b/c").reply(json=1)
    world.api.get("a/{x}/d").reply(json=2)

    assert world.call(world.token(), "a/b/d").json == 2


def test_a_parameter_may_repeat_in_a_route():
    """A list of values wants the parameter as often, in that order; one value wants it once."""
    world = World()
    world.api.get("x", params={"id": [1, 2]}).reply(json="both")
    world.api.get("x", params={"id": [1]}).reply(json="one")
    token = world.token()

    assert world.call(token, "x?id=1&id=2").json == "both"
    assert world.call(token, "x?id=1").json == "one"
    assert world.call(token, "x?id=2&id=1").status == 404
    assert world.call(token, "x").status == 404


def test_a_route_is_declared_once():
    """The same marks give the same route, so that a test can script it step by step."""
    world = World()

    route = world.api.get("/orders/", params={"a": 1}, json={"b": [2]})

    assert world.api.get("orders", params={"a": 1}, json={"b": [2]}) is route
    assert world.api.get("orders", params={"a": 2}, json={"b": [2]}) is not route
    assert repr(route) == "<route GET /orders?a=1 with json={'b': [2]}>"
    assert repr(world.api.route("x")) == "<route any method /x>"
    assert repr(world.api.route("x", params={"a": [1, 2]})) == "<route any method /x?a=1&a=2>"
    assert "hush" not in repr(world.api.get("x", params={"api_key": "hush"}, json={"client_secret": "hush"}))


@pytest.mark.parametrize("path", ["https://api.fake.test/x", "x?a=1", "x#y", 5])
def test_a_route_takes_a_path_only(path):
    """A URL, a query or something else is refused with the way to say it."""
    with pytest.raises(OptionError, match=r"it is the part below api_url, such as '/orders/\{id\}'"):
        World().api.get(path)


@pytest.mark.parametrize("method", ["FETCH", 5])
def test_a_route_takes_an_http_method_only(method):
    """A method that HTTP does not have is refused with those that it has."""
    with pytest.raises(OptionError, match="valid are GET, POST"):
        World().api.route("x", method=method)


def _calls_of(function, *arguments):
    """How many Python functions a call needs."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return count


def test_ten_thousand_routes_cost_no_more_than_ten():
    """A route, and that there is none, is found by the same number of calls however many there are."""
    costs = []
    for number in (10, 10_000):
        world = World()
        token = world.token()
        for index in range(number):
            world.api.get(f"/things/{index}/parts").reply(json=index)
        world.api.get("/things/{id}")
        for path in ("things/7/parts", "things/x", "nothing/at/all"):
            assert world.call(token, path).status in {200, 404}  # once, so that everything is warm
        costs.append([_calls_of(world.call, token, path) for path in ("things/7/parts", "things/x", "no/x")])

    few, many = costs
    assert many[:2] == few[:2]
    assert many[2] <= few[2] + 15  # a not-found names the first twenty
    assert world.call(token, "none").json["message"].endswith("GET /things/19/parts and 9981 more")


def test_apis_can_be_shared():
    """Two providers with one api_url know each other's routes."""
    one, two = World(), World()
    one.api.share_with([two.api])
    two.api.get("x").reply(json="two")

    assert one.call(one.token(), "x").json == "two"
    assert one.call(one.token(), "y").status == 404
    one.api.share_with([])
    assert one.call(one.token(), "y").status == 200


def test_only_what_is_below_is_the_api():
    """A provider answers below api_url and at its exact URLs, and nothing else."""
    authority = World().authority
    assert authority.api_path("https://api.fake.test/v1") == "/"
    assert authority.api_path("https://api.fake.test:443/v1/x") == "/x"
    assert authority.api_path("http://api.fake.test/v1/x") == "/x"
    assert authority.api_path("https://api.fake.test:8443/v1/x") == ""
    assert authority.api_path("https://api.fake.test/v10") == ""
    assert authority.api_path("https://other.test/v1/") == ""
    assert World(api_url=None).authority.api_path("https://api.fake.test/v1/") == ""


def test_an_exact_url_is_not_below_the_api():
    """An endpoint of the authorization server that lies below ``api_url`` is no path of the API."""
    authority = World(token_url="https://fake.test/token", api_url="https://fake.test/").authority

    assert authority.path_for("https://fake.test/token?x") is None
    assert authority.path_for("https://fake.test/tokens") == "/tokens"
    assert authority.path_for("https://other.test/token") == ""


def test_without_an_api_there_is_none():
    """With api_url None the requests of the API are not the provider's."""
    world = World(api_url=None)

    with pytest.raises(AssertionError, match="not served"):
        world.call()
    assert Settings(token_url=TOKEN_URL, api_url=None, issuer="i", client_id="c", client_secret="s").api_url is None
