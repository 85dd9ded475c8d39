"""What the token endpoint answers to every kind of right and wrong request."""

from __future__ import annotations

import json

import pytest
from core_world import API_URL, CLIENT_ID, FORM, NOW, SECRET, TOKEN_URL, World, basic, raw_basic

from pytest_oauthcc.core.causes import TOKEN_REFUSALS, Cause, Refusal
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dialect import CHECKS, Dialect, Licensing, ScopeDialect

CC = {"grant_type": "client_credentials"}
GOOD = b"grant_type=client_credentials"
CHALLENGE = 'Basic realm="oauthcc"'


def multipart(*parts, boundary="xyz", end="--"):
    """A body of RFC 7578."""
    lines = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in parts)
    return f"{lines}--{boundary}{end}\r\n".encode()


@pytest.mark.parametrize("auth", ["basic", "post"])
def test_a_right_request_gets_a_token(auth):
    """The answer is 200 with the members of RFC 6749 section 5.1, may not be stored, and says what it is."""
    world = World(scopes=("a", "b"))

    got = world.ask({**CC, "scope": "b a"}, auth=auth)

    assert got.status == 200
    assert got.json == {
        "access_token": got.entry.token.value,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "b a",
    }
    assert got.header("Content-Type") == "application/json"
    assert got.header("Cache-Control") == "no-store"
    assert got.header("Pragma") == "no-cache"
    assert got.header("WWW-Authenticate") is None
    assert got.entry.auth_method == f"client_secret_{auth}"
    assert got.entry.client_id == CLIENT_ID
    assert got.entry.verdict is None
    assert got.gate is None


# what is wrong -> how the request is made, and what it gets: cause, status, error, whether it is challenged
WRONG = {
    "GET": ({"method": "GET", "body": b""}, Cause.WRONG_METHOD, 405, "invalid_request", False),
    "PUT": ({"method": "PUT"}, Cause.WRONG_METHOD, 405, "invalid_request", False),
    "no content type": ({"kind": None}, Cause.WRONG_CONTENT_TYPE, 400, "invalid_request", False),
    "no body": ({"kind": None, "body": b""}, Cause.WRONG_CONTENT_TYPE, 400, "invalid_request", False),
    "text": ({"kind": "text/plain"}, Cause.WRONG_CONTENT_TYPE, 400, "invalid_request", False),
    "JSON": (
        {"kind": "application/json", "body": json.dumps(CC).encode()},
        Cause.WRONG_CONTENT_TYPE,
        400,
        "invalid_request",
        False,
    ),
    "broken JSON": (
        {"kind": "application/json", "body": b"{"},
        Cause.WRONG_CONTENT_TYPE,
        400,
        "invalid_request",
        False,
    ),
    "latin-1": ({"body": GOOD + b"&name=\xe9"}, Cause.MALFORMED_BODY, 400, "invalid_request", False),
    "escaped latin-1": ({"body": GOOD + b"&name=%E9"}, Cause.MALFORMED_BODY, 400, "invalid_request", False),
    "too many": (
        {"body": GOOD + b"".join(b"&p%d=1" % i for i in range(1100))},
        Cause.MALFORMED_BODY,
        400,
        "invalid_request",
        False,
    ),
    "twice": ({"body": GOOD + b"&scope=a&scope=a"}, Cause.DUPLICATE_PARAMETER, 400, "invalid_request", False),
    "twice, unknown": ({"body": GOOD + b"&x=1&x=2"}, Cause.DUPLICATE_PARAMETER, 400, "invalid_request", False),
    "no grant_type": ({"params": {"scope": "a"}}, Cause.MISSING_GRANT_TYPE, 400, "invalid_request", False),
    "empty grant_type": ({"params": {"grant_type": ""}}, Cause.MISSING_GRANT_TYPE, 400, "invalid_request", False),
    "password": (
        {"params": {"grant_type": "password"}},
        Cause.UNSUPPORTED_GRANT_TYPE,
        400,
        "unsupported_grant_type",
        False,
    ),
    "Client_Credentials": (
        {"params": {"grant_type": "Client_Credentials"}},
        Cause.UNSUPPORTED_GRANT_TYPE,
        400,
        "unsupported_grant_type",
        False,
    ),
    "blank": (
        {"params": {"grant_type": "client_credentials "}},
        Cause.UNSUPPORTED_GRANT_TYPE,
        400,
        "unsupported_grant_type",
        False,
    ),
    "no credentials": ({"auth": None}, Cause.NO_CREDENTIALS, 401, "invalid_client", True),
    "client_id alone": (
        {"auth": None, "params": {**CC, "client_id": CLIENT_ID}},
        Cause.NO_CREDENTIALS,
        401,
        "invalid_client",
        True,
    ),
    "empty secret": (
        {"auth": None, "params": {**CC, "client_id": CLIENT_ID, "client_secret": ""}},
        Cause.NO_CREDENTIALS,
        401,
        "invalid_client",
        True,
    ),
    "Bearer": ({"auth": "Bearer x"}, Cause.MALFORMED_CREDENTIALS, 401, "invalid_client", True),
    "no base64": ({"auth": "Basic é!"}, Cause.MALFORMED_CREDENTIALS, 401, "invalid_client", True),
    "no colon": ({"auth": raw_basic(b"abc")}, Cause.MALFORMED_CREDENTIALS, 401, "invalid_client", True),
    "empty Basic": ({"auth": "Basic"}, Cause.MALFORMED_CREDENTIALS, 401, "invalid_client", True),
    "secret without id": (
        {"auth": None, "params": {**CC, "client_secret": SECRET}},
        Cause.MALFORMED_CREDENTIALS,
        401,
        "invalid_client",
        True,
    ),
    "two methods": (
        {"params": {**CC, "client_id": CLIENT_ID, "client_secret": SECRET}},
        Cause.TWO_AUTH_METHODS,
        400,
        "invalid_request",
        False,
    ),
    "two clients": (
        {"params": {**CC, "client_id": "another"}},
        Cause.TWO_AUTH_METHODS,
        400,
        "invalid_request",
        False,
    ),
    "unknown client": ({"auth": basic("nobody")}, Cause.UNKNOWN_CLIENT, 401, "invalid_client", True),
    "wrong secret": ({"auth": basic(secret="wrong")}, Cause.BAD_SECRET, 401, "invalid_client", True),
    "wrong secret in the body": (
        {"auth": None, "params": {**CC, "client_id": CLIENT_ID, "client_secret": "wrong"}},
        Cause.BAD_SECRET,
        401,
        "invalid_client",
        True,
    ),
    "secret in the URL": (
        {"query": f"?client_id={CLIENT_ID}&client_secret={SECRET}", "auth": None},
        Cause.CREDENTIALS_IN_QUERY,
        400,
        "invalid_request",
        False,
    ),
    "malformed scope": ({"params": {**CC, "scope": "a  b"}}, Cause.MALFORMED_SCOPE, 400, "invalid_scope", False),
    "unknown scope": ({"params": {**CC, "scope": "a c"}}, Cause.UNKNOWN_SCOPE, 400, "invalid_scope", False),
    "relative resource": (
        {"params": {**CC, "resource": "orders"}},
        Cause.UNKNOWN_AUDIENCE,
        400,
        "invalid_target",
        False,
    ),
    "resource with fragment": (
        {"params": {**CC, "resource": "https://api.fake.test/#x"}},
        Cause.UNKNOWN_AUDIENCE,
        400,
        "invalid_target",
        False,
    ),
}


