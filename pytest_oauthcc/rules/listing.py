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
    "message": "A broken MUST fails the test, a broken SHOULD is a note; strict=\"should\" lets both fail, strict=False none.",
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
    yield 'One rule can be let pass: `@pytest.mark.oauthcc(allow={"rule-id": "the reason"})`, or `oauthcc.allow({...})` in'
    yield f'the test. The id `{NOT_SERVED}` stands for a request that nothing serves. What is allowed is told in the report.'
    yield "A profile switches off what its provider itself makes clients break."
    for kind, heading in _KINDS:
        yield ""
        yield f"## {heading}"
        yield ""
        yield _FATE[kind]
        yield ""
        yield "| rule | level | source | broken when |"
        yield "|---|---|---|---|"
        for rule in _of_kind(kind):
            yield f"| [`{rule.id}`](#{rule.id}) | {rule.level.upper()} | [{rule.rfc}]({rule.link}) | {_cell(rule.title)} |"
    yield ""
    yield "## Each rule"
    for rule in RULES.values():
        yield ""
        yield f"### {rule.id}"
        yield ""
        yield f"{rule.title} **{rule.level.upper()}**, {', '.join(_linked(source) for source in (rule.rfc, *rule.also))}."
        yield ""
        yield f"- Looks at: {rule.looks_at}"
        yield f"- Why: {rule.why}"
        yield f"- Remedy: {rule.remedy}"
    yield ""
    yield "## What the RFCs ask of a client, and who looks at it"
    yield ""
    yield "| source | asks | rules | otherwise |"
    yield "|---|---|---|---|"
    for duty in DUTIES:
        rules = ", ".join(f"[`{rule}`](#{rule})" for rule in duty.rules) or "none"
        yield f"| {_linked(duty.rfc)} | {_cell(duty.asks)} | {rules} | {duty.otherwise} |"


def _of_kind(kind: str) -> list[Rule]:
    return [rule for rule in RULES.values() if rule.kind == kind]


def _sources(rule: Rule) -> str:
    return "; ".join((rule.rfc, *rule.also))


def _linked(source: str) -> str:
    return f"[{source}]({link_of(source)})"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
