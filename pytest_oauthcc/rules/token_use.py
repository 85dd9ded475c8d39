"""Behaviour rules about tokens: when they are fetched, how long they are used, and who gets to see them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.journal import ApiRequest, OtherRequest, TokenRequest
from pytest_oauthcc.core.parameters import FORM, media_type
from pytest_oauthcc.rules.answers import lifetime_told, members_of
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_token_use", "look_for_strays"]

Found = tuple[str, "Exchange", str]

RULES = (
    Rule(
        id="expired-token-sent",
        kind="behaviour",
        level="should",
        rfc="RFC 6749 section 5.1",
        title="The client sent a token that had expired.",
        looks_at="API requests against the lifetime that the token's answer told.",
        why="The API refuses it, and the work that was to be done is not done.",
        remedy="Remember when the token expires (now + expires_in), and fetch a new one shortly before.",
    ),
    Rule(
        id="token-refetched-while-valid",
        kind="behaviour",
        level="should",
        rfc="RFC 6749 section 5.1",
        title="The client fetched a token although it had one that was good for long.",
        looks_at="Token requests for the same client, scope and audience, while an earlier token has more than a "
        "fifth of its lifetime left and the API did not refuse it.",
        why="Providers count token requests: each costs time or money, and too many get the client locked out.",
        remedy="Keep the token until shortly before it expires, and let concurrent callers wait for one request.",
    ),
    Rule(
        id="rejected-token-reused",
        kind="behaviour",
        level="should",
        rfc="RFC 6750 section 3.1",
        title="The client sent a token again that the API had refused.",
        looks_at="API requests with a token to which the API answered 401 before.",
        why="A refused token does not become good again; the client is stuck until it would have expired.",
        remedy="After a 401 throw the token away, fetch a new one, and repeat the request once.",
    ),
    Rule(
        id="revoked-token-used",
        kind="behaviour",
        level="should",
        rfc="RFC 7009 section 2.1",
        title="The client used a token after it had revoked it.",
        looks_at="API requests with a token that an earlier request to the revocation endpoint ended.",
        why="The token is gone from the moment at which the server confirmed that.",
        remedy="Forget the token when the revocation endpoint answers 200.",
    ),
    Rule(
        id="unknown-token-type-used",
        kind="behaviour",
        level="must",
        rfc="RFC 6749 section 7.1",
        title="The client used a token of a type that it can't know.",
        looks_at="API requests with a token whose answer had a token_type other than Bearer and DPoP, in any case.",
        why="The type says how a token is to be used; sent as a bearer token one of another type may be given away.",
        remedy="Compare token_type without regard to case, and stop when it is not Bearer.",
    ),
    Rule(
        id="parameter-dropped",
        kind="behaviour",
        level="should",
        rfc="RFC 6749 section 4.4.2",
        title="A later token request lacks a parameter that the first one had.",
        looks_at="The names of the parameters in the token requests of one client, apart from its credentials.",
        why="The renewed token is not the same as the first: without scope or audience it is good for something else.",
        remedy="Make first request and renewal by the same code.",
    ),
    Rule(
        id="token-sent-to-another-host",
        kind="behaviour",
        level="must",
        rfc="RFC 6750 section 5.2",
        also=("RFC 6750 section 5.3",),
        title="An access token was sent to a host that it is not for.",
        looks_at="Requests to hosts that are not this provider's, for its tokens.",
        why="A bearer token works for whoever holds it. Most often a redirect led the client there.",
        remedy="Don't take the Authorization header along when a redirect leads to another host.",
    ),
    Rule(
        id="secret-sent-to-another-host",
        kind="behaviour",
        level="must",
        rfc="RFC 9110 section 11.5",
        also=("RFC 9110 section 15.4",),
        title="The client's credentials were sent to a host that is not the provider's.",
        looks_at="Requests to hosts that are not this provider's, for client secrets and assertions.",
        why="Whoever has the secret is the client. Most often a 307 or 308 redirect led the client there.",
        remedy="Don't follow redirects of the token endpoint: allow_redirects=False, follow_redirects=False.",
    ),
)

_LONG = 1 / 5  # of the lifetime; clients renew up to that early, to be on the safe side
_CREDENTIALS = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type", "refresh_token"})


class _Fetched:
    """A token that a client got, as far as the client could know."""

    __slots__ = ("entry", "expiry", "lifetime", "refused")

    def __init__(self, entry: TokenRequest, lifetime: float | None) -> None:
        self.entry = entry
        self.lifetime = lifetime
        self.expiry = None if lifetime is None else entry.time + lifetime
        self.refused = False


def look_at_token_use(entries: Sequence[Exchange], scene: Scene) -> Iterator[Found]:
    """Go through the journal once, and tell what is wrong with the use of tokens."""
    watch = _Watch(scene)
    for entry in entries:
        if isinstance(entry, TokenRequest):
            yield from watch.token_request(entry)
        elif isinstance(entry, ApiRequest):
            yield from watch.api_request(entry)
        elif isinstance(entry, OtherRequest):
            watch.other_request(entry)
        else:
            yield from look_for_strays(entry, scene)


class _Watch:
    """What was seen so far; all of it is found at constant cost."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._by_value: dict[str, _Fetched] = {}
        self._by_purpose: dict[tuple[Any, ...], _Fetched] = {}
        self._types: dict[str, str] = {}
        self._refused: dict[str, int] = {}
        self._revoked: dict[str, int] = {}
        self._told: set[tuple[str, Any]] = set()
        self._first: dict[str | None, TokenRequest] = {}

    def token_request(self, entry: TokenRequest) -> Iterator[Found]:
        yield from self._dropped(entry)
        if entry.status != 200 or entry.token is None:  # noqa: PLR2004
            return
        members = members_of(entry)
        self._first.setdefault(entry.client_id, entry)
        value = entry.token.value
        kind = members.get("token_type")
        if isinstance(kind, str) and not self._scene.knows_token_type(kind):
            self._types[value] = kind
        purpose = (entry.client_id, entry.scopes, entry.audience)
        earlier = self._by_purpose.get(purpose)
        self._by_purpose[purpose] = self._by_value[value] = _Fetched(entry, lifetime_told(members))
        if earlier is not None:
            yield from self._refetched(entry, earlier)

    def _refetched(self, entry: TokenRequest, earlier: _Fetched) -> Iterator[Found]:
        if earlier.expiry is None or earlier.lifetime is None or earlier.refused:
            return
        if earlier.entry.token is not None and earlier.entry.token.revoked:
            return
        left = earlier.expiry - entry.time
        if left > earlier.lifetime * _LONG:
            number, lifetime = earlier.entry.number, earlier.lifetime
            detail = f"the token of request {number} was good for another {left:.0f} s of {lifetime:.0f} s"
            yield "token-refetched-while-valid", entry, detail

    def _dropped(self, entry: TokenRequest) -> Iterator[Found]:
        first = self._first.get(entry.client_id)
        if first is None or ("dropped", entry.client_id) in self._told:
            return
        lost = [
            name for name in first.parameters.values if name not in entry.parameters.values and name not in _CREDENTIALS
        ]
        if lost:
            self._told.add(("dropped", entry.client_id))
            shown = " and ".join(self._scene.show(name) for name in lost)
            yield "parameter-dropped", entry, f"request {first.number} had the parameter {shown}"

    def api_request(self, entry: ApiRequest) -> Iterator[Found]:
        value = entry.bearer
        if value is None:
            return
        fetched = self._by_value.get(value)
        if entry.token is not None:
            known = fetched is None or fetched.expiry is not None
            if known and entry.token.is_expired(entry.time):
                late = entry.time - entry.token.expiry
                yield "expired-token-sent", entry, f"the token had expired {late:.0f} s before"
        if value in self._types:
            yield from self._once("type", value, entry, "unknown-token-type-used", self._types[value])
        if value in self._revoked:
            yield from self._once("revoked", value, entry, "revoked-token-used", self._revoked[value])
        elif value in self._refused:
            yield from self._once("refused", value, entry, "rejected-token-reused", self._refused[value])
        if entry.status == 401 and not _is_other_matter(entry):  # noqa: PLR2004
            self._refused.setdefault(value, entry.number)
            if fetched is not None:
                fetched.refused = True

    def _once(self, kind: str, value: str, entry: ApiRequest, rule: str, known: Any) -> Iterator[Found]:
        """Tell a thing about a token once: in an endless retry it would be told a thousand times."""
        if (kind, value) in self._told:
            return
        self._told.add((kind, value))
        texts = {
            "type": f"the token_type of its answer was {self._scene.show(known)}",
            "revoked": f"the client had revoked it with request {known}",
            "refused": f"the API had refused it already: the answer to request {known} was 401",
        }
        yield rule, entry, texts[kind]

    def other_request(self, entry: OtherRequest) -> None:
        if entry.endpoint == "revocation" and entry.status == 200:  # noqa: PLR2004
            for name, value in _form(entry):
                if name == "token":
                    self._revoked.setdefault(value, entry.number)
                    if value in self._by_value:
                        self._by_value[value].refused = True


