"""The sequence diagram of one test: lanes for client and servers, an arrow there and one back for each exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.explain.html.markup import Html, element, join
from pytest_oauthcc.explain.showing import clock_time, count_of, seconds
from pytest_oauthcc.explain.timeline import JUMP

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["diagram", "dots", "hue_of", "is_refused", "token_chip"]

_MOST_DOTS = 20
_CROWDED = 4  # lanes beside the client's, from which on their titles have to be small on a phone
_USUAL = ("token endpoint", "API")


def diagram(exchanges: Sequence[dict[str, Any]], providers: Sequence[str]) -> Html:
    """
    Draw the exchanges of a test.

    Args:
        exchanges: Their records in order.
        providers: Names of the providers; with one, its name is left out.

    Returns:
        The diagram.
    """
    lanes = _lanes(exchanges)
    named = len(providers) > 1
    heads = [element("li", "client", class_="lane client", style="--lane:1")]
    heads += [
        element("li", _lane_title(lane, named=named), class_="lane", style=f"--lane:{number}")
        for number, lane in enumerate(lanes, 2)
    ]
    rows: list[Html] = []
    before = 0.0
    for record in exchanges:
        if record["left_out"]:
            rows.append(element("li", f"{count_of(record['left_out'], 'more exchange')} left out", class_="jump"))
        elif record["at"] - before > JUMP:
            rows.append(
                element("li", _CLOCK, f"the clock moved +{seconds(round(record['at'] - before))}", class_="jump")
            )
        rows.append(_exchange(record, lanes.index(_lane_of(record)) + 2))
        before = record["at"]
    return element(
        "div",
        element("ol", *heads, class_="lanes", aria_label="who takes part"),
        element("ol", _lifelines(len(lanes) + 1), *rows, class_="messages"),
        class_="diagram crowded" if len(lanes) >= _CROWDED else "diagram",
        style=f"--lanes:{len(lanes) + 1}",
    )


_CLOCK = Html(
    '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.4"/>'
    '<path d="M8 4.2V8l2.6 1.7"/></svg>'
)


def _lifelines(number: int) -> Html:
    lines = [element("i", style=f"--lane:{lane}") for lane in range(1, number + 1)]
    return element("li", *lines, class_="lifelines", aria_hidden="true")


def _lanes(exchanges: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    found = list(dict.fromkeys(_lane_of(record) for record in exchanges))
    # One provider's lanes side by side, its token endpoint first, whoever was asked first.
    providers = list(dict.fromkeys(provider for provider, _ in found))
    order = {server: place for place, server in enumerate(_USUAL)}
    return sorted(found, key=lambda lane: (providers.index(lane[0]), order.get(lane[1], len(order))))


def _lane_of(record: dict[str, Any]) -> tuple[str, str]:
    return record["provider"], record["server"]


def _lane_title(lane: tuple[str, str], *, named: bool) -> Html:
    provider, server = lane
    return join([element("small", provider) if named and provider else None, server])


def is_refused(record: dict[str, Any]) -> bool:
    """Whether an exchange went wrong: refused, answered with an error, or the network failed."""
    return record["status"] is None or record["status"] >= 400  # noqa: PLR2004


def _state(record: dict[str, Any]) -> str:
    state = "refused" if is_refused(record) else "fine"
    return f"{state} broken" if record["violations"] else state


def _exchange(record: dict[str, Any], lane: int) -> Html:
    summary = element(
        "summary",
        element("time", clock_time(record["at"]), class_="at"),
        element(
            "span",
            element("b", record["method"]),
            " ",
            element("code", record["path"]),
            class_="label",
        ),
        element("span", *_chips(record), class_="chips"),
        element("span", class_="arrow there", aria_hidden="true"),
        element(
            "span",
            element("b", record["result"], class_="status"),
            token_chip(record["got"]) if record["got"] else None,
            *[element("span", fact, class_="fact") for fact in record["got_facts"]],
            element("span", record["verdict"], class_="why") if record["verdict"] else None,
            class_="answer",
        ),
        element("span", class_="arrow back", aria_hidden="true"),
        *[_violation(found) for found in record["violations"]],
    )
    return element(
        "li",
        element("details", summary, _details(record)),
        class_=f"exchange {_state(record)}",
        style=f"--lane:{lane}",
    )


def _chips(record: dict[str, Any]) -> list[Html]:
    chips = [element("span", fact, class_="fact") for fact in record["facts"]]
    if record["sent"]:
        chips.append(token_chip(record["sent"]))
    elif record["server"] == "API":
        chips.append(element("span", "no token", class_="fact absent"))
    return chips


def _violation(found: dict[str, str]) -> Html:
    return element(
        "span",
        element("b", found["id"]),
        " ",
        element("span", found["level"].upper(), class_="level"),
        " ",
        found["detail"],
        class_=f"violation {found['level']}",
    )


def token_chip(token: str) -> Html:
    """Show a masked token; equal ones have the same colour, so that one can be followed through a test."""
    return element("span", f"token {token}", class_="token", style=f"--hue:{hue_of(token)}")


def hue_of(token: str) -> int:
    """Return the colour of a masked token, in degrees, made from the digits that it shows."""
    digits = token[-4:]
    try:
        return int(digits, 16) * 137 % 360
    except ValueError:
        return 0


def _details(record: dict[str, Any]) -> Html:
    return element(
        "div",
        element("p", element("b", record["method"]), " ", element("code", record["url"]), class_="url"),
        _table("parameters", record["params"]),
        _table("request headers", record["headers"]),
        class_="wire",
    )


def _table(caption: str, pairs: Sequence[Sequence[str]]) -> Html | None:
    if not pairs:
        return None
    rows = [element("tr", element("th", name, scope="row"), element("td", value)) for name, value in pairs]
    return element("table", element("caption", caption), element("tbody", *rows))


def dots(exchanges: Sequence[dict[str, Any]]) -> Html:
    """Draw a row of dots, one for each exchange: filled for a token request, hollow for others, red where refused."""
    shown = exchanges[:_MOST_DOTS]
    marks = []
    for number, record in enumerate(shown):
        kind = "token" if record["server"] == "token endpoint" else "api"
        marks.append(f'<circle class="{kind} {_state(record)}" cx="{number * 10 + 5}" cy="6" r="3.4"/>')
    width = len(shown) * 10
    size = f'viewBox="0 0 {width} 12" width="{width}" height="12"'
    return Html(f'<svg class="dots" {size} aria-hidden="true">{"".join(marks)}</svg>')
