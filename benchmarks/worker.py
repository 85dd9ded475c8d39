"""``python -m benchmarks.worker MODULE ROW ROUNDS``: measures a row where no more than that row needs is loaded."""

from __future__ import annotations

import importlib
import json
import sys

from benchmarks.row import ROWS, LeftOut


def main() -> None:
    """Print what was measured, or why it was not, as JSON."""
    module, name, rounds = sys.argv[1:]
    importlib.import_module(module)  # fills the table with its rows
    try:
        found: object = ROWS[name].measure(int(rounds)).to_json()
    except LeftOut as why:
        found = str(why)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
