"""The one vocabulary of options: what each is called, what it takes, and how layers of them combine."""

from __future__ import annotations

import difflib
import json
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import is_sensitive

__all__ = [
    "AUTH_METHODS",
    "INI",
    "OPTIONS",
    "PROFILE_OPTIONS",
    "Layer",
    "Option",
    "OwnOption",
    "check_option",
    "merge_layers",
    "unknown_name",
    "values_from_ini",
]

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt")
SIGNING_ALGS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256")
BODY_FORMATS = ("form", "json", "multipart", "query")

IniType = Literal["string", "args", "linelist", "int"]

_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f#]")  # a token endpoint has no fragment (RFC 6749 section 3.2)


@dataclass(frozen=True, slots=True)
class Option:
    """
    One option.

    Args:
        name: In markers, ``oauthcc_options``, factory arguments and profiles; with ``oauthcc_`` before it in ini files.
        takes: What it takes, as an error message says it.
        check: Makes the value that is used; raises ``ValueError`` for one of the wrong type or range.
        about: What it is for, in one sentence.
        ini: Its type in an ini file.
    """

    name: str
    takes: str
    check: Callable[[Any], Any]
    about: str
    ini: IniType = "string"


@dataclass(frozen=True, slots=True)
class OwnOption:
    """
    An option that a profile declares for itself.

    Args:
        takes: The type of its value.
        about: What it is for, in one sentence.
        default: Its value when the test gives none; None makes one up where ``made_up`` says so.
        made_up: A prefix for a value made afresh for each provider, such as ``"key-"``.
    """

    takes: Literal["text", "integer", "boolean"]
    about: str
    default: str | int | bool | None = None
    made_up: str | None = None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _url(value: Any) -> str:
    url = _text(value)
    parts = urlsplit(url)  # raises ValueError itself for brackets that don't match
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0 or _NOT_IN_URLS.search(url):
        raise ValueError
    return url


def _none_or(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence | AbstractSet):
        raise ValueError  # noqa: TRY004 - one exception for all kinds of wrong values
    texts = tuple(value)
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError
    return texts


def _scopes(value: Any) -> tuple[str, ...]:
    # A list may hold texts of several scopes: that is what quotes around them in an ini file lead to.
    return tuple(dict.fromkeys(" ".join([value] if isinstance(value, str) else _texts(value)).split()))


def _choices(allowed: Sequence[str]) -> Callable[[Any], tuple[str, ...]]:
    def check(value: Any) -> tuple[str, ...]:
        chosen = _texts(value)
        if not chosen or not set(chosen) <= set(allowed):
            raise ValueError
        return chosen

    return check


