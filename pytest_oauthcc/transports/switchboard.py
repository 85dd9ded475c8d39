"""Which fake provider a request is for, and what happens to one that is for none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from pytest_oauthcc.core.authority import Authority, key_of, site_of
from pytest_oauthcc.core.bearer import find_token
from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.errors import NotServed, OauthccError, OptionError
from pytest_oauthcc.transports.passage import UNNOTED
from pytest_oauthcc.whereabouts import users_traceback

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from pytest_oauthcc.core.messages import Answer, Request
    from pytest_oauthcc.explain.unserved import Served
    from pytest_oauthcc.transports.passage import Passage

__all__ = ["BOARD", "Site", "Switchboard"]

_MOST_FORMER_TOKENS = 50_000


class Site(Protocol):
    """A provider as the switchboard sees it."""

    name: str
    authority: Authority
    is_live: bool

    def receive(self, request: Request, api_path: str | None) -> Answer | Passage:
        """Answer a request, or let it through: to the API with the path below it, else to the exact URL."""
        ...

    def takes(self, url: str) -> bool:
        """Whether a request to a URL that is none of the provider's own is for it nevertheless."""
        ...

    def allows(self, rule_id: str) -> bool:
        """Whether a test lets that rule be broken."""
        ...

    def begin_test(self) -> None:
        """Take note that another test begins."""

    def overhear(self, request: Request) -> None:
        """Take note of a request that is not for this provider."""


