"""``oauthcc serve`` as a process, and what its page of documentation shows."""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

from pytest_oauthcc import __main__ as program
from pytest_oauthcc.__main__ import main
from pytest_oauthcc.core.made_certificates import sign_own_certificate
from pytest_oauthcc.process import command

GRANT = {"grant_type": "client_credentials"}
DOCS = Path(__file__).parents[2] / "docs" / "serve.md"


class Served:
    """A served process with what it printed."""

    def __init__(self, process):
        self.process = process
        self.rows = []
        self.title = process.stdout.readline().strip()

    def read(self, until):
        """Read the lines up to the one that begins so."""
        for line in self.process.stdout:
            name, _, text = line.strip().partition(" ")
            self.rows.append((name, text.strip()))
            if name == until:
                break
        return dict(self.rows)

    def stop(self, number=signal.SIGTERM):
        """Send a signal; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def serve(tmp_path):
    """Start the command; gives the process once it has printed its first line."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest_oauthcc", "serve", *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONWARNINGS": "error"},
        )
        started.append(process)
        return Served(process)

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(serve, number):
    """It prints its URLs and the secret that it made up, answers, and stops cleanly with clients connected."""
    served = serve()
    told = served.read("client_secret")
    assert served.title == f"oauthcc serves the profile standard at {told['issuer']}"
    with requests.Session() as session:
        auth = (told["client_id"], told["client_secret"])
        token = session.post(told["token_url"], data=GRANT, auth=auth).json()["access_token"]
        assert session.get(told["api_url"], headers={"Authorization": f"Bearer {token}"}).status_code == 200

        assert served.stop(number) == 0

    assert served.process.stderr.read() == ""


def test_given_secrets_are_masked_and_options_are_obeyed(serve, tmp_path):
    """Clients, scopes and lifetime come from the command line, the rest from the file of options."""
    (tmp_path / "fake.toml").write_text('scopes = "a"\nsigning_alg = "EdDSA"\nexpires_in = 60\n')
    served = serve(
        *("--config", "fake.toml", "--client", "orders:s3cret", "--client", "other", "--scopes", "x y"),
    )
    served.read("client_secret")
    told = served.read("client_secret")
    secrets = [text for name, text in served.rows if name == "client_secret"]
    assert [text for name, text in served.rows if name == "client_id"] == ["orders", "other"]
    assert re.fullmatch(r"\*\*\*[0-9a-f]{4}", secrets[0])
    assert len(secrets[1]) == 32

    first = requests.post(told["token_url"], data=GRANT | {"scope": "x"}, auth=("orders", "s3cret")).json()
    second = requests.post(told["token_url"], data=GRANT | {"scope": "y"}, auth=("other", secrets[1])).json()

    assert (first["scope"], first["expires_in"], second["scope"]) == ("x", 60, "y")
    key = requests.get(told["jwks_url"]).json()["keys"][0]
    assert key["alg"] == "EdDSA"
    assert served.stop() == 0


