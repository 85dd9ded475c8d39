"""Reading the table of a target: every mistake in it is told, and no secret that stands where it should not."""

from __future__ import annotations

import difflib
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_oauthcc.core.hosts import is_loopback
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.live.redaction import SHORTEST
from pytest_oauthcc.masking import is_sensitive, mask_url
from pytest_oauthcc.option_values import number_in
from pytest_oauthcc.options import OPTIONS, check_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.options import OwnOption

__all__ = ["OTHER_URLS", "TableReading"]

OTHER_URLS: Final[tuple[str, ...]] = ("jwks_url", "metadata_url", "introspection_url", "revocation_url")
"""The keys that say where a server's other endpoints are."""

_NO_OPTIONS = frozenset({"client_secret", "client_jwks", "tls", "strict", "journal_limit"})
_OWN_KEYS: Final[Mapping[str, str]] = {
    "reuse": "true or false",
    "token_requests_per_minute": "a whole number, 1 or more",
    **dict.fromkeys(OTHER_URLS, "an http or https URL"),
}
_FROM_ENVIRONMENT = frozenset(
    {
        "token_url",
        "api_url",
        "issuer",
        "client_id",
        "client_secret",
        "scopes",
        "audience",
        "private_key_file",
        "client_certificate_file",
        "client_certificate_key_file",
    }
)
_CERTIFICATE_FILES = ("client_certificate_file", "client_certificate_key_file")
_TABLES_FROM_ENVIRONMENT = frozenset({"headers", "params"})
_URLS = ("token_url", "api_url", "issuer", *OTHER_URLS)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_OPTIONAL_VARIABLES = frozenset(
    {
        "OAUTHCC_SCOPE",
        "OAUTHCC_API_URL",
        "OAUTHCC_CLIENT_CERTIFICATE_FILE",
        "OAUTHCC_CLIENT_CERTIFICATE_KEY_FILE",
    }
)


