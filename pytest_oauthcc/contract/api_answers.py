"""What an API's refusals say: the challenge of RFC 6750 section 3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_oauthcc.contract.api_refusing import send_too_little_scope
from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import check

if TYPE_CHECKING:
    from pytest_oauthcc.contract.api_case import ApiCase
    from pytest_oauthcc.contract.api_reply import Reply

__all__ = ["Answers", "Challenge", "read_challenge"]

_SCHEME = re.compile(r"(?:^|,)\s*(bearer|dpop)(?=\s|,|$)", re.IGNORECASE)
_NEXT_SCHEME = re.compile(r",\s*[A-Za-z][\w-]*(?=\s+=|\s*,|\s*$)")  # attributes are masked by then
_ATTRIBUTE = re.compile(r'([A-Za-z_][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_ALLOWED = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
_ONCE = ("realm", "scope", "error", "error_description", "error_uri")


@dataclass(frozen=True, slots=True)
class Challenge:
    """
    The Bearer challenge of an answer.

    Args:
        attributes: In order; a name may come twice, though it must not.
        rest: What is left of its text when the attributes are taken out.
    """

    attributes: tuple[tuple[str, str], ...]
    rest: str

    def get(self, name: str) -> str | None:
        """Return an attribute's value, or None."""
        return next((value for key, value in self.attributes if key == name), None)


def read_challenge(header: str) -> Challenge | None:
    """Read the Bearer (or DPoP) challenge out of a ``WWW-Authenticate`` header; None where there is none."""
    found = _SCHEME.search(header)
    if found is None:
        return None
    text = header[found.end() :]
    following = _NEXT_SCHEME.search(_ATTRIBUTE.sub(lambda match: "=" * len(match[0]), text))
    text = text[: following.start()] if following else text
    attributes = tuple(
        (match[1].lower(), match[2] if match[2] is not None else match[3]) for match in _ATTRIBUTE.finditer(text)
    )
    return Challenge(attributes, _ATTRIBUTE.sub("", text).strip(" ,"))


class Answers:
    """``WWW-Authenticate``."""

    @check("challenges-with-bearer", API_CHECKS)
    def test_challenges_with_bearer(self, api: ApiCase) -> None:
        """Every 401 challenges the client to authenticate with Bearer."""
        api.plain()
        for what, token in (("no token", None), ("an expired token", api.forge("expired").value)):
            _challenge_to(api, what, token)

    @check("tells-invalid-token", API_CHECKS)
    def test_tells_invalid_token(self, api: ApiCase) -> None:
        """A refused token is called invalid_token."""
        api.plain()
        error = _challenge_to(api, "an expired token", api.forge("expired").value).get("error")
        if error != "invalid_token":
            api.broken(f"the challenge to an expired token has error={error!r}, expected 'invalid_token'")

    @check("tells-no-error-without-a-token", API_CHECKS)
    def test_tells_no_error_without_a_token(self, api: ApiCase) -> None:
        """Without a token there is no error to be told."""
        api.plain()
        error = _challenge_to(api, "no token").get("error")
        if error is not None:
            api.broken(f"the challenge to a request without token has error={error!r}, expected none")

    @check("tells-insufficient-scope", API_CHECKS)
    def test_tells_insufficient_scope(self, api: ApiCase) -> None:
        """Too little scope is called insufficient_scope."""
        reply = send_too_little_scope(api)
        if reply.status != 403:  # noqa: PLR2004
            api.undecided(f"the API answers {reply} to too little scope; see answers-403-to-too-little-scope")
        error = _challenge_of(api, reply, "a token with too little scope").get("error")
        if error != "insufficient_scope":
            api.broken(f"the challenge to too little scope has error={error!r}, expected 'insufficient_scope'")

    @check("challenge-is-well-formed", API_CHECKS)
    def test_challenge_is_well_formed(self, api: ApiCase) -> None:
        """Attributes come once, and in characters that a client can read."""
        api.plain()
        for what, token in (
            ("no token", None),
            ("an expired token", api.forge("expired").value),
            ("a text that is no token", api.forge("not-a-jwt").value),
        ):
            challenge = _challenge_to(api, what, token)
            names = [name for name, _ in challenge.attributes if name in _ONCE]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                api.broken(f"the challenge to {what} has {twice} {names.count(twice)} times, expected once")
            if challenge.rest:
                api.broken(
                    f"the challenge to {what} has {challenge.rest!r} among its attributes, which nobody can read"
                )
            for name, value in challenge.attributes:
                if name in _ONCE and not _ALLOWED.fullmatch(value):
                    api.broken(f"the challenge to {what} has {name}={value!r}, with characters that must not be there")


def _challenge_to(api: ApiCase, what: str, token: str | None = None) -> Challenge:
    __tracebackhide__ = True
    return _challenge_of(api, api.send(what, token), what)


def _challenge_of(api: ApiCase, reply: Reply, what: str) -> Challenge:
    __tracebackhide__ = True
    if reply.status is None or reply.let_in:
        api.undecided(f"the API did not refuse {what} ({reply})")
    if reply.headers is None:
        api.undecided("send returns a bare status; let it return the response, with its headers")
    header = reply.challenge()
    challenge = read_challenge(header or "")
    if challenge is None:
        shown = "no WWW-Authenticate" if not header else f"WWW-Authenticate: {header}"
        api.broken(f"the {reply} to {what} has {shown}, expected a Bearer challenge")
    return challenge
