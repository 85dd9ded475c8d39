from __future__ import annotations

from types import SimpleNamespace

import preload  # noqa: F401
import pytest

from pytest_oauthcc import ApiContract, OptionError
from pytest_oauthcc.contract.api_answers import read_challenge
from pytest_oauthcc.contract.api_reply import read_reply
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


class Raised(Exception):
    def __init__(self, **members):
        super().__init__("refused")
        vars(self).update(members)


@pytest.mark.parametrize(
    ("value", "challenge"),
    [
        (SimpleNamespace(status_code=401, headers={"WWW-Authenticate": "Bearer"}), "Bearer"),
        (SimpleNamespace(status=401, headers={"www-authenticate": "Bearer"}), "Bearer"),
        (SimpleNamespace(code=401, headers={"Www-Authenticate": "Bearer"}), "Bearer"),
        (SimpleNamespace(status_code=401, headers=[(b"www-authenticate", b"Bearer")]), "Bearer"),
        (
            SimpleNamespace(
                status="401 Unauthorized",
                status_code=401,
                headers=[("WWW-Authenticate", "Basic"), ("WWW-Authenticate", "Bearer")],
            ),
            "Basic, Bearer",
        ),
        (SimpleNamespace(status_code=401, headers={}), None),
        (SimpleNamespace(status_code=401), None),
        (Raised(status_code=401, headers={"WWW-Authenticate": "Bearer"}), "Bearer"),
        (Raised(status=401, headers=None), None),
    ],
)
def test_an_answer_is_read_whatever_library_it_is_of(value, challenge):
    """Status and challenge are found under the names and in the spellings of all libraries, and in frameworks' errors."""
    reply = read_reply(value, ())

    assert (reply.status, reply.challenge(), reply.error) == (401, challenge, None)


@pytest.mark.parametrize("error", [ValueError("no"), Raised(code="x5u"), Raised(status_code=7), Raised(status=None)])
def test_an_error_that_has_no_status_is_none(error):
    """What is raised without the status of an answer is an error of the API."""
    reply = read_reply(error, ())

    assert (reply.status, reply.error) == (None, error)
    assert not reply.let_in


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
        ("return None", "the fixture send returned None, which can't be called and is no URL; it has to return"),
        ("return 'orders'", "the fixture send returned 'orders', which can't be called and is no URL"),
        ("return 'ftp://orders.example'", "which can't be called and is no URL"),
        (
            "return 'http://127.0.0.1:1/orders'",
            "the API refused a good token (the API raised ConnectionRefusedError: * Connection refused), expected a status",
        ),
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


def test_an_api_that_hangs_is_stopped(outcomes, monkeypatch):
    """An API that does not come back is told of after a while, and the run goes on."""
    monkeypatch.setattr("pytest_oauthcc.contract.calls.PATIENCE", 0.2)
    done = outcomes(
        """
class TestIt(ApiContract):
    @pytest.fixture
    def send(self):
        import threading
        return lambda headers: threading.Event().wait()
""",
        "-k",
        "good_token_in",
    )
    done.assert_outcomes(failed=1, deselected=58)
    done.stdout.fnmatch_lines(["*the API refused a good token (the API raised TimeoutError: it did not come back*"])


def test_the_fakes_own_api_keeps_the_contract(outcomes):
    """What the fake puts in the place of an API refuses every forgery itself, with the right answers."""
    done = outcomes(
        """
class TestIt(ApiContract):
    scope = "orders:read"

    @pytest.fixture
    def send(self, oauthcc, oauthcc_server):
        oauthcc.api.require(scope="orders:read")
        oauthcc.api.get("/orders", params={"page": "1"}).reply(json=[])
        return oauthcc_server.api_url + "orders?page=1"
"""
    )
    assert done.parseoutcomes() == {"passed": 51, "skipped": 8}


def test_a_url_of_an_untrusted_server_is_told(outcomes):
    """Over https the certificate is checked against those that the machine trusts."""
    done = outcomes(
        """
@pytest.mark.oauthcc(tls=True)
class TestIt(ApiContract):
    @pytest.fixture
    def send(self, oauthcc_server):
        return oauthcc_server.api_url
""",
        "-k",
        "good_token_in",
    )
    done.assert_outcomes(failed=1, deselected=58)
    done.stdout.fnmatch_lines(["*the API raised SSLCertVerificationError: *CERTIFICATE_VERIFY_FAILED*"])


