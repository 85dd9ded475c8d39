"""A provider without transports: requests go straight into the core, on a clock that only moves when it is told."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote_plus, urlencode

from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.messages import Headers, Request, Timeout
from pytest_oauthcc.core.settings import Settings

TOKEN_URL = "https://auth.fake.test/oauth/token"
API_URL = "https://api.fake.test/v1/"
ISSUER = "https://auth.fake.test"
CLIENT_ID = "client-1"
SECRET = "a-plain-secret"
FORM = "application/x-www-form-urlencoded"
NOW = 1_700_000_000.25


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, now=NOW):
        self.now = now

    def time(self):
        """Seconds since the epoch."""
        return self.now

    def advance(self, delta):
        """Move on."""
        assert delta > 0, "the real clock takes no other"
        self.now += delta


class Got:
    """What a client got, readable."""

    def __init__(self, entry, answer):
        self.entry = entry
        self.answer = answer
        self.outcome = answer.outcome
        self.gate = answer.gate

    @property
    def status(self):
        """The HTTP status."""
        return self.outcome.status

    @property
    def body(self):
        """The bytes."""
        return self.outcome.body

    @property
    def json(self):
        """The body read as JSON."""
        return json.loads(self.outcome.body)

    @property
    def error(self):
        """The OAuth error code."""
        return self.json["error"]

    @property
    def cause(self):
        """What the fake found."""
        return None if self.entry.verdict is None else self.entry.verdict.cause

    def header(self, name):
        """A header of the answer."""
        return self.outcome.header(name)


def basic(client_id=CLIENT_ID, secret=SECRET, encode=quote_plus):
    """An Authorization header as RFC 6749 section 2.3.1 wants it."""
    return raw_basic(f"{encode(client_id)}:{encode(secret)}".encode())


def raw_basic(pair):
    return "Basic " + base64.b64encode(pair).decode()


class World:
    """One provider and its clock."""

    def __init__(self, dialect=None, **settings):
        given = {
            "token_url": TOKEN_URL,
            "api_url": API_URL,
            "issuer": ISSUER,
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            **settings,
        }
        self.clock = ManualClock()
        self.authority = Authority(Settings(**given), dialect or Dialect(), self.clock)
        self.state = self.authority.state
        self.endpoint = self.authority.token_endpoint
        self.api = self.authority.api

    def send(self, method, url, headers=(), body=b"", timeout=None):
        """Send any request that the provider serves."""
        fields = headers.items() if isinstance(headers, dict) else headers
        limits = None if timeout is None else Timeout(timeout, timeout)
        request = Request(method, url, Headers(fields), body, limits)
        answer = self.authority.respond(request)
        assert answer is not None, f"{url} is not served"
        return Got(self.authority.state.journal.all[-1], answer)

    def ask(
        self, params=None, *, auth="basic", method="POST", headers=None, body=None, kind=FORM, query="", timeout=None
    ):
        """Send a token request; by default one that there is nothing wrong with."""
        params = {"grant_type": "client_credentials"} if params is None else params
        fields = {} if kind is None else {"Content-Type": kind}
        if auth == "basic":
            fields["Authorization"] = basic()
        elif auth == "post":
            params = {**params, "client_id": CLIENT_ID, "client_secret": SECRET}
        elif auth is not None:
            fields["Authorization"] = auth
        fields.update(headers or {})
        body = urlencode(params, doseq=True).encode() if body is None else body
        return self.send(method, TOKEN_URL + query, fields, body, timeout)

    def token(self, **params):
        """Fetch a token and return its value."""
        got = self.ask({"grant_type": "client_credentials", **params})
        assert got.status == 200, got.body
        return got.json["access_token"]

    def call(self, token=None, path="orders", *, method="GET", headers=None, body=b"", timeout=None):
        """Send an API request with a token, or none."""
        fields = {} if token is None else {"Authorization": f"Bearer {token}"}
        fields.update(headers or {})
        return self.send(method, API_URL + path, fields, body, timeout)
