"""Live runs as a client that shows a certificate (RFC 8705): against oidc-provider, and against our own server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_oauthcc.core.client_certificates import jwks_of, read_pem
from pytest_oauthcc.core.made_certificates import authority_pem, issue_certificate, sign_own_certificate
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.live.target_certificate import read_target_certificate

trustme = pytest.importorskip("trustme")

CLIENTS = {
    "tls_client_auth": issue_certificate("tls_client_auth-client"),
    "self_signed_tls_client_auth": sign_own_certificate("self_signed_tls_client_auth-client"),
}


def registered(method, **members):
    """The client's registration, in the words of RFC 8705."""
    made = CLIENTS[method]
    if method == "tls_client_auth":
        members["tls_client_auth_subject_dn"] = f"CN={method}-client"
    else:
        members["jwks"] = jwks_of(read_pem(made.certificate_pem.encode()))
    return {"client_id": f"{method}-client", "token_endpoint_auth_method": method, **members}


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A directory with the certificates of the server, of its authority, and of the clients."""
    directory = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    server = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(directory / "ca.pem")
    server.cert_chain_pems[0].write_to_path(directory / "server.pem")
    server.private_key_pem.write_to_path(directory / "server.key")
    (directory / "clients.pem").write_text(authority_pem())
    for method, made in CLIENTS.items():
        (directory / f"{method}.pem").write_text(made.certificate_pem)
        (directory / f"{method}.key").write_text(made.key_pem)
    return directory


@pytest.fixture(scope="session")
def oidc_provider_with_certificates(certificates, start_server):
    """The OpenID-certified oidc-provider behind HTTPS that asks for certificates."""
    from npm_packages import node_modules

    bound = {"tls_client_certificate_bound_access_tokens": True}
    clients = {method: registered(method, **bound) for method in CLIENTS}
    script = Path(__file__).parent / "servers" / "oidc_provider_mtls.mjs"
    command = ["node", str(script), str(node_modules().parent), str(certificates)]
    for server in start_server("oidc-provider", command, clients, list(clients.values())):
        server.ca = certificates / "ca.pem"
        yield server


@contextmanager
def serving(certificates, token_format):
    """Run ``oauthcc serve --tls``, which trusts the authority of the clients."""
    config = certificates / f"{token_format}.toml"
    jwks = json.dumps(registered("self_signed_tls_client_auth")["jwks"]).replace('":', '" =')
    config.write_text(
        'auth_methods = ["tls_client_auth", "self_signed_tls_client_auth"]\n'
        'certificate_binding = "required"\n'
        'client_certificate_subject = { subject_dn = "CN=tls_client_auth-client" }\n'
        f'client_jwks = {jwks}\ntoken_format = "{token_format}"\n'
    )
    ca = certificates / f"{token_format}-ca.pem"
    command = [sys.executable, "-m", "pytest_oauthcc", "serve", "--tls", "--config", str(config), "--client", "both"]
    command += ["--client-ca", str(certificates / "clients.pem"), "--ca-file", str(ca)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        urls = {}
        while "ca_file" not in urls:
            name, _, value = process.stdout.readline().strip().partition(" ")
            assert name, "the command ended"
            urls[name] = value.strip()
        yield SimpleNamespace(urls=urls, clients={method: {"client_id": "both"} for method in CLIENTS}, ca=ca)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="session")
def own_server(certificates):
    """Our own server as a process."""
    with serving(certificates, "jwt") as server:
        yield server


@pytest.fixture(params=["oidc_provider_with_certificates", "own_server"])
def real_server(request):
    """One server after the other."""
    return request.getfixturevalue(request.param)


SUITE = """
import json, os, ssl, urllib.request
from urllib.parse import urlencode
import httpx, httpx2, pytest, requests

CA = os.environ["SERVER_CA"]
FORM = {"grant_type": "client_credentials", "scope": "orders:read"}

def context(certificate):
    made = ssl.create_default_context(cafile=CA)
    if certificate is not None:
        made.load_cert_chain(*certificate.files)
    return made

