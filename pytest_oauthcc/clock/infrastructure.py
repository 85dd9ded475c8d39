"""Which modules keep the real time, whatever the clock of a test says."""

from __future__ import annotations

import sys

__all__ = ["LEFT_ALONE", "asks_for_real_time", "caller_keeps_real_time", "is_left_alone"]

# Their timeouts, event loops and durations are about the machine that runs the test, not about the story the test
# tells: with a clock that stands still they would wait for ever, with one that leaps they would give up at once.
# Nothing in these modules and packages is replaced. The names are whole: "gi" is PyGObject, not "github_auth".
LEFT_ALONE = frozenset(
    {
        "asyncio",
        "concurrent",
        "coverage",
        "execnet",
        "freezegun",
        "gi",
        "google.gax",
        "hypothesis",
        "multiprocessing",
        "nose.plugins",
        "pluggy",
        "prompt_toolkit",
        "pytest_asyncio",
        "pytest_benchmark",
        "pytest_oauthcc",
        "pytest_timeout",
        "_pytest",
        "queue",
        "sched",
        "selectors",
        "selenium",
        "socketserver",
        "subprocess",
        "telnetlib",
        "threading",
        "time_machine",
        "trio",
        "unittest",
        "urllib3.util.timeout",
        "xdist",
    }
)

# Of those, the ones that ask ``time.monotonic()`` and its like by attribute, or took the fake by being imported late.
# The others call functions on behalf of their users (a thread its target, an executor its job), who want the fake time.
_ASK_FOR_REAL_TIME = frozenset(
    {
        "asyncio.base_events",
        "asyncio.windows_events",
        "concurrent.futures._base",
        "execnet",
        "gi",
        "google.gax",
        "hypothesis",
        "multiprocessing.connection",
        "multiprocessing.managers",
        "multiprocessing.queues",
        "multiprocessing.synchronize",
        "nose.plugins",
        "prompt_toolkit",
        "pytest_timeout",
        "_pytest",
        "queue",
        "selenium",
        "socketserver",
        "subprocess",
        "telnetlib",
        "trio._core._run",
        "trio._core._mock_clock",
        "unittest.runner",
        "urllib3.util.timeout",
        "xdist",
    }
)


def _belongs_to(name: str, families: frozenset[str]) -> bool:
    while name:
        if name in families:
            return True
        name = name.rpartition(".")[0]
    return False


def is_left_alone(module_name: str) -> bool:
    """Whether nothing in the module of that name may be replaced by a fake."""
    return _belongs_to(module_name, LEFT_ALONE)


_verdicts: dict[str, bool] = {}  # the question is put at each reading of the time, and there are few who ask


def asks_for_real_time(module_name: str) -> bool:
    """Whether code of the module of that name gets the real time where it asks for the time."""
    verdict = _verdicts.get(module_name)
    if verdict is None:
        verdict = _verdicts[module_name] = _belongs_to(module_name, _ASK_FOR_REAL_TIME)
    return verdict


def caller_keeps_real_time(depth: int) -> bool:
    """
    Whether the code that calls keeps the real time.

    Args:
        depth: How many frames above the caller of this function the code in question stands.
    """
    # sys._getframe is what the inspect module wraps, at a tenth of the price.
    return asks_for_real_time(str(sys._getframe(depth + 1).f_globals.get("__name__")))  # noqa: SLF001
