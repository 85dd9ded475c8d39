"""Starts oidc-provider-mock; as it refuses the client credentials grant, it is asked for refreshed tokens instead."""

import base64
import threading
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from oidc_provider_mock import run_server_in_thread

with run_server_in_thread() as server:
    url = f"http://127.0.0.1:{server.server_port}"
    client = {"client_id": "orders", "client_secret": "s3cret"}
    there = {"redirect_uri": "http://127.0.0.1/back"}
    asked = {"response_type": "code", "scope": "openid offline_access", "client_id": "orders", **there}
    shown = requests.post(f"{url}/oauth2/authorize", params=asked, data={"sub": "me"}, allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(shown.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, **there, **client}
    answer = requests.post(f"{url}/oauth2/token", data=form, timeout=5).json()
    form = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    print(f"body {urlencode(form)}")
    print(f"authorization Basic {base64.b64encode(b'orders:s3cret').decode()}")
    print(f"token_url {url}/oauth2/token", flush=True)
    threading.Event().wait()
