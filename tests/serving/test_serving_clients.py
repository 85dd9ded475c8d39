"""Clients of all kinds over a real socket, plain and with TLS, inside the process and outside."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import aiohttp
import httpx
import jwt
import pytest
import requests
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec

GRANT = {"grant_type": "client_credentials", "scope": "orders:read"}


def _basic(oauthcc):
    return urllib3.make_headers(basic_auth=f"{oauthcc.client_id}:{oauthcc.client_secret}")


def by_requests(oauthcc, server, verify):
    with requests.Session() as session:
        session.trust_env = False  # or a REQUESTS_CA_BUNDLE of the machine would win over verify
        session.verify = str(server.ca_pem_path) if verify else True
        token = session.post(server.token_url, data=GRANT, auth=(oauthcc.client_id, oauthcc.client_secret)).json()
        answer = session.get(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token['access_token']}"})
    return answer.status_code, answer.json()


def by_httpx(oauthcc, server, verify):
    with httpx.Client(verify=server.ssl_context if verify else False) as client:
        token = client.post(server.token_url, data=GRANT, auth=(oauthcc.client_id, oauthcc.client_secret)).json()
        answer = client.get(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token['access_token']}"})
    return answer.status_code, answer.json()


def by_httpx_async(oauthcc, server, verify):
    async def talk():
        async with httpx.AsyncClient(verify=server.ssl_context if verify else False) as client:
            auth = (oauthcc.client_id, oauthcc.client_secret)
            token = (await client.post(server.token_url, data=GRANT, auth=auth)).json()["access_token"]
            return await client.get(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token}"})

    answer = asyncio.run(talk())
    return answer.status_code, answer.json()


def by_aiohttp(oauthcc, server, verify):
    async def talk():
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=server.ssl_context if verify else True)
        ) as session:
            async with session.post(server.token_url, data=GRANT, headers=_basic(oauthcc)) as answer:
                token = (await answer.json())["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            async with session.get(f"{server.api_url}orders", headers=headers) as answer:
                return answer.status, await answer.json()

    return asyncio.run(talk())


def by_urllib3(oauthcc, server, verify):
    with urllib3.PoolManager(ssl_context=server.ssl_context if verify else None) as pool:
        answer = pool.request_encode_body(
            "POST", server.token_url, fields=GRANT, encode_multipart=False, headers=_basic(oauthcc)
        )
        token = answer.json()["access_token"]
        answer = pool.request("GET", f"{server.api_url}orders", headers={"Authorization": f"Bearer {token}"})
    return answer.status, answer.json()


def by_urllib(oauthcc, server, verify):
    context = server.ssl_context if verify else None

    def send(url, data=None, headers=()):
        request = urllib.request.Request(url, data=data, headers=dict(headers))
        with urllib.request.urlopen(request, context=context) as answer:
            return answer.status, json.load(answer)

    _, members = send(server.token_url, urlencode(GRANT).encode(), _basic(oauthcc))
    return send(f"{server.api_url}orders", headers={"Authorization": f"Bearer {members['access_token']}"})


def _environment(server):
    return {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | server.environment


_SCRIPT = """
import json, sys, requests
token_url, api_url, client_id, client_secret = sys.argv[1:]
data = {"grant_type": "client_credentials", "scope": "orders:read"}
token = requests.post(token_url, data=data, auth=(client_id, client_secret)).json()["access_token"]
answer = requests.get(api_url + "orders", headers={"Authorization": "Bearer " + token})
print(json.dumps([answer.status_code, answer.json()]))
"""

_URLLIB_SCRIPT = """
import base64, json, sys, urllib.request
token_url, api_url, client_id, client_secret = sys.argv[1:]
basic = base64.b64encode((client_id + ":" + client_secret).encode()).decode()
data = b"grant_type=client_credentials&scope=orders%3Aread"
request = urllib.request.Request(token_url, data, {"Authorization": "Basic " + basic})
with urllib.request.urlopen(request) as answer:
    token = json.load(answer)["access_token"]
request = urllib.request.Request(api_url + "orders", headers={"Authorization": "Bearer " + token})
with urllib.request.urlopen(request) as answer:
    print(json.dumps([answer.status, json.load(answer)]))
