"""Taking secrets out of what pytest hands around: reports, exceptions, warnings, and what goes to the terminal."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

__all__ = ["RedactingFile", "redact_handler", "redact_object", "redact_report", "redact_warning"]

_DEEPEST = 30


def redact_report(report: Any, redact: Callable[[str], str]) -> None:
    """Take the secrets out of a report of a test or of a collection, in place."""
    for name, value in list(vars(report).items()):
        if name == "user_properties":
            # Reporters write these as texts, whatever they are.
            vars(report)[name] = [(redact_object(key, redact), _redact_foreign(item, redact)) for key, item in value]
        elif name not in {"outcome", "when", "duration", "start", "stop"}:
            vars(report)[name] = redact_object(value, redact)


def _redact_foreign(value: Any, redact: Callable[[str], str]) -> Any:
    """Redact a value of a test's own; one that still shows a secret, as an odd object may, becomes text."""
    known = redact_object(value, redact)
    text = str(known)
    clean = redact(text)
    return known if clean == text else clean


def redact_object(value: Any, redact: Callable[[str], str], depth: int = 0) -> Any:
    """
    Take the secrets out of every text in a value.

    Args:
        value: A text, a list, tuple or dict of values, or one of pytest's own objects, which is changed in place.
        redact: Takes secrets out of a text.
        depth: How far inside of the first value it is.

    Returns:
        What is to stand in its place.
    """
    if isinstance(value, str | bytes):
        return redact(value) if isinstance(value, str) else _redact_bytes(value, redact)
    if depth > _DEEPEST or isinstance(value, int | float | None):
        return value
    if isinstance(value, dict):
        items = [
            (redact_object(key, redact, depth + 1), redact_object(item, redact, depth + 1))
            for key, item in value.items()
        ]
        return type(value)(items) if type(value) is dict else dict(items)
    if isinstance(value, list):
        value[:] = [redact_object(item, redact, depth + 1) for item in value]
        return value
    if isinstance(value, MappingProxyType):
        return MappingProxyType(redact_object(dict(value), redact, depth + 1))
    if type(value) is tuple:
        return tuple(redact_object(item, redact, depth + 1) for item in value)
    if type(value).__module__.startswith("_pytest.") and hasattr(value, "__dict__"):
        for name, item in list(vars(value).items()):
            changed = redact_object(item, redact, depth + 1)
            if changed is not item:
                vars(value)[name] = changed  # also where the class is a frozen dataclass
    return value


def _redact_bytes(value: bytes, redact: Callable[[str], str]) -> bytes:
    text = value.decode("utf-8", "surrogateescape")
    clean = redact(text)
    return value if clean == text else clean.encode("utf-8", "surrogateescape")


def redact_warning(message: Any, redact: Callable[[str], str]) -> None:
    """Take the secrets out of a recorded ``warnings.WarningMessage``, in place."""
    warning = message.message
    text = str(warning)
    clean = redact(text)
    if clean == text:
        return
    if isinstance(warning, Warning):
        warning.args = tuple(redact(arg) if isinstance(arg, str) else arg for arg in warning.args)
        if str(warning) == clean:
            return
    message.message = clean


def redact_handler(handler: logging.Handler, redact: Callable[[str], str]) -> None:
    """Have a log handler take the secrets out of what it formats."""
    original = handler.format
    handler.format = lambda record: redact(original(record))  # type: ignore[method-assign]


class RedactingFile:
    """
    A text file that takes secrets out of what is written to it.

    Args:
        file: Where the rest goes.
        redact: Takes secrets out of a text.
    """

    def __init__(self, file: Any, redact: Callable[[str], str]) -> None:
        self._file = file
        self._redact = redact

    def write(self, text: str) -> int:
        """Write a text without its secrets."""
        self._file.write(self._redact(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts without their secrets."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
