"""Rules about how a client proves at the token endpoint who it is."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from pytest_oauthcc.core.client_certificates import TLS_METHODS
from pytest_oauthcc.rules.rule import Rule
from pytest_oauthcc.rules.token_request import is_readable

if TYPE_CHECKING:
    from pytest_oauthcc.core.journal import TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_authentication"]

RULES = (
    Rule(
        id="two-auth-methods",
        level="must",
        rfc="RFC 6749 section 2.3",
        title="A token request authenticates the client in two ways at once.",
        looks_at="Basic credentials, client_secret and client_assertion in the same token request.",
        why="Many servers refuse it, and the others differ in which of the two counts.",
        remedy="Choose one. With Basic (auth=(id, secret)) leave client_secret out of the body; client_id may stay.",
    ),
    Rule(
        id="no-client-authentication",
        level="must",
        rfc="RFC 6749 section 3.2.1",
        also=("RFC 6749 section 4.4.2", "RFC 6749 section 2.2"),
        title="A token request does not prove who the client is.",
        looks_at="Token requests for Basic credentials, client_secret, client_assertion and a TLS certificate.",
        why="In this grant the credentials are the grant: there is nobody else who could vouch for the client.",
        remedy="Send the client's id and secret with every token request: auth=(id, secret), or both in the form body.",
    ),
    Rule(
        id="client-id-missing",
        level="must",
        rfc="RFC 6749 section 2.3.1",
        also=("RFC 8705 section 2",),
        title="The body has no client_id to say whose client_secret or TLS certificate that is.",
        looks_at="Token requests with the parameter client_secret, or with nothing but a TLS certificate.",
        why="The server can't tell whose secret that is, and need not look through the certificates of all clients.",
        remedy="Send client_id beside client_secret, and with a TLS certificate.",
    ),
    Rule(
        id="client-id-mismatch",
        level="must",
        rfc="RFC 7521 section 4.2",
        also=("RFC 6749 section 2.3",),
        title="A token request names two different clients.",
        looks_at="The parameter client_id beside Basic credentials or a client assertion.",
        why="The server would have to guess which of the two asks.",
        remedy="Leave client_id out of the body, or put the same one there.",
    ),
    Rule(
        id="basic-malformed",
        level="must",
        rfc="RFC 6749 section 2.3.1",
        also=("RFC 7617 section 2",),
        title="The Basic credentials can't be read.",
        looks_at="Whether what stands after Basic is base64 of an id, a colon and a secret.",
        why="A server that can't read the credentials takes them as wrong.",
        remedy="Let the HTTP library make the header: auth=(id, secret).",
    ),
    Rule(
        id="basic-not-form-encoded",
        level="must",
        rfc="RFC 6749 section 2.3.1",
        also=("RFC 6749 appendix B",),
        title="Client id and secret were put into the Basic header without being form-encoded first.",
        looks_at="Basic credentials with characters that have to be encoded. Plain letters and digits look alike "
        "encoded or not.",
        why="The server decodes both: a + becomes a blank, %41 becomes A, and a : in the id cuts it in two.",
        remedy="auth=(quote_plus(client_id), quote_plus(client_secret)) with urllib.parse.quote_plus. Where a provider "
        'is known to take them as they are, allow={"basic-not-form-encoded": "the provider takes them raw"}.',
    ),
    Rule(
        id="credentials-placeholder",
        level="must",
        rfc="RFC 6749 section 3.2.1",
        title="The client authenticates with the word that a program prints when it has no value.",
        looks_at="Client ids and secrets that are None, null or undefined, and empty client ids.",
        why="A setting is missing, and the program sends that instead of saying so.",
        remedy="Check where id and secret come from, and stop with a message when one is missing.",
    ),
    Rule(
        id="control-character-in-credentials",
        level="must",
        rfc="RFC 6749 appendix A",
        title="Client id or secret hold a line break or another control character.",
        looks_at="The client id and secret as they arrive.",
        why="No id or secret has such characters; most often it is the last line break of the file it was read from.",
        remedy="Read it with .strip().",
    ),
    Rule(
        id="body-credentials-used",
        level="should",
        rfc="RFC 6749 section 2.3.1",
        title="The client secret is in the body although the provider takes it in the header.",
        looks_at="client_secret in the body, where auth_methods of the provider has client_secret_basic.",
        why="RFC 6749 keeps the body for clients that can't send an Authorization header: bodies get into logs.",
        remedy="Use auth=(id, secret), each half form-encoded.",
    ),
    Rule(
        id="bearer-at-token-endpoint",
        level="should",
        rfc="RFC 6749 section 3.2.1",
        title="A token request carries an access token.",
        looks_at="Token requests with Authorization: Bearer.",
        why="The token proves nothing here. It takes the place of the client's credentials, and an expired one makes "
        "the renewal fail: the client can't recover.",
        remedy="Fetch tokens with a session of their own, without the header and without the hook that adds it.",
    ),
)

_PLAIN = re.compile(r"[A-Za-z0-9\-._~*]+")
# What an encoder may leave as it is: encodeURIComponent keeps more than a form would, and no decoder minds.
_ENCODED = re.compile(r"(?:[A-Za-z0-9\-._~*!'()+]|%[0-9A-Fa-f]{2})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLACEHOLDERS = frozenset({"None", "null", "undefined"})


def look_at_authentication(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at how a token request authenticates its client."""
    presented = entry.presented
    method = presented.method
    if method == "none":
        _look_at_nothing(entry, scene, found)
        return
    if presented.other:
        detail = f"the request authenticates by {method} and by {' and '.join(presented.other)}"
        found.append(("two-auth-methods", detail))
    if presented.problem:
        rule = "basic-malformed" if method == "client_secret_basic" else "client-id-missing"
        found.append((rule, presented.problem))
        return
    if method == "client_secret_post" and scene.takes_basic:
        found.append(("body-credentials-used", "client_id and client_secret are in the body"))
    named = entry.parameters.get("client_id")
    if named is not None and named != presented.client_id:
        _look_at_two_names(entry, named, scene, found)
    for client_id, secret in presented.readings:
        if _PLAIN.fullmatch(secret) and _PLAIN.fullmatch(client_id):
            if secret in _PLACEHOLDERS or client_id in _PLACEHOLDERS:
                which, word = ("client_id", client_id) if client_id in _PLACEHOLDERS else ("client_secret", secret)
                found.append(("credentials-placeholder", f"{which} is the word {word!r}"))
        else:
            _look_at_awkward(entry, client_id, secret, scene, found)
        break


