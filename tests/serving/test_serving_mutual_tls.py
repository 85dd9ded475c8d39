"""Mutual TLS on a real socket (RFC 8705): clients of all kinds with certificates, right ones and wrong ones."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from urllib.parse import urlencode

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
from cryptography import x509

from pytest_oauthcc import OptionError
from pytest_oauthcc.core.made_certificates import issue_certificate, sign_own_certificate

GRANT = {"grant_type": "client_credentials", "scope": "orders:read"}

pytestmark = pytest.mark.oauthcc(tls=True, auth_methods=["tls_client_auth"], certificate_binding="required")


def form(oauthcc):
    return {**GRANT, "client_id": oauthcc.client_id}


def by_requests(oauthcc, server, certificate):
    with requests.Session() as session:
        session.trust_env, session.verify, session.cert = False, str(server.ca_pem_path), certificate.files
        token = session.post(server.token_url, data=form(oauthcc)).json()["access_token"]
        return session.get(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token}"}).status_code


def by_httpx(oauthcc, server, certificate, library=httpx):
    with library.Client(verify=certificate.ssl_context) as client:
        token = client.post(server.token_url, data=form(oauthcc)).json()["access_token"]
        return client.get(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token}"}).status_code


def by_httpx2(oauthcc, server, certificate):
    return by_httpx(oauthcc, server, certificate, httpx2)


def by_httpx_async(oauthcc, server, certificate):
    async def talk():
        async with httpx.AsyncClient(verify=certificate.ssl_context) as client:
            token = (await client.post(server.token_url, data=form(oauthcc))).json()["access_token"]
            return await client.get(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token}"})

    return asyncio.run(talk()).status_code


def by_aiohttp(oauthcc, server, certificate):
    async def talk():
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificate.ssl_context)) as session:
            async with session.post(server.token_url, data=form(oauthcc)) as answer:
                token = (await answer.json())["access_token"]
            header = {"Authorization": f"Bearer {token}"}
            async with session.get(f"{server.api_url}orders", headers=header) as answer:
                return answer.status

    return asyncio.run(talk())


def by_urllib3(oauthcc, server, certificate):
    cert_file, key_file = certificate.files
    with urllib3.PoolManager(ca_certs=str(server.ca_pem_path), cert_file=cert_file, key_file=key_file) as pool:
        answer = pool.request("POST", server.token_url, fields=form(oauthcc), encode_multipart=False)
        header = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return pool.request("GET", f"{server.api_url}orders", headers=header).status


def by_urllib(oauthcc, server, certificate):
    import json

    context = certificate.ssl_context
    with urllib.request.urlopen(server.token_url, urlencode(form(oauthcc)).encode(), context=context) as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(f"{server.api_url}orders", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, context=context) as answer:
        return answer.status


def by_curl(oauthcc, server, certificate):
    import json

    if shutil.which("curl") is None:
        pytest.skip("curl is not there")
    cert, key = certificate.files
    curl = ["curl", "-sS", "--noproxy", "*", "--cacert", str(server.ca_pem_path), "--cert", cert, "--key", key]
    told = subprocess.check_output([*curl, "-d", urlencode(form(oauthcc)), server.token_url])
    header = f"Authorization: Bearer {json.loads(told)['access_token']}"
    shown = ["-o", "-", "-w", "%{http_code}", "-H", header, f"{server.api_url}orders"]
    return int(subprocess.check_output([*curl, *shown])[-3:])


CLIENTS = [
    by_requests,
    by_httpx,
    by_httpx2,
    by_httpx_async,
    by_aiohttp,
    by_urllib3,
    by_urllib,
    by_curl,
]


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
@pytest.mark.parametrize("method", ["tls_client_auth", "self_signed_tls_client_auth"])
def test_every_client_can_show_its_certificate(oauthcc_factory, client, method):
    """The certificate authenticates the client, the token is bound to it, and the API takes it with it."""
    from pytest_oauthcc.serving.server import OauthccServer

    made = oauthcc_factory(tls=True, auth_methods=[method], certificate_binding="required")
    with OauthccServer(made, tls=True) as server:
        certificate = server.client_certificate()
        assert client(made, server, certificate) == 200

    made.assert_token_request(auth_method=method, client_id=made.client_id, count=1)
    assert made.token_requests[0].token.claims["cnf"] == {"x5t#S256": certificate.thumbprint}
    assert [entry.request.client_certificate for entry in made.exchanges] == [certificate.der] * 2


@pytest.fixture
def ask(oauthcc, oauthcc_server):
    """Send a token request with a certificate, or none."""

    def ask(certificate=None, *, client=None, url=None):
        found = client or oauthcc
        return requests.post(
            url or oauthcc_server.token_url,
            data={**GRANT, "client_id": found.client_id},
            cert=None if certificate is None else certificate.files,
            verify=str(oauthcc_server.ca_pem_path),
            timeout=10,
        )

    return ask


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"common_name": "mallory"}, "CN=mallory, is not the one"),
        ({"self_signed": True}, "signed itself"),
        ({"expires_in": -1}, "expired at"),
    ],
    ids=str,
)
def test_a_wrong_certificate_gets_a_word_why(oauthcc, oauthcc_server, ask, wrong, why):
    """What this server makes gets through its TLS, so that the refusal is one of OAuth."""
    answer = ask(oauthcc_server.client_certificate(**wrong))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert why in answer.json()["error_description"]
    assert why in oauthcc.token_requests[0].verdict.detail


def test_another_clients_certificate_is_refused(oauthcc, oauthcc_server, ask):
    """Each client has its own, and with that it is let in."""
    other = oauthcc.add_client("other", certificate_subject={"san_uri": "urn:acme:other"})
    certificate = oauthcc_server.client_certificate(other)

    assert ask(certificate, client=other).status_code == 200
    refused = ask(certificate)
    assert refused.status_code == 401
    assert "is that of the client 'other'" in refused.json()["error_description"]


@pytest.mark.oauthcc(strict=False)
def test_ordinary_clients_still_get_in_without(oauthcc, oauthcc_server, ask):
    """The handshake asks for a certificate and does without; then it is for the provider to say no."""
    assert requests.get(oauthcc_server.jwks_url, verify=str(oauthcc_server.ca_pem_path), timeout=10).status_code == 200
    assert ask().json()["error"] == "invalid_client"


def test_a_certificate_expires_with_the_providers_clock(oauthcc, oauthcc_server, ask):
    """The handshake does not look at dates, for OpenSSL goes by the real time."""
    certificate = oauthcc_server.client_certificate(expires_in=60)

    assert ask(certificate).status_code == 200
    oauthcc.clock.advance(seconds=61)
    assert "expired at" in ask(certificate).json()["error_description"]


def test_a_bound_token_is_of_no_use_to_others(oauthcc, oauthcc_server, ask):
    """Without a certificate, or with another one, the API refuses it."""
    token = ask(oauthcc_server.client_certificate()).json()["access_token"]
    mallory = oauthcc_server.client_certificate(common_name="mallory")

    for cert in (None, mallory.files):
        answer = requests.get(
            oauthcc_server.api_url,
            headers={"Authorization": f"Bearer {token}"},
            cert=cert,
            verify=str(oauthcc_server.ca_pem_path),
            timeout=10,
        )
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.oauthcc(auth_methods=["self_signed_tls_client_auth"])
def test_a_client_that_arrives_later_is_trusted_as_well(oauthcc, oauthcc_server, ask):
    """A certificate of one's own is trusted in the handshake from its registration on."""
    certificate = oauthcc.client_certificate(common_name="late")
    with pytest.raises(requests.exceptions.SSLError):
        ask(certificate)
    late = oauthcc.add_client("late", jwks=certificate.jwks)

    assert ask(certificate, client=late).status_code == 200
    with pytest.raises(OptionError, match="registered certificates of its own"):
        oauthcc_server.client_certificate(late)