def _choice(allowed: Sequence[Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        for choice in allowed:
            if type(value) is type(choice) and value == choice:
                return choice
        raise ValueError

    return check


def _integer(least: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError
        return value

    return check


def _mapping(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(name, str) and name and isinstance(text, str) for name, text in value.items()
    ):
        raise ValueError
    return dict(value)


def _params(value: Any) -> dict[str, str | tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise ValueError  # noqa: TRY004
    found: dict[str, str | tuple[str, ...]] = {}
    for name, given in value.items():
        if not isinstance(name, str) or not name:
            raise ValueError
        found[name] = given if isinstance(given, str) else _texts(given)
    return found


def _jwks(value: Any) -> dict[str, Any]:
    keys = value.get("keys") if isinstance(value, Mapping) else None
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) and "kty" in key for key in keys):
        raise ValueError
    return dict(value)


def _hosts(value: Any) -> tuple[str, ...]:
    hosts = tuple(host.lower() for host in _texts(value))
    if any(set(host) & set("/ *@") for host in hosts):
        raise ValueError  # a URL or a pattern, which would never match
    return hosts


def _audience(value: Any) -> str | tuple[str, ...]:
    return _text(value) if isinstance(value, str) else _texts(value)


_SECONDS = "a whole number of seconds, 0 or more"

_ALL = (
    Option("profile", "the name of a profile or the path of a .toml file", _text, "The provider to be like."),
    Option("token_url", "an http or https URL", _url, "Where the token endpoint is."),
    Option("api_url", "an http or https URL, or None for no fake API", _none_or(_url), "Where the protected API is."),
    Option(
        "issuer", "an http or https URL", _url, "The issuer identifier (RFC 8414); by default the root of token_url."
    ),
    Option("client_id", "a text", _text, "The client identifier; by default made afresh for each provider."),
    Option("client_secret", "a text", _text, "The client secret; by default made afresh for each provider."),
    Option(
        "client_jwks",
        "a JWK set: a table with a list 'keys' of public keys",
        _jwks,
        "The client's public keys, for private_key_jwt; by default those of a key pair made for the run.",
    ),
    Option(
        "scopes", "a text of scopes or a list of them", _scopes, "What the client may have; unset: anything.", "args"
    ),
    Option(
        "default_scopes", "a text of scopes or a list of them", _scopes, "What a request without scope gets.", "args"
    ),
    Option(
        "auth_methods",
        f"a list out of {', '.join(AUTH_METHODS)}",
        _choices(AUTH_METHODS),
        "How a client may authenticate at the token endpoint.",
        "args",
    ),
    Option(
        "body_formats",
        f"a list out of {', '.join(BODY_FORMATS)}",
        _choices(BODY_FORMATS),
        "Which kinds of body the token endpoint takes.",
        "args",
    ),
    Option(
        "methods", "a list out of POST, GET", _choices(("POST", "GET")), "HTTP methods of the token endpoint.", "args"
    ),
    Option("expires_in", _SECONDS, _integer(0), "How long a token lives.", "int"),
    Option("token_format", "'jwt' or 'opaque'", _choice(("jwt", "opaque")), "What access tokens look like."),
    Option(
        "signing_alg", f"one of {', '.join(SIGNING_ALGS)}", _choice(SIGNING_ALGS), "How JWT access tokens are signed."
    ),
    Option("audience", "a text or a list of texts", _audience, "Who the tokens are for; by default api_url."),
    Option(
        "headers",
        "a table of header names and values",
        _mapping,
        "Headers that every request has to carry, beside the standard ones.",
        "linelist",
    ),
    Option(
        "params",
        "a table of names and values; a list of values for a parameter that repeats",
        _params,
        "Parameters that a token request has to carry, beside the standard ones.",
        "linelist",
    ),
    Option(
        "dpop",
        "'off', 'optional' or 'required'",
        _choice(("off", "optional", "required")),
        "Whether tokens are bound to a key of the client (RFC 9449): never, where it sends a proof, or always.",
    ),
    Option(
        "dpop_nonce",
        "True or False",
        _choice((True, False)),
        "Whether DPoP proofs need a nonce of the server, which changes every five minutes.",
    ),
    Option(
        "registration",
        "True or False",
        _choice((True, False)),
        "Whether clients may register themselves (RFC 7591), at issuer + /register.",
    ),
    Option("tls", "True or False", _choice((True, False)), "Whether oauthcc_server speaks HTTPS instead of HTTP."),
    Option("strict", "True, False or 'should'", _choice((True, False, "should")), "Which broken rules fail a test."),
    Option("allow", "a table of rule ids and reasons", _mapping, "Rules that the client may break.", "linelist"),
    Option(
        "passthrough",
        "a list of host names without scheme or port",
        _hosts,
        "Hosts that may be reached over the network.",
        "args",
    ),
    Option("max_exchanges", "a whole number, 1 or more", _integer(1), "More exchanges than this fail a test.", "int"),
    Option(
        "journal_limit",
        "a whole number, 1 or more, or None to keep all",
        _none_or(_integer(1)),
        "How many of the newest exchanges are remembered.",
        "int",
    ),
)

OPTIONS: Mapping[str, Option] = {option.name: option for option in _ALL}

# What the built-in profiles declare for themselves: pytest has to know the names of ini settings before it reads any
# profile, so they stand here as well.
PROFILE_OPTIONS: Mapping[str, Literal["text", "integer"]] = {
    "account_id": "text",
    "api_base_path": "text",
    "api_key": "text",
    "authorization_server": "text",
    "database": "text",
    "domain": "text",
    "host": "text",
    "licences": "integer",
    "my_domain": "text",
    "pool": "text",
    "realm": "text",
    "realm_path": "text",
    "region": "text",
    "server": "text",
    "shop": "text",
    "subdomain": "text",
    "tenant": "text",
}
"""Options that built-in profiles declare for themselves, with the type of each."""

_OWN_CHECKS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "text": ("a text", _text),
    "integer": ("a whole number, 0 or more", _integer(0)),
    "boolean": ("True or False", _choice((True, False))),
}


# Tables of headers and parameters may hold an API key.
_SECRET_OPTIONS = frozenset({"client_secret", "client_jwks", "headers", "params"})


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """Say that a name is unknown, which one was probably meant, and which there are."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {name!r}.{hint} Valid: {', '.join(names)}"


def check_option(name: str, value: Any, where: str, own: Mapping[str, OwnOption]) -> Any:
    """
    Check one option.

    Args:
        name: Its name.
        value: What was given.
        where: Who gave it, for the message: ``@pytest.mark.oauthcc``, ``pytest.ini``...
        own: The options that the profile declares for itself.

    Returns:
        The value as the fake uses it.

    Raises:
        OptionError: The name is unknown, or the value is of a wrong type or out of range.
    """
    __tracebackhide__ = True
    if name in OPTIONS:
        takes, check = OPTIONS[name].takes, OPTIONS[name].check
    elif name in own:
        takes, check = _OWN_CHECKS[own[name].takes]
    else:
        raise OptionError(f"{where}: {unknown_name('option', name, [*OPTIONS, *own])}")
    try:
        return check(value)
    except ValueError:
        is_secret = name in _SECRET_OPTIONS if name in OPTIONS else is_sensitive(name)
        shown = f"this {type(value).__name__}" if is_secret else f"{_shorten(value)} ({type(value).__name__})"
        raise OptionError(f"{where}: option {name!r} takes {takes}, not {shown}") from None


def _shorten(value: Any) -> str:
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 200
    brief.maxlist = brief.maxtuple = brief.maxdict = 20
    return brief.repr(value)


INI = "ini settings"
"""What the layer of the ini file is called."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Options from one place, and what that place is called in an error message."""

    where: str
    values: Mapping[str, Any]


def merge_layers(layers: Iterable[Layer]) -> tuple[str | None, dict[str, tuple[Any, str]]]:
    """
    Combine layers of options, the nearest first.

    Naming a profile discards all that was set farther away, for it was meant for another provider.

    Args:
        layers: From near to far.

    Returns:
        The profile's name or path, if one was named, and each option's unchecked value with its place.

    Raises:
        OptionError: The profile's name is not a text.
    """
    __tracebackhide__ = True
    merged: dict[str, tuple[Any, str]] = {}
    for layer in layers:
        for name, value in layer.values.items():
            if name != "profile":
                merged.setdefault(name, (value, layer.where))
        if layer.values.get("profile") is not None:
            return check_option("profile", layer.values["profile"], layer.where, {}), merged
    return None, merged


def values_from_ini(name: str, value: Any) -> Any:
    """
    Bring an ini value into the form that the same option has in Python.

    Args:
        name: An option's name.
        value: As pytest read it.

    Returns:
        The value; lines of ``name: value`` (or ``name = value``) become a table, a list where a name repeats.

    Raises:
        OptionError: A line has neither a colon nor an equals sign.
    """
    if name in PROFILE_OPTIONS:
        return int(value) if PROFILE_OPTIONS[name] == "integer" and value.isascii() and value.isdigit() else value
    if OPTIONS[name].ini == "linelist":
        return _table_from_lines(name, value)
    if OPTIONS[name].ini == "int" and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if name in {"strict", "tls", "dpop_nonce", "registration"} and isinstance(value, str):
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(value.lower(), value)
    if name == "api_url" and value.lower() == "none":
        return None
    if name == "client_jwks":
        return _json_or_text(value)
    return value


def _table_from_lines(name: str, lines: Iterable[str]) -> dict[str, Any]:
    between = "=" if name == "params" else ":"
    table: dict[str, Any] = {}
    for line in lines:
        key, separator, text = (part.strip() for part in line.partition(between))
        if not separator or not key:
            raise OptionError(f"ini setting oauthcc_{name}: {line!r} is not of the form 'name{between}value'")
        if key in table:
            known = table[key]
            table[key] = [*known, text] if isinstance(known, list) else [known, text]
        else:
            table[key] = text
    return table


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # check_option says what is wrong with it
