"""Rules about the token of an API request (RFC 6750)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from pytest_oauthcc.core.parameters import FORM, media_type
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import ApiRequest, Exchange
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_authorization_headers", "look_at_bearer"]

RULES = (
    Rule(
        id="bearer-malformed",
        level="must",
        rfc="RFC 6750 section 2.1",
        title="The Authorization header of an API request is not 'Bearer', one blank and the token.",
        looks_at="The Authorization header of API requests.",
        why="An API reads it strictly: with the scheme missing or doubled there is no token for it.",
        remedy='Send {"Authorization": f"Bearer {token}"}, where token is the text access_token of the answer.',
    ),
    Rule(
        id="bearer-placeholder",
        level="must",
        rfc="RFC 6750 section 2.1",
        also=("RFC 6749 section 5.1",),
        title="The client sent the word that a program prints when it has no token.",
        looks_at="API requests whose token is None, null or undefined.",
        why="The token request failed or its answer had no access_token, and the client did not notice.",
        remedy="Check the status of the token's answer and that it has access_token, before the API is called.",
    ),
    Rule(
        id="bearer-in-body",
        level="should",
        rfc="RFC 6750 section 2.2",
        title="An access token is in the body of an API request.",
        looks_at="The parameter access_token in form bodies of API requests.",
        why="APIs have to take the header, and only the header.",
        remedy="Send the header Authorization: Bearer <token>.",
    ),
    Rule(
        id="bearer-in-body-of-get",
        level="must",
        rfc="RFC 6750 section 2.2",
        title="An access token is in the body of a request that has no body by its method.",
        looks_at="The parameter access_token in the form body of GET, HEAD, OPTIONS and DELETE requests.",
        why="Servers and proxies drop or refuse such a body.",
        remedy="Send the header Authorization: Bearer <token>.",
    ),
    Rule(
        id="two-token-transports",
        level="must",
        rfc="RFC 6750 section 2",
        title="An API request carries its token in two places.",
        looks_at="The token in the Authorization header and access_token in the query or in a form body.",
        why="An API refuses it: it can't know which token counts.",
        remedy="Send the header only.",
    ),
    Rule(
        id="authorization-repeated",
        level="must",
        rfc="RFC 6750 section 2",
        also=("RFC 6749 section 2.3", "RFC 9110 section 5.3"),
        title="A request has more than one Authorization header.",
        looks_at="The header fields of every request to the token endpoint and to the API.",
        why="Servers differ in which one counts, or join them to something that is neither.",
        remedy="Set the header in one place: by the session or by the single call, not by both.",
    ),
)

_B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_IN_QUERY = re.compile(r"[?&]access_token=")
_PLACEHOLDERS = frozenset({"none", "null", "undefined", "[object object]"})
_NO_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})


def look_at_authorization_headers(entry: Exchange, found: list[tuple[str, str]]) -> None:
    """Look whether the Authorization header is there once."""
    headers = entry.request.headers
    if "authorization" in headers and ", " in headers["authorization"]:
        count = len(headers.get_all("authorization"))
        if count > 1:
            found.append(("authorization-repeated", f"there are {count} Authorization headers"))


def look_at_bearer(entry: ApiRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at the token of an API request and at its place."""
    headers = entry.request.headers
    if entry.token is None and scene.bearer_header and "authorization" in headers:
        _look_at_header(headers["authorization"], scene, found)
    if "authorization" in headers:
        _look_for_basic(headers["authorization"], scene, found)
    if b"access_token=" in entry.request.body:
        _look_at_body(entry, found)
    if "access_token=" in entry.url and "authorization" in headers and _IN_QUERY.search(entry.url):
        found.append(("two-token-transports", "there is an Authorization header, and access_token in the query"))


def _look_at_header(header: str, scene: Scene, found: list[tuple[str, str]]) -> None:
    scheme, _, value = header.partition(" ")
    lowered = scheme.lower()
    if lowered in {"basic", "dpop"}:
        return
    if lowered != "bearer":
        if scene.find_token(header.strip()) is not None:
            found.append(("bearer-malformed", "the header has the token, but no Bearer before it"))
        elif scene.find_token(value.strip()) is not None:
            found.append(("bearer-malformed", f"the token stands after {scene.show(scheme)} instead of after Bearer"))
        elif lowered.startswith("bearer"):
            found.append(("bearer-malformed", "there is no blank after Bearer"))
        return
    if value.strip().lower() in _PLACEHOLDERS:
        found.append(("bearer-placeholder", f"the token is the word {value.strip()!r}"))
    elif not value.strip():
        found.append(("bearer-malformed", "nothing stands after Bearer"))
    elif not _B64TOKEN.fullmatch(value):
        found.append(("bearer-malformed", _explain(value)))


def _explain(value: str) -> str:
    if value.lower().startswith("bearer "):
        return "the word Bearer stands twice"
    if _B64TOKEN.fullmatch(value.strip()):
        return "there is more than one blank, or a line break, around the token"
    if value[0] in "\"'<{[" or value.startswith(("b'", 'b"')):
        return f"the token is not bare: it begins with {value[0]!r}"
    return "what stands after Bearer has characters that no token has"


def _look_for_basic(header: str, scene: Scene, found: list[tuple[str, str]]) -> None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        _, _, secret = base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")
    except (binascii.Error, ValueError):
        return
    if secret and any(client.client_secret == secret for client in scene.clients.values()):
        found.append(("secret-at-api", "the Basic credentials of the API request have the client secret"))


def _look_at_body(entry: ApiRequest, found: list[tuple[str, str]]) -> None:
    if media_type(entry.request) != FORM:
        return
    if "authorization" in entry.headers:
        found.append(("two-token-transports", "there is an Authorization header, and access_token in the form body"))
    rule = "bearer-in-body-of-get" if entry.method in _NO_BODY else "bearer-in-body"
    found.append((rule, f"the form body of the {entry.method} request has the parameter access_token"))
