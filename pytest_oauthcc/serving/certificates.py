"""Certificates for HTTPS on this machine: a certificate authority of the process, made when it is first needed."""

from __future__ import annotations

import functools
import ssl
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.made_certificates import authority_pem
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

__all__ = ["FAULTS", "ca_pem", "server_context", "show_certificate", "trust_file"]

FAULTS = ("untrusted", "wrong-host", "expired")
"""What can be wrong with a server's certificate."""

_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which ssl has no name

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

_making = threading.Lock()


def _trustme() -> Any:
    __tracebackhide__ = True
    try:
        import trustme
    except ImportError:
        pass
    else:
        return trustme
    raise OptionError(
        "tls=True needs the package trustme, which is not installed: pip install 'pytest-oauthcc[server]'"
    )


def _authority() -> Any:
    __tracebackhide__ = True
    with _making:
        return _made_once()


@functools.cache
def _made_once() -> Any:
    trustme = _trustme()
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def ca_pem() -> bytes:
    """
    Return the certificate of the authority, which clients have to trust.

    Raises:
        OptionError: trustme is not installed.
    """
    __tracebackhide__ = True
    pem: bytes = _authority().cert_pem.bytes()
    return pem


@functools.cache
def _issue(names: tuple[str, ...]) -> Any:
    trustme = _trustme()
    return _authority().issue_cert(*names, key_type=trustme.KeyType.ECDSA)


def server_context(further_names: Sequence[str] = ()) -> ssl.SSLContext:
    """
    Make the server's side of TLS.

    A client may show a certificate; it does not have to. Whether that has expired is not looked at here, for OpenSSL
    goes by the real time, and the provider by its own clock.

    Args:
        further_names: Hosts beside this machine's own names that the certificate has to be good for.

    Returns:
        The context.

    Raises:
        OptionError: trustme is not installed.
    """
    __tracebackhide__ = True
    clients = authority_pem()  # first, for it puts cryptography's view of moments right, which trustme needs, too
    leaf = _issue(tuple(dict.fromkeys((*LOCAL_NAMES, *further_names))))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    context.load_verify_locations(cadata=clients)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= _NO_CHECK_TIME
    context.set_alpn_protocols(["http/1.1"])
    return context


def show_certificate(context: ssl.SSLContext, fault: str | None = None) -> None:
    """
    Let a server show another certificate in handshakes from now on.

    Args:
        context: The server's side of TLS.
        fault: What is wrong with it, one of ``FAULTS``; None for a good one.
    """
    trustme = _trustme()
    if fault is None:
        leaf = _issue(LOCAL_NAMES)
    else:
        authority = trustme.CA(key_type=trustme.KeyType.ECDSA) if fault == "untrusted" else _authority()
        names = ("elsewhere.oauthcc.test",) if fault == "wrong-host" else LOCAL_NAMES
        until = datetime(2001, 1, 1, tzinfo=UTC) if fault == "expired" else None
        leaf = authority.issue_cert(*names, not_after=until, key_type=trustme.KeyType.ECDSA)
    leaf.configure_cert(context)
    context.options |= ssl.OP_NO_TICKET  # who resumes a session is shown no certificate


def trust_file(context: ssl.SSLContext, file: str | PathLike[str]) -> None:
    """
    Let clients show certificates that are in a file, or that one of these has issued.

    Args:
        context: The server's side of TLS.
        file: Certificates in PEM.

    Raises:
        OptionError: There is no certificate in the file.
    """
    __tracebackhide__ = True
    problem = ""
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError:
        problem = "there is no certificate in PEM in it"
    except OSError as error:
        problem = str(error.strerror)
    if problem:
        raise OptionError(f"the certificates of clients can't be read from {file}: {problem}")
