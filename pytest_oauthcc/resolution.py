"""From layers of options to the settings of one provider, with nothing left open."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.core.settings import Settings
from pytest_oauthcc.core.templates import compile_template
from pytest_oauthcc.layers import INI, Layer, merge_layers
from pytest_oauthcc.options import OwnOption, check_option

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_oauthcc.profiles import Profile

__all__ = ["resolve"]

_URLS = ("token_url", "api_url", "issuer")


def resolve(
    layers: Iterable[Layer],
    *,
    number: int | None,
    is_taken: Callable[[str], bool],
    relative_to: Path | None = None,
) -> tuple[Dialect, Settings, Profile | None]:
    """
    Resolve the options of one provider.

    Args:
        layers: Options from near to far.
        number: Distinguishes the default hosts of several providers; None where there is only one.
        is_taken: Whether something is served at a URL already.
        relative_to: Where the relative path of a profile begins.

    Returns:
        The dialect, the settings, and the profile, if one was named.

    Raises:
        OptionError: An option is unknown or has a value of the wrong type or range.
        ProfileError: The profile can't be found or has mistakes.
    """
    __tracebackhide__ = True
    name, given = merge_layers(layers)
    profile: Profile | None = None
    own: Mapping[str, OwnOption] = {}
    values: dict[str, Any] = {}
    if name is not None:
        from pytest_oauthcc.profiles import load_profile

        profile = load_profile(name, relative_to=relative_to)
        own = profile.own
        values.update(profile.options)
    chosen: dict[str, Any] = {}
    for key, (value, where) in given.items():  # a comprehension would show in the user's traceback
        chosen[key] = check_option(key, value, where, own)
        if key == "allow":
            from pytest_oauthcc.rules.verdicts import check_rule_ids

            check_rule_ids(chosen[key], where)
    own_values = _own_values(own, chosen)
    values = {key: _fill(value, own_values) for key, value in values.items()}
    values.update({key: value for key, value in chosen.items() if key not in own})
    near = {key for key, (_, where) in given.items() if where != INI}
    _settle_urls(values, near, number, is_taken)
    values.setdefault("client_id", f"client-{secrets.token_hex(4)}")
    values.setdefault("client_secret", secrets.token_hex(16))
    audience = values.get("audience")
    if isinstance(audience, str):
        values["audience"] = (audience,)
    dialect = profile.dialect if profile is not None else Dialect()
    return dialect, Settings(**values, own=own_values), profile


def _own_values(own: Mapping[str, OwnOption], chosen: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, option in own.items():
        if name in chosen:
            found[name] = chosen[name]
        elif option.made_up is not None:
            found[name] = f"{option.made_up}{secrets.token_hex(8)}"
        else:
            found[name] = option.default
    return found


def _fill(value: Any, own_values: Mapping[str, Any]) -> Any:
    """Put the profile's own options into a profile's values: the tenant into its URL, the key into its headers."""
    if isinstance(value, str):
        return compile_template(value)(own_values) if "{" in value else value
    if isinstance(value, Mapping):
        return {key: _fill(item, own_values) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_fill(item, own_values) for item in value)
    return value


def _settle_urls(
    values: dict[str, Any], near: AbstractSet[str], number: int | None, is_taken: Callable[[str], bool]
) -> None:
    """
    Fill in the URLs that nobody gave.

    What the ini file or the profile say is for the first provider that wants it; others get hosts of their own.
    """
    if "token_url" not in values:
        while is_taken(_default_token_url(number)):
            number = (number or 0) + 1
        values["token_url"] = _default_token_url(number)
    elif "token_url" not in near and is_taken(values["token_url"]):
        _give_own_hosts(values, near, is_taken)
    if "api_url" not in values:
        while is_taken(_default_api_url(number)):
            number = (number or 0) + 1
        values["api_url"] = _default_api_url(number)
    if "issuer" not in values:
        parts = urlsplit(values["token_url"])
        values["issuer"] = f"{parts.scheme}://{parts.netloc}"


def _default_token_url(number: int | None) -> str:
    return f"https://auth{number or ''}.oauthcc.test/oauth/token"


def _default_api_url(number: int | None) -> str:
    return f"https://api{number or ''}.oauthcc.test/"


def _give_own_hosts(values: dict[str, Any], near: AbstractSet[str], is_taken: Callable[[str], bool]) -> None:
    """Give a second provider with the same profile hosts of its own, which nobody can take for real ones."""
    number = 2
    while is_taken(_numbered(values["token_url"], number)):
        number += 1
    for name in _URLS:
        if name not in near and values.get(name) is not None:
            values[name] = _numbered(values[name], number)


def _numbered(url: str, number: int) -> str:
    parts = urlsplit(url)
    return parts._replace(scheme="https", netloc=f"{parts.hostname}.{number}.oauthcc.test").geturl()