def _is_other_matter(entry: ApiRequest) -> bool:
    return entry.verdict is not None and entry.verdict.cause in {Cause.API_MISSING_HEADER, Cause.API_WRONG_HEADER}


def _form(entry: Exchange) -> list[tuple[str, str]]:
    if media_type(entry.request) != FORM:
        return []
    return parse_qsl(entry.request.body.decode("utf-8", "replace"), keep_blank_values=True)


def look_for_strays(entry: Exchange, scene: Scene) -> Iterator[Found]:
    """
    Look whether a request to a host that is not the provider's carries its tokens or its clients' credentials.

    Args:
        entry: An exchange with another host.
        scene: What is known of the provider whose tokens and secrets are looked for.

    Yields:
        The broken rules with details.
    """
    headers = entry.request.headers
    host = scene.show(entry.request.split.hostname or "an unknown host")
    seen: dict[str, str] = {}
    for name in headers:
        for what, where in _in_header(name, headers[name], scene):
            seen.setdefault(what, where)
    for what, _ in scene.secrets_in(entry.url.partition("://")[2].partition("/")[2]):
        seen.setdefault(what, "the URL")
    for name, value in _form(entry):
        if name == "client_assertion" and value:
            seen.setdefault("client assertion", "the body")
        for what in _what_is(value, scene):
            seen.setdefault(what, "the body")
    for what, where in seen.items():
        rule = "token-sent-to-another-host" if what == "access token" else "secret-sent-to-another-host"
        yield rule, entry, f"the {what} is in {where} of a {scene.show(entry.method)} request to {host}"


def _in_header(name: str, value: str, scene: Scene) -> Iterator[tuple[str, str]]:
    scheme, _, rest = value.partition(" ")
    if name.lower() in {"authorization", "proxy-authorization"} and scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return
        for what in _what_is(pair.partition(":")[2], scene):
            yield what, f"the header {scene.show(name)}"
        return
    for piece in dict.fromkeys((value, rest)):
        for what in _what_is(piece, scene):
            yield what, f"the header {scene.show(name)}"
    for what, _ in scene.secrets_in(value):
        yield what, f"the header {scene.show(name)}"


def _what_is(value: str, scene: Scene) -> Iterator[str]:
    if not value:
        return
    if scene.find_token(value) is not None:
        yield "access token"
    elif any(client.client_secret == value for client in scene.clients.values()):
        yield "client secret"
