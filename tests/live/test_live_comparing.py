# ruff: noqa: D102
"""Drift and learning, without a server: what differs between two answers, and what is learned from one."""

from __future__ import annotations

import json
import tomllib

import jwt
import pytest

from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.messages import Headers, Request, Response
from pytest_oauthcc.core.settings import Settings
from pytest_oauthcc.live.comparing import challenge_parts, compare_refusals, compare_tokens
from pytest_oauthcc.live.drift import Drift
from pytest_oauthcc.live.learned_profile import profile_text
from pytest_oauthcc.live.learning import Lessons, Occasion, path_template
from pytest_oauthcc.profiles import load_profile
from pytest_oauthcc.transports.passage import Passage

NO_STORE = ("Cache-Control", "no-store")
KEY = "k" * 64
MEMBERS = {"access_token": "opaque-1", "token_type": "Bearer", "expires_in": 60, "scope": "a b"}


def answer(members, status=200, *headers):
    body = members if isinstance(members, bytes) else json.dumps(members).encode()
    return Response(status, (("Content-Type", "application/json"), NO_STORE, *headers), body)


def token(header=None, **claims):
    return jwt.encode({"iat": 100, "exp": 160, **claims}, KEY, headers={"kid": "1", **(header or {})})


def shown(differences):
    return [tuple(difference) for difference in differences]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"scope": "b a"}, []),
        ({"expires_in": 61}, []),
        ({"expires_in": 90}, [("token answer: lifetime (expires_in)", "60 s", "90 s")]),
        ({"expires_in": "60"}, [('token answer: member "expires_in"', "integer", "string")]),
        ({"token_type": "bearer"}, [("token answer: token_type", "Bearer", "bearer")]),
        ({"scope": "a"}, [("token answer: scope", "a b", "a")]),
        ({"scope": None}, [('token answer: member "scope"', "string", "null")]),
        ({"scope": ["a"]}, [('token answer: member "scope"', "string", "array")]),
        ({"more": 1.5}, [('token answer: member "more"', "absent", "number")]),
        ({"more": True}, [('token answer: member "more"', "absent", "boolean")]),
        ({"more": {"x": 1}}, [('token answer: member "more"', "absent", "object")]),
        ({"access_token": token()}, [("access token: format", "opaque", "JWT")]),
        ({"access_token": 7}, [('token answer: member "access_token"', "string", "integer")]),
    ],
)
def test_answers_with_a_token(change, expected):
    """Members, types, token_type, lifetime, scope and format are compared, values are not."""
    assert shown(compare_tokens(answer(MEMBERS), answer({**MEMBERS, **change}))) == expected


def test_scopes_with_another_separator():
    """Scopes compare as sets, whatever stands between them."""
    one, other = answer({**MEMBERS, "scope": "a,b"}), answer({**MEMBERS, "scope": "b,a"})
    assert compare_tokens(one, other, scope_separator=",") == []


def test_members_within_members():
    """Objects are compared member by member."""
    one, other = answer({**MEMBERS, "user": {"id": 1, "n": 1}}), answer({**MEMBERS, "user": {"id": "1", "n": 2}})
    assert shown(compare_tokens(one, other)) == [('token answer: member user. "id"', "integer", "string")]


def test_jwts():
    """Of a JWT the header, the names and types of claims, and the lifetime are compared."""
    one = answer({"access_token": token(sub="x")})
    other = answer({"access_token": token({"typ": "at+jwt", "x5t": "y"}, sub=["x"], exp=400, tid="t")})
    assert shown(compare_tokens(one, other)) == [
        ('access token: header "x5t"', "absent", "string"),
        ("access token: header typ", "JWT", "at+jwt"),
        ('access token: claim "sub"', "string", "array"),
        ('access token: claim "tid"', "absent", "string"),
        ("access token: lifetime (exp - iat)", "60 s", "300 s"),
    ]


def test_heads_and_bodies():
    """The status goes before everything; then the media type, Cache-Control, and what kind of body it is."""
    refused = answer({"error": "invalid_client"}, 401)
    assert shown(compare_tokens(answer(MEMBERS), refused)) == [("token answer: status", "200", "401 invalid_client")]
    page = Response(200, (("Content-Type", "text/html; charset=utf-8"),), b"<html>")
    assert shown(compare_tokens(answer(MEMBERS), page)) == [
        ("token answer: Content-Type", "application/json", "text/html"),
        ("token answer: Cache-Control", "no-store", "without no-store"),
        ("token answer: body", "JSON object", "text"),
    ]
    bare = Response(200, (NO_STORE,), b"")
    assert shown(compare_tokens(bare, bare)) == []
    assert shown(compare_refusals("API refusal", answer({}, 401), Response(401))) == [
        ("API refusal: Content-Type", "application/json", "absent"),
        ("API refusal: body", "JSON object", "empty"),
    ]


