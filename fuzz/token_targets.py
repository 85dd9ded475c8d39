"""What a client sends to the authorization server: bodies, credentials, assertions, proofs, registrations."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from fuzz.oracles import read_strictly
from fuzz.pieces import Pieces, replaced_members
from fuzz.target import Target
from fuzz.world import CLIENT, LENIENT, NONCE, PROFILES, SECRET, STRICT, Fake, fake, fresh_id
from pytest_oauthcc.core.assertions import ASSERTION_TYPE
from pytest_oauthcc.core.dpop import token_hash
from pytest_oauthcc.core.keys import session_key
from pytest_oauthcc.core.raw_jwt import encode_part, join, sign, sign_hs256

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_oauthcc.core.messages import Response

__all__ = ["TARGETS", "make_proof"]

_KINDS: Final = (LENIENT, STRICT, NONCE, *PROFILES)
_FORM: Final = "application/x-www-form-urlencoded"
_TYPES: Final = (
    _FORM,
    "application/json",
    "multipart/form-data; boundary=x",
    'multipart/form-data; boundary="x y"',
    "multipart/form-data",
    "application/x-www-form-urlencoded; charset=utf-16",
    "text/plain",
    "",
)
_BASIC: Final = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
_GRANT: Final = b"grant_type=client_credentials"
_NAMES: Final = (
    "grant_type", "client_id", "client_secret", "scope", "audience", "resource", "client_assertion",
    "client_assertion_type", "token",
)  # fmt: skip


def _ask(found: Fake, headers: Iterable[tuple[str, str]], body: bytes, *, query: str = "") -> Response:
    """Send a token request; one that succeeds brings a token."""
    response = found.send("POST", f"{found.names.token_url}{query}", [*headers], body)
    if response.status == 200 and found.is_standard:
        assert read_strictly(response.body)["access_token"]
    return response


def _fields(kind: str, authorization: str | None = _BASIC) -> list[tuple[str, str]]:
    fields = [("Host", "auth.oauthcc.test"), ("Content-Type", kind)]
    return fields if authorization is None else [*fields, ("Authorization", authorization)]


def _form(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    authorization = pieces.choose((_BASIC, None))
    # The secret is put where it belongs, for one that a client writes elsewhere can't be told from other text.
    credentials = b"" if authorization else f"&client_id={CLIENT}&client_secret={SECRET}".encode()
    _ask(found, _fields(_FORM, authorization), pieces.rest() + credentials)


def _query(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    method = pieces.choose(("GET", "POST", "HEAD", "PUT"))
    url = f"{found.names.token_url}?{pieces.rest().decode('latin-1')}"
    found.send(method, url, [("Authorization", _BASIC)])


def _json(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    authorization = pieces.choose((_BASIC, None))
    if pieces.byte() % 2:
        members = pieces.spoil({"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET})
        body = json.dumps(members).encode()
    else:
        body = pieces.rest()
    _ask(found, _fields("application/json", authorization), body)


def _multipart(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    kind = f"multipart/form-data; boundary={pieces.text()}".encode("utf-8", "surrogateescape").decode("latin-1")
    _ask(found, _fields(kind), pieces.rest())


def _content_type(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    body = pieces.choose((_GRANT, b'{"grant_type": "client_credentials"}', b"--x\r\n\r\n--x--", b""))
    _ask(found, _fields(pieces.rest().decode("latin-1")), body)


def _basic(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    form = pieces.byte() % 4
    rest = pieces.rest()
    value = (
        "Basic " + base64.b64encode(rest).decode(),
        "Basic " + rest.decode("latin-1"),
        rest.decode("latin-1"),
        "Basic " + base64.b64encode(f"{quote_plus(rest)}:{SECRET}".encode()).decode(),
    )[form]
    _ask(found, _fields(_FORM, value), _GRANT)


def _assertion(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose((LENIENT, STRICT)))
    now = found.provider.clock.time()
    header = pieces.spoil({"alg": "HS256", "typ": "JWT", "kid": "k"})
    claims = pieces.spoil(
        {
            "iss": CLIENT,
            "sub": CLIENT,
            "aud": found.names.token_url,
            "exp": now + 60,
            "iat": now,
            "jti": fresh_id(),
            "nbf": now,
        }
    )
    value = _signed(pieces, header, claims)
    body = f"{_GRANT.decode()}&client_assertion_type={quote_plus(ASSERTION_TYPE)}&client_assertion={quote_plus(value)}"
    _ask(found, _fields(_FORM, None), body.encode(), query=pieces.choose(("", "?client_assertion=" + value[:9])))


def _signed(pieces: Pieces, header: Any, claims: Any) -> str:
    """Sign with the client's secret, or with whatever stands there."""
    payload = json.dumps(claims)
    way = pieces.byte() % 4
    if way == 0:
        return join(header, payload, sign_hs256(header, payload, SECRET.encode()))
    rest = pieces.rest()
    if way == 1:
        return join(header, payload, rest)
    text = rest.decode("latin-1")
    return f"{encode_part(header)}.{encode_part(payload)}.{text}" if way == 2 else text


