"""Why a test made more exchanges than it may: the pattern in which its client goes round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_oauthcc.core.journal import ApiRequest, Exchange, Journal, TokenRequest
from pytest_oauthcc.explain.hiding import Hider, secrets_of
from pytest_oauthcc.explain.history import answer_of, request_line, result_of
from pytest_oauthcc.explain.refusal_remedies import remedy_of
from pytest_oauthcc.explain.showing import clock_time, columns, paragraph, seconds, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["too_many"]

_LONGEST_ROUND = 20
_LAST = 10


@dataclass(frozen=True, slots=True)
class _Round:
    """What repeats: its exchanges, and the position from which it does."""

    length: int
    begins: int


def too_many(limit: int, journal: Journal, *, secrets: Iterable[str] = ()) -> str:
    """
    Explain that a test reached ``max_exchanges``.

    Args:
        limit: The option.
        journal: Of the provider.
        secrets: Texts that must not be shown, beside those that the requests carry.

    Returns:
        The pattern of the loop and what to do.
    """
    exchanges = tuple(journal.all)
    hider = Hider(secrets_of([*exchanges[:_LAST], *exchanges[-2 * _LONGEST_ROUND :]]) | set(secrets))
    found = _find_round(exchanges)
    parts = [[f"more than {limit:,} exchanges in one test{': the client goes round in a circle' if found else ''}"]]
    if found is not None:
        parts += [list(_loop(exchanges, found, journal)), list(_beginning(exchanges, found, journal))]
        parts.append([line for cause in _cause(exchanges[-found.length :]) for line in paragraph(hider(cause))])
    else:
        parts.append([f"the last {min(_LAST, len(exchanges))} exchanges, in which nothing repeats:"])
        parts[-1] += _lines(exchanges[-_LAST:], journal)
    parts.append([f"If the test needs that many: @pytest.mark.oauthcc(max_exchanges={limit * 10})"])
    text = "\n\n".join("\n".join(part) for part in parts if part)
    return hider(text)


def _find_round(exchanges: Sequence[Exchange]) -> _Round | None:
    """Find the shortest sequence that the end repeats, and how far back it does."""
    signs = [_sign(entry) for entry in exchanges]
    for length in range(1, min(_LONGEST_ROUND, len(signs) // 3) + 1):
        begins = len(signs)
        while begins > length and signs[begins - 1] == signs[begins - 1 - length]:
            begins -= 1
        if len(signs) - begins >= 2 * length:
            return _Round(length, begins - length)
    return None


def _sign(entry: Exchange) -> tuple[str, str, str, str]:
    # Queries and tokens differ from round to round; the path, the answer and its cause don't.
    cause = "" if entry.verdict is None else str(entry.verdict.cause)
    return entry.method, entry.url.partition("?")[0], entry.result, cause


def _loop(exchanges: Sequence[Exchange], found: _Round, journal: Journal) -> Iterator[str]:
    number = len(exchanges) - found.begins
    what = "are all like this one" if found.length == 1 else f"repeat these {found.length}"
    yield f"the last {number:,} exchanges {what}:"
    rounds = number // found.length
    yield from _lines(exchanges[-found.length :], journal)
    took = exchanges[-1].time - exchanges[found.begins].time
    pause = "without a pause" if round(took, 1) == 0 else f"in {seconds(took)} on the clock of the test"
    yield f"  ({rounds:,} times, {pause})"


def _beginning(exchanges: Sequence[Exchange], found: _Round, journal: Journal) -> Iterator[str]:
    if found.begins:
        yield "before that:"
        yield from _lines(exchanges[max(found.begins - 3, 0) : found.begins], journal)


def _lines(entries: Sequence[Exchange], journal: Journal) -> list[str]:
    return columns(
        [
            [
                f"{entry.number:,}",
                clock_time(entry.time - journal.began),
                entry.kind,
                f"{shorten(request_line(entry), 100)} -> {result_of(entry)}",
            ]
            for entry in entries
        ]
    )


def _cause(entries: Sequence[Exchange]) -> Iterator[str]:
    failed = next((entry for entry in reversed(entries) if _failed(entry)), None)
    if failed is None:
        yield "All of them were answered: the loop is in the test, or in what the client does with the answers."
        return
    if failed.verdict is not None:
        remedy = remedy_of(failed) if isinstance(failed, TokenRequest | ApiRequest) else ""
        yield f"The {failed.kind} is refused each time: {failed.verdict.detail}.{' ' + remedy if remedy else ''}"
    else:
        yield f"The {failed.kind} gets {answer_of(failed)} each time."
    if any(isinstance(entry, TokenRequest) for entry in entries) and isinstance(failed, ApiRequest):
        yield "The client fetches a new token and tries again without a limit: that has to end when it fails, too."
    else:
        yield "The client tries again without a limit: it should give up after a few attempts, and wait between them."


def _failed(entry: Exchange) -> bool:
    return entry.status is None or entry.status >= 400  # noqa: PLR2004