def test_refusals():
    """Of a refusal the status, the error, the members and the challenge are compared, descriptions are not."""

    def refusal(error="invalid_client", challenge='Basic realm="x"', **members):
        headers = [] if challenge is None else [("WWW-Authenticate", challenge)]
        return answer({"error": error, **members}, 401, *headers)

    place = "token refusal"
    assert compare_refusals(place, refusal(error_description="a"), refusal(error_description="b")) == []
    assert shown(compare_refusals(place, refusal(), refusal("unauthorized", None))) == [
        (f"{place}: WWW-Authenticate", "Basic", "absent"),
        (f"{place}: error", "invalid_client", "unauthorized"),
    ]
    one, other = refusal(challenge='Bearer error="a"'), refusal(challenge='DPoP error="b", algs=ES256')
    assert shown(compare_refusals(place, one, other)) == [
        (f"{place}: WWW-Authenticate scheme", "Bearer", "DPoP"),
        (f"{place}: WWW-Authenticate algs", "absent", "present"),
        (f"{place}: WWW-Authenticate error", "a", "b"),
    ]
    assert shown(compare_refusals(place, refusal(), answer({"error": "x"}, 400))) == [
        (f"{place}: status", "401 invalid_client", "400 x")
    ]
    assert challenge_parts("=") == ("", {})
    assert challenge_parts('Basic realm="a \\"b\\"", x=1') == ("Basic", {"realm": 'a \\"b\\"', "x": "1"})


def test_the_table_of_differences():
    """Each difference is told once, with the first test that saw it, also when workers saw it."""
    drift, other = Drift(), Drift()
    differences = compare_tokens(answer(MEMBERS), answer({**MEMBERS, "x" * 80: 1, "expires_in": 90}))
    drift.note(differences, "test_a")
    drift.note(differences, "test_b")
    other.note(compare_tokens(answer(MEMBERS), answer({**MEMBERS, "token_type": "b"})), "test_c")
    drift.merge(other.as_data())
    assert (len(drift), drift.compared) == (3, 3)
    lines = list(drift.lines())
    assert lines[0].split() == ["what", "fake", "live", "first", "test"]
    assert [line.split()[-1] for line in lines[1:]] == ["test_a", "test_a", "test_c"]
    assert "~" in lines[2]
    data = drift.as_data()
    assert (data["compared"], data["passed_over"], len(data["differences"])) == (3, 0, 3)
    assert data["differences"][2]["fake"] == "Bearer"


@pytest.mark.parametrize(
    ("url", "path", "options"),
    [
        ("https://a.example/oauth/token", "/oauth/token", []),
        ("https://a.example", "/", []),
        ("https://a.example/oauth2/v2.0/token?x=1", "/oauth2/v2.0/token", []),
        ("https://a.example/f8cdef31-a31e-4b4a-93e4-5f571e91255a/token", "/{tenant}/token", ["tenant"]),
        ("https://a.example/acme42/my-client/as", "/{tenant}/{tenant_2}/as", ["tenant", "tenant_2"]),
    ],
)
def test_paths(url, path, options):
    """What looks like an id in a path becomes an option."""
    assert path_template(url, ["my-client", ""]) == {"path": path, "options": options}


class Clock:
    def time(self):
        return 1000.0

    def advance(self, delta):
        raise AssertionError


URL = "https://login.acme.example/acme42/token"
SETTINGS = Settings(
    token_url=URL,
    api_url="https://api.acme.example/",
    issuer="https://login.acme.example",
    client_id="orders",
    client_secret="s3cr3t-s3cr3t",
)


def learn(lessons, response, *, settings=SETTINGS, api=False, **form):
    """Let the lessons see one exchange."""
    from urllib.parse import urlencode

    twin = Authority(settings, Dialect(), Clock())
    if api:
        entry, _ = twin.api.respond(Request("GET", "https://api.acme.example/x"), "/x")
        note = lessons.note_api
    else:
        who = {"client_id": "orders", "client_secret": "s3cr3t-s3cr3t"}
        body = urlencode({"grant_type": "client_credentials", **who, **form}).encode()
        headers = Headers([("Content-Type", "application/x-www-form-urlencoded")])
        entry, _ = twin.token_endpoint.respond(Request("POST", URL, headers, body))
        note = lessons.note_token
    cause = entry.verdict.cause if entry.verdict else None
    note(Occasion(entry, response, cause, twin.state.values, None))


