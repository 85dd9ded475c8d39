"""The page itself: summary, broken rules and tests, with style and script inside."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_oauthcc.explain.html.diagram import diagram, dots
from pytest_oauthcc.explain.html.drift import drift_section
from pytest_oauthcc.explain.html.markup import Html, element, join
from pytest_oauthcc.explain.showing import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_oauthcc.explain.html.records import ReportData

__all__ = ["render"]

_HERE = Path(__file__).parent
_OUTCOMES: Final = ("failed", "error", "xpassed", "passed", "xfailed", "skipped")
_BAD: Final = frozenset({"failed", "error", "xpassed"})

# Nothing may be loaded from anywhere, whatever gets into the page.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def render(data: ReportData) -> str:
    """
    Write the report.

    Args:
        data: Plain JSON, as ``report_data`` makes it.

    Returns:
        One self-contained HTML page.
    """
    tests = data["tests"]
    names = {test["nodeid"]: f"t{number}" for number, test in enumerate(tests, 1)}
    head = join(
        [
            Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            Html('<meta name="color-scheme" content="light dark">'),
            element("title", f"{data['title']}: {_verdict(tests)}"),
            element("style", Html((_HERE / "style.css").read_text("utf-8"))),
        ]
    )
    body = element(
        "body",
        element("a", "Skip to the tests", href="#tests", class_="skip"),
        _header(data),
        element(
            "main", _summary(tests), drift_section(data["live"], names), _rules(tests, names), _tests(tests, names)
        ),
        element("script", Html((_HERE / "script.js").read_text("utf-8"))),
    )
    return f'<!doctype html>\n<html lang="en">{element("head", head)}{body}</html>\n'


def _verdict(tests: Sequence[dict[str, Any]]) -> str:
    bad = sum(test["outcome"] in _BAD for test in tests)
    return f"{count_of(bad, 'test')} failed" if bad else f"{count_of(len(tests), 'test')}, all well"


# --- the head of the page


def _header(data: ReportData) -> Html:
    about = [element("span", name, " ", element("b", value)) for name, value in data["about"].items()]
    return element(
        "header",
        element(
            "div",
            element("p", _LOGO, "pytest-oauthcc", class_="brand"),
            element("button", "Theme: auto", type="button", class_="theme", hidden=True),
            class_="bar",
        ),
        element("h1", data["title"]),
        element("p", element("span", data["generated"]), *about, class_="about"),
    )


_LOGO = Html(
    '<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><rect x="2" y="2" width="20" height="20" rx="6"/>'
    '<path d="M6.5 9.2h9.3l-2.6-2.6M17.5 14.8H8.2l2.6 2.6"/></svg>'
)


def _summary(tests: Sequence[dict[str, Any]]) -> Html:
    outcomes = Counter(test["outcome"] for test in tests)
    exchanges = [record for test in tests for record in test["exchanges"]]
    tokens = {(test["nodeid"], record["got"]) for test in tests for record in test["exchanges"] if record["got"]}
    broken = [found for record in exchanges for found in record["violations"]]
    musts = sum(found["level"] == "must" for found in broken)
    figures = [
        (len(tests), "test", ""),
        (sum(test["count"] for test in tests), "exchange", ""),
        (len(tokens), "token issued", "tokens issued"),
        (musts, "broken MUST", "broken MUSTs"),
        (len(broken) - musts, "note", ""),
    ]
    cells = [
        element(
            "div",
            element("dd", f"{number:,}"),
            element("dt", one if number == 1 else several or f"{one}s"),
            class_="bad" if "MUST" in one and number else None,
        )
        for number, one, several in figures
    ]
    return element(
        "section", element("h2", "Summary", class_="hidden"), element("dl", *cells, class_="figures"), _bar(outcomes)
    )


def _bar(outcomes: Mapping[str, int]) -> Html | None:
    total = sum(outcomes.values())
    if not total:
        return None
    parts = [
        element(
            "span",
            class_=f"part {outcome}",
            style=f"flex-grow:{outcomes[outcome]}",
            title=f"{outcomes[outcome]} {outcome}",
        )
        for outcome in _order(outcomes)
    ]
    told = ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in _order(outcomes))
    return element("div", *parts, class_="outcomes", role="img", aria_label=told)


def _order(outcomes: Mapping[str, int]) -> list[str]:
    return [*(known for known in _OUTCOMES if known in outcomes), *sorted(set(outcomes) - set(_OUTCOMES))]


# --- the rules


def _rules(tests: Sequence[dict[str, Any]], names: Mapping[str, str]) -> Html:
    rules: dict[str, dict[str, str]] = {}
    where: dict[str, dict[str, int]] = {}
    for test in tests:
        for record in test["exchanges"]:
            for found in record["violations"]:
                rules.setdefault(found["id"], found)
                by_test = where.setdefault(found["id"], {})
                by_test[test["nodeid"]] = by_test.get(test["nodeid"], 0) + 1
    if not rules:
        text = element("p", "No client broke a rule.", class_="empty")
        return element("section", element("h2", "Broken rules"), text, id="rules")
    ordered = sorted(rules, key=lambda rule: (rules[rule]["level"] != "must", -sum(where[rule].values()), rule))
    cards = [_rule(rules[rule], where[rule], names) for rule in ordered]
    return element("section", element("h2", "Broken rules"), element("div", *cards, class_="rules"), id="rules")


def _rule(rule: Mapping[str, str], where: Mapping[str, int], names: Mapping[str, str]) -> Html:
    source: str = rule["rfc"]
    # The address is the project's own, but a page that escapes everything must not trust one place only.
    if rule["link"].startswith("https://"):
        source = element("a", rule["rfc"], href=rule["link"], rel="noreferrer")
    links = [
        element("li", element("a", nodeid, href=f"#{names[nodeid]}"), f" ({number} times)" if number > 1 else None)
        for nodeid, number in where.items()
    ]
    return element(
        "details",
        element(
            "summary",
            element("b", rule["id"]),
            element("span", rule["level"].upper(), class_=f"level {rule['level']}"),
            element("span", count_of(sum(where.values()), "time"), class_="times"),
            element("span", rule["title"], class_="title"),
        ),
        element("p", element("b", "Why: "), rule["why"]),
        element("p", element("b", "What to do: "), rule["remedy"]),
        element("p", element("b", "Source: "), source),
        element("p", element("b", f"In {count_of(len(where), 'test')}:")),
        element("ul", *links, class_="where"),
        class_=f"rule {rule['level']}",
        id=f"rule-{rule['id']}",
    )


# --- the tests


def _tests(tests: Sequence[dict[str, Any]], names: Mapping[str, str]) -> Html:
    outcomes = Counter(test["outcome"] for test in tests)
    buttons = [
        element(
            "button",
            f"{outcome} ",
            element("b", str(outcomes[outcome])),
            type="button",
            aria_pressed="true",
            data_outcome=outcome,
            class_=outcome,
        )
        for outcome in _order(outcomes)
    ]
    search = element(
        "label",
        element("span", "Find a test", class_="hidden"),
        Html('<input type="search" placeholder="Find a test" autocomplete="off" spellcheck="false">'),
    )
    controls = element(
        "div",
        element("div", *buttons, class_="filter", role="group", aria_label="Filter by outcome"),
        search,
        element("button", "Open all", type="button", class_="open-all"),
        element("p", class_="shown", role="status"),
        class_="controls",
        hidden=True,
    )
    cards = [_test(test, names[test["nodeid"]]) for test in tests]
    if not cards:
        cards = [element("p", "No test used oauthcc in this run.", class_="empty")]
    return element(
        "section", element("h2", "Tests"), controls, element("div", *cards, class_="tests"), id="tests", tabindex="-1"
    )


def _test(test: Mapping[str, Any], name: str) -> Html:
    exchanges = test["exchanges"]
    broken = sum(len(record["violations"]) for record in exchanges)
    bare, bracket, parameters = test["nodeid"].partition("[")
    path, _, function = bare.rpartition("::")
    return element(
        "details",
        element(
            "summary",
            element("span", test["outcome"], class_=f"outcome {test['outcome']}"),
            element(
                "span",
                element("small", f"{path}::") if path else None,
                element("b", function, bracket, parameters),
                class_="name",
            ),
            element(
                "span",
                dots(exchanges) if exchanges else None,
                element("span", count_of(test["count"], "exchange")),
                element("span", f"{broken} broken", class_="broken") if broken else None,
                element("span", _duration(test["duration"])),
                class_="facts",
            ),
        ),
        element("pre", test["message"], class_="message", tabindex="0") if test["message"] else None,
        _allowed(test["allowed"]),
        diagram(exchanges, test["providers"])
        if exchanges
        else element("p", "This test exchanged nothing.", class_="empty"),
        class_="test",
        id=name,
        open=test["outcome"] in _BAD,
        data_outcome=test["outcome"],
        data_name=test["nodeid"].lower(),
    )


def _allowed(allowed: Mapping[str, str]) -> Html | None:
    if not allowed:
        return None
    items = [element("li", element("b", rule), f": {reason}") for rule, reason in allowed.items()]
    return element("div", element("p", "Allowed in this test:"), element("ul", *items), class_="allowed")


def _duration(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