"""


def _by_script(script):
    def run(oauthcc, server, _verify):
        arguments = [server.token_url, server.api_url, oauthcc.client_id, oauthcc.client_secret]
        command = [sys.executable, "-c", script, *arguments]
        done = subprocess.run(command, env=_environment(server), capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return tuple(json.loads(done.stdout))

    return run


def by_curl(oauthcc, server, _verify):
    def curl(*arguments):
        command = ["curl", "-sS", "-w", "\n%{http_code}", *arguments]
        done = subprocess.run(command, env=_environment(server), capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        body, _, status = done.stdout.decode().rpartition("\n")
        return int(status), json.loads(body)

    credentials = f"{oauthcc.client_id}:{oauthcc.client_secret}"
    _, members = curl("-u", credentials, "-d", urlencode(GRANT), server.token_url)
    return curl("-H", f"Authorization: Bearer {members['access_token']}", f"{server.api_url}orders")


CLIENTS = {
    "requests": by_requests,
    "httpx": by_httpx,
    "httpx-async": by_httpx_async,
    "aiohttp": by_aiohttp,
    "urllib3": by_urllib3,
    "urllib": by_urllib,
    "subprocess-requests": _by_script(_SCRIPT),
    "subprocess-urllib": _by_script(_URLLIB_SCRIPT),
    "curl": pytest.param(
        by_curl, marks=pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
    ),
}


@pytest.fixture(params=CLIENTS.values(), ids=CLIENTS)
def client(request):
    """One kind of client."""
    return request.param


def _check(oauthcc, got):
    assert got == (200, [{"id": 7}])
    oauthcc.assert_token_request(scope="orders:read", auth_method="client_secret_basic", count=1)
    oauthcc.assert_api_request(method="GET", path="/orders", scope="orders:read", count=1)
    assert [entry.request.via for entry in oauthcc.exchanges] == ["oauthcc_server"] * 2


def test_a_client_works_over_http(no_leftovers, oauthcc, oauthcc_server, client):
    """Every client gets its token and its answer from the server."""
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])

    _check(oauthcc, client(oauthcc, oauthcc_server, False))


@pytest.mark.oauthcc(tls=True)
def test_a_client_works_over_https(no_leftovers, oauthcc, oauthcc_server, client):
    """Every client trusts the server by its certificate or by the environment that it gives."""
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])
    assert oauthcc_server.token_url.startswith("https://127.0.0.1:")

    _check(oauthcc, client(oauthcc, oauthcc_server, True))


@pytest.mark.oauthcc(tls=True)
def test_a_client_that_does_not_trust_the_server_is_not_served(oauthcc, oauthcc_server):
    """The certificate is checked, for the handshake is a real one; the server goes on."""
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.get(oauthcc_server.jwks_url)

    assert requests.get(oauthcc_server.jwks_url, verify=str(oauthcc_server.ca_pem_path)).status_code == 200


@pytest.mark.oauthcc(tls=True)
def test_a_client_that_forgot_the_s_is_told(oauthcc_server):
    """Plain HTTP sent to the HTTPS port gets an answer that says so."""
    answer = requests.get(oauthcc_server.jwks_url.replace("https:", "http:"))

    assert answer.status_code == 400
    assert "speaks HTTPS" in answer.text


def test_both_sets_of_urls_have_one_state(oauthcc, oauthcc_server):
    """A token of the server is good in process and the other way round, and so are revocation and expiry."""

    def status(url, token):
        return requests.get(url, headers={"Authorization": f"Bearer {token}"}).status_code

    def fetch(url):
        return requests.post(url, data=GRANT, auth=(oauthcc.client_id, oauthcc.client_secret)).json()["access_token"]

    for token in (fetch(oauthcc.token_url), fetch(oauthcc_server.token_url)):
        assert status(oauthcc.api_url, token) == status(oauthcc_server.api_url, token) == 200
        oauthcc.revoke(token)
        assert status(oauthcc.api_url, token) == status(oauthcc_server.api_url, token) == 401
    token = fetch(oauthcc_server.token_url)
    oauthcc.clock.advance(seconds=3601)
    assert status(oauthcc.api_url, token) == status(oauthcc_server.api_url, token) == 401


def test_a_resource_server_finds_what_it_has_read(oauthcc, oauthcc_server):
    """Metadata, keys, tokens and introspection name the URLs at which they were asked for."""
    metadata = requests.get(oauthcc_server.metadata_url).json()
    assert metadata["issuer"] == oauthcc_server.issuer
    assert metadata["token_endpoint"] == oauthcc_server.token_url
    assert metadata["introspection_endpoint"] == oauthcc_server.introspection_url
    assert metadata["revocation_endpoint"] == oauthcc_server.revocation_url
    credentials = (oauthcc.client_id, oauthcc.client_secret)
    token = requests.post(metadata["token_endpoint"], data=GRANT, auth=credentials).json()["access_token"]

    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, algorithms=["ES256"], issuer=metadata["issuer"], audience=oauthcc_server.api_url, leeway=2
    )

    assert claims["client_id"] == oauthcc.client_id
    told = requests.post(oauthcc_server.introspection_url, data={"token": token}, auth=credentials).json()
    assert (told["active"], told["iss"], told["aud"]) == (True, oauthcc_server.issuer, oauthcc_server.api_url)
    elsewhere = requests.get(oauthcc.metadata_url).json()
    assert elsewhere["issuer"] == oauthcc.issuer
    assert requests.post(oauthcc_server.revocation_url, data={"token": token}, auth=credentials).status_code == 200
    assert oauthcc.tokens[-1].revoked


@pytest.mark.oauthcc(auth_methods=["private_key_jwt"])
@pytest.mark.parametrize("name", ["token_url", "issuer"])
def test_a_client_assertion_is_for_the_server(oauthcc, oauthcc_server, name):
    """An assertion that names the server's token URL or issuer as its audience is right (RFC 7523 section 3)."""
    now = oauthcc.clock.time()
    claims = {
        "iss": oauthcc.client_id,
        "sub": oauthcc.client_id,
        "aud": getattr(oauthcc_server, name),
        "iat": int(now),
        "exp": int(now) + 60,
        "jti": "one",
    }
    assertion = jwt.encode(claims, oauthcc.private_key, algorithm="RS256")
    data = GRANT | {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }

    assert requests.post(oauthcc_server.token_url, data=data).json()["token_type"] == "Bearer"


