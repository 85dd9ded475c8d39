from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from message_world import World
from report_run import (
    FORM_RULE,
    LIVE,
    breaking_rules,
    failing,
    of_two_providers,
    whole_run,
    with_many_exchanges,
    without_exchanges,
)

from pytest_oauthcc.explain.html import exchange_record, record_of_test, render, report_data
from pytest_oauthcc.explain.html.diagram import hue_of
from pytest_oauthcc.explain.html.markup import Html, element
from pytest_oauthcc.rules.finding import Finding

VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """Reads a page strictly: every element that is opened is closed in its place."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.tags, self.texts = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Note an element that is opened."""
        found = dict(attrs)
        self.tags.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        if "href" in found:
            self.links.append(found["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Note an element that has no content."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Close the element that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Note a text."""
        self.texts.append(data)

    def having(self, word):
        """Return the attributes of all elements of a class."""
        return [attrs for _, attrs in self.tags if word in (attrs.get("class") or "").split()]


@pytest.fixture(scope="module")
def text():
    """The page of a run with every outcome."""
    return render(whole_run())


def test_the_page_is_well_formed(text):
    """Every element is closed, ids are unique, and every link within the page has its target."""
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    within = [link[1:] for link in page.links if link.startswith("#")]
    assert {"tests", "t2"} <= set(within) <= set(page.ids)


def test_nothing_is_loaded_from_anywhere(text):
    """No address but those of RFCs, which a person may follow; and the page's own policy forbids loading anything."""
    page = Page(text)
    assert not [attrs for _, attrs in page.tags if "src" in attrs]
    assert {link for link in page.links if not link.startswith("#")} == {
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2"
    }
    assert "default-src 'none'" in text
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_data_never_becomes_markup(text):
    """Names, reasons and values are escaped."""
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "the gateway &lt;b&gt;wants&lt;/b&gt; JSON" in text
    assert text.count("<script") == 1


def test_every_test_is_there_with_its_outcome(text):
    """Failed ones are open, the others closed."""
    tests = Page(text).having("test")
    assert [(attrs["data-outcome"], "open" in attrs) for attrs in tests] == [
        ("failed", True),
        ("passed", False),
        ("skipped", False),
        ("passed", False),
        ("xpassed", True),
    ]


def test_the_name_of_a_parametrized_test_stays_whole(text):
    """Colons and slashes in a parameter are no part of the path."""
    assert "<small>tests/test_two.py::</small><b>test_two[httpx-a/b::c]</b>" in text


def test_the_figures_count_the_run(text):
    """Tests, exchanges, tokens, broken rules."""
    found = re.findall(r"<dd>([\d,]+)</dd><dt>([^<]+)</dt>", text)
    assert found == [("5", "tests"), ("214", "exchanges"), ("5", "tokens issued"), ("2", "broken MUSTs"), ("1", "note")]


def test_the_rules_are_listed_with_links_to_their_tests(text):
    """A MUST comes before a SHOULD; a rule without an address of its own is no link."""
    section = text[text.index('id="rules"') : text.index('id="tests"')]
    assert section.index("wrong-content-type") < section.index("token-refetched-while-valid")
    assert '<a href="#t2">tests/test_orders.py::test_json_body</a> (2 times)' in section
    assert "<b>Source: </b>no RFC</p>" in section


def test_the_diagram_has_a_lane_for_each_server():
    """With one provider its name is left out; with two each lane has the name of its own."""
    one = Page(render(report_data([failing()], generated="now")))
    assert len(one.having("lane")) == 3
    two = render(report_data([of_two_providers()], generated="now"))
    titles = re.findall(r'<li class="lane"[^>]*>(.*?)</li>', two)
    assert titles == [
        "<small>oauthcc</small>token endpoint",
        "<small>oauthcc</small>API",
        "<small>oauthcc</small>metadata",
        "<small>hgem</small>token endpoint",
    ]


def test_the_moves_of_the_clock_are_lines_of_their_own():
    """A gap of more than a minute is a move; what was left out is none."""
    assert "the clock moved +3601 s" in render(report_data([failing()], generated="now"))
    many = render(report_data([with_many_exchanges()], generated="now"))
    assert "the clock moved" not in many
    assert "81 more exchanges left out" in many


def test_what_went_wrong_is_marked():
    """A refusal, a broken rule and a right answer look different."""
    page = Page(render(report_data([breaking_rules(), of_two_providers()], generated="now")))
    states = [attrs["class"].removeprefix("exchange ") for attrs in page.having("exchange")]
    assert states == [
        *["refused broken", "refused broken", "fine", "refused broken", "refused"],
        *["fine", "fine", "fine", "refused"],
    ]


def test_an_empty_run():
    """A run in which no test used the plugin still has a page."""
    text = render(report_data([], generated="now"))
    Page(text)
    assert "No test used oauthcc in this run." in text
    assert "No client broke a rule." in text
    assert "0 failed" not in text


def test_a_test_without_exchanges():
    """A test that exchanged nothing says so."""
    assert "This test exchanged nothing." in render(report_data([without_exchanges()], generated="now"))


@pytest.mark.parametrize(
    ("outcomes", "told"), [(["failed", "passed"], "1 test failed"), (["passed"], "1 test, all well")]
)
def test_the_title_tells_how_it_went(outcomes, told):
    """A tab of the browser tells the result."""
    tests = [record_of_test(f"test_{name}", name, 0.0, []) for name in outcomes]
    assert f"<title>OAuth client credentials: {told}</title>" in render(report_data(tests, generated="now"))


def test_an_outcome_that_only_another_plugin_knows():
    """It gets a button of its own, after those of pytest."""
    tests = [record_of_test(f"test_{name}", name, 0.0, []) for name in ("rerun", "passed")]
    buttons = re.findall(r'data-outcome="(\w+)" class="\w+"', render(report_data(tests, generated="now")))
    assert buttons == ["passed", "rerun"]


def test_a_record_of_one_exchange():
    """One entry becomes plain, masked JSON."""
    world = World()
    world.clock.advance(1.5)
    entry = world.token(auth="post", scope="a", headers={"X-Tenant": "acme"})
    entry.violations = (Finding(FORM_RULE, entry, "the client_secret was s3cr3t-of-billing"),)
    assert exchange_record(entry, world.journal, provider="oauthcc") == {
        "number": 1,
        "provider": "oauthcc",
        "server": "token endpoint",
        "at": 1.5,
        "method": "POST",
        "path": "/token",
        "url": "https://auth.test/token",
        "facts": ["client 'billing'", "client_secret_post", "scope 'a'"],
        "headers": [["X-Tenant", "acme"], ["Content-Type", "application/x-www-form-urlencoded"]],
        "params": [
            ["grant_type", "client_credentials"],
            ["scope", "a"],
            ["client_id", "billing"],
            ["client_secret", "***0c88"],
        ],
        "status": 200,
        "result": "200",
        "verdict": None,
        "sent": None,
        "got": "***69bc",
        "got_facts": ["3600 s", "scope 'a'"],
        "violations": [
            {
                "id": "wrong-content-type",
                "level": "must",
                "rfc": "RFC 6749 section 4.4.2",
                "title": "A token request does not come as a form.",
                "why": "A server that follows the RFC reads a form and nothing else.",
                "remedy": "With requests and httpx: data={...} instead of json={...}.",
                "link": "https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2",
                "detail": "the client_secret was ***0c88",
            }
        ],
        "left_out": 0,
    }


def test_a_record_keeps_the_exchanges_that_broke_rules():
    """Of a long test the middle is left out, but not what went wrong there."""
    world = World()
    world.token()
    for number in range(300):
        entry = world.api(f"/orders/{number}")
        if number == 150:
            entry.violations = (Finding(FORM_RULE, entry, "broken"),)
    record = record_of_test("test_a", "passed", 0.1, [("oauthcc", world.journal)])
    assert record["count"] == 301
    assert [found["path"] for found in record["exchanges"] if found["violations"]] == ["/orders/150"]
    assert sum(found["left_out"] for found in record["exchanges"]) + len(record["exchanges"]) == 301


def test_findings_of_the_journal_are_at_their_exchange():
    """Rules that are judged at the end of a test are shown with those of each message."""
    world = World()
    world.token()
    finding = Finding(FORM_RULE, world.token(), "judged at the end")
    record = record_of_test("test_a", "passed", 0.1, [("oauthcc", world.journal)], findings=[finding])
    assert [[found["detail"] for found in entry["violations"]] for entry in record["exchanges"]] == [
        [],
        ["judged at the end"],
    ]


def drift_of(page):
    """Return the part of a page that is about a live run."""
    return page[page.index('id="drift"') : page.index('id="rules"')]


def test_drift_is_a_table(text):
    """Each difference has a row: what, fake, live, and the first test, with a link to it where the page has it."""
    section = drift_of(text)
    assert re.findall(r'<th scope="col">(.*?)</th>', section) == ["what", "fake", "live", "first test"]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', section)
    assert [what for what, _ in rows] == [
        "API refusal (token_missing): WWW-Authenticate error_description",
        "token answer: member &quot;scope&quot;",
        "token answer: scope",
    ]
    assert rows[0][1] == (
        '<td data-label="fake">absent</td><td data-label="live">present</td><td data-label="first test">'
        '<a href="#t1">tests/test_orders.py::TestOrders::test_a_renewal</a></td>'
    )
    assert "&lt;b&gt;array&lt;/b&gt;" in rows[1][1]
    assert '<td data-label="first test">tests/test_no_record_of_it.py::test_gone</td>' in rows[1][1]
    facts = re.findall(r"<span>([^<]*) <b>([^<]*)</b></span>", section)
    assert facts == [
        ("Target", "staging (login.staging.acme.example, api.staging.acme.example:8443)"),
        ("Profile", "keycloak"),
        ("Live exchanges", "1,204"),
        ("Answers compared", "311"),
        ("Not compared", "3, of 429 or 5xx"),
        ("Differences", "3"),
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"compared": 1}, "The fake is like the provider in 1 answer."),
        ({}, "The fake is like the provider in 311 answers."),
        ({"compared": 0, "profile": ""}, "No answer could be compared, so nothing is known of the fake."),
    ],
)
def test_a_live_run_without_drift(changes, told):
    """Without differences there is a sentence in the place of the table."""
    live = {**LIVE, "differences": [], "passed_over": 0, **changes}
    section = drift_of(render(report_data([], generated="now", live=live)))
    assert told in section
    assert "<table" not in section
    assert "Not compared" not in section


def test_a_run_with_fakes_has_no_drift():
    """Where nothing was live there is nothing to tell."""
    assert 'id="drift"' not in render(report_data([failing()], generated="now"))


def test_elements_escape_what_is_no_markup():
    """Texts and attributes are escaped, finished markup is not; None, False and True are left out or bare."""
    inner = element("b", "<i>", Html("<u></u>"), None)
    assert element("p", inner, class_="a&b", hidden=True, open=False, title=None, data_n=1) == (
        '<p class="a&amp;b" hidden data-n="1"><b>&lt;i&gt;<u></u></b></p>'
    )


@pytest.mark.parametrize(("token", "hue"), [("***69bc", 0x69BC * 137 % 360), ("''", 0)])
def test_the_colour_of_a_token_comes_from_what_it_shows(token, hue):
    """Equal tokens have equal colours in every run."""
    assert hue_of(token) == hue
