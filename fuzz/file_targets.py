"""What users write into files and arguments: profiles, live targets, configurations, options."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

from fuzz.pieces import Pieces
from fuzz.target import Target
from fuzz.world import SECRET
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.layers import Layer, values_from_ini
from pytest_oauthcc.live.targets import read_target
from pytest_oauthcc.options import OPTIONS, check_option
from pytest_oauthcc.process.standalone import open_standalone, read_config
from pytest_oauthcc.profiles import load_profile, profile_names
from pytest_oauthcc.profiles.schema import SCHEMA

__all__ = ["TARGETS"]

_FOLDER: Final = Path(tempfile.mkdtemp(prefix="oauthcc-fuzz-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
_ENVIRON: Final = {"ACME_SECRET": SECRET, "OAUTHCC_CLIENT_SECRET": SECRET, "EMPTY": "", "SHORT": "x"}


def _write(name: str, data: bytes) -> Path:
    path = _FOLDER / name
    path.write_bytes(data)
    return path


def _told(error: OptionError) -> None:
    """Check that a message is one that somebody can use, and that it gives nothing away."""
    text = str(error)
    assert text
    assert SECRET not in text
    text.encode("utf-8", "backslashreplace")


def _profile(data: bytes) -> None:
    path = _write("fuzzed.toml", data)
    try:
        load_profile(str(path))
        open_standalone([Layer("fuzz", {"profile": str(path)})])
    except OptionError as error:
        _told(error)


def _live_config(data: bytes) -> None:
    _write("pyproject.toml", data)
    for name in (None, "staging"):
        try:
            target = read_target(name, root=_FOLDER, environ=_ENVIRON)
        except OptionError as error:
            _told(error)
        else:
            assert SECRET not in repr(target)
            assert target.hosts


def _serve_config(data: bytes) -> None:
    path = _write("serve.toml", data)
    try:
        provider = open_standalone([Layer(str(path), read_config(path))], relative_to=_FOLDER)
    except OptionError as error:
        _told(error)
    else:
        provider.mint()
        assert provider.client_secret not in repr(provider)


def _options(data: bytes) -> None:
    """Give options of any type to a marker, and texts of any form to the ini file."""
    pieces = Pieces(data)
    given: dict[str, Any] = {}
    for _ in range(pieces.byte() % 4):
        given[pieces.choose([*OPTIONS, ""]) or pieces.text()] = pieces.json()
    for name, value in given.items():
        try:
            checked = check_option(name, value, "fuzz", {})
        except OptionError as error:
            _told(error)
        else:
            assert check_option(name, checked, "fuzz", {}) == checked or checked != checked  # noqa: PLR0124 - NaN
    try:
        open_standalone([Layer("fuzz", given)])
    except OptionError as error:
        _told(error)
    name = pieces.choose([*OPTIONS])
    value = pieces.rest().decode("utf-8", "replace")
    try:
        read = values_from_ini(name, value.splitlines() if OPTIONS[name].ini in {"linelist", "args"} else value)
        check_option(name, read, "ini", {})
    except OptionError as error:
        _told(error)


_TOML_WORDS: Final = (
    b"[",
    b"]",
    b"{",
    b"}",
    b'"""',
    b"'''",
    b"= ",
    b"\\u",
    b"1979-05-27",
    b"inf",
    b"nan",
    b'"unknown"',
    b"#",
)
_GOOD_TARGET: Final = b"""[tool.oauthcc.live.staging]
token_url = "https://login.acme.example/oauth/token"
client_id = "orders"
client_secret_env = "ACME_SECRET"
headers_env = { X-Api-Key = "ACME_SECRET" }
scopes = "a b"
reuse = true
"""

TARGETS: Final = (
    Target(
        "profile",
        "profile files",
        _profile,
        tuple(Path(load_profile(name).path).read_bytes() for name in profile_names()),
        (*_TOML_WORDS, *(name.encode() for name in SCHEMA.members), b"{client_id}", b"{now}", b'extends = "okta"'),
    ),
    Target(
        "live-config",
        "targets of live runs in pyproject.toml",
        _live_config,
        (_GOOD_TARGET, b"[tool.oauthcc.live]\nstaging = 1\n", _GOOD_TARGET.replace(b"client_id", b"profile")),
        (
            *_TOML_WORDS,
            b"_env",
            b"jwks_url",
            b"private_key_file_env",
            b"http://",
            b"token_requests_per_minute",
            b"tool",
        ),
    ),
    Target(
        "serve-config",
        "configuration files of oauthcc serve",
        _serve_config,
        (
            b'profile = "okta"\n',
            b'token_url = "https://a.test/t"\nscopes = "a b"\n[headers]\nX-A = "b"\n',
            b"expires_in = 5\n",
        ),
        (*_TOML_WORDS, *(name.encode() for name in OPTIONS)),
    ),
    Target(
        "options",
        "marker arguments, factory arguments and ini settings",
        _options,
        (bytes(4), b"\1\1\1\5https", b"\2\7\1\2ab\x09\2\3", json.dumps({"a": [1]}).encode()),
        (b"https://", b"http://[", b":99999", b"@", b"://", b"keys", b"kty"),
    ),
)
