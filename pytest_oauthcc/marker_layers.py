"""The options that a test gives itself: by markers, and by the fixture ``oauthcc_options``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.layers import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["marker_layers", "options_layer"]


def options_layer(options: Any) -> Layer:
    """
    Make a layer of what the fixture ``oauthcc_options`` returned.

    Raises:
        OptionError: That is no dict.
    """
    if not isinstance(options, dict):
        raise OptionError(
            f"the fixture oauthcc_options returned a {type(options).__name__}; "
            "it has to return a dict, such as {'scopes': 'orders:read'}"
        )
    return Layer("oauthcc_options", options)


def marker_layers(item: pytest.Item) -> Iterator[Layer]:
    """Yield the markers' options from near to far: the function's, the class's own before its base's, the module's."""
    for node in reversed(item.listchain()):
        marks = [mark for mark in node.own_markers if mark.name == "oauthcc"]
        if isinstance(node, pytest.Class):
            marks.sort(key=partial(_distance, node.obj))
        for mark in marks:
            yield _marker_layer(mark)


def _distance(cls: type, mark: pytest.Mark) -> int:
    for distance, base in enumerate(cls.__mro__):
        own = vars(base).get("pytestmark", ())
        if any(getattr(found, "mark", found) is mark for found in (own if isinstance(own, list) else [own])):
            return distance
    return -1  # added to the class while it was collected


def _marker_layer(mark: pytest.Mark) -> Layer:
    values = dict(mark.kwargs)
    if len(mark.args) > 1 or (mark.args and "profile" in values):
        raise OptionError(
            f"@pytest.mark.oauthcc takes one profile and then options by name, not {', '.join(map(repr, mark.args))}"
        )
    if mark.args:
        values["profile"] = mark.args[0]
    return Layer("@pytest.mark.oauthcc", values)
