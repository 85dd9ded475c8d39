"""What people write by hand: stubs of ``responses`` and ``respx`` that mint a signed token as a real provider would."""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx
import jwt
import responses
import respx
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN_URL = "https://auth.acme.test/oauth/token"
API_URL = "https://api.acme.test/v1/"
KEY = ec.generate_private_key(ec.SECP256R1())
ORDERS = [{"id": 7}]


def token_body(form: str | bytes, token_url: str = TOKEN_URL) -> str:
    """Return the JSON of an answer with a token signed by ES256, claims and header as RFC 9068 has them."""
    sent = parse_qs(form.decode() if isinstance(form, bytes) else form)
    now = int(time.time())
    claims = {
        "iss": token_url,
        "sub": "orders-app",
        "aud": API_URL,
        "client_id": "orders-app",
        "scope": sent["scope"][0],
        "iat": now,
        "exp": now + 3600,
        "jti": secrets.token_urlsafe(16),
    }
    token = jwt.encode(claims, KEY, "ES256", headers={"typ": "at+jwt", "kid": "one"})
    return json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": claims["scope"]})


@contextmanager
def stub_requests() -> Iterator[None]:
    """Stub the token endpoint and the API with ``responses``."""

    def reply(request: Any) -> tuple[int, dict[str, str], str]:
        return 200, {"Cache-Control": "no-store"}, token_body(request.body)

    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback(responses.POST, TOKEN_URL, reply, content_type="application/json")
        mock.get(API_URL + "orders", json=ORDERS)
        yield


@contextmanager
def stub_httpx() -> Iterator[None]:
    """Stub the token endpoint and the API with ``respx``."""

    def reply(request: httpx.Request) -> httpx.Response:
        fields = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return httpx.Response(200, headers=fields, text=token_body(request.content))

    with respx.mock(assert_all_called=False) as mock:
        mock.post(TOKEN_URL).mock(side_effect=reply)
        mock.get(API_URL + "orders").respond(200, json=ORDERS)
        yield
