"""The certificate by which a live run authenticates, and what the fake's twin has to know of it (RFC 8705)."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.client_certificates import (
    check_dates,
    jwks_of,
    read_pem,
    subject_of,
    tls_method,
)
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TargetCertificate", "read_target_certificate"]

_PRIVATE_KEY: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TargetCertificate:
    """
    A client's certificate.

    Args:
        certificate_file: The certificate in PEM, maybe with those of authorities after it.
        key_file: Its private key in PEM.
        der: The certificate itself.
        key: The private key in PEM, which must never be shown.
    """

    certificate_file: Path
    key_file: Path
    der: bytes = field(repr=False)
    key: str = field(repr=False)

    def options(self, auth_methods: tuple[str, ...] | None, *, has_other_credentials: bool) -> dict[str, Any]:
        """
        Return the options with which a fake takes this certificate.

        Args:
            auth_methods: What the target says; None where it says nothing.
            has_other_credentials: Whether the client has a secret or a key as well, and may use that.
        """
        found: dict[str, Any] = {"client_certificate_subject": subject_of(self.der), "client_jwks": jwks_of(self.der)}
        if auth_methods is None and not has_other_credentials:
            found["auth_methods"] = (tls_method(self.der, ()),)
        return found


def read_target_certificate(certificate_file: Path, key_file: Path, *, now: float) -> TargetCertificate:
    """
    Read the certificate of a live run, and check that a client could use it.

    Args:
        certificate_file: The certificate in PEM.
        key_file: Its private key in PEM; it may be the same file.
        now: Seconds since the epoch.

    Returns:
        The certificate.

    Raises:
        OptionError: A file can't be read, is none of that kind, does not fit the other, or the certificate has expired.
    """
    pem = _read(certificate_file, "certificate")
    key_text = _read(key_file, "certificate's key").decode("ascii", "replace")
    try:
        der = read_pem(pem)
        subject_of(der)
    except ValueError:
        raise OptionError(f"the file {certificate_file} holds no certificate in PEM that names somebody") from None
    try:
        jwks_of(der)
    except ValueError as error:
        raise OptionError(
            f"the fake that live answers are compared with can't take the certificate in {certificate_file}: {error}"
        ) from None
    key = _PRIVATE_KEY.search(key_text)
    if key is None or "ENCRYPTED" in key[0]:  # OpenSSL would ask for a password at the terminal
        raise OptionError(f"the file {key_file} holds no private key in PEM without a password")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate_file, key_file)
    except ssl.SSLError:
        raise OptionError(f"the key in {key_file} is not that of the certificate in {certificate_file}") from None
    problem = check_dates(der, now)
    if problem:
        raise OptionError(f"the certificate in {certificate_file} {problem}")
    return TargetCertificate(certificate_file, key_file, der, key[0])


def _read(file: Path, what: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        # What is taken for a path may be the key, so it is not repeated.
        raise OptionError(f"the file of the {what} can't be read: {error.strerror}") from None
