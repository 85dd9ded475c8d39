"""freezegun's own start and stop, spared the search through all names of all modules."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.infrastructure import LEFT_ALONE
from pytest_oauthcc.clock.places import Places

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

__all__ = ["is_supported", "places_of", "start", "stop"]

_PRIVATE_NAMES = ("sys", "time", "datetime", "real_date_objects")
_places: dict[int, Places] = {}  # by the id of freezegun.api: of use from one test to the next


def is_supported(api: ModuleType, freeze: Any) -> bool:
    """Whether this freezegun has the private names that the shortcut needs."""
    return all(hasattr(api, name) for name in _PRIVATE_NAMES) and hasattr(freeze, "undo_changes")


def start(api: Any, freeze: Any) -> None:
    """
    Start a freeze; nothing may be frozen yet, and ``places_of(api)`` has to be up to date.

    freezegun looks at all names of all modules, each time, and imports whatever a lazy package has on offer. Here it
    patches the modules time and datetime only, and what they held before is replaced wherever it is known to be.

    Args:
        api: The module ``freezegun.api``.
        freeze: What ``freeze_time()`` gave; its ``ignore`` is what the user wants to be left alone.
    """
    ignored = freeze.ignore
    if not is_supported(api, freeze):
        freeze.ignore = (*LEFT_ALONE, *ignored)  # less exact: freezegun looks at how names begin
        freeze.start()
        return
    with _no_modules_shown(api):
        freeze.start()
    successors = {id(real): (real, _successor(api, real)) for real in api.real_date_objects}
    note = freeze.undo_changes.append
    for _, module, names, held in places_of(api).known():
        if ignored and str(names.get("__name__")).startswith(ignored):
            continue
        for name, identity in held.items():
            if id(names.get(name)) == identity:
                real, fake = successors[identity]
                setattr(module, name, fake)
                note((module, name, real))


def stop(api: Any, freeze: Any) -> None:
    """
    Stop a freeze that ``start`` started; no other may be left.

    Args:
        api: The module ``freezegun.api``.
        freeze: What ``freeze_time()`` gave.
    """
    if not is_supported(api, freeze):
        freeze.stop()
        return
    # Modules imported during the freeze hold fakes, and so may those that filled themselves only then.
    for _, module, _, held in places_of(api).newcomers(freeze.reals):
        freeze.undo_changes.extend((module, name, freeze.reals[identity]) for name, identity in held.items())
    with _no_modules_shown(api):
        freeze.stop()


def _successor(api: Any, real: Any) -> Any:
    return getattr(api.datetime if isinstance(real, type) else api.time, real.__name__)


def places_of(api: Any) -> Places:
    """Give the places where modules hold what freezegun replaces."""
    places = _places.get(id(api))
    if places is None:
        places = _places[id(api)] = Places(api.real_date_objects, name="datetime")
    return places


class _NoModules:
    """Looks like ``sys``, and has no modules."""

    modules: dict[str, Any] = {}  # noqa: RUF012

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


@contextmanager
def _no_modules_shown(api: Any) -> Generator[None]:
    real_sys = api.sys
    api.sys = _NoModules()
    try:
        yield
    finally:
        api.sys = real_sys