@pytest.mark.parametrize(("request_", "cause", "status", "error", "challenged"), WRONG.values(), ids=WRONG)
def test_a_wrong_request_gets_its_error(request_, cause, status, error, challenged):
    """Each mistake gets the status and error code of RFC 6749 section 5.2, is not to be stored, and gives no token."""
    world = World(scopes=("a", "b"))

    got = world.ask(**request_)

    assert (got.cause, got.status, got.error) == (cause, status, error)
    assert got.json["error_description"]
    assert set(got.json) == {"error", "error_description"}
    assert got.header("WWW-Authenticate") == (CHALLENGE if challenged else None)
    assert got.header("Allow") == ("POST" if status == 405 else None)
    assert got.header("Cache-Control") == "no-store"
    assert got.header("Pragma") == "no-cache"
    assert got.header("Content-Type") == "application/json"
    assert got.entry.token is None
    assert len(world.state.tokens) == 0
    assert SECRET not in got.body.decode()


OTHER_CAUSES = {
    "missing header": (World(headers={"X-Key": "k"}), {}, Cause.MISSING_HEADER, "invalid_request"),
    "wrong header": (World(headers={"X-Key": "k"}), {"headers": {"x-key": "K"}}, Cause.WRONG_HEADER, "invalid_request"),
    "missing param": (World(params={"tenant": "t"}), {}, Cause.MISSING_PARAM, "invalid_request"),
    "empty param": (
        World(params={"tenant": "t"}),
        {"params": {**CC, "tenant": ""}},
        Cause.MISSING_PARAM,
        "invalid_request",
    ),
    "wrong param": (
        World(params={"tenant": "t"}),
        {"params": {**CC, "tenant": "u"}},
        Cause.WRONG_PARAM,
        "invalid_request",
    ),
    "too few of a param": (
        World(params={"tenant": ("t", "u")}),
        {"params": {**CC, "tenant": "u"}},
        Cause.WRONG_PARAM,
        "invalid_request",
    ),
    "basic not taken": (
        World(auth_methods=("client_secret_post",)),
        {},
        Cause.AUTH_METHOD_NOT_ALLOWED,
        "invalid_client",
    ),
    "post not taken": (
        World(auth_methods=("client_secret_basic",)),
        {"auth": "post"},
        Cause.AUTH_METHOD_NOT_ALLOWED,
        "invalid_client",
    ),
    "missing scope": (World(Dialect(scope=ScopeDialect(missing="refuse"))), {}, Cause.MISSING_SCOPE, "invalid_scope"),
    "required scope": (
        World(Dialect(scope=ScopeDialect(required=("openid",)))),
        {"params": {**CC, "scope": "a"}},
        Cause.LACKING_SCOPE,
        "invalid_scope",
    ),
    "no scope allowed": (World(scopes=()), {"params": {**CC, "scope": "a"}}, Cause.UNKNOWN_SCOPE, "invalid_scope"),
    "unknown audience": (
        World(audience=("https://a.test/",)),
        {"params": {**CC, "audience": "https://b.test/"}},
        Cause.UNKNOWN_AUDIENCE,
        "invalid_target",
    ),
    "missing audience": (World(Dialect(audience_required=True)), {}, Cause.MISSING_AUDIENCE, "invalid_request"),
    "no licence": (World(Dialect(licensing=Licensing(capacity=0))), {}, Cause.NO_LICENCE, "invalid_client"),
    "malformed JSON": (
        World(body_formats=("json",)),
        {"kind": "application/json", "body": b"{"},
        Cause.MALFORMED_BODY,
        "invalid_request",
    ),
}


