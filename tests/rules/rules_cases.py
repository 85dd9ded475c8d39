"""For each rule that looks at one request: small clients that break it, and their twins that keep it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rules_world import API, BEGAN, CLIENT_ID, FORM, SECRET, TOKEN_URL, World, b64, basic, jwt

from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Callable

GRANT = {"grant_type": "client_credentials"}
CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": SECRET}
JSON = "application/json"
AWKWARD = "p%2F+q&: £"


@dataclass(frozen=True)
class Case:
    """A rule, a client that breaks it, one that keeps it, and what the provider of both is like."""

    rule: str
    wrong: Callable[[World], Any]
    right: Callable[[World], Any]
    options: dict[str, Any] = field(default_factory=dict)
    name: str = ""

    def __str__(self):
        return f"{self.rule}{'-' + self.name if self.name else ''}"


def asserted(w, claims=None, *, header=None, signature="c2lnbmF0dXJl", **params):
    """Ask for a token with a client assertion whose claims are right but for those given; None leaves one out."""
    right = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": "https://auth.test", "exp": w.clock.now + 60, "jti": "j1"}
    chosen = {name: value for name, value in {**right, **(claims or {})}.items() if value is not None}
    values = {
        **GRANT,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt(chosen, header, signature),
        **params,
    }
    return w.ask({name: value for name, value in values.items() if value is not None}, auth=None)


def proof(claims=None, header=None, *, method="POST", url=TOKEN_URL):
    """Return a DPoP proof that is right but for what is given; None leaves a claim out."""
    right = {"jti": "p1", "htm": method, "htu": url, "iat": BEGAN}
    head = {
        "typ": "dpop+jwt",
        "alg": "ES256",
        "jwk": {"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ"},
        **(header or {}),
    }
    return jwt({name: value for name, value in {**right, **(claims or {})}.items() if value is not None}, head)


def bound_call(w, claims=None, **header):
    """Call the API with a token and a proof for it."""
    token = w.token()
    ath = b64(hashlib.sha256(token.encode()).digest())
    made = proof({"ath": ath, **(claims or {})}, header, method="GET", url=API)
    return w.call(auth=f"DPoP {token}", headers=[("DPoP", made)])


TOKEN_CASES = [
    Case("token-request-not-post", lambda w: w.ask(method="GET"), lambda w: w.ask()),
    Case(
        "token-request-not-post",
        lambda w: w.ask(method="PUT"),
        lambda w: w.ask(method="GET", url=f"{TOKEN_URL}?grant_type=client_credentials", body=b"", kind=None),
        {"methods": ("POST", "GET"), "body_formats": ("form", "query")},
        "where the provider takes GET",
    ),
    Case("wrong-content-type", lambda w: w.ask(body=json.dumps(GRANT).encode(), kind=JSON), lambda w: w.ask()),
    Case(
        "wrong-content-type",
        lambda w: w.ask(kind="text/plain"),
        lambda w: w.ask(body=json.dumps(GRANT).encode(), kind="application/json; charset=utf-8"),
        {"body_formats": ("json",)},
        "where the provider takes JSON",
    ),
    Case(
        "wrong-content-type",
        lambda w: w.ask(kind=None, headers=[("content_type", FORM)]),
        lambda w: w.ask(kind="Application/X-WWW-Form-Urlencoded;charset=UTF-8"),
        name="missing",
    ),
    Case(
        "wrong-content-type", lambda w: w.ask(kind=None), lambda w: w.ask(), {"body_formats": ("json",)}, "none at all"
    ),
    Case(
        "parameters-in-query",
        lambda w: w.ask(url=f"{TOKEN_URL}?grant_type=client_credentials&scope=a", body=b""),
        lambda w: w.ask({**GRANT, "scope": "a"}),
    ),
    Case("form-not-encoded", lambda w: w.ask(body=b"grant_type=client_credentials\n&scope=a"), lambda w: w.ask()),
    Case(
        "form-not-encoded",
        lambda w: w.ask(body=b"grant_type=client_credentials&scope=a b"),
        lambda w: w.ask(body=b"grant_type=client_credentials&scope=a+b"),
        name="blank",
    ),
    Case(
        "form-not-encoded",
        lambda w: w.ask(body=b"grant_type=client_credentials&audience=100%"),
        lambda w: w.ask({**GRANT, "audience": "100%"}),
        name="percent",
    ),
    Case(
        "form-not-encoded",
        lambda w: w.ask(body="grant_type=client_credentials&audience=Zürich".encode()),
        lambda w: w.ask({**GRANT, "audience": "Zürich"}),
        name="beyond ASCII",
    ),
    Case(
        "form-not-encoded",
        lambda w: w.ask(body=b"grant_type=client_credentials&audience=a\x00b"),
        lambda w: w.ask({**GRANT, "audience": "a b"}),
        name="control character",
    ),
    Case(
        "form-not-encoded",
        lambda w: w.ask(
            body=f"grant_type=client_credentials&client_id=billing&client_secret={w.secret}".encode(), auth=None
        ),
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID, "client_secret": w.secret}, auth=None),
        {"client_secret": "one&two"},
        "an ampersand in the secret",
    ),
    Case(
        "form-not-encoded",
        lambda w: w.ask(
            body=f"grant_type=client_credentials&client_id=billing&client_secret={w.secret}".encode(), auth=None
        ),
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID, "client_secret": w.secret}, auth=None),
        {"client_secret": "one+two"},
        "a plus in the secret",
    ),
    Case(
        "body-not-utf8",
        lambda w: w.ask(body="grant_type=client_credentials&audience=Zürich".encode("latin-1")),
        lambda w: w.ask({**GRANT, "audience": "Zürich"}),
    ),
    Case(
        "body-not-utf8",
        lambda w: w.ask(body=b"grant_type=client_credentials&audience=Z%FCrich"),
        lambda w: w.ask(body=b"grant_type=client_credentials&audience=Z%C3%BCrich"),
        name="escaped",
    ),
    Case(
        "duplicate-parameter",
        lambda w: w.ask({**GRANT, "scope": ["a", "b"]}),
        lambda w: w.ask({**GRANT, "resource": ["https://a.test/", "https://b.test/"]}),
    ),
    Case(
        "duplicate-parameter",
        lambda w: w.ask({**GRANT, "scope": ["a", "b"], "site": ["1", "2"]}),
        lambda w: w.ask({**GRANT, "site": ["1", "2"]}),
        {"params": {"site": ("1", "2")}},
        "where the provider wants one repeated",
    ),
    Case("grant-type-missing", lambda w: w.ask({"scope": "a"}), lambda w: w.ask()),
    Case(
        "grant-type-missing",
        lambda w: w.ask({"grant_type": ""}),
        lambda w: w.ask(b"", body=b"{", kind=JSON),
        name="empty",
    ),
    Case("grant-type-wrong", lambda w: w.ask({"grant_type": "Client_Credentials"}), lambda w: w.ask()),
    Case(
        "grant-type-wrong",
        lambda w: w.ask({"grant_type": "client_credentials "}),
        lambda w: w.ask({"grant_type": ["password", "client_credentials"]}),
        name="blank",
    ),
    Case("other-grant", lambda w: w.ask({"grant_type": "authorization_code", "code": "c"}), lambda w: w.ask()),
    Case(
        "other-grant",
        lambda w: w.ask({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}),
        lambda w: w.ask(),
        name="urn",
    ),
    Case(
        "password-grant",
        lambda w: w.ask({"grant_type": "password", "username": "u", "password": "p"}),
        lambda w: w.ask(),
    ),
    Case(
        "refresh-grant-used", lambda w: w.ask({"grant_type": "refresh_token", "refresh_token": "r"}), lambda w: w.ask()
    ),
    Case("empty-parameter", lambda w: w.ask({**GRANT, "scope": ""}), lambda w: w.ask({**GRANT, "scope": "a"})),
    Case("placeholder-value", lambda w: w.ask({**GRANT, "scope": "None"}), lambda w: w.ask({**GRANT, "scope": "a"})),
    Case(
        "resource-not-absolute",
        lambda w: w.ask({**GRANT, "resource": "orders"}),
        lambda w: w.ask({**GRANT, "resource": "https://api.test/"}),
    ),
    Case(
        "resource-not-absolute",
        lambda w: w.ask({**GRANT, "resource": "https://[api"}),
        lambda w: w.ask({**GRANT, "resource": "urn:orders"}),
        name="no URI",
    ),
    Case(
        "resource-with-query",
        lambda w: w.ask({**GRANT, "resource": "https://api.test/?x=1"}),
        lambda w: w.ask({**GRANT, "resource": "https://api.test/"}),
    ),
    # authentication
    Case(
        "two-auth-methods",
        lambda w: w.ask({**GRANT, **CREDENTIALS}),
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID}),
    ),
    Case("two-auth-methods", lambda w: asserted(w, client_secret=SECRET), asserted, name="assertion"),
    Case("no-client-authentication", lambda w: w.ask(auth=None), lambda w: w.ask()),
    Case(
        "no-client-authentication",
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID}, auth=None),
        lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None),
        name="only the id",
    ),
    Case(
        "no-client-authentication",
        lambda w: w.ask(auth="Negotiate abc"),
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID}, auth=None, client_certificate=b"der"),
        name="another scheme",
    ),
    Case(
        "client-id-missing",
        lambda w: w.ask({**GRANT, "client_secret": SECRET}, auth=None),
        lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None),
    ),
    Case(
        "client-id-mismatch",
        lambda w: w.ask({**GRANT, "client_id": "another"}),
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID}),
    ),
    Case(
        "client-id-mismatch",
        lambda w: w.ask({**GRANT, "client_id": "another"}, auth=basic("bill ing", encode=False)),
        lambda w: w.ask({**GRANT, "client_id": "bill+ing"}, auth=basic("bill+ing", encode=False)),
        name="one name in two encodings",
    ),
    Case(
        "client-id-mismatch",
        lambda w: asserted(w, client_id="another"),
        lambda w: asserted(w, client_id=CLIENT_ID),
        name="assertion",
    ),
    Case(
        "client-id-mismatch",
        lambda w: w.ask({**GRANT, "client_id": "another"}, auth=basic("bill ing")),
        lambda w: w.ask({**GRANT, "client_id": "bill+ing"}, auth=basic("bill ing")),
        {"dialect": Dialect(basic_encoding="either")},
        name="where the provider reads both",
    ),
    Case("basic-malformed", lambda w: w.ask(auth="Basic %%%"), lambda w: w.ask()),
    Case(
        "basic-malformed",
        lambda w: w.ask(auth="Basic " + base64.b64encode(b"billing").decode()),
        lambda w: w.ask(auth=basic().replace("Basic", "basic")),
        name="no colon",
    ),
    Case(
        "basic-not-form-encoded",
        lambda w: w.ask(auth=basic(secret=AWKWARD, encode=False)),
        lambda w: w.ask(auth=basic(secret=AWKWARD)),
        {"client_secret": AWKWARD},
    ),
    Case(
        "basic-not-form-encoded",
        lambda w: w.ask(auth=basic(secret="a+b", encode=False)),
        lambda w: w.ask(auth=basic(secret="a+b")),
        {"client_secret": "a+b"},
        "only a plus",
    ),
    Case(
        "basic-not-form-encoded",
        lambda w: w.ask(auth="Basic " + base64.b64encode("billing:Zürich-1".encode("latin-1")).decode()),
        lambda w: w.ask(auth=basic(secret="Zürich-1")),
        {"client_secret": "Zürich-1"},
        "latin-1",
    ),
    Case(
        "basic-not-form-encoded",
        lambda w: w.ask(auth=basic("an:id", encode=False)),
        lambda w: w.ask(auth=basic("an:id")),
        {"client_id": "an:id"},
        "a colon in the id",
    ),
    Case("credentials-placeholder", lambda w: w.ask(auth=basic("None", "None")), lambda w: w.ask()),
    Case(
        "credentials-placeholder",
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID, "client_secret": "null"}, auth=None),
        lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None),
        name="body",
    ),
    Case("credentials-placeholder", lambda w: w.ask(auth=basic("", SECRET)), lambda w: w.ask(), name="no id"),
    Case(
        "control-character-in-credentials",
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID, "client_secret": SECRET + "\n"}, auth=None),
        lambda w: w.ask({**GRANT, "client_id": CLIENT_ID, "client_secret": "a b"}, auth=None),
    ),
    Case("control-character-in-credentials", lambda w: w.ask(auth=basic("bil\tling")), lambda w: w.ask(), name="basic"),
    Case("body-credentials-used", lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None), lambda w: w.ask()),
    Case(
        "body-credentials-used",
        lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None),
        asserted,
        name="assertion",
    ),
    Case("bearer-at-token-endpoint", lambda w: w.ask(auth="Bearer an-old-token"), lambda w: w.ask()),
    # assertions
    Case("assertion-incomplete", lambda w: asserted(w, client_assertion_type=None), asserted),
    Case("assertion-incomplete", lambda w: asserted(w, client_assertion=None), asserted, name="no assertion"),
    Case("assertion-type-wrong", lambda w: asserted(w, client_assertion_type="jwt-bearer"), asserted),
    Case("assertion-not-jwt", lambda w: asserted(w, client_assertion="no.jwt"), asserted),
    Case("assertion-not-signed", lambda w: asserted(w, header={"alg": "none"}, signature=""), asserted),
    Case("assertion-claim-missing", lambda w: asserted(w, {"exp": None, "aud": ""}), asserted),
    Case("assertion-not-for-client", lambda w: asserted(w, {"iss": "my-service"}), asserted),
    Case(
        "assertion-not-for-client",
        lambda w: asserted(w, {"iss": "nobody", "sub": "nobody"}),
        lambda w: asserted(w, {"iss": None}),
        name="unknown client",
    ),
    Case("assertion-audience-wrong", lambda w: asserted(w, {"aud": "https://other.test"}), asserted),
    Case(
        "assertion-audience-wrong",
        lambda w: asserted(w, {"aud": ["https://other.test", "https://auth.test:8443/"]}),
        lambda w: asserted(w, {"aud": ["https://other.test", TOKEN_URL]}),
        name="list",
    ),
    Case("assertion-not-valid-now", lambda w: asserted(w, {"exp": w.clock.now - 12}), asserted),
    Case(
        "assertion-not-valid-now",
        lambda w: asserted(w, {"exp": "soon"}),
        lambda w: asserted(w, {"nbf": BEGAN + 30}),
        name="text",
    ),
    Case(
        "assertion-not-valid-now",
        lambda w: asserted(w, {"nbf": w.clock.now + 600}),
        lambda w: asserted(w, {"exp": None}),
        name="not yet",
    ),
    # scope
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": "a,b"}),
        lambda w: w.ask({**GRANT, "scope": "a b"}),
    ),
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": "['a', 'b']"}),
        lambda w: w.ask({**GRANT, "scope": "[a] {b}"}),
        name="list as text",
    ),
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": '["a", "b"]'}),
        lambda w: w.ask({**GRANT, "scope": "https://api.test/.default"}),
        name="JSON list as text",
    ),
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": "a, b"}),
        lambda w: w.ask({**GRANT, "scope": "a,b"}),
        {"scopes": ("a,b", "a", "b")},
        "where a scope has a comma",
    ),
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": "a+b"}),
        lambda w: w.ask({**GRANT, "scope": "a+c"}),
        {"scopes": ("a", "b")},
        "a plus between known ones",
    ),
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": "a%20b"}),
        lambda w: w.ask({**GRANT, "scope": "c++"}),
        name="encoded twice",
    ),
    Case(
        "scope-not-space-separated",
        lambda w: w.ask({**GRANT, "scope": 'a ,"b'}) and w.ask({**GRANT, "scope": "\u00e4, b"}),
        lambda w: w.ask({**GRANT, "scope": "a b"}),
        name="commas and more",
    ),
    Case("scope-malformed", lambda w: w.ask({**GRANT, "scope": "a  b"}), lambda w: w.ask({**GRANT, "scope": "a b"})),
    Case(
        "scope-malformed",
        lambda w: w.ask({**GRANT, "scope": " a"}),
        lambda w: w.ask({**GRANT, "scope": ["a"]}),
        name="ends",
    ),
    Case(
        "scope-malformed",
        lambda w: w.ask({**GRANT, "scope": 'a"b\\'}),
        lambda w: w.ask({**GRANT, "scope": "a!b"}),
        name="quote",
    ),
    Case(
        "scope-sensitive",
        lambda w: w.ask({**GRANT, "scope": "orders:ann@example.com"}),
        lambda w: w.ask({**GRANT, "scope": "orders:read and:write x@y"}),
    ),
    Case(
        "scope-sensitive",
        lambda w: w.ask({**GRANT, "scope": f"as {SECRET}"}),
        lambda w: w.ask({**GRANT, "scope": "some:words:that:are:long"}),
        name="secret",
    ),
    # the way
    Case("token-endpoint-not-tls", lambda w: w.ask(url="http://auth.test/token"), lambda w: w.ask()),
    Case(
        "token-endpoint-not-tls",
        lambda w: w.send("GET", "http://auth.test/.well-known/jwks.json"),
        lambda w: w.send("GET", "https://auth.test/.well-known/jwks.json"),
        name="keys",
    ),
    Case(
        "token-endpoint-not-tls",
        lambda w: w.send("GET", "http://auth.test/.well-known/jwks.json"),
        lambda w: w.ask(),
        {"token_url": "http://127.0.0.1:8080/token"},
        "loopback",
    ),
    Case(
        "token-url-query-dropped",
        lambda w: w.ask(url=TOKEN_URL),
        lambda w: w.ask(),
        {"token_url": f"{TOKEN_URL}?tenant=t1"},
    ),
    Case("misspelt-header", lambda w: w.ask(headers=[("content_type", FORM)]), lambda w: w.ask()),
    Case("misspelt-header", lambda w: w.call(headers=[("Authorisation", "x")]), lambda w: w.call(), name="api"),
    Case(
        "accept-excludes-json",
        lambda w: w.ask(headers=[("Accept", "text/html")]),
        lambda w: w.ask(headers=[("Accept", "application/*;q=0.5")]),
    ),
    Case(
        "metadata-not-get",
        lambda w: w.send("POST", "https://auth.test/.well-known/jwks.json"),
        lambda w: w.send("GET", "https://auth.test/.well-known/oauth-authorization-server"),
    ),
    Case("certificate-not-verified", lambda w: w.ask(verify=False), lambda w: w.ask(verify=True)),
    Case(
        "certificate-not-verified",
        lambda w: w.call(verify=False),
        lambda w: w.ask(verify=False),
        {"token_url": "https://localhost/token"},
        "loopback",
    ),
    # leaks
    Case(
        "secret-in-query",
        lambda w: w.ask({**GRANT}, url=f"{TOKEN_URL}?client_id=billing&client_secret={SECRET}", auth=None),
        lambda w: w.ask(),
    ),
    Case(
        "secret-in-query",
        lambda w: w.call(url=f"{API}?key={SECRET}"),
        lambda w: w.call(url=f"{API}?key=other-secret-9"),
        name="api",
    ),
    Case(
        "secret-in-query", lambda w: w.call(url=f"{API}/{SECRET}"), lambda w: w.call(url=f"{API}/password"), name="path"
    ),
    Case(
        "secret-in-query",
        lambda w: w.call(url=f"{API}?key=p%2Fq%3D%26r-12345"),
        lambda w: w.call(url=f"{API}?key=p%2Fq%3D%26r-99999"),
        {"client_secret": "p/q=&r-12345"},
        "awkward characters",
    ),
    Case(
        "secret-in-query",
        lambda w: w.call(url=f"{API}?client_secret=x"),
        lambda w: w.call(url=f"{API}?client_secret="),
        name="by name",
    ),
    Case("client-id-in-query", lambda w: w.ask(url=f"{TOKEN_URL}?client_id=billing"), lambda w: w.ask()),
    Case(
        "client-id-in-query",
        lambda w: w.ask(url=f"{TOKEN_URL}?client_id=other"),
        lambda w: w.ask(),
        {"token_url": f"{TOKEN_URL}?client_id=gateway"},
        "in the token URL itself",
    ),
    Case(
        "bearer-in-query",
        lambda w: w.call(auth="", url=f"{API}?access_token={w.token()}"),
        lambda w: w.call(url=f"{API}?page=2"),
    ),
    Case(
        "bearer-in-query",
        lambda w: w.call(url=f"{API}?t={w.token()}"),
        lambda w: w.call(url=f"{API}?t=1"),
        name="other name",
    ),
    Case(
        "token-in-path", lambda w: w.call(url=f"{API}/{w.token()}/x"), lambda w: w.call(url=f"{API}/0123456789abcdef/x")
    ),
    Case(
        "token-in-cookie",
        lambda w: w.call(headers=[("Cookie", f"a=b; session={w.token()}")]),
        lambda w: w.call(headers=[("Cookie", "session=0123456789abcdef")]),
    ),
    Case("token-in-cookie", lambda w: w.ask(headers=[("Cookie", f"s={SECRET}")]), lambda w: w.ask(), name="secret"),
    Case(
        "secret-in-referer",
        lambda w: w.call(headers=[("Referer", f"https://x.test/?t={w.token()}")]),
        lambda w: w.call(headers=[("Referer", "https://x.test/")]),
    ),
    Case("secret-at-api", lambda w: w.call(auth=basic()), lambda w: w.call(auth=basic("bob", "another"))),
    Case("secret-at-api", lambda w: w.call(auth=basic()), lambda w: w.call(auth="Basic %%"), name="not base64"),
]

API_CASES = [
    Case("api-not-tls", lambda w: w.call(url="http://api.test/orders"), lambda w: w.call()),
    Case(
        "api-not-tls",
        lambda w: w.call(url="http://api.test/orders"),
        lambda w: w.call(auth="", url="http://api.test/"),
        name="no token",
    ),
    Case("bearer-malformed", lambda w: w.call(auth=w.token()), lambda w: w.call(auth=f"bearer {w.token()}")),
    Case(
        "bearer-malformed",
        lambda w: w.call(auth=f"Token {w.token()}"),
        lambda w: w.call(auth=f"DPoP {w.token()}"),
        name="scheme",
    ),
    Case(
        "bearer-malformed",
        lambda w: w.call(auth=f"Bearer Bearer {w.token()}"),
        lambda w: w.call("unknown-token"),
        name="doubled",
    ),
    Case(
        "bearer-malformed",
        lambda w: w.call(auth=f"Bearer  {w.token()}"),
        lambda w: w.call(auth="Custom abc"),
        name="two blanks",
    ),
    Case(
        "bearer-malformed",
        lambda w: w.call(auth=f"Bearer{w.token()}"),
        lambda w: w.call(auth=basic("a", "b")),
        name="no blank",
    ),
    Case("bearer-malformed", lambda w: w.call(auth="Bearer "), lambda w: w.call(auth=""), name="empty"),
    Case("bearer-malformed", lambda w: w.call(auth=f"Bearer b'{w.token()}'"), lambda w: w.call(), name="bytes"),
    Case("bearer-malformed", lambda w: w.call(auth=f"Bearer {w.token()}, x"), lambda w: w.call(), name="junk"),
    Case("bearer-malformed", lambda w: w.call(auth='Bearer {"access_token": "x"}'), lambda w: w.call(), name="JSON"),
    Case("bearer-placeholder", lambda w: w.call("None"), lambda w: w.call("none-such")),
    Case(
        "bearer-in-body",
        lambda w: w.call(
            auth="", method="POST", headers=[("Content-Type", FORM)], body=f"access_token={w.token()}".encode()
        ),
        lambda w: w.call(method="POST", headers=[("Content-Type", JSON)], body=b'"access_token=1"'),
    ),
    Case(
        "bearer-in-body-of-get",
        lambda w: w.call(auth="", headers=[("Content-Type", FORM)], body=f"access_token={w.token()}".encode()),
        lambda w: w.call(method="POST", headers=[("Content-Type", FORM)], body=b"a=b"),
    ),
    Case(
        "two-token-transports",
        lambda w: w.call(url=f"{API}?access_token=x"),
        lambda w: w.call(url=f"{API}?my_access_token=x"),
    ),
    Case(
        "two-token-transports",
        lambda w: w.call(method="POST", headers=[("Content-Type", FORM)], body=b"access_token=x"),
        lambda w: w.call(method="POST", headers=[("Content-Type", FORM)], body=b"token=x"),
        name="body",
    ),
    Case(
        "authorization-repeated",
        lambda w: w.call(headers=[("authorization", "Bearer x")]),
        lambda w: w.call(auth='Digest username="a", realm="b"'),
    ),
    Case(
        "authorization-repeated",
        lambda w: w.ask(headers=[("Authorization", "Basic x")]),
        lambda w: w.ask(),
        name="token",
    ),
    # DPoP
    Case("dpop-proof-missing", lambda w: w.call(auth=f"DPoP {w.token()}"), bound_call),
    Case(
        "dpop-proof-repeated",
        lambda w: w.ask(headers=[("DPoP", proof()), ("DPoP", proof())]),
        lambda w: w.ask(headers=[("DPoP", proof())]),
    ),
    Case(
        "dpop-proof-malformed",
        lambda w: w.ask(headers=[("DPoP", "no jwt")]),
        lambda w: w.ask(headers=[("DPoP", proof())]),
    ),
    Case("dpop-proof-malformed", lambda w: bound_call(w, typ="JWT"), bound_call, name="typ"),
    Case("dpop-proof-malformed", lambda w: bound_call(w, alg="HS256"), bound_call, name="alg"),
    Case("dpop-proof-malformed", lambda w: bound_call(w, jwk=None), bound_call, name="no key"),
    Case("dpop-proof-malformed", lambda w: bound_call(w, jwk={"kty": "EC", "d": "x"}), bound_call, name="private key"),
    Case(
        "dpop-proof-claims",
        lambda w: w.ask(headers=[("DPoP", proof({"jti": None}))]),
        lambda w: w.ask(headers=[("DPoP", proof())]),
    ),
    Case("dpop-proof-claims", lambda w: bound_call(w, {"htm": "POST"}), bound_call, name="method"),
    Case("dpop-proof-claims", lambda w: bound_call(w, {"htu": f"{API}?a=b"}), bound_call, name="query"),
    Case(
        "dpop-proof-claims",
        lambda w: bound_call(w, {"htu": "https://api.test:99999/"}),
        lambda w: bound_call(w, {"htu": "HTTPS://API.test:443/orders"}),
        name="no URL",
    ),
    Case("dpop-proof-claims", lambda w: bound_call(w, {"ath": None}), bound_call, name="no hash"),
    Case("dpop-proof-claims", lambda w: bound_call(w, {"ath": "x"}), bound_call, name="wrong hash"),
    # introspection and revocation
    Case(
        "token-status-request-malformed",
        lambda w: w.send("GET", f"https://auth.test/revoke?token={w.token()}"),
        lambda w: w.ask({"token": w.token()}, url="https://auth.test/revoke"),
    ),
    Case(
        "token-status-request-malformed",
        lambda w: w.send("POST", "https://auth.test/introspect", {"Content-Type": JSON}, b"{}"),
        lambda w: w.ask({"token": "unknown"}, url="https://auth.test/introspect"),
        name="JSON",
    ),
    Case(
        "token-status-request-malformed",
        lambda w: w.send("POST", "https://auth.test/introspect", {}, b"token=x"),
        lambda w: w.ask({"token": "unknown"}, url="https://auth.test/introspect"),
        name="no Content-Type",
    ),
    Case(
        "token-status-request-malformed",
        lambda w: w.ask({"tokn": "x"}, url="https://auth.test/introspect"),
        lambda w: w.ask({"token": "x"}, url="https://auth.test/introspect"),
        name="no token",
    ),
]

MESSAGE_CASES = [*TOKEN_CASES, *API_CASES]
