from __future__ import annotations

import pytest
from message_world import SECRET, StartsWith, World

from pytest_oauthcc.core.dialect import ApiDialect, Dialect
from pytest_oauthcc.core.journal import StrayRequest
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.explain.expectation import ApiExpectation, TokenExpectation
from pytest_oauthcc.explain.hiding import secrets_of
from pytest_oauthcc.explain.mismatch import mismatch
from pytest_oauthcc.explain.timeline import timeline
from pytest_oauthcc.explain.violations import violations
from pytest_oauthcc.rules.finding import Finding
from pytest_oauthcc.rules.rule import Rule

API = "https://api.test/"
RULE = Rule(id="r", level="must", rfc="RFC 6750", title="t", looks_at="l", why="w", remedy="r")


def explained(expectation, world, count=None):
    """Return the text with its line breaks as blanks, for prose may break anywhere."""
    return " ".join((mismatch(expectation, world.journal, count=count) or "as expected").split())


@pytest.mark.parametrize(
    ("sent", "expected", "told"),
    [
        ({"scope": "a,b"}, {"scope": "a b"}, "with commas between them"),
        ({"scope": "a;b"}, {"scope": "a b"}, "with semicolons between them"),
        ({"scope": "a%20b"}, {"scope": "a b"}, "percent-encoded twice"),
        ({"scope": "a+b"}, {"scope": "a b"}, "percent-encoded twice"),
        ({"scope": "A B"}, {"scope": "a b"}, "upper and lower case only"),
        ({"scope": '["a", "b"]'}, {"scope": "a b"}, "sent as a JSON list"),
        ({"scope": "('a', 'b')"}, {"scope": "a b"}, "the text that Python makes of a list, tuple or set"),
        ({"scope": "frozenset({'a'})"}, {"scope": "a"}, "the text that Python makes of a list, tuple or set"),
        ({"scope": "['a', 'b', 'c']"}, {"scope": "a b"}, "the text that Python makes of a list, tuple or set"),
        ({"scope": "[a, b"}, {"scope": "a b"}, "Nothing in the requests tells why"),
        ({"scope": "c"}, {"scope": "a"}, "print(oauthcc.token_requests[0].scopes)"),
        ({"scope": "c"}, {"scope": None}, "scope was 'c', expected absent"),
        ({}, {"scope": "a"}, "The client sent no scope at all"),
        ({"kind": "application/json", "scope": ["a", "b"]}, {"scope": "a b c"}, "sent as a JSON list; RFC 6749"),
        ({"url": "https://auth.test/token?scope=a"}, {"scope": "a"}, "scope was sent in the query of the URL"),
        ({"headers": {"scope": "a"}}, {"scope": "a"}, "scope was sent as a header, not as a parameter"),
        (
            {"grant_type": None, "url": "https://auth.test/token?grant_type=client_credentials"},
            {"grant_type": "client_credentials"},
            "grant_type was sent in the query of the URL, not in the body",
        ),
        ({"grant_type": None}, {"grant_type": "client_credentials"}, "It has to be grant_type=client_credentials"),
        ({"grant_type": "refresh_token"}, {"grant_type": "client_credentials"}, "The client used a refresh token"),
        ({"grant_type": "password"}, {"grant_type": "client_credentials"}, "grant_type is 'password'"),
        ({"auth": "post"}, {"auth_method": "client_secret_basic"}, "The secret came in the body"),
        ({}, {"auth_method": "client_secret_post"}, "The secret came in the Authorization header"),
        ({}, {"auth_method": "private_key_jwt"}, "print(oauthcc.token_requests[0].auth_method)"),
        ({"auth": None}, {"auth_method": "client_secret_basic"}, "The request brings no credentials"),
        (
            {"auth": None, "url": f"https://auth.test/token?client_secret={SECRET}"},
            {"auth_method": "client_secret_basic"},
            "client_secret came in the query of the URL, where it must not be",
        ),
        (
            {"auth": None, "headers": {"Authorization": "Basic %%%"}},
            {"auth_method": "client_secret_post"},
            "The credentials can't be read: the Basic credentials are not base64.",
        ),
        (
            {"client_secret": SECRET, "client_id": "billing"},
            {"auth_method": "client_secret_post"},
            "The same request also authenticates by client_secret_post",
        ),
        ({"auth": None}, {"client_id": "billing"}, "The request names no client"),
        ({"client_id": "billing "}, {"client_id": "billing"}, "differ in white space at the ends only"),
        ({"client_id": "BILLING"}, {"client_id": "billing"}, "differ in upper and lower case only"),
        ({"client_id": "x"}, {"client_id": StartsWith("b")}, "client_id was 'x', expected StartsWith('b')"),
        ({"headers": {"X-A": "b"}}, {"headers": {"X-A": StartsWith("c")}}, "header X-A was 'b', expected StartsWith"),
        ({"client_id": "reports"}, {"client_id": "billing"}, "there is no client 'reports'"),
        ({"headers": {"X-Key": "acme"}}, {"headers": {"X-Tenant": "acme"}}, "X-Key instead of X-Tenant"),
        ({"headers": {"XTenant": "b"}}, {"headers": {"X-Tenant": "acme"}}, "under another name: XTenant instead of"),
        ({"tenant": "acme"}, {"headers": {"tenant": "acme"}}, "tenant was sent as a parameter, not as a header"),
        ({"headers": {"X-A": " b "}}, {"headers": {"X-A": "b"}}, "white space at the ends only"),
        ({"headers": {"X-A": "b"}}, {"headers": {"X-A": None}}, "header X-A was 'b', expected absent"),
        ({"headers": {"X-A": "b"}}, {"headers": {"X-B": "c"}}, "header X-B was absent, expected 'c'"),
        ({"Audience": API}, {"params": {"audience": API}}, "under another name: Audience instead of audience"),
        ({"headers": {"audience": API}}, {"params": {"audience": API}}, "audience was sent as a header"),
        (
            {"url": f"https://auth.test/token?audience={API}"},
            {"params": {"audience": API}},
            "audience was sent in the query of the URL, not in the body",
        ),
        ({"n": "1"}, {"params": {"n": 1}}, "n is a number in the test"),
        ({"n": "true"}, {"params": {"n": True}}, "n is a boolean in the test"),
        ({"n": "None"}, {"params": {"n": "a"}}, "n is the text 'None': a Python object was put where a text belongs"),
        ({"n": "a%2Fb"}, {"params": {"n": "a/b"}}, "n was percent-encoded twice"),
        ({"n": "A"}, {"params": {"n": "a"}}, "The two values of n differ in upper and lower case only"),
        ({"resource": ["a:b", "c:d"]}, {"params": {"resource": "a:b"}}, "resource was sent 2 times"),
        ({"n": "x"}, {"params": {"n": 7}}, "parameter n was 'x', expected 7"),
        ({"n": "x"}, {"params": {"m": 7}}, "parameter m was absent, expected 7"),
    ],
)
def test_causes_of_a_token_request(sent, expected, told):
    """What people and libraries do to a part of a token request is recognised."""
    world = World()
    world.token(**sent)
    assert told in explained(TokenExpectation(**expected), world)