@pytest.mark.parametrize(("world", "request_", "cause", "error"), OTHER_CAUSES.values(), ids=OTHER_CAUSES)
def test_settings_bring_further_causes(world, request_, cause, error):
    """What a provider wants beside the RFC is missed with a cause of its own and the code that fits it best."""
    got = world.ask(**request_)

    assert (got.cause, got.status, got.error) == (cause, TOKEN_REFUSALS[cause].status, error)


def test_a_client_without_the_grant_is_unauthorized():
    """A client that may not use the grant gets unauthorized_client, and only after it has proved who it is."""
    world = World()
    world.state.main_client.grant_types = frozenset({"authorization_code"})

    assert (world.ask().status, world.ask().error) == (400, "unauthorized_client")
    assert world.ask(auth=basic(secret="wrong")).error == "invalid_client"


def test_every_cause_of_the_token_endpoint_has_an_answer():
    """No cause that the token endpoint can find is without status and code."""
    assert {cause for _, cause, *_ in WRONG.values()} <= set(TOKEN_REFUSALS)
    assert all(refusal.error and 400 <= refusal.status < 500 for refusal in TOKEN_REFUSALS.values())


# pairs of mistakes in one request, in the order in which the default checks find them
MISTAKES = [
    ("method", {"method": "PUT"}, Cause.WRONG_METHOD),
    ("headers", {"headers": {"X-Key": "wrong"}}, Cause.WRONG_HEADER),
    ("body", {"kind": "text/plain"}, Cause.WRONG_CONTENT_TYPE),
    ("duplicates", {"body": b"&x=1&x=2"}, Cause.DUPLICATE_PARAMETER),
    ("grant_type", {"body": b"&grant_type=wrong"}, Cause.UNSUPPORTED_GRANT_TYPE),
    ("client", {"auth": basic(secret="wrong")}, Cause.BAD_SECRET),
    ("params", {"body": b"&tenant=wrong"}, Cause.WRONG_PARAM),
    ("scope", {"body": b"&scope=wrong"}, Cause.UNKNOWN_SCOPE),
]


def _with_mistakes(world, names):
    right = {"grant_type": b"&grant_type=client_credentials", "params": b"&tenant=t", "scope": b"&scope=a"}
    options = {"headers": {"X-Key": "k"}}
    body = b"y=1"
    for name, change, _ in MISTAKES:
        if name in names:
            body += change.get("body", b"")
            options.update({key: value for key, value in change.items() if key != "body"})
        else:
            body += right.get(name, b"")
    return world.ask(body=body, **options)


@pytest.mark.parametrize("first", range(len(MISTAKES)))
def test_the_order_of_checks_decides(first):
    """Of several mistakes the earliest check tells its own; the order is the dialect's."""
    settings = {"headers": {"X-Key": "k"}, "params": {"tenant": "t"}, "scopes": ("a",)}
    names = [name for name, _, _ in MISTAKES[first:]]

    assert _with_mistakes(World(**settings), names).cause == MISTAKES[first][2]
    backwards = Dialect(checks=tuple(reversed(CHECKS)))
    assert _with_mistakes(World(backwards, **settings), names).cause == MISTAKES[-1][2]


@pytest.mark.parametrize(
    ("checks", "request_", "cause"),
    [
        (CHECKS, {"method": "PUT", "auth": basic(secret="x")}, Cause.WRONG_METHOD),
        (CHECKS, {"auth": basic(secret="x")}, Cause.BAD_DPOP_PROOF),
        (CHECKS, {"params": {**CC, "scope": "a  b"}}, Cause.BAD_DPOP_PROOF),
        (("method",), {"method": "PUT"}, Cause.BAD_DPOP_PROOF),
    ],
    ids=["after the method", "before the client", "before the scope", "first where no client is looked for"],
)
def test_a_proof_is_looked_at_just_before_the_client(checks, request_, cause):
    """A client that has to come again with another proof has not used its assertion up by then."""
    world = World(Dialect(checks=checks), dpop="optional")

    assert world.ask(headers={"DPoP": "x"}, **request_).cause == cause


def test_a_check_can_be_left_out():
    """A dialect without a check does not look at that part."""
    lenient = Dialect(checks=("client",))

    assert World(lenient).ask({}).status == 200
    assert World(lenient).ask({"grant_type": "x", "scope": "a  b"}, method="PUT", kind="text/plain").status == 200


@pytest.mark.parametrize(
    "params",
    [
        {**CC, "scope": ""},
        {**CC, "foo": "bar"},
        {**CC, "foo": ""},
        {**CC, "client_id": CLIENT_ID},
        {**CC, "audience": ""},
    ],
    ids=str,
)
def test_what_must_be_ignored_is(params):
    """Empty parameters count as absent, unknown ones for nothing, and the client may name itself again."""
    assert World().ask(params).status == 200


@pytest.mark.parametrize("kind", [FORM, FORM.upper(), f"{FORM}; charset=UTF-8", f" {FORM} ;x=y"])
def test_the_media_type_compares_as_http_wants(kind):
    """Case and parameters of the Content-Type don't matter."""
    assert World().ask(kind=kind).status == 200


