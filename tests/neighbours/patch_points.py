"""Everything that we, or stubs of other people, put in other libraries' places, and what else may be left behind."""

from __future__ import annotations

import asyncio
import gc
import http.client
import os
import socket
import sys
import threading
import urllib.request
from asyncio.base_events import BaseEventLoop

import requests
import urllib3
from clock_world import state_of_the_world
from transport_harness import patch_points

_METHODS = ("handle_request", "handle_async_request", "send", "_send_single_request", "request")


def snapshot():
    """Return the identity of whatever is at each of the places."""
    pools = (urllib3.connectionpool.HTTPConnectionPool, urllib3.connectionpool.HTTPSConnectionPool)
    owners = [
        (requests.Session, ["send", "request", "get_adapter"]),
        (urllib3.connection, ["HTTPConnection", "HTTPSConnection"]),
        *((pool, ["urlopen", "ConnectionCls", "_get_conn"]) for pool in pools),
        (http.client, ["HTTPConnection", "HTTPSConnection"]),
        (urllib.request, ["urlopen"]),
        (socket, ["socket", "create_connection", "getaddrinfo"]),
        (socket.socket, ["connect", "connect_ex", "__init__"]),
        (asyncio, ["sleep", "run"]),
        (BaseEventLoop, ["time", "create_connection"]),
        (threading, ["excepthook"]),
        (sys, ["excepthook", "unraisablehook"]),
    ]
    for library in ("httpx", "httpx2"):
        for name in (
            "HTTPTransport",
            "AsyncHTTPTransport",
            "MockTransport",
            "ASGITransport",
            "WSGITransport",
            "Client",
        ):
            owner = getattr(sys.modules.get(library), name, None)
            if owner is not None:
                owners.append((owner, _METHODS))
    found = {(owner, name): id(getattr(owner, name, None)) for owner, names in owners for name in names}
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return {**patch_points(), **found, **state_of_the_world(), "environment": environment}


def changes(before):
    """Name the places where something else is now."""
    now = snapshot()
    return [key for key in now.keys() | before.keys() if now.get(key) != before.get(key)]


def open_things():
    """Return the threads that run and the sockets that are open."""
    gc.collect()
    sockets = {thing for thing in gc.get_objects() if type(thing) is socket.socket and thing.fileno() != -1}
    return {*threading.enumerate(), *sockets}