@pytest.mark.parametrize(
    ("options", "sent", "told"),
    [
        ({}, {"kind": None}, "A body given as a text or as bytes has no Content-Type"),
        ({}, {"kind": "multipart/form-data; boundary=x"}, "files={...} makes it a form"),
        ({"body_formats": ("json",)}, {}, "json={...} instead of data={...} makes it JSON"),
        ({}, {"kind": "text/plain"}, "the Content-Type is text/plain"),
        ({"headers": {"X-Key": "1234"}}, {}, "The option headers of this provider demands X-Key of every request"),
        ({"headers": {"X-Key": "1234"}}, {"headers": {"X_Key": "1234"}}, "It was sent under the name X_Key."),
        ({"scopes": ("a",)}, {"scope": "a b"}, "To let the client have it: @pytest.mark.oauthcc(scopes='a b')"),
        ({"auth_methods": ("client_secret_post",)}, {}, "@pytest.mark.oauthcc(auth_methods=[...])"),
        ({}, {"scope": "a  b"}, "Scopes are separated by a single space"),
        ({}, {"audience": ["a", "b"]}, "A list given as a form value becomes one parameter"),
        ({}, {"url": f"https://auth.test/token?client_secret={SECRET}"}, "auth=(client_id, client_secret), not params"),
        (
            {"params": {"tenant": "x"}},
            {},
            "the parameter tenant is missing. The option params of this provider demands",
        ),
        ({"dpop": "required"}, {}, "or let the provider do without: @pytest.mark.oauthcc(dpop='optional')"),
        ({"headers": {"X-Key": "1"}}, {"headers": {"X-Key": "2"}}, "What it has to be is said by the option headers"),
        ({"audience": (API,)}, {"audience": "a:b"}, "To let it be known: @pytest.mark.oauthcc(audience=['a:b'])"),
        ({}, {"resource": "orders"}, "it has to be an absolute URI without a fragment."),
        (
            {"auth_methods": ("private_key_jwt",)},
            {
                "auth": None,
                "client_id": "billing",
                "client_assertion": "e30.eyJzdWIiOiJiaWxsaW5nIn0.",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            },
            "It is signed with oauthcc.private_key (RS256)",
        ),
    ],
)
def test_remedies_for_refusals(options, sent, told):
    """Each refusal of the token endpoint comes with what to do about it."""
    world = World(**options)
    world.token(**sent)
    assert told in explained(ApiExpectation(), world)