BODIES = {
    "form": ({"kind": FORM, "body": GOOD + b"&scope=a"}, ("form",)),
    "json": ({"kind": "application/json", "body": b'{"grant_type": "client_credentials", "scope": "a"}'}, ("json",)),
    "multipart": (
        {
            "kind": "multipart/form-data; boundary=xyz",
            "body": multipart(("grant_type", "client_credentials"), ("scope", "a")),
        },
        ("multipart",),
    ),
    "quoted boundary": (
        {
            "kind": 'Multipart/Form-Data; charset=utf-8; Boundary="x y"',
            "body": multipart(("grant_type", "client_credentials"), ("scope", "a"), boundary="x y"),
        },
        ("multipart",),
    ),
    "query": ({"kind": None, "body": b"", "query": "?grant_type=client_credentials&scope=a"}, ("query",)),
    "query, no body read": (
        {"kind": None, "body": b"", "method": "GET", "query": "?grant_type=client_credentials&scope=a"},
        ("form", "query"),
    ),
}


@pytest.mark.parametrize(("request_", "formats"), BODIES.values(), ids=BODIES)
def test_parameters_come_in_every_format_that_is_taken(request_, formats):
    """Form, JSON, multipart and query say the same."""
    world = World(body_formats=formats, methods=("POST", "GET"))

    got = world.ask(**request_)

    assert got.status == 200
    assert got.json["scope"] == "a"
    assert got.entry.grant_type == "client_credentials"
    assert got.entry.parameters.body_format == formats[-1]


@pytest.mark.parametrize("name", ["json", "multipart"])
def test_a_format_that_is_not_taken_is_read_all_the_same(name):
    """A test wants to know what was in the body that the provider refused."""
    got = World().ask(**BODIES[name][0])

    assert got.cause == Cause.WRONG_CONTENT_TYPE
    assert got.entry.grant_type == "client_credentials"
    assert got.entry.scopes == {"a"}


UNREADABLE = {
    "no boundary": ("multipart/form-data", multipart(("a", "b")), "no boundary"),
    "another boundary": ("multipart/form-data; boundary=abc", multipart(("a", "b")), "no parts or no end"),
    "no end": ("multipart/form-data; boundary=xyz", multipart(("a", "b"), end=""), "no parts or no end"),
    "no parts": ("multipart/form-data; boundary=xyz", b"--xyz--", "no parts or no end"),
    "no name": ("multipart/form-data; boundary=xyz", b"--xyz\r\nX: y\r\n\r\nv\r\n--xyz--", "has no name"),
    "part in latin-1": (
        "multipart/form-data; boundary=xyz",
        multipart(("a", "b")).replace(b"b\r\n", b"\xe9\r\n"),
        "not UTF-8",
    ),
    "JSON list": ("application/json", b'["grant_type"]', "is a list; it has to be an object"),
    "JSON in latin-1": ("application/json", b'{"a": "\xe9"}', "not UTF-8 (byte 7)"),
    "deep JSON": ("application/json", b'{"a":' + b"[" * 100_000, "nested too deeply"),
    "no JSON": ("application/json", b"grant_type=client_credentials", "the body is not JSON"),
}


@pytest.mark.parametrize(("kind", "body", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_says_what_is_wrong_with_it(kind, body, told):
    """A body that can't be read is invalid_request with a sentence about it."""
    got = World(body_formats=("json", "multipart")).ask(kind=kind, body=body)

    assert (got.cause, got.error) == (Cause.MALFORMED_BODY, "invalid_request")
    assert told in got.entry.verdict.detail
    assert got.entry.parameters.body_format == ("json" if "json" in kind else "multipart")


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b'{"grant_type": "client_credentials", "grant_type": "x"}', Cause.DUPLICATE_PARAMETER),
        (b'{"grant_type": ["client_credentials"]}', Cause.UNSUPPORTED_GRANT_TYPE),
        (b'{"grant_type": null}', Cause.MISSING_GRANT_TYPE),
        (b'{"grant_type": 5}', Cause.UNSUPPORTED_GRANT_TYPE),
        (b'{"grant_type": "client_credentials", "scope": ["a", "b"]}', Cause.MALFORMED_SCOPE),
        (b'{"grant_type": "client_credentials", "deep": {"a": 1, "a": 2}}', None),
    ],
)
def test_json_values_are_taken_as_they_are(body, cause):
    """A JSON list is no text, a name that comes twice is found, and what lies deeper is the client's business."""
    assert World(body_formats=("json",)).ask(kind="application/json", body=body).cause == cause


@pytest.mark.parametrize("values", [["1", "2"], ["1", "2", "3"], ["1", "3", ""]])
def test_of_a_repeated_parameter_the_last_is_told(values):
    """A test sees the last value, and all that are not empty; an empty last one is as good as none (section 3.2)."""
    parameters = World().ask({**CC, "x": values}).entry.parameters

    assert parameters.get("x") == (values[-1] or None)
    assert parameters.get_all("x") == [value for value in values if value]
    assert parameters.duplicates == ("x",)
    text = ", ".join(f'"x": "{value}"' for value in values)
    in_json = World(body_formats=("json",)).ask(kind="application/json", body=f"{{{text}}}".encode()).entry.parameters
    assert (in_json.get("x"), in_json.duplicates) == (parameters.get("x"), ("x",))


@pytest.mark.parametrize(
    ("wanted", "one"), [(["https://a.test"], "https://a.test"), (["https://a.test", "https://b.test"], None)]
)
def test_an_answer_may_tell_whom_the_token_is_for(wanted, one):
    """One audience is told as a text, several as a list, as ``aud`` has them (RFC 7519 section 4.1.3)."""
    told = {"access_token": "{access_token}", "aud": "{audience}", "all": "{audiences}"}

    answer = World(Dialect(response=told)).ask({**CC, "resource": wanted}).json

    assert (answer["aud"], answer["all"]) == (one or wanted, wanted)


