"""Where mutants are entered: one class per known bug, and the checks that catch it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from zoo_client import Right

MUTANTS: dict[str, type[Right]] = {}


def bug(what: str, *caught_by: str, advice: bool = False, **options: Any) -> Callable[[type[Right]], type[Right]]:
    """Enter a mutant: its bug in words, the ids of the checks that have to fail, options of the provider it needs."""

    def enter(cls: type[Right]) -> type[Right]:
        cls.bug, cls.caught_by, cls.needs_advice, cls.options = what, caught_by, advice, options
        MUTANTS[cls.__name__] = cls
        return cls

    return enter
