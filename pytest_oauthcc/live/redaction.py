"""Taking secrets out of texts, in whatever way they were encoded, quoted, coloured or cut on their way there."""

from __future__ import annotations

import base64
import bisect
import re
from typing import TYPE_CHECKING, Final

from pytest_oauthcc.masking import mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SHORTEST", "Redactor", "base64_forms"]

SHORTEST: Final = 6
"""Characters; a shorter secret can't be told from ordinary words, and so can't be kept out of a report."""

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_SHORTEST_PIECE = 4  # of a secret beside the three dots with which a text was cut
_LEAST_BASE64 = 8
_ANCHOR = re.compile(r"[A-Za-z0-9]{3,}")
_NAMED: Final[Mapping[str, str]] = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_ENTITIES: Final[Mapping[str, str]] = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_CUT = re.compile(r"\.\.\.|…")
_WINDOW = 4096  # characters beside a cut in which the rest of a secret is looked for, at most


def _escapes_of(char: str) -> Iterator[str]:
    """Yield patterns for one character, to any depth of escaping."""
    yield rf"\\*{re.escape(char)}"
    if char in _NAMED:
        yield rf"\\+{_NAMED[char]}"
    utf8 = char.encode("utf-8", "surrogatepass")
    yield "".join(f"%(?:25)*{_any_case(f'{byte:02x}')}" for byte in utf8)
    code = ord(char)
    if code > 0x7F:  # noqa: PLR2004 - the end of ASCII
        yield "".join(rf"\\+x{byte:02x}" for byte in utf8)
    if code <= 0xFF:  # noqa: PLR2004 - the end of latin-1
        yield rf"\\+x{_any_case(f'{code:02x}')}"
        yield f"%(?:25)*{_any_case(f'{code:02x}')}"
    if code > 0xFFFF:  # noqa: PLR2004 - the end of what four digits can say
        yield rf"\\+U{code:08x}"
    units = char.encode("utf-16-be", "surrogatepass")
    yield "".join(rf"\\+u{_any_case(units[at : at + 2].hex())}" for at in range(0, len(units), 2))
    if char == " ":
        yield r"\+"
    if char in _ENTITIES:
        yield f"&(?:amp;)*{_ENTITIES[char]};"
    yield f"&(?:amp;)*#(?:0*{code}|[xX]0*{_any_case(f'{code:x}')});"


def _any_case(digits: str) -> str:
    return "".join(f"[{char}{char.upper()}]" if char.isalpha() else char for char in digits)


def _pattern_of(secret: str) -> re.Pattern[str]:
    parts = []
    for char in secret:
        # Letters and digits are never escaped; a JWT is made of a thousand of them.
        plain = char.isascii() and char.isalnum()
        parts.append(char if plain else f"(?:{'|'.join(_escapes_of(char))})")
    return re.compile("".join(parts))


