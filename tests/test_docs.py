"""Pages that are made from tables are as their tables are."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_of_options_is_current():
    """docs/options.md is what its script makes."""
    made = runpy.run_path(str(DOCS / "make_options.py"))["page"]()

    assert (DOCS / "options.md").read_text(encoding="utf-8") == made, "run: python docs/make_options.py"


def test_the_page_of_the_api_contract_is_current():
    """docs/api-contract.md is what its script makes."""
    made = runpy.run_path(str(DOCS / "make_api_contract.py"))["page"]()

    assert (DOCS / "api-contract.md").read_text(encoding="utf-8") == made, "run: python docs/make_api_contract.py"
