"""Writing what was learned as a profile, with comments for those who have to complete it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_oauthcc.live.learning import Lessons

__all__ = ["profile_text"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = """\
# A provider as a live run of pytest --oauthcc-learn has seen it.
# Hosts and tenants are options with made-up values; nothing in this file is secret.
# What the run did not provoke is as RFC 6749 and RFC 6750 want it. Add what you know, and check it with
#     pytest --oauthcc-profile THIS_FILE.toml
"""


def profile_text(lessons: Lessons, name: str) -> str:
    """
    Write a profile.

    Args:
        lessons: What was learned; at least one answer with a token.
        name: What the provider is called.

    Returns:
        The text of the TOML file.
    """
    lines = [_HEAD, *_top(lessons, name)]
    lines += _table("scope", _scope_table(lessons))
    answer = lessons.answer
    if answer["is_jwt"]:
        lines += _table("token", {"typ": answer["typ"]}, 'What the header says beside "alg" and "kid".')
        if answer["header"]:
            lines += _table("token.jwt_header", answer["header"])
        lines += _table("token.claims", answer["claims"], "The claims of an access token.")
    lines += _table("response", answer["response"], "The members of the answer with a token.")
    if answer["headers"]:
        lines += _table("response_headers", answer["headers"])
    for cause, refusal in sorted(lessons.refusals.items()):
        lines += _table(f"refusals.{cause}", refusal)
    for cause, refusal in sorted(lessons.api_refusals.items()):
        lines += _table(f"api.refusals.{cause}", refusal)
    for number, option in enumerate(("host", *lessons.place["options"])):
        about = "The host of the authorization server." if option == "host" else "A part of its path, as yours has it."
        default = "login.learned.test" if option == "host" else f"tenant-{number}"
        lines += _table(f"options.{option}", {"takes": "text", "about": about, "default": default})
    return "\n".join(lines).rstrip() + "\n"


def _top(lessons: Lessons, name: str) -> Iterator[str]:
    answer, options = lessons.answer, lessons.options
    yield _pair("title", name)
    yield _pair("summary", "Learned from a live run.")
    yield _pair("sources", ["A live run of a test suite"])
    yield ""
    yield "# Where it is; a live target says where yours is."
    yield _pair("token_url", f"https://{{host}}{lessons.place['path']}")
    yield ""
    yield "# What was seen to work; the provider may take more."
    for key in ("auth_methods", "body_formats", "methods"):
        if options.get(key):
            yield _pair(key, options[key])
    if options.get("audience_param"):
        yield _pair("audience_param", options["audience_param"][0])
    if answer["expires_in"] is not None:
        yield _pair("expires_in", answer["expires_in"])
    if answer["token_type"] is not None:
        yield _pair("token_type", answer["token_type"])
    yield _pair("token_format", "jwt" if answer["is_jwt"] else "opaque")
    if answer.get("alg"):
        yield _pair("signing_alg", answer["alg"])
    defaults = _default_scopes(lessons)
    if defaults:
        yield _pair("default_scopes", defaults)
    yield ""


def _default_scopes(lessons: Lessons) -> list[str]:
    """Return what a request without scope was given."""
    return next((row["plain"] for row in lessons.scopes if not row["asked"] and row["told"]), [])


def _scope_table(lessons: Lessons) -> dict[str, Any]:
    without = [row for row in lessons.scopes if not row["asked"]]
    table: dict[str, Any] = {}
    if without:
        table["missing"] = "default" if _default_scopes(lessons) else "none"
    asked = [row for row in lessons.scopes if row["asked"]]
    told = [row for row in lessons.scopes if row["told"]]
    if not told:
        table["echo"] = "never"
    elif any(not row["told"] for row in asked):
        table["echo"] = "different"
    else:
        table["echo"] = "always"
    if any(row["told"] and not row["same"] for row in asked):
        table["unknown"] = "ignore"
    return table


def _table(name: str, values: Mapping[str, Any], comment: str = "") -> Iterator[str]:
    if comment:
        yield f"# {comment}"
    yield f"[{name}]"
    for key, value in values.items():
        yield _pair(key, value)
    yield ""


def _pair(key: str, value: Any) -> str:
    return f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(_pair(key, item) for key, item in value.items())} }}" if value else "{}"
    return str(value)


def _text(value: str) -> str:
    """Write a basic string of TOML, which has no escapes for the halves of a surrogate pair, unlike JSON."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
