"""Certificates for HTTPS on this machine: a certificate authority of the process, made when it is first needed."""

from __future__ import annotations

import functools
import ssl
import threading
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ca_pem", "client_certificate", "server_context"]

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
        return _made_once(_trustme())


@functools.cache
def _made_once(trustme: Any) -> Any:
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


def client_certificate(common_name: str) -> tuple[bytes, bytes]:
    """
    Make a certificate for a client, for mutual TLS (RFC 8705).

    Args:
        common_name: Whom it names, in the subject's CN.

    Returns:
        The certificate and its private key, each in PEM.

    Raises:
        OptionError: trustme is not installed.
    """
    __tracebackhide__ = True
    trustme = _trustme()
    made = _authority().issue_cert("client.oauthcc.test", common_name=common_name, key_type=trustme.KeyType.ECDSA)
    return b"".join(part.bytes() for part in made.cert_chain_pems), made.private_key_pem.bytes()


@functools.cache
def _issue(names: tuple[str, ...]) -> Any:
    trustme = _trustme()
    return _authority().issue_cert(*names, key_type=trustme.KeyType.ECDSA)


def server_context(further_names: Sequence[str] = ()) -> ssl.SSLContext:
    """
    Make the server's side of TLS.

    A client may show a certificate of the same authority; it does not have to.

    Args:
        further_names: Hosts beside this machine's own names that the certificate has to be good for.

    Returns:
        The context.

    Raises:
        OptionError: trustme is not installed.
    """
    __tracebackhide__ = True
    leaf = _issue(tuple(dict.fromkeys((*LOCAL_NAMES, *further_names))))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    context.load_verify_locations(cadata=ca_pem().decode("ascii"))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.set_alpn_protocols(["http/1.1"])
    return context
