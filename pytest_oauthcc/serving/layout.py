"""Where the endpoints of a provider are on one server: several hosts of the original under one roof."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_oauthcc.core.authority import key_of, site_of
from pytest_oauthcc.core.names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_oauthcc.core.authority import Authority

__all__ = ["Layout"]


class Layout:
    """
    Maps the paths of a server to the provider's own URLs.

    The endpoints of the authorization server keep their paths, for clients make one out of another. The API does so,
    too, where it has the same host as these; where it has one of its own, it moves below ``/api``.

    Args:
        authority: The provider's core.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        own = authority.names
        self._exact: dict[str, str] = {}  # path here -> URL there
        self._prefixes: dict[str, str] = {}  # site there -> what stands before its paths here
        sites: dict[str, list[str]] = {}
        for url in (own.token_url, *_urls_of_endpoints(authority)):
            sites.setdefault(site_of(url)[0], []).append(url)
        for site, urls in sites.items():
            self._place(site, urls)
        self._api = "" if own.api_url is None else self._place_api(own.api_url)

    def _place(self, site: str, urls: Iterable[str]) -> None:
        paths = {site_of(url)[1]: url.partition("?")[0] for url in reversed([*urls])}
        # A second host is rare; where its paths are those of the first, its name comes before them.
        prefix = f"/{site.replace(':', '-')}" if paths.keys() & self._exact.keys() else ""
        self._prefixes[site] = prefix
        self._exact.update({prefix + path: url for path, url in paths.items()})

    def _place_api(self, api_url: str) -> str:
        site, path = site_of(api_url)
        path = path.rstrip("/")
        if site in self._prefixes:
            return self._prefixes[site] + path
        return _first_free("/api", path, self._exact)

    def find(self, path: str) -> tuple[str, str | None] | None:
        """
        Find out what is at a path.

        Args:
            path: The path of a request to the server, as it was sent.

        Returns:
            The provider's own URL and, where that is one of the API, the path below ``api_url``; None where there is
            nothing at that path.
        """
        url = self._exact.get(path)
        if url is not None:
            return url, None
        api_url = self._authority.names.api_url
        if api_url is None or not (path == self._api or path.startswith(self._api + "/")):
            return None
        below = path[len(self._api) :] or "/"
        return api_url.partition("?")[0].rstrip("/") + below, below

    def url_here(self, base_url: str, url: str) -> str:
        """
        Turn one of the provider's own URLs into that on a server.

        Args:
            base_url: Where the server is, without a slash at the end.
            url: An endpoint of the authorization server or anything below ``api_url``, maybe with a query.

        Returns:
            The URL on the server.
        """
        site, path = site_of(url)
        query = urlsplit(url).query
        below = self._authority.api_path(url)
        here = self._prefixes.get(site, "") + path
        if below and here not in self._exact:
            here = self._api + below
        return f"{base_url}{here}{'?' * bool(query)}{query}"

    def names(self, base_url: str) -> Names:
        """
        Tell what the provider is called on a server.

        Args:
            base_url: Where the server is, such as ``http://127.0.0.1:8080``, without a slash at the end.

        Returns:
            The URLs of its endpoints there.
        """
        own = self._authority.names

        issuer_site, issuer_path = site_of(own.issuer)
        issuer = base_url + self._prefixes[issuer_site] + issuer_path
        return Names(
            issuer=issuer.removesuffix("/") + "/" * own.issuer.endswith("/"),
            token_url=self.url_here(base_url, own.token_url),
            api_url=None if own.api_url is None else base_url + self._api + "/" * own.api_url.endswith("/"),
            metadata_url=self.url_here(base_url, own.metadata_url),
            jwks_url=self.url_here(base_url, own.jwks_url),
            introspection_url=self.url_here(base_url, own.introspection_url),
            revocation_url=self.url_here(base_url, own.revocation_url),
        )

    def describe(self, base_url: str) -> list[str]:
        """List what is served, for somebody who asked for something else."""
        names = self.names(base_url)
        rows = [
            ("token endpoint", names.token_url),
            ("API", f"{names.api_url} and any path below" if names.api_url is not None else ""),
            ("metadata", names.metadata_url),
            ("keys", names.jwks_url),
            ("introspection", names.introspection_url),
            ("revocation", names.revocation_url),
        ]
        return [f"{what:<16}{url}" for what, url in rows if url]


def _urls_of_endpoints(authority: Authority) -> Iterable[str]:
    """Yield the exact URLs of the authorization server; those without a name get the issuer's scheme."""
    own = authority.names
    known = {
        key_of(url): url
        for url in (own.token_url, own.metadata_url, own.jwks_url, own.introspection_url, own.revocation_url)
    }
    scheme = urlsplit(own.issuer).scheme
    for key in authority.endpoints:
        yield known.get(key, f"{scheme}://{key}")


def _first_free(prefix: str, path: str, taken: Iterable[str]) -> str:
    """Return the prefix and the path with a number between them where endpoints are below that already."""
    number, candidate = 1, prefix + path
    while any(other == candidate or other.startswith(candidate + "/") for other in taken):
        number += 1
        candidate = f"{prefix}-{number}{path}"
    return candidate