def test_a_token_request_without_a_body():
    """A request whose parameters are all in the query has no body at all."""
    world = World()
    world.send("POST", "https://auth.test/token?grant_type=client_credentials")
    assert "The parameters are in the query of the URL" in explained(ApiExpectation(), world)
    world.send("POST", "https://auth.test/token")
    assert "The request has no body" in explained(ApiExpectation(), world)
    world.send("GET", "https://auth.test/token")
    assert "RFC 6749 section 3.2: token requests are POST." in explained(ApiExpectation(), world)


@pytest.mark.parametrize(
    ("sent", "expected", "told"),
    [
        ({"path": "/orders/"}, {"path": "/orders"}, "differ in the slash at the end only"),
        ({"path": "/orders"}, {"path": "/v1/orders"}, "path is the part below api_url, and api_url ends in /v1"),
        ({"path": "//orders"}, {"path": "/orders"}, "two slashes in a row"),
        ({"path": "/a%20b"}, {"path": "/a b"}, "differ in percent-encoding only"),
        ({"path": "/Orders"}, {"path": "/orders"}, "differ in upper and lower case only"),
        ({"path": "/orders"}, {"path": "/shop/orders"}, "The beginning '/shop' is missing"),
        ({"path": "/shop/orders"}, {"path": "/orders"}, "There is '/shop' before it"),
        ({"path": "/x"}, {"path": "/orders"}, "path was '/x', expected '/orders'"),
        ({"path": "/o?Page=1"}, {"params": {"page": "1"}}, "under another name: Page instead of page"),
        ({"path": "/o"}, {"params": {"page": "1"}}, "The URL has no query at all"),
        ({"path": "/o?a=1"}, {"params": {"page": "1"}}, "query parameter page was absent, expected '1'"),
        (
            {"path": "/o", "json_body": {"page": 1}},
            {"params": {"page": "1"}},
            "page was sent in the body, not in the query",
        ),
        (
            {"body": b"page=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            {"params": {"page": "1"}},
            "page was sent in the body, not in the query",
        ),
        ({"path": "/o", "headers": {"page": "1"}}, {"params": {"page": "1"}}, "The URL has no query at all"),
        ({"path": "/o?a=1", "headers": {"page": "1"}}, {"params": {"page": "1"}}, "page was sent as a header"),
        ({"path": "/x"}, {"path": StartsWith("/o")}, "path was '/x', expected StartsWith('/o')"),
        ({"path": "/o?page=1"}, {"headers": {"page": "1"}}, "page was sent as a parameter, not as a header"),
        ({}, {"json": {"a": 1}}, "The request has no body."),
        ({"json_body": '{"a": 1}'}, {"json": {"a": 1}}, "The JSON was encoded twice"),
        ({"json_body": "{"}, {"json": {"a": 1}}, "json was '{', expected {'a': 1}"),
        (
            {"body": b"a=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
            {"json": {"a": 1}},
            "The body is a form",
        ),
        ({"body": b"\xff\x00"}, {"json": {"a": 1}}, "The body (2 bytes, without Content-Type) is not JSON."),
        ({"method": "PUT"}, {"method": "POST"}, "method was 'PUT', expected 'POST'"),
        ({"token": None}, {"scope": "a"}, "Request 1 carries no token, and so no scope."),
        ({"token": "foreign-token"}, {"scope": "a"}, "carries a token that this provider never issued"),
        ({"token": "foreign-token"}, {"path": "/x"}, "It is hard-coded, or was got elsewhere"),
        ({"token": "of-an-earlier-test"}, {"path": "/x"}, "the token was issued in the test test_a."),
        ({}, {"scope": "a"}, "Request 1 carries the token of token request 1, which asked for no scope."),
    ],
)
def test_causes_of_an_api_request(sent, expected, told):
    """What people and libraries do to a part of an API request is recognised."""
    world = World(api_url="https://api.test/v1")
    world.token()
    world.api(**sent)
    assert told in explained(ApiExpectation(**expected), world)


@pytest.mark.parametrize(
    ("dialect", "sent", "told"),
    [
        (ApiDialect(), {}, "and so no token. The API takes it as: Authorization: Bearer <token>."),
        (ApiDialect(header="X-Token", scheme=""), {}, "and so no token. The API takes it as: X-Token: <token>."),
        (ApiDialect(), {"path": "/o?access_token=t"}, "this API takes it in the Authorization header only."),
        (ApiDialect(), {"headers": {"Authorization": "Basic eA=="}}, "takes 'Bearer' and one blank before the token."),
    ],
)
def test_a_call_without_a_token_is_told_how_this_api_takes_it(dialect, sent, told):
    """Not every API takes it in the Authorization header, and one that says so already is not told twice."""
    world = World(dialect=Dialect(api=dialect))
    world.api(token=None, **sent)
    text = explained(ApiExpectation(path="/x"), world)
    assert told in text
    assert ("The API takes it as" in text) == ("The API takes it as" in told)


def test_a_token_that_is_bound_to_a_key_is_told_how_it_goes():
    """A bound token that was sent as Bearer lacks the scheme and the proof."""
    world = World(dpop="optional")
    world.authority.state.issue("billing", (), now=world.clock.now, jkt="thumbprint")
    world.api()
    assert "It goes as: Authorization: DPoP <token>, with a proof" in explained(ApiExpectation(path="/x"), world)


def test_a_token_that_is_not_good_yet_is_told_how_to_get_there():
    """The clock has to be moved to its nbf, or the test mints another."""
    world = World(token_format="jwt")
    world.authority.state.issue("billing", (), now=world.clock.now, claims={"nbf": world.clock.now + 60})
    world.api()
    text = explained(ApiExpectation(path="/x"), world)
    assert "from its nbf on only, in 60 s (RFC 7519 section 4.1.5). Move the clock there, oauthcc.clock" in text


def test_a_minted_token_without_the_scope():
    """A token that the test minted has the scopes that the test gave it."""
    world = World()
    world.authority.state.issue("billing", ("a",), now=world.clock.now)
    world.api()
    assert "was minted by the test with scope 'a'" in explained(ApiExpectation(scope="b"), world)


def test_a_part_that_a_later_request_has_otherwise():
    """A part that was right before and is another one now is told as such."""
    world = World()
    world.token(headers={"X-Tenant": "acme"})
    world.token(headers={"X-Tenant": "other"})
    text = explained(TokenExpectation(headers={"X-Tenant": "acme"}, scope=None), world, 2)
    assert "and has another header X-Tenant than request 1, which was right." in text


def test_an_api_request_that_drops_a_part():
    """What an earlier API request had is told for API requests, too."""
    world = World()
    world.token()
    world.api(headers={"X-Tenant": "acme"})
    world.api()
    text = explained(ApiExpectation(headers={"X-Tenant": "acme"}), world, 2)
    assert "Request 2 came later, and dropped the header X-Tenant, which request 1 had." in text


def test_the_first_of_two_that_differs():
    """A first request that differs has no reason that is a renewal."""
    world = World()
    world.token(scope="a")
    world.token(scope="a b")
    assert "1 token request with scope='a b' was made, expected 2" in explained(TokenExpectation(scope="a b"), world, 2)


def test_a_revoked_token():
    """A renewal after a revocation is told as such."""
    world = World()
    world.token()
    world.authority.state.tokens.revoke(None, world.clock.now)
    world.token()
    text = explained(TokenExpectation(), world, 1)
    assert "asks for a new token after that of request 1 was revoked. If the client may do that once" in text


def test_a_token_that_expires_at_this_very_moment():
    """A token is expired from its expiry on."""
    world = World()
    world.token()
    world.clock.advance(3600)
    world.token()
    assert "which had expired just then." in explained(TokenExpectation(), world, 1)


def test_another_api_request_in_between():
    """Only a 401 to the token itself explains a new token."""
    world = World()
    world.token()
    world.api(token="foreign-token")
    world.api()
    world.token()
    world.api()
    assert "although that of request 1 was good for 3600 s more" in explained(TokenExpectation(), world, 1)


def test_many_of_another_client():
    """Requests of the client that was expected are named by their numbers."""
    world = World()
    world.token()
    world.token(client_id="reports")
    text = explained(TokenExpectation(client_id="billing"), world, 2)
    assert "The client 'billing' made token request 1." in text


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        (["/a", "/b"], "Request 2 (GET /b) is another one than those before it."),
        (["/a", "/a"], "Request 2 repeats request 1 (GET /a), which had got 200: the test or the client made the call"),
    ],
)
def test_too_many_api_requests(calls, told):
    """One API request too many is compared with those before it."""
    world = World()
    world.token()
    for path in calls:
        world.api(path)
    assert told in explained(ApiExpectation(), world, 1)


