"""What holds for any input at all."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from core_world import API_URL, CLIENT_ID, FORM, ISSUER, SECRET, TOKEN_URL, World, raw_basic
from hypothesis import given
from hypothesis import strategies as st

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.dialect import Dialect, ScopeDialect
from pytest_oauthcc.core.messages import Headers, Request, Response
from pytest_oauthcc.core.scopes import split_scope
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import mask, mask_header, mask_json, mask_params, mask_url
from pytest_oauthcc.options import OPTIONS, OwnOption, check_option

ANY_WORLD = World(
    Dialect(basic_encoding="either", scope=ScopeDialect(resource_suffix="/.default")),
    body_formats=("form", "json", "multipart", "query"),
    methods=("POST", "GET"),
    auth_methods=("client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt"),
    scopes=("a", "b"),
    audience=("https://a.test",),
    journal_limit=10,
)
STRICT_WORLD = World(journal_limit=10)

text = st.text()
short = st.text(max_size=20)
header_text = st.text(st.characters(max_codepoint=0x2FF, exclude_categories=()), max_size=40)
media_types = st.sampled_from(
    [FORM, "application/json", "multipart/form-data; boundary=x", "multipart/form-data; boundary=", "text/plain", ""]
)
words = st.sampled_from(
    [
        "client_credentials",
        CLIENT_ID,
        SECRET,
        "a",
        "a b",
        "https://a.test/.default",
        "https://a.test",
        ASSERTION_TYPE,
        "",
    ]
)
names = st.sampled_from(
    [
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "audience",
        "resource",
        "client_assertion",
        "x",
        "client_assertion_type",
        "token",
    ]
)
pairs = st.lists(st.tuples(names | text, words | text), max_size=8)
b64 = st.binary(max_size=30).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="))
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | text,
    lambda v: st.lists(v) | st.dictionaries(names | text, v),
)


def _jwt(header, claims):
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    return ".".join([*parts, "c2ln"])


jwts = st.builds(
    _jwt,
    st.fixed_dictionaries(
        {"alg": st.sampled_from(["none", "HS256", "RS256", "ES256"]) | json_values}, optional={"kid": json_values}
    ),
    st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"]), json_values | words),
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(names | text, words | text | jwts), max_size=8).map(
        lambda p: urlencode(p, errors="replace").encode()
    ),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.lists(st.tuples(names, words), max_size=4).map(
        lambda parts: (
            b"".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in parts)
            + b"--x--"
        )
    ),
)
authorizations = st.one_of(
    header_text,
    st.binary(max_size=40).map(raw_basic),
    header_text.map("Basic ".__add__),
    header_text.map("Bearer ".__add__),
    b64.map("Basic ".__add__),
)
methods = st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "FOO"])
extra_headers = st.dictionaries(
    st.sampled_from(["Authorization", "Content-Type", "X-Any", "Content-Length"]), header_text, max_size=3
)


def _is_oauth_error(response):
    members = json.loads(response.body)
    assert isinstance(members["error"], str)
    allowed = {chr(code) for code in range(0x20, 0x7F)} - {'"', "\\"}
    assert set(members["error_description"]) <= allowed
    assert response.header("Cache-Control") == "no-store"
    return 400 <= response.status < 500


def _headers_are_sound(response):
    for name, value in response.headers:
        assert not set(name + value) & set("\r\n")
        value.encode("latin-1")


@pytest.mark.parametrize("world", [ANY_WORLD, STRICT_WORLD], ids=["lenient", "strict"])
@given(methods, bodies, media_types | header_text, authorizations, extra_headers, pairs)
def test_any_token_request_gets_an_oauth_error_or_a_token(world, method, body, kind, authorization, extra, query):
    """Whatever bytes and headers arrive there is an answer of RFC 6749 section 5, never an exception."""
    headers = {"Content-Type": kind, "Authorization": authorization, **extra}
    url = f"{TOKEN_URL}?{urlencode(query, errors='replace')}"

    entry, answer = world.authority.serve(Request(method, url, Headers(headers.items()), body), None)

    response = answer.outcome
    assert isinstance(response, Response)
    _headers_are_sound(response)
    if response.status == 200:
        assert json.loads(response.body)["access_token"] == entry.token.value
    else:
        assert _is_oauth_error(response)
    entry.params, entry.scopes, entry.audience, entry.assertion, entry.result  # noqa: B018 - none of them may fail
    repr(entry.verdict)


@given(methods, st.sampled_from(["introspect", "revoke", ".well-known/jwks.json"]), bodies, media_types, authorizations)
def test_any_other_request_gets_an_answer(method, path, body, kind, authorization):
    """The same holds for introspection, revocation and the keys."""
    headers = Headers({"Content-Type": kind, "Authorization": authorization}.items())

    answer = ANY_WORLD.authority.respond(Request(method, f"{ISSUER}/{path}", headers, body))

    assert answer.outcome.status in {200, 400, 401, 405}
    _headers_are_sound(answer.outcome)


@given(methods, text, pairs, bodies, media_types, authorizations)
def test_any_api_request_gets_an_answer(method, path, query, body, kind, authorization):
    """The API refuses whatever it does not know with a challenge, and takes a good token with any body and path."""
    world = World(journal_limit=10)
    world.api.get("a/{b}", params={"x": 1}, json={"y": 2}).reply(json=1)
    url = API_URL + quote_plus(path, errors="replace") + "?" + urlencode(query, errors="replace")
    for value in (authorization, f"Bearer {world.token()}"):
        headers = Headers({"Content-Type": kind, "Authorization": value}.items())

        entry, answer = world.authority.serve(
            Request(method, url, headers, body), "/" + quote_plus(path, errors="replace")
        )

        response = answer.outcome
        _headers_are_sound(response)
        if response.status in {400, 401}:
            assert response.header("WWW-Authenticate").startswith("Bearer realm=")
        else:
            assert response.status in {200, 404}
        repr(entry), entry.params, entry.json, entry.scopes


@given(st.text(min_size=1), st.text(min_size=1))
def test_basic_credentials_make_the_round_trip(client_id, secret):
    """Any id and secret, form-encoded as RFC 6749 section 2.3.1 wants it, are read as they were."""
    try:
        pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    except UnicodeEncodeError:
        return  # a lone surrogate can't be sent
    world = World(client_id=client_id, client_secret=secret)

    assert world.ask(auth=raw_basic(pair)).status == 200
    assert world.ask(auth=raw_basic(pair + b"x")).status == 401


@given(st.text(min_size=1), st.text(min_size=1))
def test_body_credentials_make_the_round_trip(client_id, secret):
    """The same in a form and in JSON."""
    world = World(client_id=client_id, client_secret=secret, body_formats=("form", "json"))
    params = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}

    body = json.dumps(params).encode()
    assert world.ask(auth=None, kind="application/json", body=body).status == 200
    try:
        assert world.ask(params, auth=None).status == 200
    except UnicodeEncodeError:
        return


@given(pairs)
def test_forms_make_the_round_trip(params):
    """What a client encodes is what the journal shows; a name that came several times has all its values."""
    try:
        body = urlencode(params).encode()
    except UnicodeEncodeError:
        return
    found = STRICT_WORLD.ask(body=body).entry.params

    for name, _ in params:
        values = [value for other, value in params if other == name]
        assert found[name] == (values if len(values) > 1 else values[0])
    assert parse_qsl(body.decode(), keep_blank_values=True) == params


scope_tokens = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1, max_size=10
)


@given(st.lists(scope_tokens, min_size=1, max_size=6))
def test_every_list_of_scope_tokens_is_a_scope(tokens):
    """Joined by single blanks they are read as they were, each once."""
    assert split_scope(" ".join(tokens)) == tuple(dict.fromkeys(tokens))


@given(text)
def test_a_text_is_a_scope_or_it_is_not(scope):
    """The grammar decides alone: what is taken, put together again, is what was sent."""
    found = split_scope(scope)

    if found is None:
        assert (
            not scope.isascii()
            or set(scope) & set('"\\')
            or scope != " ".join(scope.split())
            or not scope
            or any(ord(character) < 0x20 or ord(character) == 0x7F for character in scope)
        )
    else:
        assert list(dict.fromkeys(scope.split(" "))) == list(found)


secrets = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=16, max_size=40).map("hush".__add__)


@given(secrets)
def test_no_repr_shows_a_secret_or_a_token(secret):
    """Wherever a secret may be, nothing that prints by itself shows it."""
    world = World(client_secret=secret, headers={"X-Api-Key": secret + "k"}, own={"api_key": secret + "o"})
    params = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": secret}
    got = world.ask(params, auth=None, headers={"X-Api-Key": secret + "k"}, query=f"?token={secret}&password={secret}")
    basic = world.ask(
        headers={"X-Api-Key": secret + "k"}, auth="Basic " + base64.b64encode(f"a:{secret}".encode()).decode()
    )
    bad = world.ask(headers={"X-Api-Key": secret + "w"}, auth=f"Bearer {secret}")
    world.endpoint.reply(json={"access_token": secret + "t"})
    scripted = world.ask(headers={"X-Api-Key": secret + "k"}).entry
    api = world.call(secret + "t", f"x?access_token={secret}")

    shown = [
        got.entry, basic.entry, bad.entry, scripted, api.entry, got.answer, got.entry.params, api.entry.params,
        got.entry.request, got.entry.headers, bad.entry.verdict, api.entry.verdict, scripted.token, world.state.settings,
        world.state.main_client, world.state.journal.all, got.entry.presented, basic.entry.presented, world.endpoint, world.api,
    ]  # fmt: skip
    assert secret not in " ".join(map(repr, shown))


@given(short, short, st.dictionaries(names | short, st.none() | short | st.lists(short, max_size=3), max_size=3))
def test_masking_never_fails(name, value, table):
    """Any text can be masked, and two different ones differ."""
    mask_header(name, value)
    mask_url(value)
    mask_params(table)
    mask_json(table)
    assert mask(value) == mask(value)
    assert not value or mask(value).startswith("***")


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    text,
    st.binary(),
    st.lists(text | st.integers()),
    st.tuples(text),
    st.dictionaries(text | st.integers(), text | st.lists(text) | st.integers()),
    st.sampled_from(
        [object(), int, len, {"keys": [{"kty": "x"}]}, "https://a.test", "http://[", "http://a:b", "https://", "a b"]
    ),
    st.frozensets(text),
    words.map("https://".__add__),
)


@pytest.mark.parametrize("name", OPTIONS)
@given(anything)
def test_any_value_of_an_option_is_taken_or_refused(name, value):
    """Every option checks every value: there is a value that the fake can use, or one error that says what it takes."""
    try:
        checked = check_option(name, value, "somewhere", {})
    except OptionError as error:
        told = str(error)
        assert told.startswith(f"somewhere: option {name!r} takes {OPTIONS[name].takes}, not ")
    else:
        assert check_option(name, checked, "somewhere", {}) == checked


@pytest.mark.parametrize("kind", ["text", "integer", "boolean"])
@given(anything)
def test_any_value_of_a_profiles_own_option(kind, value):
    """The same holds for options that a profile declares for itself."""
    own = {"mine": OwnOption(kind, "Mine.")}
    types = {"text": str, "integer": int, "boolean": bool}
    try:
        assert type(check_option("mine", value, "somewhere", own)) is types[kind]
    except OptionError as error:
        told = str(error)
        assert "option 'mine' takes" in told
