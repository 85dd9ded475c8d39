"""The one vocabulary of options: what each is called, and what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import is_sensitive
from pytest_oauthcc.option_values import (
    SUBJECT_KINDS,
    check_audience,
    check_certificate_subject,
    check_hosts,
    check_jwks,
    check_params,
    check_scopes,
    check_table,
    check_text,
    check_url,
    none_or,
    one_of,
    some_of,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "AUTH_METHODS",
    "OPTIONS",
    "PROFILE_OPTIONS",
    "Option",
    "OwnOption",
    "check_option",
    "unknown_name",
]

AUTH_METHODS = (
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
)
SIGNING_ALGS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256")
BODY_FORMATS = ("form", "json", "multipart", "query")

IniType = Literal["string", "args", "linelist", "int"]


class Option(NamedTuple):
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


class OwnOption(NamedTuple):
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


_SECONDS = "a whole number of seconds, 0 or more"

_ALL = (
    Option("profile", "the name of a profile or the path of a .toml file", check_text, "The provider to be like."),
    Option("token_url", "an http or https URL", check_url, "Where the token endpoint is."),
    Option(
        "api_url", "an http or https URL, or None for no fake API", none_or(check_url), "Where the protected API is."
    ),
    Option(
        "issuer",
        "an http or https URL",
        check_url,
        "The issuer identifier (RFC 8414); by default the root of token_url.",
    ),
    Option("client_id", "a text", check_text, "The client identifier; by default made afresh for each provider."),
    Option("client_secret", "a text", check_text, "The client secret; by default made afresh for each provider."),
    Option(
        "client_jwks",
        "a JWK set: a table with a list 'keys' of public keys",
        check_jwks,
        "The client's public keys, for private_key_jwt; by default those of a key pair made for the run. "
        "Those with x5c are certificates, for self_signed_tls_client_auth.",
    ),
    Option(
        "client_certificate_subject",
        f"a table with one of {', '.join(SUBJECT_KINDS)} and its value (a DN as in RFC 4514: CN=orders,O=Acme)",
        check_certificate_subject,
        "Whom the client's certificate names, for tls_client_auth (RFC 8705); by default client_id as the CN.",
        "linelist",
    ),
    Option(
        "scopes",
        "a text of scopes or a list of them",
        check_scopes,
        "What the client may have; unset: anything.",
        "args",
    ),
    Option(
        "default_scopes",
        "a text of scopes or a list of them",
        check_scopes,
        "What a request without scope gets.",
        "args",
    ),
    Option(
        "auth_methods",
        f"a list out of {', '.join(AUTH_METHODS)}",
        some_of(AUTH_METHODS),
        "How a client may authenticate at the token endpoint.",
        "args",
    ),
    Option(
        "body_formats",
        f"a list out of {', '.join(BODY_FORMATS)}",
        some_of(BODY_FORMATS),
        "Which kinds of body the token endpoint takes.",
        "args",
    ),
    Option(
        "methods", "a list out of POST, GET", some_of(("POST", "GET")), "HTTP methods of the token endpoint.", "args"
    ),
    Option("expires_in", _SECONDS, whole_number(0), "How long a token lives.", "int"),
    Option("token_format", "'jwt' or 'opaque'", one_of(("jwt", "opaque")), "What access tokens look like."),
    Option(
        "signing_alg", f"one of {', '.join(SIGNING_ALGS)}", one_of(SIGNING_ALGS), "How JWT access tokens are signed."
    ),
    Option("audience", "a text or a list of texts", check_audience, "Who the tokens are for; by default api_url."),
    Option(
        "headers",
        "a table of header names and values",
        check_table,
        "Headers that every request has to carry, beside the standard ones.",
        "linelist",
    ),
    Option(
        "params",
        "a table of names and values; a list of values for a parameter that repeats",
        check_params,
        "Parameters that a token request has to carry, beside the standard ones.",
        "linelist",
    ),
    Option(
        "dpop",
        "'off', 'optional' or 'required'",
        one_of(("off", "optional", "required")),
        "Whether tokens are bound to a key of the client (RFC 9449): never, where it sends a proof, or always.",
    ),
    Option(
        "dpop_nonce",
        "True or False",
        one_of((True, False)),
        "Whether DPoP proofs need a nonce of the server, which changes every five minutes.",
    ),
    Option(
        "certificate_binding",
        "'off', 'optional' or 'required'",
        one_of(("off", "optional", "required")),
        "Whether tokens are bound to the client's TLS certificate (RFC 8705): never, where it shows one, or always.",
    ),
    Option(
        "mtls_aliases",
        "True or False",
        one_of((True, False)),
        "Whether certificates count at URLs of their own only, which the metadata list as mtls_endpoint_aliases.",
    ),
    Option(
        "registration",
        "True or False",
        one_of((True, False)),
        "Whether clients may register themselves (RFC 7591), at issuer + /register.",
    ),
    Option("tls", "True or False", one_of((True, False)), "Whether oauthcc_server speaks HTTPS instead of HTTP."),
    Option("strict", "True, False or 'should'", one_of((True, False, "should")), "Which broken rules fail a test."),
    Option("allow", "a table of rule ids and reasons", check_table, "Rules that the client may break.", "linelist"),
    Option(
        "passthrough",
        "a list of host names without scheme or port",
        check_hosts,
        "Hosts that may be reached over the network.",
        "args",
    ),
    Option(
        "max_exchanges", "a whole number, 1 or more", whole_number(1), "More exchanges than this fail a test.", "int"
    ),
    Option(
        "journal_limit",
        "a whole number, 1 or more, or None to keep all",
        none_or(whole_number(1)),
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
    "text": ("a text", check_text),
    "integer": ("a whole number, 0 or more", whole_number(0)),
    "boolean": ("True or False", one_of((True, False))),
}


# Tables of headers and parameters may hold an API key.
_SECRET_OPTIONS = frozenset({"client_secret", "client_jwks", "headers", "params"})


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """Say that a name is unknown, which one was probably meant, and which there are."""
    import difflib  # here, as runs that misspell nothing need not load it

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
    import reprlib

    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 200
    brief.maxlist = brief.maxtuple = brief.maxdict = 20
    return brief.repr(value)
