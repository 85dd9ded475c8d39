"""Sending to an API that runs somewhere else, where the fixture ``send`` returns its URL instead of a function."""

from __future__ import annotations

import http.client
from contextlib import closing, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from pytest_oauthcc.contract.calls import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["send_to"]


def send_to(url: str) -> Callable[..., http.client.HTTPResponse]:
    """
    Return a ``send`` that makes GET requests over the network.

    It speaks HTTP by the standard library, past everything that the fake has patched: it is the test's author who named
    the place. It follows no redirects, and no proxy of the environment gets to see the tokens.

    Args:
        url: The http or https URL of something that needs a token.

    Raises:
        ValueError: It is no such URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https URL")
    host, port = parts.hostname, parts.port
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection

    def send(headers: Mapping[str, str], params: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
        query = "&".join(filter(None, (parts.query, urlencode(params or {}))))
        target = (parts.path or "/") + (f"?{query}" if query else "")
        with closing(connect(host, port, timeout=PATIENCE)) as connection:
            with suppress(
                BrokenPipeError, ConnectionResetError
            ):  # a server may answer before it has read too long a header
                connection.request("GET", target, headers=dict(headers))
            response = connection.getresponse()
            response.read()
        return response

    return send
