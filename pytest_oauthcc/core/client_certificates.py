"""The certificate that a client shows in the TLS handshake: whose it is, and what is bound to it (RFC 8705)."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.causes import Cause, Verdict
from pytest_oauthcc.core.raw_jwt import encode_part, public_jwk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryptography import x509

    from pytest_oauthcc.core.clients import Client

__all__ = [
    "SELF_SIGNED",
    "TLS_METHODS",
    "WITH_CA",
    "certificate_in",
    "certificate_thumbprint",
    "check_certificate",
    "check_dates",
    "jwks_of",
    "read_pem",
    "registered_certificates",
    "subject_of",
    "tls_method",
]

WITH_CA: Final = "tls_client_auth"
SELF_SIGNED: Final = "self_signed_tls_client_auth"
TLS_METHODS: Final = (WITH_CA, SELF_SIGNED)

_UNREADABLE: Final = "this is no X.509 certificate"
_Name = tuple[frozenset[tuple[str, str]], ...]


def certificate_thumbprint(der: bytes) -> str:
    """Return the SHA-256 thumbprint of a certificate as ``x5t#S256`` has it (RFC 8705 section 3.1)."""
    return encode_part(hashlib.sha256(der).digest())


def tls_method(der: bytes, auth_methods: Sequence[str]) -> str:
    """
    Name the method by which a client authenticates that shows a certificate and nothing else.

    Args:
        der: The certificate.
        auth_methods: What the provider takes.

    Returns:
        The one of the two that the provider takes. Where it takes both, or neither, the certificate's looks decide.
    """
    taken = [method for method in TLS_METHODS if method in auth_methods]
    if len(taken) == 1:
        return taken[0]
    certificate = _read(der)
    return SELF_SIGNED if certificate is not None and _signed_itself(certificate) else WITH_CA


def check_certificate(
    der: bytes, client: Client, taken: Sequence[str], *, clients: Mapping[str, Client], now: float
) -> Verdict | None:
    """
    Check that a certificate is the client's (RFC 8705 sections 2.1 and 2.2).

    Who signed it was checked where TLS ends, and so was that the client has its key.

    Args:
        der: The certificate.
        client: Whom the request names.
        taken: How this client may authenticate.
        clients: All clients, for a message that says whose it is.
        now: Seconds since the epoch; the certificate's dates count on the provider's clock.

    Returns:
        What is wrong with it, or None.
    """
    certificate = _read(der)
    if certificate is None:
        return Verdict(Cause.BAD_CERTIFICATE, "what the client showed in the TLS handshake is no X.509 certificate")
    problem = _look_at_dates(certificate, now) or _check_owner(der, certificate, client, taken, clients)
    if not problem:
        return None
    return Verdict(Cause.BAD_CERTIFICATE, f"the client's certificate, {_show(certificate)}, {problem}")


def check_dates(der: bytes, now: float) -> str:
    """
    Check that a certificate is good at a moment.

    Args:
        der: The certificate, which can be read.
        now: Seconds since the epoch.

    Returns:
        What is wrong, to stand behind the words "the certificate"; nothing where it is good.
    """
    from cryptography import x509

    return _look_at_dates(x509.load_der_x509_certificate(der), now)


def _look_at_dates(certificate: x509.Certificate, now: float) -> str:
    first, last = _validity(certificate)
    moment = datetime.fromtimestamp(now, UTC)
    if moment >= last:
        return f"expired at {last:%Y-%m-%d %H:%M:%S}Z; it is {moment:%Y-%m-%d %H:%M:%S}Z now"
    if moment < first:
        return f"is good from {first:%Y-%m-%d %H:%M:%S}Z on only"
    return ""


