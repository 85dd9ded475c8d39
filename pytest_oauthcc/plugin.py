"""The pytest face: marker, ini settings, and what happens around each test. The fixtures are next door."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.defaults import DEFAULTS, Defaults
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.fixtures import *  # noqa: F403 - pytest looks for fixtures in the module of the plugin
from pytest_oauthcc.layers import INI, Layer, values_from_ini
from pytest_oauthcc.options import OPTIONS, PROFILE_OPTIONS, check_option
from pytest_oauthcc.running import RUNNING

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import TracebackType

    from pytest_oauthcc.errors import OauthccError
    from pytest_oauthcc.live.run import LiveRun

MARKER = (
    "oauthcc(profile=None, **options): fake an OAuth 2.0 provider for the test: "
    "a profile's name or .toml file first, then options such as token_url, scopes, expires_in."
)
LIVE_MARKER = "oauthcc_live: only for the real provider; skipped without --oauthcc-live."
CLOCK_BACKENDS = ("freezegun", "time-machine")

_defaults = pytest.StashKey[Defaults]()
_beside: pytest.StashKey[Sequence[tuple[OauthccError, TracebackType | None]]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ini settings and command-line options."""
    for option in OPTIONS.values():
        about = f"{option.about} Takes {option.takes}."
        kind = "string" if option.ini == "int" and pytest.version_tuple < (8, 4) else option.ini  # it came with 8.4
        parser.addini(f"oauthcc_{option.name}", about, type=kind, default=None)
    for name in PROFILE_OPTIONS:
        parser.addini(f"oauthcc_{name}", f"The option {name} of the profile that oauthcc_profile names.", default=None)
    parser.addini(
        "oauthcc_clock_backend", f"What moves the time: {' or '.join(CLOCK_BACKENDS)}.", default=CLOCK_BACKENDS[0]
    )
    group = parser.getgroup("oauthcc", "OAuth 2.0 client credentials")
    group.addoption("--oauthcc-profiles", action="store_true", help="list the provider profiles and exit")
    group.addoption("--oauthcc-profile", metavar="NAME", help="show one provider profile and exit")
    group.addoption("--oauthcc-rules", action="store_true", help="list the rules for clients and exit")
    group.addoption("--oauthcc-trace", action="store_true", help="print the exchanges of passing tests, too")
    group.addoption("--oauthcc-live", action="store_true", help="run the tests against the real provider")
    group.addoption("--oauthcc-target", metavar="NAME", help="which one: a table [tool.oauthcc.live.NAME]")
    group.addoption("--oauthcc-live-strict", action="store_true", help="fail where the fake differs from the provider")
    group.addoption("--oauthcc-drift", metavar="FILE.json", help="write where the fake differs from the provider")
    group.addoption("--oauthcc-learn", metavar="FILE.toml", help="write a profile of the provider as it was seen")
    group.addoption("--oauthcc-report", metavar="FILE.html", help="write a page that shows what every test exchanged")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and read all ini settings, so that a wrong one is told before any test runs."""
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", LIVE_MARKER)
    try:
        values, backend = _read_ini(config)
        live = _live_run(config)
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_defaults] = Defaults(Layer(INI, values), backend, config.rootpath, live)
    DEFAULTS.append(config.stash[_defaults])
    if config.option.oauthcc_report:
        from pytest_oauthcc.report_page import ReportPage

        is_worker = hasattr(config, "workerinput")
        path = None if is_worker else config.invocation_params.dir / config.option.oauthcc_report
        config.pluginmanager.register(ReportPage(path), "oauthcc-report")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forget the ini settings of a run inside a run."""
    if _defaults in config.stash:
        DEFAULTS.remove(config.stash[_defaults])