def test_a_refused_handshake_is_in_the_journal(oauthcc, oauthcc_server, ask):
    """Nobody can tell the client why, so the report of the test does."""
    with pytest.raises(requests.exceptions.SSLError, match="unknown ca"):
        ask(oauthcc.client_certificate(self_signed=True))
    for thread in oauthcc_server._server.cut():
        thread.join(10)  # the client hears of it first

    (entry,) = oauthcc.authority.state.journal.all
    assert (entry.kind, entry.result, entry.status) == ("TLS handshake", "refused", None)
    assert "self-signed certificate; take oauthcc_server.client_certificate()" in entry.verdict.detail
    assert oauthcc.exchanges == []


@pytest.mark.parametrize("self_signed", [False, True])
def test_a_common_name_that_can_be_none_is_refused(oauthcc, self_signed):
    """An empty name is not the client's own, and for a name that was given there is nothing to register."""
    for name in ("", "n" * 65):
        with pytest.raises(OptionError, match=f"^'{name}' has {len(name)} characters, and .* has 1 to 64$"):
            oauthcc.client_certificate(common_name=name, self_signed=self_signed)


def test_a_client_id_that_is_no_common_name(oauthcc):
    """A client whose id does not fit into a certificate has to register by another name, if the name counts at all."""
    named = oauthcc.add_client("n" * 65)
    with pytest.raises(OptionError) as raised:
        oauthcc.client_certificate(named)
    assert str(raised.value) == (
        f"the client id '{'n' * 65}' has more than the 64 characters of a certificate's common name; register the "
        "client by another name, such as client_certificate_subject={'san_uri': 'urn:acme:orders'}"
    )

    made = oauthcc.client_certificate(named, self_signed=True, expires_in=60)

    assert x509.load_der_x509_certificate(made.der).subject.rfc4514_string() == f"CN={'n' * 64}"


