from __future__ import annotations

import pytest
from message_world import SECRET, StartsWith, World

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.explain.expectation import ANY, ApiExpectation, TokenExpectation, check_count
from pytest_oauthcc.explain.mismatch import mismatch


def fields_that_differ(expectation, entry):
    """Name the parts in which a request differs."""
    return [difference.field for difference in expectation.differences(entry)]


@pytest.mark.parametrize(
    ("expected", "differs"),
    [
        ({}, []),
        ({"grant_type": "client_credentials"}, []),
        ({"grant_type": "password"}, ["grant_type"]),
        ({"grant_type": None}, ["grant_type"]),
        ({"scope": "b a"}, []),
        ({"scope": ["a", "b", "a"]}, []),
        ({"scope": {"a", "b"}}, []),
        ({"scope": "a"}, ["scope"]),
        ({"scope": None}, ["scope"]),
        ({"scope": ""}, ["scope"]),
        ({"auth_method": "client_secret_basic"}, []),
        ({"auth_method": "none"}, ["auth_method"]),
        ({"auth_method": None}, ["auth_method"]),
        ({"auth_method": StartsWith("client_secret")}, []),
        ({"client_id": "billing"}, []),
        ({"client_id": None}, ["client_id"]),
        ({"client_id": StartsWith("bill")}, []),
        ({"client_id": StartsWith("Bill")}, ["client_id"]),
        ({"headers": {"x-tenant": "acme"}}, []),
        ({"headers": {"X-Tenant": "Acme"}}, ["header X-Tenant"]),
        ({"headers": {"X-Other": None}}, []),
        ({"headers": {"X-Tenant": None}}, ["header X-Tenant"]),
        ({"headers": {}}, []),
        ({"params": {"audience": "https://api.test/"}}, []),
        ({"params": {"audience": StartsWith("https:")}}, []),
        ({"params": {"resource": ("https://a.test/", "https://b.test/")}}, []),
        ({"params": {"resource": ["https://a.test/"]}}, ["parameter resource"]),
        ({"params": {"empty": ""}}, []),
        ({"params": {"empty": None}}, []),
        ({"params": {"audience": None, "other": None}}, ["parameter audience"]),
    ],
)
def test_a_token_request_is_compared(expected, differs):
    """Each argument looks at one part; what is not given is not looked at, and None means absent."""
    world = World()
    entry = world.token(
        scope="a b",
        headers={"X-Tenant": "acme"},
        audience="https://api.test/",
        resource=["https://a.test/", "https://b.test/"],
        empty="",
    )
    assert fields_that_differ(TokenExpectation(**expected), entry) == differs


def test_nothing_is_absent_in_an_empty_request():
    """None fits a request without the part."""
    entry = World().token(auth="none", grant_type=None)
    expected = TokenExpectation(grant_type=None, scope=None, auth_method=None, client_id=None)
    assert expected.differences(entry) == ()
    assert TokenExpectation(scope="", auth_method="none").differences(entry) == ()


