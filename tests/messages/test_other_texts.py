from __future__ import annotations

import pytest
from message_world import SECRET, World, golden

from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.explain.notes import notes
from pytest_oauthcc.explain.refusal_remedies import remedy_of
from pytest_oauthcc.explain.showing import clock_time, cut_middle
from pytest_oauthcc.explain.timeline import timeline
from pytest_oauthcc.explain.too_many import too_many
from pytest_oauthcc.explain.unserved import Served, not_served
from pytest_oauthcc.explain.violations import violations
from pytest_oauthcc.rules.finding import Finding
from pytest_oauthcc.rules.rule import Rule

SERVED = [
    Served("token endpoint", "POST", "https://auth.oauthcc.test/oauth/token"),
    Served("API", "any", "https://api.oauthcc.test/v1/"),
    Served("metadata", "GET", "https://auth.oauthcc.test/.well-known/oauth-authorization-server"),
]

FORM_RULE = Rule(
    id="wrong-content-type",
    level="must",
    rfc="RFC 6749 section 4.4.2",
    title="A token request does not come as a form.",
    looks_at="Content-Type",
    why="A server that follows the RFC reads a form and nothing else, so that the client works with no other server.",
    remedy="With requests and httpx: data={...} instead of json={...}.",
)
KEEP_RULE = Rule(
    id="token-refetched-while-valid",
    level="should",
    rfc="RFC 6749 section 1.5",
    title="A token is asked for although the last one is still good.",
    looks_at="the journal",
    why="Providers limit the rate of token requests.",
    remedy="Keep the token until shortly before it expires.",
    kind="behaviour",
)


def refusal(url, *, token=False, claimed=False, via="", served=SERVED, headers=()):
    """Explain the refusal of a request."""
    request = Request("POST" if token else "GET", url, Headers(headers), via=via)
    return not_served(request, served, looks_like_token_request=token, claimed_host=claimed)


# --- not served


def test_a_token_request_to_a_host_that_is_not_served():
    """The option that would serve the URL is given literally."""
    golden(
        refusal("https://login.acme.example/oauth/token?client_secret=s3cr3t-of-acme", token=True, via="httpx"),
        """
        POST https://login.acme.example/oauth/token?client_secret=***4bed is not served in this test, and it looks like a token request

        The request was refused; nothing left the process. It was sent by httpx.

        served in this test:
          token endpoint  POST  https://auth.oauthcc.test/oauth/token
          API             any   https://api.oauthcc.test/v1/
          metadata        GET   https://auth.oauthcc.test/.well-known/oauth-authorization-server

        To serve this URL:      @pytest.mark.oauthcc(token_url="https://login.acme.example/oauth/token")
        To use what is served:  give the client oauthcc.token_url
        """,
    )


def test_a_token_request_with_a_slash_too_many():
    """A URL that is nearly right is compared with the one that is served."""
    golden(
        refusal("https://auth.oauthcc.test/oauth/token/", token=True, claimed=True),
        """
        POST https://auth.oauthcc.test/oauth/token/ is not served in this test, and it looks like a token request

        The request was refused; nothing left the process.

        served in this test:
          token endpoint  POST  https://auth.oauthcc.test/oauth/token
          API             any   https://api.oauthcc.test/v1/
          metadata        GET   https://auth.oauthcc.test/.well-known/oauth-authorization-server

        The token endpoint differs in the slash at the end only: https://auth.oauthcc.test/oauth/token
        To serve this URL:      @pytest.mark.oauthcc(token_url="https://auth.oauthcc.test/oauth/token/")
        To use what is served:  give the client oauthcc.token_url
        """,
    )


def test_a_path_without_the_prefix_of_the_api():
    """An API below a path is told from one at the root."""
    golden(
        refusal("https://api.oauthcc.test/orders", claimed=True),
        """
        GET https://api.oauthcc.test/orders is not served in this test, although other URLs of its host are

        The request was refused; nothing left the process.

        served in this test:
          token endpoint  POST  https://auth.oauthcc.test/oauth/token
          API             any   https://api.oauthcc.test/v1/
          metadata        GET   https://auth.oauthcc.test/.well-known/oauth-authorization-server

        api_url is https://api.oauthcc.test/v1/: the beginning /v1 of the path is missing: https://api.oauthcc.test/v1/orders
        To serve it as the API:        @pytest.mark.oauthcc(api_url="https://api.oauthcc.test/")
        To use the API that is there:  give the client oauthcc.api_url
        """,
    )


