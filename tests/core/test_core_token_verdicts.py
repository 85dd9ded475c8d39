"""What the fake says of each token request that it refuses, word for word: a failing test shows these sentences."""

from __future__ import annotations

import json

import jwt
import pytest
from core_requests import (
    ASSERTING,
    BY_POST,
    DEFAULT_SUFFIX,
    HMAC_SECRET,
    KEY,
    MULTIPART,
    OPTIONAL,
    OTHER_KEY,
    REQUIRED,
    SECRETIVE,
    TOLD_NONE,
    ask,
    ask_as,
    ask_with,
    case,
    present,
    prove,
    prove_in_two_headers,
    prove_twice,
)
from core_world import API_URL, CLIENT_ID, FORM, ISSUER, NOW, SECRET, TOKEN_URL, World, basic, raw_basic

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dialect import Dialect, ScopeDialect

TOKEN_REQUESTS = {
    "method": case(
        ask(method="PUT"),
        Cause.WRONG_METHOD,
        "the token request is a PUT; this endpoint takes POST",
        {"methods": ("POST",)},
    ),
    "one of two methods": case(
        ask(method="PUT"),
        Cause.WRONG_METHOD,
        "the token request is a PUT; this endpoint takes POST or GET",
        {"methods": ("POST", "GET")},
        methods=("POST", "GET"),
    ),
    "no header": case(
        ask(),
        Cause.MISSING_HEADER,
        "the header X-Tenant is missing",
        {"header": "X-Tenant"},
        headers={"X-Tenant": "t-1"},
    ),
    "wrong header": case(
        ask(headers={"X-Tenant": "t-2"}),
        Cause.WRONG_HEADER,
        "the header X-Tenant has a wrong value",
        {"header": "X-Tenant"},
        headers={"X-Tenant": "t-1"},
    ),
    "content type": case(
        ask(kind="text/plain"),
        Cause.WRONG_CONTENT_TYPE,
        f"the Content-Type is text/plain, and this provider wants {FORM}",
        {"found": "text/plain", "wanted": FORM},
    ),
    "no content type where a query would do": case(
        ask(kind=None),
        Cause.WRONG_CONTENT_TYPE,
        "the request has no Content-Type, and this provider wants application/json or parameters in the query",
        {"found": "", "wanted": "application/json or parameters in the query"},
        body_formats=("json", "query"),
    ),
    "content type with an underscore": case(
        ask(kind=None, headers={"content_type": FORM}),
        Cause.WRONG_CONTENT_TYPE,
        f"the request has no Content-Type (it has a header content_type, with an underscore, which is another name), and this provider wants {FORM}",
        {"found": "", "wanted": FORM},
    ),
    "encoded body": case(
        ask(headers={"Content-Encoding": "gzip"}),
        Cause.MALFORMED_BODY,
        "the body has the Content-Encoding gzip, which this endpoint does not decode; send it as it is",
    ),
    "long body": case(
        ask(body=b"a=" + b"x" * 1_000_000), Cause.MALFORMED_BODY, "the body is longer than 1,000,000 bytes"
    ),
    "many parameters": case(
        ask(kind="application/json", body=json.dumps({str(number): 0 for number in range(1001)}).encode()),
        Cause.MALFORMED_BODY,
        "the body has more than 1,000 parameters",
        body_formats=("json",),
    ),
    "form in latin-1": case(
        ask(body=b"a=\xe9"),
        Cause.MALFORMED_BODY,
        "the form body is not UTF-8 (byte 2); RFC 6749 appendix B wants UTF-8",
    ),
    "form with too many fields": case(
        ask(body=b"&".join(b"a%d=1" % number for number in range(1001))),
        Cause.MALFORMED_BODY,
        "the form body can't be read: Max number of fields exceeded",
    ),
    "JSON in latin-1": case(
        ask(kind="application/json", body=b'{"a": "\xe9"}'),
        Cause.MALFORMED_BODY,
        "the JSON body is not UTF-8 (byte 7)",
        body_formats=("json",),
    ),
    "deep JSON": case(
        ask(kind="application/json", body=b'{"a":' + b"[" * 100_000),
        Cause.MALFORMED_BODY,
        "the JSON body is nested too deeply",
        body_formats=("json",),
    ),
    "no JSON": case(
        ask(kind="application/json", body=b"grant_type"),
        Cause.MALFORMED_BODY,
        "the body is not JSON: Expecting value: line 1 column 1 (char 0)",
        body_formats=("json",),
    ),
    "JSON list": case(
        ask(kind="application/json", body=b"[]"),
        Cause.MALFORMED_BODY,
        "the JSON body is a list; it has to be an object",
        body_formats=("json",),
    ),
    "no boundary": case(
        ask(kind="multipart/form-data", body=b"--xyz--"),
        Cause.MALFORMED_BODY,
        "the Content-Type of the multipart body has no boundary",
        body_formats=("multipart",),
    ),
    "no parts": case(
        ask(kind=MULTIPART, body=b"--xyz--"),
        Cause.MALFORMED_BODY,
        "the multipart body has no parts or no end; is the boundary right?",
        body_formats=("multipart",),
    ),
    "part without name": case(
        ask(kind=MULTIPART, body=b"--xyz\r\nX: y\r\n\r\nv\r\n--xyz--"),
        Cause.MALFORMED_BODY,
        "a part of the multipart body has no name",
        body_formats=("multipart",),
    ),
    "part in latin-1": case(
        ask(kind=MULTIPART, body=b'--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xe9\r\n--xyz--'),
        Cause.MALFORMED_BODY,
        "a part of the multipart body is not UTF-8",
        body_formats=("multipart",),
    ),
    "duplicates": case(
        ask({"scope": ["a", "b"], "x": ["1", "2"]}),
        Cause.DUPLICATE_PARAMETER,
        "the parameter scope and x came more than once",
        {"names": ("scope", "x")},
    ),
    "no grant type": case(ask({"grant_type": ""}), Cause.MISSING_GRANT_TYPE, "the parameter grant_type is missing"),
    "grant type": case(
        ask({"grant_type": "password"}),
        Cause.UNSUPPORTED_GRANT_TYPE,
        "grant_type is 'password'; this endpoint knows 'client_credentials'",
        {"grant_type": "password"},
    ),
    "grant type of two": case(
        ask({"grant_type": "password"}),
        Cause.UNSUPPORTED_GRANT_TYPE,
        "grant_type is 'password'; this endpoint knows 'client_credentials' and 'urn:x'",
        {"grant_type": "password"},
        dialect=Dialect(grant_types=("client_credentials", "urn:x")),
    ),
    "secret in the URL": case(
        ask(query="?client_secret=s"),
        Cause.CREDENTIALS_IN_QUERY,
        "client_secret came in the URL, where logs and proxies see it",
        {"names": ("client_secret",)},
    ),
    "secret and assertion in the URL": case(
        ask(query="?client_assertion=a&client_secret=s"),
        Cause.CREDENTIALS_IN_QUERY,
        "client_secret and client_assertion came in the URL, where logs and proxies see it",
        {"names": ("client_secret", "client_assertion")},
    ),
    "two methods of authentication": case(
        ask({"client_id": CLIENT_ID, "client_secret": SECRET}),
        Cause.TWO_AUTH_METHODS,
        "the request authenticates by client_secret_basic and by client_secret_post at once",
        {"methods": ("client_secret_basic", "client_secret_post")},
    ),
    "two clients": case(
        ask({"client_id": "billing"}),
        Cause.TWO_AUTH_METHODS,
        f"the body names the client 'billing', the credentials '{CLIENT_ID}'",
        {"client_ids": ("billing", CLIENT_ID)},
    ),
    "no credentials": case(
        ask(auth=None),
        Cause.NO_CREDENTIALS,
        f"the request brings no credentials; {TOLD_NONE}",
        {"auth_methods": ("client_secret_basic", "client_secret_post")},
    ),
    "no credentials but a name": case(
        ask({"client_id": CLIENT_ID}, auth=None),
        Cause.NO_CREDENTIALS,
        f"the request names the client '{CLIENT_ID}', but brings no credentials; {TOLD_NONE}",
        {"auth_methods": ("client_secret_basic", "client_secret_post")},
    ),
    "another scheme": case(
        ask(auth="Bearer abc"),
        Cause.MALFORMED_CREDENTIALS,
        "the Authorization header has the scheme 'Bearer'; this endpoint knows Basic",
    ),
    "no scheme": case(
        ask(auth=f"{CLIENT_ID}:{SECRET}"),
        Cause.MALFORMED_CREDENTIALS,
        "the Authorization header has no scheme; this endpoint knows Basic",
    ),
    "no base64": case(ask(auth="Basic !"), Cause.MALFORMED_CREDENTIALS, "the Basic credentials are not base64"),
    "no colon": case(
        ask(auth=raw_basic(b"client-1")),
        Cause.MALFORMED_CREDENTIALS,
        "the Basic credentials have no colon between id and secret",
    ),
    "secret without id": case(
        ask({"client_secret": SECRET}, auth=None),
        Cause.MALFORMED_CREDENTIALS,
        "the body has a client_secret, but no client_id",
    ),
    "type without assertion": case(
        present(params={"client_assertion": ...}),
        Cause.MALFORMED_CREDENTIALS,
        "the request has a client_assertion_type, but no client_assertion",
        **ASSERTING,
    ),
    "wrong assertion type": case(
        present(params={"client_assertion_type": "jwt"}),
        Cause.MALFORMED_CREDENTIALS,
        f"client_assertion_type is 'jwt'; it has to be {ASSERTION_TYPE}",
        **ASSERTING,
    ),
    "assertion without type": case(
        present(params={"client_assertion_type": ...}),
        Cause.MALFORMED_CREDENTIALS,
        f"client_assertion_type is None; it has to be {ASSERTION_TYPE}",
        **ASSERTING,
    ),
    "assertion of another": case(
        present(params={"client_id": "billing"}),
        Cause.MALFORMED_CREDENTIALS,
        f"client_id is 'billing', but the client assertion is about '{CLIENT_ID}'",
        **ASSERTING,
    ),
    "method of authentication": case(
        ask(),
        Cause.AUTH_METHOD_NOT_ALLOWED,
        "the client authenticated by client_secret_basic; this provider takes client_secret_post from it",
        {"used": "client_secret_basic", "auth_methods": ("client_secret_post",)},
        **BY_POST,
    ),
    "method of authentication of one client": case(
        ask_as(Client("billing", "s", auth_methods=("private_key_jwt", "client_secret_post"))),
        Cause.AUTH_METHOD_NOT_ALLOWED,
        "the client authenticated by client_secret_basic; this provider takes private_key_jwt or client_secret_post from it",
        {"used": "client_secret_basic", "auth_methods": ("private_key_jwt", "client_secret_post")},
    ),
    "unknown client": case(
        ask(auth=basic("billing")),
        Cause.UNKNOWN_CLIENT,
        f"there is no client 'billing'; registered: '{CLIENT_ID}'",
        {"client_id": "billing"},
    ),
    "wrong secret": case(
        ask(auth=basic(secret="another")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong",
        {"client_id": CLIENT_ID},
    ),
    "secret decoded": case(
        ask(auth=raw_basic(f"{CLIENT_ID}:with + and % in it ".encode())),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: it was sent without being form-encoded first, so that its + or % were decoded to something else",
        {"client_id": CLIENT_ID},
        **SECRETIVE,
    ),
    "secret encoded twice": case(
        ask(auth=basic(secret="a%2Bb%2Fc")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: it was form-encoded twice, or this provider takes it as it is",
        {"client_id": CLIENT_ID},
        client_secret="a+b/c",
    ),
    "secret encoded twice but for the slash": case(
        ask(auth=basic(secret="a%2Bb/c")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: it was form-encoded twice, or this provider takes it as it is",
        {"client_id": CLIENT_ID},
        client_secret="a+b/c",
    ),
    "secret stripped": case(
        ask(auth=basic(secret="with + and % in it")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: white space at its ends was lost",
        {"client_id": CLIENT_ID},
        **SECRETIVE,
    ),
    "secret with a newline": case(
        ask(auth=basic(secret=f"{SECRET}\n")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: white space was added at its ends, such as the newline of the file that it was read from",
        {"client_id": CLIENT_ID},
    ),
    "secret None": case(
        ask(auth=basic(secret="None")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: it arrived as 'None'; is the client's setting missing?",
        {"client_id": CLIENT_ID},
    ),
    "no secret": case(
        ask(auth=basic(secret="")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: it arrived as ''; is the client's setting missing?",
        {"client_id": CLIENT_ID},
    ),
    "secret cut": case(
        ask(auth=basic(secret=SECRET[:7])),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong: only its first 7 of 14 characters arrived",
        {"client_id": CLIENT_ID},
    ),
    "assertion is no JWT": case(
        ask({"client_assertion_type": ASSERTION_TYPE, "client_assertion": "abc", "client_id": CLIENT_ID}, auth=None),
        Cause.MALFORMED_CREDENTIALS,
        f"client_id is '{CLIENT_ID}', but the client assertion is about None",
        **ASSERTING,
    ),
    "assertion by the wrong secret": case(
        present(key=HMAC_SECRET[::-1], alg="HS256"),
        Cause.BAD_ASSERTION,
        "the client assertion does not verify with the client_secret",
        **ASSERTING,
        client_secret=HMAC_SECRET,
    ),
    "assertion about no text": case(
        present(sub=5),
        Cause.UNKNOWN_CLIENT,
        f"there is no client None; registered: '{CLIENT_ID}'",
        {"client_id": None},
        **ASSERTING,
    ),
    "assertion unsigned": case(
        present(key="", alg="none"),
        Cause.BAD_ASSERTION,
        "the client assertion has the algorithm 'none'; it has to be signed (RFC 7523 section 3 point 9)",
        **ASSERTING,
    ),
    "assertion by an unknown key": case(
        present(header={"kid": "k-9"}),
        Cause.BAD_ASSERTION,
        "the client assertion names the key 'k-9' (ES256), and no such key is registered for the client",
        **ASSERTING,
    ),
    "assertion by the wrong key": case(
        present(key=OTHER_KEY, header={"kid": KEY.kid}),
        Cause.BAD_ASSERTION,
        "the client assertion does not verify: Signature verification failed",
        **ASSERTING,
    ),
    "assertion by another issuer": case(
        present(iss="x"),
        Cause.BAD_ASSERTION,
        f"the client assertion has iss 'x'; it has to be the client_id '{CLIENT_ID}'",
        **ASSERTING,
    ),
    "assertion for somebody else": case(
        present(aud="https://x.test"),
        Cause.BAD_ASSERTION,
        f"the client assertion has aud 'https://x.test'; it has to be {ISSUER} or {TOKEN_URL}",
        **ASSERTING,
    ),
    "assertion for ever": case(
        present(exp=...),
        Cause.BAD_ASSERTION,
        "the client assertion has exp None; it has to be a number of seconds since 1970",
        **ASSERTING,
    ),
    "assertion expired": case(
        present(exp=int(NOW) - 30), Cause.BAD_ASSERTION, "the client assertion expired 30 s ago", **ASSERTING
    ),
    "assertion expires now": case(
        present(exp=NOW), Cause.BAD_ASSERTION, "the client assertion expired 0 s ago", **ASSERTING
    ),
    "assertion good for days": case(
        present(exp=int(NOW) + 2 * 86_400),
        Cause.BAD_ASSERTION,
        "the client assertion is good for 172800 s more; minutes are enough",
        **ASSERTING,
    ),
    "assertion begins later": case(
        present(nbf=int(NOW) + 30),
        Cause.BAD_ASSERTION,
        f"the client assertion has nbf {int(NOW) + 30}, which lies ahead of now, {int(NOW)}",
        **ASSERTING,
    ),
    "assertion issued at no time": case(
        present(iat="today"),
        Cause.BAD_ASSERTION,
        "the client assertion has iat 'today'; it has to be a number of seconds since 1970",
        **ASSERTING,
    ),
    "assertion used again": case(
        present(again=True),
        Cause.BAD_ASSERTION,
        "the client assertion was used before: its jti 'j-1' came already; each request needs its own",
        **ASSERTING,
    ),
    "client without the grant": case(
        ask_as(Client("billing", "s", grant_types=("authorization_code",))),
        Cause.UNAUTHORIZED_CLIENT,
        "the client 'billing' may not use the grant client_credentials",
    ),
    "client without proof": case(
        ask_as(Client("billing", "s", dpop_bound=True)),
        Cause.MISSING_HEADER,
        "the header DPoP is missing; the client 'billing' registered for DPoP tokens only",
        {"header": "DPoP"},
        **OPTIONAL,
    ),
    "no parameter": case(
        ask(), Cause.MISSING_PARAM, "the parameter tenant is missing", {"name": "tenant"}, params={"tenant": "t"}
    ),
    "wrong parameter": case(
        ask({"role": ["r3", "r4"]}),
        Cause.WRONG_PARAM,
        "the parameter role is 'r3' and 'r4', wanted: r1 and r2",
        {"name": "role"},
        params={"role": ("r1", "r2")},
    ),
    "wrong secret parameter": case(
        ask({"api_key": "another"}),
        Cause.WRONG_PARAM,
        "the parameter api_key has a wrong value",
        {"name": "api_key"},
        params={"api_key": "k"},
    ),
    "no audience": case(
        ask(),
        Cause.MISSING_AUDIENCE,
        "the parameter audience is missing",
        {"name": "audience"},
        dialect=Dialect(audience_required=True),
    ),
    "no resource": case(
        ask({"audience": "https://a.test"}),
        Cause.MISSING_AUDIENCE,
        "the parameter resource is missing",
        {"name": "resource"},
        dialect=Dialect(audience_required=True, audience_param="resource"),
    ),
    "unknown audience": case(
        ask({"audience": "https://c.test"}),
        Cause.UNKNOWN_AUDIENCE,
        "there is no API https://c.test here; known: https://a.test, https://b.test",
        {"unknown": ("https://c.test",)},
        audience=("https://a.test", "https://b.test"),
    ),
    "unknown resources": case(
        ask({"resource": ["https://c.test", "https://d.test"]}),
        Cause.UNKNOWN_AUDIENCE,
        "there is no API https://c.test or https://d.test here; known: https://a.test",
        {"unknown": ("https://c.test", "https://d.test")},
        audience=("https://a.test",),
    ),
    "resource without scheme": case(
        ask({"resource": "a.test"}),
        Cause.UNKNOWN_AUDIENCE,
        "resource is 'a.test'; it has to be an absolute URI without a fragment",
        {"resource": "a.test"},
    ),
    "scope with two blanks": case(
        ask({"scope": "a  b"}),
        Cause.MALFORMED_SCOPE,
        "scope is 'a  b'; it takes scope-tokens with a single space between them",
        {"scope": "a  b"},
    ),
    "scope with two commas": case(
        ask({"scope": "a,,b"}),
        Cause.MALFORMED_SCOPE,
        "scope is 'a,,b'; it takes scope-tokens with ',' between them",
        {"scope": "a,,b"},
        dialect=Dialect(scope=ScopeDialect(separator=",")),
    ),
    "two resources as scope": case(
        ask({"scope": "https://a.test/.default b"}),
        Cause.MALFORMED_SCOPE,
        "scope names 2 scopes; this provider takes exactly one, a resource with /.default",
        {"scope": "https://a.test/.default b"},
        dialect=DEFAULT_SUFFIX,
    ),
    "no resource as scope": case(
        ask({"scope": "orders"}),
        Cause.MALFORMED_SCOPE,
        "scope is 'orders'; this provider wants a resource followed by /.default",
        {"scope": "orders"},
        dialect=DEFAULT_SUFFIX,
    ),
    "unknown resource as scope": case(
        ask({"scope": "https://c.test/.default"}),
        Cause.UNKNOWN_AUDIENCE,
        "there is no API https://c.test here; known: https://a.test",
        {"unknown": ("https://c.test",)},
        dialect=DEFAULT_SUFFIX,
        audience=("https://a.test",),
    ),
    "required scopes": case(
        ask({"scope": "c"}),
        Cause.LACKING_SCOPE,
        "scope lacks a b, which every request that names a scope has to name",
        {"lacking": ("a", "b")},
        dialect=Dialect(scope=ScopeDialect(required=("a", "b"))),
    ),
    "unknown scopes": case(
        ask({"scope": "c b d"}),
        Cause.UNKNOWN_SCOPE,
        "the client may not have c d; it may have a b",
        {"unknown": ("c", "d"), "allowed": ("a", "b")},
        scopes=("a", "b"),
    ),
    "no scope allowed": case(
        ask({"scope": "c"}),
        Cause.UNKNOWN_SCOPE,
        "the client may not have c; it may have no scope at all",
        {"unknown": ("c",), "allowed": ()},
        scopes=(),
    ),
    "no scope": case(
        ask(),
        Cause.MISSING_SCOPE,
        "the request names no scope, and this provider has no default scope",
        dialect=Dialect(scope=ScopeDialect(missing="refuse")),
    ),
    "no proof": case(
        ask(),
        Cause.MISSING_HEADER,
        "the header DPoP is missing; this provider issues no tokens without a proof (RFC 9449 section 5)",
        {"header": "DPoP"},
        **REQUIRED,
    ),
    "two proofs": case(
        prove_in_two_headers, Cause.BAD_DPOP_PROOF, "there are 2 DPoP headers; one is allowed", **OPTIONAL
    ),
    "proof is no JWT": case(ask_with("abc"), Cause.BAD_DPOP_PROOF, "the proof is no JWT", **OPTIONAL),
    "proof of another type": case(
        ask_with(prove(header={"typ": "JWT"})),
        Cause.BAD_DPOP_PROOF,
        "the proof has typ 'JWT'; it has to be 'dpop+jwt'",
        **OPTIONAL,
    ),
    "proof with HMAC": case(
        ask_with(jwt.encode({}, HMAC_SECRET, "HS256", {"typ": "dpop+jwt"})),
        Cause.BAD_DPOP_PROOF,
        "the proof has alg 'HS256'; it has to be one of ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EdDSA",
        **OPTIONAL,
    ),
    "proof without key": case(
        ask_with(prove(header={"jwk": ...})),
        Cause.BAD_DPOP_PROOF,
        "the proof's header has no public key as jwk",
        **OPTIONAL,
    ),
    "proof with private key": case(
        ask_with(prove(header={"jwk": {**KEY.public_jwk, "d": "AQ"}})),
        Cause.BAD_DPOP_PROOF,
        "the proof's jwk holds the private key; only its public half belongs there",
        **OPTIONAL,
    ),
    "proof by another key": case(
        ask_with(prove(header={"jwk": OTHER_KEY.public_jwk})),
        Cause.BAD_DPOP_PROOF,
        "the proof does not verify with its own jwk: Signature verification failed",
        **OPTIONAL,
    ),
    "proof without jti and htu": case(
        ask_with(prove(jti=..., htu="")), Cause.BAD_DPOP_PROOF, "the proof has no jti and no htu", **OPTIONAL
    ),
    "proof without htm": case(ask_with(prove(htm=5)), Cause.BAD_DPOP_PROOF, "the proof has no htm", **OPTIONAL),
    "proof of no time": case(
        ask_with(prove(iat="now")),
        Cause.BAD_DPOP_PROOF,
        "the proof has iat 'now'; it has to be a number of seconds since 1970",
        **OPTIONAL,
    ),
    "proof for another method": case(
        ask_with(prove("GET")), Cause.BAD_DPOP_PROOF, "the proof has htm 'GET', and the request is a POST", **OPTIONAL
    ),
    "proof for another URL": case(
        ask_with(prove(url=API_URL)),
        Cause.BAD_DPOP_PROOF,
        "the proof's htu is not the URL of the request without its query",
        **OPTIONAL,
    ),
    "old proof": case(
        ask_with(prove(iat=NOW - 61)), Cause.BAD_DPOP_PROOF, "the proof's iat is 61 s old; 60 s are allowed", **OPTIONAL
    ),
    "proof of the future": case(
        ask_with(prove(iat=NOW + 61)),
        Cause.BAD_DPOP_PROOF,
        "the proof's iat is 61 s ahead of now; 60 s are allowed",
        **OPTIONAL,
    ),
    "proof used again": case(
        prove_twice,
        Cause.BAD_DPOP_PROOF,
        "the proof was used before: its jti 'p-1' came already; each request needs its own",
        **OPTIONAL,
    ),
    "proof without nonce": case(
        ask_with(prove()),
        Cause.DPOP_NONCE_REQUIRED,
        "the proof has no nonce; the header DPoP-Nonce of this answer has the one for the next proof",
        **OPTIONAL,
        dpop_nonce=True,
    ),
    "proof with a nonce of its own": case(
        ask_with(prove(nonce="n")),
        Cause.DPOP_NONCE_REQUIRED,
        "the proof has a nonce that does not count, or no longer; the header DPoP-Nonce of this answer has the one for the next proof",
        **OPTIONAL,
        dpop_nonce=True,
    ),
}


RIGHT = {
    "a minute old proof": (ask_with(prove(iat=NOW - 60)), OPTIONAL),
    "a proof of a minute ahead": (ask_with(prove(iat=NOW + 60)), OPTIONAL),
    "an assertion about the client that is named": (present(params={"client_id": CLIENT_ID}), ASSERTING),
    "an assertion good for a day": (present(exp=NOW + 86_400), ASSERTING),
    "a body of a million bytes": (ask(body=b"grant_type=client_credentials&a=".ljust(1_000_000, b"x")), {}),
    "a thousand parameters": (
        ask(body=b"grant_type=client_credentials" + b"".join(b"&a%d=1" % number for number in range(999))),
        {},
    ),
}


@pytest.mark.parametrize(("request_of", "settings"), RIGHT.values(), ids=RIGHT)
def test_what_just_keeps_to_a_limit_gets_a_token(request_of, settings):
    """The limits that the refusals name are the last values that are right."""
    got = request_of(World(**settings))

    assert got.status == 200, got.body


@pytest.mark.parametrize(
    ("request_of", "cause", "detail", "facts", "dialect", "settings"), TOKEN_REQUESTS.values(), ids=TOKEN_REQUESTS
)
def test_a_refused_token_request_is_explained(request_of, cause, detail, facts, dialect, settings):
    """The verdict on a token request names the cause, says what was sent and what is taken, and keeps both."""
    verdict = request_of(World(dialect, **settings)).entry.verdict

    assert (verdict.cause, verdict.detail, dict(verdict.facts)) == (cause, detail, facts)
