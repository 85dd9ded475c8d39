from __future__ import annotations

import preload  # noqa: F401
import pytest

from pytest_oauthcc import ApiContract, OptionError
from pytest_oauthcc.contract.api_answers import read_challenge
from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import checks_of
from pytest_oauthcc.core.forgery_names import FORGERIES

HEAD = """
import asyncio
from types import SimpleNamespace

import jwt
import pytest
from pytest_oauthcc import ApiContract


def status_for(oauthcc, headers):
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    entry = oauthcc.authority.state.tokens.get(token)
    if scheme != "Bearer" or entry is None or token in oauthcc.authority.state.forged:
        return 401
    return 200 if entry.expiry > oauthcc.clock.time() and not entry.revoked else 401

"""


@pytest.fixture
def outcomes(pytester):
    """Run a contract class in a file of its own; returns the result and the outcome of each check."""

    def run(body, *arguments):
        pytester.makepyfile(HEAD + body)
        return pytester.runpytest("-v", "-rs", "-p", "no:asyncio", "-p", "no:randomly", *arguments)

    return run


def test_every_check_has_a_test_and_every_forgery_a_check():
    """The table and the class say the same, and no forgery is left out."""
    bound = [check.id for _, _, check in checks_of(ApiContract)]

    assert sorted(bound) == sorted(API_CHECKS)
    ids = {f"refuses-{name}" for name in FORGERIES if name != "too-little-scope"}
    assert ids < set(API_CHECKS)


@pytest.mark.parametrize("check", API_CHECKS.values(), ids=lambda check: check.id)
def test_every_check_says_what_a_failure_needs(check):
    """Each check names its source and says in sentences what is sent, why, and what to do."""
    assert check.source.startswith("RFC ")
    for text in (check.provoked, check.why, check.remedy):
        assert text.endswith(".")


@pytest.mark.parametrize(
    "returned",
    ["status", "SimpleNamespace(status_code=status)", "SimpleNamespace(status=status, headers={})"],
)
def test_send_may_return_a_status_or_a_response(outcomes, returned):
    """A number, a response with status_code and one with status are understood."""
    done = outcomes(
        f"""
class TestIt(ApiContract):
    @pytest.fixture
    def send(self, oauthcc):
        def send(headers):
            status = status_for(oauthcc, headers)
            return {returned}
        return send
""",
        "-k",
        "good_token_in or refuses_expired or without_token or params or query or tells_no_error",
    )
    for name in ("lets_a_good_token_in", "refuses_a_request_without_token", "refuses_expired"):
        done.stdout.fnmatch_lines([f"*test_{name} PASSED*"])
    done.stdout.fnmatch_lines(["*it needs send(headers, params=None), which puts params into the query of the URL*"])
    if returned == "status":
        done.stdout.fnmatch_lines(["*send returns a bare status; let it return the response, with its headers*"])
    if "headers" in returned:
        done.stdout.fnmatch_lines(["*the 401 to no token has no WWW-Authenticate, expected a Bearer challenge*"])


def test_send_may_be_async(outcomes):
    """An async send runs on the test's own loop."""
    done = outcomes(
        """
class TestIt(ApiContract):
    @pytest.fixture
    def send(self, oauthcc):
        async def send(headers):
            await asyncio.sleep(0)
            return status_for(oauthcc, headers)
        return send
""",
        "-k",
        "good_token_in or alg_none",
    )
    done.assert_outcomes(passed=5, deselected=54)


def test_an_api_that_ignores_everything_breaks_everything(outcomes):
    """Where every request gets 200, only what is about letting in holds; where every one gets 401, nothing is decided."""
    body = """
class TestIt(ApiContract):
    scope = "orders:read"

    @pytest.fixture
    def send(self, oauthcc):
        return lambda headers, params=None: {status}
"""
    open_to_all = outcomes(body.format(status=200))
    assert open_to_all.parseoutcomes()["failed"] > 35
    open_to_all.stdout.fnmatch_lines(["*test_refuses_alg_none FAILED*"])
    closed = outcomes(body.format(status=401)).parseoutcomes()
    assert closed == {"failed": 1, "skipped": 58}


