"""A provider for a server process: made from options and files, and meant to run for long."""

from __future__ import annotations

import pytest
import requests

from pytest_oauthcc import OptionError, standalone
from pytest_oauthcc.process.standalone import read_config
from pytest_oauthcc.serving.loopback import LoopbackServer

GRANT = {"grant_type": "client_credentials", "scope": "a"}
AUTH = ("orders", "s3cret")


def test_a_profile_by_its_name():
    """The first argument is a profile, whose own options may follow."""
    fake = standalone("hgem", api_key="k-123")

    assert (fake.name, fake.options["api_key"]) == ("hgem", "k-123")
    with pytest.raises(OptionError, match="ean 'hgem'"):
        standalone("hgm")


def test_a_standalone_provider_does_not_grow_for_ever(monkeypatch):
    """The journal keeps the newest exchanges, and tokens that expired long ago are forgotten."""
    from pytest_oauthcc.process import standalone as module

    monkeypatch.setattr(module, "_JOURNAL_LIMIT", 10)
    fake = standalone(client_id="orders", client_secret="s3cret", expires_in=10)
    with LoopbackServer(fake) as server, requests.Session() as session:
        for number in range(30):
            session.post(server.names.token_url, data=GRANT, auth=AUTH)
            if number == 20:
                fake.clock.advance(days=2)
    assert len(fake.exchanges) == 10
    assert len(fake.tokens) == 9
    assert fake.take_violation() is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x = ", "Invalid value"),
        (b'scopes = "\xff"', "byte 10 is not UTF-8"),
        (b"x = " + b"[" * 100_000, ""),
    ],
    ids=["wrong", "bytes", "deep"],
)
def test_a_config_that_is_no_toml(tmp_path, content, why):
    """It is told with the file and the place."""
    file = tmp_path / "fake.toml"
    file.write_bytes(content)

    with pytest.raises(OptionError, match=rf"the config file .*fake\.toml is no TOML: .*{why}"):
        read_config(file)