def test_a_misspelt_path_on_a_host_of_ours():
    """The nearest URL is proposed."""
    golden(
        refusal("https://auth.oauthcc.test/.well-known/oauth-authorization-srever", claimed=True),
        """
        GET https://auth.oauthcc.test/.well-known/oauth-authorization-srever is not served in this test, although other URLs of its host are

        The request was refused; nothing left the process.

        served in this test:
          token endpoint  POST  https://auth.oauthcc.test/oauth/token
          API             any   https://api.oauthcc.test/v1/
          metadata        GET   https://auth.oauthcc.test/.well-known/oauth-authorization-server

        Did the client mean https://auth.oauthcc.test/.well-known/oauth-authorization-server (metadata)?
        To serve it as the API:        @pytest.mark.oauthcc(api_url="https://auth.oauthcc.test/")
        To use the API that is there:  give the client oauthcc.api_url
        """,
    )


def test_a_request_to_a_foreign_host():
    """Everything that a test may have meant is offered."""
    golden(
        refusal("https://user:pass-word-1@api.acme.example/orders", via="requests"),
        """
        GET https://***@api.acme.example/orders is not served in this test

        The request was refused; nothing left the process. It was sent by requests.

        served in this test:
          token endpoint  POST  https://auth.oauthcc.test/oauth/token
          API             any   https://api.oauthcc.test/v1/
          metadata        GET   https://auth.oauthcc.test/.well-known/oauth-authorization-server

        If it is the API of the client:     @pytest.mark.oauthcc(api_url="https://api.acme.example/")
        If the client should use the fake:  give it oauthcc.api_url
        If you have a stub for it:          responses.add(...) in an active responses mock is left to answer it
        If it may really be sent:           @pytest.mark.oauthcc(passthrough=["api.acme.example"])
        """,
    )


def test_nothing_is_served():
    """A request outside of a test, such as one by a thread that outlived it."""
    golden(
        refusal("https://auth.oauthcc.test/oauth/token", token=True, served=[]),
        """
        POST https://auth.oauthcc.test/oauth/token is not served in this test, and it looks like a token request

        The request was refused; nothing left the process.

        nothing is served at this moment: no oauthcc provider is in use.
        Was the request made before the fixture, or after its test had ended (by a thread or task of it)?

        To serve this URL:  @pytest.mark.oauthcc(token_url="https://auth.oauthcc.test/oauth/token")
        """,
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://auth.oauthcc.test:8080/oauth/token", "is served at another port or scheme: https://auth.oauthcc.test"),
        ("https://auth.oauthcc.test//oauth/token", "has two slashes in a row; the token endpoint is https://auth"),
        ("https://auth.oauthcc.test/OAuth/Token", "differs in upper and lower case only: https://auth.oauthcc.test"),
        ("https://auth.oauthcc.test/oauth/tokens", "Did the client mean https://auth.oauthcc.test/oauth/token"),
    ],
)
def test_small_differences_of_a_url(url, told):
    """Each small difference is named together with the right URL."""
    assert told in refusal(url, token=True, claimed=True)


@pytest.mark.parametrize("url", ["https://auth.oauthcc.test:8443/elsewhere", "https://auth.oauthcc.test/"])
def test_nothing_near(url):
    """Where nothing is near, no guess is made."""
    text = refusal(url, claimed=True)
    assert "Did the client mean" not in text
    assert "differs" not in text


def test_a_host_of_ours_without_an_api():
    """The API that is there is only offered where there is one."""
    text = refusal("https://auth.oauthcc.test/users", claimed=True, served=SERVED[:1])
    assert "oauthcc.api_url" not in text
    assert '@pytest.mark.oauthcc(api_url="https://auth.oauthcc.test/")' in text


@pytest.mark.parametrize(
    ("via", "told"), [("httpx", "respx.mock"), ("httpx2", "respx.mock"), ("urllib", "make it active")]
)
def test_stubs_of_other_libraries(via, told):
    """The advice about a stub fits the HTTP library."""
    assert told in refusal("https://api.acme.example/", via=via)


def test_many_providers_are_cut_to_the_nearest():
    """Of a hundred things that are served the nearest ones are listed."""
    served = [Served("token endpoint", "POST", f"https://auth{n}.oauthcc.test/oauth/token") for n in range(100)]
    text = refusal("https://auth77.oauthcc.test/oauth/tokn", token=True, served=served)
    assert "https://auth77.oauthcc.test/oauth/token\n" in text
    assert "... 88 more ..." in text


