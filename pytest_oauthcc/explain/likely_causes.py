"""The likely cause of a failed expectation and the next step, worked out from what happened."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.journal import ApiRequest, Journal, StrayRequest, TokenRequest
from pytest_oauthcc.explain.differing_parts import causes_of_difference
from pytest_oauthcc.explain.history import answer_of, request_line
from pytest_oauthcc.explain.refusal_remedies import remedy_of
from pytest_oauthcc.explain.renewal import renewal_of
from pytest_oauthcc.explain.showing import CODE_BLANK, clock_time, count_of, join_words, seconds
from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_oauthcc.explain.difference import Difference
    from pytest_oauthcc.explain.situation import Situation

__all__ = ["likely_causes"]

_MOST = 3


def likely_causes(situation: Situation, others: Sequence[tuple[str, Journal]] = ()) -> list[str]:
    """
    Work out why an expectation failed.

    Args:
        situation: What was expected and what happened.
        others: Names and journals of the other providers of the test.

    Returns:
        Sentences, one cause each, with the literal next step; at least one.
    """
    if not situation.entries:
        found = list(islice(_nothing_came(situation, others), _MOST))
    elif situation.is_too_many:
        found = list(islice(_too_many(situation), _MOST))
    elif situation.matching:
        found = list(islice(_too_few(situation), _MOST))
    else:
        found = list(islice(_differs(situation), _MOST))
    return found or [_look(situation)]


def _look(situation: Situation) -> str:
    this = f"oauthcc.{situation.expectation.log_name}[{situation.position or 0}]"
    kinds = [_ATTRIBUTES.get(difference.kind, difference.kind) for difference in situation.differences]
    shown = f",{CODE_BLANK}".join(f"{this}.{attribute}" for attribute in dict.fromkeys(kinds or ["headers"]))
    return f"Nothing in the requests tells why. To see all of it: print({shown})"


# --- no request of that kind at all


def _nothing_came(situation: Situation, others: Sequence[tuple[str, Journal]]) -> Iterator[str]:
    elsewhere = [(name, len(situation.expectation.entries(journal))) for name, journal in others]
    for name, number in elsewhere:
        if number:
            yield (
                f"{count_of(number, situation.expectation.kind)} went to another provider of this test ({name}): "
                "the client has its URLs, or the assertion asks the wrong provider."
            )
    strays = [entry for entry in situation.exchanges if isinstance(entry, StrayRequest)]
    if strays:
        yield (
            f"The client sent what is for this provider to another host: {request_line(strays[0])}. Does it have the "
            "right URLs?"
        )
    elif not situation.exchanges:
        yield (
            "Nothing at all reached this provider. Did the test call the client, and does the client use "
            "oauthcc.token_url and oauthcc.api_url?"
        )
        yield (
            "requests, httpx and urllib are served in this process; for aiohttp, urllib3 and other processes use the "
            "fixture oauthcc_server and its token_url."
        )
    elif situation.expectation.kind == "token request":
        yield from _no_token_request(situation)
    else:
        yield from _no_api_request(situation)


def _no_token_request(situation: Situation) -> Iterator[str]:
    if not situation.api_requests:
        yield (
            f"The client made {count_of(len(situation.exchanges), 'request')} for the metadata or the keys of the "
            "authorization server and stopped there. Does it use the token_endpoint of the metadata?"
        )
        return
    entry = situation.api_requests[0]
    sent = f"API request 1 ({entry.method} {entry.path})"
    if entry.verdict is not None and entry.verdict.facts.get("earlier"):
        yield f"{sent} carried token {mask(entry.bearer or '')}: {entry.verdict.detail}."
    elif entry.token is not None:
        yield (
            f"{sent} carried token {mask(entry.token.value)}, which no token request got: the test minted it, and a "
            "client that has a good token does not ask for one."
        )
    elif entry.bearer is not None:
        yield (
            f"{sent} carried token {mask(entry.bearer)}, which this provider never issued: it is hard-coded, or "
            "was kept from before this test. Make the client in the test, and let it have no token at first."
        )
    else:
        yield (
            f"{sent} carried no token in its header, so the client did not even try to authenticate. Is the OAuth part"
            " of the client switched on in this test?"
        )


def _no_api_request(situation: Situation) -> Iterator[str]:
    if not situation.token_requests:
        yield "The client asked for no token and called no API; it only read metadata. Did the test call the client?"
        return
    last = situation.token_requests[-1]
    told = f"token request {len(situation.token_requests)}"
    if last.verdict is not None:
        yield f"The client gave up after {told} was refused ({last.result}): {last.verdict.detail}.{_remedy(last)}"
    elif last.token is None:
        yield f"The client gave up after {told}, which got {answer_of(last)}."
    else:
        yield (
            f"The client got a token ({told}) and did not call the API with it. Does it call something under "
            "oauthcc.api_url? A request to another host is left to other stubs and is not seen here."
        )


# --- too many of them, or too few


def _too_many(situation: Situation) -> Iterator[str]:
    position = situation.position or 0
    entry = situation.entry
    if isinstance(entry, TokenRequest):
        renewal = renewal_of(situation, position)
        if renewal is not None:
            yield f"{situation.this} {renewal.text}.{_ADVICE[renewal.reason]}"
            return
    elif position:
        yield from _repeated_api_request(situation, position)
    if situation.count == 0:
        when = clock_time(entry.time - situation.journal.began)
        yield f"The client made the request at {when}; what in the test called it?"


_ADVICE = {
    "valid": " The client does not keep its token: let it store the token with its expiry, and use it until then.",
    "expired": " That is what a client should do; did the test move the clock farther than it meant to?",
    "failed": " If the client may try again, expect that many requests; if not, look at its retry settings.",
    "refused": " If the client may do that once, expect one request more.",
    "other client": " To count those of one client only, give client_id=... to the assertion.",
}


def _repeated_api_request(situation: Situation, position: int) -> Iterator[str]:
    entry, earlier = situation.entry, situation.entries[:position]
    same = [n for n, other in enumerate(earlier, 1) if (other.method, other.path) == (entry.method, entry.path)]
    if not same:
        yield (
            f"{situation.this} ({entry.method} {entry.path}) is another one than those before it. To count one kind of "
            "request, give method=... and path=... to the assertion."
        )
        return
    previous = situation.entries[same[-1] - 1]
    repeats = f"{situation.this} repeats request {same[-1]} ({entry.method} {entry.path})"
    if previous.status is not None and previous.status < 400:  # noqa: PLR2004
        yield f"{repeats}, which had got {previous.result}: the test or the client made the call again."
    else:
        yield f"{repeats}, which had got {answer_of(previous)}. The client tried again."


def _too_few(situation: Situation) -> Iterator[str]:
    if situation.differences:
        yield from _differs(situation)
        return
    if situation.expectation.kind != "token request":
        yield "The client made no other API request. Did it stop at an error, or keep an answer that it had?"
        return
    last, newest = situation.entries[-1], situation.exchanges[-1]
    token = last.token
    if token is None:
        yield f"The last token request got {answer_of(last)}, and the client did not repeat it."
    elif token.expiry > newest.time:
        until = clock_time(token.expiry - situation.journal.began)
        yield (
            f"The client had no reason to ask again: its token was good until {until}, and the last exchange was at "
            f"{clock_time(newest.time - situation.journal.began)}. To make it expire: oauthcc.clock.expire()"
        )
    else:
        yield (
            f"The newest token expired {seconds(newest.time - token.expiry)} before the last exchange, and the client "
            "did not renew it."
        )


# --- none is as expected


def _differs(situation: Situation) -> Iterator[str]:
    entry = situation.entry
    told: set[str] = set()
    for difference in situation.differences:
        for cause in causes_of_difference(situation, difference):
            if cause not in told:
                told.add(cause)
                yield cause
    dropped = _dropped(situation)
    if dropped:
        yield dropped
    if entry.verdict is not None:
        remedy = "" if told and entry.verdict.cause in _TOLD_BY_DIFFERENCE else _remedy(entry)
        yield f"The fake refused this request ({entry.result}): {_detail(situation, entry)}.{remedy}"


def _dropped(situation: Situation) -> str | None:
    """Tell what an earlier request had right and this one has not."""
    gone = [
        (difference, earlier)
        for difference in situation.differences
        if difference.kind not in _WHICH_REQUEST and (earlier := situation.earlier_with(difference)) is not None
    ]
    if not gone:
        return None
    difference, earlier = gone[0]
    parts = [found for found, position in gone if position == earlier]
    lost = [_lost(found) for found in parts if found.received is None or found.missing]
    what = (
        f"dropped {join_words(lost)}, which request {earlier + 1} had"
        if lost
        else (f"has another {join_words(found.field for found in parts)} than request {earlier + 1}, which was right")
    )
    does = "came later"
    if isinstance(situation.entry, TokenRequest):
        renewal = renewal_of(situation, situation.position or 0)
        does = renewal.text if renewal is not None else does
    log, attribute = situation.expectation.log_name, _ATTRIBUTES.get(difference.kind, difference.kind)
    return (
        f"{situation.this} {does}, and {what}.\n"
        f"If that is intended, check request {earlier + 1} by itself: oauthcc.{log}[{earlier}].{attribute}"
    )


def _lost(difference: Difference) -> str:
    return f"the scope {' '.join(difference.missing)}" if difference.missing else f"the {difference.field}"


_TOLD_BY_DIFFERENCE = frozenset(
    {Cause.DUPLICATE_PARAMETER, Cause.MALFORMED_SCOPE, Cause.MISSING_HEADER, Cause.API_MISSING_HEADER}
)
_WHICH_REQUEST = frozenset({"client_id", "method", "path"})  # another one of these makes it another request
_ATTRIBUTES = {"header": "headers", "param": "params", "query": "params", "scope": "scopes", "token": "scopes"}


def _detail(situation: Situation, entry: TokenRequest | ApiRequest) -> str:
    assert entry.verdict is not None  # noqa: S101
    if isinstance(entry, ApiRequest) and entry.verdict.cause is Cause.TOKEN_EXPIRED and entry.token is not None:
        request = situation.issued_by(entry.token)
        late = seconds(entry.time - entry.token.expiry)
        if request is not None:
            return f"the token of token request {situation.number_of(request)} expired {late} before this call"
    return entry.verdict.detail


def _remedy(entry: TokenRequest | ApiRequest) -> str:
    remedy = remedy_of(entry)
    return f" {remedy}" if remedy else ""
