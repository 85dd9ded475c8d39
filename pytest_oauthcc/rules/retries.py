"""Behaviour rules about repeated requests: what was refused, what was to wait, and what may be used only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.journal import ApiRequest, TokenRequest
from pytest_oauthcc.core.jwt_parts import decode_claims
from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.rules.answers import error_of, wait_until
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_retries"]

Found = tuple[str, "Exchange", str]

RULES = (
    Rule(
        id="retry-after-ignored",
        kind="behaviour",
        level="should",
        rfc="RFC 9110 section 10.2.3",
        also=("RFC 6585 section 4", "RFC 7009 section 2.2.1"),
        title="The client came again before the time that the server had asked for.",
        looks_at="Requests after an answer with Retry-After, to the token endpoint or to the same path of the API.",
        why="A server that is overloaded asks for a pause; clients that press on keep it down, or get locked out.",
        remedy="Wait for as long as Retry-After says (seconds or a date) before the next request.",
    ),
    Rule(
        id="rejected-credentials-retried",
        kind="behaviour",
        level="should",
        rfc="RFC 6749 section 5.2",
        also=("RFC 6749 section 2.3.1",),
        title="The client repeated credentials that the server had refused.",
        looks_at="Token requests with the same credentials after an answer invalid_client.",
        why="Wrong credentials don't become right by repetition, but servers lock a client out after some attempts.",
        remedy="Don't retry on invalid_client: raise an error that says so.",
    ),
    Rule(
        id="rejected-request-retried",
        kind="behaviour",
        level="should",
        rfc="RFC 6749 section 5.2",
        title="The client repeated a token request that the server had refused for good.",
        looks_at="Token requests that are byte for byte the same as one that got invalid_request, invalid_scope, "
        "unauthorized_client, unsupported_grant_type or invalid_target.",
        why="The answer will be the same every time.",
        remedy="Retry on network errors, 429 and 5xx only; raise an error for the others.",
    ),
    Rule(
        id="insufficient-scope-retried",
        kind="behaviour",
        level="should",
        rfc="RFC 6750 section 3.1",
        title="The client repeated a request for which its token is not good enough.",
        looks_at="API requests that are the same, with the same token, after an answer insufficient_scope.",
        why="The same token gets the same answer.",
        remedy="Ask for the scope that is lacking, or report the error.",
    ),
    Rule(
        id="assertion-reused",
        kind="behaviour",
        level="should",
        rfc="RFC 7523 section 3",
        title="The client used one assertion twice.",
        looks_at="The client assertions of all token requests.",
        why="Servers may take each only once, so that a stolen one is useless.",
        remedy="Make a new assertion, with a new jti, for every token request.",
    ),
    Rule(
        id="dpop-proof-reused",
        kind="behaviour",
        level="must",
        rfc="RFC 9449 section 4.2",
        title="The client used one DPoP proof twice.",
        looks_at="The claim jti of all DPoP proofs.",
        why="A proof is for one request; servers refuse one that they have seen.",
        remedy="Make a new proof, with a new jti, for every request, also for a retry.",
    ),
    Rule(
        id="dpop-nonce-ignored",
        kind="behaviour",
        level="must",
        rfc="RFC 9449 section 8",
        also=("RFC 9449 section 8.2", "RFC 9449 section 9"),
        title="A DPoP proof lacks the nonce that the server had given.",
        looks_at="The claim nonce of DPoP proofs against the last DPoP-Nonce header of the same server.",
        why="The server refuses proofs without its newest nonce.",
        remedy="Remember the header DPoP-Nonce of every answer, and put its value into the next proof.",
    ),
)

_HOPELESS = frozenset(
    {"invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type", "invalid_target"}
)
_BAD_CREDENTIALS = frozenset(
    {Cause.BAD_SECRET, Cause.UNKNOWN_CLIENT, Cause.MALFORMED_CREDENTIALS, Cause.NO_CREDENTIALS}
)
_EARLY = 0.05  # seconds by which a request may come early; a date has no more than a whole second to it


def look_at_retries(entries: Sequence[Exchange], scene: Scene) -> Iterator[Found]:
    """Go through the journal once, and tell which requests should not have been made again."""
    watch = _Watch(scene)
    for entry in entries:
        yield from watch.pauses(entry)
        yield from watch.proofs(entry)
        if isinstance(entry, TokenRequest):
            yield from watch.token_request(entry)
        elif isinstance(entry, ApiRequest):
            yield from watch.api_request(entry)


class _Watch:
    """What was seen so far; all of it is found at constant cost."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._pauses: dict[Hashable, tuple[float, Exchange]] = {}
        self._refused: dict[Hashable, int] = {}
        self._told: set[Hashable] = set()
        self._once: dict[Hashable, int] = {}
        self._nonces: dict[str, str] = {}

    def pauses(self, entry: Exchange) -> Iterator[Found]:
        place = (entry.kind, entry.path) if isinstance(entry, ApiRequest) else entry.kind
        pause = self._pauses.pop(place, None)
        if pause is not None and entry.time < pause[0] - _EARLY:
            asked, came = pause[0] - pause[1].time, entry.time - pause[1].time
            detail = f"it came {came:.1f} s after request {pause[1].number}, whose answer asked for {asked:.0f} s"
            yield "retry-after-ignored", entry, detail
        until = wait_until(entry)
        if until is not None:
            self._pauses[place] = (until, entry)

    def token_request(self, entry: TokenRequest) -> Iterator[Found]:
        presented = entry.presented
        who = ("credentials", presented.method, presented.client_id, presented.readings, presented.certificate)
        what = ("request", entry.body, entry.headers.get("authorization", ""))
        yield from self._again(entry, who, "rejected-credentials-retried", "these credentials")
        yield from self._again(entry, what, "rejected-request-retried", "the same request")
        error = error_of(entry)
        if error == "invalid_client" or (entry.verdict is not None and entry.verdict.cause in _BAD_CREDENTIALS):
            self._refused.setdefault(who, entry.number)
        elif error in _HOPELESS:
            self._refused.setdefault(what, entry.number)
        assertion = entry.parameters.get("client_assertion")
        if assertion is not None:
            yield from self._twice(entry, ("assertion", assertion), "assertion-reused", "the assertion")

    def api_request(self, entry: ApiRequest) -> Iterator[Found]:
        if entry.bearer is None:
            return
        what = ("api", entry.method, entry.url, entry.bearer)
        yield from self._again(entry, what, "insufficient-scope-retried", "the same request with the same token")
        if _lacks_scope(entry):
            self._refused.setdefault(what, entry.number)

    def proofs(self, entry: Exchange) -> Iterator[Found]:
        server = "api" if isinstance(entry, ApiRequest) else "authorization server"
        if "dpop" in entry.headers:
            claims = decode_claims(entry.headers.get_all("dpop")[0])
            identifier = claims.get("jti")
            if identifier is not None:
                yield from self._twice(entry, ("proof", str(identifier)), "dpop-proof-reused", "the proof")
            yield from self._nonce(entry, claims.get("nonce"), server)
        if isinstance(entry.outcome, Response):
            nonce = entry.outcome.header("dpop-nonce")
            if nonce is not None:
                self._nonces[server] = nonce

    def _nonce(self, entry: Exchange, nonce: Any, server: str) -> Iterator[Found]:
        wanted = self._nonces.get(server)
        if wanted is not None and nonce != wanted:
            what = "has no nonce" if nonce is None else "has an older nonce"
            yield "dpop-nonce-ignored", entry, f"the proof {what}, and the {server} had given one"

    def _again(self, entry: Exchange, key: Hashable, rule: str, what: str) -> Iterator[Found]:
        """Tell once that a thing was repeated that had been refused."""
        number = self._refused.get(key)
        if number is not None and (rule, key) not in self._told:
            self._told.add((rule, key))
            yield rule, entry, f"{what} had been refused before, in answer to request {number}"

    def _twice(self, entry: Exchange, key: Hashable, rule: str, what: str) -> Iterator[Found]:
        number = self._once.setdefault(key, entry.number)
        if number != entry.number:
            yield rule, entry, f"{what} was used before, in request {number}"


def _lacks_scope(entry: ApiRequest) -> bool:
    if entry.verdict is not None:
        return entry.verdict.cause is Cause.INSUFFICIENT_SCOPE
    challenge = entry.outcome.header("www-authenticate") if isinstance(entry.outcome, Response) else None
    return challenge is not None and "insufficient_scope" in challenge
