"""All targets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fuzz import answer_targets, api_targets, file_targets, token_targets, wire_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fuzz.target import Target

__all__ = ["TARGETS"]

_PARTS: Final = (token_targets, api_targets, answer_targets, file_targets, wire_targets)

TARGETS: Final[Mapping[str, Target]] = {target.name: target for part in _PARTS for target in part.TARGETS}