def test_certificates_of_ones_own(oauthcc_factory, tmp_path):
    """A file with an authority's certificate, or a client's, makes the handshake take them."""
    from pytest_oauthcc.serving.server import OauthccServer

    pem, key = tmp_path / "own.pem", tmp_path / "own.key"
    own = sign_own_certificate("the company's")
    pem.write_text(own.certificate_pem)
    key.write_text(own.key_pem)
    made = oauthcc_factory(strict=False)
    with OauthccServer(made, tls=True) as server:
        get = {"cert": (str(pem), str(key)), "verify": str(server.ca_pem_path), "timeout": 10}
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.jwks_url, **get)
        server.trust_client_certificate(pem)
        assert requests.get(server.jwks_url, **get).status_code == 200
        for wrong, why in ((key, "there is no certificate in PEM in it"), (tmp_path / "none", "No such file")):
            with pytest.raises(OptionError, match=why):
                server.trust_client_certificate(wrong)


def test_a_registered_certificate_that_is_none_harms_nobody_else(oauthcc_factory):
    """The server goes on, and takes the certificates that other clients registered."""
    from pytest_oauthcc.serving.server import OauthccServer

    made = oauthcc_factory(tls=True, auth_methods=["self_signed_tls_client_auth"])
    for number, text in enumerate(("é", "AAAA")):
        made.add_client(f"wrong-{number}", jwks={"keys": [{"kty": "EC", "x5c": [text]}]})
    own = made.client_certificate(common_name="orders")
    made.add_client("orders", jwks=own.jwks)
    with OauthccServer(made, tls=True) as server:
        get = {"cert": own.files, "verify": str(server.ca_pem_path), "timeout": 10}
        assert requests.post(server.token_url, data={**GRANT, "client_id": "orders"}, **get).status_code == 200


@pytest.mark.oauthcc(auth_methods=["client_secret_basic"], certificate_binding="optional")
def test_a_secret_and_a_bound_token(oauthcc, oauthcc_server):
    """A client that authenticates by its secret gets a bound token all the same (RFC 8705 section 3)."""
    certificate = oauthcc_server.client_certificate()
    with httpx.Client(verify=certificate.ssl_context) as client:
        answer = client.post(oauthcc_server.token_url, data=GRANT, auth=(oauthcc.client_id, oauthcc.client_secret))

    assert answer.json()["token_type"] == "Bearer"
    oauthcc.assert_token_request(auth_method="client_secret_basic")
    assert oauthcc.tokens[0].x5t == certificate.thumbprint


