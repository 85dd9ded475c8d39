"""A provider does what a simple model says, whatever is done to it in whatever order."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from provider_model import LIFETIME, NEEDED, SCOPES, ProviderModel

from pytest_oauthcc import OptionError, provider, standalone
from pytest_oauthcc.core.messages import Headers, Request

EXAMPLES = int(os.environ.get("OAUTHCC_STATE_MACHINE_EXAMPLES", "40"))
OPTIONS = {"scopes": " ".join(SCOPES), "expires_in": LIFETIME, "strict": False, "max_exchanges": 10**9}
FAULTS = [
    # what is scripted, and what the token endpoint and the API make of it
    ({"status": 503}, {"token_endpoint": (503, None), "api": (503, None)}),
    ({"error": "slow_down"}, {"token_endpoint": (429, "slow_down"), "api": (429, "slow_down")}),
    ({"error": "invalid_client"}, {"token_endpoint": (401, "invalid_client"), "api": (400, "invalid_client")}),
    ({"error": "invalid_token"}, {"token_endpoint": (400, "invalid_token"), "api": (401, "invalid_token")}),
]
pick = st.integers(0, 30)
times = st.none() | st.integers(1, 3)


class Straight:
    """Requests go right into the core."""

    def __init__(self):
        self.provider = standalone(**{name: value for name, value in OPTIONS.items() if name != "max_exchanges"})

    def send(self, method, url, headers, body):
        """Send a request; gives status, headers and body."""
        request = Request(method, url, Headers(headers.items()), body)
        response = self.provider.exchange(request, self.provider.authority.path_for(url)).outcome
        return response.status, Headers(response.headers), response.body

    def close(self):
        """Nothing is left behind."""


class ThroughRequests:
    """Requests go through ``requests``, and the clock is that of the process."""

    def __init__(self):
        self._stack = contextlib.ExitStack()
        self.provider = self._stack.enter_context(provider(**OPTIONS))
        self._session = self._stack.enter_context(requests.Session())

    def send(self, method, url, headers, body):
        """Send a request; gives status, headers and body."""
        answer = self._session.request(method, url, headers=headers, data=body, timeout=5)
        return answer.status_code, answer.headers, answer.content

    def close(self):
        """Take the patches and the clock away."""
        self._stack.close()


class ProviderMachine(RuleBasedStateMachine):
    """What users do to a provider, and what clients do."""

    way: type = Straight

    @initialize()
    def start(self):
        """Make a provider and a model of it."""
        self.world = self.way()
        self.provider = self.world.provider
        self.provider.api.require(scope=NEEDED)
        self._set_clock()
        self.model = ProviderModel(self._now(), {self.provider.client_id: self.provider.client_secret})
        self.old_secrets = ["wrong", ""]

    def teardown(self):
        """Take the provider away."""
        if hasattr(self, "world"):
            self.world.close()

    def _set_clock(self):
        self.provider.clock.freeze()

    def _now(self):
        return round(self.provider.clock.time() * 1_000_000)

    def _send(self, method, url, headers, body=b""):
        status, fields, content = self.world.send(method, url, headers, body)
        found = re.search(r'\berror="([^"]*)"', fields.get("WWW-Authenticate") or "")
        if "json" in (fields.get("Content-Type") or ""):
            members = json.loads(content)
            return status, members.get("error", found and found[1]), members
        return status, found and found[1], {}

    def _as_client(self, client_id, secret):
        pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}

    def _as_main(self):
        return self._as_client(self.provider.client_id, self.provider.client_secret)

    # --- what clients do

    @rule(client=pick, secret=st.sampled_from(["right"] * 5 + ["old", "unknown client"]), index=pick)
    def ask_for_a_token(self, client, secret, index):
        """Ask for a token as some client, with the right secret or another."""
        self._ask(client, secret, index, None)

    @rule(client=pick, scope=st.sampled_from(["a", "b", "b a", "a a", "z", "a z"]))
    def ask_for_a_token_with_scopes(self, client, scope):
        """Ask for scopes, of which the client may have two."""
        self._ask(client, "right", 0, scope)

    def _ask(self, client, secret, index, scope):
        client_id = sorted(self.model.secrets)[client % len(self.model.secrets)]
        sent = self.model.secrets[client_id]
        if secret == "old":
            sent = self.old_secrets[index % len(self.old_secrets)]
        if secret == "unknown client":
            client_id = "nobody"
        params = {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
        expected = self.model.ask(client_id, sent, scope)

        status, error, members = self._send(
            "POST", self.provider.token_url, self._as_client(client_id, sent), urlencode(params).encode()
        )

        assert (status, error) == expected[:2]
        if status == 200:
            assert members["expires_in"] == LIFETIME
            assert self.model.find(members["access_token"]) is None, "two tokens are the same"
            self.model.issue(members["access_token"], client_id, expected[2])

    @rule(index=pick, kind=st.sampled_from(["issued"] * 5 + ["garbage", "none"]))
    def call_the_api(self, index, kind):
        """Send a token that was issued some time, or another, or none."""
        value = "garbage" if kind == "garbage" else None
        if kind == "issued" and self.model.tokens:
            value = self.model.tokens[index % len(self.model.tokens)].value
        headers = {} if value is None else {"Authorization": f"Bearer {value}"}
        expected = self.model.call(value)

        assert self._send("GET", f"{self.provider.api_url}orders", headers)[:2] == expected

    @precondition(lambda self: self.model.tokens)
    @rule(index=pick)
    def introspect(self, index):
        """Ask about a token."""
        token = self.model.tokens[index % len(self.model.tokens)]

        status, _, members = self._send(
            "POST", self.provider.introspection_url, self._as_main(), urlencode({"token": token.value}).encode()
        )

        assert status == 200
        assert members["active"] is self.model.is_live(token)
        if members["active"]:
            assert (members["exp"], members["client_id"]) == (token.expiry, token.client_id)
            assert set(members["scope"].split()) == set(token.scopes)

    @precondition(lambda self: self.model.tokens)
    @rule(index=pick)
    def revoke_as_a_client(self, index):
        """Revoke a token over HTTP; that of another client stays good."""
        token = self.model.tokens[index % len(self.model.tokens)]
        own = token.client_id == self.provider.client_id

        status, error, _ = self._send(
            "POST", self.provider.revocation_url, self._as_main(), urlencode({"token": token.value}).encode()
        )

        assert (status, error) == ((200, None) if own else (400, "unauthorized_client"))
        if own:
            self.model.revoke([token])

    # --- what users do

    @rule()
    def register(self):
        """Add a client."""
        client = self.provider.add_client()
        assert client.client_id not in self.model.secrets
        self.model.secrets[client.client_id] = client.client_secret

    @rule()
    def rotate_the_secret(self):
        """Give the main client a new secret."""
        self.old_secrets.append(self.provider.client_secret)
        self.model.secrets[self.provider.client_id] = self.provider.rotate_secret()

    @rule()
    def rotate_the_keys(self):
        """Sign with a new key; tokens of the old one stay good."""
        before = self.provider.authority.state.keys.current.kid
        self.provider.rotate_keys()
        assert self.provider.authority.state.keys.current.kid != before

    @rule(index=pick)
    def mint(self, index):
        """Issue a token without a request."""
        scopes = SCOPES[: index % 3] or SCOPES
        self.model.issue(self.provider.mint(scopes), self.provider.client_id, scopes)

    @precondition(lambda self: self.model.tokens)
    @rule(index=pick)
    def revoke(self, index):
        """Revoke one token."""
        token = self.model.tokens[index % len(self.model.tokens)]
        assert self.provider.revoke(token.value) == self.model.revoke([token])

    @rule()
    def revoke_all(self):
        """Revoke all tokens."""
        assert self.provider.revoke() == self.model.revoke(self.model.tokens)

    @rule(endpoint=st.sampled_from(["token_endpoint", "api"]), fault=st.sampled_from(FAULTS), times=times)
    def fail(self, endpoint, fault, times):
        """Script a fault."""
        arguments, expected = fault
        getattr(self.provider, endpoint).fail(**arguments, times=times)
        faults = self.model.api_faults if endpoint == "api" else self.model.token_faults
        faults.add(expected[endpoint], times)

    @rule(endpoint=st.sampled_from(["token_endpoint", "api"]))
    def recover(self, endpoint):
        """End all faults of an endpoint."""
        getattr(self.provider, endpoint).recover()
        (self.model.api_faults if endpoint == "api" else self.model.token_faults).recover()

    # --- time

    @rule(seconds=st.sampled_from([0.5, 1, LIFETIME - 1, LIFETIME, LIFETIME + 1, 86_400]))
    def advance(self, seconds):
        """Let time pass."""
        self.provider.clock.advance(seconds)
        self.model.now += round(seconds * 1_000_000)

    @rule(before=st.sampled_from([0, 1, LIFETIME]))
    def expire(self, before):
        """Go to the expiry of the newest token, or near it; never back."""
        if not self.model.tokens:
            with pytest.raises(OptionError):
                self.provider.clock.expire(before=before)
            return
        self.provider.clock.expire(before=before)
        self.model.now = max(self.model.now, (self.model.tokens[-1].expiry - before) * 1_000_000)

    @rule()
    def reset_the_clock(self):
        """Go back to the machine's time; what had expired may be good again."""
        self.provider.clock.reset()
        self._set_clock()
        self.model.now = self._now()

    # --- what always holds

    @invariant()
    def the_books_agree(self):
        """Time, exchanges and tokens are as many as there should be, and none shows itself."""
        if not hasattr(self, "model"):
            return
        assert self._now() == self.model.now
        assert len(self.provider.exchanges) == self.model.exchanges
        assert [token.value for token in self.provider.tokens] == [token.value for token in self.model.tokens]
        shown = repr([self.provider, *self.provider.tokens, *self.provider.exchanges[-2:]])
        assert not any(token.value in shown for token in self.model.tokens)


class RequestsMachine(ProviderMachine):
    """The same through ``requests``."""

    way = ThroughRequests


def _run(machine, examples):
    chosen = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_a_provider_does_what_the_model_says():
    """Any order of requests, faults, rotations, revocations and moves of the clock, straight into the core."""
    _run(ProviderMachine, EXAMPLES)


def test_a_provider_behind_requests_does_what_the_model_says():
    """The same through the patched library, with the clock of the process."""
    _run(RequestsMachine, max(1, EXAMPLES // 8))
