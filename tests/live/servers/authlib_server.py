# ruff: noqa: ARG005, D102, RUF012, T201
"""Authlib's authorization server on Flask as a real server, with a small protected API, on 127.0.0.1."""

from __future__ import annotations

import json
import os
import sys
import threading
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from flask import Flask, jsonify
from werkzeug.serving import make_server

CLIENTS = json.loads(os.environ["OAUTHCC_TEST_CLIENTS"])
TOKENS = {}


class RegisteredClient(ClientMixin):
    def __init__(self, data):
        self.data = data

    def get_client_id(self):
        return self.data["client_id"]

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return " ".join(part for part in (scope or "").split() if part in {"orders:read", "orders:write"})

    def check_client_secret(self, client_secret):
        return client_secret == self.data["client_secret"]

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.data["token_endpoint_auth_method"]

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class StoredToken(TokenMixin):
    def __init__(self, token):
        self.token = token
        self.until = time.time() + token["expires_in"]

    def get_scope(self):
        return self.token.get("scope", "")

    def get_expires_in(self):
        return self.token["expires_in"]

    def is_expired(self):
        return time.time() >= self.until

    def is_revoked(self):
        return False


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class Validator(BearerTokenValidator):
    def authenticate_token(self, token_string):
        return TOKENS.get(token_string)


def make_app():
    app = Flask("authlib_server")
    app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"client_credentials": 900}
    found = {data["client_id"]: RegisteredClient(data) for data in CLIENTS}
    server = AuthorizationServer(
        app,
        query_client=found.get,
        save_token=lambda token, request: TOKENS.__setitem__(token["access_token"], StoredToken(token)),
    )
    server.register_grant(ClientCredentials)
    protect = ResourceProtector()
    protect.register_token_validator(Validator())
    app.add_url_rule("/oauth/token", "token", server.create_token_response, methods=["POST"])

    @app.get("/api/orders")
    @protect()
    def orders():
        return jsonify(orders=[7])

    @app.get("/api/admin")
    @protect("admin")
    def admin():
        return jsonify({})

    return app


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"issuer": base, "token_url": f"{base}/oauth/token", "api_url": f"{base}/api/"}), flush=True)
    sys.stdin.read()
