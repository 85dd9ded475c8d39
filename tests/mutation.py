"""Breaks one part of the package at random places and tells what no test noticed; docs/mutation-testing.md reads it."""

# ruff: noqa: T201, S311 - a program prints, and a sample guards no secret

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[1]
PACKAGE = "pytest_oauthcc"
WANTED = 0.9
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "site", "mutants")


@dataclass(frozen=True)
class Part:
    """
    What is broken of a part of the package, and the tests that are there to notice.

    Args:
        tests: Files and folders.
        deselected: Tests that can't bear what mutmut puts around each function.
        one_by_one: Whether each mutant is written into the source and tried by a process of its own, which takes
            longer: code that looks at the frames of its callers finds mutmut's there.
    """

    tests: tuple[str, ...]
    deselected: tuple[str, ...] = ()
    one_by_one: bool = False


@dataclass(frozen=True)
class Tried:
    """A mutant: the lines in which it differs, as they were and as they are in it, and how the tests ended."""

    name: str
    was: str
    now: str
    code: int | None


PARTS: Final = {
    "core": Part(("tests/core", "tests/tokens", "tests/process/test_process_signing_keys.py")),
    "rules": Part(
        ("tests/rules",),
        (
            "tests/rules/test_rule_table.py::test_the_rules_load_no_third_party_module",
            "tests/rules/test_rules_properties.py::test_the_ten_thousandth_exchange_costs_what_the_tenth_does",
        ),
    ),
    "clock": Part(
        (
            # The first failure ends a run: the quick ones first, and Hypothesis, which looks for the simplest one, last.
            "tests/clock/test_clock_moves.py",
            "tests/clock/test_clock_sleeps.py",
            "tests/clock/test_clock_freezegun.py",
            "tests/clock/test_clock_users_freezes.py",
            "tests/clock/test_clock_threads_and_loops.py",
            "tests/clock/test_clock_clients.py",
            "tests/clock/test_clock_properties.py",
        ),
        one_by_one=True,
    ),
}

# Which changes make no difference. The first two count where a text differs in the case of its letters only.
ENCODINGS: Final = {"utf-8", "ascii", "latin-1", "surrogatepass", "surrogateescape", "replace"}
HEADERS: Final = {
    *("accept", "allow", "authorization", "cache-control", "content-encoding", "content-length", "content-type"),
    *("cookie", "dpop", "dpop-nonce", "location", "pragma", "referer", "retry-after", "www-authenticate"),
}
HEADERS_ARE_MEANT: Final = re.compile(r"headers|header\(|get_all|fields")
TRACEBACK: Final = "__tracebackhide__"

NO_END = 36
KILLED: Final = {
    **dict.fromkeys((1, 2, 3, 4), "killed"),  # a test failed, or none could be collected
    **dict.fromkeys((-24, -9, 24, 36, 152, 255), "timed out"),
}
PATIENCE = 240  # seconds that the tests of a part may take, several times what they do


def prepare(part: str, where: Path) -> None:
    """Copy the project, and show mutmut one part of it with its tests."""
    shutil.copytree(ROOT, where, ignore=NOT_COPIED, dirs_exist_ok=True)
    chosen = PARTS[part]
    options = [option for test in chosen.deselected for option in ("--deselect", test)]
    settings = {
        "only_mutate": [f"{PACKAGE}/{part}/*.py"],
        "pytest_add_cli_args_test_selection": list(chosen.tests),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-W", "ignore", *options],
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    file = where / "pyproject.toml"
    head, mark, rest = file.read_text(encoding="utf-8").partition("[tool.mutmut]\n")
    file.write_text(f"{head}{mark}{lines}{rest}", encoding="utf-8")


def draw(part: str, names: list[str], size: int, seed: int) -> list[str]:
    """Return a sample of all mutants, in the order in which it was drawn."""
    size = min(size, len(names))
    print(f"{part}: {len(names)} mutants, of which {size} are tried (seed {seed})", flush=True)
    return random.Random(seed).sample(sorted(names), size)


def run_tests(part: str, *, mutant: str = "") -> int:
    """
    Run the tests of a part until one fails.

    Args:
        part: Which part.
        mutant: The name of one of mutmut's; nothing for the source as it is.

    Returns:
        The exit code, ``NO_END`` where they did not come to an end.
    """
    options = [option for test in PARTS[part].deselected for option in ("--deselect", test)]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *options, *PARTS[part].tests]
    chosen = {"cwd": "mutants", "env": {**os.environ, "MUTANT_UNDER_TEST": mutant}} if mutant else {}
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, timeout=PATIENCE, check=False, **chosen).returncode
    except subprocess.TimeoutExpired:
        return NO_END


# --- all mutants in one copy of the source, the tests of each in a fork