@pytest.mark.parametrize(
    ("expected", "differs"),
    [
        ({}, []),
        ({"method": "post"}, []),
        ({"method": "GET"}, ["method"]),
        ({"path": "/orders"}, []),
        ({"path": "orders"}, []),
        ({"path": "/orders/"}, ["path"]),
        ({"path": StartsWith("/ord")}, []),
        ({"params": {"page": "2"}}, []),
        ({"params": {"page": 2}}, ["query parameter page"]),
        ({"params": {"tag": ["x", "y"], "other": None}}, []),
        ({"json": {"id": 7, "lines": [1, 2]}}, []),
        ({"json": {"id": 7, "lines": [1, 3]}}, ["json.lines[1]"]),
        ({"json": {"id": 7}}, ["json.lines"]),
        ({"json": {"id": 7, "lines": [1]}}, ["json.lines"]),
        ({"json": {}}, ["json"]),
        ({"json": [1]}, ["json"]),
        ({"json": None}, ["json"]),
        ({"json": {"id": 7, "lines": [1, 2], "more": None}}, ["json"]),
        ({"json": dict.fromkeys("abcdefghij", 1)}, ["json"]),
        ({"headers": {"X-A": "1"}}, []),
        ({"scope": "orders:read"}, []),
        ({"scope": ("orders:read", "orders:write")}, ["scope of its token"]),
        ({"scope": None}, ["scope of its token"]),
    ],
)
def test_an_api_request_is_compared(expected, differs):
    """Each argument looks at one part; of a JSON body the members that differ are named."""
    world = World()
    world.token(scope="orders:read")
    entry = world.api(
        "/orders?page=2&tag=x&tag=y", method="POST", headers={"X-A": "1"}, json_body={"id": 7, "lines": [1, 2]}
    )
    assert fields_that_differ(ApiExpectation(**expected), entry) == differs


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: TokenExpectation(scope=7), "scope is 7; it takes a text"),
        (lambda: TokenExpectation(scope={"a": 1}), "it takes a text with spaces between the scopes"),
        (lambda: TokenExpectation(scope=b"a"), "scope is b'a'"),
        (lambda: ApiExpectation(scope=["a", 1]), "scope has the element 1"),
        (lambda: ApiExpectation(scope=["a b"]), "scope has the element 'a b'; each element is one scope"),
        (lambda: TokenExpectation(headers=["a"]), "headers is a list; it takes a dict of header names and values"),
        (lambda: ApiExpectation(params=None), "params is a NoneType; it takes a dict of parameter names"),
        (lambda: TokenExpectation(params={1: "a"}), "params has the name 1; a name is a text"),
        (lambda: TokenExpectation(headers={"": "a"}), "headers has the name ''"),
        (lambda: TokenExpectation(grant_type=1), "grant_type is 1; it takes a text"),
        (lambda: TokenExpectation(client_id=["a"]), "client_id is ['a']; it takes a text"),
        (lambda: TokenExpectation(auth_method="basic"), "did you mean 'client_secret_basic'?"),
        (lambda: TokenExpectation(auth_method="zzz"), "auth_method is 'zzz'; valid are client_secret_basic, "),
        (lambda: ApiExpectation(method=None), "method is None; every request has a method"),
        (lambda: ApiExpectation(method=7), "method is 7; it takes a text"),
        (lambda: ApiExpectation(path=None), "path is None; every request has a path"),
        (lambda: ApiExpectation(path=7), "path is 7; it takes a text"),
        (lambda: ApiExpectation(path="https://api.test/orders?a=1"), "the part of it below api_url, such as '/orders'"),
        (lambda: ApiExpectation(path="/orders?page=2"), "give that as params: path='/orders', params={'page': '2'}"),
        (lambda: check_count(-1), "count is -1; it takes a whole number from 0"),
        (lambda: check_count(True), "count is True"),
        (lambda: check_count("2"), "count is '2'"),
        (lambda: mismatch(TokenExpectation(), World().journal, count=1.5), "count is 1.5"),
    ],
)
def test_what_can_not_be_compared_is_an_error(make, told):
    """An argument that no request could ever be equal to is refused at once, with what it takes."""
    with pytest.raises(OptionError) as caught:
        make()
    assert told in str(caught.value)


def test_an_auth_method_that_is_like_none_gets_no_proposal():
    """A guess is only made where something is near."""
    with pytest.raises(OptionError) as caught:
        TokenExpectation(auth_method="zzz")
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("count", [None, 0, 1, 10_000])
def test_a_count_is_a_number_of_requests(count):
    """None and whole numbers are taken."""
    check_count(count)


def test_an_expectation_shows_itself_without_secrets():
    """The repr is that of its arguments, with secrets masked."""
    expected = TokenExpectation(
        scope=["a", "b"],
        client_id=None,
        headers={"X-Api-Key": "key-1234567"},
        params={"client_secret": SECRET, "tenant": "acme", "assertion": StartsWith("secret")},
    )
    assert repr(expected) == (
        "TokenExpectation(scope='a b', client_id=None, header X-Api-Key ***1f5a, "
        "parameter client_secret ***0c88, parameter tenant 'acme', parameter assertion <StartsWith>)"
    )
    assert repr(
        ApiExpectation(json={"password": "a", "n": [{"token": "b"}]}, headers={"Authorization": StartsWith("B")})
    ) == (
        "ApiExpectation(json={'password': '***48bb', 'n': [{'token': '***009d'}]}, header Authorization <StartsWith>)"
    )
    assert repr(ANY) == "ANY"


def test_a_difference_shows_itself_without_secrets():
    """The repr of a difference has both values, masked where the name says that they are secrets."""
    entry = World().token(auth="post")
    (difference,) = TokenExpectation(params={"client_secret": "another-secret"}).differences(entry)
    assert repr(difference) == "<parameter client_secret: expected ***0f06, received ***0c88>"


def test_the_names_of_the_assertions():
    """An expectation knows the method and the log of a provider that it belongs to."""
    assert (TokenExpectation().kind, TokenExpectation().log_name) == ("token request", "token_requests")
    assert (ApiExpectation().kind, ApiExpectation().log_name) == ("API request", "api_requests")


@pytest.mark.parametrize("count", [None, 2])
def test_an_expectation_that_is_met_has_no_text(count):
    """At least one, or exactly as many as wanted: nothing to explain."""
    world = World()
    world.token(scope="a")
    world.token(scope="a")
    world.token(scope="b", auth="post")
    assert mismatch(TokenExpectation(scope="a"), world.journal, count=count) is None
    assert mismatch(TokenExpectation(scope="c"), world.journal, count=0) is None
