"""A provider that belongs to no test: nothing is patched for it, and it is meant to run for long."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

from pytest_oauthcc._provider import Provider
from pytest_oauthcc.core.given_key import read_signing_key
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.process.offset_clock import OffsetClock
from pytest_oauthcc.resolution import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.core.messages import Answer, Request
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.profiles import Profile
    from pytest_oauthcc.typed_options import Options

__all__ = ["open_standalone", "read_config", "standalone"]

_DAY = 86_400  # seconds for which an expired token is still told from one that never was
_JOURNAL_LIMIT = 10_000  # exchanges; a process that runs for weeks must not grow for weeks


class _Standalone(Provider):
    """A provider without a test that broken rules could fail; they are in the journal."""

    __module__ = "pytest_oauthcc"

    def exchange(self, request: Request, api_path: str | None) -> Answer:
        """Answer one request."""
        answer = super().exchange(request, api_path)
        self.take_violation()
        state = self.authority.state
        if state.journal.count % _JOURNAL_LIMIT == 0:
            with state.lock:
                state.tokens.forget(self.clock.time() - _DAY)
        return answer


@overload
def standalone(
    profile: None = None, *, signing_key: str | Path | None = None, **options: Unpack[Options]
) -> Provider: ...


@overload
def standalone(profile: str, *, signing_key: str | Path | None = None, **options: Any) -> Provider: ...


def standalone(profile: str | None = None, *, signing_key: str | Path | None = None, **options: Any) -> Provider:
    """
    Make a provider for a server process.

    ``app = standalone("keycloak", client_id="orders", client_secret="...").asgi()`` is a module for uvicorn.
    Its clock is its own, no HTTP library is patched, and the journal keeps the newest 10,000 exchanges.

    Args:
        profile: A profile's name or the path of a .toml file.
        signing_key: The PEM file of a private key. Processes with the same one take each other's JWT access tokens.
        options: As for ``@pytest.mark.oauthcc``.

    Returns:
        The provider.

    Raises:
        OptionError: An option is wrong, or the key can't be read.
    """
    __tracebackhide__ = True
    given = options if profile is None else {**options, "profile": profile}
    return open_standalone([Layer("standalone()", given)], signing_key=signing_key)


def open_standalone(
    layers: list[Layer], *, signing_key: str | Path | None = None, relative_to: Path | None = None
) -> Provider:
    """
    Make a provider for a server process out of several layers of options; see ``standalone``.

    Args:
        layers: Options from near to far, at least one.
        signing_key: The PEM file of a private key.
        relative_to: Where the relative path of a profile begins.

    Returns:
        The provider.

    Raises:
        OptionError: An option is wrong, or the key can't be read.
    """
    __tracebackhide__ = True
    long_run = Layer("defaults", {"max_exchanges": sys.maxsize, "journal_limit": _JOURNAL_LIMIT})
    dialect, settings, profile = resolve(
        _with_defaults(layers, long_run), number=None, is_taken=lambda _url: False, relative_to=relative_to
    )
    if signing_key is not None:
        settings = _signed_with(Path(signing_key), settings, _named_alg(layers, profile))
    clock = OffsetClock()
    made = _Standalone(settings, dialect, cast("Clock", clock), profile)
    clock.follow(made.expiry_of)
    return made


def _with_defaults(layers: list[Layer], defaults: Layer) -> list[Layer]:
    """Put defaults to the layer that names the profile, for naming one discards what is farther away."""
    at = next((index for index, layer in enumerate(layers) if "profile" in layer.values), len(layers) - 1)
    merged = Layer(layers[at].where, {**defaults.values, **layers[at].values})
    return [*layers[:at], merged, *layers[at + 1 :]]


def _named_alg(layers: list[Layer], profile: Profile | None) -> str | None:
    """Return the algorithm that somebody named, for the default gives way to what the key can do."""
    for layer in layers:
        if "signing_alg" in layer.values:
            return str(layer.values["signing_alg"])
        if "profile" in layer.values:
            break
    found = profile.options.get("signing_alg") if profile is not None else None
    return None if found is None else str(found)


def _signed_with(path: Path, settings: Settings, alg: str | None) -> Settings:
    __tracebackhide__ = True
    key = read_signing_key(_read(path, "signing key"), alg, where=f"the signing key {path}")
    return replace(settings, signing_key=key, signing_alg=key.alg)


def read_config(path: Path) -> Mapping[str, Any]:
    """
    Read a file of options: TOML, with the names of ``@pytest.mark.oauthcc``.

    Args:
        path: The file.

    Returns:
        The options, unchecked.

    Raises:
        OptionError: The file can't be read, or is no TOML.
    """
    __tracebackhide__ = True
    import tomllib

    content = _read(path, "config file")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise OptionError(f"the config file {path} is no TOML: byte {error.start} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OptionError(f"the config file {path} is no TOML: {error}") from None


def _read(path: Path, what: str) -> bytes:
    __tracebackhide__ = True
    try:
        return path.read_bytes()
    except OSError as error:
        raise OptionError(f"the {what} {path} can't be read: {error.strerror}") from None
