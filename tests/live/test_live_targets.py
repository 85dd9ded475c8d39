"""Targets: where they come from, and what is refused before any test runs."""

from __future__ import annotations

import pytest

from pytest_oauthcc.core.keys import ClientKey
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.live.targets import read_target

GOOD = {
    "token_url": "https://login.acme.example/oauth/token",
    "client_id": "orders",
    "client_secret_env": "ACME_SECRET",
}
ENVIRON = {"ACME_SECRET": "s3cr3t-s3cr3t", "ACME_KEY": "k3y-k3y-k3y"}


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else repr(value)


@pytest.fixture
def read(tmp_path):
    """Read the target ``staging`` from a table and an environment."""

    def read(table=None, environ=ENVIRON, name="staging"):
        if table is not None:
            lines = [f"{key} = {toml(value)}" for key, value in table.items()]
            (tmp_path / "pyproject.toml").write_text("\n".join(["[tool.oauthcc.live.staging]", *lines]))
        return read_target(name, root=tmp_path, environ=environ)

    return read


def test_a_table(read):
    """A table gives options as a marker takes them; the secret comes from the environment and is shown nowhere."""
    table = {
        **GOOD,
        "api_url": "https://api.acme.example/v1",
        "scopes": "orders:read orders:write",
        "auth_methods": ["client_secret_post"],
        "headers": {"X-Region": "eu"},
        "headers_env": {"X-Api-Key": "ACME_KEY"},
        "params_env": {"tenant": "ACME_KEY"},
        "reuse": True,
        "token_requests_per_minute": 5,
        "jwks_url": "https://keys.acme.example/jwks",
    }
    target = read(table)
    assert target.hosts == ("login.acme.example", "api.acme.example", "keys.acme.example")
    assert target.options["scopes"] == ("orders:read", "orders:write")
    assert target.options["headers"] == {"X-Region": "eu", "X-Api-Key": "k3y-k3y-k3y"}
    assert target.options["params"] == {"tenant": "k3y-k3y-k3y"}
    assert target.client_secret == "s3cr3t-s3cr3t"
    assert set(target.secrets.values()) == set(ENVIRON.values())
    assert (target.has_api, target.reuse, target.per_minute) == (True, True, 5)
    assert target.urls == {"jwks_url": "https://keys.acme.example/jwks"}
    assert not any(secret in repr(target) for secret in ENVIRON.values())


def test_the_environment_alone(read):
    """Without a table the five variables are the target; scope and API may be left out."""
    environ = {
        "OAUTHCC_TOKEN_URL": "http://127.0.0.1:8080/token",
        "OAUTHCC_CLIENT_ID": "orders",
        "OAUTHCC_CLIENT_SECRET": "s3cr3t-s3cr3t",
    }
    target = read(environ=environ, name=None)
    assert (target.name, target.has_api, target.hosts) == ("environment", False, ("127.0.0.1:8080",))
    more = {**environ, "OAUTHCC_SCOPE": "a b", "OAUTHCC_API_URL": "https://api.acme.example/"}
    target = read(environ=more, name=None)
    assert target.options["scopes"] == ("a", "b")
    assert target.has_api


def test_a_private_key(read, tmp_path):
    """A key file takes the place of the secret; its public half is what the fake's twin verifies with."""
    (tmp_path / "client.pem").write_text(ClientKey().private_pem)
    table = {"token_url": GOOD["token_url"], "client_id": "orders", "private_key_file_env": "ACME_FILE"}
    target = read(table, {"ACME_FILE": "client.pem"})
    assert target.private_key == ClientKey().private_pem
    assert target.secrets == {"private key": target.private_key}
    assert "kid" not in target.options["client_jwks"]["keys"][0]


