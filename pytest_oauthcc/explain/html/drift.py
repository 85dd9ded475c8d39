"""The part of the page that tells where the fake and the real provider of a live run differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.explain.html.markup import Html, element
from pytest_oauthcc.explain.showing import count_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["drift_section"]

_COLUMNS = ("fake", "live", "first test")


def drift_section(live: Mapping[str, Any] | None, names: Mapping[str, str]) -> Html | None:
    """
    Write what a live run has shown as a whole.

    Args:
        live: As ``report_data`` takes it; None where providers were faked.
        names: The ids of the tests on the page, by their names.

    Returns:
        The section; None where there is nothing to tell.
    """
    if live is None:
        return None
    return element(
        "section",
        element("h2", "Live run: the provider and its fake"),
        element("p", *_facts(live), class_="about"),
        _table(live, names) if live["differences"] else element("p", _all_well(live), class_="empty"),
        id="drift",
    )


def _facts(live: Mapping[str, Any]) -> list[Html]:
    facts = {"Target": f"{live['target']} ({', '.join(live['hosts'])})", "Profile": live["profile"] or "none"}
    facts["Live exchanges"] = f"{live['exchanges']:,}"
    facts["Answers compared"] = f"{live['compared']:,}"
    if live["passed_over"]:
        facts["Not compared"] = f"{live['passed_over']:,}, of 429 or 5xx"
    facts["Differences"] = f"{len(live['differences']):,}"
    return [element("span", f"{name} ", element("b", value)) for name, value in facts.items()]


def _all_well(live: Mapping[str, Any]) -> str:
    if not live["compared"]:
        return "No answer could be compared, so nothing is known of the fake."
    return f"The fake is like the provider in {count_of(live['compared'], 'answer')}."


def _table(live: Mapping[str, Any], names: Mapping[str, str]) -> Html:
    head = [element("th", name, scope="col") for name in ("what", *_COLUMNS)]
    rows = [_row(difference, names) for difference in live["differences"]]
    return element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *rows),
        class_="drift",
    )


def _row(difference: Mapping[str, str], names: Mapping[str, str]) -> Html:
    test = difference["first_test"]
    shown = element("a", test, href=f"#{names[test]}") if test in names else test
    cells = zip(_COLUMNS, (difference["fake"], difference["live"], shown), strict=True)
    return element(
        "tr",
        element("th", difference["what"], scope="row"),
        *(element("td", content, data_label=label) for label, content in cells),
    )
