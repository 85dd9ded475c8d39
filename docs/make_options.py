"""Writes docs/options.md from the table of options: ``python docs/make_options.py``."""

from __future__ import annotations

from pathlib import Path

from pytest_oauthcc.options import OPTIONS

HEAD = """# Options

<!-- Made by docs/make_options.py from the table in pytest_oauthcc/options.py. -->

The same names serve everywhere:

- `@pytest.mark.oauthcc("profile", name=value)` on a test, a class or a module (`pytestmark`);
- the fixture `oauthcc_options`, overridden for a module, class or package, returning a dict;
- `oauthcc_factory(...)` and `with pytest_oauthcc.provider(...)`;
- a profile's TOML file;
- with `oauthcc_` in front, in the ini file of pytest.

The nearest one counts: `oauthcc_options`, then markers (the function's, the class's own before its base's, the
module's), then ini settings, then the profile, then the default. Naming a profile discards what was set farther away.
`oauthcc_factory` and `provider()` inherit ini settings only. A profile can declare options of its own, such as
`api_key`.

In an ini file, lists are written with blanks between their items, tables one line each as `name: value`
(`oauthcc_params`: `name=value`).

| option | takes | what for |
|---|---|---|
"""

TAIL = """
One more ini setting has no counterpart elsewhere: `oauthcc_clock_backend`, `freezegun` (the default) or `time-machine`
(needs `pip install pytest-oauthcc[time-machine]`).
"""


def page() -> str:
    """Return the page."""
    rows = [f"| `{option.name}` | {option.takes} | {option.about} |\n" for option in OPTIONS.values()]
    return HEAD + "".join(rows) + TAIL


if __name__ == "__main__":
    (Path(__file__).parent / "options.md").write_text(page(), encoding="utf-8")
