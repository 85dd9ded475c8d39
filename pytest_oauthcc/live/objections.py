"""Why a request to the target is not sent after all: others could read it, or it would go elsewhere than it seems."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from pytest_oauthcc.core.hosts import is_loopback

if TYPE_CHECKING:
    from pytest_oauthcc.core.messages import Request

__all__ = ["objection_to"]


def objection_to(request: Request) -> str:
    """
    Look at a request whose host is one of the target's.

    Args:
        request: The request.

    Returns:
        What is wrong with it and what to do, to follow its URL in a sentence; nothing where it may be sent.
    """
    parts = request.split
    try:
        _ = parts.port
    except ValueError:
        # Some C libraries take such a number modulo 65536, and reach another server of that host.
        return "has a port that there is not"
    if "@" in parts.netloc and request.via == "urllib.request":
        return "has a user in it, which urllib takes for a part of the host's name; send credentials in a header"
    host = parts.hostname or ""
    if is_loopback(host):
        if parts.scheme == "http" and _goes_through_a_proxy(host):
            return (
                "would go in clear text through the proxy that HTTP_PROXY or ALL_PROXY names, although the target is "
                f"this machine; export NO_PROXY={host}"
            )
    elif parts.scheme != "https":
        return "goes over plain http, where everybody on the way could read it; use https"
    elif request.verify is False:
        return "goes out with the check of certificates switched off; remove verify=False"
    return ""


def _goes_through_a_proxy(host: str) -> bool:
    proxies = getproxies()
    return bool(proxies.get("http") or proxies.get("all")) and not proxy_bypass(host)
