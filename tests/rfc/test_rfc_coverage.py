from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
MADE = runpy.run_path(str(DOCS / "make_rfc_coverage.py"))


def test_every_line_is_covered_or_says_why_not():
    """Each line has a test that names it or a reason, never both, and no test names a line that does not exist."""
    named = {line for line, _ in MADE["marked"]()}
    table = {line.id: line.not_covered for line in MADE["lines"]()}

    assert named <= set(table), named - set(table)
    assert {line for line, reason in table.items() if not reason} == named
    assert len(table) == len(MADE["lines"]())


def test_the_page_is_current():
    """docs/rfc-coverage.md is what its script makes."""
    assert (DOCS / "rfc-coverage.md").read_text(encoding="utf-8") == MADE["page"](), (
        "run: python docs/make_rfc_coverage.py"
    )
