"""What a real answer and the fake's answer to the same request have in common, and what not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_oauthcc.core.messages import Response

__all__ = ["ABSENT", "Difference", "challenge_parts", "compare_refusals", "compare_tokens", "json_type", "members_of"]

ABSENT = "absent"
_TOLERANCE = 1  # second: a clock may tick between issuing and telling
_OK = 200
_CHALLENGE = re.compile(r"\s*([A-Za-z][\w-]*)(?:\s+(.*))?", re.DOTALL)
_PARAMETER = re.compile(r'([A-Za-z_][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class Difference(NamedTuple):
    """
    One thing in which the fake is not like the provider.

    Args:
        what: The thing, such as ``token answer: member "scope"``.
        fake: What the fake does.
        live: What the provider does.
    """

    what: str
    fake: str
    live: str


def json_type(value: Any) -> str:
    """Return the name of a value's type in JSON, with the whole numbers apart."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def members_of(response: Response) -> dict[str, Any] | None:
    """Return the members of a JSON object; None where the body is something else."""
    try:
        found = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def challenge_parts(value: str) -> tuple[str, dict[str, str]]:
    """
    Take a ``WWW-Authenticate`` header apart (RFC 9110 section 11.6.1); of several challenges the first.

    Args:
        value: The header.

    Returns:
        The scheme, and the parameters by their names in small letters.
    """
    found = _CHALLENGE.match(value)
    if found is None:
        return "", {}
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(found[2] or ""):
        parameters.setdefault(name.lower(), quoted or plain)
    return found[1], parameters


def compare_tokens(fake: Response, live: Response, *, scope_separator: str = " ") -> list[Difference]:
    """
    Compare two answers with a token, or one with a token and a refusal.

    Args:
        fake: The fake's.
        live: The provider's.
        scope_separator: What stands between two scopes.

    Returns:
        The differences.
    """
    place = "token answer"
    if fake.status != live.status:
        return [Difference(f"{place}: status", _status(fake), _status(live))]
    found = [*_compare_heads(place, fake, live)]
    ours, theirs = members_of(fake), members_of(live)
    if ours is None or theirs is None:
        return [*found, *_compare_bodies(place, fake, live)]
    found += _compare_members(f"{place}: member", ours, theirs)
    found += _compare_value(f"{place}: token_type", ours.get("token_type"), theirs.get("token_type"))
    found += _compare_lifetimes(f"{place}: lifetime (expires_in)", ours.get("expires_in"), theirs.get("expires_in"))
    found += _compare_scopes(ours.get("scope"), theirs.get("scope"), scope_separator)
    found += _compare_access_tokens(ours.get("access_token"), theirs.get("access_token"))
    return found


def compare_refusals(place: str, fake: Response, live: Response) -> list[Difference]:
    """
    Compare two refusals.

    Args:
        place: ``"token refusal"`` or ``"API refusal"``, with its cause.
        fake: The fake's.
        live: The provider's.

    Returns:
        The differences.
    """
    if fake.status != live.status:
        return [Difference(f"{place}: status", _status(fake), _status(live))]
    found = [*_compare_heads(place, fake, live), *_compare_challenges(place, fake, live)]
    ours, theirs = members_of(fake), members_of(live)
    if ours is None or theirs is None:
        return [*found, *_compare_bodies(place, fake, live)]
    found += _compare_members(f"{place}: member", ours, theirs)
    return found + _compare_value(f"{place}: error", ours.get("error"), theirs.get("error"))


def _status(response: Response) -> str:
    error = (members_of(response) or {}).get("error")
    return f"{response.status} {error}" if isinstance(error, str) else str(response.status)


def _media_type(response: Response) -> str:
    value = response.header("Content-Type")
    return ABSENT if value is None else value.partition(";")[0].strip().lower()


def _compare_heads(place: str, fake: Response, live: Response) -> Iterator[Difference]:
    ours, theirs = _media_type(fake), _media_type(live)
    if ours != theirs and (fake.body or live.body):
        yield Difference(f"{place}: Content-Type", ours, theirs)
    if place.startswith("token"):
        stored = ["no-store" in (response.header("Cache-Control") or "").lower() for response in (fake, live)]
        if stored[0] != stored[1]:
            shown = ["no-store" if is_so else "without no-store" for is_so in stored]
            yield Difference(f"{place}: Cache-Control", *shown)


