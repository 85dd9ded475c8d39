"""A provider with a clock that is moved by hand, and a small client that does what a case has it do, right or wrong."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote_plus, urlencode

from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.journal import Exchange
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.core.settings import Settings
from pytest_oauthcc.rules import Scene, check_behaviour, check_message

BEGAN = 1_700_000_000.0
FORM = "application/x-www-form-urlencoded"
TOKEN_URL = "https://auth.test/token"
API = "https://api.test/orders"
CLIENT_ID = "billing"
SECRET = "s3cr3t-of-billing-42"


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = BEGAN

    def time(self):
        """Return seconds since the epoch."""
        return self.now

    def advance(self, delta, /):
        """Move on."""
        self.now += delta


def basic(client_id=CLIENT_ID, secret=SECRET, *, encode=True):
    """Return a Basic header's value."""
    if encode:
        client_id, secret = quote_plus(client_id), quote_plus(secret)
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def b64(data):
    """Return base64url without padding."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwt(claims, header=None, signature="c2lnbmF0dXJl"):
    """Return something with the look of a JWT; no rule verifies a signature."""
    return f"{b64(header or {'alg': 'RS256', 'typ': 'JWT'})}.{b64(claims)}.{signature}"


class World:
    """One provider, its scene, and requests to it."""

    def __init__(self, dialect=None, **options):
        self.clock = ManualClock()
        settings = {
            "token_url": TOKEN_URL,
            "api_url": "https://api.test/",
            "issuer": "https://auth.test",
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "token_format": "opaque",
        }
        self.authority = Authority(Settings(**{**settings, **options}), dialect or Dialect(), self.clock)
        self.secret = self.authority.state.settings.client_secret
        self.scene = Scene.of(self.authority)
        self.strays = []

    @property
    def entries(self):
        """All exchanges in order of their time, those with other hosts among them."""
        return sorted([*self.authority.state.journal.all, *self.strays], key=lambda entry: entry.time)

    def send(self, method, url, headers=(), body=b"", **more):
        """Send any request, and return its entry in the journal."""
        fields = headers.items() if isinstance(headers, dict) else headers
        request = Request(method, url, Headers(fields), body, **more)
        if self.authority.respond(request) is None:
            stray = Exchange(request, self.clock.now)
            self.strays.append(stray)
            return stray
        return self.authority.state.journal.all[-1]

    def ask(self, params=None, *, method="POST", url=None, auth=..., headers=(), body=None, kind=FORM, **more):
        """Send a token request that is right but for what is given."""
        if params is None:
            params = {"grant_type": "client_credentials"}
        fields = [("Accept", "*/*")] if "Accept" not in dict(headers) else []
        if kind is not None:
            fields.append(("Content-Type", kind))
        if auth is not None:
            fields.append(("Authorization", basic(secret=self.secret) if auth is ... else auth))
        text = urlencode(params, doseq=True).encode() if body is None else body
        return self.send(method, url or self.authority.state.settings.token_url, [*fields, *headers], text, **more)

    def token(self, **params):
        """Fetch a token, and return its value."""
        entry = self.ask({"grant_type": "client_credentials", **params})
        return entry.token.value

    def call(self, token=None, *, method="GET", url=API, auth=None, headers=(), body=b"", **more):
        """Send an API request with a token; one is fetched where none is given."""
        value = f"Bearer {token or self.token()}" if auth is None else auth
        fields = [("Authorization", value)] if value else []
        return self.send(method, url, [*fields, *headers], body, **more)

    def message_ids(self, entries=None):
        """Return the ids of the message rules that any of the requests breaks."""
        return {finding.rule.id for entry in entries or self.entries for finding in check_message(entry, self.scene)}

    def behaviour_ids(self):
        """Return the ids of the behaviour rules that the journal breaks."""
        return {finding.rule.id for finding in check_behaviour(self.entries, self.scene)}

    def findings(self):
        """Return every finding."""
        messages = [finding for entry in self.entries for finding in check_message(entry, self.scene)]
        return [*messages, *check_behaviour(self.entries, self.scene)]