@pytest.mark.oauthcc(dpop="required")
def test_a_dpop_proof_is_about_the_url_of_the_server(oauthcc, oauthcc_server):
    """A client signs the URL that it uses, at the token endpoint and at the API (RFC 9449 section 4.2)."""
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk.pop("key_ops", None)

    def prove(method, url, **claims):
        claims |= {"jti": f"{method} {url}", "htm": method, "htu": url, "iat": int(oauthcc.clock.time())}
        return jwt.encode(claims, key, "ES256", {"typ": "dpop+jwt", "jwk": jwk})

    answer = requests.post(
        oauthcc_server.token_url,
        data=GRANT,
        auth=(oauthcc.client_id, oauthcc.client_secret),
        headers={"DPoP": prove("POST", oauthcc_server.token_url)},
    )
    token = answer.json()["access_token"]
    url = f"{oauthcc_server.api_url}orders"
    ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).decode().rstrip("=")
    header = {"Authorization": f"DPoP {token}", "DPoP": prove("GET", url, ath=ath)}

    assert requests.get(url, headers=header).status_code == 200


def test_64_connections_at_once_are_counted_exactly(oauthcc, oauthcc_server):
    """64 clients that keep their connections fetch and use a token each, and the journal has all of it."""
    gate = threading.Barrier(64)

    def work(_number):
        with requests.Session() as session:
            gate.wait(30)
            auth = (oauthcc.client_id, oauthcc.client_secret)
            token = session.post(oauthcc_server.token_url, data=GRANT, auth=auth).json()["access_token"]
            header = {"Authorization": f"Bearer {token}"}
            return token, session.get(f"{oauthcc_server.api_url}orders", headers=header).status_code

    with ThreadPoolExecutor(64) as pool:
        got = list(pool.map(work, range(64)))

    assert {status for _, status in got} == {200}
    assert len({token for token, _ in got}) == 64
    assert len(oauthcc.token_requests) == len(oauthcc.api_requests) == 64
    assert sorted(entry.number for entry in oauthcc.exchanges) == list(range(1, 129))


def test_a_token_request_to_another_port_of_this_machine_is_still_refused(oauthcc, oauthcc_server):
    """Only the server's own port is let through."""
    other = f"http://127.0.0.1:{1 if oauthcc_server.port != 1 else 2}/oauth/token"

    with pytest.raises(AssertionError, match="looks like a token request"):
        requests.post(other, data=GRANT)

    from pytest_oauthcc.transports.switchboard import BOARD

    assert len(BOARD.take_failures()) == 1


@pytest.mark.oauthcc(api_url=None)
def test_a_provider_without_api_has_none_on_the_server(oauthcc, oauthcc_server):
    """``api_url=None`` holds for the server, too."""
    from pytest_oauthcc import OptionError

    with pytest.raises(OptionError, match="api_url=None"):
        _ = oauthcc_server.api_url
    assert requests.get(f"{oauthcc_server.base_url}/api/orders").status_code == 404
    assert "no fake API" not in repr(oauthcc_server)


def test_without_tls_there_are_no_certificates(oauthcc_server):
    """Asking for them says how to get them; the environment only keeps proxies out."""
    from pytest_oauthcc import OptionError

    for ask in (
        lambda: oauthcc_server.ca_pem_path,
        lambda: oauthcc_server.ssl_context,
        oauthcc_server.client_certificate,
        lambda: oauthcc_server.trust_client_certificate("x.pem"),
    ):
        with pytest.raises(OptionError, match=r"oauthcc\(tls=True\)"):
            ask()
    assert set(oauthcc_server.environment) == {"NO_PROXY", "no_proxy"}
