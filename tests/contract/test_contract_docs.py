"""The pages on the contract say what is so."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"contract.md": "page", "contract-findings.md": "findings"}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_current(name):
    """The page is what its script makes of the table of checks, the zoo and the waivers."""
    made = runpy.run_path(str(DOCS / "make_contract.py"))[PAGES[name]]()

    assert (DOCS / name).read_text(encoding="utf-8") == made, "run: python docs/make_contract.py"


def test_nothing_is_missed_in_the_zoo():
    """The table of results has no bug that went unnoticed."""
    assert "MISSED" not in (DOCS / "contract.md").read_text(encoding="utf-8")
