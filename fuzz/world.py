"""The providers that are fuzzed, and what nobody may ever read in their texts."""

from __future__ import annotations

import functools
import itertools
import json
from typing import TYPE_CHECKING, Any, Final

from fuzz.oracles import check_challenge, check_oauth_error, check_response
from pytest_oauthcc.core.journal import ApiRequest
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.explain.html.records import exchange_record
from pytest_oauthcc.explain.violations import violations
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.process.journal_view import describe
from pytest_oauthcc.process.standalone import open_standalone
from pytest_oauthcc.profiles import profile_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.core.messages import Response

__all__ = ["CLIENT", "LENIENT", "NONCE", "PROFILES", "SECRET", "STRICT", "Fake", "fake", "fresh_id"]

CLIENT: Final = "orders"
SECRET: Final = "hush-5e7d-b0a1-9c3f"  # noqa: S105 - made up, and looked for in every text

STRICT, LENIENT, NONCE = "strict", "lenient", "nonce"
PROFILES: Final = tuple(profile_names())

_LIFE = 3000  # exchanges after which there is a new provider, so that hours of fuzzing need no more memory than minutes

_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    STRICT: {},
    LENIENT: {
        "body_formats": ["form", "json", "multipart", "query"],
        "methods": ["POST", "GET"],
        "auth_methods": ["client_secret_basic", "client_secret_post", "private_key_jwt", "client_secret_jwt"],
        "registration": True,
        "dpop": "optional",
    },
    NONCE: {"dpop": "required", "dpop_nonce": True, "registration": True, "token_format": "opaque"},
}


class Fake:
    """
    A provider under fuzzing.

    Args:
        kind: ``STRICT``, ``LENIENT``, ``NONCE``, or a profile's name.
    """

    def __init__(self, kind: str) -> None:
        self.is_standard = kind in _OPTIONS
        given = {"client_id": CLIENT, "client_secret": SECRET, "journal_limit": 5, **_OPTIONS.get(kind, {})}
        if not self.is_standard:
            given["profile"] = kind
        self.provider: Provider = open_standalone([Layer("fuzz", given)])
        self.provider.clock.freeze()
        self.exchanges = 0

    @property
    def names(self) -> Any:
        """The URLs of the provider's endpoints."""
        return self.provider.authority.names

    def send(
        self, method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", *, secret: str = SECRET
    ) -> Response:
        """
        Send a request through rules and all, and check what comes back.

        Args:
            method: In capitals.
            url: One that the provider serves.
            headers: As they come from the wire.
            body: All of it.
            secret: What must not be in any text.

        Returns:
            The answer, which is well-formed.
        """
        self.exchanges += 1
        provider = self.provider
        authority = provider.authority
        request = Request(method, url, Headers(headers), body, via="fuzz")
        answer = provider.exchange(request, authority.path_for(url))
        response = check_response(answer, method)
        entry = authority.state.journal.all[-1]
        if self.is_standard:
            self._check_standard(response, is_api=isinstance(entry, ApiRequest))
        told = json.dumps(describe(entry, str), default=str)
        page = json.dumps(exchange_record(entry, authority.state.journal))
        text = (
            violations(entry.violations, authority.state.journal, secrets=provider.secrets) if entry.violations else ""
        )
        issued = provider.tokens[-1].value if provider.tokens else secret
        for shown in (told, page, text, repr(entry), repr(entry.request), repr(entry.verdict)):
            assert secret not in shown, f"the secret is shown: {shown}"
            assert issued not in shown, f"a token is shown: {shown}"
        assert secret not in response.body.decode("latin-1")
        return response

    @staticmethod
    def _check_standard(response: Response, *, is_api: bool) -> None:
        assert response.status < 500
        if is_api:
            told = response.header("WWW-Authenticate")
            assert told is not None or response.status not in {400, 401}
            if told is not None:
                check_challenge(told)
        elif response.status >= 400 and response.status != 405:
            check_oauth_error(response)


_made = functools.cache(Fake)
_numbers = itertools.count()


def fake(kind: str) -> Fake:
    """Return the fake of a kind; a fresh one after some thousand exchanges."""
    found = _made(kind)
    if found.exchanges > _LIFE:
        _made.cache_clear()
    return found


def fresh_id() -> str:
    """Return an id that no assertion, proof or token had before, or only the first of each would be taken."""
    return f"id-{next(_numbers)}"