def test_it_speaks_https_and_can_be_controlled(serve, tmp_path):
    """TLS with a certificate that it writes, the control endpoint, a profile, a public URL and a given key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    served = serve(
        *("--tls", "--ca-file", "ca.pem", "--control", "--profile", "keycloak", "--signing-key", "key.pem"),
        *("--expires-in", "30", "--public-url", "https://localhost/"),
    )
    told = served.read("control_url")
    assert told["token_url"] == "https://localhost/realms/acme/protocol/openid-connect/token"
    assert told["ca_file"] == "ca.pem"
    assert served.stop() == 0

    served = serve("--tls", "--control")
    told = served.read("control_url")
    ca_file = Path(told["ca_file"])
    answer = requests.get(f"{told['control_url']}journal", verify=str(ca_file))
    assert answer.json() == {"exchanges": [], "more": 0}
    assert served.stop() == 0
    assert not ca_file.exists()


def test_a_certificate_that_is_not_trusted_is_told_how_to_be(serve, tmp_path):
    """The advice is one for the command, where there is no fixture."""
    own = sign_own_certificate("orders")
    (tmp_path / "own.pem").write_text(own.certificate_pem + own.key_pem)
    told = serve("--tls", "--control").read("control_url")
    with pytest.raises(requests.exceptions.SSLError, match="unknown ca"):
        requests.get(told["jwks_url"], verify=told["ca_file"], cert=str(tmp_path / "own.pem"))

    exchanges = []
    while not exchanges:  # the client hears of it first
        exchanges = requests.get(f"{told['control_url']}journal", verify=told["ca_file"]).json()["exchanges"]

    assert exchanges[0]["refused_because"] == (
        "the client's certificate is not trusted: self-signed certificate; register its x5c, or start with "
        "--client-ca FILE, the certificate of who signed it"
    )


def test_without_control_there_is_none(serve):
    """The control endpoint is off unless it is asked for."""
    told = (served := serve()).read("client_secret")

    assert requests.get(f"{told['issuer']}/.oauthcc/").status_code == 404
    assert served.stop() == 0


@pytest.fixture
def run(monkeypatch):
    """Run the command in this process, with a stop that has come already."""

    @contextlib.contextmanager
    def stopped():
        stop = threading.Event()
        stop.set()
        yield stop

    monkeypatch.setattr(command, "_stop_signal", stopped)
    return main


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--profile", "keyclok"], "ean 'keycloak'"),
        (["--config", "nowhere.toml"], "nowhere.toml can't be read"),
        (["--config", "bad.toml"], "is no TOML"),
        (["--config", "unknown.toml"], "unknown option 'scope'"),
        (["--config", "profile.toml", "--profile", "keyclok"], "keyclok"),
        (["--client", "a:"], "--client takes ID:SECRET"),
        (["--client", ":b"], "--client takes ID:SECRET"),
        (["--client", "a", "--client", "a"], "there is a client 'a' already"),
        (["--signing-key", "bad.toml"], "no unencrypted private key"),
        (["--host", "0.0.0.0"], "--allow-remote"),  # noqa: S104 - what is refused
        (["--host", "fake.example"], "--allow-remote"),
        (["--host", "192.0.2.7", "--allow-remote", "--control"], "take --host 0.0.0.0 instead"),
        (["--tls", "--ca-file", "nowhere/ca.pem"], "can't be written"),
        (["--expires-in", "-1"], "expires_in"),
    ],
)
def test_wrong_arguments_are_explained(run, capsys, tmp_path, monkeypatch, arguments, reason):
    """A wrong argument ends the command with exit code 2 and one message without a traceback."""
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text("x = ")
    Path("unknown.toml").write_text('scope = "a"')
    Path("profile.toml").write_text('profile = "keycloak"')

    assert run(["serve", *arguments]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("oauthcc: ")
    assert reason in told.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["play"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "x"],
        ["serve", "--public-url", "oauthcc"],
        ["serve", "--public-url", "http://x.test/?a=b"],
        ["serve", "--prof", "x"],
    ],
)
def test_arguments_that_cannot_be_read_are_usage_errors(capsys, arguments):
    """What argparse itself refuses has exit code 2, too."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert "usage: oauthcc" in capsys.readouterr().err


def test_a_port_that_is_taken_is_a_failure(run, capsys):
    """The message names host and port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--port", str(port)]) == 1

    assert f"can't listen on 127.0.0.1:{port}: " in capsys.readouterr().err


def test_other_machines_are_let_in_when_that_is_wanted(run, capsys):
    """With ``--allow-remote`` it listens everywhere, and says where it is found from here."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    everywhere = ["--host", "0.0.0.0", "--allow-remote"]  # noqa: S104 - what is asked for
    assert run(["serve", *everywhere, "--port", str(port), "--tls"]) == 0

    assert f"at https://127.0.0.1:{port}\n" in capsys.readouterr().out


def test_a_config_may_name_profile_and_secret(run, capsys, tmp_path):
    """A profile and a secret from the file are given ones; relative profiles are looked for beside it."""
    (tmp_path / "own.toml").write_text('extends = "keycloak"\n')
    (tmp_path / "fake.toml").write_text('profile = "keycloak"\nclient_id = "a"\nclient_secret = "s3cret"\n')

    assert run(["serve", "--config", str(tmp_path / "fake.toml")]) == 0

    told = capsys.readouterr().out
    assert "serves the profile keycloak" in told
    assert "s3cret" not in told


