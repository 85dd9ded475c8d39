"""``OauthccServer``: the test's provider on a socket, as the fixture ``oauthcc_server`` gives it."""

from __future__ import annotations

import ssl
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.serving.loopback import LoopbackServer
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from os import PathLike
    from types import TracebackType

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.client_certificate import ClientCertificate
    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.serving.connection import Manners

__all__ = ["TRUST_VARIABLES", "OauthccServer"]

TRUST_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL: Python's ssl and urllib, httpx, aiohttp, urllib3, Ruby, Go, PHP's curl
    "REQUESTS_CA_BUNDLE",  # requests
    "CURL_CA_BUNDLE",  # curl
    "NODE_EXTRA_CA_CERTS",  # Node
    "AWS_CA_BUNDLE",  # botocore
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",  # gRPC
    "GIT_SSL_CAINFO",  # git
)
"""Variables from which clients of many kinds learn which certificates to trust."""

_PROXY_VARIABLES = ("NO_PROXY", "no_proxy")
_TRUST_REMEDY = "take oauthcc_server.client_certificate(), register its x5c, or call trust_client_certificate(file)"


class OauthccServer:
    """
    A provider of a test on a socket of this machine, beside its URLs in process.

    Both have one state: a token that was fetched here is good there. Metadata and tokens name the URLs at which they
    were asked for.

    Attributes:
        provider: The provider; what the clients of the server do is in its journal.
    """

    __module__ = "pytest_oauthcc"

    def __init__(self, provider: Provider, *, tls: bool = False, manners: Manners | None = None) -> None:
        __tracebackhide__ = True
        self.provider = provider
        self._directory: Path | None = None
        self._stack = ExitStack()
        context = None
        if tls:
            from pytest_oauthcc.serving.certificates import server_context

            context = server_context()
        self._tls = context
        self._server = LoopbackServer(
            provider, tls=context, manners=manners, note=BOARD.note_failure, trust_remedy=_TRUST_REMEDY
        )
        self._files = threading.Lock()

    def __repr__(self) -> str:
        return f"<OauthccServer {self._server.base_url} for {self.provider!r}>"

    def __enter__(self) -> Self:
        __tracebackhide__ = True
        with ExitStack() as stack:
            stack.enter_context(self._server)
            BOARD.let_through(self.port)
            stack.callback(BOARD.stop_letting_through, self.port)
            self._names = self._server.names
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stack.close()

    # --- where

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._server.port

    @property
    def base_url(self) -> str:
        """Where the server is, without a slash at the end."""
        return self._server.base_url

    @property
    def token_url(self) -> str:
        """Where the token endpoint is."""
        return self._names.token_url

    @property
    def api_url(self) -> str:
        """
        Where the protected API is.

        Raises:
            OptionError: The provider was made with ``api_url=None``.
        """
        __tracebackhide__ = True
        return self._names.api_url or self.provider.api_url  # which raises

    @property
    def issuer(self) -> str:
        """The issuer identifier (RFC 8414 section 2); the tokens that are fetched here name it."""
        return self._names.issuer

    @property
    def metadata_url(self) -> str:
        """Where the authorization server's metadata are (RFC 8414 section 3)."""
        return self._names.metadata_url

    @property
    def jwks_url(self) -> str:
        """Where the public keys are (RFC 7517)."""
        return self._names.jwks_url

    @property
    def introspection_url(self) -> str:
        """Where a token's state is told (RFC 7662)."""
        return self._names.introspection_url

    @property
    def revocation_url(self) -> str:
        """Where a token is revoked (RFC 7009)."""
        return self._names.revocation_url

    # --- trust

    @property
    def ca_pem_path(self) -> Path:
        """
        The file with the certificate that clients have to trust; it is gone after the test.

        Raises:
            OptionError: The server speaks plain HTTP.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.serving.certificates import ca_pem

        self._want_tls()
        return self._write("ca.pem", ca_pem())

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """
        A client's side of TLS that trusts this server, for ``httpx.Client(verify=...)``, aiohttp's ``ssl=`` and others.

        Raises:
            OptionError: The server speaks plain HTTP.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.serving.certificates import ca_pem

        self._want_tls()
        return ssl.create_default_context(cadata=ca_pem().decode("ascii"))

    @property
    def environment(self) -> dict[str, str]:
        """
        Variables to add to those of a subprocess, so that it trusts the server and finds it without a proxy.

        With them it trusts nothing else, but for Node, which adds this certificate to its own.
        """
        found: dict[str, str] = dict.fromkeys(map(str, _PROXY_VARIABLES), "127.0.0.1,localhost")
        if self._tls is not None:
            found.update({name: str(self.ca_pem_path) for name in TRUST_VARIABLES})
        return found

    def show_certificate(self, fault: str | None = None) -> None:
        """
        Show another certificate from now on; connections that are open are cut.

        Args:
            fault: What is wrong with it: ``"untrusted"`` (of an authority that nobody knows), ``"wrong-host"`` (for
                another host) or ``"expired"``; None for a good one.

        Raises:
            OptionError: There is no such fault, or the server speaks plain HTTP.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.serving.certificates import FAULTS, show_certificate

        context = self._want_tls()
        if fault is not None and fault not in FAULTS:
            raise OptionError(f"show_certificate() takes {', '.join(FAULTS)} or None, not {fault!r}")
        show_certificate(context, fault)
        self._server.cut()

    def client_certificate(
        self,
        client: Client | None = None,
        *,
        common_name: str | None = None,
        self_signed: bool | None = None,
        expires_in: float | None = None,
    ) -> ClientCertificate:
        """
        Make a certificate for a client to show in the TLS handshake (RFC 8705), as ``oauthcc.client_certificate`` does.

        This server trusts it, whoever registered it, so that a wrong one is refused with a word why. Its
        ``ssl_context`` trusts this server.

        Args:
            client: Whose it is; by default the provider's own.
            common_name: Whom it names instead; then nobody has registered it.
            self_signed: Whether it signs itself; by default as the client's methods of authentication want it.
            expires_in: Seconds on the provider's clock until it expires; by default it never does.

        Returns:
            The certificate with its key, as files that are gone after the test.

        Raises:
            OptionError: The server speaks plain HTTP, the client registered certificates of its own, a name is too
                long for a certificate, or ``expires_in`` is no number of seconds.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.client_certificate import ClientCertificate
        from pytest_oauthcc.serving.certificates import ca_pem

        tls = self._want_tls()
        made = self.provider.client_certificate(
            client, common_name=common_name, self_signed=self_signed, expires_in=expires_in
        )
        tls.load_verify_locations(cadata=made.der)
        return ClientCertificate(made.certificate_file, made.key_file, trust=ca_pem().decode("ascii"))

    def trust_client_certificate(self, file: str | PathLike[str]) -> None:
        """
        Let clients show certificates of your own in the TLS handshake.

        Args:
            file: Certificates in PEM: of the authority that has issued those of the clients, or of the clients.

        Raises:
            OptionError: The server speaks plain HTTP, or there is no certificate in the file.
        """
        __tracebackhide__ = True
        from pytest_oauthcc.serving.certificates import trust_file

        trust_file(self._want_tls(), file)

    def _want_tls(self) -> ssl.SSLContext:
        __tracebackhide__ = True
        if self._tls is None:
            raise OptionError("this server speaks plain HTTP, without certificates; @pytest.mark.oauthcc(tls=True)")
        return self._tls

    def _folder(self) -> Path:
        with self._files:
            if self._directory is None:
                self._directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="oauthcc-")))
            return self._directory

    def _write(self, name: str, content: bytes) -> Path:
        path = self._folder() / name
        if not path.exists():
            path.write_bytes(content)
        return path