def make_proof(pieces: Pieces, *, method: str, url: str, now: float, nonce: str, token: str | None = None) -> str:
    """
    Make a DPoP proof out of bytes: one that holds, one that is spoilt, or none at all.

    Args:
        pieces: The bytes.
        method: That of the request.
        url: That of the request.
        now: Seconds since the epoch.
        nonce: The server's.
        token: The access token that goes with it.

    Returns:
        The header's value.
    """
    if pieces.byte() % 8 == 7:
        return pieces.rest().decode("latin-1")
    key = session_key("ES256")
    jwk = pieces.spoil({name: value for name, value in (key.public_jwk or {}).items() if name not in {"use", "alg"}})
    header = pieces.spoil({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk})
    good: dict[str, Any] = {"jti": pieces.text() or fresh_id(), "htm": method, "htu": url, "iat": now, "nonce": nonce}
    if token is not None:
        good["ath"] = token_hash(token)
    claims = json.dumps(pieces.spoil(good))
    return join(header, claims, sign(header, claims, key))


def _dpop(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose((LENIENT, NONCE)))
    url, nonce = found.names.token_url, "n"
    for _ in range(2):  # once more, with the nonce that was told
        proof = make_proof(pieces, method="POST", url=url, now=found.provider.clock.time(), nonce=nonce)
        response = _ask(found, [*_fields(_FORM), ("DPoP", proof)], _GRANT)
        nonce = response.header("DPoP-Nonce") or nonce


def _registration(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose((LENIENT, NONCE)))
    jwk = pieces.spoil(dict(session_key("ES256").public_jwk or {}))
    good = {
        "token_endpoint_auth_method": pieces.choose(("private_key_jwt", "client_secret_basic")),
        "jwks": pieces.spoil({"keys": [jwk]}),
        "scope": "a b",
        "client_name": "n",
        "grant_types": ["client_credentials"],
        "dpop_bound_access_tokens": False,
    }
    body = pieces.rest() if pieces.byte() % 4 == 3 else json.dumps(pieces.spoil(good)).encode()
    response = found.send("POST", found.names.registration_url, [("Content-Type", "application/json")], body)
    if response.status == 201:  # what was registered has to be of use
        told = read_strictly(response.body)
        now = found.provider.clock.time()
        header = {"alg": pieces.choose(("ES256", "RS256", "EdDSA", "PS512"))}
        claims = {"iss": told["client_id"], "sub": told["client_id"], "aud": found.names.issuer, "exp": now + 60}
        value = join(header, claims, pieces.rest() or sign(header, claims, session_key("ES256")))
        form = f"{_GRANT.decode()}&client_assertion_type={quote_plus(ASSERTION_TYPE)}&client_assertion={value}"
        _ask(found, _fields(_FORM, None), form.encode())
        found.provider.authority.state.clients.pop(told["client_id"])