def test_everything_is_told_that_a_client_needs(run, capsys):
    """URLs under the public name, clients, the certificate and the control endpoint."""
    arguments = ["--client", "a:s3cret", "--client", "b", "--client", "c:0ther", "--tls", "--control"]

    assert run(["serve", *arguments, "--public-url", "https://fake.test/"]) == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert ["token_url", "https://fake.test/oauth/token"] in rows
    assert [name for name, _ in rows][-2:] == ["ca_file", "control_url"]
    assert re.fullmatch(r"https://127\.0\.0\.1:\d+/\.oauthcc/", rows[-1][1])  # it takes requests there only
    assert [text for name, text in rows if name == "client_id"] == ["a", "b", "c"]
    assert [text.startswith("***") for name, text in rows if name == "client_secret"] == [True, False, True]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_set_the_stop_and_are_given_back(number):
    """Within the block a signal sets the event; afterwards it means what it meant before."""
    before = signal.getsignal(number)

    with command._stop_signal() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()

    assert signal.getsignal(number) is before


def test_the_module_runs_as_a_program(monkeypatch, capsys):
    """``python -m pytest_oauthcc`` ends with the exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["oauthcc", "serve", "--client", ":"])

    with pytest.raises(SystemExit) as caught:
        runpy.run_path(program.__file__, run_name="__main__")

    assert caught.value.code == 2
    assert "--client takes" in capsys.readouterr().err


def test_nobody_has_to_read_what_it_prints(run, monkeypatch):
    """A closed standard output does not end the server."""

    def closed(*_arguments, **_more):
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", closed)

    assert run(["serve"]) == 0


def test_the_console_script_is_the_command():
    """``oauthcc`` does what ``python -m pytest_oauthcc`` does."""
    script = Path(sys.executable).parent / "oauthcc"
    if not script.exists():
        pytest.skip("the package is not installed with its scripts")
    done = subprocess.run([str(script), "serve", "--help"], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0
    assert "--signing-key" in done.stdout


# --- the documentation


@pytest.fixture
def documented(serve):
    """A served provider as the page shows it; gives what it told."""
    served = serve("--client", "orders:s3cret")
    yield served.read("client_secret")
    assert served.stop() == 0


def _block(mark):
    """Return the code block of the page that stands below a mark."""
    text = DOCS.read_text(encoding="utf-8")
    return re.search(rf"<!-- {mark} -->\n```\w+\n(.*?)```", text, re.DOTALL)[1]


def _run(command, told):
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    environment |= {"TOKEN_URL": told["token_url"], "API_URL": told["api_url"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_curl_line_of_the_page_works(documented):
    """The line fetches a token."""
    assert json.loads(_run(["sh", "-c", _block("curl")], documented))["token_type"] == "Bearer"


def _node_version():
    node = shutil.which("node")
    if node is None:
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(told.strip().lstrip("v").partition(".")[0] or 0)


@pytest.mark.skipif(_node_version() < 20, reason="there is no Node 20 or later here")
def test_the_node_example_of_the_page_works(documented):
    """The example fetches a token and uses it."""
    assert _run(["node", "--input-type=module", "-e", _block("node")], documented).strip() == "200"


@pytest.mark.skipif(_node_version() < 20, reason="there is no Node 20 or later here")
@pytest.mark.oauthcc(tls=True, client_id="orders", client_secret="s3cret")
def test_node_trusts_the_servers_certificate(oauthcc, oauthcc_server, monkeypatch):
    """The environment of the HTTPS server makes Node trust it."""
    for name, value in oauthcc_server.environment.items():
        monkeypatch.setenv(name, value)

    told = {"token_url": oauthcc_server.token_url, "api_url": oauthcc_server.api_url}
    assert _run(["node", "--input-type=module", "-e", _block("node")], told).strip() == "200"
    oauthcc.assert_api_request(path="/orders", count=1)


def test_every_option_and_command_is_on_the_page(capsys):
    """The page names all options of the command and all commands of the control endpoint."""
    from pytest_oauthcc.process import control

    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    text = DOCS.read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}

    assert {option for option in options if option not in text} == set()
    assert {verb for verb in control._VERBS if f"`{verb}`" not in text} == set()