def _compare_challenges(place: str, fake: Response, live: Response) -> Iterator[Difference]:
    ours, theirs = fake.header("WWW-Authenticate"), live.header("WWW-Authenticate")
    if ours is None or theirs is None:
        if ours is not theirs:
            shown = [ABSENT if value is None else challenge_parts(value)[0] for value in (ours, theirs)]
            yield Difference(f"{place}: WWW-Authenticate", *shown)
        return
    our_scheme, our_parameters = challenge_parts(ours)
    their_scheme, their_parameters = challenge_parts(theirs)
    if our_scheme.lower() != their_scheme.lower():
        yield Difference(f"{place}: WWW-Authenticate scheme", our_scheme, their_scheme)
    for name in sorted({*our_parameters, *their_parameters}):
        if (name in our_parameters) != (name in their_parameters):
            shown = ["present" if name in parameters else ABSENT for parameters in (our_parameters, their_parameters)]
            yield Difference(f"{place}: WWW-Authenticate {name}", *shown)
    yield from _compare_value(
        f"{place}: WWW-Authenticate error", our_parameters.get("error"), their_parameters.get("error")
    )


def _compare_bodies(place: str, fake: Response, live: Response) -> list[Difference]:
    shown = [_kind_of_body(response) for response in (fake, live)]
    return [] if shown[0] == shown[1] else [Difference(f"{place}: body", *shown)]


def _kind_of_body(response: Response) -> str:
    if not response.body:
        return "empty"
    return "text" if members_of(response) is None else "JSON object"


def _compare_members(place: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[Difference]:
    found: list[Difference] = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        our_type = json_type(ours[name]) if name in ours else ABSENT
        their_type = json_type(theirs[name]) if name in theirs else ABSENT
        if our_type != their_type:
            found.append(Difference(f'{place} "{name}"', our_type, their_type))
        elif our_type == "object":
            found += _compare_members(f"{place} {name}.", ours[name], theirs[name])
    return found


def _compare_value(what: str, ours: Any, theirs: Any) -> list[Difference]:
    both = isinstance(ours, str) and isinstance(theirs, str)
    return [Difference(what, str(ours), str(theirs))] if both and ours != theirs else []


def _compare_lifetimes(what: str, ours: Any, theirs: Any) -> list[Difference]:
    our_seconds, their_seconds = seconds_of(ours), seconds_of(theirs)
    if our_seconds is None or their_seconds is None or abs(our_seconds - their_seconds) <= _TOLERANCE:
        return []
    return [Difference(what, f"{our_seconds:g} s", f"{their_seconds:g} s")]


def _compare_scopes(ours: Any, theirs: Any, separator: str) -> list[Difference]:
    if not isinstance(ours, str) or not isinstance(theirs, str) or set(ours.split()) == set(theirs.split()):
        return []
    if set(ours.split(separator)) == set(theirs.split(separator)):
        return []
    return [Difference("token answer: scope", ours or "empty", theirs or "empty")]


def _compare_access_tokens(ours: Any, theirs: Any) -> list[Difference]:
    if not isinstance(ours, str) or not isinstance(theirs, str):
        return []
    our_header, their_header = decode_header(ours), decode_header(theirs)
    kinds = ["JWT" if header else "opaque" for header in (our_header, their_header)]
    if kinds[0] != kinds[1]:
        return [Difference("access token: format", *kinds)]
    found = _compare_members("access token: header", our_header, their_header)
    found += _compare_value("access token: header alg", our_header.get("alg"), their_header.get("alg"))
    found += _compare_value("access token: header typ", our_header.get("typ"), their_header.get("typ"))
    our_claims, their_claims = decode_claims(ours), decode_claims(theirs)
    found += _compare_members("access token: claim", our_claims, their_claims)
    lifetimes = [_lifetime(claims) for claims in (our_claims, their_claims)]
    return found + _compare_lifetimes("access token: lifetime (exp - iat)", *lifetimes)


def _lifetime(claims: Mapping[str, Any]) -> float | None:
    issued, expiry = seconds_of(claims.get("iat")), seconds_of(claims.get("exp"))
    return None if issued is None or expiry is None else expiry - issued
