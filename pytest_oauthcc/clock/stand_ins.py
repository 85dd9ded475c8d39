"""What takes the place of a function of the module time where somebody holds it by reference."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from pytest_oauthcc.clock.infrastructure import caller_keeps_real_time

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["StandIn"]


def _function(name: str) -> Any:
    return getattr(time, name)


class StandIn:
    """
    Gives the time of the test, and becomes the real function when it is left behind somewhere.

    Not a function: one of Python's own would become a method as an attribute of a class, where the real one does not.

    Args:
        real: The function it stands in for.
        read: Gives the time; without it what ``time`` has under the name of the function by then is called.
    """

    def __init__(self, real: Callable[[], Any], read: Callable[[], Any] | None = None) -> None:
        self.__name__ = self.__qualname__ = real.__name__
        self.__doc__ = real.__doc__
        self.__wrapped__ = real
        self._read = read or self._read_by_name

    def __call__(self) -> Any:
        """Give the time."""
        if caller_keeps_real_time(1):
            return self.__wrapped__()
        return self._read()

    def serve(self, read: Callable[[], Any]) -> None:
        """Give the time that ``read`` gives from now on."""
        self._read = read

    def retire(self) -> None:
        """Be the real function from now on."""
        self._read = self.__wrapped__

    def _read_by_name(self) -> Any:
        current = _function(self.__name__)
        return self.__wrapped__() if current is self else current()

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    # As for a built-in function: a copy is the same thing, and what is pickled is its name.

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: Any) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _function, (self.__name__,)
