"""One table of what a client meets, in process and over a socket, in every style of client."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from transport_clients import ASYNC, SYNC, each
from wire_clients import WIRE

from pytest_oauthcc import NotServed
from pytest_oauthcc.transports.switchboard import BOARD

every_style = each(SYNC + ASYNC + WIRE)
in_process = each(SYNC + ASYNC)
over_a_socket = each(WIRE)
CC = {"grant_type": "client_credentials"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """
    A client of one style, whose requests there is nothing wrong with unless it is told otherwise.

    Attributes:
        place: Has the URLs that it knows: the provider itself, or the server on which that is.
    """

    def __init__(self, style, provider, place):
        self.style = style
        self.provider = provider
        self.place = place

    def ask(self, *, auth="basic", secret=None, url=None, timeout=5, **params):
        """Send a token request."""
        p = self.provider
        secret = secret or p.client_secret
        headers, params = dict(FORM), {**CC, **params}
        if auth == "basic":
            pair = base64.b64encode(f"{p.client_id}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            params |= {"client_id": p.client_id, "client_secret": secret}
        body = urlencode(params).encode()
        return self.style.send("POST", url or self.place.token_url, headers=headers, body=body, timeout=timeout)

    def token(self, **params):
        """Fetch a token."""
        return json.loads(self.ask(**params).body)["access_token"]

    def call(self, token, path="orders", method="GET", timeout=5):
        """Send an API request."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.style.send(method, self.place.api_url + path, headers=headers, timeout=timeout)


@pytest.fixture
def client(style, oauthcc, request):
    """A client of the style in question."""
    place = request.getfixturevalue("oauthcc_server") if style.needs_server else oauthcc
    return Client(style, oauthcc, place)


def header(received, name):
    """The value of a header, or None."""
    return next((value for key, value in received.headers if key.lower() == name.lower()), None)


@every_style
@pytest.mark.parametrize("auth", ["basic", "post"])
def test_a_token_is_fetched_and_used(client, oauthcc, auth):
    """Either way of authenticating gets a token that the API takes, and the journal tells it all."""
    got = client.ask(auth=auth, scope="orders:read")
    answer = json.loads(got.body)
    api = client.call(answer["access_token"])

    assert got.status == 200
    assert answer["expires_in"] == 3600
    assert header(got, "Cache-Control") == "no-store"
    assert (api.status, json.loads(api.body)) == (200, {})
    oauthcc.assert_token_request(
        grant_type="client_credentials", scope="orders:read", auth_method=f"client_secret_{auth}", count=1
    )
    oauthcc.assert_api_request(method="GET", path="/orders", scope="orders:read", count=1)
    assert {entry.request.via for entry in oauthcc.exchanges} == {client.style.library}


@every_style
def test_a_wrong_secret(client, oauthcc):
    """401 with the challenge, and no token."""
    got = client.ask(secret="wrong")

    assert (got.status, json.loads(got.body)["error"]) == (401, "invalid_client")
    assert header(got, "WWW-Authenticate") == 'Basic realm="oauthcc"'
    assert oauthcc.token_requests[0].token is None


@every_style
@pytest.mark.oauthcc(strict=False)
def test_an_expired_token(client, oauthcc):
    """Good until its expiry, refused from then on, and a new one is good again."""
    token = client.token()
    oauthcc.clock.expire(before=60)
    assert client.call(token).status == 200

    oauthcc.clock.expire()
    refused = client.call(token)

    assert refused.status == 401
    assert 'error="invalid_token"' in header(refused, "WWW-Authenticate")
    assert client.call(client.token()).status == 200


@every_style
def test_a_scripted_reply(client, oauthcc):
    """Token endpoint and API answer as scripted; the scripted token is good."""
    oauthcc.token_endpoint.reply(json={"access_token": "scripted", "token_type": "bearer", "expires_in": 60})
    oauthcc.api.get("/orders").reply(201, json=[{"id": 7}], headers={"X-Page": "1"})

    token = client.token()
    got = client.call(token)

    assert token == "scripted"
    assert (got.status, json.loads(got.body), header(got, "X-Page")) == (201, [{"id": 7}], "1")
    assert client.call(token, "other").status == 404


@every_style
def test_a_failure_and_recovery(client, oauthcc):
    """A failing endpoint answers its error as often as told, and then as always."""
    oauthcc.token_endpoint.fail("temporarily_unavailable", retry_after=7, times=1)

    failed = client.ask()

    assert (failed.status, header(failed, "Retry-After")) == (503, "7")
    assert client.ask().status == 200


FAULTS = {
    "refused": (lambda place: place.refuse_connection(), "refused"),
    "connect timeout": (lambda place: place.time_out(during="connect"), "connect_timeout"),
    "read timeout": (lambda place: place.time_out(), "read_timeout"),
    "dropped": (lambda place: place.drop_mid_body(), "reset_in_body"),
}


