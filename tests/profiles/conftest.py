from __future__ import annotations

import base64
import json as json_module
from contextlib import ExitStack
from urllib.parse import urlencode

import httpx
import pytest
import requests

import pytest_oauthcc
from pytest_oauthcc.core.messages import Headers, Request

FORM = "application/x-www-form-urlencoded"


class Reply:
    """An answer, whichever way it came."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        """The body read as JSON."""
        return json_module.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body!r}>"


def _through_core(provider, method, url, headers, content):
    answer = provider.authority.respond(Request(method, url, Headers(headers.items()), content))
    response = answer.outcome
    return Reply(response.status, response.headers, response.body)


def _through_requests(_provider, method, url, headers, content):
    response = requests.request(method, url, headers=headers, data=content, allow_redirects=False)
    return Reply(response.status_code, response.headers.items(), response.content)


def _through_httpx(_provider, method, url, headers, content):
    response = httpx.request(method, url, headers=headers, content=content)
    return Reply(response.status_code, response.headers.items(), response.content)


WAYS = {"core": _through_core, "requests": _through_requests, "httpx": _through_httpx}


class Sender:
    """Sends plain requests to one provider in one way."""

    def __init__(self, provider, way):
        self.provider = provider
        self._way = way

    def __call__(self, method, url, *, headers=None, form=None, json=None, content=b""):
        """Send any request."""
        headers = dict(headers or {})
        if form is not None:
            content = urlencode(form).encode()
            headers.setdefault("Content-Type", FORM)
        if json is not None:
            content = json_module.dumps(json).encode()
            headers.setdefault("Content-Type", "application/json")
        return self._way(self.provider, method, url, headers, content)

    def token(self, form=None, *, headers=None, method="POST", **other):
        """Send a token request; ``form`` is all of its body."""
        return self(method, self.provider.token_url, headers=headers, form=form, **other)

    def api(self, token=None, path="things", *, headers=None, method="GET"):
        """Send an API request."""
        own = {} if token is None else {"Authorization": f"Bearer {token}"}
        url = f"{self.provider.api_url.rstrip('/')}/{path}"
        return self(method, url, headers={**own, **(headers or {})})


@pytest.fixture(params=list(WAYS))
def way(request):
    return WAYS[request.param]


@pytest.fixture
def begin(way):
    """Begin a provider; what a test sends wrong on purpose is its own business, so that no rule is strict."""
    with ExitStack() as stack:

        def begin(profile, **options):
            provider = stack.enter_context(pytest_oauthcc.provider(profile, **{"strict": False, **options}))
            return Sender(provider, way)

        yield begin


def basic(client_id, client_secret, scheme="Basic"):
    pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return {"Authorization": f"{scheme} {pair}"}


@pytest.fixture(name="basic")
def basic_fixture():
    return basic