class TableReading:
    """
    One table on its way to a target; every mistake is noted, none ends the reading.

    Args:
        where: What the table is called in a message.
        environ: Environment variables.
        own: The options that the target's profile declares for itself.
        directory: Where relative paths begin.

    Attributes:
        problems: What is wrong, each with its remedy.
        values: What was read, by name.
        secrets: Everything that must never be shown, by what it is called in a message.
    """

    def __init__(self, where: str, environ: Mapping[str, str], own: Mapping[str, OwnOption], directory: Path) -> None:
        self.where = where
        self.environ = environ
        self.own = own
        self.directory = directory
        self.problems: list[str] = []
        self.values: dict[str, Any] = {}
        self.secrets: dict[str, str] = {}

    def read(self, table: Mapping[str, Any]) -> None:
        """Read every key; ``finish`` has to follow."""
        for key, value in table.items():
            if key.endswith("_env"):
                self._read_variables(key, value)
            elif key == "client_secret" or (is_sensitive(key) and key not in {*OPTIONS, *_OWN_KEYS}):
                self._refuse_secret(key, f'{key}_env = "ACME_{key.upper()}"')
            else:
                self._read_literal(key, value)

    def _read_literal(self, key: str, value: Any) -> None:
        if key in _OWN_KEYS:
            self._check(key, value, _check_own_key)
        elif key in _NO_OPTIONS or (key not in OPTIONS and key not in self.own):
            self._unknown(key)
        else:
            if key in _TABLES_FROM_ENVIRONMENT and isinstance(value, dict):
                for name in value:
                    if is_sensitive(name) or name.lower() in _CREDENTIAL_HEADERS:
                        self._refuse_secret(f"{key}.{name}", f'{key}_env = {{ {name} = "ACME_API_KEY" }}')
            self._check(key, value, lambda name, found: check_option(name, found, self.where, self.own))

    def _read_variables(self, key: str, value: Any) -> None:
        name = key.removesuffix("_env")
        if name in _TABLES_FROM_ENVIRONMENT:
            self._read_variables_of_table(name, key, value)
        elif name not in _FROM_ENVIRONMENT and name not in self.own:
            self._unknown(key)
        elif (text := self._variable(key, value)) is None:
            pass
        elif name.endswith("_file"):
            self._read_path(name, key, str(value), text)
        elif name == "client_secret":
            self.values[name] = self.secrets[name] = text
        elif name in self.own:
            takes = self.own[name].takes
            self.values[name] = number_in(text) if takes == "integer" else text
            if takes == "text":
                self.secrets[name] = text
        else:
            self._check(name, text, lambda option, found: check_option(option, found, str(value), self.own))

    def _read_variables_of_table(self, name: str, key: str, value: Any) -> None:
        if not isinstance(value, dict):
            self.problems.append(f"{key} takes a table of names and variables, not a {type(value).__name__}")
            return
        found = {part: self._variable(f"{key}.{part}", variable) for part, variable in value.items()}
        table = {part: text for part, text in found.items() if text is not None}
        self.secrets.update({f"{name} {part}": text for part, text in table.items()})
        self.values[name] = {**self.values.get(name, {}), **table}

    def _read_path(self, name: str, key: str, variable: str, text: str) -> None:
        if "-----" in text or "\n" in text:
            self.problems.append(
                f"{key}: the variable {variable} holds a key or a certificate itself; put that into a file that only "
                f"you can read, and the path of the file into {variable}"
            )
        elif name == "private_key_file":
            self._read_key(key, variable, text)
        else:
            self.values[name] = self.directory / Path(text).expanduser()

    def _variable(self, key: str, variable: Any) -> str | None:
        if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
            # It may be the secret itself, put there by mistake, so it is not repeated.
            self.problems.append(f"{key} takes the name of an environment variable, such as ACME_CLIENT_SECRET")
            return None
        text = self.environ.get(variable, "")
        if text:
            return text
        is_spared = variable == "OAUTHCC_CLIENT_SECRET" and bool(self.environ.get("OAUTHCC_CLIENT_CERTIFICATE_FILE"))
        if variable not in _OPTIONAL_VARIABLES and not is_spared:
            state = "empty" if variable in self.environ else "not set"
            self.problems.append(f"{key}: the environment variable {variable} is {state}; export {variable}=...")
        return None

    def _read_key(self, key: str, variable: str, path: str) -> None:
        from pytest_oauthcc.core.given_key import read_signing_key

        file = self.directory / Path(path).expanduser()
        try:
            pem = file.read_bytes()
            public = read_signing_key(pem, where=f"the file that {key} names").public_jwk or {}
        except OSError as error:
            # What is taken for a path may be the key, so it is not repeated.
            self.problems.append(f"{key}: the file that {variable} names can't be read: {error.strerror}")
        except OptionError as error:
            self.problems.append(f"{key}: {error}")
        else:
            self.secrets["private key"] = self.values["private_key"] = pem.decode("ascii", "replace")
            # Without a name and an algorithm it fits whatever the client writes into its assertions.
            jwk = {name: value for name, value in public.items() if name not in {"kid", "alg"}}
            self.values["client_jwks"] = {"keys": [jwk]}

    def _check(self, key: str, value: Any, check: Callable[[str, Any], Any]) -> None:
        try:
            checked = check(key, value)
        except OptionError as error:
            self.problems.append(str(error).removeprefix(f"{self.where}: "))
            return
        known = self.values.get(key)
        self.values[key] = {**known, **checked} if isinstance(known, dict) and isinstance(checked, dict) else checked

    def _refuse_secret(self, key: str, remedy: str) -> None:
        self.problems.append(
            f"{key} stands in the file, where everybody who reads the repository finds it; put the value into an "
            f"environment variable and name that: {remedy} (and take the value for stolen if it was ever committed)"
        )

    def _unknown(self, key: str) -> None:
        known = {*(OPTIONS.keys() - _NO_OPTIONS), *_OWN_KEYS, *self.own}
        known |= {f"{name}_env" for name in (*_FROM_ENVIRONMENT, *_TABLES_FROM_ENVIRONMENT, *self.own)}
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        self.problems.append(f"unknown key {key!r}{hint} Valid: {', '.join(sorted(known))}")

    def _read_certificate(self) -> None:
        """Read the client's certificate, where files are named; its key may be in the same file."""
        from pytest_oauthcc.live.target_certificate import read_target_certificate

        certificate_file, key_file = (self.values.pop(name, None) for name in _CERTIFICATE_FILES)
        if certificate_file is None:
            if key_file is not None:
                self.problems.append(
                    "client_certificate_key_file_env names a key; client_certificate_file_env is missing"
                )
            return
        try:
            found = read_target_certificate(certificate_file, key_file or certificate_file, now=time.time())
        except OptionError as error:
            self.problems.append(f"client_certificate_file_env: {error}")
            return
        self.secrets["key of the certificate"] = found.key
        others = "client_secret" in self.values or "private_key" in self.values
        options = found.options(self.values.get("auth_methods"), has_other_credentials=others)
        keys = [*self.values.get("client_jwks", {"keys": []})["keys"], *options.pop("client_jwks")["keys"]]
        self.values.update(options, client_jwks={"keys": keys}, certificate=found)

    def finish(self) -> None:
        """Check what only shows when all of it is there."""
        told_of_certificate = bool(self.values.keys() & set(_CERTIFICATE_FILES))
        self._read_certificate()
        about_url = ("token_url", "option 'token_url'")
        if "token_url" not in self.values and not any(problem.startswith(about_url) for problem in self.problems):
            self.problems.append('token_url is missing: token_url = "https://login.acme.example/oauth/token"')
        for key in ("client_id", "client_secret"):
            told = any(problem.startswith((f"{key}_env", f"{key} ")) for problem in self.problems)
            spared = key == "client_secret" and ("private_key" in self.values or told_of_certificate)
            if key not in self.values and not told and not spared:
                self.problems.append(f'{key}_env is missing: {key}_env = "ACME_{key.upper()}"')
        for key in _URLS:
            self._check_url(key, self.values.get(key))
        for what, text in self.secrets.items():
            if len(text) < SHORTEST:
                self.problems.append(
                    f"{what} has less than {SHORTEST} characters, so that it can't be told from ordinary text "
                    "and would show in reports; give the client a longer one"
                )

    def _check_url(self, key: str, url: str | None) -> None:
        if not url:
            return
        parts = urlsplit(url)
        if "@" in parts.netloc:
            self.problems.append(f"{key} has a user or password in it; credentials go into environment variables")
        elif not parts.netloc.isascii():
            # IDNA 2003 and 2008 make different names of some; urllib goes by the one, requests and httpx by the other.
            self.problems.append(
                f"{key} has a host with letters beyond ASCII, which HTTP libraries do not all take for the same; "
                "write the host as its certificate names it, with xn--"
            )
        elif parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            self.problems.append(
                f"{key} is {mask_url(url)}: without TLS everybody on the way reads the secret and the tokens "
                "(RFC 6749 section 3.2); write https://. Plain http is for this machine only, as in http://127.0.0.1"
            )


def _check_own_key(name: str, value: Any) -> Any:
    takes = _OWN_KEYS[name]
    if name.endswith("_url"):
        return OPTIONS["token_url"].check(value) if _is_url(value) else _refuse(name, takes)
    is_right = isinstance(value, bool) if name == "reuse" else type(value) is int and value > 0
    return value if is_right else _refuse(name, takes)


def _is_url(value: Any) -> bool:
    try:
        OPTIONS["token_url"].check(value)
    except ValueError:
        return False
    return True


def _refuse(name: str, takes: str) -> Any:
    raise OptionError(f"{name} takes {takes}")
