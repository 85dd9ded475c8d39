"""What the tests of the plugin have in common: small test files, and a look at what is left behind."""

from __future__ import annotations

import sys

CLIENT = '''
import pytest
import requests


def fetch(p, **params):
    """A right client of three lines."""
    data = {"grant_type": "client_credentials", **params}
    return requests.post(p.token_url, data=data, auth=(p.client_id, p.client_secret)).json()


def swallow(method, url, **options):
    """A client that keeps its troubles to itself."""
    try:
        return requests.request(method, url, **options)
    except Exception:
        return None
'''


def left_behind():
    """Name everything of ours that is still there: providers, patches, a moved clock."""
    from pytest_oauthcc.session import ACTIVE
    from pytest_oauthcc.transports import wiring
    from pytest_oauthcc.transports.switchboard import BOARD

    found = []
    if BOARD.sites or ACTIVE:
        found.append("providers")
    if BOARD.failures:
        found.append("failures")
    if BOARD._exact or BOARD._mounts or BOARD._hosts or BOARD._served_ports:
        found.append("URLs")
    if wiring._installation is not None and "requests" in sys.modules:
        found += [name for name, value in patch_points().items() if value != _BEFORE.get(name, value)]
    return found


def patch_points():
    """The identity of everything that may be patched."""
    import ssl
    import time
    import urllib.request

    import requests
    from requests.adapters import HTTPAdapter

    owners = {
        "HTTPAdapter.send": (HTTPAdapter, "send"),
        "Session.send": (requests.Session, "send"),
        "Session.get_adapter": (requests.Session, "get_adapter"),
        "do_open": (urllib.request.AbstractHTTPHandler, "do_open"),
        "SSLContext.load_verify_locations": (ssl.SSLContext, "load_verify_locations"),
        "time.time": (time, "time"),
        "time.sleep": (time, "sleep"),
    }
    if "httpx" in sys.modules:
        import httpcore
        import httpx

        owners["httpx.HTTPTransport"] = (httpx.HTTPTransport, "handle_request")
        owners["httpcore.ConnectionPool"] = (httpcore.ConnectionPool, "handle_request")
        owners["httpcore.AsyncConnectionPool"] = (httpcore.AsyncConnectionPool, "handle_async_request")
    return {name: id(vars(owner).get(attribute)) for name, (owner, attribute) in owners.items()}


def remember():
    """Take note of how things are when nothing is patched."""
    _BEFORE.update(patch_points())


_BEFORE: dict[str, int] = {}