@every_style
@pytest.mark.parametrize(("verb", "kind"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("place", ["token_endpoint", "api"])
def test_a_broken_network(client, oauthcc, place, verb, kind):
    """Each fault is what the client's own library raises for it, at the token endpoint and at the API."""
    token = oauthcc.mint()
    verb(getattr(oauthcc, place))  # for good, since aiohttp tries a GET again by itself
    timeout = 0.2 if client.style.needs_server and "timeout" in kind else 5  # a real one, that is waited for

    with pytest.raises(client.style.error(kind)):
        client.ask(timeout=timeout) if place == "token_endpoint" else client.call(token, timeout=timeout)

    assert oauthcc.exchanges[-1].status is None
    getattr(oauthcc, place).recover()
    assert (client.ask() if place == "token_endpoint" else client.call(token)).status == 200


@in_process
@pytest.mark.oauthcc(allow={"not-served": "that is what is tested here"})
@pytest.mark.parametrize("url", ["https://login.elsewhere.example/token", "https://auth.oauthcc.test/tokens"])
def test_an_unserved_url(client, oauthcc, url):
    """What nobody serves is refused by an error that is none of the library's, and says what is served."""
    with pytest.raises(NotServed, match="is not served in this test") as caught:
        client.ask(url=url)

    assert oauthcc.token_url in str(caught.value)
    assert isinstance(caught.value, AssertionError)
    assert oauthcc.client_secret not in str(caught.value)
    assert len(oauthcc.exchanges) == 0


@over_a_socket
def test_an_unserved_url_of_the_server(client, oauthcc):
    """What the server does not serve is not found, and fails the test by an error that says what is served."""
    got = client.ask(url=client.place.token_url + "s")

    [(failure, _)] = BOARD.take_failures()
    assert (got.status, json.loads(got.body)["error"]) == (404, "not_found")
    assert isinstance(failure, NotServed)
    assert client.place.token_url in str(failure)
    assert oauthcc.client_secret not in str(failure)
    assert len(oauthcc.exchanges) == 0


@every_style
def test_a_redirect(client, oauthcc):
    """A client that follows redirects gets there, one that does not gets the redirect."""
    target = client.place.api_url + "new"
    oauthcc.api.get("/old").redirect(target, 307)
    oauthcc.api.get("/new").reply(json="new")

    got = client.call(oauthcc.mint(), "old")

    if got.status == 307:
        assert header(got, "Location") == target
    else:
        assert json.loads(got.body) == "new"
        assert [entry.path for entry in oauthcc.api_requests] == ["/old", "/new"]


@in_process
def test_a_slow_answer(client, oauthcc):
    """Time passes on the clock of the test as far as the client is patient."""
    oauthcc.token_endpoint.delay(3, times=1).delay(30, times=1)
    began = oauthcc.clock.time()

    assert client.ask(timeout=10).status == 200
    assert 3 <= oauthcc.clock.time() - began < 10
    with pytest.raises(client.style.error("read_timeout")):
        client.ask(timeout=10)
    assert 13 <= oauthcc.clock.time() - began < 25


@over_a_socket
def test_a_slow_answer_of_the_server(client, oauthcc):
    """A server does not know how patient its client is: time passes on the clock of the test, and nobody waits."""
    oauthcc.token_endpoint.delay(300, times=1)
    began = oauthcc.clock.time()

    assert client.ask(timeout=10).status == 200
    assert 300 <= oauthcc.clock.time() - began < 400


@every_style
@pytest.mark.oauthcc(scopes="a b", body_formats=["json"], auth_methods=["client_secret_post"], strict=False)
def test_options_hold_for_every_style(client, oauthcc):
    """What the marker says is what the endpoint does."""
    refused = client.ask(auth="post")
    body = json.dumps({**CC, "client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}).encode()
    taken = client.style.send("POST", client.place.token_url, headers={"Content-Type": "application/json"}, body=body)

    assert (refused.status, json.loads(refused.body)["error"]) == (400, "invalid_request")
    assert (taken.status, json.loads(taken.body)["scope"]) == (200, "a b")


@every_style
def test_the_metadata_lead_to_the_token_endpoint(client, oauthcc):
    """A client that discovers finds what it needs, and the keys that verify the tokens."""
    found = json.loads(client.style.send("GET", client.place.metadata_url).body)

    assert found["token_endpoint"] == client.place.token_url
    keys = json.loads(client.style.send("GET", found["jwks_uri"]).body)
    assert keys["keys"]


@every_style
@pytest.mark.oauthcc(api_url="https://api.acme.example/v2/", token_url="https://login.acme.example/oauth2/token")
def test_urls_of_the_test_s_own(client, oauthcc):
    """Any URL can be served, as if it were the real one."""
    assert client.call(client.token(), "orders?x=1").status == 200
    oauthcc.assert_api_request(path="/orders", params={"x": "1"})
