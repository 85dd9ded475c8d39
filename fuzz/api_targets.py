"""What a client sends to the protected API, and what addresses a server may be asked for."""

from __future__ import annotations

import base64
import functools
import json
import math
from typing import Final

from fuzz.oracles import check_response, read_strictly
from fuzz.pieces import Pieces, replaced_members
from fuzz.target import Target
from fuzz.token_targets import make_proof
from fuzz.world import CLIENT, LENIENT, NONCE, PROFILES, SECRET, STRICT, fake, fresh_id
from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header
from pytest_oauthcc.core.keys import session_key
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.core.raw_jwt import join, sign
from pytest_oauthcc.core.settings import Settings
from pytest_oauthcc.process.offset_clock import OffsetClock
from pytest_oauthcc.serving.application import Application, Incoming, base_url_of

__all__ = ["TARGETS", "signing"]

_KINDS: Final = (LENIENT, STRICT, *PROFILES)
_AUTH: Final = ("Authorization", "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode())
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")


def _bearer(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    if found.names.api_url is None:
        return
    token = found.provider.mint()
    at, cut = pieces.byte(), pieces.byte()
    way = pieces.byte() % 6
    rest = pieces.rest().decode("latin-1")
    spoilt = token[:at] + rest + token[at + cut :]
    scheme = found.provider.authority.state.dialect.api.scheme
    value = (f"{scheme} {spoilt}", f"{scheme} {rest}", rest, f"DPoP {spoilt}", f"{rest}{token}", f"{token}{rest}")[way]
    header = found.provider.authority.state.dialect.api.header
    url = f"{found.names.api_url.rstrip('/')}/orders"
    found.send("GET", url, [(header, value)])
    found.send("GET", f"{url}?access_token={rest}", [])
    found.send("POST", url, [_FORM], b"access_token=" + rest.encode("latin-1"))


def _api_dpop(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose((LENIENT, NONCE)))
    token = found.provider.mint()
    found.provider.tokens[-1].jkt = session_key("ES256").kid
    url, now, nonce = f"{found.names.api_url}orders", found.provider.clock.time(), "n"
    for _ in range(2):  # once more, with the nonce that was told
        proof = make_proof(pieces, method="GET", url=url, now=now, nonce=nonce, token=token)
        response = found.send("GET", url, [("Authorization", f"DPoP {token}"), ("DPoP", proof)])
        nonce = response.header("DPoP-Nonce") or nonce


def _api_path(data: bytes) -> None:
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    if found.names.api_url is None:
        return
    method = pieces.choose(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PROPFIND"))
    kind = pieces.choose(("application/json", "text/plain", "application/x-www-form-urlencoded"))
    body = pieces.take()
    url = f"{found.names.api_url.rstrip('/')}/{pieces.rest().decode('latin-1')}"
    if found.provider.authority.api_path(url):
        found.send(method, url, [("Authorization", f"Bearer {found.provider.mint()}"), ("Content-Type", kind)], body)


@functools.cache
def signing() -> Authority:
    """Return the provider that knows the tokens of others by a signature, as several workers of one fake do."""
    settings = Settings(
        token_url="https://auth.oauthcc.test/oauth/token",  # noqa: S106 - a URL
        api_url="https://api.oauthcc.test/",
        issuer="https://auth.oauthcc.test",
        client_id=CLIENT,
        client_secret=SECRET,
        signing_key=session_key("ES256"),
        journal_limit=5,
    )
    clock = OffsetClock()
    clock.freeze()
    return Authority(settings, Dialect(), clock)


def _jwt(data: bytes) -> None:
    pieces = Pieces(data)
    authority = signing()
    now = int(authority.state.clock.time())
    key = session_key("ES256")
    if pieces.byte() % 4 == 3:
        value = pieces.rest().decode("latin-1")
    else:
        header = pieces.spoil({"alg": "ES256", "typ": "at+jwt", "kid": key.kid})
        good = {"exp": now + 60, "iat": now, "aud": authority.names.api_url, "scope": "a b", "client_id": CLIENT}
        claims = json.dumps(pieces.spoil({**good, "sub": CLIENT, "cnf": {"jkt": "x"}, "jti": fresh_id()}))
        value = join(header, claims, sign(header, claims, key))
    assert isinstance(decode_header(value), dict)
    assert isinstance(decode_claims(value), dict)
    headers = Headers([("Authorization", f"Bearer {value}")])
    entry, answer = authority.serve(Request("GET", authority.names.api_url, headers), "/")
    check_response(answer, "GET")
    repr(entry.token)
    for url in (authority.names.introspection_url, authority.names.revocation_url):
        body = b"token=" + value.encode("utf-8", "surrogateescape")
        told = check_response(authority.serve(Request("POST", url, Headers([_AUTH, _FORM]), body), None)[1], "POST")
        assert told.status in {200, 400}
        if told.status == 200 and told.body:
            assert read_strictly(told.body)["active"] in {True, False}
    authority.state.tokens.forget(math.inf)  # or hours of fuzzing would need more and more memory


def _address(data: bytes) -> None:
    """Ask a server for any target under any Host."""
    pieces = Pieces(data)
    found = fake(pieces.choose(_KINDS))
    application = Application(found.provider, via="fuzz")
    found.exchanges += 1
    host = pieces.take().decode("latin-1")
    method = pieces.choose(("GET", "POST", "HEAD", "DELETE"))
    base_url = base_url_of("http", host, "", "127.0.0.1:1")
    answer = application.answer(
        Incoming(method, "/" + pieces.rest().decode("latin-1"), Headers([("Host", host), _FORM]), b"a=b", base_url)
    )
    response = check_response(answer, method)
    assert response.status < 500, response.body


TARGETS: Final = (
    Target(
        "bearer",
        "tokens in every place of an API request",
        _bearer,
        (b"\0\0\0\0", b"\0\5\1\0x", b"\0\0\0\1 x", b"\0\0\0\2Bearer", b"\0\0\0\3"),
        (b"Bearer ", b"DPoP ", b",", b"=", b"access_token"),
    ),
    Target(
        "api-dpop",
        "DPoP proofs at the API",
        _api_dpop,
        (bytes(8), b"\0\7a.b.c", *replaced_members(bytes(5), 6), *replaced_members(b"\1" + bytes(9), 6)),
        (b"ES256", b"ath", b"htu", b"https://api.oauthcc.test/orders"),
    ),
    Target(
        "api-path",
        "paths, queries and bodies at the API",
        _api_path,
        (b"\0\0\0\2{}orders?a=1", b"\0\1\0\1[%2e%2e/%00", b"\0\2\2\3a=b//x;y#z"),
        (b"%2f", b"..", b"?", b"#", b"{name}", b"//"),
    ),
    Target(
        "jwt",
        "JWTs, well signed or not, at the API and at introspection",
        _jwt,
        (bytes(8), b"\3a.b.c", b"\0\0\2\1\1\2\6\2\1\2\7", *replaced_members(b"\0\0", 8)),
        (b"eyJhbGciOiJub25lIn0.e30.", b"ES256", b"none"),
    ),
    Target(
        "address",
        "targets and Host headers that a server gets",
        _address,
        (b"\0\x09localhost\0oauth/token", b"\0\3a:1\0api/x?y", b"\0\5[::1]\1.well-known/jwks.json"),
        (b"oauth/token", b".well-known/", b"//", b"%00", b"@"),
    ),
)
