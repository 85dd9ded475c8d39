"""The parameters of a token request, from whichever body they came in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from pytest_oauthcc.core.causes import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_oauthcc.core.messages import Request

__all__ = [
    "BODY_FORMATS",
    "FORM",
    "MOST_BYTES",
    "MOST_PARAMETERS",
    "REPEATABLE",
    "Parameters",
    "media_type",
    "read_parameters",
]

FORM = "application/x-www-form-urlencoded"

BODY_FORMATS: Final[Mapping[str, str]] = {
    "form": FORM,
    "json": "application/json",
    "multipart": "multipart/form-data",
    "query": "",
}
"""The body formats that a provider may take, with their media types; ``query`` is the query of the URL."""

_FORMATS: Final[Mapping[str, str]] = {kind: name for name, kind in BODY_FORMATS.items() if kind}

REPEATABLE = frozenset({"resource"})  # RFC 8707 section 2 lets this one parameter come several times

MOST_BYTES = 1_000_000
"""How long the body of a token request may be; it is kept in the journal, but not looked into."""

MOST_PARAMETERS = 1000
"""What a request may have at most; more is a mistake or an attack, and is not looked at."""

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_PART_NAME = re.compile(
    rb'^content-disposition:[^\r\n]*?;\s*name=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """
    What a token request said.

    Args:
        values: By name; a list where a name came several times.
        duplicates: Names that came more than once although they must not (RFC 6749 section 3.2).
        body_format: A key of ``BODY_FORMATS``, or nothing where there was no body.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    duplicates: tuple[str, ...] = ()
    body_format: str = ""

    def get(self, name: str) -> str | None:
        """Return a parameter's text, of a repeated one the last; an empty one is absent (RFC 6749 section 3.2)."""
        value = self.values.get(name)
        if isinstance(value, list) and (self.body_format != "json" or name in self.duplicates or name in REPEATABLE):
            value = value[-1] if value else None  # any other list is the client's own, in a JSON body
        return None if value is None or value == "" else _as_text(value)

    def get_all(self, name: str) -> list[str]:
        """Return all values of a parameter that may repeat, without the empty ones."""
        value = self.values.get(name)
        values = value if isinstance(value, list) else [value]
        return [_as_text(item) for item in values if item is not None and item != ""]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def media_type(request: Request) -> str:
    """Return the media type of a request's body in lower case, without its parameters; nothing where none is told."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_parameters(request: Request, body_formats: Sequence[str]) -> tuple[Parameters, Verdict | None]:
    """
    Read a token request's parameters from its body or, where the provider takes that, from its query.

    A body in a format that the provider does not take is read as well: a test wants to know what was in it.

    Args:
        request: The request.
        body_formats: The keys of ``BODY_FORMATS`` that the provider takes.

    Returns:
        The parameters, and what is wrong with the body, if anything.
    """
    found = media_type(request)
    if not request.body and "query" in body_formats:
        return _collect(_read_query(request), "query"), None
    body_format = _FORMATS.get(found, "form")
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        detail = f"the body has the Content-Encoding {coding}, which this endpoint does not decode; send it as it is"
        return Parameters({}, (), body_format), _malformed(detail)
    if len(request.body) > MOST_BYTES:
        return Parameters({}, (), body_format), _malformed(f"the body is longer than {MOST_BYTES:,} bytes")
    pairs = _READERS[body_format](request)
    if not isinstance(pairs, Verdict) and len(pairs) > MOST_PARAMETERS:
        pairs = _malformed(f"the body has more than {MOST_PARAMETERS:,} parameters")
    if found not in _FORMATS or body_format not in body_formats:
        wanted = " or ".join(BODY_FORMATS[name] or "parameters in the query" for name in body_formats)
        told = f"the Content-Type is {found}" if found else "the request has no Content-Type"
        if not found and "content_type" in request.headers:
            told += " (it has a header content_type, with an underscore, which is another name)"
        detail = f"{told}, and this provider wants {wanted}"
        wrong = Verdict(Cause.WRONG_CONTENT_TYPE, detail, {"found": found, "wanted": wanted})
        return Parameters() if isinstance(pairs, Verdict) else _collect(pairs, body_format), wrong
    if isinstance(pairs, Verdict):
        return Parameters({}, (), body_format), pairs
    return _collect(pairs, body_format), None


_Pairs = list[tuple[str, Any]]


def _malformed(detail: str) -> Verdict:
    return Verdict(Cause.MALFORMED_BODY, detail)


def _read_form(request: Request) -> _Pairs | Verdict:
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError as error:
        return _malformed(f"the form body is not UTF-8 (byte {error.start}); RFC 6749 appendix B wants UTF-8")
    try:
        return _parse_form(text)
    except ValueError as error:
        return _malformed(f"the form body can't be read: {error}")


def _parse_form(text: str) -> _Pairs:
    return list(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS))


def _read_query(request: Request) -> _Pairs:
    try:
        return _parse_form(request.split.query)
    except ValueError:
        return []


def _read_json(request: Request) -> _Pairs | Verdict:
    outermost: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        outermost[:] = pairs  # the outermost object is finished last
        return dict(pairs)

    try:
        value = json.loads(request.body.decode("utf-8"), object_pairs_hook=keep)
    except UnicodeDecodeError as error:
        return _malformed(f"the JSON body is not UTF-8 (byte {error.start})")
    except RecursionError:
        return _malformed("the JSON body is nested too deeply")
    except ValueError as error:
        return _malformed(f"the body is not JSON: {error}")
    if not isinstance(value, dict):
        return _malformed(f"the JSON body is a {type(value).__name__}; it has to be an object")
    return outermost


def _read_multipart(request: Request) -> _Pairs | Verdict:
    """Read the parts of RFC 7578, each of which has a name and a text."""
    boundary = _BOUNDARY.search(request.headers["content-type"])
    if boundary is None:
        return _malformed("the Content-Type of the multipart body has no boundary")
    delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode("utf-8", "replace")
    sections = (b"\r\n" + request.body).split(delimiter)
    parts = sections[1:-1]  # between what may stand in front and what may follow
    if not parts or not sections[-1].startswith(b"--"):
        return _malformed("the multipart body has no parts or no end; is the boundary right?")
    pairs: _Pairs = []
    for part in parts:
        head, _, payload = part.partition(b"\r\n\r\n")
        name = _PART_NAME.search(head)
        if name is None:
            return _malformed("a part of the multipart body has no name")
        try:
            pairs.append(((name[1] or name[2]).decode("utf-8"), payload.decode("utf-8")))
        except UnicodeDecodeError:
            return _malformed("a part of the multipart body is not UTF-8")
    return pairs


_READERS: Final[Mapping[str, Callable[[Request], _Pairs | Verdict]]] = {
    "form": _read_form,
    "json": _read_json,
    "multipart": _read_multipart,
}


def _collect(pairs: _Pairs, body_format: str) -> Parameters:
    values = dict(pairs)
    if len(values) == len(pairs):
        return Parameters(values, (), body_format)
    several: dict[str, list[Any]] = {}
    for name, value in pairs:
        several.setdefault(name, []).append(value)
    duplicates = tuple(name for name, found in several.items() if len(found) > 1 and name not in REPEATABLE)
    values = {name: found if len(found) > 1 else found[0] for name, found in several.items()}
    return Parameters(values, duplicates, body_format)
