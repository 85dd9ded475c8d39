"""Rules about the form of a token request: method, body, encoding, parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from pytest_oauthcc.core.parameters import FORM, MOST_BYTES, REPEATABLE, media_type
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "is_readable", "look_at_token_request"]

RULES = (
    Rule(
        id="token-request-not-post",
        level="must",
        rfc="RFC 6749 section 3.2",
        title="A token request is not a POST.",
        looks_at="The method of token requests, unless the provider takes another one.",
        why="A GET has its parameters in the URL, which is logged, and it may be answered out of a cache.",
        remedy="Send a POST with a form body. Where a redirect turned the POST into a GET, use the final URL.",
    ),
    Rule(
        id="wrong-content-type",
        level="must",
        rfc="RFC 6749 section 4.4.2",
        also=("RFC 6749 appendix B",),
        title="The body of a token request is not a form.",
        looks_at="The Content-Type of token requests, unless the provider takes another format.",
        why="The server reads the body by its Content-Type; with another one it finds no parameters at all.",
        remedy="Send application/x-www-form-urlencoded: with requests and httpx data={...}, not json={...}.",
    ),
    Rule(
        id="parameters-in-query",
        level="must",
        rfc="RFC 6749 section 4.4.2",
        title="The parameters of a token request are in the URL, not in the body.",
        looks_at="grant_type and scope in the query of token requests, unless the provider takes that.",
        why="The server looks into the body only, and what is in the URL gets into logs.",
        remedy="Send a form body: with requests and httpx data={...}, not params={...}.",
    ),
    Rule(
        id="form-not-encoded",
        level="must",
        rfc="RFC 6749 appendix B",
        also=("RFC 6749 section 4.4.2",),
        title="The form body is not form-encoded.",
        looks_at="Blanks, line breaks, control characters, letters beyond ASCII, stray % signs, pieces without =, and "
        "a secret whose + arrived as a blank, in the body of token requests.",
        why="The server splits the body at & and =, and turns + into a blank and %XX into a character; what was not "
        "encoded arrives as something else.",
        remedy="Let the HTTP library write the body (data={...}), or use urllib.parse.urlencode.",
    ),
    Rule(
        id="body-not-utf8",
        level="must",
        rfc="RFC 6749 appendix B",
        title="The characters of the form body are not UTF-8.",
        looks_at="The bytes of the body of token requests, before and after the %XX are decoded.",
        why="OAuth knows one character encoding. With another one letters such as an e with an accent arrive broken.",
        remedy="Encode texts as UTF-8 before they are form-encoded, as urllib.parse.urlencode does.",
    ),
    Rule(
        id="duplicate-parameter",
        level="must",
        rfc="RFC 6749 section 3.2",
        title="A parameter came more than once.",
        looks_at="The names of the parameters of token requests; resource may repeat (RFC 8707), and so may what the "
        "provider wants repeated.",
        why="Servers differ in which of the two they take, or refuse the request.",
        remedy="Send every parameter once. Several scopes go into one parameter with blanks between them.",
    ),
    Rule(
        id="grant-type-missing",
        level="must",
        rfc="RFC 6749 section 4.4.2",
        title="A token request does not say which grant it wants.",
        looks_at="Whether token requests have the parameter grant_type with a value.",
        why="The server can't tell what is asked for, and refuses.",
        remedy="Send grant_type=client_credentials.",
    ),
    Rule(
        id="grant-type-wrong",
        level="must",
        rfc="RFC 6749 section 4.4.2",
        title="The grant type is no grant type.",
        looks_at="The value of grant_type in token requests, which has no variants in case, blanks or spelling.",
        why="The server compares it byte for byte.",
        remedy="Send grant_type=client_credentials, exactly so.",
    ),
    Rule(
        id="other-grant",
        level="should",
        rfc="RFC 6749 section 4.4",
        title="A token request uses another grant than client credentials.",
        looks_at="The value of grant_type in token requests.",
        why="A program that acts for itself has no user and nothing to exchange; this grant is the one for it.",
        remedy="Send grant_type=client_credentials.",
    ),
    Rule(
        id="password-grant",
        level="must",
        rfc="RFC 9700 section 2.4",
        title="A token request uses the password grant.",
        looks_at="grant_type=password in token requests.",
        why="It hands a person's password to a program, and can't work with a second factor. It is forbidden by now.",
        remedy="Send grant_type=client_credentials with the client's own credentials.",
    ),
    Rule(
        id="refresh-grant-used",
        level="should",
        rfc="RFC 6749 section 4.4.3",
        title="The client redeemed a refresh token.",
        looks_at="grant_type=refresh_token in token requests.",
        why="A client with credentials of its own needs no refresh token, and should not be given one: it is one more "
        "secret to keep, and not longer good than the credentials.",
        remedy="Ignore refresh_token in the answer, and ask for a new token with the client credentials.",
    ),
    Rule(
        id="empty-parameter",
        level="should",
        rfc="RFC 6749 section 3.2",
        also=("RFC 6749 section 3.3",),
        title="A parameter was sent without a value.",
        looks_at="Token requests for parameters whose value is the empty text.",
        why="It counts as if it were not there, but not every server knows that: scope= is refused by some.",
        remedy="Leave the parameter out when there is nothing to say.",
    ),
    Rule(
        id="placeholder-value",
        level="should",
        rfc="RFC 6749 section 4.4.2",
        title="A parameter has the word that a program prints when it has no value.",
        looks_at="Token requests for parameters with the value None, null or undefined.",
        why="The server takes the word for a value, and knows no such scope or audience.",
        remedy="Leave the parameter out when there is nothing to say.",
    ),
)

_READABLE_KINDS: Final = {"application/json": "json", "multipart/form-data": "multipart"}
_FORM_FLAW = re.compile(rb"[\x00-\x20\x7f-\xff]|%(?![0-9A-Fa-f]{2})")
_HIGH = re.compile(rb"%[89A-Fa-f]")  # half of a byte that is no ASCII
_PIECE_WITHOUT_EQUALS = re.compile(rb"(?:^|&)[^=&]+(?:&|$)")
_PLACEHOLDERS = frozenset({"None", "null", "undefined"})
_OTHER_GRANTS = frozenset({"authorization_code", "implicit"})


def is_readable(entry: TokenRequest) -> bool:
    """Whether the parameters of a token request could be read; otherwise nothing can be said about them."""
    return bool(entry.parameters.values) or not entry.request.body


def look_at_token_request(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at method, body and parameters of a token request."""
    request = entry.request
    if request.method != "POST" and request.method not in scene.settings.methods:
        found.append(("token-request-not-post", f"the token request is a {scene.show(request.method)}"))
        return
    if request.body:
        _look_at_body(entry, scene, found)
    parameters = entry.parameters
    if parameters.duplicates:
        _look_at_duplicates(entry, scene, found)
    values = parameters.values
    grant = values.get("grant_type")
    if grant not in scene.dialect.grant_types:
        _look_at_grant(entry, scene, found)
    for name, value in values.items():
        if value == "" and name not in {"client_secret", "grant_type"}:
            found.append(("empty-parameter", f"the parameter {scene.show(name)} is empty"))
        elif (
            value.__class__ is str
            and value in _PLACEHOLDERS
            and name not in {"client_id", "client_secret", "grant_type"}
        ):
            found.append(("placeholder-value", f"the parameter {scene.show(name)} is the word {value!r}"))


