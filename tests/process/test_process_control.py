"""The control endpoint: what it does, and whom it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from pytest_oauthcc.process.control import Control
from pytest_oauthcc.serving.loopback import LoopbackServer

GRANT = {"grant_type": "client_credentials", "scope": "a"}
AUTH = ("orders", "s3cret")


@pytest.fixture
def controlled(fake):
    """A server with a control endpoint."""
    with LoopbackServer(fake) as server:
        server.wrap(Control(fake, {"token_url": server.names.token_url}, server.url_here).handle)
        yield server


@pytest.fixture
def control(controlled):
    """Send a command; gives status and answer."""

    def send(name, body=None, **more):
        url = f"{controlled.base_url}/.oauthcc/{name}"
        answer = requests.get(url, **more) if body is None else requests.post(url, json=body, **more)
        return answer.status_code, answer.json()

    return send


@pytest.fixture
def fetch(controlled):
    """Fetch a token."""
    return lambda **more: requests.post(controlled.names.token_url, data=GRANT, auth=AUTH, **more)


def test_it_tells_what_there_is(control, controlled):
    """The overview has the URLs, the clients, the time and the commands."""
    status, told = control("")

    assert status == 200
    assert told["urls"] == {"token_url": controlled.names.token_url}
    assert told["clients"] == ["orders"]
    assert told["offset"] == 0
    assert "POST /.oauthcc/script" in told["commands"]
    assert control("nowhere")[0] == 404
    assert requests.delete(f"{controlled.base_url}/.oauthcc/").status_code == 404
    assert requests.get(f"{controlled.base_url}/.oauthcc").status_code == 200


def test_it_scripts_the_token_endpoint(control, fetch):
    """Faults come in the order in which they were asked for, and end."""
    assert control("script", {"do": "fail", "with": {"error": "slow_down", "retry_after": 1, "times": 1}})[0] == 200
    control("script", {"on": "token_endpoint", "do": "alter", "with": {"members": {"token_type": "MAC"}, "times": 1}})
    control("script", {"do": "alter", "with": {"omit": ["expires_in"], "times": 1}})

    first, second, third, fourth = fetch(), fetch(), fetch(), fetch()

    assert (first.status_code, first.json(), first.headers["Retry-After"]) == (429, {"error": "slow_down"}, "1")
    assert second.json()["token_type"] == "MAC"
    assert "expires_in" not in third.json()
    assert fourth.json()["expires_in"] == 3600


def test_it_scripts_the_api_and_its_routes(control, controlled, fetch):
    """A route is declared by scripting it; ``recover`` ends faults."""
    assert control("script", {"on": "GET /orders", "do": "reply", "with": {"json": [{"id": 7}]}}) == (
        200,
        {"done": "reply"},
    )
    control("script", {"on": "api", "do": "fail", "with": {"status": 503}})
    header = {"Authorization": f"Bearer {fetch().json()['access_token']}"}
    url = f"{controlled.names.api_url}orders"

    assert requests.get(url, headers=header).status_code == 503
    control("script", {"on": "api", "do": "recover"})
    assert requests.get(url, headers=header).json() == [{"id": 7}]


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("refuse_connection", {}),
        ("time_out", {"during": "connect"}),
        ("drop_mid_body", {"times": 2}),
        ("redirect", {"url": "http://x.test/", "status": 307}),
        ("delay", {"seconds": 1.5}),
        ("hold", {"until": 2}),
        ("reply", {"body": "x", "headers": {"X-A": "b"}, "content_type": "a/b", "status": 201}),
        ("reply", {"json": True}),
        ("fail", {"description": "x"}),
    ],
)
def test_it_knows_every_verb(control, verb, arguments):
    """Each verb of a test is one of the control endpoint."""
    assert control("script", {"do": verb, "with": arguments}) == (200, {"done": verb})


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("script", {"do": "explode"}, "unknown"),
        ("script", {}, "unknown"),
        ("script", {"do": "fail", "with": []}, "has to be an object"),
        ("script", {"do": "fail", "with": {"statu": 1}}, "Did you mean 'status'"),
        ("script", {"do": "fail", "with": {"status": "503"}}, "status of fail can't be a str"),
        ("script", {"do": "fail", "with": {"times": True}}, "times of fail can't be a bool"),
        ("script", {"do": "fail", "with": {"status": 1}}, "from 200 to 599"),
        ("script", {"do": "redirect"}, "redirect needs url"),
        ("script", {"do": "delay", "with": {}}, "delay needs seconds"),
        ("script", {"do": "reply", "with": {"headers": {"a": 1}}}, "have to be texts"),
        ("script", {"do": "alter", "with": {"omit": [7]}}, "list of names"),
        ("script", {"do": "alter", "with": {"members": {"times": 7}}}, "can't be altered"),
        ("script", {"do": "alter"}, "needs the members"),
        ("script", {"do": "fail", "on": "orders"}, "a route such as"),
        ("script", {"do": "fail", "on": 7}, "a route such as"),
        ("script", {"do": "fail", "on": "BREW /coffee"}, "BREW"),
        ("script", {"do": "fail", "for": 7}, "unknown member 'for'"),
        ("clock", {}, "give one of"),
        ("clock", {"advance": 1, "freeze": True}, "give one of"),
        ("clock", {"advanced": 1}, "Did you mean 'advance'"),
        ("clock", {"advance": -1}, "only goes forward"),
        ("clock", {"advance": "1"}, "needs to know how far"),
        ("clock", {"advance": 1e15}, "9999"),
        ("clock", {"advance_to": "tomorrow"}, "takes a moment such as"),
        ("clock", {"advance_to": "2030-01-01"}, "without a time zone"),
        ("clock", {"expire": True}, "no token"),
        ("revoke", {"token": 7}, "has to be a text"),
        ("revoke", {"token": "x"}, "never issued"),
        ("rotate-keys", {"x": 1}, "unknown member"),
        ("journal?after=x", None, "number of an exchange"),
    ],
)
def test_it_says_what_is_wrong_with_a_command(control, name, body, reason):
    """A command that is wrong does nothing and gets the reason."""
    status, told = control(name, body)

    assert status == 400
    assert reason in told["error"]


@pytest.mark.parametrize("data", ["", "[1]", "{", "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(controlled, data):
    """The body of a command is a JSON object, or nothing."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = requests.post(f"{controlled.base_url}/.oauthcc/revoke", data=data, headers=headers)

    assert answer.status_code == (200 if not data else 400)