def test_no_api_request_was_wanted():
    """The first of those that should not be has nothing before it."""
    world = World()
    world.token()
    world.api()
    assert "The client made the request at +0s; what in the test called it?" in explained(ApiExpectation(), world, 0)


def test_too_few_api_requests():
    """Where all that came is as expected, the client stopped."""
    world = World()
    world.token()
    world.api()
    assert "The client made no other API request." in explained(ApiExpectation(), world, 2)


def test_the_nearest_request_is_the_one_with_the_same_path():
    """Of requests with as many differences the one with the right path is explained, of these the newest."""
    world = World()
    world.token()
    for body in ({"id": 1}, {"id": 2}):
        world.api("/orders", method="POST", json_body=body)
    world.api("/items", method="POST", json_body={"id": 7})
    text = explained(ApiExpectation(path="/orders", json={"id": 7}), world)
    assert text.startswith("json.id was 2, expected 7")


def test_no_request_is_as_expected_and_several_are_wanted():
    """With a count, the text says that none fits."""
    world = World()
    world.token(scope="a")
    text = explained(TokenExpectation(scope="b"), world, 2)
    assert text.startswith("no token request is as expected, wanted 2: scope was 'a', expected 'b'")


def test_a_network_failure_and_an_answer_that_is_no_json():
    """Answers are told by what they say, where they say anything."""
    world = World()
    world.authority.token_endpoint.reply(body="<html>", status=502)
    world.token()
    assert "token request 1, which got 502." in explained(ApiExpectation(), world)


