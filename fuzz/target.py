"""What can be fuzzed, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """
    One thing that reads what somebody else wrote.

    Args:
        name: On the command line.
        about: What is read, in a few words.
        run: Reads any bytes; raises where the answer is not what is promised for any input.
        seeds: Inputs to begin with, which go deep.
        words: Texts that the format knows, for the fuzzer to put in.
    """

    name: str
    about: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