def test_scopes_are_told_as_the_provider_parts_them():
    """What a request asked for is told in scope-tokens, also where they have commas between them."""
    commas = World(Dialect(scope=ScopeDialect(separator=",")))

    assert commas.ask({**CC, "scope": "a,b"}).entry.scopes == {"a", "b"}
    assert World().ask({**CC, "scope": "a,b"}).entry.scopes == {"a,b"}


@pytest.mark.parametrize("kind", [FORM, "application/json"])
def test_a_required_parameter_may_repeat(kind):
    """A list of required values wants each of them, in any order, as parameters or as a JSON list."""
    world = World(params={"role": ("r1", "r2")}, body_formats=("form", "json"))
    bodies = {FORM: GOOD + b"&role=r2&role=r1", "application/json": json.dumps({**CC, "role": ["r2", "r1"]}).encode()}

    assert world.ask(kind=kind, body=bodies[kind]).status == 200
    assert world.ask().cause == Cause.MISSING_PARAM


def test_a_wrong_secret_parameter_is_not_repeated_in_the_answer():
    """What is wanted of a parameter with a telling name is nobody's business."""
    got = World(params={"api_key": "the-right-key"}).ask({**CC, "api_key": "the-wrong-key"})

    assert got.cause == Cause.WRONG_PARAM
    assert "the-right-key" not in got.body.decode() + repr(got.entry.verdict)
    assert "the-wrong-key" not in got.body.decode() + repr(got.entry.verdict)


def test_a_wrong_parameter_says_what_was_wanted():
    """Any other parameter is shown as it came and as it should have been."""
    got = World(params={"tenant": "t"}).ask({**CC, "tenant": "u"})

    assert got.entry.verdict.detail == "the parameter tenant is 'u', wanted: t"


def test_a_query_that_is_no_utf_8_has_no_parameters():
    """Where parameters come in the query they are UTF-8, too."""
    got = World(body_formats=("query",)).ask(kind=None, body=b"", query="?grant_type=client_credentials&x=%E9")

    assert got.cause == Cause.MISSING_GRANT_TYPE


def test_a_header_with_an_underscore_is_another_one():
    """A client that writes content_type is told so."""
    got = World().ask(kind=None, headers={"content_type": FORM})

    assert "it has a header content_type, with an underscore" in got.entry.verdict.detail


# --- Basic credentials


@pytest.mark.parametrize("encoding", ["form", "raw", "either"])
def test_plain_credentials_are_read_in_every_encoding(encoding):
    """Letters, digits and hyphens mean the same either way."""
    assert World(Dialect(basic_encoding=encoding)).ask().status == 200


AWKWARD = " %&+£€"  # RFC 6749 appendix B
ENCODED = b"+%25%26%2B%C2%A3%E2%82%AC"


@pytest.mark.parametrize(
    ("encoding", "pair", "taken"),
    [
        ("form", b"client-1:" + ENCODED, True),
        ("form", b"client-1:" + AWKWARD.encode(), False),
        ("raw", b"client-1:" + AWKWARD.encode(), True),
        ("raw", b"client-1:" + ENCODED, False),
        ("either", b"client-1:" + AWKWARD.encode(), True),
        ("either", b"client-1:" + ENCODED, True),
        ("form", b"client%2D1:" + ENCODED, True),
        ("raw", b"client%2D1:" + AWKWARD.encode(), False),
    ],
)
def test_the_vector_of_appendix_b(encoding, pair, taken):
    """Both halves of Basic credentials are form-decoded, or taken as they are, as the provider does it."""
    world = World(Dialect(basic_encoding=encoding), client_secret=AWKWARD)

    assert world.ask(auth=raw_basic(pair)).status == (200 if taken else 401)


@pytest.mark.parametrize("client_id", ["_client", "client", "~~~client"])
@pytest.mark.parametrize("blanks", [" ", "  "], ids=["one blank", "two blanks"])
def test_base64_is_read_whole_whatever_it_begins_with(client_id, blanks):
    """Blanks around the base64 don't matter, and nothing else is taken from it."""
    header = basic(client_id).replace(" ", blanks)

    assert World(client_id=client_id).ask(auth=header + blanks).status == 200


def test_only_the_first_colon_separates():
    """A colon in the secret needs no encoding where the halves are taken as they are."""
    world = World(Dialect(basic_encoding="either"), client_secret="a:b:c")

    assert world.ask(auth=raw_basic(b"client-1:a:b:c")).status == 200


def test_latin_1_credentials_are_read():
    """Bytes that are no UTF-8 are read as older clients mean them."""
    world = World(Dialect(basic_encoding="raw"), client_secret="sésame")

    assert world.ask(auth=raw_basic("client-1:sésame".encode("latin-1"))).status == 200
    assert world.ask(auth=raw_basic("client-1:sésame".encode())).status == 200


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic"])
def test_the_scheme_compares_without_case(scheme):
    """RFC 9110 section 11.1: authentication schemes have no case."""
    assert World().ask(auth=basic().replace("Basic", scheme)).status == 200


EXPLAINED = {
    "not encoded": ("a+b%20c", b"client-1:a+b%20c", "without being form-encoded first"),
    "stripped": (" hush\n", b"client-1:hush", "white space at its ends was lost"),
    "newline": ("hush", b"client-1:hush%0A", "white space was added at its ends"),
    "None": ("hush", b"client-1:None", "it arrived as 'None'; is the client's setting missing?"),
    "cut": ("hush-of-20-letters-x", b"client-1:hush-of", "only its first 7 of 20 characters arrived"),
    "wrong": ("hush", b"client-1:wrong", "the client_secret of 'client-1' is wrong"),
}


