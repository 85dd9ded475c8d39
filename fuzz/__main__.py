"""``python -m fuzz --seconds 600 [target ...]``: fuzz some targets, or all, one after the other."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from fuzz.table import TARGETS

_ROOT = Path(__file__).parents[1]
_NOISE = re.compile(r"^(INFO: Instrumenting|#\d+\t).*\n", re.MULTILINE)
_COUNT = re.compile(r"stat::number_of_executed_units:\s+(\d+)")


def main() -> int:
    """Fuzz; returns 1 where there was a finding, which is printed with the input that brought it about."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=main.__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"which; all by default: {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=300, help="how long, shared by the targets (default: 300)")
    parser.add_argument("--corpus", type=Path, help="a folder to keep what was learned in (default: a temporary one)")
    arguments = parser.parse_args()
    names = arguments.targets or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]!r}; there are {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is missing: pip install atheris (there are wheels for Linux); tests/hostile needs none")
    folder = arguments.corpus or Path(tempfile.mkdtemp(prefix="oauthcc-corpus-"))
    each = max(1, arguments.seconds // len(names))
    findings = sum(not _run(name, each, folder) for name in names)
    print(f"{findings} of {len(names)} targets with a finding; corpus and inputs are in {folder}")
    return int(findings > 0)


def _run(name: str, seconds: int, folder: Path) -> bool:
    """Fuzz one target in a process of its own; returns whether all was well."""
    command = [sys.executable, "-m", "fuzz.engine", name, str(seconds), str(folder.resolve())]
    before = set(folder.glob(f"{name}-*"))
    with tempfile.TemporaryDirectory(prefix="oauthcc-fuzz-") as scratch:  # libFuzzer ends without any clearing up
        environment = {**os.environ, "TMPDIR": scratch}
        done = subprocess.run(  # noqa: S603 - ourselves
            command, cwd=_ROOT, env=environment, capture_output=True, text=True, errors="replace", check=False
        )
    told = done.stderr + done.stdout
    count = _COUNT.search(told)
    print(f"{name:<18}{int(count[1]) if count else 0:>12,} inputs in {seconds} s", flush=True)
    if done.returncode == 0:
        return True
    print(_NOISE.sub("", told)[-6000:])
    for path in sorted(set(folder.glob(f"{name}-*")) - before):
        print(f"{path}: {path.read_bytes()[:2000]!r}")
    return False


if __name__ == "__main__":
    sys.exit(main())