def test_options_of_the_profile(read):
    """An option that the profile declares for itself comes from a variable of one's own naming."""
    table = {**GOOD, "profile": "hgem", "api_key_env": "ACME_KEY"}
    target = read(table)
    assert target.options["api_key"] == "k3y-k3y-k3y"
    assert target.secrets["api_key"] == "k3y-k3y-k3y"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_secret": "oops-oops-oops"}, 'client_secret_env = "ACME_CLIENT_SECRET"'),
        ({"password": "oops-oops-oops"}, "password stands in the file"),
        ({"headers": {"X-Api-Key": "oops-oops-oops"}}, 'headers_env = { X-Api-Key = "ACME_API_KEY" }'),
        ({"headers": {"Authorization": "oops-oops-oops"}}, "headers.Authorization stands in the file"),
        ({"params": {"client_secret": "oops-oops-oops"}}, "params.client_secret stands in the file"),
        ({"client_secret_env": "oops-oops-oops"}, "takes the name of an environment variable"),
        ({"client_secret_env": "ACME_NOTHING"}, "ACME_NOTHING is not set; export ACME_NOTHING=..."),
        ({"headers_env": "ACME_KEY"}, "headers_env takes a table of names and variables, not a str"),
        ({"token_url": "http://login.acme.example/token"}, "without TLS everybody on the way reads the secret"),
        ({"api_url": "http://api.acme.example/"}, "api_url is http://api.acme.example/: without TLS"),
        ({"token_url": "https://me:pw-pw-pw@login.acme.example/"}, "token_url has a user or password in it"),
        ({"token_url": "https://faß.example/token"}, "token_url has a host with letters beyond ASCII"),
        ({"token_url": "https://login.acme.example:99999/"}, "option 'token_url' takes an http or https URL"),
        ({"token_url": "ftp://login.acme.example/"}, "option 'token_url' takes an http or https URL"),
        ({"tokn_url": "https://login.acme.example/"}, "unknown key 'tokn_url'; did you mean 'token_url'?"),
        ({"strict": True}, "unknown key 'strict'"),
        ({"secret_sauce_env": "ACME_KEY"}, "unknown key 'secret_sauce_env'"),
        ({"reuse": "yes"}, "reuse takes true or false"),
        ({"token_requests_per_minute": 0}, "token_requests_per_minute takes a whole number, 1 or more"),
        ({"jwks_url": "keys"}, "jwks_url takes an http or https URL"),
        ({"private_key_file_env": "ACME_KEY"}, "the file that ACME_KEY names can't be read: No such file"),
        ({"profile": "hgme"}, "did you mean 'hgem'?"),
    ],
)
def test_refusals(read, changes, told):
    """Whatever is wrong, unsafe or secret in a table is refused with the remedy, and no secret is repeated."""
    with pytest.raises(OptionError) as error:
        read({**GOOD, **changes})
    assert told in str(error.value)
    assert "oops-oops" not in str(error.value)
    assert "pw-pw-pw" not in str(error.value)


def test_a_file_that_is_no_key(read, tmp_path):
    """A file that holds no key is refused without a word of what it holds."""
    (tmp_path / "client.pem").write_text("oops-oops-oops")
    with pytest.raises(OptionError, match="is no unencrypted private key in PEM") as error:
        read({**GOOD, "private_key_file_env": "ACME_FILE"}, {**ENVIRON, "ACME_FILE": "client.pem"})
    assert "oops" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("private_key_file_env", "holds a key or a certificate itself; put that into a file"),
        ("client_certificate_key_file_env", "holds a key or a certificate itself; put that into a file"),
    ],
)
def test_a_key_in_the_place_of_its_path(read, key, told):
    """A variable that holds a key where a path should be is told, and nothing of the key with it."""
    pem = ClientKey().private_pem
    for text in (pem, pem.replace("\n", " ")):
        with pytest.raises(OptionError) as error:
            read({**GOOD, key: "ACME_FILE"}, {**ENVIRON, "ACME_FILE": text})
        assert f"{key}: the variable ACME_FILE {told}" in str(error.value)
        assert pem.splitlines()[1] not in str(error.value)


