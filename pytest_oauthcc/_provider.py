"""``Provider``: what a test holds in its hand."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from pytest_oauthcc._served_provider import ServedProvider
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.scopes import Grant, as_scopes, decide_scopes
from pytest_oauthcc.errors import Mismatch, OptionError
from pytest_oauthcc.explain.expectation import ANY, ApiExpectation, TokenExpectation
from pytest_oauthcc.options import check_option
from pytest_oauthcc.token_arguments import check_lifetime, check_token_arguments
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_oauthcc.client_certificate import ClientCertificate
    from pytest_oauthcc.core.forgery import ForgedToken
    from pytest_oauthcc.core.journal import ApiRequest, Exchange, TokenRequest
    from pytest_oauthcc.core.request_log import RequestLog
    from pytest_oauthcc.core.tokens import IssuedToken
    from pytest_oauthcc.serving.asgi import AsgiApplication
    from pytest_oauthcc.serving.wsgi import WsgiApplication

__all__ = ["Provider"]


class Provider(ServedProvider):
    """
    A fake OAuth 2.0 provider, authorization server and protected API, as a test sees it.

    Tests get one from the fixture ``oauthcc``, from ``oauthcc_factory`` or from ``pytest_oauthcc.provider``.

    Attributes:
        token_endpoint: Scripts the token endpoint: ``fail``, ``reply``, ``time_out``...
        api: Scripts the protected API and its routes.
        clock: The clock that decides when a token is expired.
    """

    __module__ = "pytest_oauthcc"

    def __repr__(self) -> str:
        return f"<Provider {self.name}: {self.token_url}, {len(self.exchanges)} exchanges>"

    # --- where

    @property
    def token_url(self) -> str:
        """Where the token endpoint is."""
        return self._state.settings.token_url

    @property
    def api_url(self) -> str:
        """
        Where the protected API is.

        Raises:
            OptionError: The provider was made with ``api_url=None``.
        """
        __tracebackhide__ = True
        url: str | None = self._state.settings.api_url
        if url is None:
            raise OptionError("this provider has no fake API (api_url=None); leave the option out to get one")
        return url

    @property
    def issuer(self) -> str:
        """The issuer identifier (RFC 8414 section 2)."""
        return self._state.settings.issuer

    @property
    def metadata_url(self) -> str:
        """Where the authorization server's metadata are (RFC 8414 section 3)."""
        return self.authority.metadata_url

    @property
    def jwks_url(self) -> str:
        """Where the public keys are (RFC 7517)."""
        return self.authority.jwks_url

    @property
    def introspection_url(self) -> str:
        """Where a token's state is told (RFC 7662)."""
        return self.authority.introspection_url

    @property
    def revocation_url(self) -> str:
        """Where a token is revoked (RFC 7009)."""
        return self.authority.revocation_url

    @property
    def registration_url(self) -> str:
        """
        Where clients register themselves (RFC 7591).

        Raises:
            OptionError: This provider does not let them.
        """
        __tracebackhide__ = True
        if not self._state.settings.registration:
            raise OptionError(
                "this provider takes no registrations; the option registration=True lets clients register"
            )
        return self.authority.names.registration_url

    # --- who

    @property
    def client_id(self) -> str:
        """The client identifier."""
        return self._state.main_client.client_id

    @property
    def client_secret(self) -> str:
        """The client secret as it is now."""
        return self._state.main_client.client_secret

    @property
    def private_key(self) -> str:
        """The client's private key as PEM, for ``private_key_jwt`` (RFC 7523); its algorithm is RS256."""
        return self._state.client_key.private_pem

    def client_certificate(
        self,
        client: Client | None = None,
        *,
        common_name: str | None = None,
        self_signed: bool | None = None,
        expires_in: float | None = None,
    ) -> ClientCertificate:
        """
        Make a certificate for a client to show in the TLS handshake (RFC 8705): the one that it registered.

        Args:
            client: Whose it is; by default the provider's own.
            common_name: Whom it names instead; then nobody has registered it.
            self_signed: Whether it signs itself; by default as the client's methods of authentication want it. One of
                another name, or that expires, has a key of its own and is not registered.
            expires_in: Seconds on the provider's clock until it expires; by default it never does.

        Returns:
            The certificate with its key, as files that are gone after the test.

        Raises:
            OptionError: The client registered certificates of its own, a name is too long for a certificate, or
                ``expires_in`` is no number of seconds.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.client_certificate import make_client_certificate

        check_lifetime("client_certificate()", expires_in)
        return make_client_certificate(
            client or self._state.main_client,
            auth_methods=self._state.settings.auth_methods,
            owner=self,
            common_name=common_name,
            self_signed=self_signed,
            expires=None if expires_in is None else self.clock.time() + expires_in,
        )

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the client may have; nothing where it may have anything."""
        return self._state.main_client.scopes or ()

    @property
    def options(self) -> Mapping[str, Any]:
        """The options that the profile declares for itself, such as ``api_key``, with their values."""
        return self._state.settings.own

    def add_client(
        self,
        client_id: str | None = None,
        *,
        client_secret: str | None = None,
        scopes: str | Iterable[str] | None = None,
        auth_methods: Sequence[str] | None = None,
        jwks: Mapping[str, Any] | None = None,
        certificate_subject: Mapping[str, str] | None = None,
    ) -> Client:
        """
        Register another client.

        Args:
            client_id: Its identifier; made up where not given.
            client_secret: Its secret; made up where not given.
            scopes: What it may have; None means what the provider's own client may have.
            auth_methods: How it may authenticate; None means however the provider takes it.
            jwks: Its public keys, for ``private_key_jwt``; None means that of ``private_key``. With ``x5c`` its
                certificates, for ``self_signed_tls_client_auth``.
            certificate_subject: Whom its certificate names, for ``tls_client_auth``, as the option
                ``client_certificate_subject`` takes it; None means its id as the CN.

        Returns:
            The client with its ``client_id`` and ``client_secret``.

        Raises:
            OptionError: There is such a client already, or an argument is of the wrong type.
        """
        __tracebackhide__ = True
        where = "add_client()"
        if client_id is not None:
            check_option("client_id", client_id, where, {})
        if client_secret is not None:
            check_option("client_secret", client_secret, where, {})
        methods = None if auth_methods is None else check_option("auth_methods", auth_methods, where, {})
        default = self._state.settings.default_scopes
        allowed = self._state.main_client.scopes
        if scopes is not None:
            allowed = check_option("scopes", scopes, where, {})
            default = tuple(scope for scope in default or () if scope in allowed) or None
        client = Client(
            client_id or f"client-{secrets.token_hex(4)}",
            client_secret or secrets.token_hex(16),
            allowed,
            default,
            methods,
            jwks=self._state.client_key if jwks is None else check_option("client_jwks", jwks, where, {}),
            certificate_subject=None
            if certificate_subject is None
            else check_option("client_certificate_subject", certificate_subject, where, {}),
        )
        with self._state.lock:
            if client.client_id in self._state.clients:
                raise OptionError(f"add_client(): there is a client {client_id!r} already")
            self._state.clients[client.client_id] = client
        return client

    def rotate_secret(self) -> str:
        """Give the client a new secret; the old one is refused from now on. Returns the new secret."""
        self._state.main_client.client_secret = secret = secrets.token_hex(16)
        return secret

    # --- tokens

    def mint(
        self,
        scope: str | Iterable[str] | None = None,
        *,
        expires_in: float | None = None,
        claims: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        alg: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """
        Issue an access token without a token request; the API takes it.

        Args:
            scope: What it is good for; by default what a request without scope would get.
            expires_in: Its lifetime in seconds; 0 gives one that is expired at once.
            claims: Claims to add or replace; ``OMIT`` leaves one out.
            client_id: Whom it is for; by default the provider's own client.
            alg: Another JOSE algorithm than the provider's own.
            headers: Members of the JWT header to add or replace.

        Returns:
            The token, different from every other.

        Raises:
            OptionError: An argument is of the wrong type, or makes no sense for this provider's tokens.
        """
        __tracebackhide__ = True
        check_token_arguments(
            "mint()",
            token_format=self._state.settings.token_format,
            expires_in=expires_in,
            claims=claims,
            client_id=client_id,
            alg=alg,
            headers=headers,
        )
        client = self._state.clients.get(client_id or "", self._state.main_client)
        scopes = as_scopes(scope) if scope is not None else self._scopes_without_asking(client)
        with self._state.lock:
            token = self._state.issue(
                client_id or client.client_id,
                scopes,
                now=self.clock.time(),
                lifetime=expires_in,
                claims=claims,
                alg=alg,
                header=headers,
            )
        return token.value

    def _scopes_without_asking(self, client: Client) -> tuple[str, ...]:
        decided = decide_scopes(
            (), allowed=client.scopes, default=client.default_scopes, dialect=self._state.dialect.scope
        )
        return decided.scopes if isinstance(decided, Grant) else ()

    def forge(
        self,
        name: str,
        scope: str | Iterable[str] | None = None,
        *,
        expires_in: float | None = None,
        claims: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        alg: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> ForgedToken:
        """
        Make a token that an API has to refuse: in all but one thing as good as those of ``mint``.

        Args:
            name: Which forgery, such as ``"alg-none"``; ``forgeries()`` gives one of each.
            scope: What it would be good for; by default what a request without scope would get.
            expires_in: Its lifetime in seconds.
            claims: Claims to add or replace; ``OMIT`` leaves one out.
            client_id: Whom it would be for; by default the provider's own client.
            alg: Another JOSE algorithm than the provider's own.
            headers: Members of the JWT header to add or replace.

        Returns:
            The token, why it has to be refused, and with which status.

        Raises:
            OptionError: There is no such forgery, it makes no sense for this provider's tokens, or ``alg`` is unknown.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.core.forgery import Forger

        check_token_arguments(
            "forge()",
            token_format="jwt",  # noqa: S106 - a forgery is one, whatever the provider's own tokens are
            expires_in=expires_in,
            claims=claims,
            client_id=client_id,
            alg=alg,
            headers=headers,
        )
        return Forger(self._state).forge(
            name,
            None if scope is None else as_scopes(scope),
            expires_in=expires_in,
            claims=claims,
            client_id=client_id,
            alg=alg,
            headers=headers,
        )

    def forgeries(self, scope: str | Iterable[str] | None = None) -> tuple[ForgedToken, ...]:
        """
        Make one forged token of every kind that makes sense for this provider's tokens.

        Args:
            scope: What they would be good for, but for ``too-little-scope``, which has none.

        Returns:
            The tokens, each with its name, why it has to be refused, and with which status.
        """
        from pytest_oauthcc.core.forgery import Forger

        return Forger(self._state).forge_all(None if scope is None else as_scopes(scope))

    def revoke(self, token: str | IssuedToken | None = None) -> int:
        """
        Revoke a token; the API refuses it from now on.

        Args:
            token: The token or its value; None revokes all that are still good.

        Returns:
            How many tokens were revoked.

        Raises:
            OptionError: This provider never issued the token.
        """
        __tracebackhide__ = True
        value = token if token is None or isinstance(token, str) else token.value
        with self._state.lock:
            if value is not None and self._state.tokens.get(value) is None:
                raise OptionError("revoke(): this provider never issued that token; without an argument it revokes all")
            return self._state.tokens.revoke(value, self.clock.time())

    def rotate_keys(self, *, keep_old: bool = True) -> None:
        """
        Sign with a fresh key from now on.

        Args:
            keep_old: Whether the older keys stay published, so that their tokens stay good; False withdraws them, as
                after a theft, and what they signed is good nowhere.
        """
        with self._state.lock:
            self._state.rotate_keys(keep_old=keep_old)

    @property
    def tokens(self) -> tuple[IssuedToken, ...]:
        """Every token that was issued, the oldest first."""
        return tuple(self._state.tokens)

    @property
    def licence_holders(self) -> dict[str, float]:
        """
        Who holds a licence: client ids with the time, in seconds since the epoch, until which it is taken.

        Raises:
            OptionError: The profile knows no licences.
        """
        __tracebackhide__ = True
        if self._state.licences is None:
            raise OptionError(f"the profile {self.name!r} has no licences; jim2 is one that has")
        with self._state.lock:
            return self._state.licences.holders(self.clock.time())

    # --- seeing

    @property
    def token_requests(self) -> RequestLog[TokenRequest]:
        """The requests to the token endpoint, the oldest first."""
        return self._state.journal.token_requests

    @property
    def api_requests(self) -> RequestLog[ApiRequest]:
        """The requests to the protected API, the oldest first."""
        return self._state.journal.api_requests

    @property
    def exchanges(self) -> RequestLog[Exchange]:
        """All requests, the oldest first."""
        return self._state.journal.exchanges

    @property
    def violations(self) -> list[Any]:
        """The rules that the client broke so far, in the order of its requests."""
        return [violation for entry in self._state.journal.all for violation in entry.violations]

    def allow(self, rules: Mapping[str, str]) -> None:
        """
        Let the client break rules for the rest of the test.

        Args:
            rules: Rule ids, each with the reason why that is fine; the report shows them.

        Raises:
            OptionError: There is no such rule, or this is no table of texts.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.rules.verdicts import check_rule_ids

        checked = check_option("allow", rules, "allow()", {})
        check_rule_ids(checked, "allow()")
        self._allowed.update(checked)

    # --- asserting

    def assert_token_request(
        self,
        *,
        grant_type: Any = ANY,
        scope: Any = ANY,
        auth_method: Any = ANY,
        client_id: Any = ANY,
        headers: Any = ANY,
        params: Any = ANY,
        count: int | None = None,
    ) -> None:
        """
        Assert that at least one token request looks like this.

        Only what is given is looked at; None means absent.

        Args:
            grant_type: The parameter ``grant_type``.
            scope: The scopes that were asked for, as a text or an iterable; they compare as sets.
            auth_method: ``client_secret_basic``, ``client_secret_post``...
            client_id: Whom the request names as the client.
            headers: Headers that it has to carry among others; names compare without case.
            params: Parameters that it has to carry among others.
            count: How many requests have to look like this exactly; 0 for none.

        Raises:
            Mismatch: There is none, or not that many.
            OptionError: An argument is of the wrong type.
        """
        __tracebackhide__ = True
        expected = TokenExpectation(
            grant_type=grant_type,
            scope=scope,
            auth_method=auth_method,
            client_id=client_id,
            headers=headers,
            params=params,
        )
        self._assert(expected, count)

    def assert_api_request(
        self,
        *,
        method: Any = ANY,
        path: Any = ANY,
        params: Any = ANY,
        json: Any = ANY,
        headers: Any = ANY,
        scope: Any = ANY,
        count: int | None = None,
    ) -> None:
        """
        Assert that at least one API request looks like this.

        Only what is given is looked at; None means absent.

        Args:
            method: The HTTP method.
            path: The path below ``api_url``.
            params: Query parameters that it has to carry among others.
            json: The JSON body.
            headers: Headers that it has to carry among others; names compare without case.
            scope: The scopes of the token that it carried; they compare as sets.
            count: How many requests have to look like this exactly; 0 for none.

        Raises:
            Mismatch: There is none, or not that many.
            OptionError: An argument is of the wrong type.
        """
        __tracebackhide__ = True
        expected = ApiExpectation(method=method, path=path, params=params, json=json, headers=headers, scope=scope)
        self._assert(expected, count)

    def _assert(self, expected: TokenExpectation | ApiExpectation, count: int | None) -> None:
        __tracebackhide__ = True
        from pytest_oauthcc.explain.mismatch import mismatch

        states = [site.authority.state for site in BOARD.sites if site is not self]
        others = [(state.settings.token_url, state.journal) for state in states]
        text = mismatch(expected, self._state.journal, count=count, others=others, secrets=self.secrets)
        if text is not None:
            raise Mismatch(text)

    # --- serving

    def asgi(self, *, base_url: str | None = None) -> AsgiApplication:
        """
        Give the provider as an ASGI application, for uvicorn, hypercorn, or to mount it in another one.

        Args:
            base_url: Where clients find the application; None believes the Host header of each request.

        Returns:
            The application; one to use, also by several servers.
        """
        from pytest_oauthcc.serving.asgi import AsgiApplication

        return AsgiApplication(self, base_url=base_url)

    def wsgi(self, *, base_url: str | None = None) -> WsgiApplication:
        """
        Give the provider as a WSGI application, for gunicorn, wsgiref, or to mount it in another one.

        Args:
            base_url: Where clients find the application; None believes the Host header of each request.

        Returns:
            The application.
        """
        from pytest_oauthcc.serving.wsgi import WsgiApplication

        return WsgiApplication(self, base_url=base_url)