STUMBLING = """
class TestIt(ApiContract):
    scope = {scope!r}

    @pytest.fixture
    def send(self, oauthcc):
        def send(headers):
            token = headers.get("Authorization", "").partition(" ")[2]
            if not token:
                raise KeyError("Authorization")
            entry = oauthcc.authority.state.tokens.get(token)
            return 200 if entry and {scope!r} in (None, *entry.scopes) else 403
        return send
"""


def test_an_api_that_stumbles_does_not_refuse(outcomes):
    """An exception where a refusal belongs is what the check tells of."""
    done = outcomes(STUMBLING.format(scope=None), "-k", "without_token")
    done.stdout.fnmatch_lines(
        ["*the API stumbled over a request without token: the API raised KeyError: 'Authorization'; expected 401*"]
    )


@pytest.mark.parametrize(("scope", "outcome"), [("7", "passed"), ("orders:read", "passed"), (None, "skipped")], ids=str)
def test_scopes_are_compared_where_the_api_demands_one(outcomes, scope, outcome):
    """A scope without letters has no other case; without the attribute scope nothing can be decided."""
    done = outcomes(STUMBLING.format(scope=scope), "-k", "compares_scopes_whole")
    done.assert_outcomes(**{outcome: 1}, deselected=58)
    if outcome == "skipped":
        done.stdout.fnmatch_lines(["*it needs the attribute scope, such as scope = *: what the API demands*"])


def test_an_api_that_asks_elsewhere_for_every_token_is_a_mistake_of_the_test(outcomes):
    """Where a good token leads to a request that nothing serves, the message is the one that says what is served."""
    done = outcomes(
        """
class TestIt(ApiContract):
    @pytest.fixture
    def send(self):
        def send(headers):
            import requests
            try:
                requests.get("https://auth.oauthcc.test/keys")
            except AssertionError:
                return 503
        return send
""",
        "-k",
        "good_token_in",
    )
    done.assert_outcomes(failed=1, deselected=58)
    done.stdout.fnmatch_lines(["GET https://auth.oauthcc.test/keys is not served in this test*"])


UNKNOWN_KID_LET_IN = """
class TestIt(ApiContract):
    @pytest.fixture
    def send(self, oauthcc):
        keys = jwt.PyJWKClient(oauthcc.jwks_url)

        def send(headers):
            token = headers["Authorization"].partition(" ")[2]
            try:
                key = keys.get_signing_key_from_jwt(token)
            except jwt.PyJWKClientError:
                return 200
            jwt.decode(token, key, algorithms=["ES256"], audience=oauthcc.api_url)
            return 200
        return send
"""


def test_an_api_that_knows_no_keys_but_lets_in_is_told_once(outcomes):
    """What lets any kid in is told of by the check for that, not by the one about an outage."""
    done = outcomes(UNKNOWN_KID_LET_IN, "-k", "unknown_kid or keys_are_down")
    done.assert_outcomes(failed=1, skipped=1, deselected=57)
    done.stdout.fnmatch_lines(
        ["*works-while-the-keys-are-down: the API lets an unknown kid in; see refuses-unknown-kid*"]
    )


def test_a_function_that_hides_its_parameters_takes_no_params(outcomes):
    """Functions written in C may tell nothing of their parameters; then no query is tried."""
    done = outcomes(
        """
class TestIt(ApiContract):
    @pytest.fixture
    def send(self):
        return max
""",
        "-k",
        "in_the_query",
    )
    done.assert_outcomes(skipped=1, deselected=58)
    done.stdout.fnmatch_lines(["*it needs send(headers, params=None)*"])


def test_a_test_of_ones_own_is_told_of_the_missing_send(outcomes):
    """A further test in the class that asks for send, where nobody has written it, learns what to write."""
    done = outcomes(
        """
class TestIt(ApiContract):
    def test_mine(self, send):
        pass
""",
        "-k",
        "mine",
    )
    done.assert_outcomes(errors=1, deselected=59)
    done.stdout.fnmatch_lines(["*TestIt has no fixture send. Write it into the class:*"])


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