@pytest.mark.parametrize(
    "keys",
    [
        {"private_key_file_env": "ACME_FILE"},
        {"client_certificate_file_env": "ACME_FILE"},
        {"client_certificate_file_env": "ACME_CERTIFICATE", "client_certificate_key_file_env": "ACME_FILE"},
    ],
    ids=" and ".join,
)
def test_a_key_without_its_first_line(read, tmp_path, keys):
    """What can't be read as a file is not repeated, for it may be the key."""
    body = "".join(ClientKey().private_pem.splitlines()[1:-1])
    certificate = tmp_path / "c.pem"
    certificate.write_text(ClientKey().certificate.certificate_pem)
    environ = {**ENVIRON, "ACME_FILE": body, "ACME_CERTIFICATE": str(certificate)}
    with pytest.raises(OptionError, match=r"can't be read: (No such file|File name too long)") as error:
        read({**GOOD, **keys}, environ)
    assert body[:20] not in str(error.value)


def test_secrets_in_urls(read):
    """A URL that is refused is shown without what is secret in it."""
    with pytest.raises(OptionError) as error:
        read({**GOOD, "api_url": "http://api.acme.example/?api_key=oops-oops-oops"})
    assert "api_url is http://api.acme.example/?api_key=***" in str(error.value)
    assert "oops" not in str(error.value)


def test_everything_is_told_at_once(read):
    """All mistakes of a table stand in one message."""
    with pytest.raises(OptionError) as error:
        read({"client_secret": "oops-oops-oops", "colour": "red", "scopes": 7})
    text = str(error.value)
    for told in ("client_secret stands", "unknown key 'colour'", "'scopes'", "token_url is missing", "client_id_env"):
        assert told in text
    assert text.count("\n  - ") == 5


def test_short_secrets_are_refused(read):
    """A secret that can't be told from ordinary text could not be kept out of reports."""
    with pytest.raises(OptionError, match="client_secret has less than 6 characters"):
        read(GOOD, {"ACME_SECRET": "abc"})


def test_a_name_that_there_is_not(read):
    """A wrong name is told with the right ones."""
    read(GOOD)
    with pytest.raises(OptionError, match="--oauthcc-target prod: there is no such target; there are staging"):
        read(name="prod")


def test_an_empty_variable_for_a_certificate_spares_no_secret(read):
    """A variable that is exported but empty names no certificate, so the secret is asked for."""
    environ = {"OAUTHCC_TOKEN_URL": "http://127.0.0.1:8080/token", "OAUTHCC_CLIENT_ID": "orders"}
    with pytest.raises(OptionError, match="OAUTHCC_CLIENT_SECRET is not set; export OAUTHCC_CLIENT_SECRET="):
        read(environ={**environ, "OAUTHCC_CLIENT_CERTIFICATE_FILE": ""}, name=None)


def test_an_empty_environment_names_the_targets(read, tmp_path):
    """Without a name and without variables the message says both ways out."""
    with pytest.raises(OptionError, match="OAUTHCC_TOKEN_URL is not set; export OAUTHCC_TOKEN_URL="):
        read(environ={}, name=None)
    read(GOOD)
    with pytest.raises(OptionError, match=r"or name a target of .*pyproject.toml: --oauthcc-target staging"):
        read(environ={"OAUTHCC_TOKEN_URL": ""}, name=None)
    (tmp_path / "pyproject.toml").write_text("x = ")
    with pytest.raises(OptionError, match="can't be read"):
        read()
    for text in ("[tool.oauthcc]\nlive = 3\n", "[tool]\noauthcc = 3\n", "tool = 3\n"):
        (tmp_path / "pyproject.toml").write_text(text)
        with pytest.raises(OptionError, match="has no table"):
            read()


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--oauthcc-target=x"], "--oauthcc-target is for live runs; add --oauthcc-live"),
        (["--oauthcc-live-strict"], "--oauthcc-live-strict is for live runs; add --oauthcc-live"),
        (["--oauthcc-drift=x.json"], "--oauthcc-drift is for live runs; add --oauthcc-live"),
        (["--oauthcc-learn=x.toml"], "--oauthcc-learn is for live runs; add --oauthcc-live"),
        (["--oauthcc-live"], "OAUTHCC_TOKEN_URL is not set"),
        (["--oauthcc-live", "--oauthcc-target=x"], "there is no such target"),
    ],
)
def test_usage_errors(live, flags, told):
    """What is wrong with the options of the command line is told before anything runs."""
    result = live(*flags, live=False)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in result.stderr.str()
