"""Looking for secrets and tokens where they must not be: logs, output, exceptions, reprs."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import traceback
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_oauthcc._provider import Provider

__all__ = ["eavesdrop", "everything_told", "leak_in", "secrets_by_name"]


class _Ear(logging.Handler):
    def __init__(self, heard: list[tuple[str, str]]) -> None:
        super().__init__(logging.NOTSET)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1]))
        self._heard.append((f"a {record.levelname} message of the logger {record.name!r}", text))


@contextlib.contextmanager
def eavesdrop() -> Iterator[list[tuple[str, str]]]:
    """
    Listen to all logging at DEBUG, and to standard output and error.

    Yields:
        A list that fills with pairs of where something was said and what.
    """
    heard: list[tuple[str, str]] = []
    root, ear = logging.getLogger(), _Ear(heard)
    level, disabled = root.level, logging.root.manager.disable
    output, errors = io.StringIO(), io.StringIO()
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    logging.disable(logging.NOTSET)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            yield heard
    finally:
        logging.disable(disabled)
        root.setLevel(level)
        root.removeHandler(ear)
        heard.append(("standard output", output.getvalue()))
        heard.append(("standard error", errors.getvalue()))


def everything_told(error: BaseException) -> str:
    """
    Write all that an exception tells a person: its messages, notes, causes and attributes that are texts.

    Args:
        error: With its chain.
    """
    told: list[str] = []
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told += [str(one), repr(one), *getattr(one, "__notes__", ())]
        told += [str(value) for value in vars(one).values() if isinstance(value, str | int)]
        pending += [one.__cause__, None if one.__suppress_context__ else one.__context__]
        pending += list(getattr(one, "exceptions", ()))
    return "\n".join(told)


def secrets_by_name(provider: Provider) -> dict[str, str]:
    """
    Collect what must not be seen.

    Args:
        provider: With the exchanges so far.

    Returns:
        The secrets, each with what it is called.
    """
    found = {client.client_secret: "the client secret" for client in provider.authority.state.clients.values()}
    found.update({token.value: "an access token" for token in provider.tokens})
    for entry in provider.token_requests:
        scheme, _, value = entry.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic" and value:
            found[value] = "the Basic credentials"
    return found


def leak_in(text: str, secrets: dict[str, str]) -> str | None:
    """Say which of the secrets is in a text, also percent-encoded or escaped; None where none is."""
    return next((name for secret, name in secrets.items() if any(form in text for form in _forms(secret))), None)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    if not secret.isalnum():
        yield from (quote_plus(secret), quote(secret), quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1])
