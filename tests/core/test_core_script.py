"""Scripting: what each verb does, in which order steps run, and which wrong arguments are refused."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from core_world import API_URL, CLIENT_ID, SECRET, World, basic

from pytest_oauthcc import OMIT
from pytest_oauthcc.core.causes import Cause, Refusal
from pytest_oauthcc.core.dialect import ApiDialect, Dialect, ScopeDialect
from pytest_oauthcc.core.gates import Gate
from pytest_oauthcc.core.messages import NetworkFault, Response
from pytest_oauthcc.errors import OptionError

CC = {"grant_type": "client_credentials"}
REPLIED = {"access_token": "scripted-token", "token_type": "Bearer"}


class At:
    """One scriptable place: the token endpoint, the API or a route, and how a good request gets there."""

    def __init__(self, kind):
        self.world = World()
        self.kind = kind
        self.token = None if kind == "token endpoint" else self.world.token()
        self.place = {
            "token endpoint": self.world.endpoint,
            "API": self.world.api,
            "route": self.world.api.get("orders") if kind == "route" else None,
        }[kind]

    def good(self, **options):
        """Send a request that there is nothing wrong with."""
        if self.token is None:
            return self.world.ask(**options)
        return self.world.call(self.token, **options)

    def bad(self):
        """Send one with wrong credentials."""
        return self.world.ask(auth=basic(secret="wrong")) if self.token is None else self.world.call("wrong")


@pytest.fixture(params=["token endpoint", "API", "route"])
def at(request):
    """Every scriptable place in turn."""
    return At(request.param)


FAULTS = {
    "refused": (lambda place, **o: place.refuse_connection(**o), "refused", "connection refused"),
    "read timeout": (lambda place, **o: place.time_out(**o), "read_timeout", "the answer timed out"),
    "connect timeout": (
        lambda place, **o: place.time_out(during="connect", **o),
        "connect_timeout",
        "connecting timed out",
    ),
}


@pytest.mark.parametrize(("verb", "kind", "said"), FAULTS.values(), ids=FAULTS)
def test_a_broken_connection_comes_before_every_check(at, verb, kind, said):
    """The network fails for good and bad requests alike; nothing is issued, and the journal knows."""
    assert verb(at.place) is at.place

    for got in (at.good(), at.bad()):
        assert isinstance(got.outcome, NetworkFault)
        assert (got.outcome.kind, got.outcome.message) == (kind, said)
        assert got.entry.status is None
        assert got.entry.result == kind.replace("_", " ")
        assert got.cause is None


def test_a_dropped_body_is_half_of_the_right_answer(at):
    """The answer is made rightly, announced whole, and breaks off in the middle."""
    at.place.drop_mid_body()

    got = at.good()

    assert got.outcome.kind == "reset"
    partial = got.outcome.response
    assert partial.status == 200
    assert len(partial.body) == int(partial.header("Content-Length")) // 2 > 0
    assert at.bad().outcome.response.status == 401


def test_a_redirect_comes_before_every_check(at):
    """Status and Location are as scripted."""
    at.place.redirect("https://elsewhere.test/", 307)

    for got in (at.good(), at.bad()):
        assert (got.status, got.header("Location"), got.body) == (307, "https://elsewhere.test/", b"")


def test_a_failure_without_code_is_a_page(at):
    """A server or gateway that breaks down does not speak OAuth."""
    at.place.fail()
    got = at.good()
    assert (got.status, got.header("Content-Type")) == (500, "text/html; charset=utf-8")
    assert b"Internal Server Error" in got.body

    at.place.fail(status=503, description="<down>", retry_after=1_000_000)
    got = at.bad()
    assert (got.status, got.header("Retry-After")) == (503, "1000000")
    assert b"&lt;down&gt;" in got.body
    at.place.fail(status=599)
    assert b"599 Error" in at.good().body


CODES = [
    ("token endpoint", "invalid_client", 401),
    ("token endpoint", "invalid_scope", 400),
    ("token endpoint", "server_error", 500),
    ("token endpoint", "temporarily_unavailable", 503),
    ("token endpoint", "slow_down", 429),
    ("token endpoint", "made_up", 400),
    ("API", "invalid_token", 401),
    ("API", "insufficient_scope", 403),
    ("API", "invalid_request", 400),
    ("API", "server_error", 500),
    ("API", "temporarily_unavailable", 503),
    ("API", "slow_down", 429),
    ("route", "invalid_token", 401),
]


@pytest.mark.parametrize(("kind", "error", "status"), CODES)
def test_a_failure_with_code_is_an_oauth_error(kind, error, status):
    """The status belongs to the code, and what belongs to the status comes along."""
    at = At(kind)
    at.place.fail(error)

    got = at.good()

    assert (got.status, got.error) == (status, error)
    if kind == "token endpoint":
        assert got.header("WWW-Authenticate") == ('Basic realm="oauthcc"' if status == 401 else None)
        assert got.header("Cache-Control") == "no-store"
        assert set(got.json) == {"error"}
    else:
        told = got.header("WWW-Authenticate")
        assert (told is not None) == (status in {400, 401, 403})
        assert told is None or f'error="{error}"' in told


def test_a_failure_says_what_the_test_wants(at):
    """Status, description and Retry-After are free."""
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    at.place.fail("invalid_request", status=418, description="tea {status} é", retry_after=moment)

    got = at.good()

    assert (got.status, got.json) == (418, {"error": "invalid_request", "error_description": "tea {status} é"})
    assert got.header("Retry-After") == "Wed, 02 Jan 2030 02:04:05 GMT"


def test_a_failure_has_the_providers_own_form():
    """A code of an RFC is answered as the provider would; so is a code of its own."""
    bad_secret = Refusal(403, "denied", description="no", body={"oops": "{error}", "why": "{description}"})
    unknown = Refusal(409, "gone")
    dialect = Dialect(
        refusals={Cause.BAD_SECRET: bad_secret, Cause.UNKNOWN_CLIENT: unknown},
        api=ApiDialect(refusals={Cause.TOKEN_UNKNOWN: Refusal(401, body={"code": 7, "why": "{description}"})}),
    )
    world = World(dialect)
    token = world.token()

    world.endpoint.fail("invalid_client", times=1).fail("gone", times=1).fail("denied", times=1)
    assert (world.ask().status, world.endpoint.script.is_empty) == (403, False)
    assert (world.ask().status, world.ask().status) == (409, 403)
    world.endpoint.fail("invalid_client", status=400, description="mine", times=1)
    assert (world.ask().json) == {"oops": "denied", "why": "mine"}
    world.endpoint.fail("invalid_scope", times=1)
    assert (world.ask().status) == 400
    world.api.fail("invalid_token", description="mine")
    assert world.call(token).json == {"code": 7, "why": "mine"}


def test_a_reply_comes_after_the_checks(at):
    """A scripted answer is for good requests; bad ones still get their error, and use nothing up."""
    at.place.reply(201, json={"a": 1}, headers={"X-A": "b"}, times=1)

    assert at.bad().status == 401
    got = at.good()
    assert (got.status, got.json, got.header("X-A")) == (201, {"a": 1}, "b")
    assert got.header("Content-Type") == "application/json"
    assert at.good().json != {"a": 1}


REPLIES = {
    "text": ({"body": "grüße"}, "grüße".encode(), "text/plain; charset=utf-8"),
    "bytes": ({"body": b"\xff"}, b"\xff", "application/octet-stream"),
    "nothing": ({}, b"", None),
    "typed nothing": ({"content_type": "text/x"}, b"", "text/x"),
    "typed": ({"body": "<a/>", "content_type": "text/xml"}, b"<a/>", "text/xml"),
    "untyped": ({"json": [], "content_type": ""}, b"[]", None),
    "typed by header": ({"body": "x", "headers": {"content-type": "a/b"}}, b"x", "a/b"),
    "null": ({"json": None}, b"null", "application/json"),
    "function for json": ({"json": lambda request: {"method": request.method}}, None, "application/json"),
    "function for text": ({"body": lambda request: request.url}, None, "text/plain; charset=utf-8"),
    "function for bytes": ({"body": lambda _request: b"x"}, b"x", "application/octet-stream"),
}


@pytest.mark.parametrize(("given", "body", "kind"), REPLIES.values(), ids=REPLIES)
def test_replies_of_every_kind(at, given, body, kind):
    """JSON, text, bytes, nothing, or a function of the journalled request, with its type or without."""
    at.place.reply(**given)

    got = at.good()

    if body is not None:
        assert got.body == body
    elif kind == "application/json":
        assert got.json == {"method": got.entry.method}
    else:
        assert got.body.decode() == got.entry.url
    assert got.header("Content-Type") == kind


def test_a_reply_may_repeat_a_header(at):
    """Pairs of name and value may name a header twice."""
    at.place.reply(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

    assert [value for _, value in at.good().outcome.headers] == ["a=1", "b=2"]


def test_altering_changes_members_of_the_right_answer(at):
    """Members are changed, added, made null or left out; the rest is as it would have been."""
    if at.kind == "token endpoint":
        at.place.alter(expires_in="3600", scope=OMIT, extra=None, times=1)
        changed, right = at.good().json, at.good().json
        assert changed == {**right, "access_token": changed["access_token"], "expires_in": "3600", "extra": None}
    else:
        at.place.alter(a=1, b=OMIT)
        assert at.good().json == {"a": 1}
    assert at.bad().status == 401


def test_only_an_object_can_be_altered():
    """An answer of another form stays as it is."""
    world = World(Dialect(response=["{access_token}"]))
    world.endpoint.alter(a=1)
    from pytest_oauthcc.core.actions import Alter

    assert world.ask().json == [world.state.tokens.newest.value]
    page = Response(200, (), b"<html>")
    assert Alter({"a": 1}).apply(page) is page


def test_limited_steps_run_first_and_in_order(at):
    """Steps with times run before those without, in order; then the newest one without, until it is over."""
    at.place.fail(status=500)
    at.place.fail(status=501, times=2)
    at.place.fail(status=502)
    at.place.fail(status=503, times=1)

    assert [at.good().status for _ in range(5)] == [501, 501, 503, 502, 502]


def test_a_reply_waits_for_the_faults_before_it(at):
    """A queue of faults and replies is worked off in its order."""
    at.place.fail(status=503, times=1).reply(json=1, times=1).refuse_connection(times=1).reply(json=2)

    assert at.good().status == 503
    assert at.good().json == 1
    assert at.good().outcome.kind == "refused"
    assert at.good().json == at.good().json == 2


def test_recovery_ends_faults_and_keeps_replies(at):
    """After recover() nothing fails any more, what is left of limited faults included."""
    at.place.reply(json="kept")
    at.place.fail(times=3).time_out().redirect("/x").drop_mid_body(times=2).delay(5).hold(2)
    gate = at.good().gate
    assert gate is not None
    assert not gate.is_open

    assert at.place.recover() is at.place

    assert gate.is_open
    before = at.world.clock.now
    assert at.good().json == "kept"
    assert at.world.clock.now == before


def test_a_delay_moves_the_clock(at):
    """A client that is patient enough gets its answer later, and nothing sleeps."""
    before = at.world.clock.now
    at.place.delay(5, times=1)

    got = at.good(timeout=5)

    assert got.status == 200
    assert at.world.clock.now == before + 5
    assert at.good().status == 200
    assert at.world.clock.now == before + 5


@pytest.mark.parametrize("timeout", [2, 0])
def test_a_delay_beyond_the_clients_patience_is_its_timeout(at, timeout):
    """The clock moves as far as the client waits, and nothing is answered."""
    before = at.world.clock.now
    at.place.delay(5)

    got = at.good(timeout=timeout)

    assert got.outcome == NetworkFault("read_timeout", f"no answer within {timeout} s")
    assert at.world.clock.now == before + timeout
    assert at.good(timeout=None).status == 200


def test_a_delay_comes_on_top_of_the_answer(at):
    """Whatever else is scripted comes after the delay, be it a fault or a reply."""
    at.place.delay(1).fail(status=503, times=1).reply(json=7)
    before = at.world.clock.now

    assert (at.good().status, at.good().json) == (503, 7)
    assert at.world.clock.now == before + 2


def test_the_lifetime_counts_from_the_answer():
    """A token that was a minute on its way is as good for its expires_in as any other (RFC 6749 section 5.1)."""
    world = World(expires_in=30)
    world.endpoint.delay(60)

    got = world.ask()

    assert got.entry.token.claims["exp"] >= world.clock.now + 30
    assert world.call(got.json["access_token"]).status == 200


def test_the_delays_of_a_route_and_of_its_api_add_up():
    """Both delay the same answer, and the client's patience is for both together."""
    world = World()
    token = world.token()
    world.api.delay(3)
    world.api.get("orders").delay(4)
    before = world.clock.now

    assert world.call(token, timeout=7).status == 200
    assert world.clock.now == before + 7
    assert world.call(token, timeout=6).outcome.message == "no answer within 6 s"