def by_requests(oauthcc, certificate, token=None):
    cert = certificate and certificate.files
    if token is None:
        form = {**FORM, "client_id": oauthcc.client_id}
        token = requests.post(oauthcc.token_url, data=form, cert=cert, verify=CA, timeout=10).json()["access_token"]
    headers = {"Authorization": "Bearer " + token}
    return requests.get(oauthcc.api_url + "orders", headers=headers, cert=cert, verify=CA, timeout=10).status_code

def by_library(library, oauthcc, certificate):
    with library.Client(verify=context(certificate)) as client:
        token = client.post(oauthcc.token_url, data={**FORM, "client_id": oauthcc.client_id}).json()["access_token"]
        return client.get(oauthcc.api_url + "orders", headers={"Authorization": "Bearer " + token}).status_code

def by_httpx(oauthcc, certificate):
    return by_library(httpx, oauthcc, certificate)

def by_httpx2(oauthcc, certificate):
    return by_library(httpx2, oauthcc, certificate)

def by_urllib(oauthcc, certificate):
    made = context(certificate)
    body = urlencode({**FORM, "client_id": oauthcc.client_id}).encode()
    with urllib.request.urlopen(oauthcc.token_url, body, context=made, timeout=10) as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(oauthcc.api_url + "orders", headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, context=made, timeout=10) as answer:
        return answer.status

@pytest.mark.parametrize("client", [by_requests, by_httpx, by_httpx2, by_urllib])
def test_orders(oauthcc, client):
    certificate = oauthcc.client_certificate()
    assert client(oauthcc, certificate) == 200
    oauthcc.assert_token_request(auth_method=METHOD, client_id=oauthcc.client_id, count=1)
    oauthcc.assert_api_request(path="/orders", count=1)
    assert oauthcc.token_requests[0].token.x5t == certificate.thumbprint

def test_a_stolen_token(oauthcc):
    by_requests(oauthcc, oauthcc.client_certificate())
    stolen = oauthcc.token_requests[0].token.value
    assert by_requests(oauthcc, None, stolen) == 401

def test_another_certificate(oauthcc):
    oauthcc.client_certificate(common_name="mallory")