def _look_at_nothing(entry: TokenRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    scheme = entry.headers.get("authorization", "").partition(" ")[0].lower()
    if scheme in {"bearer", "dpop"}:
        found.append(
            ("bearer-at-token-endpoint", f"the Authorization header of the token request has the scheme {scheme!r}")
        )
    authenticated = entry.presented.other or entry.request.client_certificate is not None
    if not authenticated and is_readable(entry) and entry.grant_type in {None, "client_credentials"}:
        detail = "there is neither an Authorization header nor a client_secret in the body"
        if set(TLS_METHODS) & set(scene.settings.auth_methods):
            detail += ", and no TLS certificate was seen"
        if scheme:
            detail = f"the Authorization header has the scheme {scene.show(scheme)}, which proves nothing here"
        found.append(("no-client-authentication", detail))


def _look_at_two_names(entry: TokenRequest, named: str, scene: Scene, found: list[tuple[str, str]]) -> None:
    if named in {client_id for client_id, _ in entry.presented.readings}:
        return
    if entry.presented.method == "client_secret_basic" and named == _raw_pair(entry)[0]:
        return  # one name in two encodings, which is another rule's business
    shown = scene.show(entry.presented.client_id)
    found.append(("client-id-mismatch", f"the body names the client {scene.show(named)}, the credentials {shown}"))


def _look_at_awkward(
    entry: TokenRequest, client_id: str, secret: str, scene: Scene, found: list[tuple[str, str]]
) -> None:
    if not client_id:
        found.append(("credentials-placeholder", "the client id is empty"))
    for name, value in (("client_id", client_id), ("client_secret", secret)):
        flaw = _CONTROL.search(value)
        if flaw is not None:
            where = "ends with" if flaw.start() == len(value) - 1 else "holds"
            found.append(("control-character-in-credentials", f"the {name} {where} the character {flaw[0]!r}"))
    if entry.presented.method == "client_secret_basic":
        raw_id, raw_secret = _raw_pair(entry)
        registered = scene.clients.get(raw_id) or scene.clients.get(client_id)
        right_id, right = (registered.client_id, registered.client_secret) if registered is not None else ("", "")
        for name, raw, known in (("client id", raw_id, right_id), ("client secret", raw_secret, right)):
            # + and % are signs of an encoding, unless the secret itself has them.
            if not _ENCODED.fullmatch(raw) or (raw == known and ("+" in raw or "%" in raw)):
                detail = f"the {name} has characters that were not form-encoded: {_awkward(raw)}"
                found.append(("basic-not-form-encoded", detail))


def _raw_pair(entry: TokenRequest) -> tuple[str, str]:
    """Return the halves of readable Basic credentials before any decoding."""
    pair = base64.b64decode(entry.headers["authorization"].partition(" ")[2].strip(" "))
    try:
        text = pair.decode("utf-8")
    except UnicodeDecodeError:
        text = pair.decode("latin-1")
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _awkward(raw: str) -> str:
    """Name the kinds of characters, but not what they stand between."""
    found = sorted({char for char in raw if quote_plus(char) != char})
    return " ".join("a blank" if char == " " else char if char.isprintable() else ascii(char) for char in found)
