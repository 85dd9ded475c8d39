"""Sends a body of 100 MB through a library to the fake in the same process; prints status, and memory used beyond it."""

from __future__ import annotations

import sys

import httpx
import requests
from measured_server import peak_memory

import pytest_oauthcc

SENDERS = {
    "requests": lambda url, headers, body: requests.post(url, headers=headers, data=body, timeout=60),
    "httpx": lambda url, headers, body: httpx.post(url, headers=headers, content=body),
}


def main(library, endpoint):
    """Send a small body, which loads everything, and a big one."""
    with pytest_oauthcc.provider(strict=False, body_formats=["form", "json"]) as fake:
        url = fake.token_url if endpoint == "token" else fake.api_url
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Bearer {fake.mint()}"}
        SENDERS[library](url, headers, b"a=1")
        body = b"a=1&" * 25_000_000
        before = peak_memory()
        answer = SENDERS[library](url, headers, body)
        assert fake.exchanges[-1].body == body
        print(answer.status_code, peak_memory() - before)  # noqa: T201 - to the test


if __name__ == "__main__":
    main(*sys.argv[1:])
