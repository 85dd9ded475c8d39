"""A provider as simple as can be: what it has to answer follows from a few lists and the time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

LIFETIME = 300
SCOPES = ("a", "b")
NEEDED = "a"


@dataclass
class ModelToken:
    """An access token that a client holds."""

    value: str
    client_id: str
    scopes: tuple[str, ...]
    expiry: int
    revoked: bool = False


@dataclass
class ModelFaults:
    """The faults of one endpoint: limited ones in order, then the newest unlimited one."""

    limited: list[list] = field(default_factory=list)
    unlimited: tuple | None = None

    def add(self, fault, times):
        """Script a fault; ``times`` None means until further notice."""
        if times is None:
            self.unlimited = fault
        else:
            self.limited.append([fault, times])

    def take(self):
        """Return the fault of the next request, or None."""
        if not self.limited:
            return self.unlimited
        first = self.limited[0]
        first[1] -= 1
        if not first[1]:
            self.limited.pop(0)
        return first[0]

    def recover(self):
        """End all of them."""
        self.limited, self.unlimited = [], None


@dataclass
class ProviderModel:
    """All that a provider knows; ``now`` is in microseconds."""

    now: int
    secrets: dict[str, str]
    tokens: list[ModelToken] = field(default_factory=list)
    token_faults: ModelFaults = field(default_factory=ModelFaults)
    api_faults: ModelFaults = field(default_factory=ModelFaults)
    exchanges: int = 0

    def is_live(self, token):
        """Whether a token is good."""
        return not token.revoked and self.now < token.expiry * 1_000_000

    def ask(self, client_id, secret, scope):
        """Say what a token request gets: status and error, and the scopes of the token."""
        self.exchanges += 1
        fault = self.token_faults.take()
        if fault is not None:
            return *fault, None
        if self.secrets.get(client_id) != secret:
            return 401, "invalid_client", None
        wanted = SCOPES if scope is None else tuple(dict.fromkeys(scope.split(" ")))
        if not set(wanted) <= set(SCOPES):
            return 400, "invalid_scope", None
        return 200, None, wanted

    def issue(self, value, client_id, scopes):
        """Remember a token that was issued now."""
        expiry = math.ceil(self.now / 1_000_000) + LIFETIME
        self.tokens.append(ModelToken(value, client_id, scopes, expiry))

    def call(self, value):
        """Say what an API request with that token gets, or with none."""
        self.exchanges += 1
        fault = self.api_faults.take()
        if fault is not None:
            return fault
        if value is None:
            return 401, None
        token = self.find(value)
        if token is None or not self.is_live(token):
            return 401, "invalid_token"
        return (200, None) if NEEDED in token.scopes else (403, "insufficient_scope")

    def find(self, value):
        """Return the token with a value, or None."""
        return next((token for token in self.tokens if token.value == value), None)

    def revoke(self, tokens):
        """Revoke some tokens; returns how many of them were good."""
        live = [token for token in tokens if self.is_live(token)]
        for token in live:
            token.revoked = True
        return len(live)
