"""Patches the HTTP libraries while at least one provider is faked, and not a moment longer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pytest_oauthcc.transports.switchboard import BOARD, Site

if TYPE_CHECKING:
    from pytest_oauthcc.transports.installation import Installation

__all__ = ["connect", "disconnect"]

_lock = threading.Lock()
_installation: Installation | None = None


def connect(site: Site) -> None:
    """
    Serve a provider to every HTTP library of the process.

    Raises:
        OptionError: Its token endpoint is served already.
    """
    __tracebackhide__ = True
    global _installation  # noqa: PLW0603 - there is one process
    with _lock:
        is_first = not BOARD.sites
        BOARD.attach(site)
        if not is_first:
            return
        try:
            if _installation is None:
                from pytest_oauthcc.transports.installation import Installation

                _installation = Installation(BOARD)
            _installation.start()
        except BaseException:
            BOARD.detach(site)
            raise


def disconnect(site: Site) -> None:
    """Serve a provider no longer; the last one to go takes the patches with it."""
    with _lock:
        BOARD.detach(site)
        if not BOARD.sites and _installation is not None:
            _installation.stop()