def profile_of(lessons, tmp_path):
    """Return a learned profile as data, after the loader has taken it."""
    text = profile_text(lessons, "acme")
    file = tmp_path / "learned.toml"
    file.write_text(text)
    load_profile(str(file))
    for private in ("login.acme", "api.acme", "acme42", "s3cr3t", "orders", "opaque-1"):
        assert private not in text
    return tomllib.loads(text)


def test_learning_an_opaque_token(tmp_path):
    """Types and placeholders are learned, values are not."""
    members = {
        **MEMBERS,
        "expires_in": "60",
        "issued_at": 1000,
        "count": 12,
        "rate": 0.7,
        "ok": True,
        "none": None,
        "client": "orders",
        "user": {"id": "3f2", "groups": ["x1", "x2"]},
        "kind": "service",
    }
    lessons = Lessons()
    response = Response(200, (("Content-Type", "application/vnd.acme+json"),), json.dumps(members).encode())
    learn(lessons, response, audience="https://x.example")
    learn(lessons, response, scope="a b")
    data = profile_of(lessons, tmp_path)
    assert data["token_url"] == "https://{host}/{tenant}/token"
    assert data["auth_methods"] == ["client_secret_post"]
    assert data["audience_param"] == "audience"
    assert data["token_format"] == "opaque"
    assert data["expires_in"] == 60
    assert data["default_scopes"] == ["a", "b"]
    assert data["scope"] == {"missing": "default", "echo": "always"}
    assert data["response_headers"] == {"Content-Type": "application/vnd.acme+json", "Cache-Control": "private"}
    assert data["response"] == {
        "access_token": "{access_token}",
        "token_type": "{token_type}",
        "expires_in": "{expires_in!s}",
        "scope": "{scope}",
        "issued_at": "{now}",
        "count": 0,
        "rate": 0.5,
        "ok": True,
        "none": "{null}",
        "client": "{client_id}",
        "user": {"id": "{random}", "groups": ["{random}"]},
        "kind": "service",
    }
    assert set(data["options"]) == {"host", "tenant"}


@pytest.mark.parametrize(
    ("seen", "table"),
    [
        ([("a b", "a b")], {"echo": "always"}),
        ([("a b", None)], {"echo": "never"}),
        ([("a b", None), ("a b", "a")], {"echo": "different", "unknown": "ignore"}),
        ([(None, None)], {"missing": "none", "echo": "never"}),
        ([("a b", "a b"), (None, None)], {"missing": "none", "echo": "always"}),
        ([(None, "https://acme.example/x")], {"missing": "none", "echo": "always"}),
    ],
)
def test_learning_scopes(tmp_path, seen, table):
    """When the answer names the scopes, and what a request without scope gets."""
    lessons = Lessons()
    for asked, told in seen:
        members = {name: value for name, value in MEMBERS.items() if name != "scope"}
        form = {} if asked is None else {"scope": asked}
        learn(lessons, answer(members if told is None else {**members, "scope": told}), **form)
    assert profile_of(lessons, tmp_path)["scope"] == table


def test_learning_a_jwt(tmp_path):
    """Claims and headers become templates; the lifetime is that of the token where the answer tells none."""
    claims = {
        "iss": "https://login.acme.example",
        "sub": "orders",
        "aud": ["x", "y"],
        "scp": ["a"],
        "scope": "a",
        "nbf": 100,
        "auth_time": 100,
        "tid": "t-1",
        "azp": "orders",
        'at "odd"': 1,
        "jti": "j",
    }
    lessons = Lessons()
    header = {"typ": "at+jwt", "x5t": "thumb-1"}
    learn(lessons, answer({"access_token": token(header, **claims)}), scope="a")
    data = profile_of(lessons, tmp_path)
    assert data["expires_in"] == 60
    assert data["signing_alg"] == "HS256"
    assert data["token"]["typ"] == "at+jwt"
    assert data["token"]["jwt_header"] == {"x5t": "{random}"}
    assert data["token"]["claims"] == {
        "iat": "{iat}",
        "exp": "{exp}",
        "nbf": "{nbf}",
        "iss": "{issuer}",
        "sub": "{client_id}",
        "aud": "{audiences}",
        "scp": "{scopes}",
        "scope": "{scope}",
        "auth_time": "{iat}",
        "tid": "{random}",
        "azp": "{client_id}",
        'at "odd"': 0,
        "jti": "{jti}",
    }


