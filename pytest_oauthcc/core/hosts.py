"""Which hosts are this machine itself."""

from __future__ import annotations

import functools
import ipaddress

__all__ = ["is_loopback"]


@functools.lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own (RFC 6761 section 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        # ::ffff:127.0.0.1 is how a socket that listens on IPv6 names a client on IPv4; Python 3.13 knows that itself.
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return False
