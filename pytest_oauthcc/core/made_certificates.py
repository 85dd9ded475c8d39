"""Certificates for clients, made at run time: by an authority of the process, or signed by themselves."""

from __future__ import annotations

import functools
import ipaddress
import sys
import threading
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_oauthcc.core.raw_jwt import private_pem
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

__all__ = ["LONGEST_NAME", "Made", "authority_pem", "issue_certificate", "sign_own_certificate"]

_BEGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)  # a test may set its clock back
_NEVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280 section 4.1.2.5

LONGEST_NAME: Final = 64
"""How many characters a common name may have (RFC 5280 appendix A.1)."""

_making = threading.Lock()
_meeting = threading.Lock()


class Made(NamedTuple):
    """A certificate and its private key, both in PEM."""

    certificate_pem: str
    key_pem: str


class _Authority(NamedTuple):
    certificate: x509.Certificate
    key: Any


def authority_pem() -> str:
    """Return the certificate, in PEM, of the authority that issues certificates to clients."""
    return _pem(_authority().certificate)


def issue_certificate(
    common_name: str, *, subject: Mapping[str, str] | None = None, expires: float | None = None
) -> Made:
    """
    Issue a certificate to a client.

    Args:
        common_name: Its subject's CN.
        subject: What the client registered (RFC 8705 section 2.1.2), which the certificate then fits.
        expires: When it expires, in seconds since the epoch, from 2000 to 9999; None for never.

    Returns:
        The certificate, with a key of its own.

    Raises:
        OptionError: The common name is empty, or too long for one.
    """
    __tracebackhide__ = True
    from cryptography import x509

    kind, value = next(iter((subject or {}).items()), ("", ""))
    if kind == "subject_dn":
        name = x509.Name.from_rfc4514_string(value)
    else:
        name = _common_name(common_name[:LONGEST_NAME] if kind else common_name)
    key, authority = _make_key(), _authority()
    builder = _leaf(name, authority.certificate.subject, key, expires)
    if kind.startswith("san_"):
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(kind, value)]), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    return Made(_sign(builder.add_extension(identifier, critical=False), authority.key), private_pem(key))


def sign_own_certificate(common_name: str, *, key: Any = None, expires: float | None = None) -> Made:
    """
    Make a certificate that signs itself.

    Args:
        common_name: Its subject's CN.
        key: The private key; None makes one.
        expires: When it expires, in seconds since the epoch; None for never.

    Returns:
        The certificate and its key.

    Raises:
        OptionError: The common name is empty, or too long for one.
    """
    __tracebackhide__ = True
    key = key or _make_key()
    name = _common_name(common_name)
    return Made(_sign(_leaf(name, name, key, expires), key), private_pem(key))


def _authority() -> _Authority:
    with _making:
        return _made_once()


@functools.cache
def _made_once() -> _Authority:
    from cryptography import x509

    key, name = _make_key(), _common_name("clients of pytest-oauthcc")
    builder = _begin(name, name, key, None)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign"), critical=True)
    return _Authority(x509.load_pem_x509_certificate(_sign(builder, key).encode("ascii")), key)


def _leaf(subject: x509.Name, issuer: x509.Name, key: Any, expires: float | None) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    builder = _begin(subject, issuer, key, expires)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage("digital_signature"), critical=True)
    for_clients = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return builder.add_extension(for_clients, critical=False)


def _begin(subject: x509.Name, issuer: x509.Name, key: Any, expires: float | None) -> x509.CertificateBuilder:
    from cryptography import x509

    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_NEVER if expires is None else _moment(expires))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _moment(time: float) -> datetime:
    """Turn a time in seconds since the epoch into one that a certificate can expire at."""
    return datetime.fromtimestamp(int(min(max(time, _BEGIN.timestamp() + 1), _NEVER.timestamp())), UTC)


def _sign(builder: x509.CertificateBuilder, key: Any) -> str:
    from cryptography.hazmat.primitives import hashes

    with _meeting:
        _meet_datetime()
    return _pem(builder.sign(key, hashes.SHA256()))


@functools.cache
def _meet_datetime() -> None:
    """
    Let cryptography find the true class of moments, whatever stands in for it now.

    It remembers the class that it finds with its first certificate. Where a test has frozen the time by freezegun that
    is freezegun's, and no moment of anybody else's would be one for the rest of the process.
    """
    from cryptography.hazmat.primitives import hashes

    key, name = _make_key(), _common_name("nobody")
    builder = _begin(name, name, key, None)
    shown = sys.modules["datetime"]
    true = ModuleType("datetime")
    vars(true).update(vars(shown))
    for name_of_class in ("date", "datetime"):
        classes = vars(shown)[name_of_class].__mro__
        vars(true)[name_of_class] = next(found for found in classes if found.__module__ == "datetime")
    sys.modules["datetime"] = true
    try:
        builder.sign(key, hashes.SHA256())
    finally:
        sys.modules["datetime"] = shown


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _make_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _usage(which: str) -> x509.KeyUsage:
    from cryptography import x509

    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name == which for name in names})


def _common_name(text: str) -> x509.Name:
    __tracebackhide__ = True
    from cryptography import x509

    if not 0 < len(text) <= LONGEST_NAME:
        raise OptionError(
            f"{text!r} has {len(text)} characters, and the common name of a certificate has 1 to {LONGEST_NAME}"
        )
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _alternative(kind: str, value: str) -> Any:
    from cryptography import x509

    if kind == "san_ip":
        return x509.IPAddress(ipaddress.ip_address(value))
    kinds: dict[str, Any] = {
        "san_dns": x509.DNSName,
        "san_uri": x509.UniformResourceIdentifier,
        "san_email": x509.RFC822Name,
    }
    return kinds[kind](value)