def _read_ini(config: pytest.Config) -> tuple[dict[str, Any], str]:
    values = {}
    for name in OPTIONS:
        where = f"ini setting oauthcc_{name}"
        try:
            found = config.getini(f"oauthcc_{name}")
        except (
            TypeError,
            ValueError,
            pytest.UsageError,
        ) as error:  # pytest could not bring it into the type of the setting
            raise OptionError(f"{where}: it takes {OPTIONS[name].takes} ({error})") from None
        if found is not None:
            values[name] = check_option(name, values_from_ini(name, found), where, {})
    for name in PROFILE_OPTIONS:
        found = config.getini(f"oauthcc_{name}")
        if found:
            values[name] = values_from_ini(name, found)  # checked when the profile is known
    backend = config.getini("oauthcc_clock_backend")
    if backend not in CLOCK_BACKENDS:
        raise OptionError(f"ini setting oauthcc_clock_backend: takes {' or '.join(CLOCK_BACKENDS)}, not {backend!r}")
    return values, backend


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Answer the options that only ask for information."""
    options = config.option
    if not (options.oauthcc_profiles or options.oauthcc_profile or options.oauthcc_rules):
        return None
    from pytest_oauthcc.information import lines

    try:
        asked = list(lines(options, config.invocation_params.dir))
    except OptionError as error:
        raise pytest.UsageError(str(error)) from None
    print(*asked, sep="\n")  # noqa: T201 - this is what was asked for
    return 0


def _live_run(config: pytest.Config) -> LiveRun | None:
    """Register what a live run does otherwise, and return what its tests share; None where providers are faked."""
    option = config.option
    if option.oauthcc_live:
        from pytest_oauthcc.live.plugin import LivePlugin

        plugin = LivePlugin(config)
        config.pluginmanager.register(plugin, "oauthcc-live")
        return plugin.run
    for name in ("target", "live_strict", "drift", "learn"):
        if getattr(option, f"oauthcc_{name}"):
            raise OptionError(f"--oauthcc-{name.replace('_', '-')} is for live runs; add --oauthcc-live")
    return None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Skip a test that is for live runs only; request the fixture for one that only has the marker."""
    if item.get_closest_marker("oauthcc_live") is not None and not item.config.option.oauthcc_live:
        item.add_marker(pytest.mark.skip(reason="it only makes sense with --oauthcc-live"))
    if item.config.option.oauthcc_live and hasattr(getattr(item, "function", None), "oauthcc_check"):
        item.add_marker(pytest.mark.skip(reason="--oauthcc-live: only a fake can misbehave on demand"))
    names = getattr(item, "fixturenames", None)
    if names is None or "oauthcc" in names or item.get_closest_marker("oauthcc") is None:
        return
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009 - not every item has it
    wider = [name for name in names if name in definitions and definitions[name][-1].scope != "function"]
    # Before the test's own fixtures, which may build a client; in a list of its own, for parametrized tests share one.
    item.fixturenames = [*names[: len(wider)], "oauthcc", *names[len(wider) :]]  # type: ignore[attr-defined]


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> None:
    """Let a contract class with anyio's marker run on anyio's backends."""
    del name
    if isinstance(obj, type) and getattr(obj, "oauthcc_contract", False):
        from pytest_oauthcc.contract.loops import use_anyio

        use_anyio(collector, obj)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Say which test begins, to those providers that outlive tests."""
    board = _board()
    if board is not None:
        board.begin_test(item.nodeid)
    try:
        return (yield)
    except BaseException as error:
        _set_aside(item, error)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in its teardown for what happened there, with providers that outlive it as well."""
    __tracebackhide__ = True
    try:
        result = yield
    except BaseException as error:
        _set_aside(item, error)
        raise
    if _board() is not None:
        from pytest_oauthcc.session import settle

        settle()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test in its call phase when its client did something wrong that nobody noticed."""
    __tracebackhide__ = True
    item.stash[RUNNING] = True
    try:
        result = yield
    except BaseException as error:
        _set_aside(item, error)
        raise
    finally:
        item.stash[RUNNING] = False
    board = _board()
    if board is None:
        return result
    if getattr(item, "_excinfo", None):  # unittest keeps a failure there instead of raising it
        _set_aside(item)
        return result
    from pytest_oauthcc.session import settle

    settle()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the exchanges of a test that failed."""
    report = yield
    board = _board()
    if board is None or not board.sites or call.when == "teardown" or item.stash.get(RUNNING, False):
        return report
    if report.failed or (call.when == "call" and _shows_passing_tests(item.config)):
        from pytest_oauthcc.reporting import sections

        failure = None if call.excinfo is None else call.excinfo.value
        report.sections.extend(sections(item.stash.get(_beside, []), failure))
    return report


def _shows_passing_tests(config: pytest.Config) -> bool:
    return bool(config.option.oauthcc_trace) or _shows_passing_tests_itself(config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what became of client contracts, and print the exchanges of passing tests, if that was asked for."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    if any(name == "oauthcc_contract" for report in reports for name, _ in getattr(report, "user_properties", ())):
        from pytest_oauthcc.contract.summary import write_summary

        write_summary(terminalreporter)
    if not config.option.oauthcc_trace or _shows_passing_tests_itself(config):
        return
    for report in terminalreporter.getreports("passed"):
        for title, text in report.sections:
            if title.startswith("oauthcc: "):
                terminalreporter.write_sep("-", f"{title} of {report.nodeid}")
                terminalreporter.write_line(text)


def _shows_passing_tests_itself(config: pytest.Config) -> bool:
    """Whether pytest prints the sections of passing tests anyway."""
    return bool(set("PA") & set(config.option.reportchars))


def _set_aside(item: pytest.Item, told: BaseException | None = None) -> None:
    """Keep what went wrong beside the failure that the test has already, for a section of its report."""
    if _board() is None:
        return
    from pytest_oauthcc.session import take_problems

    chain = []
    while told is not None and told not in chain:
        chain.append(told)
        told = told.__cause__ or told.__context__
    item.stash[_beside] = [problem for problem in take_problems() if problem[0] not in chain]


def _board() -> Any:
    """Return the switchboard, if anything of ours was ever used in this process."""
    module = sys.modules.get("pytest_oauthcc.transports.switchboard")
    return None if module is None else module.BOARD
