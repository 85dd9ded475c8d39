"""A provider with a clock that is moved by hand, and a client that makes any request a test wants to see explained."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.core.settings import Settings

BEGAN = 1_700_000_000.0
TOKEN_URL = "https://auth.test/token"
SECRET = "s3cr3t-of-billing"
FORM = "application/x-www-form-urlencoded"


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = BEGAN

    def time(self) -> float:
        """Return seconds since the epoch."""
        return self.now

    def advance(self, delta: float, /) -> None:
        """Move on."""
        self.now += delta


class World:
    """One provider, and requests to it."""

    def __init__(self, **options) -> None:
        self.clock = ManualClock()
        dialect = options.pop("dialect", Dialect())
        find_issued = options.pop("find_issued", None)
        settings = {
            "token_url": TOKEN_URL,
            "api_url": "https://api.test/",
            "issuer": "https://auth.test",
            "client_id": "billing",
            "client_secret": SECRET,
            "token_format": "opaque",
        }
        self.authority = Authority(
            Settings(**{**settings, **options}),
            dialect,
            self.clock,
            find_issued=find_issued,
            provenance=lambda token: (
                "the token was issued in the test test_a" if token == "of-an-earlier-test" else None
            ),
        )
        count = iter(range(1, 1_000_000))
        self.authority.state.random = lambda: f"opaque-token-number-{next(count)}"

    @property
    def journal(self):
        """The provider's journal."""
        return self.authority.state.journal

    def send(self, method, url, *, headers=(), body=b"", via="requests"):
        """Send a request and return its entry in the journal."""
        request = Request(method, url, Headers(dict(headers).items()), body, via=via)
        assert self.authority.respond(request) is not None, url
        return self.journal.all[-1]

    def token(self, *, auth="basic", client_id="billing", secret=SECRET, headers=(), url=None, kind=FORM, **params):
        """Ask for a token; a parameter that is None is left out."""
        fields = {"grant_type": "client_credentials", **params}
        sent = dict(headers)
        if auth == "basic":
            sent["Authorization"] = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        elif auth == "post":
            fields |= {"client_id": client_id, "client_secret": secret}
        fields = {name: value for name, value in fields.items() if value is not None}
        if kind is not None:
            sent.setdefault("Content-Type", kind)
        body = json.dumps(fields) if kind == "application/json" else urlencode(fields, doseq=True)
        url = url or self.authority.state.settings.token_url
        return self.send("POST", url, headers=sent, body=body.encode())

    def api(self, path="/orders", *, token="newest", method="GET", headers=(), json_body=None, body=b""):
        """Call the API; ``token="newest"`` takes the newest that was issued."""
        sent = dict(headers)
        if token == "newest":
            token = self.authority.state.tokens.newest.value
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if json_body is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(json_body).encode()
        base = self.authority.state.settings.api_url.rstrip("/")
        return self.send(method, base + path, headers=sent, body=body)


class StartsWith:
    """An object that compares in its own way, as those of dirty-equals do."""

    def __init__(self, start):
        self.start = start

    __hash__ = None

    def __eq__(self, other):
        return isinstance(other, str) and other.startswith(self.start)

    def __repr__(self):
        return f"StartsWith({self.start!r})"


def golden(text, expected):
    """Compare a text with the one in the test, which is indented as far as the quotes that end it."""
    *lines, indent = expected.removeprefix("\n").split("\n")
    assert text == "\n".join(line.removeprefix(indent) for line in lines)
