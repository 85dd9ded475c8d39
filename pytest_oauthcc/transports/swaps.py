"""An attribute replaced for a while, and put back as it was."""

from __future__ import annotations

from typing import Any

__all__ = ["Swap"]

_ABSENT = object()


class Swap:
    """
    Replaces one attribute of a class or module.

    An attribute that is not there (a private name that moved) is left alone, and so is one that somebody
    else has replaced since: what they put back later is a replacement that no longer does anything.

    Args:
        owner: The class or module.
        name: Of an attribute of the owner's own, not an inherited one.
        make: Takes the original and returns the replacement; called once.
    """

    def __init__(self, owner: Any, name: str, make: Any) -> None:
        self._owner = owner
        self._name = name
        self._make = make
        self._original: Any = _ABSENT
        self._replacement: Any = _ABSENT

    def put(self) -> None:
        """Put the replacement in place."""
        current = vars(self._owner).get(self._name, _ABSENT)
        if current is _ABSENT or current is self._replacement:
            return
        if current is not self._original:
            self._original = current
            self._replacement = self._make(current)
        setattr(self._owner, self._name, self._replacement)

    def take(self) -> None:
        """Put the original back."""
        if self._replacement is not _ABSENT and vars(self._owner).get(self._name) is self._replacement:
            setattr(self._owner, self._name, self._original)
