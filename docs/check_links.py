"""Asks for every external link of the documentation: ``python docs/check_links.py``; needs the network."""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\((https?://[^)#\s]+)")
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
BROWSER = {"User-Agent": "Mozilla/5.0 (link check of pytest-oauthcc)"}  # some sites answer programs with 403

NOTHING_ASKED = 2


def external_links(text: str) -> set[str]:
    """Return the external links of a page, without those in blocks of code and without fragments."""
    return set(LINK.findall(FENCED.sub("", text)))


def problem_of(url: str) -> str:
    """Return what is wrong with a link, or nothing."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=BROWSER), timeout=30):  # noqa: S310
            return ""
    except (urllib.error.URLError, TimeoutError) as error:
        return str(error)


def main() -> int:
    """Print the links that lead nowhere, and return the exit code: 1 if there are any, 2 if nothing could be asked."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")]
    links = sorted(set().union(*(external_links(page.read_text(encoding="utf-8")) for page in pages)))
    with ThreadPoolExecutor(8) as pool:
        problems = {link: problem for link, problem in zip(links, pool.map(problem_of, links), strict=True) if problem}
    for link, problem in problems.items():
        print(f"{link}: {problem}")
    if len(problems) == len(links):
        print(f"none of {len(links)} links answered: is there a network?")
        return NOTHING_ASKED
    print(f"{len(links)} links, {len(problems)} lead nowhere")
    return min(len(problems), 1)


if __name__ == "__main__":
    sys.exit(main())