@pytest.mark.parametrize(("secret", "pair", "told"), EXPLAINED.values(), ids=EXPLAINED)
def test_a_wrong_secret_is_explained(secret, pair, told):
    """Only the fake knows what the secret should have been, so it can say how it was spoilt, but never shows it."""
    got = World(client_secret=secret).ask(auth=raw_basic(pair))

    assert got.cause == Cause.BAD_SECRET
    assert told in got.entry.verdict.detail
    assert secret.strip() not in got.entry.verdict.detail


def test_a_secret_that_was_encoded_twice_is_recognised():
    """A client that encodes where the provider takes secrets as they are sends the encoded form."""
    raw = World(Dialect(basic_encoding="raw"), client_secret="a b/c")

    for sent in (b"a+b%2Fc", b"a+b/c"):
        assert "form-encoded twice" in raw.ask(auth=raw_basic(b"client-1:" + sent)).entry.verdict.detail


@pytest.mark.parametrize("header", ["s3cr3t-without-scheme", "averyveryverylongscheme-or-token x"])
def test_what_may_be_a_secret_is_not_shown_as_a_scheme(header):
    """An Authorization header without a scheme for sure appears nowhere, neither in the answer nor in its headers."""
    got = World(auth_methods=("client_secret_post",)).ask(auth=header)

    assert got.cause == Cause.MALFORMED_CREDENTIALS
    assert "has no scheme" in got.entry.verdict.detail
    assert header.split()[0] not in repr(got.outcome.headers) + got.body.decode()
    assert got.header("WWW-Authenticate") == CHALLENGE


def test_the_challenge_names_the_scheme_that_was_used():
    """Where Basic is not taken the challenge repeats the client's scheme (RFC 6749 section 5.2)."""
    world = World(auth_methods=("client_secret_post",))

    assert world.ask(auth="Digest x").header("WWW-Authenticate") == 'Digest realm="oauthcc"'
    for auth in (basic(secret="x"), basic(secret="x").replace("Basic", "basic"), None):
        assert world.ask(auth=auth).header("WWW-Authenticate") == CHALLENGE


def test_another_scheme_takes_nothing_from_credentials_in_the_body():
    """A Bearer header beside right credentials in the body proves nothing and spoils nothing."""
    got = World().ask(auth="post", headers={"Authorization": "Bearer x"})

    assert (got.status, got.entry.auth_method) == (200, "client_secret_post")


@pytest.mark.parametrize(
    ("prefer", "header", "body", "status", "method"),
    [
        ("header", SECRET, "wrong", 200, "client_secret_basic"),
        ("header", "wrong", SECRET, 401, "client_secret_basic"),
        ("body", "wrong", SECRET, 200, "client_secret_post"),
        ("body", SECRET, "wrong", 401, "client_secret_post"),
        ("refuse", SECRET, SECRET, 400, "client_secret_basic"),
    ],
)
def test_of_two_methods_the_dialect_decides(prefer, header, body, status, method):
    """A provider refuses two methods, or lets the header or the body win; the journal tells of both."""
    world = World(Dialect(two_auth_methods=prefer))
    params = {**CC, "client_id": CLIENT_ID, "client_secret": body}

    got = world.ask(params, auth=basic(secret=header))

    assert (got.status, got.entry.auth_method) == (status, method)
    assert len(got.entry.presented.other) == 1


def test_a_header_of_the_providers_own_form():
    """A dialect may read credentials from a header without scheme."""
    pattern = r"id: (?P<client_id>\S+), secret: (?P<client_secret>\S+)"
    world = World(Dialect(authorization_pattern=pattern))

    assert world.ask(auth=f"id: {CLIENT_ID}, secret: {SECRET}").status == 200
    assert world.ask(auth=f"id: {CLIENT_ID}, secret: x").cause == Cause.BAD_SECRET
    assert world.ask().status == 200


def test_credentials_in_the_url_where_they_are_taken():
    """A provider that takes parameters from the query may take credentials there, too."""
    world = World(Dialect(credentials_in_query="accept"), body_formats=("query",))
    query = f"?grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={SECRET}"

    assert world.ask(auth=None, kind=None, body=b"", query=query).status == 200


def test_a_client_may_have_methods_of_its_own():
    """What a client is registered for goes before what the provider takes."""
    world = World()
    world.state.clients["other"] = Client("other", "s", auth_methods=("client_secret_post",))

    assert world.ask(auth=basic("other", "s")).cause == Cause.AUTH_METHOD_NOT_ALLOWED
    assert world.ask({**CC, "client_id": "other", "client_secret": "s"}, auth=None).status == 200
    assert world.ask().status == 200


# --- scopes


@pytest.mark.parametrize(
    ("scope", "good"),
    [
        ("a", True),
        ("a b", True),
        ("a b a", True),
        ("!#[]~^_`{|}", True),
        (" a", False),
        ("a ", False),
        ("a  b", False),
        ("a\tb", False),
        ('a"b', False),
        ("a\\b", False),
        ("ä", False),
        ("a\x7f", False),
        ("\x20", False),
    ],
)
def test_the_grammar_of_scopes(scope, good):
    """RFC 6749 section 3.3: tokens of %x21, %x23-5B, %x5D-7E with single blanks between them."""
    got = World().ask({**CC, "scope": scope})

    assert got.cause == (None if good else Cause.MALFORMED_SCOPE)
    if good:
        assert got.json["scope"] == " ".join(dict.fromkeys(scope.split()))


