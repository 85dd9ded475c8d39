"""Which real provider a live run is for, and as whom: ``[tool.oauthcc.live.NAME]``, or environment variables."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.core.authority import site_of
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.live.target_reading import OTHER_URLS, TableReading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_oauthcc.live.target_certificate import TargetCertificate
    from pytest_oauthcc.options import OwnOption

__all__ = ["ENVIRONMENT", "Target", "read_target"]

ENVIRONMENT: Final[Mapping[str, str]] = {
    "token_url_env": "OAUTHCC_TOKEN_URL",
    "client_id_env": "OAUTHCC_CLIENT_ID",
    "client_secret_env": "OAUTHCC_CLIENT_SECRET",
    "scopes_env": "OAUTHCC_SCOPE",
    "api_url_env": "OAUTHCC_API_URL",
    "client_certificate_file_env": "OAUTHCC_CLIENT_CERTIFICATE_FILE",
    "client_certificate_key_file_env": "OAUTHCC_CLIENT_CERTIFICATE_KEY_FILE",
}
"""What is read where no table is named."""

_PER_MINUTE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    The real provider of a live run.

    Args:
        name: The table's name, or ``environment``.
        options: Options by name, as a marker takes them, but for the secret: URLs, scopes, headers...
        client_secret: The secret, or nothing where a key takes its place.
        private_key: The client's private key as PEM, or nothing.
        certificate: The certificate that the client shows in the TLS handshake, if any.
        secrets: Everything that must never be shown, by what it is called in a message.
        urls: Where the server's other endpoints are, by ``jwks_url``, ``introspection_url``...
        reuse: Whether tests share a token that is still good.
        per_minute: How many token requests a run may send in a minute.
    """

    name: str
    options: Mapping[str, Any] = field(repr=False)
    client_secret: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    certificate: TargetCertificate | None = field(default=None, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    urls: Mapping[str, str] = field(default_factory=dict)
    reuse: bool = False
    per_minute: int = _PER_MINUTE

    @property
    def token_url(self) -> str:
        """Where the token endpoint is."""
        return str(self.options["token_url"])

    @property
    def has_api(self) -> bool:
        """Whether the API is real, too."""
        return self.options.get("api_url") is not None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that may be reached, with their ports where these are unusual."""
        urls = [*(self.options.get(name) for name in ("token_url", "api_url", "issuer")), *self.urls.values()]
        return tuple(dict.fromkeys(site_of(url)[0] for url in urls if url))


def read_target(name: str | None, *, root: Path, environ: Mapping[str, str]) -> Target:
    """
    Read the target of a live run.

    Args:
        name: Of a table in ``pyproject.toml``; None for the environment variables alone.
        root: The directory of ``pyproject.toml``; relative paths begin there.
        environ: Environment variables.

    Returns:
        The target, with all its secrets.

    Raises:
        OptionError: Something is missing, wrong, unsafe, or a secret stands in the file; all of it is told at once.
    """
    file = root / "pyproject.toml"
    tables = _read_tables(file)
    if name is None:
        where, table = "the environment", dict(ENVIRONMENT)
    else:
        where = f"[tool.oauthcc.live.{name}] in {file}"
        found = tables.get(name)
        if not isinstance(found, dict):
            listed = f"there are {', '.join(tables)}" if tables else f"{file} has no table [tool.oauthcc.live.{name}]"
            raise OptionError(f"--oauthcc-target {name}: there is no such target; {listed}")
        table = found
    reading = TableReading(where, environ, _own_options(table, root, where), root)
    reading.read(table)
    reading.finish()
    if reading.problems:
        told = "\n".join(f"  - {problem}" for problem in dict.fromkeys(reading.problems))
        hint = ""
        if name is None and tables:
            hint = f"\nor name a target of {file}: {' or '.join(f'--oauthcc-target {known}' for known in tables)}"
        raise OptionError(f"--oauthcc-live can't run with {where}:\n{told}{hint}")
    return _make(name or "environment", reading)


def _make(name: str, reading: TableReading) -> Target:
    values = dict(reading.values)
    secret, key = values.pop("client_secret", ""), values.pop("private_key", "")
    certificate = values.pop("certificate", None)
    own = {key: values.pop(key) for key in ("reuse", "token_requests_per_minute") if key in values}
    urls = {key: values.pop(key) for key in OTHER_URLS if key in values}
    values.setdefault("api_url", None)
    if values.get("profile", "").endswith(".toml"):
        values["profile"] = str(reading.directory / values["profile"])
    return Target(
        name=name,
        options=values,
        client_secret=secret,
        private_key=key,
        certificate=certificate,
        secrets=reading.secrets,
        urls=urls,
        reuse=own.get("reuse", False),
        per_minute=own.get("token_requests_per_minute", _PER_MINUTE),
    )


def _read_tables(file: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise OptionError(f"--oauthcc-live: {file} can't be read: {error}") from None
    tables: Any = data
    for name in ("tool", "oauthcc", "live"):
        tables = tables.get(name) if isinstance(tables, dict) else None
    return tables if isinstance(tables, dict) else {}


def _own_options(table: Mapping[str, Any], root: Path, where: str) -> Mapping[str, OwnOption]:
    """Return the options that the target's profile declares for itself, such as ``api_key``."""
    name = table.get("profile")
    if not isinstance(name, str):
        return {}
    from pytest_oauthcc.profiles import load_profile

    try:
        return load_profile(name, relative_to=root).own
    except OptionError as error:
        raise OptionError(f"{where}: {error}") from None