def test_a_secret_in_a_header_is_hidden_in_the_url():
    """What a request carries as a secret is masked everywhere in the text about it."""
    token = "opaque-token-number-1"
    text = refusal(f"https://api.acme.example/tokens/{token}", headers=[("Authorization", f"Bearer {token}")])
    assert token not in text
    assert "/tokens/***69bc" in text


# --- too many exchanges


def test_an_endless_retry_after_a_401():
    """The loop is told as the exchanges that repeat, with its beginning and its cause."""
    world = World()
    world.token()
    world.api()
    world.authority.api.require(scope="orders:write")
    for _ in range(500):
        world.api()
        world.token()
    golden(
        too_many(1000, world.journal),
        """
        more than 1,000 exchanges in one test: the client goes round in a circle

        the last 1,000 exchanges repeat these 2:
          1,001  +0s  API request    GET https://api.test/orders -> 403 (insufficient scope)
          1,002  +0s  token request  POST https://auth.test/token -> 200
          (500 times, without a pause)

        before that:
          1  +0s  token request  POST https://auth.test/token -> 200
          2  +0s  API request    GET https://api.test/orders -> 200

        The API request is refused each time: the token lacks the scope orders:write; it has none. The
        client has to ask for it in its token request; a new token alone does not help.
        The client fetches a new token and tries again without a limit: that has to end when it fails, too.

        If the test needs that many: @pytest.mark.oauthcc(max_exchanges=10000)
        """,
    )


def test_an_endless_retry_of_a_token_request():
    """A loop of one exchange, with the time that it took on the test's clock."""
    world = World()
    for _ in range(20):
        world.token(secret="another-secret")
        world.clock.advance(2)
    text = too_many(20, world.journal)
    golden(
        text,
        """
        more than 20 exchanges in one test: the client goes round in a circle

        the last 20 exchanges are all like this one:
          20  +38s  token request  POST https://auth.test/token -> 401 (bad secret)
          (20 times, in 38 s on the clock of the test)

        The token request is refused each time: the client_secret of 'billing' is wrong. The right one is
        oauthcc.client_secret.
        The client tries again without a limit: it should give up after a few attempts, and wait between
        them.

        If the test needs that many: @pytest.mark.oauthcc(max_exchanges=200)
        """,
    )
    assert SECRET not in text
    assert "another-secret" not in text


def test_a_loop_in_which_nothing_is_refused():
    """Where every answer was right the loop is the client's or the test's."""
    world = World()
    world.token()
    for _ in range(20):
        world.api()
    golden(
        too_many(20, world.journal),
        """
        more than 20 exchanges in one test: the client goes round in a circle

        the last 20 exchanges are all like this one:
          21  +0s  API request  GET https://api.test/orders -> 200
          (20 times, without a pause)

        before that:
          1  +0s  token request  POST https://auth.test/token -> 200

        All of them were answered: the loop is in the test, or in what the client does with the answers.

        If the test needs that many: @pytest.mark.oauthcc(max_exchanges=200)
        """,
    )


def test_a_scripted_failure_without_end():
    """A failure that the test scripted is told as the answer has it."""
    world = World()
    world.authority.token_endpoint.fail("temporarily_unavailable", description="try again")
    for _ in range(20):
        world.token()
    assert "The token request gets 503 temporarily_unavailable: try again each time." in too_many(20, world.journal)


def test_many_exchanges_without_a_pattern():
    """Where nothing repeats the last exchanges are shown."""
    world = World()
    world.token()
    for number in range(12):
        world.api(f"/orders/{number}")
    golden(
        too_many(12, world.journal),
        """
        more than 12 exchanges in one test

        the last 10 exchanges, in which nothing repeats:
          4   +0s  API request  GET https://api.test/orders/2 -> 200
          5   +0s  API request  GET https://api.test/orders/3 -> 200
          6   +0s  API request  GET https://api.test/orders/4 -> 200
          7   +0s  API request  GET https://api.test/orders/5 -> 200
          8   +0s  API request  GET https://api.test/orders/6 -> 200
          9   +0s  API request  GET https://api.test/orders/7 -> 200
          10  +0s  API request  GET https://api.test/orders/8 -> 200
          11  +0s  API request  GET https://api.test/orders/9 -> 200
          12  +0s  API request  GET https://api.test/orders/10 -> 200
          13  +0s  API request  GET https://api.test/orders/11 -> 200

        If the test needs that many: @pytest.mark.oauthcc(max_exchanges=120)
        """,
    )


# --- the timeline


