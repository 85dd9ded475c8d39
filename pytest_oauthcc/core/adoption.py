"""Tokens that a test wrote into an answer itself: the API takes them, for the test's author meant them to be good."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_oauthcc.core.jwt_parts import decode_claims, seconds_of
from pytest_oauthcc.core.minting import expiry_after
from pytest_oauthcc.core.scopes import split_scope
from pytest_oauthcc.core.tokens import IssuedToken, certificate_bound_to, key_bound_to

if TYPE_CHECKING:
    from pytest_oauthcc.core.messages import Response
    from pytest_oauthcc.core.state import State

__all__ = ["adopt"]


def adopt(
    response: Response,
    state: State,
    *,
    client_id: str,
    scopes: tuple[str, ...],
    audience: tuple[str, ...],
    now: float,
    jkt: str | None = None,
    x5t: str | None = None,
) -> IssuedToken | None:
    """
    Find the token in a scripted answer, and make it good at the API where the fake did not mint it.

    It lives as long as the answer says, from now on, each time that it is given out.

    Args:
        response: The answer of the token endpoint.
        state: The provider's state.
        client_id: Whom it goes to.
        scopes: What it is good for, where the answer names no scope.
        audience: Whom it is for.
        now: Seconds since the epoch.
        jkt: The key that the request proved to have; a token that is told to be of the type DPoP is bound to it.
        x5t: The certificate that the request came with; a token that does not say so itself is bound to it.

    Returns:
        The token, or None where there is none in the answer.
    """
    try:
        members = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    value = members.get("access_token") if isinstance(members, dict) else None
    if not isinstance(value, str) or not value:
        return None
    known = state.tokens.get(value)
    if known is not None and not known.is_adopted:
        return known
    told = members.get("scope")
    claims = decode_claims(value)
    is_dpop = str(members.get("token_type")).lower() == "dpop"
    granted = split_scope(told, state.dialect.scope.separator) if isinstance(told, str) else None
    token = IssuedToken(
        value,
        client_id=client_id,
        scopes=frozenset(scopes if granted is None else granted),
        audience=audience,
        issued=now,
        expiry=expiry_after(now, _lifetime(members.get("expires_in"), state.settings.expires_in)),
        is_adopted=True,
        jkt=key_bound_to(claims) or (jkt if is_dpop else None),
        x5t=certificate_bound_to(claims) or x5t,
    )
    state.tokens.add(token)
    return token


def _lifetime(told: object, usual: int) -> float:
    seconds = seconds_of(told)
    return usual if seconds is None else seconds