def _token_status(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    url = pieces.choose((found.names.introspection_url, found.names.revocation_url, found.names.jwks_url))
    method = pieces.choose(("POST", "GET", "HEAD", "OPTIONS"))
    kind = pieces.choose(_TYPES)
    authorization = pieces.choose((_BASIC, None))
    found.send(method, url, _fields(kind, authorization), pieces.rest())


def _headers(data: bytes) -> None:
    """Send header fields of every name, as often as one likes: cookies, Host, Forwarded, Authorization twice."""
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    fields = _fields(_FORM, pieces.choose((_BASIC, None)))
    names = ("Cookie", "Authorization", "DPoP", "Content-Type", "Host", "X-Forwarded-For", "Content-Length", "Accept")
    for _ in range(pieces.byte() % 6):
        name = pieces.choose((*names, "")) or "X-" + pieces.take().hex()
        fields.append((name, pieces.take().decode("latin-1")))
    _ask(found, fields, _GRANT)


_WORDS: Final = tuple(
    word.encode()
    for word in (
        *_NAMES,
        CLIENT,
        "client_credentials",
        ASSERTION_TYPE,
        "Basic ",
        "Bearer ",
        "DPoP ",
        "&",
        "=",
        "%",
        "+",
    )
)
TARGETS: Final = (
    Target(
        "form",
        "the form body of a token request",
        _form,
        (b"\0\1" + _GRANT + b"&scope=a+b", b"\1\0" + _GRANT, b"\0\0a=1&a=2"),
        _WORDS,
    ),
    Target(
        "query", "the query of a token request", _query, (b"\0\0" + _GRANT, b"\0\1client_secret=x&token=%ff"), _WORDS
    ),
    Target(
        "json",
        "the JSON body of a token request",
        _json,
        (
            b'\0\0\0{"grant_type": "client_credentials", "scope": ["a", 1e999, {"a": null}]}',
            b"\0\1\1\2\0\1\3abc",
            b"\0\0\0" + b"[" * 50,
        ),
        (*_WORDS, b'"', b"{", b"[", b"\\ud800", b"1e999", b"NaN", b"null", b"-0"),
    ),
    Target(
        "multipart",
        "the multipart body of a token request",
        _multipart,
        (b'\0\1x--x\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--x--',),
        (b"--x", b"\r\n", b'Content-Disposition: form-data; name="', *_WORDS),
    ),
    Target(
        "content-type",
        "the Content-Type of a token request",
        _content_type,
        (b"\0\0" + _FORM.encode(), b"\0\1application/json; charset=utf-8", b'\0\2multipart/form-data; boundary="x"'),
        tuple(kind.encode() for kind in _TYPES if kind),
    ),
    Target(
        "basic",
        "the Authorization header of a token request",
        _basic,
        (
            b"\0\0" + f"{CLIENT}:wrong".encode(),
            b"\0\1" + base64.b64encode(b"orders:wrong"),
            b"\0\2Bearer abc",
            b"\0\3orders",
            b"\0\0%:\xe9",
        ),
        _WORDS,
    ),
    Target(
        "assertion",
        "client assertions (RFC 7523)",
        _assertion,
        (bytes(8), b"\0\1\0\1\3abc\0\0\0", b"\0\0\0\3a.b.c", *replaced_members(b"\0\0", 7)),
        (b"eyJhbGciOiJub25lIn0.e30.", b"HS256", b"RS256", b"none"),
    ),
    Target(
        "dpop",
        "DPoP proofs at the token endpoint (RFC 9449)",
        _dpop,
        (
            bytes(8),
            b"\1" + bytes(8),
            b"\0\7a.b.c",
            *replaced_members(b"\0\0", 5),  # of the key
            *replaced_members(b"\0\0\0", 3),  # of the header
            *replaced_members(b"\0\0\0\0\0", 5),  # of the claims
            *replaced_members(b"\1" + bytes(9), 5),  # of those of the second one, which has the nonce
        ),
        (b"ES256", b"RS256", b"PS512", b"EdDSA", b"P-521", b"RSA", b"OKP", b"Ed25519", b"oct"),
    ),
    Target(
        "registration",
        "registrations of clients (RFC 7591), and keys that somebody registered",
        _registration,
        (
            bytes(7),
            bytes(8),
            b"\0\0\0\0\0\0\1",
            b'\0\0\0\0\3{"scope": "a"}',
            *replaced_members(b"\0", 7),  # of the key
            *replaced_members(b"\0\0\0", 1),  # of the set of keys
            *replaced_members(b"\0\0\0\0\0", 6),  # of the whole
        ),
        (b"kty", b"crv", b"RSA", b"EC", b"OKP", b"oct", b"P-256", b"AQAB", b"x", b"y", b"n", b"e"),
    ),
    Target(
        "token-status",
        "introspection, revocation and the keys",
        _token_status,
        (b"\0\0\0\0\0token=abc", b"\0\1\0\0\0token=abc&token_type_hint=x", b"\0\0\0\1\1{}", b"\0\2\1\0\0"),
        _WORDS,
    ),
    Target(
        "headers",
        "header fields, cookies among them",
        _headers,
        (b"\0\0\2\0\3a=b\1\3abc", b"\0\1\1\x08\1a\3xyz"),
        _WORDS,
    ),
)