def test_a_form_of_a_web_page_is_refused(controlled):
    """A browser can send a form anywhere without asking; commands are JSON."""
    answer = requests.post(f"{controlled.base_url}/.oauthcc/revoke", data={"token": "x"})

    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]


def test_it_moves_the_clock(control, fetch):
    """Tokens expire when the clock says so; the machine's time is left alone."""
    token = fetch().json()["access_token"]
    before = datetime.now(UTC)
    _, told = control("clock", {"expire": token})
    assert timedelta(seconds=3590) < datetime.fromisoformat(told["time"]) - before < timedelta(seconds=3610)
    _, told = control("clock", {"advance_to": "2031-01-01T00:00:00Z"})
    assert told["time"].startswith("2031-01-01T00:00:0")
    _, frozen = control("clock", {"freeze": True})
    assert control("clock")[1]["time"] == frozen["time"]
    control("clock", {"advance": 60})
    _, told = control("clock", {"unfreeze": True})
    assert told["offset"] > 60
    assert control("clock", {"reset": True})[1]["offset"] == 0
    assert control("clock", {"advance_to": 4e9})[1]["time"].startswith("2096-10-02T07:06:4")
    assert fetch().headers["Date"] != before.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_it_tells_the_journal_without_secrets(control, controlled, fetch, fake):
    """Every exchange is told with the URLs of the server, and no secret or token is in it."""
    token = fetch().json()["access_token"]
    requests.get(f"{controlled.names.api_url}orders?x=1", headers={"Authorization": f"Bearer {token}"})
    requests.get(controlled.names.metadata_url)
    requests.post(controlled.names.token_url, data=GRANT | {"client_id": "orders", "client_secret": "wr0ng-s3cret"})
    requests.get(f"{controlled.names.api_url}orders")

    status, told = control("journal")

    assert status == 200
    first, second, third, fourth, fifth = told["exchanges"]
    assert (first["kind"], first["url"], first["status"]) == ("token request", controlled.names.token_url, 200)
    assert (first["scopes"], first["client_id"], first["auth_method"]) == (["a"], "orders", "client_secret_basic")
    assert (second["url"], second["path"]) == (f"{controlled.names.api_url}orders?x=1", "/orders")
    assert second["token"] == first["token"]
    assert third["url"] == controlled.names.metadata_url
    assert fourth["status"] == 401
    assert fourth["refused_because"]
    assert fourth["violations"][0].keys() == {"rule", "detail"}
    assert fifth["token"] is None
    text = json.dumps(told)
    assert not [secret for secret in ("s3cret", "wr0ng", token) if secret in text]
    assert [entry["number"] for entry in control("journal?after=3")[1]["exchanges"]] == [4, 5]
    assert told["more"] == 0


def test_it_revokes_and_rotates(control, controlled, fetch):
    """Tokens are revoked, one or all; keys are made anew."""
    tokens = [fetch().json()["access_token"] for _ in range(3)]
    assert control("revoke", {"token": tokens[0]}) == (200, {"revoked": 1})
    assert control("revoke", {}) == (200, {"revoked": 2})
    before = [key["kid"] for key in requests.get(controlled.names.jwks_url).json()["keys"]]
    kid = control("rotate-keys", {})[1]["kid"]
    assert kid not in before
    assert kid in [key["kid"] for key in requests.get(controlled.names.jwks_url).json()["keys"]]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Origin": "http://evil.test"}, "no web page"),
        ({"Origin": "null"}, "no web page"),
        ({"Via": "1.1 proxy"}, "no proxy"),
        ({"Forwarded": "for=192.0.2.7"}, "no proxy"),
        ({"X-Forwarded-For": "192.0.2.7"}, "header X-Forwarded-For"),
        ({"Host": "evil.test"}, "header Host"),
        ({"Host": "localhost.evil.test"}, "header Host"),
        ({"Host": "127.0.0.1"}, "header Host"),
        ({"Host": "127.0.0.1:1"}, "header Host"),
        ({"Host": "127.0.0.1:99999"}, "header Host"),
        ({"Host": "[::1"}, "header Host"),
        ({"Host": ""}, "header Host"),
    ],
)
def test_it_listens_to_nobody_elsewhere(control, headers, reason):
    """What a page in a browser could send, by a name that leads here or by a proxy, too, is refused."""
    status, told = control("", headers=headers)

    assert status == 403
    assert reason in told["error"]
    assert control("clock", {"advance": 1}, headers=headers)[0] == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_it_may_be_called_by_any_name_of_this_machine(controlled, control, host):
    """All names of this machine are good, with the port."""
    assert control("", headers={"Host": f"{host}:{controlled.port}"})[0] == 200


def test_other_paths_are_none_of_its_business(controlled, fetch):
    """Everything else goes to the provider."""
    assert fetch().status_code == 200
    assert requests.get(f"{controlled.base_url}/.oauthccx").status_code == 404
