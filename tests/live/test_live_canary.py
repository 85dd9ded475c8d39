"""The canary: a suite that spills its secrets everywhere, and a search for them in everything that its runs leave."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote

import pytest

from pytest_oauthcc.core.keys import ClientKey

SUITE = (Path(__file__).parent / "leaky_suite.py").read_text()
# What plugins write that keep reports as JSON.
REPORT_LOG = """
import json
def pytest_runtest_logreport(report):
    from _pytest.reports import TestReport
    data = CONFIG.hook.pytest_report_to_serializable(config=CONFIG, report=report)
    with open("out/reports.jsonl", "a") as file:
        file.write(json.dumps(data, default=str) + "\\n")
def pytest_configure(config):
    global CONFIG
    CONFIG = config
"""
DOCTESTS = '''
"""
>>> import os
>>> os.environ["LEAKY_SECRET"]
'nothing'
>>> raise ValueError(os.environ["LEAKY_KEY"])
"""
def test_ok(oauthcc):
    import requests
    requests.get(oauthcc.api_url, timeout=9)
'''
API_KEY = 'k3y/with "quotes", <tags> & \\slashes'
CONFTEST_ERROR = "import os\nraise RuntimeError('at import ' + os.environ['LEAKY_SECRET'])\n"
INTERNAL_ERROR = """
import os
def pytest_runtest_protocol(item):
    raise RuntimeError('internal ' + os.environ['LEAKY_SECRET'])
"""


def spellings(secret):
    """Yield what must not stand anywhere: either half of the secret, in every encoding."""
    for text in (secret[: len(secret) // 2], secret[len(secret) // 2 :]):
        run = max(re.findall(r"[A-Za-z0-9]*", text), key=len)
        if len(run) >= 10:
            yield run  # which every encoding leaves alone
            continue
        yield from (text, quote(text, safe=""), quote_plus(text), repr(text)[1:-1], html.escape(text))
        yield from (json.dumps(text)[1:-1], json.dumps(json.dumps(text)[1:-1])[1:-1])
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + secret.encode()).decode()[4:-4]


def leaks(text, secrets):
    """Return what was found of the secrets, with its surroundings."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    readings = {plain, unquote(unquote(plain))}
    return [
        (secret[:3], reading[max(0, reading.find(spelling) - 80) :][:200])
        for secret in secrets
        for spelling in set(spellings(secret))
        for reading in readings
        if spelling in reading
    ]


@pytest.fixture
def spill(pytester, live, authlib_server, tmp_path_factory, monkeypatch):
    """Run a suite that spills, and return its result with everything that it left behind, by name."""
    aside = tmp_path_factory.mktemp("aside")
    tokens, pem = aside / "tokens", aside / "client.pem"
    tokens.touch()
    pem.write_text(ClientKey().private_pem)
    client = authlib_server.clients["basic"]
    secret = client["client_secret"]
    for name, value in {
        "LEAKY_SECRET": secret,
        "LEAKY_KEY": API_KEY,
        "LEAKY_PEM": str(pem),
        "TOKENS_FILE": str(tokens),
    }.items():
        monkeypatch.setenv(name, value)
    (pytester.path / "pyproject.toml").write_text(
        f"""
        [tool.oauthcc.live.leaky]
        token_url = "{authlib_server.urls["token_url"]}"
        api_url = "{authlib_server.urls["api_url"]}"
        client_id = "{client["client_id"]}"
        client_secret_env = "LEAKY_SECRET"
        private_key_file_env = "LEAKY_PEM"
        headers_env = {{ X-Api-Key = "LEAKY_KEY" }}
        token_requests_per_minute = 500
        """
    )
    before = {path for path in pytester.path.rglob("*") if path.is_file()}

    def run(*arguments, suite=SUITE):
        pytester.makepyfile(test_leaky=suite)
        result = live(
            *("--oauthcc-target=leaky", "--showlocals", "-ra", "--junitxml=out/junit.xml", "--color=yes"),
            *("--log-file=out/run.log", "--log-level=DEBUG", "--oauthcc-drift=out/drift.json"),
            *("--oauthcc-learn=out/learned.toml", "--oauthcc-report=out/report.html", "-o", "junit_logging=all"),
            *arguments,
            subprocess=True,
        )
        kept = {path for path in pytester.path.rglob("*") if path.is_file() and path not in before}
        left = {
            path.name: path.read_text("utf-8", "replace") for path in kept if path.suffix not in {".py", ".pyc", ".ini"}
        }
        left |= {"stdout": result.stdout.str(), "stderr": result.stderr.str()}
        left = {name: text for name, text in left.items() if not name.startswith(("stdout.", "stderr."))}
        body = [line for line in pem.read_text().splitlines() if not line.startswith("---")]
        secrets = [secret, API_KEY, *tokens.read_text().split(), *body, "".join(body)]
        return result, left, secrets

    return run


def judge(left, secrets, *names):
    """Assert that the artefacts are there, say something, and say nothing secret."""
    for name in names:
        assert left[name].strip(), name
    found = {name: hits for name, text in left.items() if (hits := leaks(text, secrets))}
    assert not found, found


