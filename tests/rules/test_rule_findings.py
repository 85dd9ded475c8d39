"""What the rules say, word for word: of every small wrong client, and of requests that lie just on one side of a limit."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from rules_cases import ASSERTION_TYPE, CREDENTIALS, GRANT, MESSAGE_CASES, asserted, bound_call, proof
from rules_sequences import SEQUENCES, call_after, dated, fetch_twice, paused
from rules_world import API, FORM, SECRET, TOKEN_URL, World, basic, jwt

from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.journal import Exchange
from pytest_oauthcc.core.made_certificates import issue_certificate
from pytest_oauthcc.core.messages import Headers, Request, Response
from pytest_oauthcc.masking import mask
from pytest_oauthcc.rules.answers import error_of, lifetime_told, members_of, wait_until

CASES = {str(case): case for case in (*MESSAGE_CASES, *SEQUENCES)}
FILE = Path(__file__).with_name("findings.txt")
JSON = {"Content-Type": "application/json"}


def told(world):
    """Return the findings as lines: the rule, the number of the request, and what is wrong with it."""
    return [f"{finding.rule.id} | {finding.entry.number} | {finding.detail}" for finding in world.findings()]


def read_findings():
    """Return the lines of the file by the name of the case."""
    pieces = FILE.read_text(encoding="utf-8").split("## ")[1:]
    return {name: rest.split("\n") for name, _, rest in (piece.rstrip().partition("\n") for piece in pieces)}


FINDINGS = read_findings()


def test_the_file_has_every_case():
    """No case goes without its words, and there are no words without a case."""
    assert list(FINDINGS) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_client_is_told_what_is_wrong(name):
    """The findings on each wrong client are those of the file findings.txt, and no others."""
    world = World(**CASES[name].options)
    CASES[name].wrong(world)

    assert told(world) == FINDINGS[name], f"where the new words are better, write them into {FILE.name}"


def ask_as(client_id, secret, **how):
    """A token request of another client, whose Basic credentials are sent as they are."""
    return lambda w: w.ask(auth=basic(client_id, secret, encode=False), **how)


def register(client, act):
    """Register a client, and go on."""
    return lambda w: (w.authority.state.clients.update({client.client_id: client}), act(w))


def show_certificate(w):
    """A token request without any credentials but a certificate."""
    import ssl

    der = ssl.PEM_cert_to_DER_cert(issue_certificate("billing").certificate_pem)
    w.ask(auth=None, client_certificate=der)


def lasting(seconds, wait):
    """Get a token of some lifetime, wait, and get another."""

    def act(w):
        w.authority.token_endpoint.alter(expires_in=seconds, times=1)
        fetch_twice(w, wait=wait)

    return act


NOT_ENCODED = "basic-not-form-encoded | 1 | the client {} has characters that were not form-encoded: {}"
NO_RIGHT_AUDIENCE = "assertion-audience-wrong | 1 | aud is {}; the issuer is https://auth.test"
LETTERS = "abcdefghijklmnopqrstuvwxyz"

# name -> what a client does, what is found, what the provider is like
LIMITS = {
    "three of four audiences are shown": (
        lambda w: asserted(w, {"aud": ["urn:a", "urn:b", "urn:c", "urn:d"]}),
        [NO_RIGHT_AUDIENCE.format("'urn:a' and 'urn:b' and 'urn:c'")],
        {},
    ),
    "one right audience is enough": (lambda w: asserted(w, {"aud": ["urn:a", "https://auth.test"]}), [], {}),
    "an id that itself has a plus": (
        ask_as("bill+ing", SECRET),
        [NOT_ENCODED.format("id", "+")],
        {"client_id": "bill+ing"},
    ),
    "a secret that itself has a plus": (
        ask_as("bill+ing", "a+b"),
        [NOT_ENCODED.format("secret", "+")],
        {"client_id": "bill ing", "client_secret": "a+b"},
    ),
    "a plus of an encoder": (ask_as("bill+ing", "a%2Bb"), [], {"client_id": "bill ing", "client_secret": "a+b"}),
    "a certificate and no secret": (show_certificate, [], {}),
    "no credentials in a body that can't be read": (
        lambda w: w.ask(auth=None, kind="application/json", body=b"{"),
        [],
        {"body_formats": ("json",)},
    ),
    "no credentials for another grant": (
        lambda w: w.ask({"grant_type": "password"}, auth=None),
        ["password-grant | 1 | grant_type is 'password'"],
        {},
    ),
    "no credentials and no grant type": (
        lambda w: w.ask({"scope": "a"}, auth=None),
        [
            "grant-type-missing | 1 | the parameter grant_type is missing or empty",
            "no-client-authentication | 1 | there is neither an Authorization header nor a client_secret in the body",
        ],
        {},
    ),
    "a proof that is not signed": (
        lambda w: bound_call(w, alg="none"),
        ["dpop-proof-malformed | 2 | alg is 'none'; the proof has to be signed with a private key"],
        {},
    ),
    "a proof that is not signed in other letters": (
        lambda w: bound_call(w, alg="NONE"),
        ["dpop-proof-malformed | 2 | alg is 'NONE'; the proof has to be signed with a private key"],
        {},
    ),
    "a proof without type": (
        lambda w: bound_call(w, typ=None),
        ["dpop-proof-malformed | 2 | typ is 'None'; it has to be 'dpop+jwt'"],
        {},
    ),
    "a proof without anything": (
        lambda w: w.ask(headers=[("DPoP", proof({"jti": None, "htm": None, "htu": None, "iat": None}))]),
        ["dpop-proof-claims | 1 | the proof has no jti and no htm and no htu and no iat"],
        {},
    ),
    "only what is wrong with a scope is shown": (
        lambda w: w.ask({**GRANT, "scope": 'a b"c'}),
        ["scope-malformed | 1 | scope is 'a b\"c': '\"' can't be in a scope"],
        {},
    ),
    "a comma in a scope of this client": (
        register(
            Client("other", "s", scopes=("a,b",)),
            lambda w: w.ask({**GRANT, "scope": "a,b"}, auth=basic("other", "s")),
        ),
        [],
        {"scopes": ("a", "b")},
    ),
    "a comma between scopes of this client": (
        register(
            Client("other", "s", scopes=("a", "b")),
            lambda w: w.ask({**GRANT, "scope": "a,b"}, auth=basic("other", "s")),
        ),
        ["scope-not-space-separated | 1 | scope is 'a,b': there is ',' between the scopes"],
        {"scopes": ("a,b",)},
    ),
    "the first byte beyond ASCII": (
        lambda w: w.ask(body=b"grant_type=client_credentials&audience=\x80"),
        ["body-not-utf8 | 1 | byte 40 of the body is no UTF-8"],
        {},
    ),
    "the last byte of ASCII": (
        lambda w: w.ask(body=b"grant_type=client_credentials&audience=\x7f"),
        ["form-not-encoded | 1 | byte 40 of the body is a control character"],
        {},
    ),
    "a resource with a fragment": (
        lambda w: w.ask({**GRANT, "resource": "https://api.test/#a"}),
        ["resource-not-absolute | 1 | resource is 'https://api.test/#a'"],
        {},
    ),
    "a resource that is a name": (lambda w: w.ask({**GRANT, "resource": "urn:api"}), [], {}),
    "letters are no secret": (
        lambda w: w.ask({"grant_type": LETTERS}),
        [f"grant-type-wrong | 1 | grant_type is '{LETTERS}'; it has to be 'client_credentials'"],
        {},
    ),
    "letters and digits are one": (
        lambda w: w.ask({"grant_type": f"{LETTERS}1"}),
        [f"grant-type-wrong | 1 | grant_type is '{mask(f'{LETTERS}1')}'; it has to be 'client_credentials'"],
        {},
    ),
    "a long value is cut": (
        lambda w: w.ask({"grant_type": "a " * 41}),
        [f"grant-type-wrong | 1 | grant_type is '{'a ' * 40}...'; it has to be 'client_credentials'"],
        {},
    ),
    "a value that just fits": (
        lambda w: w.ask({"grant_type": "a " * 40}),
        [f"grant-type-wrong | 1 | grant_type is '{'a ' * 40}'; it has to be 'client_credentials'"],
        {},
    ),
    "a fifth of the lifetime is left": (lasting(100, 80), [], {}),
    "more than a fifth is left": (
        lasting(100, 79),
        ["token-refetched-while-valid | 2 | the token of request 1 was good for another 21 s of 100 s"],
        {},
    ),
    "a token of half a second": (
        lasting(0.5, 0.125),
        ["token-refetched-while-valid | 2 | the token of request 1 was good for another 0 s of 0 s"],
        {},
    ),
    "a token that expired long ago": (
        lambda w: call_after(w, 3642),
        ["expired-token-sent | 2 | the token had expired 42 s before"],
        {},
    ),
    "a moment early": (lambda w: paused(w, 6.96875), [], {}),
    "more than a moment early": (
        lambda w: paused(w, 6.875),
        ["retry-after-ignored | 2 | it came 6.9 s after request 1, whose answer asked for 7 s"],
        {},
    ),
    "Retry-After with zeros in front": (
        lambda w: dated(w, "0000000000009"),
        ["retry-after-ignored | 2 | it came 0.0 s after request 1, whose answer asked for 9 s"],
        {},
    ),
    "empty secret": (lambda w: w.ask(auth=basic(secret="")), [], {}),
    "secret and id in the wrong order": (
        lambda w: w.ask({**GRANT, **CREDENTIALS, "client_id": "null"}, auth=None),
        [
            "body-credentials-used | 1 | client_id and client_secret are in the body",
            "credentials-placeholder | 1 | client_id is the word 'null'",
        ],
        {},
    ),
    "control character in the middle of a secret": (
        lambda w: w.ask(auth=basic(secret="a\nb")),
        ["control-character-in-credentials | 1 | the client_secret holds the character '\\n'"],
        {},
    ),
    "two things of the query dropped": (
        lambda w: w.ask(url=f"{TOKEN_URL}?a=2"),
        ["token-url-query-dropped | 1 | the query of token_url has a and b, and the request came without"],
        {"token_url": f"{TOKEN_URL}?a=1&b=2"},
    ),
    "token in a form of another kind": (
        lambda w: w.call(method="POST", headers=list(JSON.items()), body=b"access_token=t"),
        [],
        {},
    ),
    "placeholder in capitals at the API": (
        lambda w: w.call(auth="Bearer NULL"),
        ["bearer-placeholder | 1 | the token is the word 'NULL'"],
        {},
    ),
    "placeholder that is no single word": (
        lambda w: w.call(auth="Bearer [object Object]"),
        ["bearer-placeholder | 1 | the token is the word '[object Object]'"],
        {},
    ),
    "token in quotes": (
        lambda w: w.call(auth='Bearer "abc"'),
        ["bearer-malformed | 1 | the token is not bare: it begins with '\"'"],
        {},
    ),
    "a body in latin-1 and another kind": (
        lambda w: w.ask(body=b"a=\xe9", kind="text/plain"),
        [f"wrong-content-type | 1 | the Content-Type is 'text/plain'; a token request has {FORM}"],
        {},
    ),
    "JSON is accepted": (lambda w: w.ask(headers=[("Accept", "Application/JSON")]), [], {}),
    "any application is accepted": (lambda w: w.ask(headers=[("Accept", "text/html, application/*;q=0.5")]), [], {}),
    "anything is accepted": (lambda w: w.ask(headers=[("Accept", "text/html, */*;q=0.1")]), [], {}),
    "a secret in the path of a short host": (
        lambda w: w.send("GET", f"http://h/{SECRET}"),
        [
            "secret-in-query | 0 | the client secret is in the path of the URL",
            "secret-sent-to-another-host | 0 | the client secret is in the URL of a 'GET' request to 'h'",
        ],
        {},
    ),
    "twenty letters are a secret": (
        lambda w: w.call(url=f"{API}/{LETTERS[:20]}"),
        ["secret-in-query | 2 | the client secret is in the path of the URL"],
        {"client_secret": LETTERS[:20]},
    ),
    "a secret in the middle of a path": (
        lambda w: w.send("GET", f"https://elsewhere.test/{SECRET}/x"),
        [
            "secret-in-query | 0 | the client secret is in the path of the URL",
            "secret-sent-to-another-host | 0 | the client secret is in the URL of a 'GET' request to 'elsewhere.test'",
        ],
        {},
    ),
    "a secret beside bytes that are no UTF-8": (
        lambda w: w.send(
            "GET",
            "https://elsewhere.test/",
            {"Authorization": f"Basic {b64encode(bytes([255, 58]) + SECRET.encode()).decode()}", "X": "a"},
        ),
        [
            (
                "secret-sent-to-another-host | 0 | the client secret is in the header 'Authorization' "
                "of a 'GET' request to 'elsewhere.test'"
            ),
        ],
        {},
    ),
    "a comma between later scopes": (
        lambda w: w.ask({**GRANT, "scope": "a b,c"}),
        ["scope-not-space-separated | 1 | scope is 'a b,c': there is ',' between the scopes"],
        {},
    ),
    "a comma at the end of the only scope": (lambda w: w.ask({**GRANT, "scope": "a,"}), [], {}),
    "a tuple as text": (
        lambda w: w.ask({**GRANT, "scope": "('a','b')"}),
        [
            (
                "scope-not-space-separated | 1 | scope is \"('a','b')\": "
                "a list was turned into a text instead of being joined"
            )
        ],
        {},
    ),
    "a set as text": (
        lambda w: w.ask({**GRANT, "scope": "{'a','b'}"}),
        [
            (
                "scope-not-space-separated | 1 | scope is \"{'a','b'}\": "
                "a list was turned into a text instead of being joined"
            )
        ],
        {},
    ),
    "a secret with a colon at the API": (
        lambda w: w.call(auth=basic(secret="a:b", encode=False)),
        ["secret-at-api | 1 | the Basic credentials of the API request have the client secret"],
        {"client_secret": "a:b"},
    ),
    "a grant where there are two": (
        lambda w: w.ask({"grant_type": "client"}),
        ["grant-type-wrong | 1 | grant_type is 'client'; it has to be 'client_credentials' or 'x'"],
        {"dialect": Dialect(grant_types=("client_credentials", "x"))},
    ),
    "an empty secret masks nothing": (
        register(Client("other", ""), lambda w: w.ask({"grant_type": "x"})),
        ["grant-type-wrong | 1 | grant_type is 'x'; it has to be 'client_credentials'"],
        {},
    ),
    "a short secret is masked": (
        lambda w: w.ask({"grant_type": "my hush, hush"}),
        [
            f"grant-type-wrong | 1 | grant_type is 'my {mask('hush')}, {mask('hush')}'; it has to be 'client_credentials'"
        ],
        {"client_secret": "hush"},
    ),
    "another parameter in the query": (
        lambda w: w.ask({"scope": "a"}, url=f"{TOKEN_URL}?x=1"),
        ["grant-type-missing | 1 | the parameter grant_type is missing or empty"],
        {},
    ),
    "a scope in the token URL itself": (
        lambda w: w.ask({"scope": "a"}),
        ["grant-type-missing | 1 | the parameter grant_type is missing or empty"],
        {"token_url": f"{TOKEN_URL}?scope=a"},
    ),
    "an assertion that says nothing": (
        lambda w: w.ask(
            {**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt({}), "client_id": "billing"},
            auth=None,
        ),
        [
            "client-id-missing | 1 | client_id is 'billing', but the client assertion is about None",
            "assertion-not-jwt | 1 | client_assertion can't be read as a JWT",
        ],
        {},
    ),
    "an assertion whose algorithm is none": (
        lambda w: asserted(w, header={"alg": "None"}),
        ["assertion-not-signed | 1 | the assertion has no signature"],
        {},
    ),
    "two parameters dropped": (
        lambda w: (w.ask({**GRANT, "scope": "a", "audience": "x"}), w.ask()),
        ["parameter-dropped | 2 | request 1 had the parameter 'scope' and 'audience'"],
        {},
    ),
    "an API request without a token": (lambda w: w.call(auth="", url=f"{API}?page=2"), [], {}),
}


@pytest.mark.parametrize(("act", "findings", "options"), LIMITS.values(), ids=LIMITS)
def test_what_is_found_near_a_limit(act, findings, options):
    """A request or a moment on one side of a limit breaks a rule, on the other none."""
    world = World(**options)
    act(world)

    assert told(world) == findings


@pytest.mark.parametrize(
    ("value", "lifetime"),
    [
        *[(3600, 3600), ("60", 60), (1, 1), (0.5, 0.5), (0, None), (-1, None)],
        *[(value, None) for value in ("soon", None, [], "inf", "nan", 10**400)],
    ],
)
def test_the_lifetime_that_an_answer_tells(value, lifetime):
    """A lifetime is a number above nothing, however it is written; of anything else a client learns nothing."""
    assert lifetime_told({"expires_in": value}) == lifetime
    assert lifetime_told({}) is None


def answered(status=200, body=b"", **headers):
    """An exchange with that answer."""
    entry = Exchange(Request("POST", TOKEN_URL, Headers()), 1000.0)
    fields = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    entry.outcome = Response(status, fields, body)
    return entry


@pytest.mark.parametrize(
    ("status", "body", "members", "error"),
    [
        (400, b'{"error": "invalid_scope"}', {"error": "invalid_scope"}, "invalid_scope"),
        (400, b' \n{"error": "x"}', {"error": "x"}, "x"),
        (399, b'{"error": "x"}', {"error": "x"}, ""),
        (400, b'{"error": 5}', {"error": 5}, ""),
        (400, b'{"other": "x"}', {"other": "x"}, ""),
        (400, b'["error"]', {}, ""),
        (400, b'{"error"', {}, ""),
        (400, b"", {}, ""),
    ],
)
def test_the_members_and_the_error_of_an_answer(status, body, members, error):
    """The JSON object of an answer, and the error code of one that refuses."""
    assert members_of(answered(status, body)) == members
    assert error_of(answered(status, body)) == error


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("7", 1007.0),
        (" 7 ", 1007.0),
        ("0", 1000.0),
        ("00", 1000.0),
        ("123456789", 1000.0 + 10**8),
        ("99999999", 100_000_999.0),
        ("1" * 5000, 1000.0 + 10**8),
        ("-7", None),
        ("7.5", None),
        ("²", None),
        ("", None),
        ("Thu, 01 Jan 1970 00:20:00 GMT", 1200.0),
        ("Thu, 01 Jan 1970 00:20:00 -0000", 1200.0),
        ("Thu, 01 Jan 1970 01:20:00 +0100", 1200.0),
        ("Thu, 45 Jan 1970", None),
    ],
)
def test_the_moment_until_which_a_client_should_wait(value, moment):
    """Retry-After is a number of seconds or a date; what is neither asks for nothing."""
    assert wait_until(answered(503, retry_after=value)) == moment
    assert wait_until(answered(503)) is None
