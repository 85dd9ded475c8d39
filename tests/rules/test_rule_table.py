"""The table of rules, and what is made from it."""

from __future__ import annotations

import importlib
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_oauthcc.rules
from pytest_oauthcc.rules import RULES
from pytest_oauthcc.rules.duties import DUTIES
from pytest_oauthcc.rules.listing import list_lines, page
from pytest_oauthcc.rules.rule import link_of

MAIN = Path(pytest_oauthcc.rules.__file__).parent / "__main__.py"
PAGE = Path(__file__).parent.parent.parent / "docs" / "rules.md"
SOURCE = re.compile(r"RFC \d+ (?:section \d+(?:\.\d+)*|appendix [A-Z])")
NAMED = (
    "secret-in-query two-auth-methods wrong-content-type duplicate-parameter scope-not-space-separated bearer-in-query "
    "bearer-malformed token-endpoint-not-tls expired-token-sent token-refetched-while-valid retry-after-ignored "
    "rejected-credentials-retried token-sent-to-another-host"
)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_says_all_that_a_person_needs(rule):
    """Every rule has an id in kebab case, a source that can be linked, and four texts that are sentences."""
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)+", rule.id)
    assert rule.level in {"must", "should"}
    assert rule.kind in {"message", "behaviour"}
    for source in (rule.rfc, *rule.also):
        assert SOURCE.fullmatch(source)
    for text in (rule.title, rule.looks_at, rule.why, rule.remedy):
        assert text.endswith(".")
        assert text == text.strip()
        assert "  " not in text
    assert rule.link.startswith("https://www.rfc-editor.org/rfc/rfc")


@pytest.mark.parametrize("name", NAMED.split())
def test_the_promised_rules_are_there(name):
    """The ids that the documentation of the fixture names exist."""
    assert name in RULES


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("RFC 6749 section 2.3.1", "https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1"),
        ("RFC 6749 appendix B", "https://www.rfc-editor.org/rfc/rfc6749#appendix-B"),
        ("RFC 6749", "https://www.rfc-editor.org/rfc/rfc6749"),
        ("the provider's manual", ""),
    ],
)
def test_sources_are_linked(source, link):
    """A place in an RFC has an address, other things have none."""
    assert link_of(source) == link


def test_the_page_is_up_to_date():
    """docs/rules.md is what the table makes of it."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m pytest_oauthcc.rules"


def test_the_page_is_written_by_the_module(tmp_path, monkeypatch):
    """Running the module writes the page, where it is told or below the current directory."""
    target = tmp_path / "rules.md"
    monkeypatch.setattr(sys, "argv", ["rules", str(target)])
    runpy.run_path(str(MAIN), run_name="__main__")
    assert target.read_text(encoding="utf-8") == page()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["rules"])
    module = importlib.import_module("pytest_oauthcc.rules.__main__")  # which alone writes nothing
    assert list((tmp_path / "docs").iterdir()) == []
    module.main([str(tmp_path / "again.md")])
    assert (tmp_path / "again.md").read_text(encoding="utf-8") == page()
    runpy.run_path(str(MAIN), run_name="__main__")
    assert (tmp_path / "docs" / "rules.md").read_text(encoding="utf-8") == page()


def test_links_of_the_page_lead_somewhere():
    """Every link inside the page has its heading."""
    headings = set(re.findall(r"^### (.+)$", page(), re.MULTILINE))
    assert set(re.findall(r"\]\(#([^)]+)\)", page())) <= headings


@pytest.mark.parametrize("width", [20, 80, 300])
def test_the_listing_fits_the_terminal(width):
    """The listing names every rule once, and keeps to a readable width."""
    lines = list_lines(width)
    assert [line.partition(" ")[0] for line in lines if re.match(r"[a-z0-9-]+ \((?:MUST|SHOULD)", line)] == [
        rule.id for kind in ("message", "behaviour") for rule in RULES.values() if rule.kind == kind
    ]
    headings = re.compile(r"[a-z0-9-]+ \((?:MUST|SHOULD)|(?:Message|Behaviour) rules: ")
    texts = [line for line in lines if not headings.match(line)]
    assert max(map(len, texts)) <= max(44, min(width, 110))


def test_duties_and_rules_know_each_other():
    """Every duty names rules that exist, or says why there is none; every rule serves a duty."""
    named = {rule for duty in DUTIES for rule in duty.rules}
    assert named == set(RULES)
    assert [duty for duty in DUTIES if not duty.rules and not duty.otherwise] == []
    assert len({(duty.rfc, duty.asks) for duty in DUTIES}) == len(DUTIES)
    assert all(SOURCE.fullmatch(duty.rfc) for duty in DUTIES)


def test_the_rules_load_no_third_party_module():
    """Importing the rules brings in neither an HTTP library nor PyJWT nor a fake clock."""
    code = (
        "import sys, pytest; before = set(sys.modules); import pytest_oauthcc.rules; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "['pytest_oauthcc']"
