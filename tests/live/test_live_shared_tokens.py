"""Tokens that tests share: within a process, and between the workers of pytest-xdist."""

from __future__ import annotations

import json
import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.live.shared_tokens import SharedTokens

TOKEN = "t0ken/t0ken+t0ken~t0ken"
ANSWER = Response(
    200,
    (("Content-Type", "application/json"), ("Content-Length", "99")),
    json.dumps({"access_token": TOKEN, "expires_in": 900, "é": "ü"}, ensure_ascii=False).encode(),
)
REQUEST = 'POST https://login.acme.example/token {"client_secret": "s3cr3t-s3cr3t"}'


def test_a_token_that_is_still_good(tmp_path):
    """Another test gets the answer with the lifetime that is left, as long as that is more than a minute."""
    tokens = SharedTokens(tmp_path)
    tokens.keep(REQUEST, ANSWER, now=1000.0, lifetime=900)
    found = tokens.find(REQUEST, 1100.5)
    assert json.loads(found.body) == {"access_token": TOKEN, "expires_in": 800, "é": "ü"}
    assert found.headers == (("Content-Type", "application/json"),)
    assert tokens.find(REQUEST, 1839.0) is not None
    assert tokens.find(REQUEST, 1840.0) is None
    assert tokens.find("another request", 1000.0) is None
    assert list(tmp_path.iterdir()) == []


def test_a_lifetime_that_is_a_text(tmp_path):
    """Some providers write their numbers as texts, and what is left is written so, too."""
    tokens = SharedTokens(tmp_path)
    tokens.keep(REQUEST, Response(200, (), b'{"expires_in": "900"}'), now=0.0, lifetime=900)
    assert tokens.find(REQUEST, 10.0).body == b'{"expires_in": "890"}'


@pytest.mark.parametrize("body", [b'{"access_token": "x"}', b'{"expires_in": "15 m"}', b'{"expires_in": true}', b"odd"])
def test_an_answer_without_a_lifetime_stays_as_it_is(tmp_path, body):
    """What does not say how long it is good, is not made to say so."""
    tokens = SharedTokens(tmp_path)
    tokens.keep(REQUEST, Response(200, (("X", "y"),), body), now=0.0, lifetime=900)
    assert tokens.find(REQUEST, 10.0) == Response(200, (("X", "y"),), body)


def test_workers_share(tmp_path):
    """What one worker keeps another finds; a newer answer takes the place of an older one in all of them."""
    key = secrets.token_bytes(32)
    one, other = SharedTokens(tmp_path, key), SharedTokens(tmp_path, key)
    assert other.find(REQUEST, 1000.0) is None
    one.keep(REQUEST, ANSWER, now=1000.0, lifetime=900)
    assert json.loads(other.find(REQUEST, 1001.0).body)["access_token"] == TOKEN
    assert other.find(REQUEST, 1850.0) is None
    newer = Response(200, (), b'{"access_token": "newer"}')
    one.keep(REQUEST, newer, now=1850.0, lifetime=900)
    assert other.find(REQUEST, 1851.0) == newer


def test_threads_may_keep_the_same_token(tmp_path):
    """Clients in several threads that ask at once all get their answers, and a whole one stays."""
    tokens = SharedTokens(tmp_path, secrets.token_bytes(32))

    def keep(_number):
        for _ in range(20):
            tokens.keep(REQUEST, ANSWER, now=0.0, lifetime=900)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(8)))
    assert [path.suffix for path in tmp_path.iterdir()] == [".token"]


def test_nobody_else_can_read_them(tmp_path):
    """On the disk there is nothing of the token, nor anything by which to guess the secret; the key opens it all."""
    SharedTokens(tmp_path, secrets.token_bytes(32)).keep(REQUEST, ANSWER, now=0.0, lifetime=900)
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".token"
    for part in (b"t0ken", b"access_token", b"s3cr3t", b"acme"):
        assert part not in file.read_bytes()
        assert part.decode() not in file.name
    again = SharedTokens(tmp_path, secrets.token_bytes(32))
    assert again.find(REQUEST, 1.0) is None
    again.keep(REQUEST, ANSWER, now=0.0, lifetime=900)
    assert len({path.name for path in tmp_path.iterdir()}) == 2


TWO_WORKERS = """
import os
from pathlib import Path

PIPE = os.environ["TOKEN_PIPE"]

@pytest.mark.xdist_group("first")
def test_first(oauthcc):
    token = fetch(oauthcc).json()["access_token"]
    Path(PIPE).write_text(token)  # waits for the other worker

@pytest.mark.xdist_group("second")
def test_second(oauthcc):
    token = Path(PIPE).read_text()  # waits for the first worker
    assert fetch(oauthcc).json()["access_token"] == token
    assert call(oauthcc, token).status_code == 200
    oauthcc.assert_token_request(scope="orders:read", count=1)
    assert oauthcc.token_requests[0].token.value == token

@pytest.mark.xdist_group("second")
def test_shown(oauthcc):
    local = fetch(oauthcc).json()["access_token"]
    Path(os.environ["TOKEN_FILE"]).write_text(local)
    assert local == "something else"
"""


def test_one_worker_fetches_for_all(suite, pytester, tmp_path_factory, monkeypatch):
    """With two workers one token request is sent; the worker that did not fetch the token masks it as well."""
    aside = tmp_path_factory.mktemp("aside")
    os.mkfifo(aside / "pipe")
    monkeypatch.setenv("TOKEN_PIPE", str(aside / "pipe"))
    monkeypatch.setenv("TOKEN_FILE", str(aside / "token"))
    result = suite(
        TWO_WORKERS,
        *("-n2", "--dist=loadgroup", "--showlocals", "--junitxml=out.xml"),
        reuse=True,
        token_requests_per_minute=1,
        subprocess=True,
    )
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["oauthcc: 2 live exchanges, 1 compared*"])
    token = (aside / "token").read_text()
    assert token not in result.stdout.str()
    assert token not in (pytester.path / "out.xml").read_text()


def test_the_runs_directory_is_private_and_gone_afterwards(suite, monkeypatch, tmp_path_factory):
    """Nobody but the user may look into it while the run goes on, and nothing is left of it."""
    aside = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(aside))
    monkeypatch.setenv("SEEN", str(aside / "seen"))
    result = suite(
        """
        def test_it(oauthcc):
            import os
            from pathlib import Path
            fetch(oauthcc)
            (directory,) = Path(os.environ["TMPDIR"]).glob("oauthcc-live-*")
            files = [path.suffix for path in directory.iterdir()]
            Path(os.environ["SEEN"]).write_text(f"{directory.stat().st_mode} {sorted(files)}")
        """,
        "-n1",
        "--basetemp=base",
        reuse=True,
        subprocess=True,
    )
    result.assert_outcomes(passed=1)
    mode, _, files = (aside / "seen").read_text().partition(" ")
    assert stat.S_IMODE(int(mode)) == 0o700
    assert files == "['.now', '.request', '.token']"
    assert not list(aside.glob("oauthcc-live-*"))
