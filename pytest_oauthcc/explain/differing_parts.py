"""Why one part of a request is not as expected: what people and libraries do to it on its way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, unquote_plus

from pytest_oauthcc.core.journal import ApiRequest, TokenRequest, query_params
from pytest_oauthcc.core.parameters import FORM, media_type
from pytest_oauthcc.explain.differing_scopes import causes_of_scope, causes_of_token_scope
from pytest_oauthcc.explain.misplaced import parameter_elsewhere
from pytest_oauthcc.explain.showing import join_words
from pytest_oauthcc.explain.similar_names import similar_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_oauthcc.explain.difference import Difference
    from pytest_oauthcc.explain.situation import Situation

__all__ = ["causes_of_difference"]


def causes_of_difference(situation: Situation, difference: Difference) -> Iterator[str]:
    """
    Work out why a part of a request is not as expected.

    Args:
        situation: What happened.
        difference: A part of the request that the failure is about.

    Returns:
        Sentences, one cause each; none where nothing tells why.
    """
    return _EXPLAINERS[difference.kind](situation, difference)


# --- the client


def _grant_type(situation: Situation, difference: Difference) -> Iterator[str]:
    if difference.received is None:
        where = parameter_elsewhere(situation.entry, "grant_type")
        if where:
            yield where
    elif difference.received == "refresh_token":
        yield (
            "The client used a refresh token; with client credentials there should be none (RFC 6749 section 4.4.3), "
            "it asks again with its own credentials."
        )


def _auth_method(situation: Situation, difference: Difference) -> Iterator[str]:
    entry: TokenRequest = situation.entry
    if entry.presented.problem:
        yield f"The credentials can't be read: {entry.presented.problem}."
    elif (told := _AUTH_CAUSES.get((difference.expected, difference.received))) is not None:
        yield told
    elif difference.received == "none":
        found = [name for name in ("client_secret", "client_assertion") if name in query_params(entry.request)]
        yield (
            f"{join_words(found)} came in the query of the URL, where it must not be (RFC 6749 section 2.3.1)."
            if found
            else "The request brings no credentials. Give the client oauthcc.client_id and oauthcc.client_secret."
        )
    if entry.presented.other:
        also = join_words(entry.presented.other)
        yield f"The same request also authenticates by {also}; RFC 6749 section 2.3 allows one method."


_BASIC = "The secret came in the body, not in the Authorization header."
_POST = "The secret came in the Authorization header, not in the body."
_AUTH_CAUSES: Final[Mapping[tuple[Any, Any], str]] = {
    ("client_secret_basic", "client_secret_post"): (
        f"{_BASIC} With requests and httpx: auth=(client_id, client_secret), and no client_secret in data={{...}}; "
        "with Authlib: token_endpoint_auth_method='client_secret_basic'."
    ),
    ("client_secret_post", "client_secret_basic"): (
        f"{_POST} With requests and httpx: client_id and client_secret in data={{...}}, and no auth=(...); "
        "with Authlib: token_endpoint_auth_method='client_secret_post'; "
        "with requests-oauthlib: include_client_id=True and no auth=."
    ),
}


def _client_id(situation: Situation, difference: Difference) -> Iterator[str]:
    received, expected = difference.received, difference.expected
    if received is None:
        yield "The request names no client, neither in an Authorization header nor as the parameter client_id."
    elif isinstance(expected, str):
        others = [n for n, other in enumerate(situation.entries, 1) if other.client_id == expected]
        if others:
            yield f"The client {expected!r} made token request {join_words(map(str, others[:5]))}."
        elif received.strip() == expected.strip():
            yield "The two client ids differ in white space at the ends only: where does the client read its id from?"
        elif _same_but_case(received, expected):
            yield "The two client ids differ in upper and lower case only."


def _same_but_case(one: str, other: str) -> bool:
    return one != other and one.lower() == other.lower()


# --- headers and parameters


def _header(situation: Situation, difference: Difference) -> Iterator[str]:
    name, headers = difference.name, situation.entry.headers
    if difference.received is None:
        near = similar_name(name, headers)
        if near is not None:
            yield f"The header was sent under another name: {near} instead of {name}."
            return
        same = [
            other for other in headers if isinstance(difference.expected, str) and headers[other] == difference.expected
        ]
        if same:
            yield f"The value came under another name: {same[0]} instead of {name}."
            return
        if name in _params_of(situation.entry):
            yield f"{name} was sent as a parameter, not as a header: with requests and httpx, headers={{...}}."
    elif isinstance(difference.expected, str):
        yield from _text(f"header {name}", difference.received, difference.expected)


def _param(situation: Situation, difference: Difference) -> Iterator[str]:
    entry: TokenRequest = situation.entry
    yield from _named(situation, difference, dict(entry.parameters.values), parameter_elsewhere(entry, difference.name))


def _query(situation: Situation, difference: Difference) -> Iterator[str]:
    entry: ApiRequest = situation.entry
    found = query_params(entry.request)
    where = None
    body = entry.json if isinstance(entry.json, dict) else dict(_form(entry))
    if difference.name in body:
        where = f"{difference.name} was sent in the body, not in the query: with requests and httpx, params={{...}}."
    elif not found and difference.received is None:
        where = "The URL has no query at all."
    yield from _named(situation, difference, found, where)


def _named(situation: Situation, difference: Difference, found: Mapping[str, Any], where: str | None) -> Iterator[str]:
    name, received, expected = difference.name, difference.received, difference.expected
    if received is None:
        near = similar_name(name, found)
        if near is not None:
            yield f"The parameter was sent under another name: {near} instead of {name}."
        elif where:
            yield where
        elif name in situation.entry.headers:
            yield f"{name} was sent as a header, not as a parameter."
    elif isinstance(received, str) and isinstance(expected, int | float) and received == str(expected):
        yield f"{name} is a number in the test, and what is sent is always a text: expect {received!r}."
    elif isinstance(received, str) and isinstance(expected, bool):
        yield f"{name} is a boolean in the test, and what is sent is always a text: expect {received!r}."
    elif isinstance(received, list) and expected in received:
        yield f"{name} was sent {len(received)} times; expect a list of all its values."
    elif isinstance(received, str) and isinstance(expected, str):
        yield from _text(name, received, expected)


def _text(what: str, received: str, expected: str) -> Iterator[str]:
    if received.strip() == expected.strip():
        yield f"The two values of {what} differ in white space at the ends only."
    elif _same_but_case(received, expected):
        yield f"The two values of {what} differ in upper and lower case only."
    elif unquote_plus(received) == expected:
        yield f"{what} was percent-encoded twice: give the HTTP library the plain text, it encodes it."
    elif received in {"None", "null", "True", "False"}:
        yield f"{what} is the text {received!r}: a Python object was put where a text belongs."


def _params_of(entry: TokenRequest | ApiRequest) -> Mapping[str, Any]:
    return entry.parameters.values if isinstance(entry, TokenRequest) else query_params(entry.request)


def _form(entry: TokenRequest | ApiRequest) -> list[tuple[str, str]]:
    return (
        parse_qsl(entry.body.decode("utf-8", "replace"), keep_blank_values=True)
        if media_type(entry.request) == FORM
        else []
    )


# --- the API


def _method(situation: Situation, difference: Difference) -> Iterator[str]:
    position = situation.position or 0
    previous = situation.entries[position - 1] if position else None
    if (
        previous is not None
        and previous.status in {301, 302, 303}
        and previous.method == difference.expected
        and difference.received == "GET"
    ):
        yield (
            f"Request {position} was a {previous.method} and got a redirect ({previous.status}); an HTTP library "
            "follows that with a GET. A redirect that keeps the method is 307 or 308."
        )


def _path(situation: Situation, difference: Difference) -> Iterator[str]:
    received, expected = difference.received, difference.expected
    if not isinstance(expected, str):
        return
    base = situation.entry.request.split.path.removesuffix(received)
    if received.rstrip("/") == expected.rstrip("/"):
        yield "The paths differ in the slash at the end only, which is another resource (RFC 3986 section 6.2.3)."
    elif base and f"{base}{received}" == expected:
        yield f"path is the part below api_url, and api_url ends in {base}: expect {received!r}."
    elif received.replace("//", "/") == expected:
        yield "There are two slashes in a row where the base URL and the path were put together."
    elif unquote(received) == unquote(expected):
        yield f"The paths differ in percent-encoding only; a path is compared as it was sent: expect {received!r}."
    elif _same_but_case(received, expected):
        yield "The paths differ in upper and lower case only."
    elif expected.endswith(received):
        lost = expected.removesuffix(received)
        yield f"The beginning {lost!r} is missing: was it lost when the client joined base URL and path (urljoin)?"
    elif received.endswith(expected):
        before = received.removesuffix(expected)
        yield f"There is {before!r} before it: does the client's base URL have that, and oauthcc.api_url not?"


def _json(situation: Situation, difference: Difference) -> Iterator[str]:
    entry: ApiRequest = situation.entry
    if entry.json is not None:
        if isinstance(entry.json, str) and _reads_as(entry.json, difference.expected):
            yield "The JSON was encoded twice: with requests and httpx, json=value instead of json=json.dumps(value)."
    elif not entry.body:
        yield "The request has no body."
    elif media_type(entry.request) == FORM:
        yield "The body is a form: with requests and httpx, json={...} instead of data={...} makes it JSON."
    else:
        told = entry.headers.get("content-type")
        yield f"The body ({len(entry.body):,} bytes, {told or 'without Content-Type'}) is not JSON."


def _reads_as(text: str, expected: Any) -> bool:
    try:
        return bool(json.loads(text) == expected)
    except (ValueError, RecursionError):
        return False


_EXPLAINERS: Final[Mapping[str, Callable[[Situation, Difference], Iterator[str]]]] = {
    "grant_type": _grant_type,
    "scope": causes_of_scope,
    "auth_method": _auth_method,
    "client_id": _client_id,
    "header": _header,
    "param": _param,
    "query": _query,
    "method": _method,
    "path": _path,
    "json": _json,
    "token": causes_of_token_scope,
}