def test_a_request_that_names_no_client():
    """The line that says which request it was says that, too."""
    world = World()
    world.token(auth=None, scope="a")
    assert "https://auth.test/token, which names no client" in explained(TokenExpectation(scope="b"), world)


def test_an_object_whose_repr_fails():
    """A broken repr of the test's own object does not hide the failure."""

    class Broken:
        __hash__ = None

        def __eq__(self, other):
            return False

        def __repr__(self):
            raise RuntimeError

    world = World(dialect=Dialect())
    world.token()
    text = explained(TokenExpectation(grant_type=Broken()), world)
    assert text.startswith("grant_type was 'client_credentials', expected <Broken, whose repr raised RuntimeError>")


def test_the_same_cause_is_told_once():
    """Two parts that differ for one reason need one sentence."""
    world = World()
    world.token()
    world.api()
    text = explained(ApiExpectation(params={"a": "1", "b": "2"}), world)
    assert text.count("The URL has no query at all.") == 1


def test_a_request_without_a_reason():
    """A request that fits nothing before it, and a provider that got nothing, are no causes."""
    world, idle = World(), World()
    text = mismatch(TokenExpectation(), world.journal, others=[("hgem", idle.journal)])
    assert "hgem" not in text


def test_a_token_that_was_sent_elsewhere():
    """A request to another host that carried our token is the cause of a missing API request."""
    world = World()
    token = world.token().token.value
    headers = Headers([("Authorization", f"Bearer {token}")])
    entry = StrayRequest(
        Request("POST", "https://api.example/orders", headers, f"client_secret={SECRET}".encode()), world.clock.now
    )
    world.journal.add(entry)
    text = explained(ApiExpectation(), world)
    assert "sent what is for this provider to another host: POST https://api.example/orders. Does it have" in text
    line = timeline([("oauthcc", world.journal)]).splitlines()[1]
    assert "client -> another host " in line
    assert line.endswith("-> not answered here")
    assert "https://api.example/orders" in violations([Finding(RULE, entry, "it left")], world.journal)
    assert {SECRET, token} <= secrets_of([entry])


def test_a_foreign_token_that_is_expired():
    """A token of a provider that shares the API has no token request here; its expiry is told all the same."""
    owner = World()
    token = owner.authority.state.issue("billing", (), now=owner.clock.now)
    world = World(find_issued=lambda value: token if value == token.value else None)
    world.clock.advance(4000)
    world.api(token=token.value)
    assert "The fake refused this request (401): the token expired 400 s ago." in explained(
        ApiExpectation(path="/x"), world
    )


def test_a_very_long_value_is_cut():
    """Values are cut at their end, and the text says by how much."""
    world = World()
    world.token(note="x" * 1000)
    text = explained(TokenExpectation(params={"note": "y"}), world)
    assert "(600 characters more)" in text
    assert len(text) < 2000


def test_ten_thousand_exchanges_are_explained_in_a_few_lines():
    """The text stays short whatever the number of exchanges."""
    world = World()
    world.token()
    for number in range(10_000):
        world.api(f"/orders/{number}")
    text = mismatch(ApiExpectation(path="/orders/x"), world.journal)
    assert len(text.splitlines()) < 40
    assert "... 9,988 more ..." in text
