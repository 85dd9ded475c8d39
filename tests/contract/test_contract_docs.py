"""The page on published clients says what is so."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_on_findings_is_current():
    """The page is what its script makes of the findings in published clients."""
    made = runpy.run_path(str(DOCS / "make_contract_findings.py"))["page"]()

    assert (DOCS / "contract-findings.md").read_text(encoding="utf-8") == made, "run: docs/make_contract_findings.py"
