"""The libraries that can move the time, by the names that users know them by."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from pytest_oauthcc.clock import freezegun_backend, time_machine_backend
from pytest_oauthcc.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.clock.hands import OwnHands

__all__ = ["BACKENDS", "check_backend"]

BACKENDS: dict[str, Callable[[], OwnHands]] = {
    "freezegun": freezegun_backend.start,
    "time-machine": time_machine_backend.start,
}
"""What takes the time over from the machine; imports the library."""


def check_backend(backend: str) -> None:
    """Refuse a backend that there is not, or that is not installed."""
    __tracebackhide__ = True
    if backend not in BACKENDS:
        raise OptionError(
            f"there is no clock backend {backend!r}; there are 'freezegun' and 'time-machine'. "
            'Set oauthcc_clock_backend = "freezegun", or leave it out.'
        )
    if backend == "time-machine" and "time_machine" not in sys.modules and not importlib.util.find_spec("time_machine"):
        raise OptionError(
            "the clock backend 'time-machine' needs the package time-machine, which is not installed: "
            "pip install pytest-oauthcc[time-machine], or leave oauthcc_clock_backend out to use freezegun."
        )
