"""What fuzzing has found: each input once made something fail that must not."""

from __future__ import annotations

import base64
import json
import tomllib
from urllib.parse import urlencode

import pytest

from pytest_oauthcc import OptionError, standalone
from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.jwt_parts import decode_claims
from pytest_oauthcc.core.keys import session_key
from pytest_oauthcc.core.messages import Headers, Request, Response
from pytest_oauthcc.core.raw_jwt import encode_part, join, private_pem, sign, sign_hs256
from pytest_oauthcc.live.canary import leaks_in
from pytest_oauthcc.live.comparing import compare_tokens
from pytest_oauthcc.live.learned_profile import profile_text
from pytest_oauthcc.live.learning import Lessons, Occasion
from pytest_oauthcc.live.redaction import Redactor
from pytest_oauthcc.process.offset_clock import OffsetClock
from pytest_oauthcc.profiles import load_profile
from pytest_oauthcc.profiles.checking import check
from pytest_oauthcc.rules.answers import wait_until
from pytest_oauthcc.serving.application import base_url_of

HUGE = 10**400  # JSON allows it, and no float holds it
BASIC = ("Authorization", "Basic " + base64.b64encode(b"orders:s3cret").decode())
FORM = ("Content-Type", "application/x-www-form-urlencoded")
GRANT = b"grant_type=client_credentials"
ODD = [HUGE, -HUGE, float("inf"), float("-inf"), float("nan"), 1e308, True, None, [], {}, "", "1"]


@pytest.fixture
def fake():
    """A provider whose clock stands still."""
    made = standalone(
        client_id="orders",
        client_secret="s3cret",
        auth_methods=["client_secret_basic", "client_secret_post", "client_secret_jwt"],
        dpop="optional",
        registration=True,
    )
    made.clock.freeze()
    return made


def send(fake, url, *fields, body=GRANT, method="POST"):
    """Send a request through the rules as well; gives status and body."""
    outcome = fake.exchange(Request(method, url, Headers(fields), body), fake.authority.path_for(url)).outcome
    return outcome.status, outcome.body


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "jti", "aud", "iss", "sub"])
@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:9])
def test_an_assertion_with_an_odd_claim(fake, name, value):
    """The rules calculated with the claim, and a whole number that no float holds ended the request."""
    claims = {"iss": "orders", "sub": "orders", "aud": fake.token_url, "exp": fake.clock.time() + 60, name: value}
    header, payload = {"alg": "HS256"}, json.dumps(claims)
    assertion = join(header, payload, sign_hs256(header, payload, b"s3cret"))
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    status, body = send(fake, fake.token_url, FORM, body=GRANT + b"&" + urlencode(form).encode())

    assert status in {200, 401}
    assert json.loads(body)


@pytest.mark.parametrize("name", ["iat", "nonce", "jti", "htm", "htu", "ath"])
@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:9])
@pytest.mark.parametrize("dpop_nonce", [False, True])
def test_a_proof_with_an_odd_claim(name, value, dpop_nonce):
    """``math.isfinite`` raised for the number, and a list as a nonce could not be looked up in a set."""
    fake = standalone(client_id="orders", client_secret="s3cret", dpop="required", dpop_nonce=dpop_nonce)
    fake.clock.freeze()
    key = session_key("ES256")
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_jwk}
    claims = {"jti": "j", "htm": "POST", "htu": fake.token_url, "iat": fake.clock.time(), name: value}
    proof = join(header, json.dumps(claims), sign(header, json.dumps(claims), key))

    status, body = send(fake, fake.token_url, FORM, BASIC, ("DPoP", proof))

    assert status in {200, 400}
    assert json.loads(body)


@pytest.mark.parametrize("name", ["exp", "iat", "aud", "scope", "client_id", "cnf"])
@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:9])
def test_a_token_of_another_worker_with_an_odd_claim(tmp_path, name, value):
    """Introspection told the expiry of a token that another process had signed as a whole number: not of infinity."""
    key = session_key("ES256")
    (tmp_path / "key.pem").write_text(private_pem(key.private), encoding="ascii")
    fake = standalone(client_id="orders", client_secret="s3cret", signing_key=tmp_path / "key.pem")
    now = int(fake.clock.time())
    kid = fake.authority.state.keys.current.kid
    claims = {"exp": now + 600, "iat": now, "aud": fake.api_url, "client_id": "orders", name: value}
    header = {"alg": "ES256", "kid": kid}
    token = join(header, json.dumps(claims), sign(header, json.dumps(claims), key))

    status, body = send(fake, fake.introspection_url, FORM, BASIC, body=b"token=" + token.encode())

    assert status == 200
    assert json.loads(body)["active"] in {True, False}
    assert send(fake, fake.api_url, ("Authorization", f"Bearer {token}"), method="GET")[0] in {200, 401}


@pytest.mark.parametrize("member", ['"client_name": NaN', '"client_name": 1e999', '"x": [-Infinity]'])
def test_a_registration_with_what_json_does_not_have(fake, member):
    """The answer repeated the name that is not a number, which no other language can read."""
    status, body = send(
        fake, fake.registration_url, ("Content-Type", "application/json"), body=b"{%s}" % member.encode()
    )

    assert status == 400
    assert json.loads(body)["error"] == "invalid_client_metadata"


@pytest.mark.parametrize("digits", [18, 19, 400, 5000])
def test_long_numbers_in_tokens_can_be_calculated_with(digits):
    """A number with more digits than a float holds is infinite, as in other languages; one with too many is no claim."""
    claims = encode_part('{"exp": %s}' % ("9" * digits))
    token = f"{encode_part({'alg': 'none'})}.{claims}."

    assert decode_claims(token)["exp"] > 1e17