@pytest.mark.parametrize(
    ("send", "said"),
    [
        ("return None", "the fixture send returned NoneType, which can't be called"),
        ("return lambda headers: 'ok'", "send returned 'ok'; it has to return the status of the API's answer"),
        ("return lambda headers: True", "send returned True; it has to return the status"),
        (
            "return lambda headers: 1 / 0",
            "the API refused a good token (the API raised ZeroDivisionError: division by zero)",
        ),
    ],
)
def test_a_useless_send_is_told(outcomes, send, said):
    """A fixture that gives nothing to judge by fails with a sentence that says what is wanted."""
    done = outcomes(
        f"""
class TestIt(ApiContract):
    @pytest.fixture
    def send(self):
        {send}
""",
        "-k",
        "good_token_in",
    )
    done.assert_outcomes(failed=1, deselected=58)
    done.stdout.fnmatch_lines([f"*{said.replace('[', '[[]')}*"])


def test_a_class_without_send_fails_in_every_test(outcomes):
    """Forgetting the fixture is an error in every test, with the lines to write."""
    done = outcomes("class TestIt(ApiContract):\n    pass\n")
    assert done.parseoutcomes() == {"errors": 59}
    done.stdout.fnmatch_lines(["*TestIt has no fixture send. Write it into the class:*"])


def test_waivers_and_exceptions_count_in_the_summary(outcomes):
    """A waived check is expected to fail, one that is not applicable is skipped, and the summary tells both."""
    done = outcomes(
        """
class TestIt(ApiContract):
    waived = {"refuses-expired": "the gateway does it"}
    not_applicable = {"refuses-alg-none": "the gateway does it as well"}

    @pytest.fixture
    def send(self):
        return lambda headers: 200
""",
        "-k",
        "refuses_expired or test_refuses_alg_none or good_token_in",
    )
    done.assert_outcomes(passed=1, xfailed=1, skipped=1, failed=3, deselected=53)
    done.stdout.fnmatch_lines(["*TestIt: 6 behaviours: 1 held, 3 broken, 1 waived, 1 skipped*"])


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"waived": {"refuses-exspired": "no"}}, "there is no check 'refuses-exspired'. Near: refuses-expired"),
        ({"waived": {"refuses-expired": ""}}, "waived['refuses-expired'] needs a reason"),
        ({"test_refuses_expired": lambda _self: None}, "takes the place of the contract's own test"),
        ({"scope": " "}, "scope takes a text such as"),
    ],
)
def test_wrong_declarations_are_errors(attributes, said):
    """A class that says something impossible can't be made."""
    with pytest.raises(OptionError) as raised:
        type("TestIt", (ApiContract,), attributes)
    assert said in str(raised.value)


def test_a_request_that_nothing_serves_is_the_apis_mistake(outcomes):
    """An API that goes where the token sends it is told of, with the place."""
    done = outcomes(
        """
class TestIt(ApiContract):
    @pytest.fixture
    def send(self, oauthcc):
        def send(headers):
            header = jwt.get_unverified_header(headers["Authorization"].partition(" ")[2])
            if "x5u" in header:
                import requests
                try:
                    requests.get(header["x5u"])
                except AssertionError:
                    return 401
            return 200
        return send
""",
        "-k",
        "x5u",
    )
    done.assert_outcomes(failed=1, deselected=58)
    done.stdout.fnmatch_lines(
        ["*the API made a request that nothing serves because of the forged token 'foreign-x5u'*"]
    )


@pytest.mark.parametrize(
    ("header", "attributes", "rest"),
    [
        ("Bearer", (), ""),
        ('Bearer realm="a, b", error="x"', (("realm", "a, b"), ("error", "x")), ""),
        ('Basic realm="x", Bearer realm="y", error=invalid_token', (("realm", "y"), ("error", "invalid_token")), ""),
        ('bearer realm="y", Basic realm="x"', (("realm", "y"),), ""),
        ('DPoP algs="ES256"', (("algs", "ES256"),), ""),
        ('Bearer error="a"b"', (("error", "a"),), 'b"'),
    ],
)
def test_challenges_are_read(header, attributes, rest):
    """The Bearer challenge is found among others, with its attributes and what nobody can read."""
    challenge = read_challenge(header)
    assert (challenge.attributes, challenge.rest) == (attributes, rest)


def test_no_bearer_challenge_is_none():
    """A header without Bearer has no challenge for a token."""
    assert read_challenge('Basic realm="x"') is None
    assert read_challenge("") is None