def test_a_timeline():
    """Who to whom, what, the verdict, the broken rules and the moves of the clock."""
    world = World()
    entry = world.token(kind="application/json", scope="orders:read")
    entry.violations = (Finding(FORM_RULE, entry, "the Content-Type is application/json"),)
    world.token(scope="orders:read")
    world.api("/orders?page=2")
    world.clock.advance(3600)
    world.api("/orders?access_token=an-access-token", token=None)
    world.token(auth="none", grant_type="password", password="pass-word-9")
    world.authority.token_endpoint.time_out()
    world.token(auth="post", resource="https://api.test/")
    world.send("GET", world.authority.metadata_url)
    golden(
        timeline([("oauthcc", world.journal)]),
        """
            +0s  client -> token endpoint  POST 'billing' by client_secret_basic, scope='orders:read'              -> 400 (wrong content type)
                 the Content-Type is application/json, and this provider wants application/x-www-form-urlencoded
                 ! wrong-content-type (MUST): the Content-Type is application/json
            +0s  client -> token endpoint  POST 'billing' by client_secret_basic, scope='orders:read'              -> 200, token ***69bc for 3600 s, scope 'orders:read'
            +0s  client -> API             GET /orders?page=2  token ***69bc                                       -> 200
        --- clock moved +3600 s ---
         +3600s  client -> API             GET /orders?access_token=***2a26  no token                              -> 401 (token missing)
                 the request carries its token in the query; this API takes it in the Authorization header only
         +3600s  client -> token endpoint  POST without authentication, grant_type='password', password='***36bc'  -> 400 (unsupported grant type)
                 grant_type is 'password'; this endpoint knows 'client_credentials'
         +3600s  client -> token endpoint  POST 'billing' by client_secret_post, resource='https://api.test/'      -> read timeout
         +3600s  client -> metadata        GET https://auth.test/.well-known/oauth-authorization-server            -> 200
        """,
    )


def test_a_timeline_of_two_providers():
    """The exchanges of several providers are put in the order of their times."""
    one, other = World(), World(token_url="https://login.hgem.test/token", api_url="https://hgem.test/")
    one.token()
    other.token()
    one.clock.advance(10)
    one.api()
    other.clock.advance(5)
    other.api()
    golden(
        timeline([("oauthcc", one.journal), ("hgem", other.journal)]),
        """
            +0s  client -> oauthcc token endpoint  POST 'billing' by client_secret_basic  -> 200, token ***69bc for 3600 s
            +0s  client -> hgem token endpoint     POST 'billing' by client_secret_basic  -> 200, token ***69bc for 3600 s
            +5s  client -> hgem API                GET /orders  token ***69bc             -> 200
           +10s  client -> oauthcc API             GET /orders  token ***69bc             -> 200
        """,
    )


def test_a_long_timeline_is_shortened_in_its_middle():
    """What is left out is counted, with the broken rules in it, and no move of the clock is made up."""
    world = World()
    world.token()
    for number in range(100):
        world.clock.advance(30)
        entry = world.api(f"/orders/{number}")
        if number == 50:
            entry.violations = (Finding(KEEP_RULE, entry, "broken"),)
    lines = timeline([("oauthcc", world.journal)]).splitlines()
    assert len(lines) == 41
    assert lines[13] == "         ... 61 more exchanges, 1 of them with broken rules ..."
    assert not [line for line in lines if "clock moved" in line]


def test_a_timeline_with_findings_of_the_journal():
    """Rules that are judged at the end are shown at the place of the request that broke them."""
    world = World()
    world.token()
    finding = Finding(KEEP_RULE, world.token(), "the token of request 1 was good for 3600 s more")
    lines = timeline([("oauthcc", world.journal)], findings=[finding]).splitlines()
    assert lines[2].strip() == f"! {KEEP_RULE.id} (SHOULD): {finding.detail}"


def test_a_timeline_of_nothing():
    """Without exchanges there is no timeline."""
    assert timeline([("oauthcc", World().journal)]) == ""
    assert timeline([]) == ""


# --- broken rules


def test_a_broken_rule():
    """One rule in one request: what, where, why, what to do and how to allow it."""
    world = World()
    entry = world.token(kind="application/json")
    golden(
        violations([Finding(FORM_RULE, entry, "the Content-Type is application/json")], world.journal),
        """
        the Content-Type is application/json (wrong-content-type: RFC 6749 section 4.4.2)

        wrong-content-type (MUST, RFC 6749 section 4.4.2): A token request does not come as a form.
          the Content-Type is application/json
            token request 1 at +0s: POST https://auth.test/token
          Why: A server that follows the RFC reads a form and nothing else, so that the client works with no
          other server.
          What to do: With requests and httpx: data={...} instead of json={...}.
          Read more: https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2

        If the provider is known to want it so, allow it: oauthcc.allow({"wrong-content-type": "why this is fine"})
        """,
    )