LIVE = [HUGE, "9" * 5000, "²", float("inf"), -5, True, None, [], 0.5]


@pytest.mark.parametrize("lifetime", LIVE, ids=lambda value: repr(value)[:20])
def test_a_real_answer_with_an_odd_lifetime(fake, lifetime):
    """Comparing and learning calculated with what a real provider said."""
    assert send(fake, fake.token_url, FORM, BASIC)[0] == 200
    entry = fake.token_requests[-1]
    live = Response(200, (), json.dumps({"access_token": "x", "expires_in": lifetime}).encode())

    compare_tokens(entry.outcome, live)

    assert not _learned(fake, entry, live).mistakes


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({"token_type": ""}, ()),
        ({"\U0001f600": 1, "\ud800": 2, "a.b": 3, "": 4, 'quo"te': 5, "\x7f\x00": 6}, ()),
        ({"x": {"\U0001f600": "\ud800"}}, ()),
        ({}, (("Content-Type", "{}"),)),
        ({}, (("Content-Type", "text/\x00"),)),
        ({"access_token": f"{encode_part({'alg': 'HS256', 'typ': 'a b'})}.{encode_part({'exp': 5, 'iat': 9})}.x"}, ()),
        ({"access_token": f"{encode_part({'alg': 'HS256'})}.{encode_part({'exp': True, 'iat': False})}.x"}, ()),
    ],
)
def test_a_profile_that_was_learned_can_be_read(fake, members, fields):
    """Names with emoji were written as JSON has them, which TOML does not; so were media types that are none."""
    assert send(fake, fake.token_url, FORM, BASIC)[0] == 200
    live = Response(200, fields, json.dumps({"access_token": "x", **members}).encode())

    assert not _learned(fake, fake.token_requests[-1], live).mistakes


def _learned(fake, entry, live):
    lessons = Lessons()
    lessons.note_token(Occasion(entry, live, None, fake.authority.state.values, entry.token))
    return check(tomllib.loads(profile_text(lessons, "Learned")))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title = 'x'\n\n[refusals_.any_token]\nchallenge = false\n", ":3: refusals_: unknown key"),
        ('"titl\\u0065x" = 1\n', ":1: titlex: unknown key"),
        ("[a]\nb = 1\n[[c.d]]\n", ":3: c: unknown key"),
        ("'\"quoted\"' = 1\n", ':1: "quoted": unknown key'),
    ],
)
def test_a_mistake_in_a_profile_has_a_line(tmp_path, text, told):
    """A table that only stands in the header of one below it was at no line, and neither was an escaped name."""
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(OptionError) as caught:
        load_profile(str(path))

    assert told in str(caught.value)


@pytest.mark.parametrize("value", [HUGE, -HUGE, 1e308, float("inf"), float("nan")], ids=lambda value: repr(value)[:9])
def test_a_clock_cannot_be_moved_beyond_all_numbers(value):
    """The control endpoint takes any number; the clock says that it is none that it can show."""
    clock = OffsetClock()
    for move in (clock.advance, clock.advance_to):
        with pytest.raises(OptionError):
            move(value)


@pytest.mark.parametrize("secret", ["hush-\ud800-hush-hush", "hush-\udcff", "gehe\xefm-gehe\xefm", "\U0001f600" * 8])
def test_secrets_with_any_character_are_kept_out(secret):
    """A token with half a surrogate pair, which JSON can hold, ended the redaction of the whole report."""
    redactor = Redactor()
    redactor.add(secret, "token")

    for shown in (secret, json.dumps(secret), repr(secret)):
        assert secret not in redactor.redact(f"before {shown} after")
    assert leaks_in(f"before {secret} after", {secret: "token"}) == ["token"]
    assert leaks_in("before after", {secret: "token"}) == []


@pytest.mark.parametrize("before", ["\x1b[", "\x1b[0;", "\x1b[31m", "\x1b"])
def test_a_secret_behind_half_of_a_colour_is_kept_out(before):
    """The first letter of the secret ended the code, and what was left of it was no secret any more."""
    redactor = Redactor()
    redactor.add("hush-hush-hush", "token")

    assert "ush-hush-hush" not in redactor.redact(f"a {before}hush-hush-hush b")
    assert leaks_in(f"a {before}hush-hush-hush b", {"hush-hush-hush": "token"}) == ["token"]


@pytest.mark.parametrize("host", ["[8:1]", "[8:1]:80", "[::g]", "[.]", "a:99999", "a:0", "[::1]x", "a b", "a@b", ""])
def test_a_host_that_is_none_names_no_server(host):
    """What stood in the brackets was believed, and no URL could be made of it."""
    assert base_url_of("http", host, "", "127.0.0.1:1") == "http://127.0.0.1:1"
    assert base_url_of("http", "[::1]:80", "/x/", "127.0.0.1:1") == "http://[::1]:80/x"


def test_a_retry_after_with_many_zeros():
    """Of so many digits only the first were looked at."""
    entry = OtherRequest(Request("GET", "https://a.test/", Headers()), 1000.0, "document")
    entry.outcome = Response(503, (("Retry-After", "0" * 60 + "2"),))

    assert wait_until(entry) == 1002.0


@pytest.mark.parametrize("host", ["::ffff:127.0.0.1", "[::ffff:127.0.0.1]", "::1", "127.9.9.9"])
def test_every_spelling_of_this_machine(host):
    """Python before 3.13 took the IPv4 address of this machine on an IPv6 socket for another machine's."""
    assert is_loopback(host)
    assert not is_loopback("::ffff:10.0.0.1")
