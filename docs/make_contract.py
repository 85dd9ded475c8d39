"""Writes docs/contract.md: ``python docs/make_contract.py``."""

# ruff: noqa: E501 - the text of a page

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract import ClientContract
from pytest_oauthcc.contract.binding import checks_of
from pytest_oauthcc.contract.table import CHECKS

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = Path(__file__).parent
TESTS = DOCS.parent / "tests" / "contract"
CHAPTERS = {
    "Getting": "Getting a token",
    "ReadingAnswers": "Reading the answer",
    "Credentials": "Awkward credentials",
    "Keeping": "Keeping it",
    "Renewing": "Renewing it",
    "OnEventLoops": "On event loops",
    "BeingRefused": "Being refused",
    "BadDays": "Bad days",
    "Safety": "Safety",
}

HEAD = """# The client contract

<!-- Made by docs/make_contract.py from pytest_oauthcc/contract/table and a run over tests/contract. -->

Write one fixture, and get a test for everything that is known to go wrong in client-credentials clients:

```python
import pytest
from pytest_oauthcc import ClientContract

class TestOrdersClient(ClientContract):
    scope = "orders:read"                    # optional: what the client has to ask for

    @pytest.fixture
    def call_api(self, oauthcc):             # returns a sync or async callable; each call makes one API request
        client = OrdersClient(oauthcc.api_url, oauthcc.token_url, oauthcc.client_id, oauthcc.client_secret)
        return client.orders
```

Each test provokes one thing, judges what the client does, and says what was provoked, what happened, why it matters and
what to do. What can't be decided for a client is skipped with the reason; it never passes silently. Nothing sleeps, and a
call that hangs is stopped after five seconds.

## The fixtures

- `call_api` is made after the check has prepared the provider, so that clients that fetch their token in the constructor
  are judged rightly. Take URLs and credentials from `oauthcc`: some checks change them.
- `make_client(client_id=None, client_secret=None, scope=None)`, optional, returns a fresh `call_api`. It decides about
  several clients and scopes.
- `send_body(body)`, optional, POSTs a JSON object through the client. It decides whether a repeated request has its body.
- `run_async(awaitable)` runs an awaitable on the test's event loop: that of pytest-asyncio or of anyio where they run the
  class's async fixtures, else one of its own. Use it in fixtures that have to await something, or override it.
- With `@pytest.mark.oauthcc(tls=True)` on the class, and the URLs in `call_api` taken from `oauthcc_server`, the client speaks
  HTTPS to a real socket. Then `refuses-bad-certificates` shows it certificates that it must not trust; let it trust the good
  one through `oauthcc_server.ca_pem_path` or `oauthcc_server.ssl_context`. What takes another host is skipped there.
- A provider's profile goes on the class: `@pytest.mark.oauthcc("hgem", api_key="k-123")`. Checks that make no sense for that
  provider are skipped.

## The attributes

- `waived = {"check-id": "reason"}`: the client may break it. The test is expected to fail; one that holds all the same is
  told in the summary, and does not fail the run.
- `not_applicable = {"check-id": "reason"}`: the check makes no sense for the client, and is skipped.
- `advice = True` adds the checks of the level *advice*, about which one may think otherwise.
- An id that does not exist is an error, and so is a test that was overwritten or removed in the subclass.

In a live run (`--oauthcc-live`) contracts are skipped: only a fake can misbehave on demand.

The run ends with a summary for each contract class:

```
test_orders.py::TestOrdersClient: 80 behaviours: 74 held, 1 broken, 1 waived, 4 skipped
  broken: renews-an-expired-token
  waived: repeats-the-call-after-a-401
```

## Time

The clock that the checks move is the one of `oauthcc.clock`: wall time and monotonic time, also for clients that hold
`time.time` in a default argument, an attribute, a closure or a `functools.partial`. Before a client is said to be late, the
contract looks for clocks that could not be moved (in tuples, in running generators, `datetime.now` held as a value) in what
`call_api` can reach: objects, functions, modules, the packages that they use. Where it finds one the check is skipped, and
names the holder. Sleeps are skipped, and move the clock. Where a thread of the client's sleeps beside the calls, its time
runs away, and nothing can be decided where it would be found fault with; `event.wait(seconds)` is not skipped.

"""


def page() -> str:
    """Return the page on the contract: text, table of checks, table of the zoo."""
    lines = [HEAD, "## The checks\n\n"]
    tests = {check.id: (name, function) for name, function, check in checks_of(ClientContract)}
    for chapter, title in CHAPTERS.items():
        lines.append(f"### {title}\n\n| check | level | source | what is provoked | test |\n|---|---|---|---|---|\n")
        for check in CHECKS.values():
            name, function = tests[check.id]
            if function.__qualname__.startswith(f"{chapter}."):
                cells = (f"`{check.id}`", check.level, check.source, check.provoked, f"`{name}`")
                lines.append(_row(cells))
        lines.append("\n")
    return "".join([*lines, *_zoo()])


def _zoo() -> Iterable[str]:
    zoo_run, mutants = _module("zoo_run"), _module("zoo_mutants")
    yield "## The zoo\n\n"
    yield "The checks are tested themselves: against clients that are right, of several kinds, and against a client for each bug,\n"
    yield "which is the right one with one small difference. All bugs run on requests, httpx and asynchronous httpx.\n\n"
    yield "| right client | driver | held | broken | skipped |\n|---|---|---|---|---|\n"
    for animal, cls in mutants.INNOCENT.items():
        for driver in zoo_run.DRIVERS:
            results = zoo_run.results_of(animal, driver)
            if results:
                told = (cls.__doc__ or "").strip().partition("\n")[0]
                name = f"{animal}: {told}" if animal != "Right" else "Right"
                yield _row((name, driver, *(str(number) for number in _counts(results))))
    yield "\n| bug | caught by | requests | httpx | async httpx |\n|---|---|---|---|---|\n"
    for animal, cls in mutants.MUTANTS.items():
        marks = [_mark(zoo_run, cls, animal, driver) for driver in zoo_run.DRIVERS]
        yield _row((cls.bug, ", ".join(f"`{check}`" for check in cls.caught_by), *marks))


def _counts(results: Iterable[Any]) -> tuple[int, int, int]:
    worst: dict[str, str] = {}
    order = ["failed", "passed", "skipped"]
    for result in results:
        worst[result.check] = min(worst.get(result.check, "skipped"), result.outcome, key=order.index)
    outcomes = list(worst.values())
    return outcomes.count("passed"), outcomes.count("failed"), outcomes.count("skipped")


def _mark(zoo_run: Any, cls: Any, animal: str, driver: str) -> str:
    if getattr(cls, "only", driver) != driver:
        return ""
    return "caught" if all(zoo_run.caught(animal, driver, check) for check in cls.caught_by) else "MISSED"


def _module(name: str) -> Any:
    if name in sys.modules:
        return sys.modules[name]
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    spec = importlib.util.spec_from_file_location(name, TESTS / f"{name}.py")
    assert spec is not None  # noqa: S101
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


if __name__ == "__main__":
    (DOCS / "contract.md").write_text(page(), encoding="utf-8")
