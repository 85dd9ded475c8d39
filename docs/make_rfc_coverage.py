"""Writes docs/rfc-coverage.md from the marks of the tests: ``python docs/make_rfc_coverage.py``."""

from __future__ import annotations

import ast
import runpy
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parents[1] / "tests"

HEAD = """# Which line of which RFC is covered by which test

<!-- Made by docs/make_rfc_coverage.py from tests/rfc/rfc_lines.py and the marks of the tests. -->

This is about what the fake does itself, as an authorization server and as an API. What the RFCs ask of a client, and
which rule looks at it, is in [rules.md](rules.md). The lines are in our words; a test names those that it covers by
`@pytest.mark.rfc("6749 §5.1 no-store")`.

"""


def marked() -> Iterator[tuple[str, str]]:
    """Yield the lines that tests name, each with the test: ``file::function``."""
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in {"rfc", "pytest.mark.rfc"}:
                    for argument in decorator.args:
                        yield str(ast.literal_eval(argument)), f"{path.relative_to(TESTS).as_posix()}::{node.name}"


def lines() -> tuple[Any, ...]:
    """Return the table of lines."""
    return tuple(runpy.run_path(str(TESTS / "rfc" / "rfc_lines.py"))["LINES"])


def _title(document: str) -> str:
    return "OAuth 2.1, draft" if document == "2.1" else f"RFC {document}"


def page() -> str:
    """Return the page."""
    covered: dict[str, list[str]] = {}
    for line, test in marked():
        covered.setdefault(line, []).append(test)
    table = lines()
    count = sum(1 for line in table if line.id in covered)
    parts = [HEAD, f"{count} of {len(table)} lines are covered.\n"]
    for rfc, of_rfc in groupby(table, key=lambda line: line.id.partition(" ")[0]):
        parts.append(f"\n## {_title(rfc)}\n\n| section | asks | covered by |\n|---|---|---|\n")
        for line in of_rfc:
            tests = "<br>".join(f"`{test}`" for test in covered.get(line.id, ()))
            parts.append(
                f"| {line.id.partition(' ')[2]} | {line.asks} | {tests or f'not covered: {line.not_covered}'} |\n"
            )
    return "".join(parts)


if __name__ == "__main__":
    (Path(__file__).parent / "rfc-coverage.md").write_text(page(), encoding="utf-8")
