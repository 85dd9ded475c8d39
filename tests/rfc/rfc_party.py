"""Who speaks to a provider: requests that are as wrong as a test wants them."""

from __future__ import annotations

import requests


class Party:
    """Speaks to a provider, rightly unless it is told otherwise."""

    def __init__(self, provider):
        self.provider = provider

    def ask(self, params=None, *, auth="basic", method="POST", **more):
        """Send a token request."""
        data = {"grant_type": "client_credentials", **(params or {})}
        if auth == "basic":
            more["auth"] = (self.provider.client_id, self.provider.client_secret)
        if "data" not in more and "json" not in more:
            more["data"] = data
        return requests.request(method, self.provider.token_url, timeout=5, allow_redirects=False, **more)

    def call(self, token=None, *, headers=None, path="orders", **more):
        """Send an API request."""
        fields = {} if token is None else {"Authorization": f"Bearer {token}"}
        method = more.pop("method", "GET")
        return requests.request(
            method, self.provider.api_url + path, headers={**fields, **(headers or {})}, timeout=5, **more
        )

    def status(self, url, *, auth="basic", **params):
        """Send a request to the introspection or revocation endpoint."""
        who = (self.provider.client_id, self.provider.client_secret) if auth == "basic" else auth
        return requests.post(url, data=params, auth=who, timeout=5)