@pytest.mark.parametrize(
    ("response", "table"),
    [
        (
            answer({"error": "invalid_client"}, 401),
            {"status": 401, "error": "invalid_client", "description": "", "challenge": False},
        ),
        (
            answer(
                {"error": "e", "error_description": "orders"},
                400,
                ("WWW-Authenticate", 'Basic realm="acme", error="e", x="y"'),
            ),
            {
                "status": 400,
                "error": "e",
                "headers": {"WWW-Authenticate": 'Basic realm="oauthcc", error="e", x="oauthcc"'},
            },
        ),
        (
            answer({"error": "e", "trace": "3f2-1"}, 400),
            {"status": 400, "error": "e", "description": "", "body": {"error": "{error}", "trace": "{random}"}},
        ),
        (answer({"message": {"code": 7}}, 403), {"status": 403, "description": "", "body": {"message": {"code": 0}}}),
        (
            Response(401, (("Content-Type", "text/html"),), b"<html>"),
            {
                "status": 401,
                "content_type": "text/html",
                "body": "refused",
                "challenge": False,
                "headers": {"Cache-Control": "private"},
            },
        ),
        (Response(403, (NO_STORE,)), {"status": 403, "body": ""}),
        (
            Response(400, (("Content-Type", "application/problem+json"), NO_STORE), b'{"error": "e"}'),
            {
                "status": 400,
                "error": "e",
                "content_type": "application/problem+json",
                "description": "",
                "body": {"error": "{error}"},
            },
        ),
    ],
)
def test_learning_refusals(tmp_path, response, table):
    """The form of a refusal is learned by its cause: status, error, body and challenge."""
    lessons = Lessons()
    learn(lessons, answer(MEMBERS))
    learn(lessons, response, client_secret="wrong")
    assert profile_of(lessons, tmp_path)["refusals"] == {"bad_secret": table}


def test_learning_from_the_api_and_from_workers(tmp_path):
    """A refusal of the API is learned, too; what workers have learned is put together."""
    lessons, other = Lessons(), Lessons()
    challenge = ("WWW-Authenticate", 'Bearer error="invalid_token", scope="a", error_description="d"')
    learn(lessons, Response(401, (challenge,)), api=True)
    learn(other, answer(MEMBERS))
    learn(other, answer({"error": "e"}, 400), grant_type="x")
    learn(other, answer({"error": "odd"}, 400))
    lessons.note_api(Occasion(None, Response(403), None, {}, None))
    lessons.merge(json.loads(json.dumps(other.as_data())))
    data = profile_of(lessons, tmp_path)
    assert data["api"]["refusals"]["token_missing"] == {
        "status": 401,
        "body": "",
        "error": "invalid_token",
        "headers": {"WWW-Authenticate": 'Bearer error="invalid_token", scope="{scope}", error_description="refused"'},
    }
    assert set(data["refusals"]) == {"unsupported_grant_type"}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw", "br"])
def test_compressed_bodies(encoding):
    """A body that the HTTP library has not unpacked is unpacked where the standard library can."""
    import gzip
    import zlib

    packed = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw": lambda body: zlib.compress(body)[2:-4],
        "br": bytes,
    }
    noted = []
    passage = Passage(lambda response, complete: noted.append((response, complete)), noted.append)
    recording = passage.arrived(200, (("Content-Encoding", "deflate" if encoding == "raw" else encoding),))
    recording.feed(packed[encoding](b"x" * 99))
    recording.end()
    recording.end()
    recording.feed(b"late")
    assert [complete for _, complete in noted] == [False, True]
    assert noted[1][0].body == b"x" * 99


def test_endless_bodies():
    """A body beyond all measure is not kept; the client gets it all the same."""
    noted = []
    recording = Passage(lambda response, _complete: noted.append(response), noted.append).arrived(200, ())
    for _ in range(5):
        recording.feed(b"x" * 1_000_000)
    recording.end()
    assert noted[-1].body == b""


def test_learning_from_very_little(tmp_path):
    """What an answer leaves out is not invented."""
    lessons = Lessons()
    learn(lessons, answer({"access_token": "opaque-1"}), client_secret="")
    data = profile_of(lessons, tmp_path)
    assert not {"auth_methods", "expires_in", "token_type", "signing_alg"} & set(data)
    assert data["response"] == {"access_token": "{access_token}"}
