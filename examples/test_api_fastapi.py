"""FastAPI: an API that checks access tokens with PyJWT, and ApiContract, which sends it every forgery there is."""

from typing import Annotated

import jwt
import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient

from pytest_oauthcc import ApiContract


def create_app(issuer: str, jwks_url: str, audience: str) -> FastAPI:
    app = FastAPI()
    keys = jwt.PyJWKClient(jwks_url)  # it keeps the keys, so there is one for the life of the app

    def claims_of(request: Request) -> dict:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="orders"'})
        try:
            typ = jwt.get_unverified_header(token).get("typ")
            claims = jwt.decode(
                token,
                keys.get_signing_key_from_jwt(token),
                algorithms=["ES256"],  # never those that the token names
                issuer=issuer,
                audience=audience,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.InvalidTokenError, jwt.PyJWKClientError):
            typ, claims = None, {}
        if typ not in {"at+jwt", "application/at+jwt"} or "cnf" in claims:  # no access token, or bound to a key
            raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="orders", error="invalid_token"'})
        return claims

    @app.get("/orders")
    def orders(claims: Annotated[dict, Depends(claims_of)]) -> list:
        if "orders:read" not in claims.get("scope", "").split():
            headers = {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="orders:read"'}
            raise HTTPException(403, headers=headers)
        return [{"id": 7}]

    return app


@pytest.fixture
def client(oauthcc):
    return TestClient(create_app(oauthcc.issuer, oauthcc.jwks_url, oauthcc.api_url))


def test_a_good_token_gets_the_orders(oauthcc, client):
    answer = client.get("/orders", headers={"Authorization": f"Bearer {oauthcc.mint('orders:read')}"})
    assert answer.json() == [{"id": 7}]


def test_an_expired_token_gets_nothing(oauthcc, client):
    headers = {"Authorization": f"Bearer {oauthcc.mint('orders:read', expires_in=300)}"}
    assert client.get("/orders", headers=headers).status_code == 200
    oauthcc.clock.advance(seconds=301)
    assert client.get("/orders", headers=headers).status_code == 401


class TestOrdersApi(ApiContract):
    scope = "orders:read"
    not_applicable = {"refuses-revoked": "the API does not ask the issuer; tokens live for minutes"}  # noqa: RUF012

    @pytest.fixture
    def send(self, client):
        return lambda headers, params=None: client.get("/orders", headers=headers, params=params)
