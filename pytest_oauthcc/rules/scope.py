"""Rules about the parameter scope (RFC 6749 section 3.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_oauthcc.core.scopes import is_scope_token
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_scope"]

RULES = (
    Rule(
        id="scope-not-space-separated",
        level="must",
        rfc="RFC 6749 section 3.3",
        title="Several scopes are not parted by blanks.",
        looks_at="The parameter scope for commas, semicolons, bars, and blanks that were encoded twice.",
        why="The server takes the whole for one scope, which nobody has.",
        remedy="Send ' '.join(scopes).",
    ),
    Rule(
        id="scope-malformed",
        level="must",
        rfc="RFC 6749 section 3.3",
        title="The scope has characters or blanks that a scope has not.",
        looks_at="The parameter scope: one blank between two scopes, none at the ends, printable ASCII without "
        "quotation mark and backslash.",
        why="A strict server answers invalid_scope.",
        remedy="Send ' '.join(scopes), where each one is a plain word.",
    ),
    Rule(
        id="scope-sensitive",
        level="should",
        rfc="RFC 6749 section 10.8",
        title="The scope holds what should stay private.",
        looks_at="The parameter scope for e-mail addresses, client secrets and tokens.",
        why="Scopes are written into tokens, logs and consent pages.",
        remedy="Name the access that is wanted, not the person or the account.",
    ),
)

_PLAIN = re.compile(r"[A-Za-z0-9_.:/\-]+(?: [A-Za-z0-9_.:/\-]+)*")
_OTHER_SEPARATOR = re.compile(r"[,;|]|%20|\+")
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+")


def look_at_scope(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at the parameter scope of a token request."""
    value = entry.parameters.values.get("scope")
    if value is None or value == "":
        return
    scope = value if isinstance(value, str) else entry.scope or ""
    if _PLAIN.fullmatch(scope):
        if len(scope) > 20:  # noqa: PLR2004 - shorter than that no secret is
            _look_for_secrets(scope, scene, found)
        return
    separator = scene.dialect.scope.separator
    pieces = scope.split(separator)
    if not all(map(is_scope_token, pieces)):
        found.append(_explain_malformed(scope, pieces, scene))
    else:
        _look_at_separators(pieces, entry, scene, found)
    _look_for_secrets(scope, scene, found)


def _explain_malformed(scope: str, pieces: list[str], scene: Scene) -> tuple[str, str]:
    shown = f"scope is {scene.show(scope)}"
    if scope.startswith(("[", "(", "{")):
        return "scope-not-space-separated", f"{shown}: a list was turned into a text instead of being joined"
    if re.fullmatch(r"[^\s,;]+(?:\s*[,;]\s*[^\s,;]+)+", scope) and "," in scope:
        return "scope-not-space-separated", f"{shown}: there are commas between the scopes"
    if scope != scope.strip():
        return "scope-malformed", f"{shown}: there is white space at its ends"
    if "" in pieces:
        return "scope-malformed", f"{shown}: there is more than one blank between two scopes"
    bad = sorted({char for char in scope if char != " " and not is_scope_token(char)})
    return "scope-malformed", f"{shown}: {', '.join(map(ascii, bad))} can't be in a scope"


def _look_at_separators(pieces: list[str], entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """A comma may be part of a scope; it is not where the provider knows the parts, or knows no scope at all."""
    known = _known_scopes(entry, scene)
    for piece in pieces:
        mark = _OTHER_SEPARATOR.search(piece)
        if mark is None or (known is not None and piece in known):
            continue
        parts = [part for part in re.split(re.escape(mark[0]), piece) if part]
        if piece.startswith(("[", "(", "{")):
            detail = f"scope is {scene.show(entry.scope)}: a list was turned into a text instead of being joined"
        elif (len(parts) > 1 or (len(pieces) > 1 and piece[-1] == mark[0])) and (
            set(parts) <= known if known is not None else mark[0] in {",", ";", "%20"}
        ):
            detail = f"scope is {scene.show(entry.scope)}: there is {mark[0]!r} between the scopes"
        else:
            continue
        found.append(("scope-not-space-separated", detail))
        return


def _known_scopes(entry: TokenRequest, scene: Scene) -> frozenset[str] | None:
    client = scene.clients.get(entry.client_id or "")
    scopes = client.scopes if client is not None else scene.settings.scopes
    return None if scopes is None else frozenset(scopes)


def _look_for_secrets(scope: str, scene: Scene, found: list[tuple[str, str]]) -> None:
    if _EMAIL.search(scope):
        found.append(("scope-sensitive", "the scope holds an e-mail address"))
    for what, _ in scene.secrets_in(scope):
        found.append(("scope-sensitive", f"the scope holds the {what}"))