def test_the_script_of_a_route_goes_before_that_of_the_api():
    """A route's own step is taken first; the API's is for routes that have none."""
    world = World()
    token = world.token()
    world.api.get("a").fail(status=501, times=1).reply(json="route")
    world.api.get("b")
    world.api.fail(status=502, times=2)
    world.api.reply(json="API")

    assert world.call(token, "a").status == 501
    assert world.call(token, "a").status == 502
    assert world.call(token, "b").status == 502
    assert world.call(token, "a").json == "route"
    assert world.call(token, "b").json == "API"


def test_what_is_no_route_gets_the_faults_of_the_api():
    """A fault of the whole API comes before the question which route it is."""
    world = World()
    token = world.token()
    world.api.get("a")
    world.api.fail(status=503, times=1)

    assert world.call(token, "b").status == 503
    assert world.call(token, "b").status == 404


# --- tokens in scripted answers


def test_a_token_in_a_scripted_reply_is_good_at_the_api():
    """The fake takes what the test gives out, for as long and for what the reply says."""
    world = World(scopes=("a", "b"))
    world.endpoint.reply(json={**REPLIED, "expires_in": 60, "scope": "a"})

    got = world.ask()

    token = got.entry.token
    assert (token.value, token.client_id, token.scopes, token.is_adopted) == ("scripted-token", CLIENT_ID, {"a"}, True)
    assert world.call("scripted-token").status == 200
    world.clock.now = token.expiry
    assert world.call("scripted-token").cause == Cause.TOKEN_EXPIRED