class Switchboard:
    """All providers that are faked at the moment, by what they serve."""

    def __init__(self) -> None:
        self._sites: list[Site] = []
        self._exact: dict[str, list[Site]] = {}
        self._mounts: dict[str, list[Site]] = {}
        self._hosts: dict[str, int] = {}
        self._former: dict[int, str] = {}
        self._served_ports: set[int] = set()
        self._lock = threading.Lock()
        self.current_test = ""
        self.failures: list[tuple[OauthccError, TracebackType | None]] = []

    # --- providers come and go

    def attach(self, site: Site) -> None:
        """
        Serve a provider.

        Raises:
            OptionError: Its token endpoint is served already.
        """
        __tracebackhide__ = True
        settings = site.authority.state.settings
        with self._lock:
            if key_of(settings.token_url) in self._exact:
                raise OptionError(
                    f"token_url {settings.token_url} is served already by another provider of this test; "
                    "give each its own token_url, or let oauthcc_factory() choose"
                )
            self._sites.append(site)
            for key in site.authority.endpoints:
                self._exact.setdefault(key, []).append(site)
                self._count_host(key.partition("/")[0], 1)
            if settings.api_url is not None:
                sharers = self._mounts.setdefault(key_of(settings.api_url).rstrip("/"), [])
                sharers.append(site)
                self._count_host(site_of(settings.api_url)[0], 1)
                self._share(sharers)

    def detach(self, site: Site) -> None:
        """Serve a provider no longer; its tokens are remembered as those of an earlier test."""
        settings = site.authority.state.settings
        with self._lock:
            if site not in self._sites:
                return
            self._sites.remove(site)
            for key in site.authority.endpoints:
                self._count_host(key.partition("/")[0], -1)
                self._exact[key].remove(site)
                if not self._exact[key]:
                    del self._exact[key]
            if settings.api_url is not None:
                mount = key_of(settings.api_url).rstrip("/")
                self._mounts[mount].remove(site)
                self._share(self._mounts[mount])
                if not self._mounts[mount]:
                    del self._mounts[mount]
                self._count_host(site_of(settings.api_url)[0], -1)
            for token in site.authority.state.tokens:
                self._former[hash(token.value)] = self.current_test
            while len(self._former) > _MOST_FORMER_TOKENS:
                del self._former[next(iter(self._former))]

    @staticmethod
    def _share(sharers: list[Site]) -> None:
        for sharer in sharers:
            sharer.authority.api.share_with([other.authority.api for other in sharers if other is not sharer])

    def let_through(self, port: int) -> None:
        """Let requests to a port of this machine pass, and past all stubs: a server of ours answers there."""
        with self._lock:
            self._served_ports.add(port)

    def stop_letting_through(self, port: int) -> None:
        """Take back ``let_through``: the server is gone, and somebody else may get its port."""
        with self._lock:
            self._served_ports.discard(port)

    def _count_host(self, host: str, change: int) -> None:
        count = self._hosts.get(host, 0) + change
        if count:
            self._hosts[host] = count
        else:
            self._hosts.pop(host, None)

    @property
    def sites(self) -> tuple[Site, ...]:
        """The providers that are faked now, the oldest first."""
        return tuple(self._sites)

    def serves(self, url: str) -> bool:
        """Whether an endpoint of an authorization server, or an API, is at exactly that URL."""
        key = key_of(url)
        return key in self._exact or key.rstrip("/") in self._mounts

    def provenance(self, token: str) -> str | None:
        """Tell where a token came from that no provider knows, or None."""
        test = self._former.get(hash(token))
        if test is None:
            return None
        where = f"the test {test}" if test else "an earlier provider"
        return f"the token was issued in {where}; a client or a token cache has outlived it: make or clear it per test"

    def begin_test(self, name: str) -> None:
        """Say which test is running; providers that outlive tests count their exchanges anew."""
        self.current_test = name
        for site in self._sites:
            site.begin_test()

    def note_failure(self, error: OauthccError, where: TracebackType | None = None) -> None:
        """Remember what a client did, for the case that it swallows the exception; ``where`` is here by default."""
        self.failures.append((error, where or users_traceback()))

    def take_failures(self) -> list[tuple[OauthccError, TracebackType | None]]:
        """Return the failures that nobody told yet, each with the place of the request; nobody has to again."""
        taken, self.failures = self.failures, []
        return taken

    # --- requests

    def claims(self, url: str) -> bool:
        """Whether the host of a URL is one of ours."""
        return site_of(url)[0] in self._hosts

    def is_our_server(self, url: str) -> bool:
        """Whether a server of ours on this machine is at a URL."""
        if not self._served_ports:
            return False
        host, _, port = site_of(url)[0].rpartition(":")
        return port.isdigit() and int(port) in self._served_ports and is_loopback(host)

    @property
    def lets_through(self) -> bool:
        """Whether requests to real servers may be let through, as in live mode."""
        return any(site.is_live for site in self._sites)

    def answer(self, request: Request, *, stubs_below: bool) -> Answer | Passage | None:
        """
        Answer a request, or decide that it may go on.

        Args:
            request: The request.
            stubs_below: Whether stubs of the user's would get it then.

        Returns:
            What the client gets; None where the request is not ours and may go on, a passage where it goes to the real
            provider, or to a server of ours.

        Raises:
            NotServed: Nothing serves it, or more than one provider, and it must not leave the process.
        """
        __tracebackhide__ = True
        key = key_of(request.url)
        owners = self._exact.get(key)
        if owners:
            if len(owners) > 1:
                from pytest_oauthcc.explain.shared_urls import shared_url

                raise self._refused(shared_url(request, [owner.authority.names for owner in owners]))
            return owners[0].receive(request, None)
        for mount, below in _prefixes(key):
            sharers = self._mounts.get(mount)
            if sharers:
                return self._sharer(sharers, request).receive(request, below)
        if self.is_our_server(request.url):
            return UNNOTED
        for site in self._sites:
            if site.takes(request.url):
                return site.receive(request, None)
        for site in self._sites:
            site.overhear(request)
        claimed = self.claims(request.url)
        if not claimed and (stubs_below or self._may_pass(request)):
            return None
        raise self._refuse(request, claimed=claimed)

    def pass_time(self, seconds: float) -> None:
        """Let time pass in which a real HTTP library would sleep between two attempts of its own."""
        if seconds > 0 and self._sites:
            self._sites[-1].authority.state.clock.advance(seconds)

    @staticmethod
    def _sharer(sharers: list[Site], request: Request) -> Site:
        """Choose among providers that share an API: the one whose token this is, else the first."""
        if len(sharers) > 1:
            for site in sharers:
                state = site.authority.state
                value = find_token(request, state.dialect.api).value
                if value is not None and (state.tokens.get(value) is not None or value in state.forged):
                    return site
        return sharers[0]

    def _may_pass(self, request: Request) -> bool:
        host = request.split.hostname or ""
        if any(host in site.authority.state.settings.passthrough for site in self._sites):
            return True
        return is_loopback(host) and not looks_like_token_request(request)

    def _refuse(self, request: Request, *, claimed: bool) -> NotServed:
        from pytest_oauthcc.explain.unserved import not_served

        text = not_served(
            request,
            list(self._served()),
            looks_like_token_request=looks_like_token_request(request),
            claimed_host=claimed,
            is_live=self.lets_through,
        )
        return self._refused(text)

    def _refused(self, text: str) -> NotServed:
        """Return the error, noted for the case that the client swallows it."""
        error = NotServed(text)
        if not any(site.allows("not-served") for site in self._sites):
            self.note_failure(error)
        return error

    def _served(self) -> Iterator[Served]:
        from pytest_oauthcc.explain.unserved import Served

        for site in self._sites:
            authority, settings = site.authority, site.authority.state.settings
            yield Served("token endpoint", " or ".join(settings.methods), settings.token_url)
            if settings.api_url is not None:
                yield Served("API", "any method, any path below", settings.api_url)
            yield Served("metadata", "GET", authority.metadata_url)
            yield Served("keys", "GET", authority.jwks_url)
            yield Served("introspection", "POST", authority.introspection_url)
            yield Served("revocation", "POST", authority.revocation_url)


def looks_like_token_request(request: Request) -> bool:
    """Whether a request asks somebody for a token, by the parameter that every grant has (RFC 6749 section 4)."""
    return request.method == "POST" and b"grant_type" in request.body[:65536]


def _prefixes(key: str) -> Iterator[tuple[str, str]]:
    """Yield the places where an API that serves a URL may be mounted, the longest first, and the path below each."""
    end = len(key)
    while end > 0:
        yield key[:end].rstrip("/"), key[end:] or "/"
        end = key.rfind("/", 0, end)


BOARD = Switchboard()
"""The one switchboard of the process, as there is one ``requests`` and one ``httpx`` in it."""