def base64_forms(secret: str) -> Iterator[str]:
    """Yield what base64 makes of a secret wherever it stands in the encoded text, in both alphabets."""
    content = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        first, last = -(-before * 8 // 6), (before + len(content)) * 8 // 6
        middle = encoded[first:last]  # the characters that the neighbours have no part in
        if len(middle) >= _LEAST_BASE64:
            yield middle
            yield middle.replace("+", "-").replace("/", "_")


class _Form:
    """One spelling of a secret, and how to find it."""

    __slots__ = ("_pattern", "anchor", "mask", "text")

    def __init__(self, text: str, shown: str) -> None:
        self.text = text
        self.mask = shown
        # The longest run that no encoding touches: where that is not, the form is not either.
        self.anchor = max(_ANCHOR.findall(text), key=len, default="")
        self._pattern: re.Pattern[str] | None = None

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        if self.anchor not in text:
            return
        if self._pattern is None:
            self._pattern = _pattern_of(self.text)
        for found in self._pattern.finditer(text):
            yield found.span()


class Redactor:
    """
    Knows the secrets of a run and takes them out of texts.

    Found are raw texts, any depth of URL, JSON, ``repr`` and XML escaping, base64 as in a Basic header, secrets with
    colour codes in their midst, and the ends of secrets that were cut in the middle with three dots.
    """

    def __init__(self) -> None:
        self._forms: dict[str, _Form] = {}
        # By their first and their last few characters, for what is left of them where a text was cut.
        self._beginnings: dict[str, list[_Form]] = {}
        self._ends: dict[str, list[_Form]] = {}
        self._pieces: set[str] = set()  # all runs of so many characters: a look at one rules out most cuts
        self._window = 0
        self._names: dict[str, str] = {}

    def add(self, secret: str, name: str) -> None:
        """
        Take note of a secret.

        Args:
            secret: The secret; one of less than six characters is left alone.
            name: What it is called in a message, such as ``client_secret``.
        """
        if len(secret) < SHORTEST or secret in self._names:
            return
        self._names[secret] = name
        shown = mask(secret)
        for text in (secret, *base64_forms(secret)):
            if text not in self._forms:
                form = self._forms[text] = _Form(text, shown)
                self._beginnings.setdefault(text[:_SHORTEST_PIECE], []).append(form)
                self._ends.setdefault(text[-_SHORTEST_PIECE:], []).append(form)
                self._pieces.update(text[at : at + _SHORTEST_PIECE] for at in range(len(text) - _SHORTEST_PIECE + 1))
                self._window = min(max(self._window, len(text)), _WINDOW)
        lines = [line for line in secret.splitlines() if len(line) >= 16 and not line.startswith("---")]  # noqa: PLR2004 - PEM
        if len(lines) > 1:
            for line in lines:
                self.add(line, name)
            self.add("".join(lines), name)

    def forget_all(self) -> None:
        """Forget every secret."""
        for forms in (self._forms, self._beginnings, self._ends, self._pieces):
            forms.clear()
        self._names.clear()

    @property
    def secrets(self) -> Mapping[str, str]:
        """The names of the secrets by the secrets themselves."""
        return dict(self._names)

    def redact(self, text: str) -> str:
        """
        Take the secrets out of a text.

        Args:
            text: Any text.

        Returns:
            The text with ``***1a2b`` where a secret was; the very same text where there was none.
        """
        plain, positions = _without_colours(text)
        spans = list(self._spans(plain))
        if positions is not None:
            spans = [(positions[start], positions[stop - 1] + 1, shown) for start, stop, shown in spans]
            spans += self._spans(text)  # what looks like the end of a colour's code may be the beginning of a secret
        if not spans:
            return text
        pieces, end = [], 0
        for start, stop, shown in _merged(spans):
            # Colours that begin or end inside of a secret go on to do so.
            pieces += [text[end:start], shown, *_ANSI.findall(text[start:stop])]
            end = stop
        pieces.append(text[end:])
        return "".join(pieces)

    def _spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        forms = tuple(self._forms.values())  # another thread may meet a new token meanwhile
        for form in forms:
            for start, stop in form.find(text):
                yield start, stop, form.mask
        for dots in _CUT.finditer(text):
            start, stop = dots.span()
            if text[start - _SHORTEST_PIECE : start] in self._pieces:
                yield from self._beginning_before(text, start)
            if text[stop : stop + _SHORTEST_PIECE] in self._pieces:
                yield from self._end_after(text, stop)

    def _beginning_before(self, text: str, stop: int) -> Iterator[tuple[int, int, str]]:
        """Yield the longest beginning of a secret that stands right before a place."""
        known = self._beginnings
        for start in range(max(0, stop - self._window), stop - _SHORTEST_PIECE + 1):
            key = text[start : start + _SHORTEST_PIECE]
            if key in known:
                for form in tuple(known[key]):
                    if form.text.startswith(text[start:stop]):
                        yield start, stop, form.mask
                        return

    def _end_after(self, text: str, start: int) -> Iterator[tuple[int, int, str]]:
        """Yield the longest end of a secret that stands right after a place."""
        known = self._ends
        for stop in range(min(len(text), start + self._window), start + _SHORTEST_PIECE - 1, -1):
            key = text[stop - _SHORTEST_PIECE : stop]
            if key in known:
                for form in tuple(known[key]):
                    if form.text.endswith(text[start:stop]):
                        yield start, stop, form.mask
                        return


def _without_colours(text: str) -> tuple[str, list[int] | None]:
    """Return the text without ANSI codes, and where each of its characters was."""
    if "\x1b" not in text:
        return text, None
    positions: list[int] = []
    pieces: list[str] = []
    end = 0
    for code in _ANSI.finditer(text):
        pieces.append(text[end : code.start()])
        positions.extend(range(end, code.start()))
        end = code.end()
    pieces.append(text[end:])
    positions.extend(range(end, len(text)))
    return "".join(pieces), positions


def _merged(spans: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Yield spans in order, those that overlap as one, with the mask of the longest."""
    ordered = sorted(spans, key=lambda span: (span[0], -span[1]))
    starts = [start for start, _, _ in ordered]
    at = 0
    while at < len(ordered):
        start, stop, shown = ordered[at]
        after = at + 1
        while after < bisect.bisect_left(starts, stop):
            stop = max(stop, ordered[after][1])
            after += 1
        yield start, stop, shown
        at = after