VARIANTS = {
    "long": ("-vv", "-rA", "--durations=0"),
    "short": ("-q", "--tb=short", "-o", "junit_family=xunit1"),
    "xdist": ("-n2", "-rA"),
    "live-log": ("-o", "log_cli=true", "--tb=native"),
    "setup-show": ("--setup-show", "--tb=line"),
}


@pytest.mark.parametrize("arguments", VARIANTS.values(), ids=VARIANTS)
def test_nothing_slips(spill, pytester, arguments):
    """Whatever fails, errs or warns, with whatever options: no artefact holds a secret in any encoding."""
    (pytester.path / "out").mkdir()
    pytester.makeconftest(REPORT_LOG)
    result, left, secrets = spill(*arguments)
    assert len(secrets) > 40
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] > 40
    assert outcomes["errors"] >= 3
    assert "***" in left["stdout"]
    for name in ("junit.xml", "reports.jsonl"):
        for text in ("deep note ***", "task ***", "plain ***", "exit ***", "log ***", "thread", "before the crash ***"):
            assert text in left[name], (name, text)
    assert 'id="drift"' in left["report.html"]
    assert "first test" in left["report.html"]
    names = ("junit.xml", "drift.json", "learned.toml", "report.html", "reports.jsonl", "lastfailed", "nodeids")
    judge(left, secrets, *names, "stdout")


@pytest.mark.parametrize("how", ["exit", "abort"])
def test_nothing_slips_from_a_crash(spill, monkeypatch, how):
    """A worker that dies, with a dump of its stack or without, takes its secrets along."""
    monkeypatch.setenv("LEAKY_CRASH", how)
    result, left, secrets = spill("-n1", "-k", "crash or chain or skips")
    result.stdout.fnmatch_lines(["*worker 'gw0' crashed*"])
    assert ("Fatal Python error: Aborted" in left["stderr"]) is (how == "abort")
    judge(left, secrets, "stdout", "junit.xml")


@pytest.mark.parametrize("how", ["interrupt", "exit"])
@pytest.mark.parametrize("arguments", [("--full-trace",), ("-n1",)], ids=["alone", "xdist"])
def test_nothing_slips_from_the_end(spill, monkeypatch, how, arguments):
    """A run that is broken off says why, without the secret."""
    monkeypatch.setenv("LEAKY_END", how)
    result, left, secrets = spill("-k", "test_end or test_chain", *arguments)
    assert result.ret != 0
    told = {"interrupt": "interrupted", "exit": "the end"}[how]
    assert f"{told} ***" in left["stdout"] + left["stderr"] or "-n1" in arguments
    judge(left, secrets, "stdout")


def test_nothing_slips_from_doctests(spill):
    """What a doctest got is shown without the secret."""
    result, left, secrets = spill("--doctest-modules", suite=DOCTESTS)
    result.assert_outcomes(passed=1, failed=1)
    assert "Got:" in left["stdout"]
    judge(left, secrets, "stdout", "junit.xml")


def test_nothing_slips_into_pytest_html(spill):
    """A plugin that makes a page of the reports gets them without secrets."""
    pytest.importorskip("pytest_html")
    _, left, secrets = spill("--html=out/page.html", "--self-contained-html")
    judge(left, secrets, "page.html", "stdout")


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "xdist"])
def test_nothing_slips_from_an_error_at_import(spill, workers):
    """A module that can't be imported says why, without the secret."""
    result, left, secrets = spill(*workers, suite=CONFTEST_ERROR)
    assert result.ret != 0
    assert "at import ***" in re.sub(r"\x1b\[[0-9;]*m", "", left["stdout"])
    judge(left, secrets, "stdout")


def test_nothing_slips_from_an_internal_error(pytester, spill):
    """An internal error of pytest shows no secret either."""
    pytester.makeconftest(INTERNAL_ERROR)
    result, left, secrets = spill()
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "internal ***" in left["stdout"] + left["stderr"]
    judge(left, secrets, "stdout")


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "xdist"])
def test_a_secret_in_the_name_of_a_test_is_refused(spill, workers):
    """The names of tests are written in too many places, so a secret in one is a usage error."""
    suite = "import os, pytest\n@pytest.mark.parametrize('x', [os.environ['LEAKY_KEY']])\ndef test_x(x): pass\n"
    result, left, secrets = spill(*workers, suite=suite)
    assert result.ret != 0
    assert "has a secret among its parameters" in left["stdout"] + left["stderr"]
    assert result.parseoutcomes().get("passed", 0) == 0
    judge(left, secrets)


def test_what_slips_past_pytest_fails_the_run(spill, pytester):
    """A file that another plugin writes is searched, masked, and fails the run."""
    pytester.makeconftest(
        """
        import os
        def pytest_addoption(parser):
            parser.addoption("--report-log", dest="report_log")
        def pytest_sessionfinish(session):
            open(session.config.option.report_log, "w").write("x" + os.environ["LEAKY_SECRET"])
        """
    )
    suite = (
        "from pathlib import Path\nimport os, requests\n"
        "def test_ok(oauthcc): requests.get(oauthcc.api_url, timeout=9)\n"
    )
    result, left, secrets = spill("--report-log=out/other.jsonl", suite=suite)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*a secret slipped through: client_secret in other.jsonl*"])
    judge(left, secrets, "other.jsonl")
