"""What a live run teaches about a provider: forms without values, fit to be written into a profile."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header, is_numeric_date, seconds_of
from pytest_oauthcc.live.comparing import challenge_parts, members_of
from pytest_oauthcc.options import AUTH_METHODS, SIGNING_ALGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_oauthcc.core.journal import ApiRequest, TokenRequest
    from pytest_oauthcc.core.messages import Response
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = ["Lessons", "Occasion", "path_template"]

_OK = 200
_UNAUTHORIZED = 401
_PLAIN_WORD = re.compile(r"[A-Za-z]{1,16}")
_SCOPE = re.compile(r"[a-z][a-z_.:-]{0,40}")  # one with digits or a host in it may name a customer
_ID_LIKE = re.compile(r"(?=.*\d)[\w.~-]{5,}")
_TIMES = ("exp", "iat", "nbf")
_MEDIA_TYPE = re.compile(r"[a-z0-9][\w!#$&^.+-]*/[a-z0-9][\w!#$&^.+-]*", re.ASCII)  # RFC 6838 section 4.2
_NEAR = 1  # second


@dataclass(frozen=True, slots=True)
class Occasion:
    """
    One complete real exchange.

    Args:
        entry: Its entry in the journal.
        live: The real answer.
        cause: Why the fake refuses the request; None where it does not.
        values: What templates may use: the provider's URLs and own options.
        token: The token in the answer, or in the request to an API.
    """

    entry: TokenRequest | ApiRequest
    live: Response
    cause: Any
    values: Mapping[str, Any]
    token: IssuedToken | None


@dataclass(slots=True)
class Lessons:
    """Everything that was learned; only names, types, codes and lifetimes, so that nothing in it is secret."""

    place: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    scopes: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, dict[str, Any]] = field(default_factory=dict)
    api_refusals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note_token(self, occasion: Occasion) -> None:
        """Learn from an answer of the token endpoint."""
        entry: Any = occasion.entry
        self.place = self.place or path_template(entry.url, [entry.client_id or ""])
        if occasion.live.status == _OK:
            self._note_success(occasion)
        elif occasion.cause is not None:
            self.refusals.setdefault(str(occasion.cause.value), _refusal_of(occasion, is_api=False))

    def note_api(self, occasion: Occasion) -> None:
        """Learn from a refusal of the API."""
        if occasion.cause is not None:
            self.api_refusals.setdefault(str(occasion.cause.value), _refusal_of(occasion, is_api=True))

    def _note_success(self, occasion: Occasion) -> None:
        entry: Any = occasion.entry
        members = members_of(occasion.live) or {}
        self._add("auth_methods", [entry.auth_method] if entry.auth_method in AUTH_METHODS else [])
        self._add("body_formats", [entry.parameters.body_format] if entry.parameters.body_format else [])
        self._add("methods", [entry.method])
        self._add("audience_param", [name for name in ("resource", "audience") if name in entry.parameters.values])
        told = members.get("scope")
        self.scopes.append(
            {
                "asked": bool(entry.requested_scopes),
                "told": isinstance(told, str),
                "same": isinstance(told, str) and set(told.split()) == set(entry.requested_scopes),
                "plain": sorted(scope for scope in str(told or "").split() if _SCOPE.fullmatch(scope)),
            }
        )
        if not self.answer:
            self.answer = _answer_of(occasion, members)

    def _add(self, name: str, found: Iterable[str]) -> None:
        known = self.options.setdefault(name, [])
        known.extend(value for value in found if value not in known)

    def as_data(self) -> dict[str, Any]:
        """Return everything as JSON-like data."""
        return {name: getattr(self, name) for name in self.__slots__}

    def merge(self, data: Mapping[str, Any]) -> None:
        """Take over what a worker of pytest-xdist has learned."""
        self.place = self.place or data["place"]
        self.answer = self.answer or data["answer"]
        for name, found in data["options"].items():
            self._add(name, found)
        self.scopes.extend(data["scopes"])
        self.refusals = {**data["refusals"], **self.refusals}
        self.api_refusals = {**data["api_refusals"], **self.api_refusals}


def path_template(url: str, identifiers: Iterable[str]) -> dict[str, Any]:
    """
    Make the path of a URL fit for a profile: segments that look like somebody's id become options.

    Args:
        url: The real URL; its host becomes an option, and its query is left out.
        identifiers: Texts that are ids for sure.

    Returns:
        The template of the ``path``, and the names of the ``options`` in it.
    """
    known = {text for text in identifiers if text}
    names: list[str] = []
    segments = []
    for segment in urlsplit(url).path.split("/"):
        if segment in known or _is_uuid(segment) or (_ID_LIKE.fullmatch(segment) and not _is_version(segment)):
            names.append("tenant" if not names else f"tenant_{len(names) + 1}")
            segments.append(f"{{{names[-1]}}}")
        else:
            segments.append(segment)
    return {"path": "/".join(segments) or "/", "options": names}


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _is_version(text: str) -> bool:
    return re.fullmatch(r"oauth2|v?\d+([.]\d+)*", text) is not None


def _answer_of(occasion: Occasion, members: Mapping[str, Any]) -> dict[str, Any]:
    value = str(members.get("access_token", ""))
    header, claims = decode_header(value), decode_claims(value)
    known = _Known(occasion, claims)
    told = seconds_of(members.get("expires_in"))
    lifetime = int(told) if told is not None and told >= 0 and told == int(told) else None
    if lifetime is None and _is_whole(claims.get("exp")) and _is_whole(claims.get("iat")):
        lifetime = max(0, claims["exp"] - claims["iat"])
    answer: dict[str, Any] = {
        "response": {name: known.template(name, member) for name, member in members.items()},
        "token_type": (members.get("token_type") or None) if isinstance(members.get("token_type"), str) else None,
        "expires_in": lifetime,
        "is_jwt": bool(header),
        "headers": _headers_of(occasion.live, "application/json"),
    }
    if header:
        answer["alg"] = header.get("alg") if header.get("alg") in SIGNING_ALGS else None
        answer["typ"] = str(header.get("typ") or "")
        rest = {name: item for name, item in header.items() if name not in {"alg", "typ", "kid"}}
        answer["header"] = {name: known.template(name, item) for name, item in rest.items()}
        answer["claims"] = {name: known.template(name, item) for name, item in claims.items()}
    return answer


def _is_whole(claim: Any) -> bool:
    return isinstance(claim, int) and is_numeric_date(claim)


def _headers_of(live: Response, media_type: str) -> dict[str, str]:
    found = {}
    told = _media_type(live)
    if told and told != media_type and live.body:
        found["Content-Type"] = told
    if "no-store" not in (live.header("Cache-Control") or "").lower():
        found["Cache-Control"] = "private"
    return found


def _media_type(live: Response) -> str:
    """Return the media type of an answer in small letters; nothing where it tells none, or something else."""
    told = (live.header("Content-Type") or "").partition(";")[0].strip().lower()
    return told if _MEDIA_TYPE.fullmatch(told) else ""


class _Known:
    """Turns values into templates: known ones into placeholders, others into nothing but their type."""

    def __init__(self, occasion: Occasion, claims: Mapping[str, Any]) -> None:
        entry: Any = occasion.entry
        values = occasion.values
        self._texts = {
            str(values[name]): f"{{{name}}}" for name in ("api_url", "token_url", "issuer") if values.get(name)
        }
        if getattr(entry, "client_id", None):
            self._texts[str(entry.client_id)] = "{client_id}"
        self._times = [(name, claims[name]) for name in _TIMES if isinstance(claims.get(name), int)]
        self._times.append(("now", int(entry.time)))

    def template(self, name: str, value: Any) -> Any:
        """Return what stands for a member or claim."""
        plain = {
            "access_token": "{access_token}",
            "token_type": "{token_type}",
            "error": "{error}",
            "error_description": "{description}",
            "jti": "{jti}",
            "iss": "{issuer}",
        }
        if isinstance(value, str) and name in plain:
            return plain[name]
        if name == "expires_in":
            return "{expires_in!s}" if isinstance(value, str) else "{expires_in}"
        if name in {"scope", "scp", "aud"} and isinstance(value, str | list):
            several = {"aud": "{audiences}"}.get(name, "{scopes}")
            single = {"aud": "{audience}"}.get(name, "{scope}")
            return several if isinstance(value, list) else single
        if name in _TIMES and isinstance(value, int):
            return f"{{{name}}}"
        return self._by_type(value)

    def _by_type(self, value: Any) -> Any:
        if value is None:
            return "{null}"
        if isinstance(value, bool):
            return value
        if isinstance(value, int):
            return next((f"{{{name}}}" for name, time in self._times if abs(value - time) <= _NEAR), 0)
        if isinstance(value, float):
            return 0.5
        if isinstance(value, str):
            found = self._texts.get(value)
            return found or (value if _PLAIN_WORD.fullmatch(value) or not value else "{random}")
        if isinstance(value, list):
            return [self._by_type(item) for item in value[:1]]
        return {name: self.template(name, item) for name, item in value.items()}


def _refusal_of(occasion: Occasion, *, is_api: bool) -> dict[str, Any]:
    live = occasion.live
    learned: dict[str, Any] = {"status": live.status, **_refusal_body(occasion)}
    headers = {} if is_api else _headers_of(live, "application/json")
    headers.pop("Content-Type", None)
    challenge = live.header("WWW-Authenticate")
    if challenge is not None:
        if is_api and "error" not in learned:
            learned["error"] = challenge_parts(challenge)[1].get("error", "")
        headers["WWW-Authenticate"] = _challenge_template(challenge)
    elif live.status == _UNAUTHORIZED or is_api:
        learned["challenge"] = False
    if headers:
        learned["headers"] = headers
    return learned


def _refusal_body(occasion: Occasion) -> dict[str, Any]:
    """Learn the body of a refusal: the usual two members, others, or something that is no JSON object at all."""
    live, members = occasion.live, members_of(occasion.live)
    learned: dict[str, Any] = {}
    media_type = _media_type(live)
    is_unusual = bool(live.body and media_type and media_type != "application/json")
    if is_unusual:
        learned["content_type"] = media_type
    if members is None:
        return {**learned, "body": "refused" if live.body else ""}
    error = members.get("error")
    if isinstance(error, str):
        learned["error"] = error
    if "error_description" not in members:
        learned["description"] = ""
    if is_unusual or members.keys() - {"error", "error_description"} or not isinstance(error, str):
        known = _Known(occasion, {})
        learned["body"] = {name: known.template(name, value) for name, value in members.items()}
    return learned


def _challenge_template(challenge: str) -> str:
    scheme, parameters = challenge_parts(challenge)
    shown = []
    for name, value in parameters.items():
        text = {"realm": "oauthcc", "error_description": "refused", "scope": "{scope}"}.get(name)
        if text is None:
            text = value if name == "error" and re.fullmatch(r"[a-z_]+", value) else "oauthcc"
        shown.append(f'{name}="{text}"')
    return f"{scheme} {', '.join(shown)}".strip()