def _look_at_body(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    request = entry.request
    headers = request.headers
    kind = headers.get("content-type", "")
    if kind != FORM:
        kind = media_type(request)
        if kind != FORM:
            if _READABLE_KINDS.get(kind) not in scene.settings.body_formats:
                found.append(("wrong-content-type", _explain_kind(entry, kind, scene)))
            return
    if len(request.body) > MOST_BYTES:
        return  # it is refused unread
    flaw = _FORM_FLAW.search(request.body)
    if flaw is not None:
        found.append(_explain_flaw(request.body, flaw))
    elif _PIECE_WITHOUT_EQUALS.search(request.body) is not None:
        found.append(
            ("form-not-encoded", "the body has a piece between two & that has no =; is a & in a value not encoded?")
        )
    elif _HIGH.search(request.body) is not None:
        _look_at_characters(entry, found)
    if b"+" in request.body:
        _look_at_plus(entry, scene, found)


def _explain_kind(entry: TokenRequest, kind: str, scene: Scene) -> str:
    if kind:
        return f"the Content-Type is {scene.show(kind)}; a token request has {FORM}"
    if "content_type" in entry.request.headers:
        return f"the request has no Content-Type, but a header content_type, with an underscore; it has to be {FORM}"
    return f"the request has a body, but no Content-Type; it has to be {FORM}"


def _explain_flaw(body: bytes, flaw: re.Match[bytes]) -> tuple[str, str]:
    where = f"byte {flaw.start() + 1} of the body"
    what = flaw[0]
    if what in {b"\r", b"\n"}:
        return "form-not-encoded", f"{where} is a line break"
    if what == b" ":
        return "form-not-encoded", f"{where} is a blank; in a form it is written +"
    if what == b"%":
        return "form-not-encoded", f"{where} is a % that is not followed by two hexadecimal digits"
    if what >= b"\x80":
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            return "body-not-utf8", f"{where} is no UTF-8"
        return (
            "form-not-encoded",
            f"{where} begins a letter beyond ASCII; in a form it is written as %XX of its UTF-8 bytes",
        )
    return "form-not-encoded", f"{where} is a control character"


def _look_at_characters(entry: TokenRequest, found: list[tuple[str, str]]) -> None:
    try:
        parse_qsl(entry.request.body.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        found.append(("body-not-utf8", "the %XX of the body stand for bytes that are no UTF-8"))


def _look_at_plus(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """A + that was not encoded arrives as a blank; only who knows the secret can tell that it was a +."""
    value = entry.parameters.get("client_secret")
    if value is not None and " " in value:
        secrets = [client.client_secret for client in scene.clients.values()]
        if any("+" in secret and secret.replace("+", " ") == value for secret in secrets):
            detail = "a + of client_secret was sent as it is, and arrived as a blank; in a form it is written %2B"
            found.append(("form-not-encoded", detail))


def _look_at_duplicates(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    for name in entry.parameters.duplicates:
        wanted = scene.settings.params.get(name)
        if name not in REPEATABLE and not isinstance(wanted, tuple):
            times = len(entry.parameters.values[name])
            found.append(("duplicate-parameter", f"the parameter {scene.show(name)} came {times} times"))


def _look_at_grant(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    grant = entry.grant_type
    if grant is None:
        if not is_readable(entry):
            return
        query = parse_qsl(entry.request.split.query, keep_blank_values=True)
        own = scene.query_of_token_url(entry.request)
        in_query = [name for name, value in query if name in {"grant_type", "scope"} and (name, value) not in own]
        if in_query:
            detail = f"the query of the URL has {' and '.join(in_query)}"
            found.append(("parameters-in-query", f"{detail}, and the body does not"))
        else:
            found.append(("grant-type-missing", "the parameter grant_type is missing or empty"))
    elif grant == "password":
        found.append(("password-grant", "grant_type is 'password'"))
    elif grant == "refresh_token":
        found.append(("refresh-grant-used", "grant_type is 'refresh_token'"))
    elif grant in _OTHER_GRANTS or grant.startswith("urn:"):
        found.append(("other-grant", f"grant_type is {scene.show(grant)}"))
    elif grant not in scene.dialect.grant_types:  # the last one may be right where it came more than once
        wanted = " or ".join(map(repr, scene.dialect.grant_types))
        found.append(("grant-type-wrong", f"grant_type is {scene.show(grant)}; it has to be {wanted}"))
