"""Looking for secrets and tokens where they must not be: logs, output, exceptions, reprs."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import traceback
import warnings
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from pytest_oauthcc._provider import Provider

__all__ = ["chain_of", "eavesdrop", "everything_held", "leak_in", "secrets_by_name", "told_to_a_person"]

_SHORT = 100
_USUAL = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})


class _Ear(logging.Handler):
    def __init__(self, heard: list[tuple[str, str]]) -> None:
        super().__init__(logging.NOTSET)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # the arguments don't fit, which logging tells on stderr, and goes on
            text = f"{record.msg} {record.args}"
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1]))
        extra = [str(value) for name, value in vars(record).items() if name not in _USUAL]  # JSON formatters write them
        where = f"a {record.levelname} message of the logger {record.name!r}"
        self._heard.append((where, "\n".join([text, *extra])))


@contextlib.contextmanager
def eavesdrop() -> Generator[list[tuple[str, str]]]:
    """
    Listen to all logging at DEBUG, to warnings, and to standard output and error.

    Yields:
        A list that fills with pairs of where something was said and what.
    """
    heard: list[tuple[str, str]] = []
    root, ear = logging.getLogger(), _Ear(heard)
    level, disabled = root.level, logging.root.manager.disable
    output, errors = io.StringIO(), io.StringIO()
    call_handlers = logging.Logger.callHandlers

    def listen(logger: logging.Logger, record: logging.LogRecord) -> None:
        ear.handle(record)
        call_handlers(logger, record)

    logging.Logger.callHandlers = listen  # type: ignore[assignment,method-assign]  # some propagate nothing
    root.setLevel(logging.DEBUG)
    logging.disable(logging.NOTSET)
    try:
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
            warnings.catch_warnings(record=True) as warned,
        ):
            try:
                yield heard
            finally:
                heard.extend((f"a {warning.category.__name__}", str(warning.message)) for warning in warned)
    finally:
        logging.disable(disabled)
        root.setLevel(level)
        logging.Logger.callHandlers = call_handlers  # type: ignore[method-assign]
        heard.append(("standard output", output.getvalue()))
        heard.append(("standard error", errors.getvalue()))


def everything_held(error: BaseException) -> str:
    """
    Write all that an exception holds, as an error tracker would.

    Args:
        error: With its chain.
    """
    return "\n".join(
        text
        for one in chain_of(error)
        for text in (*_messages(one), *(str(value) for value in vars(one).values() if isinstance(value, str | bytes)))
    )


def told_to_a_person(error: BaseException) -> str:
    """
    Write what an exception tells a person: its messages, notes and causes, and short attributes such as a code.

    Args:
        error: With its chain.
    """
    return "\n".join(
        text
        for one in chain_of(error)
        for text in (
            *_messages(one),
            *(str(value) for name, value in vars(one).items() if _is_told(name, value)),
            str(getattr(getattr(one, "response", None), "status_code", "")),  # as HTTP libraries' own errors have it
        )
    )


def _is_told(name: str, value: object) -> bool:
    # JSONDecodeError has the whole page in its attribute doc, where nobody looks.
    return isinstance(value, int) or (isinstance(value, str) and len(value) <= _SHORT and name != "doc")


def _messages(error: BaseException) -> list[str]:
    return [str(error), repr(error), *getattr(error, "__notes__", ())]


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception with its causes and, of a group, its members."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        pending += [one.__cause__, None if one.__suppress_context__ else one.__context__]
        pending += list(getattr(one, "exceptions", ()))


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
            found[value] = "the Basic header with the secret"
        assertion = entry.parameters.get("client_assertion")
        if assertion:
            found[assertion] = "a client assertion"
    return found


def leak_in(text: str, secrets: dict[str, str]) -> str | None:
    """Say which of the secrets is in a text, also percent-encoded or escaped; None where none is."""
    return next((name for secret, name in secrets.items() if any(form in text for form in _forms(secret))), None)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    if not secret.isalnum():
        yield from (
            quote_plus(secret),
            quote(secret),
            quote(secret, safe=""),
            repr(secret)[1:-1],
            json.dumps(secret)[1:-1],
        )
