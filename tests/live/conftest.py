"""Real servers for live tests: started once per session on loopback, each with clients of its own."""

from __future__ import annotations

import importlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_oauthcc.live.targets import ENVIRONMENT

# Runs inside of this process are to find what this one has imported, and not to import it twice.
for _name in (
    *(
        "freezegun",
        "freezegun.api",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "jwt",
        "requests",
        "responses",
        "respx",
        "urllib.request",
    ),
    *("cryptography.hazmat.primitives.asymmetric.rsa", "cryptography.hazmat.primitives.asymmetric.ec"),
    *("pytest_oauthcc.live.plugin", "pytest_oauthcc.transports.requests_transport"),
    *("pytest_oauthcc.transports.httpx_transport", "pytest_oauthcc.transports.httpx_passage"),
    *(
        "pytest_oauthcc.transports.urllib_transport",
        "pytest_oauthcc.clock.freezegun_backend",
        "pytest_oauthcc.reporting",
    ),
    *("pytest_oauthcc.core.forgery", "pytest_oauthcc.profiles.loader", "pytest_oauthcc.transports.installation"),
):
    importlib.import_module(_name)

SERVERS = Path(__file__).parent / "servers"
ROOT = Path(__file__).parents[2]


class RealServer:
    """A running server: its URLs, and the clients that it knows, by their names."""

    def __init__(self, name, urls, clients):
        self.name = name
        self.urls = urls
        self.clients = clients

    def environment(self, client="basic", *, api=True):
        """Return the environment of a live run as one of the clients."""
        found = self.clients[client]
        variables = {
            "OAUTHCC_TOKEN_URL": self.urls["token_url"],
            "OAUTHCC_CLIENT_ID": found["client_id"],
            "OAUTHCC_CLIENT_SECRET": found["client_secret"],
        }
        return {**variables, "OAUTHCC_API_URL": self.urls["api_url"]} if api else variables


def made_up_client(name, method, **members):
    secret = f"s3cr3t/{secrets.token_urlsafe(24)}+%&"  # awkward on purpose
    return {
        "client_id": f"{name}-client",
        "client_secret": secret,
        "token_endpoint_auth_method": method,
        **members,
    }


def run_server(name, command, clients, shown):
    """Start a server and wait for the line with its URLs; yield it, and end it by closing its standard input."""
    environ = {**os.environ, "OAUTHCC_TEST_CLIENTS": json.dumps(shown), "NODE_NO_WARNINGS": "1"}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            while (line := process.stdout.readline()) and not line.startswith("{"):
                pass
            if not line:
                errors.seek(0)
                pytest.fail(f"{name} did not start: {errors.read().decode()[-2000:]}", pytrace=False)
            yield RealServer(name, json.loads(line), clients)
        finally:
            process.stdin.close()
            process.terminate()
            process.wait(20)
            process.stdout.close()


def node_modules():
    """Return the directory in which npm has installed oidc-provider; install it where nobody has."""
    given = os.environ.get("OAUTHCC_OIDC_PROVIDER") or ROOT / ".venv" / "oidc-provider"
    if (Path(given) / "node_modules" / "oidc-provider").is_dir():
        return Path(given)
    needed = bool(os.environ.get("CI") or os.environ.get("OAUTHCC_OIDC_PROVIDER"))
    give_up = pytest.fail if needed else pytest.skip
    if not shutil.which("node") or not shutil.which("npm"):
        give_up("oidc-provider needs Node.js 20 or later with npm, and there is none")
    wanted = json.loads((SERVERS / "package.json").read_text())["dependencies"]["oidc-provider"]
    shared = Path(tempfile.gettempdir()) / f"oauthcc-oidc-provider-{wanted}-{os.getuid()}"
    if not (shared / "node_modules").is_dir():
        mine = Path(tempfile.mkdtemp(prefix="oauthcc-npm-"))
        shutil.copy(SERVERS / "package.json", mine)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(mine)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        if result.returncode:
            give_up(f"npm can't install oidc-provider: {result.stderr[-500:]}")
        try:
            mine.rename(shared)  # other workers may have been faster
        except OSError:
            shutil.rmtree(mine)
    return shared


@pytest.fixture(scope="session")
def key_file(tmp_path_factory):
    """A client's private key as a file."""
    from pytest_oauthcc.core.keys import ClientKey

    file = tmp_path_factory.mktemp("key") / "client.pem"
    file.write_text(ClientKey().private_pem)
    return file


@pytest.fixture(scope="session")
def oidc_provider(key_file):
    """The OpenID-certified oidc-provider."""
    from pytest_oauthcc.core.keys import ClientKey

    directory = node_modules()
    api = "https://api.orders.example"
    clients = {
        "basic": made_up_client("basic", "client_secret_basic", resource=f"{api}/opaque"),
        "post": made_up_client("post", "client_secret_post"),
        "secret-jwt": made_up_client("secret-jwt", "client_secret_jwt"),
        "jwt": made_up_client("jwt", "client_secret_basic", resource=api),
    }
    jwks = {"keys": ClientKey()["keys"]}
    signed = {"client_id": "key-client", "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks}
    command = ["node", str(SERVERS / "oidc_provider.mjs"), str(directory)]
    yield from run_server("oidc-provider", command, clients, [*clients.values(), signed])


@pytest.fixture(scope="session")
def authlib_server():
    """Authlib's server on Flask."""
    pytest.importorskip("authlib")
    pytest.importorskip("flask")
    clients = {
        "basic": made_up_client("basic", "client_secret_basic"),
        "post": made_up_client("post", "client_secret_post"),
    }
    command = [sys.executable, str(SERVERS / "authlib_server.py")]
    yield from run_server("authlib", command, clients, list(clients.values()))


@pytest.fixture(params=["oidc_provider", "authlib_server"])
def real_server(request):
    """One real server after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def live(pytester, monkeypatch):
    """Run pytest with the environment of a live run, by default in this process."""
    for name in ENVIRONMENT.values():
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".ini", pytest="[pytest]\nasyncio_default_fixture_loop_scope = function\n")

    def run(*arguments, environment=(), live=True, subprocess=False):
        for name, value in dict(environment).items():
            monkeypatch.setenv(name, value)
        flags = ["--oauthcc-live"] if live else []
        if subprocess:
            return pytester.runpytest_subprocess(*flags, *arguments, timeout=120)
        return pytester.runpytest_inprocess(*flags, *arguments)

    return run
