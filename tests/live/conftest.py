"""Real servers for live tests: started once per session on loopback, each with clients of its own."""

from __future__ import annotations

import ast
import importlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import pytest
from live_suites import HEAD

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
sys.path.insert(0, str(Path(__file__).parents[1] / "npm"))


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
    from npm_packages import node_modules

    from pytest_oauthcc.core.keys import ClientKey

    directory = node_modules().parent
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


@pytest.fixture(scope="session")
def start_server():
    """Start a real server of another test module's."""
    return run_server


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
        flags = ["-p", "no:randomly"]  # some suites are about what one test leaves to the next
        if live:
            flags.append("--oauthcc-live")
        if subprocess:
            return pytester.runpytest_subprocess(*flags, *arguments, timeout=120)
        return pytester.runpytest_inprocess(*flags, *arguments)

    return run


@pytest.fixture
def suite(pytester, live, authlib_server):
    """Run some tests live, as the client that authenticates in the body."""

    def run(text, *arguments, api=True, live_mode=True, subprocess=False, **keys):
        client = authlib_server.clients["post"]
        table = {
            "token_url": authlib_server.urls["token_url"],
            "client_id": client["client_id"],
            "client_secret_env": "POST_SECRET",
            **({"api_url": authlib_server.urls["api_url"]} if api else {}),
            **keys,
        }
        lines = ["[tool.oauthcc.live.post]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
        (pytester.path / "pyproject.toml").write_text("\n".join(lines))
        pytester.makepyfile(test_it=HEAD + dedent(text))
        environment = {"POST_SECRET": client["client_secret"]}
        flags = ["--oauthcc-target=post"] if live_mode else []
        return live(*flags, "-rs", *arguments, environment=environment, live=live_mode, subprocess=subprocess)

    return run


WATCH = """
import os, sys

log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def watch(event, arguments):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        os.write(log, f"{event} {arguments[1]!r}\\n".encode())
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        os.write(log, f"{event} {arguments[:2]!r}\\n".encode())

sys.addaudithook(watch)
"""


@pytest.fixture
def network_events(pytester, monkeypatch):
    """Have inner runs in processes of their own note what they connect to and look up; the function returns it."""
    log = pytester.path / "network.log"
    monkeypatch.setenv("WATCH_LOG", str(log))
    pytester.makeconftest(WATCH)

    def events():
        lines = log.read_text().splitlines()
        log.write_text("")
        return [(name, ast.literal_eval(what)) for name, _, what in (line.partition(" ") for line in lines)]

    return events
