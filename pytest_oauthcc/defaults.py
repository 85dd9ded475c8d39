"""What the ini file of the run says, for providers that are made without a fixture as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_oauthcc.layers import INI, Layer

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_oauthcc.live.run import LiveRun

__all__ = ["DEFAULTS", "Defaults"]


@dataclass(frozen=True, slots=True, eq=False)
class Defaults:
    """
    What holds where nothing nearer says otherwise.

    Args:
        ini: The options of the ini file.
        clock_backend: ``"freezegun"`` or ``"time-machine"``.
        root: Where relative paths of profiles begin.
        live: The live run; None where providers are faked.
    """

    ini: Layer = field(default_factory=lambda: Layer(INI, {}))
    clock_backend: str = "freezegun"
    root: Path | None = None
    live: LiveRun | None = None


DEFAULTS: list[Defaults] = [Defaults()]
"""The last one counts; a pytest run inside a pytest run puts its own on top and takes it away again."""
