"""What may import what, and how long a module may get."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pytest_oauthcc"

LONGEST = 300  # lines that are neither docstring nor blank
MODULES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}


def test_imports_go_downwards(capsys, monkeypatch):
    """The layers that pyproject.toml lists hold, and so does what the core, the rules and the explanations may know."""
    from importlinter.cli import lint_imports

    # It would disable all loggers that are there, for the tests after this one, too.
    monkeypatch.setattr("logging.config.dictConfig", lambda _config: None)
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None, no_cache=True, no_logo=True)

    told = capsys.readouterr().out
    assert code == 0, told
    assert " 0 broken" in told


def test_nothing_inside_imports_the_public_names():
    """They point to all of the package, so whoever imported them would be above and below everything."""
    found = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "pytest_oauthcc"
    }

    assert found == set()


def test_a_module_has_one_reason_to_exist():
    """One that needs more lines than this has a second one, and is two modules."""
    lengths = {name: _code_lines(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def _code_lines(text: str) -> int:
    """Count the lines that are neither docstring nor blank."""
    told = {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for number in range(node.lineno, node.end_lineno + 1)
    }
    return sum(bool(line.strip()) for number, line in enumerate(text.splitlines(), 1) if number not in told)
