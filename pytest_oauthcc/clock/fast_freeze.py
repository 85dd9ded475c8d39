"""freezegun's own start and stop, shown only those modules that hold something to patch."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.clock.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["is_supported", "start", "stop"]

_PRIVATE_NAMES = ("sys", "real_date_objects", "_get_cached_module_attributes")
_places: dict[int, Places] = {}  # by the id of freezegun.api: of use from one test to the next


class _FewModules:
    """Looks like ``sys``, with few modules."""

    def __init__(self, modules: dict[str, Any]) -> None:
        self.modules = modules

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def is_supported(api: ModuleType) -> bool:
    """Whether this freezegun has the private names that the shortcut needs."""
    return all(hasattr(api, name) for name in _PRIVATE_NAMES)


def start(api: ModuleType, freeze: Any) -> None:
    """
    Start a freeze; nothing may be frozen yet.

    It patches what freezegun would, but for the modules that keep the real time. freezegun itself goes through all
    names of all modules, each time, and imports whatever a lazy package has on offer.

    Args:
        api: The module ``freezegun.api``.
        freeze: What ``freeze_time()`` gave.
    """
    if not is_supported(api):
        freeze.start()
        return
    holders = _index(api).current()
    held = {id(module): attributes for module, _, attributes in holders}
    # Two modules may have the same name; freezegun only looks at how it begins.
    modules = {f"{names.get('__name__')}:{id(module)}": module for module, names, _ in holders}
    with _shown(api, modules, lambda module: held[id(module)]):
        freeze.start()


def stop(api: ModuleType, freeze: Any) -> None:
    """
    Stop a freeze that ``start`` started; no other may be left.

    Args:
        api: The module ``freezegun.api``.
        freeze: What ``freeze_time()`` gave.
    """
    if not is_supported(api):
        freeze.stop()
        return
    # Modules imported during the freeze hold fakes, and so may those that filled themselves only then.
    for module, _, held in _index(api).newcomers(freeze.reals):
        freeze.undo_changes.extend((module, name, freeze.reals[id(fake)]) for name, fake in held)
    with _shown(api, {}, None):
        freeze.stop()


def _index(api: ModuleType) -> Places:
    places = _places.get(id(api))
    if places is None:
        places = _places[id(api)] = Places(api.real_date_objects)
    return places


@contextmanager
def _shown(api: Any, modules: dict[str, Any], attributes: Any) -> Iterator[None]:
    before = api.sys, api._get_cached_module_attributes  # noqa: SLF001
    api.sys, api._get_cached_module_attributes = _FewModules(modules), attributes  # noqa: SLF001
    try:
        yield
    finally:
        api.sys, api._get_cached_module_attributes = before  # noqa: SLF001
