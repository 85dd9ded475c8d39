"""What a token request says: its parameters, credentials and scopes, read once however often a client repeats it."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_oauthcc.core.authentication import Presented, read_credentials
from pytest_oauthcc.core.messages import Request
from pytest_oauthcc.core.parameters import Parameters, read_parameters
from pytest_oauthcc.core.scopes import split_scope

if TYPE_CHECKING:
    from pytest_oauthcc.core.causes import Verdict
    from pytest_oauthcc.core.state import State

__all__ = ["Reading", "Readings"]

# Headers compare without case, but a request that spells them in another way is another one to the rules.
_all_of = attrgetter(*(field.name for field in fields(Request) if field.name != "headers"), "headers.fields")

_MOST_REMEMBERED: Final = 64
_LARGEST_BODY: Final = 4096  # bytes; what is larger is not worth keeping beyond its own entry in the journal


class Reading(NamedTuple):
    """
    What one token request says.

    Args:
        request: The request itself, or an equal one that came before: the journal then keeps only one of them.
        parameters: Its parameters.
        body_problem: What is wrong with its body, if anything.
        presented: How it proves who it is.
        scopes: What it asks for.
    """

    request: Request
    parameters: Parameters
    body_problem: Verdict | None
    presented: Presented
    scopes: tuple[str, ...]


class Readings:
    """
    Reads token requests, and remembers the latest ones.

    Args:
        state: The provider's state, which says how they are to be read.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._settings = state.settings
        self._remembered: dict[tuple[Any, ...], Reading] = {}

    def of(self, request: Request) -> Reading:
        """Read a token request."""
        if len(request.body) > _LARGEST_BODY:
            return self._read(request)
        if self._settings is not self._state.settings or len(self._remembered) >= _MOST_REMEMBERED:
            self._settings = self._state.settings
            self._remembered = {}
        key = _all_of(request)
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = self._read(request)
        return found

    def _read(self, request: Request) -> Reading:
        state = self._state
        parameters, body_problem = read_parameters(request, state.settings.body_formats)
        presented = read_credentials(
            request,
            parameters,
            basic_encoding=state.dialect.basic_encoding,
            prefer="body" if state.dialect.two_auth_methods == "body" else "header",
            pattern=state.dialect.authorization_pattern,
            certificate=state.certificate_of(request),
            auth_methods=state.settings.auth_methods,
        )
        scope = parameters.get("scope")
        scopes: tuple[str, ...] = ()
        if scope is not None:
            scopes = split_scope(scope, state.dialect.scope.separator) or tuple(scope.split())
        return Reading(request, parameters, body_problem, presented, scopes)