@pytest.mark.parametrize(
    ("settings", "dialect", "requested", "granted"),
    [
        ({}, {}, None, None),
        ({}, {}, "x y", "x y"),
        ({"scopes": ("a", "b")}, {}, None, "a b"),
        ({"scopes": ("a", "b"), "default_scopes": ("b",)}, {}, None, "b"),
        ({"default_scopes": ("b",)}, {}, None, "b"),
        ({"scopes": ("a", "b")}, {"missing": "none"}, None, None),
        ({"scopes": ("a", "b")}, {"unknown": "ignore"}, "c b", "b"),
        ({"scopes": ("a", "b")}, {"unknown": "ignore"}, "c", None),
        ({}, {"required": ("a",)}, "b a", "b a"),
        ({}, {"required": ("a",)}, None, None),
        ({}, {"always": ("z",)}, "a", "a z"),
        ({}, {"always": ("z",)}, "z a", "z a"),
        ({"scopes": ("a", "b")}, {"separator": ","}, "a,b", "a,b"),
        ({"scopes": ("a", "b")}, {"separator": ","}, None, "a,b"),
        ({"scopes": ("a",)}, {"echo": "never"}, "a", None),
        ({"scopes": ("a", "b")}, {"echo": "different"}, "a", None),
        ({"scopes": ("a", "b")}, {"echo": "different"}, None, "a b"),
        ({"scopes": ("a", "b")}, {"echo": "different", "unknown": "ignore"}, "a c", "a"),
        ({}, {"echo": "different", "always": ("z",)}, "a", "a z"),
    ],
)
def test_what_scopes_are_granted_and_named(settings, dialect, requested, granted):
    """Defaults, required, unknown and permanent scopes, and when the answer says which ones there are."""
    world = World(Dialect(scope=ScopeDialect(**dialect)), **settings)

    got = world.ask(CC if requested is None else {**CC, "scope": requested})

    assert got.status == 200
    assert got.json.get("scope") == granted
    if dialect.get("echo") is None:
        assert got.entry.token.scopes == set((granted or "").replace(",", " ").split())


def test_a_comma_is_part_of_a_scope_elsewhere():
    """Where blanks separate, a comma is a character as any other."""
    assert World().token(scope="a,b")
    assert World(scopes=("a", "b")).ask({**CC, "scope": "a,b"}).cause == Cause.UNKNOWN_SCOPE


@pytest.mark.parametrize(
    ("scope", "cause", "audience"),
    [
        ("https://api.fake.test/v1/.default", None, ("https://api.fake.test/v1",)),
        ("https://api.fake.test/v1", Cause.MALFORMED_SCOPE, None),
        ("/.default", Cause.MALFORMED_SCOPE, None),
        ("https://a.test/.default https://b.test/.default", Cause.MALFORMED_SCOPE, None),
        ("https://other.test/.default", Cause.UNKNOWN_AUDIENCE, None),
    ],
)
def test_a_scope_can_name_a_resource(scope, cause, audience):
    """With a resource suffix a request names one resource and gets all that the client may have there."""
    dialect = Dialect(scope=ScopeDialect(resource_suffix="/.default", missing="refuse"))
    world = World(dialect, scopes=("a", "b"), audience=(API_URL,))

    got = world.ask({**CC, "scope": scope})

    assert got.cause == cause
    if cause is None:
        assert got.entry.token.audience == audience
        assert got.entry.token.scopes == {"a", "b"}


# --- audience


@pytest.mark.parametrize(
    ("body", "audience"),
    [
        (GOOD, [API_URL]),
        (GOOD + b"&resource=https%3A%2F%2Fa.test%2F", ["https://a.test/"]),
        (GOOD + b"&audience=orders", ["orders"]),
        (GOOD + b"&resource=urn:x:y", ["urn:x:y"]),
        (GOOD + b"&resource=https://a.test&resource=https://b.test", ["https://a.test", "https://b.test"]),
        (GOOD + b"&resource=https://a.test&audience=https://a.test", ["https://a.test"]),
    ],
)
def test_the_token_is_for_whom_it_was_asked_for(body, audience):
    """Resource (RFC 8707) and audience name whom the token is for; by default it is the API."""
    got = World().ask(body=body)

    claim = got.entry.token.claims["aud"]
    assert ([claim] if isinstance(claim, str) else claim) == audience
    assert list(got.entry.token.audience) == audience


def test_a_known_audience_compares_but_for_a_slash():
    """Of the audiences that the provider knows one may be asked for, with or without the slash at its end."""
    world = World(audience=("https://a.test/", "https://b.test"))

    assert world.ask({**CC, "audience": "https://a.test"}).status == 200
    assert world.ask({**CC, "resource": ["https://a.test/", "https://b.test/"]}).status == 200
    assert "known: https://a.test/, https://b.test" in world.ask({**CC, "audience": "c"}).entry.verdict.detail
    assert world.ask().entry.token.audience == ("https://a.test/", "https://b.test")


@pytest.mark.parametrize("resource", ["http://[", "https://a.test/#", "/v1"])
def test_a_resource_is_an_absolute_uri(resource):
    """RFC 8707 section 2: absolute, and without a fragment."""
    assert World().ask({**CC, "resource": resource}).error == "invalid_target"


@pytest.mark.parametrize(("param", "other"), [("audience", "resource"), ("resource", "audience")])
def test_a_dialect_may_know_one_parameter_only(param, other):
    """Of audience and resource the other one is then an unknown parameter, and ignored."""
    world = World(Dialect(audience_param=param, audience_required=True))

    assert world.ask({**CC, param: "https://a.test"}).entry.token.audience == ("https://a.test",)
    assert world.ask({**CC, other: "https://a.test"}).cause == Cause.MISSING_AUDIENCE