def test_several_broken_rules():
    """Several requests that broke one rule are one paragraph; the history shows which."""
    world = World()
    findings = []
    for _ in range(7):
        entry = world.token(kind="application/json")
        findings.append(Finding(FORM_RULE, entry, "the Content-Type is application/json"))
        world.clock.advance(1)
    world.token()
    findings.append(Finding(KEEP_RULE, world.token(), "the token of request 8 was good for 3600 s more"))
    world.api()
    world.send("GET", world.authority.metadata_url)
    golden(
        violations(findings, world.journal),
        """
        the Content-Type is application/json (wrong-content-type: RFC 6749 section 4.4.2); 1 more rule broken, too

        wrong-content-type (MUST, RFC 6749 section 4.4.2): A token request does not come as a form.
          the Content-Type is application/json
            token request 1 at +0s: POST https://auth.test/token
            token request 2 at +1s: POST https://auth.test/token
            token request 3 at +2s: POST https://auth.test/token
            token request 4 at +3s: POST https://auth.test/token
            token request 5 at +4s: POST https://auth.test/token
            ... and 2 more requests
          Why: A server that follows the RFC reads a form and nothing else, so that the client works with no
          other server.
          What to do: With requests and httpx: data={...} instead of json={...}.
          Read more: https://www.rfc-editor.org/rfc/rfc6749#section-4.4.2

        token-refetched-while-valid (SHOULD, RFC 6749 section 1.5): A token is asked for although the last one is still good.
          the token of request 8 was good for 3600 s more
            token request 9 at +7s: POST https://auth.test/token
          Why: Providers limit the rate of token requests.
          What to do: Keep the token until shortly before it expires.
          Read more: https://www.rfc-editor.org/rfc/rfc6749#section-1.5

        all exchanges in this test:
          1   +0s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          2   +1s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          3   +2s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          4   +3s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          5   +4s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          6   +5s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          7   +6s  token endpoint  400 (wrong content type)  no scope                                     <- wrong-content-type
          8   +7s  token endpoint  200                       no scope
          9   +7s  token endpoint  200                       no scope                                     <- token-refetched-while-valid
          10  +7s  API             200                       GET /orders  token ***1f18
          11  +7s  metadata        200                       GET /.well-known/oauth-authorization-server

        If the provider is known to want it so, allow them: oauthcc.allow({"wrong-content-type": "why this is fine", "token-refetched-while-valid": "why this is fine"})
        """,
    )


def test_many_details_of_one_rule_are_cut():
    """Of a rule that was broken in many ways a few are told."""
    world = World()
    findings = [Finding(FORM_RULE, world.token(), f"detail {number}") for number in range(7)]
    text = violations(findings, world.journal)
    assert "detail 4" in text
    assert "detail 5" not in text
    assert "  ... and in 2 other ways\n" in text


def test_remedies_are_for_refused_requests():
    """A request that was not refused needs none."""
    assert remedy_of(World().token()) == ""


@pytest.mark.parametrize(
    ("length", "keep", "expected"),
    [
        (6, [], [0, 1, 2, 3, 4, 5]),
        (7, [], [0, 1, 2, 3, 4, 5, 6]),
        (8, [], [0, 1, None, 4, 5, 6, 7]),
        (20, [9], [0, 1, None, 8, 9, 10, None, 16, 17, 18, 19]),
        (20, [3, 7, 9, 11], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, None, 16, 17, 18, 19]),
    ],
)
def test_a_list_is_cut_in_its_middle(length, keep, expected):
    """Both ends and what matters stay; a gap of one line is filled, for the note would be as long."""
    assert cut_middle(length, most=6, keep=keep) == expected


@pytest.mark.parametrize(("value", "shown"), [(0, "+0s"), (0.04, "+0s"), (0.5, "+0.5s"), (3601, "+3601s"), (-2, "-2s")])
def test_moments(value, shown):
    """Times are shown to a tenth of a second."""
    assert clock_time(value) == shown


def test_notes_are_told_once():
    """What does not fail a test is one line each; the same finding twice is one line."""
    entry = World().token()
    finding, allowed = Finding(KEEP_RULE, entry, "again"), Finding(FORM_RULE, entry, "the body is JSON")
    assert notes([finding, finding], [(allowed, "the gateway wants it")]) == [
        "token-refetched-while-valid (should, RFC 6749 section 1.5): token request 1: again",
        "wrong-content-type (allowed: the gateway wants it): token request 1: the body is JSON",
    ]
