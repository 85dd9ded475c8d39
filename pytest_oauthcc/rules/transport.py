"""Rules about the way over the network: TLS, certificates, the URL as it was given, the names of headers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.rules.rule import Rule
from pytest_oauthcc.rules.scene import is_plain_http

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import ApiRequest, Exchange, OtherRequest, TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_api_way", "look_at_every_way", "look_at_other_way", "look_at_token_way"]

RULES = (
    Rule(
        id="token-endpoint-not-tls",
        level="must",
        rfc="RFC 6749 section 3.2",
        also=("RFC 6749 section 2.3.1", "RFC 6749 section 10.8", "RFC 7009 section 2", "RFC 8414 section 3"),
        title="A request to the authorization server went over plain http.",
        looks_at="The scheme of the URL of every request to the authorization server; this machine itself is exempt.",
        why="Whoever is on the way reads the client secret or the token and can use it as long as it is good.",
        remedy="Use the https address; if the test's token_url is http, put https there. Let the client refuse http.",
    ),
    Rule(
        id="api-not-tls",
        level="must",
        rfc="RFC 6750 section 5.2",
        also=("RFC 6750 section 5.3",),
        title="An access token was sent to the API over plain http.",
        looks_at="The scheme of the URL of an API request that carries a token; this machine itself is exempt.",
        why="A bearer token works for whoever holds it, and over http everybody on the way can copy it.",
        remedy="Use the https address of the API, and let the client refuse http.",
    ),
    Rule(
        id="certificate-not-verified",
        level="must",
        rfc="RFC 6749 section 10.9",
        also=("RFC 6750 section 5.2", "RFC 8414 section 6.1"),
        title="The client switched the check of the server's certificate off.",
        looks_at="Whether the HTTP library was told not to verify (verify=False); this machine itself is exempt.",
        why="Without the check anybody can pose as the server and is handed the client secret or the token.",
        remedy="Remove verify=False. For a private certificate authority pass its file: verify='ca.pem'.",
    ),
    Rule(
        id="token-url-query-dropped",
        level="must",
        rfc="RFC 6749 section 3.2",
        title="The token URL has a query, and the client lost it.",
        looks_at="Whether the parameters in the query of token_url arrive with every token request.",
        why="The query belongs to the address: providers put a tenant or a version there.",
        remedy="Use the token URL as it was given. Don't take it apart, and don't pass params= that replace its query.",
    ),
    Rule(
        id="misspelt-header",
        level="should",
        rfc="RFC 9110 section 5.1",
        title="A header has a name that no server looks for.",
        looks_at="content_type with an underscore, and Authorisation with an s.",
        why="A server ignores headers that it does not know, so what the header was to say is not said.",
        remedy="The names are Content-Type and Authorization.",
    ),
    Rule(
        id="accept-excludes-json",
        level="should",
        rfc="RFC 6749 section 5.1",
        also=("RFC 9110 section 12.5.1",),
        title="The token request does not accept JSON, but the answer is JSON.",
        looks_at="The Accept header of a token request; none at all and */* are fine.",
        why="A server may answer 406 or choose another format, which the client then can't read.",
        remedy="Send Accept: application/json.",
    ),
    Rule(
        id="metadata-not-get",
        level="must",
        rfc="RFC 8414 section 3.1",
        title="The server's metadata or keys were not asked for with GET.",
        looks_at="The method of requests to the metadata and to the keys.",
        why="They are documents to be read; anything but GET is refused.",
        remedy="Send a GET request.",
    ),
)

_MISSPELT = {"content_type": "Content-Type", "authorisation": "Authorization"}


def look_at_every_way(entry: Exchange, found: list[tuple[str, str]]) -> None:
    """Look at what concerns every request alike."""
    request = entry.request
    if request.verify is False and not is_loopback(request.split.hostname or ""):
        found.append(("certificate-not-verified", "the request was made with the check of certificates switched off"))
    headers = request.headers
    for name, right in _MISSPELT.items():
        if name in headers:
            found.append(("misspelt-header", f"the request has a header {name}; it is called {right}"))


def look_at_token_way(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at the way of a token request."""
    _look_at_authorization_server(entry, found)
    wanted = scene.query_of_token_url(entry.request)
    if wanted:
        sent = parse_qsl(entry.request.split.query, keep_blank_values=True)
        lost = [name for name, value in wanted if (name, value) not in sent]
        if lost:
            detail = f"the query of token_url has {' and '.join(lost)}, and the request came without"
            found.append(("token-url-query-dropped", detail))
    headers = entry.request.headers
    if "accept" in headers:
        accept = headers["accept"].lower()
        if accept and "json" not in accept and "*/*" not in accept and "application/*" not in accept:
            found.append(("accept-excludes-json", f"the Accept header is {scene.show(accept)}"))


def look_at_api_way(entry: ApiRequest, found: list[tuple[str, str]]) -> None:
    """Look at the way of an API request."""
    if entry.bearer is not None and is_plain_http(entry.url):
        found.append(("api-not-tls", "the token went to an http URL"))


def look_at_other_way(entry: OtherRequest, found: list[tuple[str, str]]) -> None:
    """Look at the way of a request to the metadata, to the keys, or to the introspection or revocation endpoint."""
    _look_at_authorization_server(entry, found)
    if entry.endpoint in {"metadata", "keys"} and entry.method not in {"GET", "HEAD"}:
        found.append(("metadata-not-get", f"the request is a {entry.method}"))


def _look_at_authorization_server(entry: Exchange, found: list[tuple[str, str]]) -> None:
    if is_plain_http(entry.url):
        found.append(("token-endpoint-not-tls", f"the {entry.kind} went to an http URL"))