def _validity(certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """Return from when until when a certificate is good."""
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    # cryptography before version 42, which PyJWT takes as well, leaves the zone out.
    return certificate.not_valid_before.replace(tzinfo=UTC), certificate.not_valid_after.replace(tzinfo=UTC)


def _check_owner(
    der: bytes, certificate: x509.Certificate, client: Client, taken: Sequence[str], clients: Mapping[str, Client]
) -> str:
    if _is_of(der, certificate, client, taken):
        return ""
    if WITH_CA in taken and SELF_SIGNED not in taken and _signed_itself(certificate):
        return "signed itself; tls_client_auth takes one that a certificate authority of the provider's has issued"
    owner = next(
        (other.client_id for other in clients.values() if _is_of(der, certificate, other, other.auth_methods or taken)),
        None,
    )
    if owner is not None:
        return f"is that of the client {owner!r}, and the request is of {client.client_id!r}"
    wanted = []
    if WITH_CA in taken:
        kind, value = _registered_subject(client)
        wanted.append(f"{kind} {value!r}")
    if SELF_SIGNED in taken:
        count = len(registered_certificates(client))
        wanted.append(f"{count} certificate{'s' * (count != 1)} of its own (x5c in its jwks), of which this is none")
    return f"is not the one that the client {client.client_id!r} registered: {', or '.join(wanted)}"


def _is_of(der: bytes, certificate: x509.Certificate, client: Client, taken: Sequence[str]) -> bool:
    if SELF_SIGNED in taken and der in registered_certificates(client):
        return True
    return WITH_CA in taken and not _signed_itself(certificate) and _has_subject(certificate, client)


# --- what is registered


def registered_certificates(client: Client) -> tuple[bytes, ...]:
    """Return the certificates, as DER, that a client registered in its ``jwks``; what is none is left out."""
    found = map(certificate_in, (client.jwks or {}).get("keys", ()))
    return tuple(der for der in found if der is not None)


def certificate_in(jwk: Mapping[str, Any]) -> bytes | None:
    """
    Return the certificate of a JWK: the first of its ``x5c`` (RFC 7517 section 4.7).

    Args:
        jwk: The public key.

    Returns:
        The certificate as DER; None where there is none, or what is there can't be read.
    """
    chain = jwk.get("x5c")
    if not (isinstance(chain, list) and chain and isinstance(chain[0], str)):
        return None
    try:
        der = base64.b64decode(chain[0], validate=True)
    except ValueError:  # no base64, or not even ASCII
        return None
    return None if _read(der) is None else der


def _registered_subject(client: Client) -> tuple[str, str]:
    if client.certificate_subject is None:
        return "subject_dn", f"CN={client.client_id}"
    return next(iter(client.certificate_subject.items()))


def _has_subject(certificate: x509.Certificate, client: Client) -> bool:
    if client.certificate_subject is None:
        return _normal(certificate.subject) == (frozenset({(_COMMON_NAME, _fold(client.client_id))}),)
    kind, value = _registered_subject(client)
    if kind == "subject_dn":
        from cryptography import x509

        return _normal(certificate.subject) == _normal(x509.Name.from_rfc4514_string(value))
    names = _alternative_names(certificate).get(kind, [])
    if kind == "san_ip":
        return ipaddress.ip_address(value) in names
    return value in names if kind == "san_uri" else value.lower() in map(str.lower, names)


_COMMON_NAME: Final = "2.5.4.3"


def _normal(name: x509.Name) -> _Name:
    """Bring a name into a form in which equal ones are equal (RFC 4517 section 4.2.15)."""
    return tuple(frozenset((part.oid.dotted_string, _fold(str(part.value))) for part in rdn) for rdn in name.rdns)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


# --- what a certificate says


@lru_cache(maxsize=64)  # a client shows the same one with each request
def _read(der: bytes) -> x509.Certificate | None:
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer, certificate.extensions  # read when they are asked for only
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        return None
    return certificate


def _signed_itself(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _alternative_names(certificate: x509.Certificate) -> Mapping[str, list[Any]]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return {}
    return {
        "san_dns": found.get_values_for_type(x509.DNSName),
        "san_uri": found.get_values_for_type(x509.UniformResourceIdentifier),
        "san_ip": found.get_values_for_type(x509.IPAddress),
        "san_email": found.get_values_for_type(x509.RFC822Name),
    }


def subject_of(der: bytes) -> dict[str, str]:
    """
    Say how a client would register a certificate: by its subject or, where that is empty, by an alternative name.

    Args:
        der: The certificate.

    Returns:
        What the option ``client_certificate_subject`` takes.

    Raises:
        ValueError: It is no X.509 certificate, or it names nobody.
    """
    certificate = _read(der)
    if certificate is None:
        raise ValueError(_UNREADABLE)
    if certificate.subject.rdns:
        return {"subject_dn": certificate.subject.rfc4514_string()}
    for kind, names in _alternative_names(certificate).items():
        if names:
            return {kind: str(names[0])}
    raise ValueError("the certificate names nobody")


def read_pem(pem: bytes) -> bytes:
    """
    Return the first certificate of a PEM file as DER.

    Raises:
        ValueError: There is none in it.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def jwks_of(der: bytes) -> dict[str, Any]:
    """
    Return the JWK set with which a client registers a certificate (RFC 8705 section 2.2.2).

    Raises:
        ValueError: It is no X.509 certificate, or its key can't be written as a JWK.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    certificate = _read(der)
    if certificate is None:
        raise ValueError(_UNREADABLE)
    try:
        public = certificate.public_key()
    except UnsupportedAlgorithm as error:
        raise ValueError(f"its key can't be read: {error}") from None
    return {"keys": [{**public_jwk(public), "x5c": [base64.b64encode(der).decode("ascii")]}]}


def _show(certificate: x509.Certificate) -> str:
    names = [certificate.subject.rfc4514_string() or "without a subject"]
    names += [f"{kind} {name}" for kind, found in _alternative_names(certificate).items() for name in found]
    return ", ".join(names)