"""


@pytest.mark.parametrize("method", CLIENTS)
def test_a_client_with_a_certificate(pytester, live, real_server, certificates, method):
    """Whatever library shows the certificate, the real server takes it, binds the token, and the twin agrees."""
    _run_suite(pytester, live, real_server, certificates, method)


def test_opaque_tokens(pytester, live, certificates):
    """An opaque token does not say what it is bound to, and the twin takes it to be bound to the certificate."""
    with serving(certificates, "opaque") as server:
        _run_suite(pytester, live, server, certificates, "tls_client_auth", 'token_format = "opaque"')


def _run_suite(pytester, live, real_server, certificates, method, *more):
    lines = [
        "[tool.oauthcc.live.orders]",
        f'token_url = "{real_server.urls["token_url"]}"',
        f'api_url = "{real_server.urls["api_url"]}"',
        f'client_id = "{real_server.clients[method]["client_id"]}"',
        f'auth_methods = ["{method}"]',
        'certificate_binding = "required"',
        'client_certificate_file_env = "ORDERS_CERTIFICATE"',
        'client_certificate_key_file_env = "ORDERS_KEY"',
        *more,
    ]
    (pytester.path / "pyproject.toml").write_text("\n".join(lines))
    pytester.makepyfile(test_orders=SUITE.replace("METHOD", repr(method), 1))
    environment = {
        "ORDERS_CERTIFICATE": str(certificates / f"{method}.pem"),
        "ORDERS_KEY": str(certificates / f"{method}.key"),
        "SERVER_CA": str(real_server.ca),
    }
    result = live("--oauthcc-target=orders", "--oauthcc-drift=d.json", "-rs", environment=environment)

    result.assert_outcomes(passed=5, skipped=1)
    result.stdout.fnmatch_lines(["*client_certificate(...) of another than the target's client*only a fake can do*"])
    drift = json.loads((pytester.path / "d.json").read_text())
    assert drift["compared"] >= 5
    different = {row["what"] for row in drift["differences"] if "status" in row["what"] or "cnf" in row["what"]}
    assert different == set()


def test_the_environment_alone(pytester, live, own_server, certificates):
    """Two variables more, in the place of the secret; with tests that ask for what the target has not."""
    environment = {
        "OAUTHCC_TOKEN_URL": own_server.urls["token_url"],
        "OAUTHCC_CLIENT_ID": "both",
        "OAUTHCC_CLIENT_CERTIFICATE_FILE": str(certificates / "tls_client_auth.pem"),
        "OAUTHCC_CLIENT_CERTIFICATE_KEY_FILE": str(certificates / "tls_client_auth.key"),
        "SERVER_CA": str(own_server.ca),
    }
    pytester.makepyfile(
        test_orders="""
        import os, pathlib, requests

        def test_it(oauthcc):
            form = {"grant_type": "client_credentials", "client_id": oauthcc.client_id}
            cert = oauthcc.client_certificate().files
            answer = requests.post(oauthcc.token_url, data=form, cert=cert, verify=os.environ["SERVER_CA"], timeout=10)
            assert answer.status_code == 200
            oauthcc.assert_token_request(auth_method="tls_client_auth")
            print("the key:", pathlib.Path(cert[1]).read_text())
            assert False
        """
    )
    result = live("-rs", environment=environment)
    result.assert_outcomes(failed=1)
    body = CLIENTS["tls_client_auth"].key_pem.splitlines()[1]
    assert body not in result.stdout.str()
    result.stdout.fnmatch_lines(["the key: [*][*][*]*"])


def test_a_target_without_a_certificate_skips(pytester, live, authlib_server):
    """A test that wants one is skipped where the target has none."""
    pytester.makepyfile("def test_it(oauthcc): oauthcc.client_certificate()")
    result = live("-rs", environment=authlib_server.environment())
    result.stdout.fnmatch_lines(["*the target has no client_certificate_file_env*"])


# --- the files


def write(directory, name, text):
    file = directory / name
    file.write_text(text)
    return file


def test_certificate_and_key_may_be_one_file(tmp_path):
    """What is secret in it is the key alone."""
    made = CLIENTS["tls_client_auth"]
    both = write(tmp_path, "both.pem", made.certificate_pem + made.key_pem)
    found = read_target_certificate(both, both, now=1_700_000_000)
    assert found.key == made.key_pem.strip()
    assert "PRIVATE" not in repr(found)
    assert found.options(None, has_other_credentials=False)["auth_methods"] == ("tls_client_auth",)
    assert "auth_methods" not in found.options(None, has_other_credentials=True)
    assert "auth_methods" not in found.options(("private_key_jwt",), has_other_credentials=False)


def _encrypted(pem):
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(pem.encode(), None)
    kind = serialization.BestAvailableEncryption(b"password")
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kind).decode()


def _with_strange_key(made):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    like = x509.load_pem_x509_certificate(made.certificate_pem.encode())
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    builder = x509.CertificateBuilder(
        like.issuer, like.subject, key.public_key(), 7, like.not_valid_before_utc, like.not_valid_after_utc
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


RIGHT = CLIENTS["tls_client_auth"]
WRONG = {
    "no certificate": ("x", RIGHT.key_pem, "holds no certificate in PEM that names somebody"),
    "no key": (RIGHT.certificate_pem, "x", "holds no private key in PEM without a password"),
    "a key with a password": (RIGHT.certificate_pem, _encrypted(RIGHT.key_pem), "without a password"),
    "an old key with a password": (
        RIGHT.certificate_pem,
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
        "without a password",
    ),
    "another key": (RIGHT.certificate_pem, issue_certificate("x").key_pem, "is not that of the certificate in"),
    "a broken key": (
        RIGHT.certificate_pem,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "is not that of the certificate in",
    ),
    "a key that no JWK describes": (
        _with_strange_key(RIGHT),
        RIGHT.key_pem,
        "can't take the certificate in .*: a key of the kind brainpoolP256r1 can't be written as a JWK",
    ),
    "expired": (*issue_certificate("x", expires=1_600_000_000), "expired at 2020-09-13 12:26:40Z"),
}


@pytest.mark.parametrize("what", WRONG)
def test_files_that_no_client_could_use(tmp_path, what):
    """Each is told before any test runs, without a word of the key."""
    certificate, key, why = WRONG[what]
    files = write(tmp_path, "c.pem", certificate), write(tmp_path, "c.key", key)
    with pytest.raises(OptionError, match=why) as error:
        read_target_certificate(*files, now=1_700_000_000)
    assert not any(line in str(error.value) for line in key.splitlines() if len(line) > 3)


def test_a_file_that_is_not_there(tmp_path):
    """It is told which; what is taken for its path is not repeated, for it may be the key."""
    with pytest.raises(OptionError, match=r"^the file of the certificate can't be read: No such file") as error:
        read_target_certificate(tmp_path / "none.pem", tmp_path / "none.key", now=0)
    assert "none" not in str(error.value)


TABLE = {"token_url": "https://login.acme.example/token", "client_id": "orders"}


@pytest.mark.parametrize(
    ("keys", "environment", "told"),
    [
        ({"client_certificate_file_env": "C"}, {"C": "c.pem"}, "client_certificate_file_env: the file"),
        ({"client_certificate_key_file_env": "K"}, {"K": "c.key"}, "client_certificate_file_env is missing"),
        ({"client_certificate_file_env": "C"}, {}, "the environment variable C is not set"),
        ({"client_certificate_file": "c.pem"}, {}, "unknown key 'client_certificate_file'"),
    ],
)
def test_a_target_with_a_wrong_certificate(tmp_path, keys, environment, told):
    """A table is refused with all that is wrong."""
    from pytest_oauthcc.live.targets import read_target

    lines = [f'{key} = "{value}"' for key, value in {**TABLE, **keys}.items()]
    write(tmp_path, "pyproject.toml", "\n".join(["[tool.oauthcc.live.x]", *lines]))
    with pytest.raises(OptionError) as error:
        read_target("x", root=tmp_path, environ=environment)
    assert told in str(error.value)


def test_a_target_with_certificate_secret_and_key(tmp_path):
    """Both keys are registered with the twin; the secret stays what the client authenticates with."""
    from pytest_oauthcc.core.keys import ClientKey
    from pytest_oauthcc.live.targets import read_target

    made = CLIENTS["self_signed_tls_client_auth"]
    write(tmp_path, "c.pem", made.certificate_pem)
    write(tmp_path, "c.key", made.key_pem)
    write(tmp_path, "k.pem", ClientKey().private_pem)
    keys = {
        "client_certificate_file_env": "C",
        "client_certificate_key_file_env": "CK",
        "private_key_file_env": "K",
        "client_secret_env": "S",
    }
    lines = [f'{key} = "{value}"' for key, value in {**TABLE, **keys}.items()]
    write(tmp_path, "pyproject.toml", "\n".join(["[tool.oauthcc.live.x]", *lines]))
    environment = {"C": "c.pem", "CK": "c.key", "K": "k.pem", "S": "s3cr3t-s3cr3t"}
    target = read_target("x", root=tmp_path, environ=environment)

    assert ["x5c" in key for key in target.options["client_jwks"]["keys"]] == [False, True]
    assert "auth_methods" not in target.options
    assert target.certificate.certificate_file == Path(tmp_path / "c.pem")
    assert set(target.secrets) == {"client_secret", "private key", "key of the certificate"}
    assert target.options["client_certificate_subject"] == {"subject_dn": "CN=self_signed_tls_client_auth-client"}
