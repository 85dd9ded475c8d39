"""``python -m benchmarks``: measures, prints a table, writes JSON, and updates the page in the docs."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from benchmarks import exchanges, life, loopback, suites  # noqa: F401 - they fill the table
from benchmarks.measuring import Figures
from benchmarks.row import ROWS
from benchmarks.table import as_table, changes, read_results, update_page, write_json

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """Measure the chosen rows, each in processes of its own."""
    arguments = _parse()
    if arguments.list:
        for row in ROWS.values():
            print(f"{row.name:32} {row.what}")
        return 0
    chosen = [name for name in ROWS if not arguments.rows or any(fnmatch(name, row) for row in arguments.rows)]
    if not chosen:
        sys.exit(f"there is no such row; python -m benchmarks --list shows them: {', '.join(ROWS)}")
    # pip compiles what it installs; a checkout is compiled by whoever uses it first, where nothing forbids that.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONHASHSEED"] = "0"  # or the order of sets, and what that costs, would differ with each process
    rounds = 1 if arguments.quick else arguments.rounds
    earlier = read_results(RESULTS)
    processes = {name: 1 if arguments.quick else ROWS[name].processes for name in chosen}
    results: dict[str, Figures | str] = {}
    # In turns, so that the processes of a row are apart from each other, and a bad minute of the machine meets one.
    for turn in range(max(processes.values())):
        for name in chosen:
            if turn < processes[name] and not isinstance(results.get(name), str):
                print(f"{name} ...", file=sys.stderr, flush=True)
                results[name] = _with_another_process(results.get(name), name, rounds)
                if arguments.update and turn == processes[name] - 1:  # at once, for the whole takes long
                    _update({name: results[name]})
    print(as_table(results))
    print(changes(results, earlier), end="")
    if arguments.json:
        write_json(arguments.json, results)
    missed = [name for name, found in results.items() if not isinstance(found, str) and not ROWS[name].is_met(found)]
    return 1 if missed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", help="names of rows, with * for any; all by default")
    parser.add_argument("--quick", action="store_true", help="one round in one process: a look, not a measurement")
    parser.add_argument("--rounds", type=int, default=5, help="how often both sides of a row are measured at least")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values; python -m pyperf show reads them")
    parser.add_argument("--update", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--list", action="store_true", help="list the rows and exit")
    return parser.parse_args()


def _update(results: dict[str, Figures | str]) -> None:
    """Put rows into the page, beside those that were measured before."""
    together = {**read_results(RESULTS), **results}
    kept = {name: found if isinstance(found, str) else found.to_json() for name, found in together.items()}
    RESULTS.write_text(json.dumps(kept), encoding="utf-8")
    update_page(PAGE, together)


def _with_another_process(known: Figures | str | None, name: str, rounds: int) -> Figures | str:
    command = [sys.executable, "-m", "benchmarks.worker", ROWS[name].measure.__module__, name, str(rounds)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"measuring {name} failed")
    said: str | dict[str, Any] = json.loads(done.stdout)
    if isinstance(said, str):
        return said
    if isinstance(known, Figures):
        known.add(Figures(**said))
        return known
    return Figures(**said)


if __name__ == "__main__":
    sys.exit(main())
