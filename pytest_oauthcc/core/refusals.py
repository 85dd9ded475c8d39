"""How a refusal looks on the wire, in the provider's own form."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.causes import Cause, Refusal
from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.core.templates import OMIT, Renderer, compile_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_oauthcc.core.actions import Fail
    from pytest_oauthcc.core.causes import Verdict

__all__ = [
    "NO_STORE",
    "challenge",
    "compile_headers",
    "error_text",
    "fill_headers",
    "json_response",
    "lookup",
    "refusal_templates",
    "refuse",
    "replace_headers",
    "scripted_refusal",
    "tell_nonce",
]

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))  # RFC 6749 section 5.1

_FORBIDDEN = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
_CONTROL = re.compile(r"[^\x20-\x7e\xa0-\xff]")  # a value out of the request could end the header otherwise
_JSON = "application/json"


def error_text(text: str) -> str:
    """Bring a text into the characters that RFC 6749 section 5.2 and RFC 6750 section 3 allow for descriptions."""
    return _FORBIDDEN.sub("?", text.replace('"', "'").replace("\\", "/"))


def challenge(scheme: str, attributes: Mapping[str, str | None]) -> str:
    """Write a ``WWW-Authenticate`` challenge (RFC 9110 section 11.6.1); attributes that are None are left out."""
    shown = ", ".join(f'{name}="{error_text(value)}"' for name, value in attributes.items() if value is not None)
    return f"{scheme} {shown}"


def replace_headers(usual: Iterable[tuple[str, str]], own: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Put headers of a provider's own after the usual ones, in place of those with the same name."""
    own = tuple(own)
    names = {name.lower() for name, _ in own}
    return [*(field for field in usual if field[0].lower() not in names), *own]


def compile_headers(templates: Mapping[str, str]) -> tuple[tuple[str, Renderer], ...]:
    """Make ready the templates of headers."""
    return tuple((name, compile_template(text)) for name, text in templates.items())


def fill_headers(compiled: Iterable[tuple[str, Renderer]], values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Fill templates of headers in; one whose only placeholder has no value is left out."""
    filled = ((name, render(values)) for name, render in compiled)
    return [(name, _CONTROL.sub("?", str(value))) for name, value in filled if value is not OMIT]


def json_response(status: int, value: Any, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Make a response with a JSON body; a Content-Type among the headers goes before the usual one."""
    fields = tuple(replace_headers((("Content-Type", _JSON),), headers))
    return Response(status, fields, json.dumps(value).encode())


def refuse(
    verdict: Verdict,
    refusal: Refusal,
    values: Mapping[str, Any],
    *,
    headers: tuple[tuple[str, str], ...] = (),
    www_authenticate: str | None = None,
) -> Response:
    """
    Make the response to a refused request.

    Args:
        verdict: What is wrong with it.
        refusal: How the provider answers that.
        values: What templates may use.
        headers: Headers that every answer of this endpoint has.
        www_authenticate: The challenge, where there is one.

    Returns:
        The response.
    """
    own = {name.lower() for name in refusal.headers}
    known = {**verdict.facts, **values, "error": refusal.error, "status": refusal.status}
    description = error_text(verdict.detail)
    if refusal.description is not None:
        description = compile_template(refusal.description)({**known, "description": description})
    known["description"] = description
    fields = replace_headers(headers, fill_headers(compile_headers(refusal.headers), known))
    if www_authenticate is not None and refusal.challenge and "www-authenticate" not in own:
        fields.append(("WWW-Authenticate", www_authenticate))
    body, kind = _body(refusal, known)
    if body and "content-type" not in own:
        fields.insert(0, ("Content-Type", kind))
    return Response(refusal.status, tuple(fields), body)


def _body(refusal: Refusal, known: Mapping[str, Any]) -> tuple[bytes, str]:
    if refusal.body is not None:
        body = compile_template(refusal.body)(known)
        if isinstance(body, str):
            return body.encode("utf-8", "replace"), refusal.content_type or "text/plain; charset=utf-8"
        return json.dumps(body).encode(), refusal.content_type or _JSON
    if refusal.error is None:
        return b"", _JSON
    body = {"error": refusal.error}
    if known["description"]:
        body["error_description"] = known["description"]
    return json.dumps(body).encode(), _JSON


def tell_nonce(response: Response, nonce: str | None) -> Response:
    """Add the nonce for the next DPoP proof to an answer, where there is one to tell (RFC 9449 section 8)."""
    if nonce is None:
        return response
    return replace(response, headers=(*response.headers, ("DPoP-Nonce", nonce)))


def refusal_templates(refusals: Mapping[Cause, Refusal]) -> list[Any]:
    """Return every template in a provider's refusals."""
    return [[refusal.description, refusal.body, refusal.headers] for refusal in refusals.values()]


def lookup(cause: Cause, own: Mapping[Cause, Refusal], standard: Mapping[Cause, Refusal]) -> Refusal:
    """Return how a provider answers a cause: its own way, else the RFC's."""
    return own[cause] if cause in own else standard[cause]


# What a test most likely means by an error code, where a provider has its own form for several causes of it.
_USUAL_CAUSES: Mapping[str, Cause] = {
    "invalid_request": Cause.MISSING_PARAM,
    "invalid_client": Cause.BAD_SECRET,
    "unauthorized_client": Cause.UNAUTHORIZED_CLIENT,
    "unsupported_grant_type": Cause.UNSUPPORTED_GRANT_TYPE,
    "invalid_scope": Cause.UNKNOWN_SCOPE,
    "invalid_target": Cause.UNKNOWN_AUDIENCE,
    "invalid_token": Cause.TOKEN_UNKNOWN,
    "insufficient_scope": Cause.INSUFFICIENT_SCOPE,
}


def scripted_refusal(action: Fail, own: Mapping[Cause, Refusal], statuses: Mapping[str, int]) -> Refusal:
    """
    Return how a provider answers with an error that a test scripted.

    Args:
        action: What the test said; its ``error`` is a code of an RFC or one of the provider's own.
        own: The provider's own forms.
        statuses: By error code, where the provider has no form of its own; 400 for others.

    Returns:
        The provider's form with the test's status; a description of the test's goes by the name ``scripted``.
    """
    error = str(action.error)
    found = own.get(_USUAL_CAUSES[error]) if error in _USUAL_CAUSES else None
    if found is None and error not in _USUAL_CAUSES:
        found = next((refusal for refusal in own.values() if refusal.error == error), None)
    if found is None:
        found = Refusal(statuses.get(error, 400), error)
    status = found.status if action.status is None else action.status
    description = found.description if action.description is None else "{scripted}"
    return replace(found, status=status, description=description)
