"""Options come from several places, the nearest first: how they combine, and how those of an ini file are read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.option_values import number_in
from pytest_oauthcc.options import OPTIONS, PROFILE_OPTIONS, check_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["INI", "Layer", "merge_layers", "values_from_ini"]

INI = "ini settings"
"""What the layer of the ini file is called."""


class Layer(NamedTuple):
    """Options from one place, and what that place is called in an error message."""

    where: str
    values: Mapping[str, Any]


def merge_layers(layers: Iterable[Layer]) -> tuple[str | None, dict[str, tuple[Any, str]]]:
    """
    Combine layers of options, the nearest first.

    Naming a profile discards all that was set farther away, for it was meant for another provider.

    Args:
        layers: From near to far.

    Returns:
        The profile's name or path, if one was named, and each option's unchecked value with its place.

    Raises:
        OptionError: The profile's name is not a text, or an overridden option is wrong.
    """
    __tracebackhide__ = True
    merged: dict[str, tuple[Any, str]] = {}
    for layer in layers:
        for name, value in layer.values.items():
            if name in merged and name in OPTIONS:
                check_option(name, value, layer.where, {})  # nobody else looks at what a nearer layer overrides
            if name != "profile":
                merged.setdefault(name, (value, layer.where))
        if layer.values.get("profile") is not None:
            return check_option("profile", layer.values["profile"], layer.where, {}), merged
    return None, merged


def values_from_ini(name: str, value: Any) -> Any:
    """
    Bring an ini value into the form that the same option has in Python.

    Args:
        name: An option's name.
        value: As pytest read it.

    Returns:
        The value; lines of ``name: value`` (or ``name = value``) become a table, a list where a name repeats.

    Raises:
        OptionError: A line has neither a colon nor an equals sign.
    """
    if name in PROFILE_OPTIONS:
        return number_in(value) if PROFILE_OPTIONS[name] == "integer" else value
    if OPTIONS[name].ini == "linelist":
        return _table_from_lines(name, value)
    if OPTIONS[name].ini == "int" and isinstance(value, str):
        return number_in(value)
    if name in {"strict", "tls", "dpop_nonce", "mtls_aliases", "registration"} and isinstance(value, str):
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(value.lower(), value)
    if name == "api_url" and value.lower() == "none":
        return None
    if name == "client_jwks":
        return _json_or_text(value)
    return value


def _table_from_lines(name: str, lines: Iterable[str]) -> dict[str, Any]:
    between = "=" if name == "params" else ":"
    table: dict[str, Any] = {}
    for line in lines:
        key, separator, text = (part.strip() for part in line.partition(between))
        if not separator or not key:
            raise OptionError(f"ini setting oauthcc_{name}: {line!r} is not of the form 'name{between}value'")
        if key in table:
            known = table[key]
            table[key] = [*known, text] if isinstance(known, list) else [known, text]
        else:
            table[key] = text
    return table


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # check_option says what is wrong with it
