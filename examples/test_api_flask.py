"""Flask: an API that asks the issuer about each token (introspection), with a test for every forged token."""

import pytest
import requests
from flask import Flask, abort, jsonify, make_response, request


def create_app(introspection_url: str, client_id: str, client_secret: str, audience: str) -> Flask:
    app = Flask("orders")

    def refuse(status: int, challenge: str):
        abort(make_response("", status, {"WWW-Authenticate": challenge}))

    @app.get("/orders")
    def orders():
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            refuse(401, 'Bearer realm="orders"')
        answer = requests.post(introspection_url, data={"token": token}, auth=(client_id, client_secret), timeout=5)
        told = answer.json()
        if not told["active"] or told["aud"] != audience:
            refuse(401, 'Bearer error="invalid_token"')
        if "orders:read" not in told.get("scope", "").split():
            refuse(403, 'Bearer error="insufficient_scope", scope="orders:read"')
        return jsonify([{"id": 7}])

    return app


@pytest.fixture
def client(oauthcc):
    app = create_app(oauthcc.introspection_url, oauthcc.client_id, oauthcc.client_secret, oauthcc.api_url)
    return app.test_client()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_good_token_gets_the_orders(oauthcc, client):
    assert client.get("/orders", headers=bearer(oauthcc.mint("orders:read"))).json == [{"id": 7}]


def test_a_revoked_token_gets_nothing(oauthcc, client):
    token = oauthcc.mint("orders:read")
    assert client.get("/orders", headers=bearer(token)).status_code == 200
    oauthcc.revoke(token)
    assert client.get("/orders", headers=bearer(token)).status_code == 401


def test_too_little_scope_is_403(oauthcc, client):
    assert client.get("/orders", headers=bearer(oauthcc.mint("orders:write"))).status_code == 403


def test_a_forged_token_gets_nothing(client, oauthcc_forged_token):
    answer = client.get("/orders", headers=bearer(oauthcc_forged_token.value))
    assert answer.status_code in {401, 403}, oauthcc_forged_token.why
