"""One fake provider as a pure function: a plain request goes in, a plain answer comes out, the journal knows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_oauthcc.core.api import Api
from pytest_oauthcc.core.journal import Exchange, OtherRequest
from pytest_oauthcc.core.messages import Answer, Request, Response
from pytest_oauthcc.core.metadata import metadata, metadata_paths
from pytest_oauthcc.core.names import Names, mtls_alias
from pytest_oauthcc.core.refusals import json_response
from pytest_oauthcc.core.registration import Registration
from pytest_oauthcc.core.state import ClockLike, State
from pytest_oauthcc.core.templates import compile_template
from pytest_oauthcc.core.token_endpoint import TokenEndpoint
from pytest_oauthcc.core.token_status import TokenStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.core.tokens import IssuedToken

__all__ = ["Authority", "site_of"]

_USUAL_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


@lru_cache(maxsize=1024)  # clients ask for the same URLs again and again
def site_of(url: str) -> tuple[str, str]:
    """
    Split a URL into the site that serves it and the path on it.

    Args:
        url: Absolute.

    Returns:
        The host in lower case, with its port where that is not the usual one of the scheme, and the path. The scheme
        is left out: a token request to the http twin of an https endpoint has to be seen, not sent.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"  # else [::1]:80 and [::1:80] would be the same
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is not None and port != _USUAL_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    return host, parts.path or "/"


class Authority:
    """
    The authorization server and the API of one provider.

    Args:
        settings: The resolved options.
        dialect: The provider's own ways.
        clock: Tells the time.
        find_issued: Finds a token also at the providers that share the API; by default only here.
        provenance: Tells where an unknown token came from.
    """

    def __init__(
        self,
        settings: Settings,
        dialect: Dialect,
        clock: ClockLike,
        *,
        find_issued: Callable[[str], IssuedToken | None] | None = None,
        provenance: Callable[[str], str | None] = lambda _token: None,
    ) -> None:
        self.state = State(settings, dialect, clock)
        self.token_endpoint = TokenEndpoint(self.state)
        self.api = Api(self.state, find_issued=find_issued or self.state.tokens.get, provenance=provenance)
        issuer = settings.issuer.rstrip("/")
        own_place = dialect.jwks_url or f"{issuer}/.well-known/jwks.json"
        self.jwks_url = str(compile_template(own_place)(self.state.values))
        parts = urlsplit(issuer)
        paths = metadata_paths(parts.path)
        self.metadata_url = f"{parts.scheme}://{parts.netloc}{paths[0]}"
        self.introspection_url = f"{issuer}/introspect"
        self.revocation_url = f"{issuer}/revoke"
        status = TokenStatus(self.state)
        self._endpoints: dict[str, Callable[[Request], tuple[Exchange, Answer]]] = {
            key_of(self.jwks_url): self._serve_keys,
            key_of(self.introspection_url): status.introspect,
            key_of(self.revocation_url): status.revoke,
            key_of(settings.token_url): self.token_endpoint.respond,
        }
        if settings.mtls_aliases:
            for url in (settings.token_url, self.introspection_url, self.revocation_url):
                self._endpoints[key_of(mtls_alias(url))] = self._endpoints[key_of(url)]
            self.state.assertions.accept((mtls_alias(settings.token_url),))
        metadata_urls = [f"{parts.scheme}://{parts.netloc}{path}" for path in paths]
        for url in [*metadata_urls, *compile_template(dialect.metadata_urls)(self.state.values)]:
            self._endpoints[key_of(url)] = self._serve_metadata
        for url, document in dialect.documents.items():
            self._serve_document(compile_template(url)(self.state.values), document)

        self.names = Names(
            settings.issuer,
            settings.token_url,
            settings.api_url,
            self.metadata_url,
            self.jwks_url,
            self.introspection_url,
            self.revocation_url,
        )
        self.other_names: tuple[Names, ...] = ()
        if settings.registration:
            self._endpoints[key_of(self.names.registration_url)] = Registration(self.state).register

    def answer_to(self, names: Names) -> None:
        """Be called by these names as well: what clients address to them is meant for this provider."""
        if names in (self.names, *self.other_names):
            return
        with self.state.lock:
            self.other_names = (*self.other_names, names)
            self.state.assertions.accept((names.issuer, names.token_url))
            if names.api_url is not None:
                self.api.accept(names.api_url)

    @property
    def endpoints(self) -> Mapping[str, Callable[[Request], tuple[Exchange, Answer]]]:
        """What serves the exact URLs of the authorization server, by ``key_of`` the URL."""
        return self._endpoints

    def respond(self, request: Request) -> Answer | None:
        """
        Answer a request and note it in the journal.

        Args:
            request: The request.

        Returns:
            What the client gets; None where the provider does not serve the URL.
        """
        api_path = self.path_for(request.url)
        if api_path == "":
            return None
        return self.serve(request, api_path)[1]

    def serve(self, request: Request, api_path: str | None) -> tuple[Exchange, Answer]:
        """
        Answer a request that is known to be for this provider, and note it in the journal.

        Args:
            request: The request.
            api_path: The part of its path below ``api_url``; None where an exact URL serves it.

        Returns:
            Its entry in the journal, and what the client gets.
        """
        with self.state.lock:
            entry: Exchange
            if api_path is None:
                entry, answer = self._endpoints[key_of(request.url)](request)
            else:
                entry, answer = self.api.respond(request, api_path)
            self.state.journal.add(entry)
        return entry, answer

    def path_for(self, url: str) -> str | None:
        """Return what ``serve`` takes as ``api_path`` for a URL; an empty text where the provider does not serve it."""
        return None if key_of(url) in self._endpoints else self.api_path(url)

    def api_path(self, url: str) -> str:
        """Return the part of a URL's path below ``api_url``, with a slash in front; nothing where it is not below."""
        base = self.state.settings.api_url
        if base is None:
            return ""
        base_site, base_path = site_of(base)
        site, path = site_of(url)
        base_path = base_path.rstrip("/")
        if site != base_site or not (path == base_path or path.startswith(base_path + "/")):
            return ""
        return path[len(base_path) :] or "/"

    def _serve_metadata(self, request: Request) -> tuple[Exchange, Answer]:
        return self._serve(request, "metadata", json_response(200, metadata(self.state, request.names or self.names)))

    def _serve_document(self, url: str, document: Any) -> None:
        answer = json_response(200, compile_template(document)(self.state.values))
        self._endpoints[key_of(url)] = lambda request: self._serve(request, "document", answer)

    def _serve_keys(self, request: Request) -> tuple[Exchange, Answer]:
        return self._serve(request, "keys", json_response(200, self.state.keys.jwks()))

    def _serve(self, request: Request, endpoint: str, response: Response) -> tuple[Exchange, Answer]:
        entry = OtherRequest(request, self.state.clock.time(), endpoint)
        if request.method not in {"GET", "HEAD"}:
            response = Response(405, (("Allow", "GET, HEAD"),))
        entry.outcome = response
        return entry, Answer(response)


def key_of(url: str) -> str:
    """Return what two spellings of the same URL have in common: host, port and path, without scheme and query."""
    site, path = site_of(url)
    return site + path