def test_a_scripted_token_is_good_again_when_it_is_given_out_again():
    """Each answer gives it a new life, also after it was revoked."""
    world = World()
    world.endpoint.reply(json={**REPLIED, "expires_in": 60})
    world.ask()
    world.clock.advance(100)
    assert world.call("scripted-token").cause == Cause.TOKEN_EXPIRED
    world.ask()
    assert world.call("scripted-token").status == 200
    world.state.tokens.revoke("scripted-token", world.clock.now)
    assert world.call("scripted-token").cause == Cause.TOKEN_REVOKED
    world.ask()
    assert world.call("scripted-token").status == 200


def test_a_minted_token_in_a_reply_stays_what_it_is():
    """A reply that hands out an expired token of the fake hands out an expired token."""
    world = World(expires_in=10)
    token = world.token()
    world.clock.advance(20)
    world.endpoint.reply(json={"access_token": token, "expires_in": 3600})

    assert world.ask().entry.token.value == token
    assert world.call(token).cause == Cause.TOKEN_EXPIRED


@pytest.mark.parametrize(
    ("told", "lifetime"),
    [
        (60, 60),
        (60.5, 61),
        ("60", 60),
        ("soon", 3600),
        (None, 3600),
        (True, 3600),
        (float("inf"), 3600),
        (0, 0),
        (-5, -5),
    ],
)
def test_the_lifetime_of_a_scripted_token_is_what_the_reply_says(told, lifetime):
    """A number of seconds counts, also as a text; anything else is the provider's own lifetime."""
    world = World()
    world.endpoint.reply(json={**REPLIED, "expires_in": told})

    token = world.ask().entry.token

    assert token.expiry == (1_700_000_001 if lifetime > 0 else 1_700_000_000) + lifetime


