"""The table of rules for people: on the terminal, and as a page of the documentation."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from pytest_oauthcc.rules.duties import DUTIES
from pytest_oauthcc.rules.rule import link_of
from pytest_oauthcc.rules.table import RULES
from pytest_oauthcc.rules.verdicts import NOT_SERVED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_oauthcc.rules.rule import Rule

__all__ = ["list_lines", "page"]

_INDENT = "    "
_KINDS = (
    ("message", "Message rules: each looks at one request"),
    ("behaviour", "Behaviour rules: each looks at all requests of a test with their times"),
)
_FATE = {
    "message": "A broken MUST fails the test, a broken SHOULD is a note; with strict='should' both fail, with "
    "strict=False none.",
    "behaviour": "In a plain test they are notes, since it does not say what was meant; ClientContract judges by them.",
}


def list_lines(width: int = 100) -> list[str]:
    """
    Return the rules as lines for the terminal.

    Args:
        width: Of the terminal, in characters.

    Returns:
        The lines, without line breaks.
    """
    width = max(40, min(width, 110))
    lines: list[str] = []
    for kind, heading in _KINDS:
        lines += [heading, *textwrap.wrap(_FATE[kind], width), ""]
        for rule in _of_kind(kind):
            lines.append(f"{rule.id} ({rule.level.upper()}, {_sources(rule)})")
            for text in (rule.title, f"Looks at: {rule.looks_at}", f"Why: {rule.why}", f"Remedy: {rule.remedy}"):
                lines += textwrap.wrap(
                    text, width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False
                )
            lines.append("")
    allow = (
        f'One rule can be let pass with allow={{"{next(iter(RULES))}": "the reason"}} or oauthcc.allow({{...}}); '
        f'"{NOT_SERVED}" lets a request that nothing serves fail no test.'
    )
    return [*lines, *textwrap.wrap(allow, width)]


def page() -> str:
    """Return the page of the documentation, as Markdown."""
    return "\n".join(_page_lines()) + "\n"


def _page_lines() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "<!-- Made by `python -m pytest_oauthcc.rules`; change the tables in pytest_oauthcc/rules, not this file. -->"
    yield ""
    yield "What the fake looks at, unasked, in every test that uses `oauthcc`. `pytest --oauthcc-rules` lists the same."
    yield ""
    yield 'One rule can be let pass with `@pytest.mark.oauthcc(allow={"rule-id": "the reason"})`, or with'
    yield f"`oauthcc.allow({{...}})` in the test. The id `{NOT_SERVED}` stands for a request that nothing serves."
    yield "What is allowed is told in the report. A profile switches off what its provider itself makes clients break."
    for kind, heading in _KINDS:
        yield from ("", f"## {heading}", "", _FATE[kind], "")
        yield "| rule | level | source | broken when |"
        yield "|---|---|---|---|"
        for rule in _of_kind(kind):
            yield f"| {_named(rule.id)} | {rule.level.upper()} | {_linked(rule.rfc)} | {_escape(rule.title)} |"
    yield from ("", "## Each rule")
    for rule in RULES.values():
        sources = ", ".join(_linked(source) for source in (rule.rfc, *rule.also))
        yield from ("", f"### {rule.id}", "", f"{_escape(rule.title)} **{rule.level.upper()}**, {sources}.", "")
        yield f"- Looks at: {_escape(rule.looks_at)}"
        yield f"- Why: {_escape(rule.why)}"
        yield f"- Remedy: {_escape(rule.remedy)}"
    yield from ("", "## What the RFCs ask of a client, and who looks at it", "")
    yield "| source | asks | rules | otherwise |"
    yield "|---|---|---|---|"
    for duty in DUTIES:
        rules = ", ".join(map(_named, duty.rules)) or "none"
        yield f"| {_linked(duty.rfc)} | {_escape(duty.asks)} | {rules} | {_escape(duty.otherwise)} |"


def _of_kind(kind: str) -> list[Rule]:
    return [rule for rule in RULES.values() if rule.kind == kind]


def _sources(rule: Rule) -> str:
    return "; ".join((rule.rfc, *rule.also))


def _linked(source: str) -> str:
    return f"[{source}]({link_of(source)})"


def _named(rule: str) -> str:
    return f"[`{rule}`](#{rule})"


def _escape(text: str) -> str:
    """Keep Markdown from reading marks in a text as its own."""
    for mark, escaped in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("*", "\\*"), ("_", "\\_")):
        text = text.replace(mark, escaped)
    return text