def try_by_mutmut(part: str, size: int, seed: int) -> list[Tried]:
    """Let mutmut make all mutants and try a sample, each with the tests that run its function."""
    from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants

    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(1)
    sample = draw(part, list(exit_codes(part)), size, seed)
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", "1", *sample], check=True)
    ends = exit_codes(part)
    # What runs when the package is imported was over before mutmut chose a mutant: survivors get processes of their own.
    again = {name: run_tests(part, mutant=name) for name in sample if ends[name] not in KILLED}
    return [Tried(name, *changed_lines(name), again.get(name, ends[name])) for name in sample]


def exit_codes(part: str) -> dict[str, int | None]:
    """Return how the tests ended by the name of the mutant; None where they were not run."""
    files = Path("mutants", PACKAGE, part).glob("*.meta")
    found = [json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"] for file in files]
    return {name: code for codes in found for name, code in codes.items()}


def changed_lines(name: str) -> tuple[str, str]:
    """Return the lines in which a mutant of mutmut's differs, as they were and as they are."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    module = name.partition(".x")[0].replace(".", "/")
    return removed_and_added(get_diff_for_mutant(name, path=Path(f"{module}.py")).splitlines())


def removed_and_added(diff: list[str]) -> tuple[str, str]:
    was, now = ("\n".join(line for line in diff[2:] if line[:1] == sign) for sign in "-+")
    return was, now


# --- one mutant at a time in the source itself


def try_one_by_one(part: str, size: int, seed: int) -> list[Tried]:
    """Write each mutant of a sample into the source, and run the tests until one fails."""
    from mutmut.mutation.file_mutation import create_mutations, deep_replace

    made = {}
    for file in sorted(Path(PACKAGE, part).glob("*.py")):
        module, mutations, _, _ = create_mutations(str(file), file.read_text(encoding="utf-8"))
        inside = [found for found in mutations if found.contained_by_top_level_function is not None]  # as mutmut does
        made.update({f"{file}:{number}": (file, module, found) for number, found in enumerate(inside)})
    if run_tests(part) != 0:
        sys.exit("the tests fail before anything is broken")
    tried = []
    for name in draw(part, list(made), size, seed):
        file, module, mutation = made[name]
        broken = deep_replace(module, mutation.original_node, mutation.mutated_node).code
        diff = list(difflib.unified_diff(module.code.splitlines(), broken.splitlines(), lineterm="", n=0))
        file.write_text(broken, encoding="utf-8")
        try:
            tried.append(Tried(name, *removed_and_added(diff), run_tests(part)))
        finally:
            file.write_text(module.code, encoding="utf-8")
        print(f"{KILLED.get(tried[-1].code, 'survived')}: {name}", flush=True)
    return tried


# --- what comes of it


def kind_of(was: str, now: str) -> str | None:
    """Return why the change makes no difference, or None where it may make one."""
    if TRACEBACK in was:
        return "whether a traceback is cut"
    if was[1:].lower() != now[1:].lower():
        return None
    texts = zip(*(re.findall(r'"([^"]*)"', lines) for lines in (was, now)), strict=True)
    changed = {one.lower() for one, other in texts if one != other}
    if changed <= ENCODINGS:
        return "how an encoding is spelt"
    return "the case of a header's name" if changed <= HEADERS and HEADERS_ARE_MEANT.search(was) else None


def report(part: str, sample: list[Tried]) -> bool:
    """Print every survivor that may make a difference, and how many were killed; say whether these were enough."""
    killed = Counter(KILLED[mutant.code] for mutant in sample if mutant.code in KILLED)
    kinds: Counter[str] = Counter()
    for mutant in sample:
        if mutant.code in KILLED:
            continue
        kind = kind_of(mutant.was, mutant.now)
        if kind is not None:
            kinds[kind] += 1
        else:
            print(f"\n{mutant.name}", mutant.was, mutant.now, sep="\n")
    meant = len(sample) - kinds.total()
    print(f"\n{part}: {len(sample)} tried, {dict(killed)}, no difference: {dict(kinds)}")
    print(f"killed: {killed.total() / len(sample):.1%} of all, {killed.total() / meant:.1%} of the others")
    return killed.total() / meant >= WANTED


def main() -> int:
    """Draw a sample, run the tests on each mutant in it, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("size", type=int, nargs="?", default=300, help="mutants to try (300)")
    parser.add_argument("--seed", type=int, default=9, help="draws the sample (9)")
    parser.add_argument("--where", type=Path, required=True, help="a folder for the broken copy")
    given = parser.parse_args()
    where = given.where.resolve()
    prepare(given.part, where)
    os.chdir(where)
    way = try_one_by_one if PARTS[given.part].one_by_one else try_by_mutmut
    return 0 if report(given.part, way(given.part, given.size, given.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
