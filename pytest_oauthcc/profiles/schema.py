"""What a profile file may say: one table, from which files are checked and the schema's page is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.causes import API_REFUSALS, TOKEN_REFUSALS, Cause
from pytest_oauthcc.core.dialect import CHECKS
from pytest_oauthcc.option_values import check_text, one_of
from pytest_oauthcc.options import OPTIONS, Option
from pytest_oauthcc.profiles.schema_nodes import Leaf, ListOf, Node, Table, TableOf, Template
from pytest_oauthcc.profiles.schema_values import (
    check_any_text,
    check_authorization_pattern,
    check_list,
    check_of,
    check_order,
    check_scope_tokens,
    matching,
    whole_number_between,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["API_GROUPS", "MARKS", "SCHEMA", "TOKEN_GROUPS", "UNKNOWN"]

UNKNOWN: Final = "unknown"
"""The value for what a provider's documents leave open; the fake does there what the RFC says."""

MARKS = ("verified", "unverified", "inferred")


def _option_leaf(option: Option) -> Leaf:
    takes = 'an http or https URL, or "none" for no fake API' if option.name == "api_url" else option.takes
    return Leaf(option.about, takes.replace("'", '"'), check_of(option), option=option.name)


def _choice(about: str, *choices: str) -> Leaf:
    def check(value: Any) -> Any:
        if value not in choices:
            raise ValueError
        return value

    return Leaf(about, f"one of {', '.join(choices)}", check)


def _words(about: str, takes: str = "a text") -> Leaf:
    return Leaf(about, takes, check_text)


def _plain(about: str, takes: str, check: Callable[[Any], Any]) -> Leaf:
    return Leaf(about, takes, check, may_be_unknown=False)


_TAKES_SCOPES = "a text of scopes or a list of them"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110 section 5.6.2
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ANY = re.compile(r"(?s).+")

_SCOPE = Table(
    "How scopes are read and granted.",
    {
        "separator": _words("What stands between two scopes.", "a text such as a blank or a comma"),
        "missing": _choice("What a request without scope gets.", "default", "none", "refuse"),
        "required": Leaf(
            "What a request that names a scope has to name.", "a text of scopes or a list of them", check_scope_tokens
        ),
        "unknown": _choice("What happens to scopes that the client can't have.", "refuse", "ignore"),
        "echo": _choice("When the answer names the granted scopes.", "always", "different", "never"),
        "always": Leaf(
            "What every token has beside what was asked for.", "a text of scopes or a list of them", check_scope_tokens
        ),
        "resource_suffix": Leaf(
            'The end of the one scope that a request names, such as "/.default"; the audience stands before it.',
            "a text",
            check_any_text,
        ),
    },
)

_TOKEN = Table(
    "What tokens look like.",
    {
        "claims": Template("The claims of a JWT.", "token", "table"),
        "typ": Leaf('The "typ" of a JWT\'s header; an empty text leaves it out.', "a text", check_any_text),
        "jwt_header": Template("Further members of a JWT's header.", "token", "table"),
        "opaque": Template("An opaque token.", "token", "text"),
    },
)

