"""How a refusal looks on the wire, in the provider's own form."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.core.templates import compile_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.causes import Cause, Refusal, Verdict

__all__ = ["NO_STORE", "challenge", "error_text", "json_response", "refuse"]

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))  # RFC 6749 section 5.1

_FORBIDDEN = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
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


def json_response(status: int, value: Any, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """Make a response with a JSON body."""
    return Response(status, (("Content-Type", _JSON), *headers), json.dumps(value).encode())


def refuse(
    verdict: Verdict,
    refusal: Refusal,
    values: Mapping[str, Any],
    *,
    headers: tuple[tuple[str, str], ...] = (),
    www_authenticate: str | None = None,
    default_body: bool = True,
) -> Response:
    """
    Make the response to a refused request.

    Args:
        verdict: What is wrong with it.
        refusal: How the provider answers that.
        values: What templates may use.
        headers: Headers that every answer of this endpoint has.
        www_authenticate: The challenge, where there is one.
        default_body: Whether an answer without a template has the JSON body of RFC 6749 section 5.2.

    Returns:
        The response.
    """
    own = {name.lower() for name in refusal.headers}
    known = {**verdict.facts, **values, "error": refusal.error, "status": refusal.status}
    description = error_text(verdict.detail)
    if refusal.description is not None:
        description = compile_template(refusal.description)({**known, "description": description})
    known["description"] = description
    fields = replace_headers(headers, ((name, compile_template(text)(known)) for name, text in refusal.headers.items()))
    if www_authenticate is not None and refusal.challenge and "www-authenticate" not in own:
        fields.append(("WWW-Authenticate", www_authenticate))
    body, kind = _body(refusal, known, default_body=default_body)
    if body and "content-type" not in own:
        fields.insert(0, ("Content-Type", kind))
    return Response(refusal.status, tuple(fields), body)


def _body(refusal: Refusal, known: Mapping[str, Any], *, default_body: bool) -> tuple[bytes, str]:
    if refusal.body is not None:
        body = compile_template(refusal.body)(known)
        if isinstance(body, str):
            return body.encode(), refusal.content_type or "text/plain; charset=utf-8"
        return json.dumps(body).encode(), refusal.content_type or _JSON
    if not default_body or refusal.error is None:
        return b"", _JSON
    body = {"error": refusal.error}
    if known["description"]:
        body["error_description"] = known["description"]
    return json.dumps(body).encode(), _JSON


def lookup(cause: Cause, own: Mapping[Cause, Refusal], standard: Mapping[Cause, Refusal]) -> Refusal:
    """Return how a provider answers a cause: its own way, else the RFC's."""
    return own[cause] if cause in own else standard[cause]
