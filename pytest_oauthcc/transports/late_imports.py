"""Tells when a module that is not there yet gets imported, right after it has been."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import importlib.machinery
    import types
    from collections.abc import Callable, Collection, Sequence

__all__ = ["ImportWatch"]


class ImportWatch:
    """
    A finder in front of ``sys.meta_path`` that finds nothing itself, but hears of some modules.

    Args:
        names: The modules to wait for.
        arrived: Called with a module's name when its code has run, before the importing code goes on.
    """

    def __init__(self, names: Collection[str], arrived: Callable[[str], None]) -> None:
        self._names = frozenset(names)
        self._arrived = arrived
        self._running: list[str] = []

    def start(self) -> None:
        """Begin to listen."""
        if not any(finder is self for finder in sys.meta_path):
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Listen no more; modules that are being imported at this moment are not announced either."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def is_importing(self, name: str) -> bool:
        """Whether the module's code is still running, so that it may lack what it is going to define."""
        return name in self._running

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Let the finders behind this one look, and have the module announced when it has run."""
        if name not in self._names:
            return None
        finders = list(sys.meta_path)
        while finders and finders.pop(0) is not self:
            pass  # none is left where another thread has stopped the watch meanwhile; then the others go on alone
        for finder in finders:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _AnnouncingLoader(spec.loader, self)  # type: ignore[assignment]
                return spec
        return None

    def run(self, module: types.ModuleType, loader: Any) -> None:
        """Run a module's code and announce it."""
        name = module.__name__
        self._running.append(name)
        try:
            loader.exec_module(module)
        finally:
            self._running.remove(name)
        if any(finder is self for finder in sys.meta_path):
            self._arrived(name)


class _AnnouncingLoader:
    """The module's own loader, but for the announcement; leaves no trace in the module."""

    def __init__(self, loader: Any, watch: ImportWatch) -> None:
        self._loader = loader
        self._watch = watch

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        """Have the module's own loader create it."""
        module: types.ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Have the module's own loader run it."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._watch.run(module, self._loader)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