def test_without_an_api_the_token_is_for_the_issuer():
    """There is always somebody whom a token is for."""
    assert World(api_url=None).ask().entry.token.audience == ("https://auth.fake.test",)


# --- answers in a provider's own form


def test_an_answer_follows_its_template():
    """Members, headers, type and lifetime are the dialect's; what has no value is left out."""
    dialect = Dialect(
        response={
            "token": "{access_token}",
            "kind": "{token_type}",
            "expires_in": "{expires_in!s}",
            "expires_on": "{expires_at!s}",
            "data": {"aud": "{audience}", "scopes": "{scopes}", "none": "{scope}", "null": "{null}", "n": 5},
            "id": "{jti}",
        },
        response_headers={
            "X-Client": "{client_id}",
            "X-Time": "{now}",
            "X-None": "{scope}",
            "Cache-Control": "private",
        },
        token_type="bearer",
        expires_in_offset=-1,
        scope=ScopeDialect(separator=","),
    )
    world = World(dialect)

    got = world.ask()

    token = got.entry.token
    assert got.json == {
        "token": token.value,
        "kind": "bearer",
        "expires_in": "3599",
        "expires_on": str(int(token.expiry)),
        "data": {"aud": API_URL, "null": None, "n": 5},
        "id": token.claims["jti"],
    }
    assert got.header("X-Client") == CLIENT_ID
    assert got.header("X-Time") == str(int(NOW))
    assert got.header("X-None") is None
    assert [value for name, value in got.outcome.headers if name == "Cache-Control"] == ["private"]


REFUSALS = {
    "status and code": (Refusal(400, "bad"), 400, {"error": "bad"}, "application/json"),
    "text": (Refusal(403, body="no {client_id}"), 403, b"no client-1", "text/plain; charset=utf-8"),
    "table": (
        Refusal(422, "x", body={"code": "{status}", "why": "{error}"}),
        422,
        {"code": 422, "why": "x"},
        "application/json",
    ),
    "list": (Refusal(400, body=["{error}", 1]), 400, [1], "application/json"),
    "empty": (Refusal(400), 400, b"", None),
    "own type": (Refusal(400, body="<e/>", content_type="text/xml"), 400, b"<e/>", "text/xml"),
    "own type header": (Refusal(400, body="<e/>", headers={"content-type": "a/b"}), 400, b"<e/>", "a/b"),
}


@pytest.mark.parametrize(("refusal", "status", "body", "kind"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_in_the_providers_own_form(refusal, status, body, kind):
    """Status, code, body and type of a refusal are data."""
    world = World(Dialect(refusals={Cause.BAD_SECRET: refusal}))

    got = world.ask(auth=basic(secret="wrong"))

    assert got.status == status
    if isinstance(body, bytes):
        assert got.body == body
    else:
        found = got.json
        if isinstance(found, dict) and "error" in found:
            found.pop("error_description")
        assert found == body
    assert got.header("Content-Type") == kind
    assert got.header("Cache-Control") == "no-store"


def test_a_refusal_may_have_its_own_words_and_challenge():
    """Description and headers are templates, and an own challenge replaces the fake's, or there is none."""
    own = Refusal(401, "e", description="{error}: {description} ({status})", headers={"WWW-Authenticate": "X"})
    world = World(Dialect(refusals={Cause.BAD_SECRET: own, Cause.NO_CREDENTIALS: Refusal(401, "e", challenge=False)}))

    got = world.ask(auth=basic(secret="wrong"))
    assert got.json["error_description"] == "e: the client_secret of 'client-1' is wrong (401)"
    assert [value for name, value in got.outcome.headers if name == "WWW-Authenticate"] == ["X"]
    assert world.ask(auth=None).header("WWW-Authenticate") is None


def test_what_a_client_sent_cannot_break_a_header():
    """A client id with a line break in it stays on one line of the answer's headers."""
    own = Refusal(400, "x", headers={"X-Client": "{client_id}", "X-Missing": "{nothing}"}, body="{client_id}")
    got = World(Dialect(refusals={Cause.UNKNOWN_CLIENT: own})).ask(auth=basic("a\r\nSet-Cookie: b=c €"))

    assert got.header("X-Client") == "a??Set-Cookie: b=c ?"
    assert got.header("X-Missing") is None


def test_a_client_id_of_half_a_character_is_answered():
    """JSON can hold what no encoding can; the answer is an error all the same."""
    own = Refusal(400, body="no {client_id}")
    world = World(Dialect(refusals={Cause.UNKNOWN_CLIENT: own}), body_formats=("json",))
    body = json.dumps({**CC, "client_id": "\ud800", "client_secret": "\udfff"}).encode()

    assert world.ask(auth=None, kind="application/json", body=body).body == b"no ?"


def test_descriptions_keep_to_the_allowed_characters():
    """RFC 6749 section 5.2 allows neither quotes nor backslashes nor anything beyond ASCII in a description."""
    got = World(scopes=("a",)).ask({**CC, "scope": 'ä"\\\r\n'})

    description = got.json["error_description"]
    assert not set(description) - set(map(chr, range(0x20, 0x7F)))
    assert not set(description) & set('"\\')


def test_the_query_of_the_token_url_survives():
    """RFC 6749 section 3.2: the token endpoint's URL may have a query."""
    got = World().ask(query="?tenant=t1")

    assert got.status == 200
    assert got.entry.url == TOKEN_URL + "?tenant=t1"
