"""The providers and the clock of one test, or of one ``with pytest_oauthcc.provider(...)``."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from pytest_oauthcc._provider import Provider
from pytest_oauthcc.clock import Clock
from pytest_oauthcc.defaults import DEFAULTS
from pytest_oauthcc.resolution import resolve
from pytest_oauthcc.transports.switchboard import BOARD
from pytest_oauthcc.transports.wiring import connect, disconnect

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from pytest_oauthcc.errors import OauthccError
    from pytest_oauthcc.layers import Layer

__all__ = ["ACTIVE", "Session", "settle", "take_problems"]


ACTIVE: list[Provider] = []
"""All providers that are faked now, whoever opened them, the oldest first."""


class Session:
    """Makes providers that share a clock, and takes all of it away at the end."""

    def __init__(self) -> None:
        self._defaults = DEFAULTS[-1]
        self.clock = Clock(self._defaults.clock_backend)
        self.providers: list[Provider] = []

    def open(self, *layers: Layer, number: int | None = None, relative_to: Path | None = None) -> Provider:
        """
        Fake one more provider.

        Args:
            layers: Its options from near to far; the ini settings come last by themselves.
            number: Distinguishes its default hosts from those of others.
            relative_to: Where the relative path of a profile begins.

        Returns:
            The provider, served from now on.

        Raises:
            OptionError: An option is wrong, or the token endpoint is served already.
        """
        __tracebackhide__ = True
        together = (*layers, self._defaults.ini)
        directory = relative_to or self._defaults.root
        if self._defaults.live is not None:
            made = self._defaults.live.open(together, clock=self.clock, relative_to=directory)
        else:
            dialect, settings, profile = resolve(together, number=number, is_taken=BOARD.serves, relative_to=directory)
            made = Provider(settings, dialect, self.clock, profile)
        connect(made)
        ACTIVE.append(made)
        self.providers.append(made)
        self.clock.follow(made.expiry_of)
        return made

    def close(self) -> None:
        """Stop serving the providers, and put the time right."""
        with ExitStack() as stack:
            stack.callback(self.clock.close)
            for made in self.providers:
                stack.callback(disconnect, made)
                stack.callback(ACTIVE.remove, made)
        self.providers.clear()


def settle() -> None:
    """
    Fail if a client did something wrong that nobody noticed, for example since it swallowed the exception.

    Raises:
        OauthccError: What it did.
    """
    __tracebackhide__ = True
    problems = take_problems()
    if problems:
        error, where = problems[0]
        for other, _ in problems[1:]:
            error.add_note(f"\nand besides:\n\n{other}")
        raise error.with_traceback(where) from None


def take_problems() -> list[tuple[OauthccError, TracebackType | None]]:
    """Return everything that clients did wrong and that nobody told yet, each with the place of the request."""
    broken = [provider.take_violation() for provider in ACTIVE]
    return [*BOARD.take_failures(), *(violation for violation in broken if violation is not None)]
