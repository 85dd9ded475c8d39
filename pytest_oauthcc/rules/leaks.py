"""Rules about places where secrets and tokens don't belong: URLs, cookies, the Referer header."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import Exchange
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_for_leaks"]

RULES = (
    Rule(
        id="secret-in-query",
        level="must",
        rfc="RFC 6749 section 2.3.1",
        title="The client secret, or an assertion in its place, is in the URL.",
        looks_at="The parameters client_secret, client_assertion and assertion in the query, and the secret anywhere "
        "in the URL of any request.",
        why="URLs are written into the logs of servers, proxies and monitoring, and the secret with them.",
        remedy="Send it in the Authorization header or in the form body: with requests data=..., not params=....",
    ),
    Rule(
        id="client-id-in-query",
        level="must",
        rfc="RFC 6749 section 2.3.1",
        title="The client_id of a token request is in the URL.",
        looks_at="The parameter client_id in the query of a token request.",
        why="Client credentials may travel in the header or the body only; a server does not look into the query.",
        remedy="Send client_id in the Authorization header or in the form body.",
    ),
    Rule(
        id="bearer-in-query",
        level="must",
        rfc="RFC 9700 section 4.3.2",
        also=("RFC 6750 section 2.3", "RFC 6750 section 5.3"),
        title="An access token is in the query of a URL.",
        looks_at="The parameter access_token, and every token that was issued, in the query of any request.",
        why="URLs are written into the logs of servers, proxies and monitoring, and the token with them.",
        remedy="Send the header Authorization: Bearer <token>.",
    ),
    Rule(
        id="token-in-path",
        level="should",
        rfc="RFC 6750 section 5.3",
        title="An access token is in the path of a URL.",
        looks_at="Every token that was issued, in the path of any request.",
        why="URLs are written into the logs of servers, proxies and monitoring, and the token with them.",
        remedy="Send the header Authorization: Bearer <token>.",
    ),
    Rule(
        id="token-in-cookie",
        level="must",
        rfc="RFC 6750 section 5.3",
        title="An access token or the client secret is in a cookie.",
        looks_at="Every token that was issued, and the client secrets, in the Cookie header of any request.",
        why="Cookies are sent by themselves, also with requests that other pages provoke, and may be sent in clear.",
        remedy="Keep it in memory, and send the token in the Authorization header.",
    ),
    Rule(
        id="secret-in-referer",
        level="must",
        rfc="RFC 6750 section 5.3",
        title="An access token or the client secret is in the Referer header.",
        looks_at="Every token that was issued, and the client secrets, in the Referer header of any request.",
        why="The Referer header tells the next server the whole URL of the last one.",
        remedy="Keep secrets and tokens out of URLs; then they can't come into this header either.",
    ),
    Rule(
        id="secret-at-api",
        level="should",
        rfc="RFC 6749 section 2.3.1",
        title="The client secret was sent to the API.",
        looks_at="Basic credentials of API requests that hold the secret of a client.",
        why="The secret is for the authorization server alone. An API that learns it can pose as the client.",
        remedy="Send the API the access token only. Take auth=(id, secret) off the session that calls the API.",
    ),
)

_SECRET_NAMES = frozenset({"client_secret", "client_assertion", "assertion"})


def look_for_leaks(entry: Exchange, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look for secrets and tokens where they don't belong, in any request."""
    url = entry.request.url
    path = url.find("/", 8)
    if path >= 0 and url != scene.settings.token_url:
        _look_at_url(url[path:], entry, scene, found)
    headers = entry.request.headers
    if "cookie" in headers:
        for what, _ in scene.secrets_in(headers["cookie"]):
            found.append(("token-in-cookie", f"the {what} is in the Cookie header"))
    if "referer" in headers:
        for what, _ in scene.secrets_in(headers["referer"]):
            found.append(("secret-in-referer", f"the {what} is in the Referer header"))


def _look_at_url(tail: str, entry: Exchange, scene: Scene, found: list[tuple[str, str]]) -> None:
    path, mark, query = tail.partition("?")
    for what, _ in scene.secrets_in(path):
        rule = "secret-in-query" if what == "client secret" else "token-in-path"
        found.append((rule, f"the {what} is in the path of the URL"))
    if not mark:
        return
    own = dict(scene.query_of_token_url(entry.request))
    pairs = parse_qsl(query, keep_blank_values=True)
    by_name: set[str] = set()
    for name, value in pairs:
        rule = _rule_of(name, entry)
        if rule and value and own.get(name) != value:
            by_name.add(rule)
            found.append((rule, f"the query of the URL has the parameter {name}"))
    for what, _ in scene.secrets_in(query):
        rule = "secret-in-query" if what == "client secret" else "bearer-in-query"
        if rule not in by_name:
            by_name.add(rule)
            found.append((rule, f"the {what} is in the query of the URL"))


def _rule_of(name: str, entry: Exchange) -> str:
    if name == "access_token":
        return "bearer-in-query"
    if entry.kind == "token request":
        if name in _SECRET_NAMES:
            return "secret-in-query"
        return "client-id-in-query" if name == "client_id" else ""
    return "secret-in-query" if name == "client_secret" else ""