@pytest.mark.oauthcc(mtls_aliases=True)
def test_a_client_goes_by_the_aliases(oauthcc, oauthcc_server, ask):
    """The metadata of the server name its own URLs, and certificates count there."""
    certificate = oauthcc_server.client_certificate()
    told = requests.get(oauthcc_server.metadata_url, verify=str(oauthcc_server.ca_pem_path), timeout=10).json()
    aliases = told["mtls_endpoint_aliases"]
    assert all(url.startswith(oauthcc_server.base_url) for url in aliases.values())

    assert ask(certificate, url=aliases["token_endpoint"]).status_code == 200
    assert aliases["token_endpoint"] in ask(certificate).json()["error_description"]


@pytest.mark.parametrize("expires_in", ["60", True, float("nan"), 1e12])
def test_a_lifetime_that_is_none(oauthcc, expires_in):
    """It is told which argument is wrong."""
    with pytest.raises(OptionError, match=r"client_certificate\(\): expires_in is .*; it takes a number of seconds"):
        oauthcc.client_certificate(expires_in=expires_in)


@pytest.mark.parametrize(
    ("days", "expires_in", "until"),
    [(1, -9e10, datetime(2000, 1, 1, 0, 0, 1, tzinfo=UTC)), (2_500_000, 9e10, datetime.max.replace(tzinfo=UTC))],
)
def test_a_lifetime_that_no_certificate_can_have(oauthcc, days, expires_in, until):
    """The nearest that there is takes its place."""
    oauthcc.clock.advance(days=days)
    made = oauthcc.client_certificate(expires_in=expires_in)

    certificate = x509.load_der_x509_certificate(made.der)
    assert certificate.not_valid_after_utc == until.replace(microsecond=0)


@pytest.mark.parametrize("first", ['sign_own_certificate("x", expires=2e9)', "server_context()"])
def test_certificates_under_a_frozen_time(first):
    """Where the first certificate of a process is made in a freeze, all others can be made all the same."""
    script = """
import freezegun, pytest_oauthcc
from pytest_oauthcc.core.made_certificates import sign_own_certificate
from pytest_oauthcc.serving.certificates import server_context

with freezegun.freeze_time("2030-01-01"):
    FIRST
with pytest_oauthcc.provider() as provider:
    provider.clock.advance(days=1)
    provider.client_certificate(expires_in=60)
    provider.clock.freeze()
    provider.client_certificate()
server_context(["orders.test"])
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script.replace("FIRST", first)], check=True)


def test_the_helper_object(oauthcc, oauthcc_server):
    """Its files are private and gone with the provider, its repr shows no key."""
    from pytest_oauthcc import provider

    certificate = oauthcc_server.client_certificate()
    assert certificate.key_file.stat().st_mode & 0o077 == 0
    assert certificate.certificate_file.parent.stat().st_mode & 0o077 == 0
    assert repr(certificate).startswith("ClientCertificate('")
    assert certificate.thumbprint in repr(certificate)
    with provider(token_url="https://elsewhere.test/token") as other:
        made = other.client_certificate()
        assert isinstance(made.ssl_context, ssl.SSLContext)
        file = made.certificate_file
        assert file.exists()
    script = (
        "import pytest_oauthcc\nwith pytest_oauthcc.provider() as p: print(p.client_certificate().certificate_file)"
    )
    left = subprocess.check_output([sys.executable, "-W", "error", "-c", script], text=True).strip()
    from pathlib import Path

    assert left.endswith("client.pem")
    assert not Path(left).parent.exists()


def test_the_handshake_takes_what_serve_is_told(tmp_path):
    """``oauthcc serve --client-ca`` trusts a file; without TLS, or with another file, it says what is wrong."""
    import argparse

    from pytest_oauthcc.process.command import add_arguments, serve

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    with pytest.raises(OptionError, match=r"can't be read from .*empty\.pem"):
        serve(parser.parse_args(["--tls", "--client-ca", str(empty)]))
    ca = tmp_path / "ca.pem"
    ca.write_text(issue_certificate("x").certificate_pem)
    with pytest.raises(OptionError, match="--client-ca is for --tls"):
        serve(parser.parse_args(["--client-ca", str(ca)]))