@pytest.mark.parametrize(
    "body", [b"<html>", b"[" * 100_000, b'["access_token"]', b'{"access_token": 5}', b'{"access_token": ""}', b"{}"]
)
def test_a_reply_without_token_issues_none(body):
    """Whatever a scripted answer holds, it is given as it is."""
    world = World()
    world.endpoint.reply(body=body)

    got = world.ask()

    assert (got.status, got.body, got.entry.token) == (200, body, None)


def test_an_altered_token_is_good_as_well():
    """A test that makes a token long or short wants the client to use it."""
    world = World()
    world.endpoint.alter(access_token="T" * 8192)

    token = world.ask().json["access_token"]

    assert world.call(token).status == 200
    world.endpoint.alter(access_token=OMIT)
    assert world.ask().entry.token is None


def test_scripted_scopes_are_parted_as_the_provider_parts_them():
    """A provider with commas between scopes reads those of a scripted answer so, too."""
    world = World(Dialect(scope=ScopeDialect(separator=",")))
    world.endpoint.reply(json={**REPLIED, "scope": "a,b"})

    assert world.ask().entry.token.scopes == {"a", "b"}


def test_a_scripted_token_is_bound_as_it_says():
    """A token with the thumbprint of a certificate is good with that certificate only (RFC 8705 section 3.1)."""
    world = World()
    claims = base64.urlsafe_b64encode(json.dumps({"cnf": {"x5t#S256": "thumb"}}).encode()).decode().rstrip("=")
    world.endpoint.reply(json={**REPLIED, "access_token": f"e30.{claims}.c2ln"})

    token = world.ask().entry.token

    assert token.x5t == "thumb"
    assert world.call(token.value).cause == Cause.TOKEN_BINDING


