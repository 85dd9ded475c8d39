"""Why the scope of a request is not as expected: a list that became a text, wrong separators, another token."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from pytest_oauthcc.explain.misplaced import parameter_elsewhere
from pytest_oauthcc.explain.showing import JOIN_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_oauthcc.core.journal import ApiRequest, TokenRequest
    from pytest_oauthcc.explain.difference import Difference
    from pytest_oauthcc.explain.situation import Situation

__all__ = ["causes_of_scope", "causes_of_token_scope"]


def causes_of_scope(situation: Situation, difference: Difference) -> Iterator[str]:
    """Work out why the scope of a token request is not as expected."""
    entry: TokenRequest = situation.entry
    wanted: set[str] = set((difference.expected or "").split())
    parameter = entry.parameters.values.get("scope")
    if isinstance(parameter, list) and entry.parameters.body_format != "json":
        yield (
            f"scope was sent {len(parameter)} times: a list given as a form value becomes one parameter for each of "
            f"its elements. Join it first: {JOIN_SCOPES}"
        )
    elif isinstance(parameter, list):
        yield f"scope was sent as a JSON list; RFC 6749 section 3.3 has one text. Join it first: {JOIN_SCOPES}"
    elif entry.scope is None:
        where = parameter_elsewhere(entry, "scope")
        yield where or "The client sent no scope at all; what it got was the provider's default."
    else:
        found = _misspelt_scope(entry.scope, wanted)
        if found:
            yield found


def _misspelt_scope(sent: str, wanted: set[str]) -> str | None:
    for read, told in _SCOPE_FORMS:
        try:
            scopes = read(sent)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        if wanted and scopes != set(sent.split()) and (scopes == wanted or (len(scopes) > 1 and wanted <= scopes)):
            return told
    return None


def _from_python(text: str) -> set[str]:
    if text.startswith("frozenset("):
        text = text.removeprefix("frozenset(").removesuffix(")")
    return set(map(str, ast.literal_eval(text))) if text[:1] in {"[", "(", "{"} else set()


_JOIN = f"Join it first: {JOIN_SCOPES}"
_SCOPE_FORMS: Final[tuple[tuple[Callable[[str], set[str]], str], ...]] = (
    (lambda text: set(json.loads(text)) if text.startswith("[") else set(), f"scope was sent as a JSON list. {_JOIN}"),
    (_from_python, f"scope was sent as the text that Python makes of a list, tuple or set. {_JOIN}"),
    (
        lambda text: set(text.replace(",", " ").split()),
        f"The scopes were sent with commas between them; RFC 6749 section 3.3 has single spaces: {JOIN_SCOPES}",
    ),
    (
        lambda text: set(unquote_plus(text).split()),
        "scope was percent-encoded twice: the HTTP library encodes the form, so give it the plain text.",
    ),
    (
        lambda text: set(text.replace(";", " ").split()),
        "The scopes were sent with semicolons between them; it has to be a space.",
    ),
    (
        lambda text: set(text.swapcase().split()),
        "The scopes differ in upper and lower case only, and scopes compare with case (RFC 6749 section 3.3).",
    ),
)


def causes_of_token_scope(situation: Situation, difference: Difference) -> Iterator[str]:
    """Work out why the token of an API request does not have the scope that was expected."""
    entry: ApiRequest = situation.entry
    if entry.token is None:
        carried = "no token" if entry.bearer is None else "a token that this provider never issued"
        yield f"{situation.this} carries {carried}, and so no scope."
        return
    source = situation.issued_by(entry.token)
    if source is None:
        yield f"The token of {situation.this.lower()} was minted by the test with scope {_joined(entry.token.scopes)}."
        return
    number = situation.number_of(source)
    asked = "asked for no scope" if source.scope is None else f"asked for scope {source.scope!r}"
    yield f"{situation.this} carries the token of token request {number}, which {asked}."
    wanted = set((difference.expected or "").split())
    for other in situation.token_requests:
        if other.token is not None and other is not source and wanted <= other.token.scopes:
            yield (
                f"The token of token request {situation.number_of(other)} has that scope, and was not used: "
                "does the client keep its tokens apart by scope?"
            )
            return


def _joined(scopes: frozenset[str]) -> str:
    return repr(" ".join(sorted(scopes)))
