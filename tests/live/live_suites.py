"""What the suites of inner runs begin with."""

from __future__ import annotations

HEAD = """
import base64, socket, threading, time, urllib.request
import httpx, httpx2, pytest, requests, responses

def fetch(oauthcc, post=requests.post, **form):
    form = {"grant_type": "client_credentials", "scope": "orders:read", **form}
    form |= {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    return post(oauthcc.token_url, data=form, timeout=10)

def call(oauthcc, token, path="orders"):
    return requests.get(oauthcc.api_url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)
"""
