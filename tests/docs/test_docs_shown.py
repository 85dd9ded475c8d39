"""What compares pages with the truth notices when they differ."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import shown

CHECK_LINKS = Path(__file__).parents[2] / "docs" / "check_links.py"
PRINTED = "first\nsecond +0.3s\nclient-01234567 ***abcd\n1 passed in 0.51s\n"


@pytest.mark.parametrize(
    "lines",
    [
        ["first", "second +0s", "client-89abcdef ***0123", "1 passed in 2.00s"],
        ["...", "1 passed in 0.10s"],
        ["first", "...", "1 passed in 0.10s"],
        ["..."],
        [],
    ],
)
def test_what_is_printed_is_found(lines):
    """Times and made-up names may differ, and a line of dots stands for any lines."""
    assert shown.difference(lines, PRINTED) == ""


@pytest.mark.parametrize(
    "lines",
    [
        ["first", "1 passed in 0.51s"],
        ["second +0s", "...", "first"],
        ["...", "2 passed in 0.51s"],
        ["third"],
    ],
)
def test_what_is_not_printed_is_missed(lines):
    """Lines that are left out, out of order or not there are told."""
    assert "is not in what was printed" in shown.difference(lines, PRINTED)


@pytest.mark.parametrize(
    "text", ["```python\nopen\n", "- list\n  ```python\n  x\n  ```\n", "```python hidden\nx\n```\n"]
)
def test_a_block_that_nobody_would_run_is_an_error(text):
    """A fence that is open, indented or has an unknown option does not go unnoticed."""
    with pytest.raises(AssertionError, match="fence"):
        shown.blocks(text)


def test_a_diff_has_to_fit(tmp_path):
    """A diff changes the file that is there, and one that does not fit is an error."""
    [change] = shown.blocks('```diff title="a.py"\n-x = 1\n+x = 2\n```\n')
    (tmp_path / "a.py").write_text("x = 1\ny = 1\n", encoding="utf-8")

    shown.write_file(change, tmp_path)

    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "x = 2\ny = 1\n"
    with pytest.raises(AssertionError, match=r"not once in a\.py"):
        shown.write_file(change, tmp_path)


def test_commands_of_a_console_block():
    """Each prompt begins a command, and what stands below it belongs to it; a block without prompts is to be copied."""
    [block, copied] = shown.blocks("```console\n$ a 1\nx\n$ b\n```\n\n```console\nc\n```\n")

    assert list(block.commands()) == [("a 1", ["x"]), ("b", [])]
    assert list(copied.commands()) == []


def test_links_that_are_asked_for():
    """External links are found without their fragments, and not in code."""
    links = runpy.run_path(str(CHECK_LINKS))["external_links"]

    assert links("[a](https://a.example/x#y) [b](b.md)\n```text\n[c](https://c.example)\n```\n") == {
        "https://a.example/x"
    }


@pytest.mark.parametrize(
    ("broken", "code", "said"),
    [
        ([], 0, "2 links, 0 lead nowhere"),
        (["https://a.example"], 1, "https://a.example: not found\n2 links, 1 lead nowhere"),
        (["https://a.example", "https://b.example"], 2, "none of 2 links answered: is there a network?"),
    ],
    ids=["all there", "one gone", "no network"],
)
def test_a_broken_link_is_not_taken_for_a_network_that_is_not_there(tmp_path, capsys, broken, code, said):
    """One link that leads nowhere fails; if all do nothing is known of them."""
    (tmp_path / "README.md").write_text("[a](https://a.example) [b](https://b.example)\n", encoding="utf-8")
    main = runpy.run_path(str(CHECK_LINKS))["main"]
    main.__globals__.update(ROOT=tmp_path, problem_of=lambda link: "not found" * (link in broken))

    assert main() == code
    assert capsys.readouterr().out.endswith(f"{said}\n")
