"""What the rules may know of a provider beside the request itself."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_oauthcc.core.authority import Authority
    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.messages import Request
    from pytest_oauthcc.core.names import Names
    from pytest_oauthcc.core.settings import Settings

__all__ = ["Scene", "is_plain_http"]

# A secret or token stands out by its length and its mixture; words such as "token" or "password" in a path don't.
_STRIKING = re.compile(r"[A-Za-z0-9._~+\-]{10,}=*")
_LONG = 20  # characters; a text of that length without blanks is shown masked
_MOST_SHOWN = 80

_BEARER_RULES = ("bearer-malformed", "bearer-placeholder")
_QUERY_RULES = ("secret-in-query", "client-id-in-query", "parameters-in-query")


class Scene:
    """
    A provider as the rules see it; made once, used for every exchange.

    Args:
        settings: The provider's resolved options.
        dialect: Its own ways.
        clients: Its clients by id; those that are registered later have to appear in it.
        find_token: Finds an issued token by its value, or returns None.
        audiences: What else the provider is called, where it can be reached at another place as well.
    """

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        clients: Mapping[str, Client],
        find_token: Callable[[str], Any],
        *,
        audiences: Iterable[str] = (),
    ) -> None:
        self.settings = settings
        self.dialect = dialect
        self.clients = clients
        self.find_token = find_token
        self.off: Mapping[str, str] = _switched_off(settings, dialect)
        self._token_url_query = _query_of(settings.token_url)
        self.audiences = frozenset({settings.issuer, settings.issuer.rstrip("/"), settings.token_url, *audiences})
        self.takes_basic = "client_secret_basic" in settings.auth_methods
        self.bearer_header = dialect.api.header == "Authorization" and dialect.api.scheme.lower() == "bearer"
        self._names: tuple[Names, ...] = ()
        self._token_words = frozenset({"bearer", "dpop", dialect.token_type.lower()})

    @classmethod
    def of(cls, authority: Authority) -> Scene:
        """Make the scene of a provider's core, as it is at this moment."""
        state = authority.state
        called = [
            url for names in authority.other_names for url in (names.issuer, names.issuer.rstrip("/"), names.token_url)
        ]
        scene = cls(state.settings, state.dialect, state.clients, state.tokens.get, audiences=called)
        scene._names = authority.other_names
        return scene

    def is_of(self, authority: Authority) -> bool:
        """Whether it is still the scene of that core, whose settings and names may have changed meanwhile."""
        return self.settings is authority.state.settings and self._names is authority.other_names

    def query_of_token_url(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Return the query that is part of the token URL, at the place at which a request came in."""
        return self._token_url_query if request.names is None else _query_of(request.names.token_url)

    def knows_token_type(self, token_type: str) -> bool:
        """Whether a client of this provider can use a token of that type (RFC 6749 section 7.1)."""
        return token_type.lower() in self._token_words

    def secrets_in(self, text: str) -> Iterator[tuple[str, str]]:
        """
        Find the client secrets and tokens of this provider in a text such as a URL or a cookie.

        Only what stands alone between delimiters and looks made up counts, so that a secret ``"orders"`` does not turn
        the path ``/orders`` into a leak.

        Args:
            text: As it came.

        Yields:
            ``"client secret"`` or ``"access token"`` and the piece itself.
        """
        for piece in _striking_pieces(text):
            if self.find_token(piece) is not None:
                yield "access token", piece
            elif any(client.client_secret == piece for client in self.clients.values()):
                yield "client secret", piece

    def show(self, value: object) -> str:
        """
        Make a text out of a request fit for a message: shortened, with everything secret masked.

        Args:
            value: As it came.

        Returns:
            Its ``repr``.
        """
        text = str(value)
        for client in self.clients.values():
            secret = client.client_secret
            if secret and secret in text:
                text = text.replace(secret, mask(secret))
        text = _STRIKING.sub(lambda found: self._show_piece(found[0]), text)
        return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")

    def _show_piece(self, piece: str) -> str:
        if self.find_token(piece) is not None or (len(piece) >= _LONG and _is_mixed(piece)):
            return mask(piece)
        return piece


def _striking_pieces(text: str) -> Iterator[str]:
    for found in _STRIKING.finditer(text):
        if _is_striking(found[0]):
            yield found[0]
    if "%" in text:  # a secret with awkward characters
        for part in re.split(r"[?&=;/\s]", text):
            decoded = unquote_plus(part)
            if decoded != part and _is_striking(decoded):
                yield decoded


def _is_striking(piece: str) -> bool:
    return len(piece) >= _LONG or (any(map(str.isdigit, piece)) and any(map(str.isalpha, piece)))


def _is_mixed(piece: str) -> bool:
    """Whether a text looks random: letters with digits, or capitals with small letters."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return sum(any(map(kind, piece)) for kind in kinds) > 1


def _switched_off(settings: Settings, dialect: Dialect) -> dict[str, str]:
    """Collect the rules that the provider itself makes its clients break, with the reason."""
    off: dict[str, str] = {}
    if dialect.scope.separator != " ":
        off["scope-not-space-separated"] = f"the provider parts scopes by {dialect.scope.separator!r}"
    if dialect.credentials_in_query == "accept":
        off.update(dict.fromkeys(_QUERY_RULES, "the provider takes credentials in the query"))
    if "query" in settings.body_formats:
        off["parameters-in-query"] = "the provider takes parameters in the query"
    if dialect.basic_encoding != "form":
        off["basic-not-form-encoded"] = "the provider reads Basic credentials as they are"
    if dialect.api.header != "Authorization" or dialect.api.scheme.lower() != "bearer":
        how = f"the header {dialect.api.header}" + (f" with {dialect.api.scheme}" if dialect.api.scheme else "")
        off.update(dict.fromkeys(_BEARER_RULES, f"the provider's API takes the token in {how}"))
    return {**off, **dialect.allow}


@functools.lru_cache(maxsize=256)
def _query_of(url: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def is_plain_http(url: str) -> bool:
    """Whether a request to this URL would be readable on its way: no TLS, and not on this machine."""
    if url.startswith("https:"):
        return False
    parts = urlsplit(url)
    return parts.scheme.lower() == "http" and not is_loopback(parts.hostname or "")
