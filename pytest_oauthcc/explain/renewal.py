"""Why a client asked for another token: because the last one expired, was refused, or for no reason at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pytest_oauthcc.explain.history import answer_of
from pytest_oauthcc.explain.showing import seconds

if TYPE_CHECKING:
    from pytest_oauthcc.explain.situation import Situation

__all__ = ["Renewal", "renewal_of"]


@dataclass(frozen=True, slots=True)
class Renewal:
    """
    What made a client repeat its token request.

    Args:
        reason: In one word.
        text: A predicate for the request: "renews the token of request 1, which ...".
    """

    reason: Literal["expired", "failed", "refused", "valid", "other client"]
    text: str


def renewal_of(situation: Situation, position: int) -> Renewal | None:
    """
    Work out why a token request was made.

    Args:
        situation: What happened.
        position: Of the token request among all of its provider.

    Returns:
        The reason; None for the first request.
    """
    if position == 0:
        return None
    entries = situation.token_requests
    entry, previous = entries[position], entries[position - 1]
    if previous.client_id != entry.client_id:
        return Renewal("other client", f"comes from another client ({entry.client_id!r}) than request {position}")
    if previous.token is None:
        return Renewal("failed", f"repeats request {position}, which got {answer_of(previous)}")
    token = previous.token
    left = token.expiry - entry.time
    if left <= 0:
        return Renewal("expired", f"renews the token of request {position}, which had expired {_ago(-left)}")
    for between in situation.between(previous, entry):
        if between.status == 401 and between.token is token:  # noqa: PLR2004
            return Renewal("refused", f"was made after the API had answered 401 to the token of request {position}")
    if token.revoked:
        return Renewal("refused", f"asks for a new token after that of request {position} was revoked")
    return Renewal(
        "valid", f"asks for another token, although that of request {position} was good for {seconds(left)} more"
    )


def _ago(late: float) -> str:
    return f"{seconds(late)} before" if round(late, 1) else "just then"