def test_without_authentication_a_scripted_token_is_the_main_client_s():
    """Where nobody looks who asks, the token goes to the provider's own client."""
    world = World(Dialect(checks=("method",)), api_url=API_URL)
    world.endpoint.reply(json=REPLIED)

    token = world.ask(auth=None).entry.token
    assert (token.client_id, token.scopes, token.audience) == (CLIENT_ID, set(), (API_URL,))


def test_scripted_scopes_that_break_the_grammar_count_for_nothing():
    """Then the token is good for what was granted."""
    world = World(scopes=("a",))
    world.endpoint.reply(json={**REPLIED, "scope": "a  b"})

    assert world.ask().entry.token.scopes == {"a"}


# --- holding


def test_a_gate_is_shared_until_enough_have_come(at):
    """The answers of as many requests as are waited for get the same gate, which opens with the last one."""
    at.place.hold(until=3)

    first, second = at.good(), at.bad()
    assert first.gate is second.gate
    assert not first.gate.is_open
    assert at.good().gate.is_open
    assert at.good().gate is None


def test_threads_wait_at_a_gate_for_each_other():
    """No thread gets through before the last one is there."""
    gate = Gate(3)
    passed = []

    def go():
        gate.arrive()
        gate.wait()
        passed.append(gate._arrived)

    gate.PATIENCE = 10
    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert passed == [3, 3, 3]


