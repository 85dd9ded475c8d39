"""Right clients that prove who they are, or that the token is theirs, in other ways than by their secret alone."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import base64
import functools
import hashlib
import json as json_module
import time
import uuid
from typing import Any, ClassVar
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from zoo_client import Answer, ClientError, Flow, Pause, Right, Send

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@functools.cache  # reading an RSA key takes long
def _read(pem: str) -> Any:
    return load_pem_private_key(pem.encode(), None)


class ByAssertion(Right):
    """Signs an assertion with its private key (RFC 7523)."""

    options: ClassVar[dict[str, Any]] = {"auth_methods": ["private_key_jwt"]}
    has_key: ClassVar[bool] = True
    private_key: str = ""
    algorithm: ClassVar[str] = "RS256"

    def signing_key(self) -> Any:
        return _read(self.private_key)

    def token_request(self) -> Send:
        request = super().token_request()
        del request.headers["Authorization"]
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.token_url, "iat": now, "exp": now + 60}
        assertion = jwt.encode({**claims, "jti": uuid.uuid4().hex}, self.signing_key(), self.algorithm)
        proof = {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion}
        request.body = (request.body or b"") + b"&" + urlencode(proof).encode()
        return request


class BySecretAssertion(ByAssertion):
    """Signs an assertion with its secret."""

    options: ClassVar[dict[str, Any]] = {"auth_methods": ["client_secret_jwt"]}
    algorithm: ClassVar[str] = "HS256"

    def signing_key(self) -> Any:
        return self.client_secret


class WithIdInTheBody(Right):
    """Authenticates by Basic, and names itself in the body as well (RFC 6749 section 3.2.1)."""

    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("client_id", self.client_id)]


class TriesBasicFirst(Right):
    """Finds out by itself whether its provider takes Basic, or credentials in the body."""

    options: ClassVar[dict[str, Any]] = {"auth_methods": ["client_secret_post"]}
    is_known = False

    def fetch(self) -> Flow:
        answer = yield self.token_request()
        if answer.status in {400, 401} and not self.is_known:
            self.by_body = not self.by_body
            answer = yield self.token_request()
        self.is_known = self.is_known or answer.status == 200
        wait = self.retry_after(answer)
        if wait is not None and wait < 60:
            yield Pause(wait)
            answer = yield self.token_request()
        self.store(self.read_token(answer))


class ProvesPossession(Right):
    """Binds its tokens to a key, and proves with each request that it has the key (RFC 9449)."""

    options: ClassVar[dict[str, Any]] = {"dpop": "required"}
    key: Any = None

    def proof(self, method: str, url: str, token: str | None = None) -> str:
        self.key = self.key or ec.generate_private_key(ec.SECP256R1())
        public = json_module.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        claims = {"jti": uuid.uuid4().hex, "htm": method, "htu": url.partition("?")[0], "iat": int(time.time())}
        if token is not None:
            digest = hashlib.sha256(token.encode()).digest()
            claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return jwt.encode(claims, self.key, "ES256", {"typ": "dpop+jwt", "jwk": public})

    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["DPoP"] = self.proof("POST", request.url)
        return request

    def api_request(self, method: str, path: str, token: str, content: bytes | None) -> Send:
        request = super().api_request(method, path, token, content)
        request.headers["DPoP"] = self.proof(method, request.url, token)
        return request

    def authorization(self, token: str) -> str:
        return f"DPoP {token}"

    def check_type(self, members: dict[str, Any]) -> None:
        if str(members.get("token_type", "DPoP")).lower() != "dpop":
            raise ClientError("the token is bound to no key")

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "key": None, "token": None}  # a new key needs a new token


class AsksTheApiFirst(Right):
    """Asks the API without a token, and gets one when it is challenged (RFC 6750 section 3)."""

    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        if self.token is None:
            content = None if body is None else json_module.dumps(body).encode()
            request = self.api_request(method, path, "", content)
            del request.headers["Authorization"]
            answer = yield request
            if not self.is_challenged(answer):
                return self.read_api(answer)
        return (yield from super().call(method, path, body))

    def is_challenged(self, answer: Answer) -> bool:
        return answer.status == 401 and "bearer" in answer.headers.get("www-authenticate", "").lower()