_REFUSAL: Mapping[str, Node] = {
    "status": Leaf("The HTTP status.", "a whole number from 400 to 599", whole_number_between(400, 599)),
    "error": Leaf(
        "The OAuth error code; an empty text for none.",
        "a code out of the characters that RFC 6749 section 5.2 allows",
        matching(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*"),
    ),
    "description": Template("The error_description; an empty text for none.", "refusal", "text"),
    "body": Template("The whole body instead; an empty text for no body.", "refusal", "any"),
    "content_type": Leaf("The media type of body.", "a media type", matching(r"[\w.+-]+/[\w.+-]+(?: *;.*)?")),
    "headers": TableOf(
        "Further headers of the answer.", Template("A header.", "refusal", "text"), "a header name", _HEADER_NAME
    ),
    "challenge": Leaf("Whether the answer has a WWW-Authenticate header.", "true or false", one_of((True, False))),
}

TOKEN_GROUPS: Final[Mapping[str, Sequence[Cause]]] = {
    "any": tuple(TOKEN_REFUSALS),
    "any_header": (Cause.MISSING_HEADER, Cause.WRONG_HEADER),
    "any_request": (
        Cause.WRONG_METHOD,
        Cause.WRONG_CONTENT_TYPE,
        Cause.MALFORMED_BODY,
        Cause.DUPLICATE_PARAMETER,
        Cause.CREDENTIALS_IN_QUERY,
        Cause.MISSING_GRANT_TYPE,
        Cause.TWO_AUTH_METHODS,
        Cause.MISSING_PARAM,
        Cause.WRONG_PARAM,
    ),
    "any_client": (
        Cause.NO_CREDENTIALS,
        Cause.MALFORMED_CREDENTIALS,
        Cause.AUTH_METHOD_NOT_ALLOWED,
        Cause.UNKNOWN_CLIENT,
        Cause.BAD_SECRET,
        Cause.BAD_ASSERTION,
        Cause.BAD_CERTIFICATE,
    ),
    "any_audience": (Cause.MISSING_AUDIENCE, Cause.UNKNOWN_AUDIENCE),
    "any_scope": (Cause.MALFORMED_SCOPE, Cause.MISSING_SCOPE, Cause.LACKING_SCOPE, Cause.UNKNOWN_SCOPE),
}
"""Names that stand for several causes in ``[refusals]``; a cause's own table goes before them, field by field."""

API_GROUPS: Final[Mapping[str, Sequence[Cause]]] = {
    "any": tuple(API_REFUSALS),
    "any_header": (Cause.API_MISSING_HEADER, Cause.API_WRONG_HEADER),
    "any_token": (
        Cause.TOKEN_MISSING,
        Cause.TOKEN_MALFORMED,
        Cause.TOKEN_UNKNOWN,
        Cause.TOKEN_EXPIRED,
        Cause.TOKEN_NOT_YET_VALID,
        Cause.TOKEN_REVOKED,
        Cause.TOKEN_AUDIENCE,
        Cause.TOKEN_BINDING,
    ),
}
"""The same for ``[api.refusals]``."""


def _refusals(about: str, groups: Mapping[str, Sequence[Cause]]) -> Table:
    members: dict[str, Node] = {
        group: Table(f"All of: {', '.join(causes)}.", _REFUSAL) for group, causes in groups.items() if group != "any"
    }
    members = {"any": Table("Every cause.", _REFUSAL), **members}
    return Table(about, members | {cause.value: Table("", _REFUSAL) for cause in groups["any"]})


_API = Table(
    "How the API takes a token and refuses one.",
    {
        "header": Leaf("The header that carries the token.", "a header name", matching(_HEADER_NAME.pattern)),
        "scheme": Leaf("The word before the token; an empty text for none.", "a text", check_any_text),
        "realm": _words("The realm of the WWW-Authenticate header."),
        "headers": TableOf(
            "Headers that requests to the API have to carry, beside those of the option headers.",
            Template("A header.", "api", "text"),
            "a header name",
            _HEADER_NAME,
        ),
        "refusals": _refusals("Where the API departs from RFC 6750.", API_GROUPS),
    },
)

_LICENSING = Table(
    "Tokens that occupy one of a limited number of licences.",
    {
        "capacity": Leaf(
            "How many there are, unless the option licences says otherwise.",
            "a whole number, 0 or more",
            whole_number_between(0, 1_000_000),
        ),
        "hold": Leaf(
            "For how long a token takes one.", "a whole number of seconds, 1 or more", whole_number_between(1, 10**9)
        ),
        "exempt_scopes": Leaf("A request for these alone takes none.", _TAKES_SCOPES, check_scope_tokens),
        "release_path": _words("The path below the API that frees the client's licence."),
    },
)

_OWN_OPTION = Table(
    "One option of this provider alone.",
    {
        "takes": _plain(
            "The type of its value.",
            'one of "text", "integer", "boolean"',
            matching("text|integer|boolean"),
        ),
        "about": _plain("What it is for, in one sentence.", "a text", check_text),
        "default": _plain("Its value when a test gives none.", "a text, a number, true or false", lambda value: value),
        "made_up": _plain("The beginning of a text that is made up for each test instead.", "a text", check_text),
    },
)

_FACT = Table(
    "One thing that is known about the provider.",
    {
        "text": _plain("What is known, in a sentence of your own.", "a text", check_text),
        "mark": _plain("How sure it is.", f"one of {', '.join(MARKS)}", matching("|".join(MARKS))),
    },
)

_ABOUT: Mapping[str, Node] = {
    "extends": _plain("The profile that this one is derived from: its name, or a path.", "a text", check_text),
    "title": _plain("The provider's name.", "a text", check_text),
    "summary": _plain("What is peculiar about it, in one line.", "a text", check_text),
    "sources": _plain("What the profile was written from.", "a list of texts", check_list),
    "facts": ListOf("What is known, and how sure it is.", _FACT),
    "notes": _plain("What else a test author has to know.", "a list of texts", check_list),
}

_DIALECT: Mapping[str, Node] = {
    "checks": Leaf("The checks of a token request in their order.", f"a list out of {', '.join(CHECKS)}", check_order),
    "grant_types": Leaf(
        "Values of grant_type that ask for this grant.",
        "a list of texts with at least one in it",
        lambda value: check_list(value or None),
    ),
    "two_auth_methods": _choice("What a request with two sets of credentials gets.", "refuse", "header", "body"),
    "basic_encoding": _choice(
        "Whether id and secret in a Basic header are form-encoded (RFC 6749 section 2.3.1).", "form", "raw", "either"
    ),
    "authorization_pattern": Leaf(
        "What an Authorization header without scheme looks like.",
        "a regular expression with the groups client_id and client_secret",
        check_authorization_pattern,
    ),
    "credentials_in_query": _choice("What a secret in the query gets.", "refuse", "accept"),
    "audience_param": _choice("The parameter that names the audience.", "audience", "resource"),
    "audience_required": Leaf("Whether a request has to name its audience.", "true or false", one_of((True, False))),
    "token_type": _words("The token_type of the answer, in the provider's own case."),
    "expires_in_offset": Leaf(
        "What is added to expires_in in the answer.", "a whole number of seconds", whole_number_between(-(10**6), 10**6)
    ),
    "realm": _words("The realm of the token endpoint's WWW-Authenticate header."),
    "jwks_url": Template("Where the keys are, if not below the issuer.", "document", "text"),
    "metadata_urls": Template("Further URLs of the metadata.", "document", "list"),
    "documents": TableOf(
        "Further JSON documents that anybody may read, by their URLs.",
        Template("What it says.", "document", "any"),
        "an http or https URL",
        re.compile(r"https?://[^\s#]+"),
        key_use="document",
    ),
    "response": Template("The members of the answer with a token.", "response", "table"),
    "response_headers": TableOf(
        "Further headers of that answer.", Template("A header.", "response", "text"), "a header name", _HEADER_NAME
    ),
    "scope": _SCOPE,
    "token": _TOKEN,
    "api": _API,
    "refusals": _refusals("Where the token endpoint departs from RFC 6749 section 5.2.", TOKEN_GROUPS),
    "licensing": _LICENSING,
    "options": TableOf(
        "Options of this provider alone.", _OWN_OPTION, "a name in small letters, digits and underscores", _NAME
    ),
    "allow": TableOf(
        "Rules that the provider itself makes its clients break, with the reason.",
        _plain("The reason.", "a text", check_text),
        "the id of a rule",
        re.compile(r"[a-z][a-z0-9-]*"),
    ),
    "unknown": TableOf(
        "What the provider's documents leave open, by key, in a sentence.",
        _plain("The sentence.", "a text", check_text),
        "a key of a profile, or any other subject",
        _ANY,
    ),
}

SCHEMA: Final = Table(
    "A profile.",
    {
        **_ABOUT,
        **{name: _option_leaf(option) for name, option in OPTIONS.items() if name not in {"profile", "allow"}},
        **_DIALECT,
    },
)
