"""Servers as processes of their own: ours, a bare one of the standard library, and what others have made."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import urlsplit

from benchmarks.row import LeftOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BODY = "grant_type=client_credentials&scope=orders%3Aread&client_id=orders&client_secret=s3cret"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
PEERS = Path(__file__).parent / ".peers"
SCRIPTS = Path(__file__).parent / "peer_scripts"
_PATIENCE = 300  # seconds, for an installation


class Running:
    """A server process, and a connection to it that is kept."""

    def __init__(self, command: Sequence[str], environment: dict[str, str], body: str) -> None:
        self.body, self.headers = body, HEADERS
        began = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
        )
        try:
            self.url = self._read_url(self.process.stdout)
            self._connection = self._connect()
            self.ask()
        except BaseException:
            self.stop()
            raise
        self.first = time.perf_counter() - began

    def _read_url(self, output: IO[str] | None) -> str:
        for line in output or ():
            found = re.search(r"^(body|authorization|token_url)\s+(.+)", line)
            if found and found[1] == "body":  # it has to be asked in a way of its own
                self.body = found[2]
            elif found and found[1] == "authorization":
                self.headers = {**HEADERS, "Authorization": found[2]}
            elif found:
                threading.Thread(target=(output.read if output else str), daemon=True).start()  # or its pipe runs full
                return found[2]
        raise LeftOut("it ended before it listened")

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self.stop()

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()

    def ask(self) -> None:
        """Fetch a token."""
        self._connection.request("POST", urlsplit(self.url).path, self.body, self.headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200 or "access_token" not in json.loads(text):  # noqa: PLR2004
            raise LeftOut(f"it answered {answer.status}: {text[:200]!r}")

    def time_batch(self, count: int) -> float:
        """Return the seconds that each of so many exchanges takes."""
        began = time.perf_counter()
        for _ in range(count):
            self.ask()
        return (time.perf_counter() - began) / count

    def rate(self, clients: int, seconds: float) -> float:
        """Return the tokens a second that so many client processes get together."""
        command = [
            sys.executable,
            str(SCRIPTS / "client.py"),
            self.url,
            self.body,
            json.dumps(self.headers),
            str(seconds),
        ]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(clients)]  # noqa: S603
        return sum(float(process.communicate()[0]) for process in running)


@dataclass(frozen=True)
class Server:
    """
    A kind of server.

    Attributes:
        name: What it is called.
        command: Returns the command that starts it; it prints ``token_url`` and the URL.
        packages: What has to be installed for it, with pip or npm.
        installer: Which of the two; None where nothing has to be.
        body: The token request that it takes.
    """

    name: str
    command: Callable[[Path], list[str]]
    packages: tuple[str, ...] = ()
    installer: str | None = None
    body: str = BODY
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> Running:
        """
        Start it; install it before, if it is not there yet.

        Raises:
            LeftOut: It can't be installed or started.
        """
        folder = PEERS / self.name
        if self.installer is not None and not (folder / "complete").exists():
            self._install(folder)
        return Running(self.command(folder), self.environment, self.body)

    def _install(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if self.installer == "npm":
            npm = shutil.which("npm")
            if npm is None:
                raise LeftOut("npm is not installed")
            steps = [[npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *self.packages]]
        else:
            python = str(folder / "bin" / "python")
            steps = [[sys.executable, "-m", "venv", str(folder)], [python, "-m", "pip", "install", *self.packages]]
        for step in steps:
            try:
                subprocess.run(step, check=True, capture_output=True, text=True, timeout=_PATIENCE)  # noqa: S603
            except subprocess.TimeoutExpired:
                raise LeftOut(f"{self.installer} did not finish in {_PATIENCE} s") from None
            except subprocess.CalledProcessError as error:
                said = (error.stderr or "").strip().splitlines() or [""]
                raise LeftOut(f"{self.installer} failed: {said[-1]}") from None
        (folder / "complete").touch()


def _node(script: str) -> Callable[[Path], list[str]]:
    return lambda folder: [shutil.which("node") or "node", str(SCRIPTS / script), str(folder)]


def _python(script: str) -> Callable[[Path], list[str]]:
    return lambda folder: [str(folder / "bin" / "python"), str(SCRIPTS / script)]


OURS = Server("ours", lambda _: [sys.executable, "-m", "pytest_oauthcc", "serve", "--client", "orders:s3cret"])
BARE = Server("bare", lambda _: [sys.executable, str(SCRIPTS / "bare.py")])
OTHERS = (
    Server("oauth2-mock-server", _node("oauth2_mock_server.mjs"), ("oauth2-mock-server@9",), "npm"),
    Server("oidc-provider", _node("oidc_provider.mjs"), ("oidc-provider@9",), "npm"),
    Server("pytest-iam", _python("serve_pytest_iam.py"), ("pytest-iam",), "pip"),
    Server("oidc-provider-mock", _python("serve_oidc_provider_mock.py"), ("oidc-provider-mock", "requests"), "pip"),
)
