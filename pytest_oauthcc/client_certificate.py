"""``ClientCertificate``: a certificate and its key, as files that an HTTP client takes (RFC 8705)."""

from __future__ import annotations

import shutil
import ssl
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.client_certificates import (
    SELF_SIGNED,
    WITH_CA,
    certificate_thumbprint,
    jwks_of,
    read_pem,
)
from pytest_oauthcc.core.keys import ClientKey
from pytest_oauthcc.core.made_certificates import LONGEST_NAME, issue_certificate, sign_own_certificate
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.made_certificates import Made

__all__ = ["ClientCertificate", "make_client_certificate"]


class ClientCertificate:
    """
    A certificate that a client shows in the TLS handshake, with its private key.

    Args:
        certificate_file: The certificate in PEM.
        key_file: Its private key in PEM, not encrypted.
        trust: Certificates in PEM that the client has to trust; None for those that it trusts anyway.
    """

    __module__ = "pytest_oauthcc"

    def __init__(self, certificate_file: Path, key_file: Path, *, trust: str | None = None) -> None:
        self.certificate_file = certificate_file
        self.key_file = key_file
        self._trust = trust

    def __repr__(self) -> str:
        return f"ClientCertificate({str(self.certificate_file)!r}, thumbprint={self.thumbprint!r})"

    @property
    def files(self) -> tuple[str, str]:
        """The paths of certificate and key: ``cert=`` of requests and httpx, ``--cert`` and ``--key`` of curl."""
        return str(self.certificate_file), str(self.key_file)

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """A client's side of TLS with this certificate: httpx takes it as ``verify=``, aiohttp as ``ssl=``."""
        context = ssl.create_default_context(cadata=self._trust)
        context.load_cert_chain(*self.files)
        return context

    @property
    def der(self) -> bytes:
        """The certificate as the server gets it."""
        return read_pem(self.certificate_file.read_bytes())

    @property
    def thumbprint(self) -> str:
        """What a token that is bound to it has in ``cnf`` as ``x5t#S256`` (RFC 8705 section 3.1)."""
        return certificate_thumbprint(self.der)

    @property
    def jwks(self) -> dict[str, Any]:
        """
        The JWK set with which a client registers it for ``self_signed_tls_client_auth`` (RFC 8705 section 2.2.2).

        Raises:
            OptionError: Its key can't be written as a JWK.
        """
        __tracebackhide__ = True
        try:
            return jwks_of(self.der)
        except ValueError as error:
            raise OptionError(f"the certificate in {self.certificate_file} can't be registered: {error}") from None


def make_client_certificate(
    client: Client,
    *,
    auth_methods: Sequence[str],
    owner: object,
    common_name: str | None = None,
    self_signed: bool | None = None,
    expires: float | None = None,
) -> ClientCertificate:
    """
    Make a certificate for a client: the one that it registered, unless more is said.

    Args:
        client: Whose it is to be.
        auth_methods: What the provider takes.
        owner: When this is gone, the files are, too.
        common_name: Whom it names instead; then nobody has registered it.
        self_signed: Whether it signs itself; None for what the client's methods of authentication want.
        expires: When it expires, in seconds since the epoch; None for never.

    Returns:
        The certificate.

    Raises:
        OptionError: The client registered certificates of its own, or the name is no common name of a certificate.
    """
    __tracebackhide__ = True
    taken = client.auth_methods or auth_methods
    if self_signed is None:
        self_signed = SELF_SIGNED in taken and WITH_CA not in taken
    if not self_signed:
        made = _issue(client, common_name, expires)
    elif common_name is not None or expires is not None:
        # Nobody looks for the client in the name of a certificate that signed itself.
        name = client.client_id[:LONGEST_NAME] if common_name is None else common_name
        made = sign_own_certificate(name, expires=expires)
    elif isinstance(client.jwks, ClientKey):
        made = client.jwks.certificate
    else:
        raise OptionError(
            f"the client {client.client_id!r} registered certificates of its own (client_jwks or jwks=...), and only "
            "you have their keys; common_name=... makes another certificate"
        )
    return _write(made, owner)


def _issue(client: Client, common_name: str | None, expires: float | None) -> Made:
    __tracebackhide__ = True
    if common_name is not None:
        return issue_certificate(common_name, expires=expires)
    if client.certificate_subject is None and len(client.client_id) > LONGEST_NAME:
        raise OptionError(
            f"the client id {client.client_id!r} has more than the {LONGEST_NAME} characters of a certificate's common "
            "name; register the client by another name, such as "
            "client_certificate_subject={'san_uri': 'urn:acme:orders'}"
        )
    return issue_certificate(client.client_id, subject=client.certificate_subject, expires=expires)


def _write(made: Made, owner: object) -> ClientCertificate:
    directory = Path(tempfile.mkdtemp(prefix="oauthcc-certificate-"))  # for this user only
    weakref.finalize(owner, shutil.rmtree, directory, ignore_errors=True)
    written = ClientCertificate(directory / "client.pem", directory / "client.key")
    written.certificate_file.write_text(made.certificate_pem, encoding="ascii")
    written.key_file.touch(mode=0o600)
    written.key_file.write_text(made.key_pem, encoding="ascii")
    return written