def test_a_thread_that_nobody_follows_gets_through():
    """When no more come the gate opens for good."""
    gate = Gate(2)
    gate.arrive()

    gate.wait()

    assert gate.is_open


def test_tasks_wait_at_a_gate_for_each_other():
    """Tasks give each other their turns until all have come."""
    gate = Gate(3)
    passed = []

    async def go(turns):
        for _ in range(turns):
            await asyncio.sleep(0)
        gate.arrive()
        await gate.wait_async(lambda: asyncio.sleep(0))
        passed.append(gate._arrived)

    async def main():
        await asyncio.gather(go(0), go(5), go(50))

    asyncio.run(main())
    assert passed == [3, 3, 3]


def test_a_task_that_nobody_follows_gets_through():
    """After as many turns as it says, in which nobody came, the gate opens."""
    gate = Gate(2)
    gate.arrive()
    turns = []

    asyncio.run(gate.wait_async(lambda: turns.append(None) or asyncio.sleep(0)))

    assert gate.is_open
    assert len(turns) == Gate.TURNS


# --- wrong arguments

WRONG = {
    "times 0": (
        lambda p: p.fail(times=0),
        "times is 0; it has to be a whole number of 1 or more, or None for every request",
    ),
    "times True": (
        lambda p: p.fail(times=True),
        "times is True; it has to be a whole number of 1 or more, or None for every request",
    ),
    "times 1.0": (
        lambda p: p.reply(times=1.0),
        "times is 1.0; it has to be a whole number of 1 or more, or None for every request",
    ),
    "status as error": (
        lambda p: p.fail(503),
        "fail(503): the first argument is an error code such as 'invalid_client'; a status goes by name: fail(status=503)",
    ),
    "empty error": (
        lambda p: p.fail(""),
        "fail(''): the first argument is an error code such as 'invalid_client'; a status goes by name: fail(status=503)",
    ),
    "status 199": (lambda p: p.fail(status=199), "status is 199; it has to be a whole number from 200 to 599"),
    "status text": (lambda p: p.reply("200"), "status is '200'; it has to be a whole number from 200 to 599"),
    "status True": (lambda p: p.fail(status=True), "status is True; it has to be a whole number from 200 to 599"),
    "description": (lambda p: p.fail("x", description=5), "fail(description=5): it takes a text"),
    "naive": (
        lambda p: p.fail(retry_after=datetime(2030, 1, 1)),
        "retry_after is the naive datetime 2030-01-01 00:00:00; give it a time zone: tzinfo=datetime.UTC",
    ),
    "retry text": (
        lambda p: p.fail(retry_after="5"),
        "retry_after is '5'; it takes a whole number of seconds or an aware datetime (RFC 9110 section 10.2.3)",
    ),
    "retry half": (
        lambda p: p.fail(retry_after=0.5),
        "retry_after is 0.5; it takes a whole number of seconds or an aware datetime (RFC 9110 section 10.2.3)",
    ),
    "retry -1": (
        lambda p: p.fail(retry_after=-1),
        "retry_after is -1; it takes a whole number of seconds or an aware datetime (RFC 9110 section 10.2.3)",
    ),
    "retry inf": (
        lambda p: p.fail(retry_after=float("inf")),
        "retry_after is inf; it takes a whole number of seconds or an aware datetime (RFC 9110 section 10.2.3)",
    ),
    "retry nan": (
        lambda p: p.fail(retry_after=float("nan")),
        "retry_after is nan; it takes a whole number of seconds or an aware datetime (RFC 9110 section 10.2.3)",
    ),
    "retry True": (
        lambda p: p.fail(retry_after=True),
        "retry_after is True; it takes a whole number of seconds or an aware datetime (RFC 9110 section 10.2.3)",
    ),
    "json and body": (lambda p: p.reply(json=1, body="x"), "reply() got json and body; give one of them"),
    "json of objects": (
        lambda p: p.reply(json={1, 2}),
        "reply(json=...) can't be written as JSON: Object of type set is not JSON serializable",
    ),
    "body of objects": (
        lambda p: p.reply(body={"a": 1}),
        "reply(body=...) takes a text, bytes or a function, not a dict; json= takes the rest",
    ),
    "headers text": (
        lambda p: p.reply(headers="X: y"),
        "reply(headers=...) takes a table of header names and values, all of them texts",
    ),
    "headers of numbers": (
        lambda p: p.reply(headers={"X": 5}),
        "reply(headers=...) takes a table of header names and values, all of them texts",
    ),
    "headers None": (
        lambda p: p.reply(headers=5),
        "reply(headers=...) takes a table of header names and values, all of them texts",
    ),
    "header lines": (
        lambda p: p.reply(headers={"X": "a\nb"}),
        "reply(headers=...) takes a table of header names and values, all of them texts",
    ),
    "during": (lambda p: p.time_out(during="write"), "time_out(during='write'): valid are 'connect' and 'read'"),
    "redirect status": (lambda p: p.redirect("/x", 300), "redirect(status=300): valid are 301, 302, 303, 307 and 308"),
    "redirect status list": (
        lambda p: p.redirect("/x", [301]),
        "redirect(status=[301]): valid are 301, 302, 303, 307 and 308",
    ),
    "redirect url": (lambda p: p.redirect(None), "redirect(None): it takes the URL, or the path, to go to"),
    "delay 0": (lambda p: p.delay(0), "delay(0): it takes a positive number of seconds, at most a year of them"),
    "delay text": (lambda p: p.delay("5"), "delay('5'): it takes a positive number of seconds, at most a year of them"),
    "delay True": (
        lambda p: p.delay(True),
        "delay(True): it takes a positive number of seconds, at most a year of them",
    ),
    "delay for ever": (
        lambda p: p.delay(float("inf")),
        "delay(inf): it takes a positive number of seconds, at most a year of them",
    ),
    "hold 1": (lambda p: p.hold(1), "hold(until=1): it takes a whole number of requests, 2 or more"),
    "hold text": (lambda p: p.hold("2"), "hold(until='2'): it takes a whole number of requests, 2 or more"),
    "hold True": (lambda p: p.hold(True), "hold(until=True): it takes a whole number of requests, 2 or more"),
    "alter nothing": (
        lambda p: p.alter(),
        "alter() needs the members to change, such as expires_in='3600' or scope=OMIT",
    ),
    "alter objects": (
        lambda p: p.alter(a={1}),
        "alter() can't write a member as JSON: Object of type set is not JSON serializable",
    ),
}


@pytest.mark.parametrize(("wrong", "told"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_refused_at_once(at, wrong, told):
    """A wrong value is refused where it is written, says what is right, and scripts nothing."""
    with pytest.raises(OptionError) as caught:
        wrong(at.place)

    assert str(caught.value) == told
    assert at.good().status == 200


def test_whole_seconds_may_be_floats(at):
    """Retry-After is written as a whole number whatever it was given as."""
    at.place.fail(retry_after=30.0)

    assert at.good().header("Retry-After") == "30"


def test_what_is_scripted_is_in_the_journal(at):
    """Scripted exchanges are journalled as any others."""
    at.place.fail(status=503, times=1)

    got = at.good()

    assert at.world.state.journal.exchanges[-1] is got.entry
    assert got.entry.status == 503
    assert repr(at.place)
    assert SECRET not in repr(at.place)
    assert API_URL in repr(at.world.api)
    assert json.dumps(got.entry.number)
    assert got.entry.at == datetime.fromtimestamp(at.world.clock.now, UTC)
