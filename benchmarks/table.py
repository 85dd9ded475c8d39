"""Writes what was measured: as a table for people, and as JSON that pyperf reads."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
from typing import TYPE_CHECKING, Any

import pyperf

from benchmarks.row import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.measuring import Figures
    from benchmarks.row import Row

__all__ = ["as_table", "changes", "read_results", "update_page", "write_json"]

_PACKAGES = (
    "pytest",
    "requests",
    "responses",
    "httpx",
    "respx",
    "PyJWT",
    "cryptography",
    "freezegun",
    "time-machine",
    "pytest-xdist",
)
_BEGIN, _END = "<!-- table:begin -->", "<!-- table:end -->"


def as_table(results: Mapping[str, Figures | str]) -> str:
    """Return a Markdown table; a text instead of figures says why a row was left out."""
    lines = [
        "| row | what | beside | target | measured | ours | theirs | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in sorted(results, key=list(ROWS).index):
        row, found = ROWS[name], results[name]
        beside = row.against or "(absolute)"
        if isinstance(found, str):
            lines.append(f"| `{name}` | {row.what} | {beside} | {_target(row)} | left out: {found} | | | |")
            continue
        verdict = "met" if row.is_met(found) else "**missed**"
        measured = f"{found.ratio:.2f} x" if found.theirs else _value(row, found.median)
        both = f"{_value(row, found.median)} | {_value(row, found.other_median) if found.theirs else ''}"
        note = f"; {found.note}" if found.note else ""
        lines.append(f"| `{name}` | {row.what} | {beside} | {_target(row)} | {measured} | {both} | {verdict}{note} |")
    return "\n".join(lines) + "\n"


def changes(results: Mapping[str, Figures | str], earlier: Mapping[str, Figures | str]) -> str:
    """Return how far each row that is a ratio has come from an earlier measurement, the farthest first."""
    found = []
    for name, now in results.items():
        before = earlier.get(name, "")
        if not isinstance(now, str) and not isinstance(before, str) and now.theirs and before.theirs:
            found.append((now.ratio / before.ratio - 1, name, before.ratio, now.ratio))
    found.sort(key=lambda change: -abs(change[0]))
    return "".join(f"{name}: {before:.2f} x before, {now:.2f} x now, {by:+.1%}\n" for by, name, before, now in found)


def _target(row: Row) -> str:
    least = "at least" if row.more_is_better else "at most"
    return f"{least} {row.target:g} x" if row.against else f"{least} {_value(row, row.target)}"


def _value(row: Row, value: float) -> str:
    if row.unit == "bytes":
        return f"{value:,.0f} bytes"
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if abs(value) * factor >= 1 or unit == "us":
            return f"{value * factor:.3g} {unit}"
    raise AssertionError(value)


def machine() -> dict[str, str]:
    """Say on what it was measured."""
    found = {"date": dt.datetime.now(dt.UTC).date().isoformat()}
    found["Python"] = f"{platform.python_implementation()} {platform.python_version()}"
    found["machine"] = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{_processor()}"
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
            names = re.findall(r"^model name\s*: (.+)$", file.read(), re.MULTILINE)
    except OSError:
        names = [platform.processor()]
    return f", {names[0]}" if names and names[0] else ""


def write_json(path: Path, results: Mapping[str, Figures | str]) -> None:
    """
    Write all values in the format of pyperf, so that its ``show``, ``stats`` and ``compare_to`` read them.

    Two benchmarks a row: its name, and its name with ``, beside``.
    """
    benchmarks = []
    for name, found in results.items():
        if isinstance(found, str):
            continue
        benchmarks.append(_benchmark(name, found.ours, ROWS[name], found.note))
        if found.theirs:
            benchmarks.append(_benchmark(f"{name}, beside", found.theirs, ROWS[name], ""))
    if benchmarks:
        pyperf.BenchmarkSuite(benchmarks).dump(str(path), replace=True)


def _benchmark(name: str, values: Sequence[float], row: Row, note: str) -> pyperf.Benchmark:
    metadata: dict[str, Any] = {"name": name, "unit": "byte" if row.unit == "bytes" else "second", **machine()}
    if note:
        metadata["note"] = note
    # pyperf takes positive values only; a difference of two runs can come out below zero.
    shown = [max(value, 1e-9) for value in values]
    return pyperf.Benchmark([pyperf.Run(shown, metadata=metadata, collect_metadata=False)])


def read_results(path: Path) -> dict[str, Figures | str]:
    """Return what earlier runs of some rows left for the page."""
    from benchmarks.measuring import Figures

    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: value if isinstance(value, str) else Figures(**value) for name, value in found.items() if name in ROWS
    }


def update_page(path: Path, results: Mapping[str, Figures | str]) -> None:
    """Put the table, and on what it was measured, between the two marks of the page."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2]
    about = machine()
    versions = ", ".join(f"{name} {about[name]}" for name in _PACKAGES)
    said = f"Measured on {about['date']} with {about['Python']} on {about['machine']}.\n{versions}."
    path.write_text(f"{before}{_BEGIN}\n{said}\n\n{as_table(results)}{_END}{after}", encoding="utf-8")
