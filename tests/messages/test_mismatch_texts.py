from __future__ import annotations

from message_world import SECRET, World, golden

from pytest_oauthcc.core.dialect import Dialect
from pytest_oauthcc.explain.expectation import ApiExpectation, TokenExpectation
from pytest_oauthcc.explain.mismatch import mismatch


def token_text(world, count=None, **expected):
    """Explain an ``assert_token_request`` that fails."""
    return mismatch(TokenExpectation(**expected), world.journal, count=count)


def api_text(world, count=None, **expected):
    """Explain an ``assert_api_request`` that fails."""
    return mismatch(ApiExpectation(**expected), world.journal, count=count)


def test_a_renewal_that_drops_a_scope():
    """The renewal is told from the first request, with the time between them and the scope that is gone."""
    world = World()
    world.token(scope="orders:read orders:write")
    world.clock.advance(3601)
    world.token(scope="orders:read")
    golden(
        token_text(world, 2, scope="orders:read orders:write", auth_method="client_secret_basic"),
        """
        1 token request with scope='orders:read orders:write', auth_method='client_secret_basic' was made, expected 2

        token request 2 of 2: POST https://auth.test/token, client 'billing'

                    expected                   received
          scope     orders:read orders:write   orders:read
          missing   orders:write
          (auth_method matched)

        all token requests in this test:
          1  +0s     200  scope='orders:read orders:write'  <- as expected
          2  +3601s  200  scope='orders:read'               <- this one

        Request 2 renews the token of request 1, which had expired 1 s before, and dropped the scope
        orders:write, which request 1 had.
        If that is intended, check request 1 by itself: oauthcc.token_requests[0].scopes
        """,
    )


def test_a_renewal_after_a_401_that_drops_a_header_and_a_parameter():
    """What made the client ask again is part of the cause."""
    world = World()
    world.token(headers={"X-Tenant": "acme"}, audience="https://api.test/")
    world.authority.api.fail("invalid_token", times=1)
    world.api()
    world.token()
    golden(
        token_text(world, 2, headers={"X-Tenant": "acme"}, params={"audience": "https://api.test/"}),
        """
        1 token request with header X-Tenant 'acme', parameter audience 'https://api.test/' was made, expected 2

        token request 2 of 2: POST https://auth.test/token, client 'billing'

                               expected            received
          header X-Tenant      acme                (absent)
          parameter audience   https://api.test/   (absent)

        all token requests in this test:
          1  +0s  200  X-Tenant='acme'  audience='https://api.test/'  <- as expected
          2  +0s  200  no X-Tenant      no audience                   <- this one

        Request 2 was made after the API had answered 401 to the token of request 1, and dropped the header
        X-Tenant and the parameter audience, which request 1 had.
        If that is intended, check request 1 by itself: oauthcc.token_requests[0].headers
        """,
    )


def test_a_body_in_json_and_a_list_as_scope():
    """A refusal is told with what to change in the call of the HTTP library."""
    world = World()
    world.token(kind="application/json", scope=["orders:read", "orders:write"])
    golden(
        token_text(world, scope="orders:read orders:write"),
        """
        scope was '["orders:read", "orders:write"]', expected 'orders:read orders:write'

        token request 1 of 1: POST https://auth.test/token, client 'billing'

                  expected                   received
          scope   orders:read orders:write   ["orders:read", "orders:write"]

        all token requests in this test:
          1  +0s  400 (wrong content type)  scope='["orders:read", "orders:write"]'  <- this one

        - scope was sent as a JSON list; RFC 6749 section 3.3 has one text. Join it first: ' '.join(scopes)
        - The fake refused this request (400): the Content-Type is application/json, and this provider wants
          application/x-www-form-urlencoded. The body is JSON: with requests and httpx, data={...} instead of
          json={...} makes it a form.
        """,
    )


def test_a_list_given_as_a_form_value():
    """A list becomes one parameter for each element, and only the last one counts."""
    world = World()
    world.token(scope=["orders:read", "orders:write"])
    golden(
        token_text(world, scope=["orders:read", "orders:write"]),
        """
        scope was 'orders:write', expected 'orders:read orders:write'

        token request 1 of 1: POST https://auth.test/token, client 'billing'

                    expected                   received
          scope     orders:read orders:write   orders:write
          missing   orders:read

        all token requests in this test:
          1  +0s  400 (duplicate parameter)  scope='orders:write'  <- this one

        - scope was sent 2 times: a list given as a form value becomes one parameter for each of its elements.
          Join it first: ' '.join(scopes)
        - The fake refused this request (400): the parameter scope came more than once.
        """,
    )


def test_the_text_of_a_list_as_scope():
    """The repr of a Python list is recognised."""
    world = World()
    world.token(scope="['orders:read', 'orders:write']")
    golden(
        token_text(world, scope="orders:read orders:write"),
        """
        scope was "['orders:read', 'orders:write']", expected 'orders:read orders:write'

        token request 1 of 1: POST https://auth.test/token, client 'billing'

                  expected                   received
          scope   orders:read orders:write   ['orders:read', 'orders:write']

        all token requests in this test:
          1  +0s  200  scope="['orders:read', 'orders:write']"  <- this one

        scope was sent as the text that Python makes of a list, tuple or set. Join it first:
        ' '.join(scopes)
        """,
    )


def test_a_header_under_another_name():
    """An underscore instead of a hyphen is found by its likeness."""
    world = World(headers={"X-Api-Key": "k-123456"})
    world.token(headers={"X_Api_Key": "k-123456"})
    golden(
        token_text(world, headers={"X-Api-Key": "k-123456"}, grant_type="client_credentials"),
        """
        header X-Api-Key was absent, expected ***f4b0

        token request 1 of 1: POST https://auth.test/token, client 'billing'

                             expected   received
          header X-Api-Key   ***f4b0    (absent)
          (grant_type matched)

        all token requests in this test:
          1  +0s  400 (missing header)  no X-Api-Key  <- this one

        - The header was sent under another name: X_Api_Key instead of X-Api-Key.
        - The fake refused this request (400): the header X-Api-Key is missing.
        """,
    )


def test_the_wrong_auth_method_and_a_wrong_client():
    """The advice names the argument of each client library."""
    world = World()
    world.token(auth="post", client_id="Billing")
    golden(
        token_text(world, auth_method="client_secret_basic", client_id="billing"),
        """
        auth_method was 'client_secret_post', expected 'client_secret_basic'; client_id was 'Billing', expected 'billing'

        token request 1 of 1: POST https://auth.test/token, client 'Billing'

                        expected              received
          auth_method   client_secret_basic   client_secret_post
          client_id     billing               Billing

        all token requests in this test:
          1  +0s  401 (unknown client)  auth_method='client_secret_post'  client_id='Billing'  <- this one

        - The secret came in the body, not in the Authorization header. With requests and httpx:
          auth=(client_id, client_secret), and no client_secret in data={...}; with Authlib:
          token_endpoint_auth_method='client_secret_basic'.
        - The two client ids differ in upper and lower case only.
        - The fake refused this request (401): there is no client 'Billing'; registered: 'billing'. Give the
          client oauthcc.client_id, or make this one known: oauthcc.add_client(...)
        """,
    )


def test_a_wrong_secret_is_told_without_showing_it():
    """The finding of the fake explains why nothing came after the token request."""
    world = World()
    world.token(secret="another-secret")
    text = api_text(world, path="/orders")
    golden(
        text,
        """
        no API request was made, expected one with path='/orders'

        The client gave up after token request 1 was refused (401): the client_secret of 'billing' is wrong.
        The right one is oauthcc.client_secret.
        """,
    )
    assert SECRET not in text


def test_nothing_reached_the_provider():
    """No request at all: was the client called, with our URLs, through a library that is served?"""
    golden(
        token_text(World(), scope="orders:read"),
        """
        no token request was made, expected one with scope='orders:read'

        - Nothing at all reached this provider. Did the test call the client, and does the client use
          oauthcc.token_url and oauthcc.api_url?
        - requests, httpx and urllib are served in this process; for aiohttp, urllib3 and other processes use
          the fixture oauthcc_server and its token_url.
        """,
    )


def test_the_requests_went_to_another_provider():
    """With several providers in one test, the one that got the requests is named."""
    here, there = World(), World()
    there.token()
    golden(
        mismatch(TokenExpectation(), here.journal, others=[("hgem", there.journal)]),
        """
        no token request was made, expected one

        - 1 token request went to another provider of this test (hgem): the client has its URLs, or the
          assertion asks the wrong provider.
        - Nothing at all reached this provider. Did the test call the client, and does the client use
          oauthcc.token_url and oauthcc.api_url?
        - requests, httpx and urllib are served in this process; for aiohttp, urllib3 and other processes use
          the fixture oauthcc_server and its token_url.
        """,
    )


def test_only_the_metadata_was_read():
    """A client that reads the metadata and stops is told from one that does nothing."""
    world = World()
    world.send("GET", world.authority.metadata_url)
    golden(
        token_text(world),
        """
        no token request was made, expected one

        The client made 1 request for the metadata or the keys of the authorization server and stopped
        there. Does it use the token_endpoint of the metadata?
        """,
    )
    golden(
        api_text(world),
        """
        no API request was made, expected one

        The client asked for no token and called no API; it only read metadata. Did the test call the
        client?
        """,
    )


def test_a_token_of_an_earlier_test():
    """A client or cache that outlived its test is named as the cause."""
    world = World()
    world.api(token="of-an-earlier-test")
    golden(
        token_text(world),
        """
        no token request was made, expected one

        API request 1 (GET /orders) carried token ***8e17: the token was issued in the test test_a.
        """,
    )


def test_a_hard_coded_token():
    """A token that nobody issued means that the client never had to ask for one."""
    world = World()
    world.api(token="hard-coded-token")
    golden(
        token_text(world, 1),
        """
        no token request was made, expected 1

        API request 1 (GET /orders) carried token ***4176, which this provider never issued: it is
        hard-coded, or was kept from before this test. Make the client in the test, and let it have no token
        at first.
        """,
    )


def test_a_minted_token():
    """A client that was given a good token does not ask for another one."""
    world = World()
    world.authority.state.issue("billing", ("orders:read",), now=world.clock.now)
    world.api()
    golden(
        token_text(world),
        """
        no token request was made, expected one

        API request 1 (GET /orders) carried token ***69bc, which no token request got: the test minted it,
        and a client that has a good token does not ask for one.
        """,
    )


def test_no_token_in_the_api_request():
    """A client that sends no token at all did not try to authenticate."""
    world = World()
    world.api(token=None)
    golden(
        token_text(world),
        """
        no token request was made, expected one

        API request 1 (GET /orders) carried no token in its header, so the client did not even try to
        authenticate. Is the OAuth part of the client switched on in this test?
        """,
    )


def test_an_api_that_was_never_called():
    """A token was got, and then the client went elsewhere."""
    world = World()
    world.token()
    golden(
        api_text(world, method="get", path="orders"),
        """
        no API request was made, expected one with method='GET', path='/orders'

        The client got a token (token request 1) and did not call the API with it. Does it call something
        under oauthcc.api_url? A request to another host is left to other stubs and is not seen here.
        """,
    )


def test_a_client_that_gave_up():
    """A scripted failure of the token endpoint explains the missing API request."""
    world = World()
    world.authority.token_endpoint.fail(status=503)
    world.token()
    golden(
        api_text(world),
        """
        no API request was made, expected one

        The client gave up after token request 1, which got 503.
        """,
    )


def test_a_token_that_is_not_kept():
    """One request too many, made while the token of the one before was good."""
    world = World()
    world.token()
    world.api()
    world.clock.advance(60)
    world.token()
    golden(
        token_text(world, 1),
        """
        2 token requests were made, expected 1

        token request 2 of 2: POST https://auth.test/token, client 'billing'

        all token requests in this test:
          1  +0s   200  no scope  <- as expected
          2  +60s  200  no scope  <- this one

        Request 2 asks for another token, although that of request 1 was good for 3540 s more. The client
        does not keep its token: let it store the token with its expiry, and use it until then.
        """,
    )


def test_a_token_request_that_was_repeated():
    """One request too many, because the one before failed."""
    world = World()
    world.authority.token_endpoint.fail("temporarily_unavailable", times=1)
    world.token()
    world.token()
    golden(
        token_text(world, 1),
        """
        2 token requests were made, expected 1

        token request 2 of 2: POST https://auth.test/token, client 'billing'

        all token requests in this test:
          1  +0s  503  no scope  <- as expected
          2  +0s  200  no scope  <- this one

        Request 2 repeats request 1, which got 503 temporarily_unavailable. If the client may try again,
        expect that many requests; if not, look at its retry settings.
        """,
    )


def test_a_request_that_should_not_have_been_made():
    """With ``count=0`` the first one is shown."""
    world = World()
    world.clock.advance(0.5)
    world.token()
    golden(
        token_text(world, 0, client_id="billing"),
        """
        1 token request with client_id='billing' was made, expected none

        token request 1 of 1: POST https://auth.test/token, client 'billing'

        all token requests in this test:
          1  +0.5s  200  client_id='billing'  <- this one

        The client made the request at +0.5s; what in the test called it?
        """,
    )


def test_two_clients():
    """Requests of two clients are told apart."""
    world = World(dialect=Dialect(), auth_methods=("client_secret_basic",))
    world.token()
    world.token(client_id="reports")
    golden(
        token_text(world, 1),
        """
        2 token requests were made, expected 1

        token request 2 of 2: POST https://auth.test/token, client 'reports'

        all token requests in this test:
          1  +0s  200                   client_id='billing'  no scope  <- as expected
          2  +0s  401 (unknown client)  client_id='reports'  no scope  <- this one

        Request 2 comes from another client ('reports') than request 1. To count those of one client only,
        give client_id=... to the assertion.
        """,
    )


def test_a_token_that_was_still_good():
    """Too few requests: nothing made the client renew, and the message says how to."""
    world = World()
    world.token()
    world.clock.advance(1800)
    world.api()
    golden(
        token_text(world, 2),
        """
        1 token request was made, expected 2

        all token requests in this test:
          1  +0s  200  no scope  <- as expected

        The client had no reason to ask again: its token was good until +3600s, and the last exchange was at
        +1800s. To make it expire: oauthcc.clock.expire()
        """,
    )


def test_a_token_that_was_used_although_it_had_expired():
    """Too few requests: the client should have renewed and did not."""
    world = World()
    world.token()
    world.clock.advance(3612)
    world.api()
    golden(
        token_text(world, 2),
        """
        1 token request was made, expected 2

        all token requests in this test:
          1  +0s  200  no scope  <- as expected

        The newest token expired 12 s before the last exchange, and the client did not renew it.
        """,
    )


def test_a_failed_token_request_that_was_not_repeated():
    """Too few requests: the client gave up."""
    world = World()
    world.authority.token_endpoint.time_out()
    world.token()
    golden(
        token_text(world, 2),
        """
        1 token request was made, expected 2

        all token requests in this test:
          1  +0s  read timeout  no scope  <- as expected

        The last token request got read timeout, and the client did not repeat it.
        """,
    )


def test_an_expired_token_at_the_api():
    """The token is traced back to the token request that got it."""
    world = World()
    world.token(scope="orders:read")
    world.clock.advance(3612)
    world.api("/orders/")
    golden(
        api_text(world, path="/orders", params={"page": 2}),
        """
        path was '/orders/', expected '/orders'; query parameter page was absent, expected 2

        API request 1 of 1: GET https://api.test/orders/

                                 expected   received
          path                   /orders    /orders/
          query parameter page   2          (absent)

        all API requests in this test:
          1  +3612s  401 (token expired)  GET /orders/  token ***69bc  no page  <- this one

        - The paths differ in the slash at the end only, which is another resource (RFC 3986 section 6.2.3).
        - The URL has no query at all.
        - The fake refused this request (401): the token of token request 1 expired 12 s before this call. A
          client has to renew its token before it expires, or once after a 401.
        """,
    )


def test_a_number_in_the_query():
    """What is sent is a text, even where the test has a number."""
    world = World()
    world.token()
    world.api("/orders?page=2&client_secret=" + SECRET)
    golden(
        api_text(world, path="/orders", params={"page": 2, "client_secret": "another-secret"}),
        """
        query parameter page was '2', expected 2; query parameter client_secret was ***0c88, expected ***0f06

        API request 1 of 1: GET https://api.test/orders?page=2&client_secret=***0c88

                                          expected   received
          query parameter page            2          '2'
          query parameter client_secret   ***0f06    ***0c88
          (path matched)

        all API requests in this test:
          1  +0s  200  GET /orders  token ***69bc  page='2'  client_secret=***0c88  <- this one

        page is a number in the test, and what is sent is always a text: expect '2'.
        """,
    )


def test_members_of_a_json_body():
    """Of two large JSON values only the members that differ are shown."""
    world = World()
    world.token()
    world.api(method="POST", json_body={"id": 8, "lines": [{"sku": "a", "n": 1}], "password": "hunter2-hunter2"})
    golden(
        api_text(world, method="POST", json={"id": 7, "lines": [{"sku": "a", "n": 2}], "password": "hunter3-hunter3"}),
        """
        json.id was 8, expected 7; json.lines[0].n was 1, expected 2; 1 more part differs

        API request 1 of 1: POST https://api.test/orders

                            expected   received
          json.id           7          8
          json.lines[0].n   2          1
          json.password     ***2e66    ***dace
          (method matched)

        all API requests in this test:
          1  +0s  200  POST /orders  token ***69bc  <- this one

        Nothing in the requests tells why. To see all of it: print(oauthcc.api_requests[0].json)
        """,
    )


def test_a_long_value_stands_below_the_expected_one():
    """Values too wide for a table are put one below the other."""
    world = World()
    world.token(scope="https://graph.example/.default")
    golden(
        token_text(world, scope="https://graph.example/Mail.Read https://graph.example/User.Read.All"),
        """
        scope was 'https://graph.example/.default', expected 'https://graph.example/Mail.Read https://graph.example/User.Read.All'

        token request 1 of 1: POST https://auth.test/token, client 'billing'

          scope   expected     https://graph.example/Mail.Read https://graph.example/User.Read.All
                  received     https://graph.example/.default
                  missing      https://graph.example/Mail.Read https://graph.example/User.Read.All
                  unexpected   https://graph.example/.default

        all token requests in this test:
          1  +0s  200  scope='https://graph.example/.default'  <- this one

        Nothing in the requests tells why. To see all of it: print(oauthcc.token_requests[0].scopes)
        """,
    )


def test_a_token_without_the_scope():
    """The token's own request, and another token that would have done, are named."""
    world = World()
    world.token(scope="orders:read orders:write")
    world.token(scope="orders:read")
    world.api()
    golden(
        api_text(world, scope="orders:read orders:write"),
        """
        scope of its token was 'orders:read', expected 'orders:read orders:write'

        API request 1 of 1: GET https://api.test/orders

                               expected                   received
          scope of its token   orders:read orders:write   orders:read
          missing              orders:write

        all API requests in this test:
          1  +0s  200  GET /orders  token ***1f18  scope='orders:read'  <- this one

        - Request 1 carries the token of token request 2, which asked for scope 'orders:read'.
        - The token of token request 1 has that scope, and was not used: does the client keep its tokens apart
          by scope?
        """,
    )


def test_a_post_that_a_redirect_made_a_get():
    """A redirect that loses the method is found in the request before."""
    world = World()
    world.token()
    world.authority.api.redirect("https://api.test/v2/orders", times=1)
    world.api(method="POST")
    world.api("/v2/orders")
    golden(
        api_text(world, method="POST", path="/v2/orders"),
        """
        method was 'GET', expected 'POST'

        API request 2 of 2: GET https://api.test/v2/orders (the nearest of those that differ)

                   expected   received
          method   POST       GET
          (path matched)

        all API requests in this test:
          1  +0s  302  POST /orders    token ***69bc
          2  +0s  200  GET /v2/orders  token ***69bc  <- this one

        Request 1 was a POST and got a redirect (302); an HTTP library follows that with a GET. A redirect
        that keeps the method is 307 or 308.
        """,
    )


def test_an_api_request_that_was_repeated():
    """One API request too many, because the one before got a 503."""
    world = World()
    world.token()
    world.authority.api.fail(status=503, times=1)
    world.api()
    world.api()
    golden(
        api_text(world, 1, path="/orders"),
        """
        2 API requests with path='/orders' were made, expected 1

        API request 2 of 2: GET https://api.test/orders

        all API requests in this test:
          1  +0s  503  GET /orders  token ***69bc  <- as expected
          2  +0s  200  GET /orders  token ***69bc  <- this one

        Request 2 repeats request 1 (GET /orders), which had got 503. The client tried again.
        """,
    )


def test_a_long_history_is_shortened():
    """Of many requests the first, the last and those around this one are shown."""
    world = World()
    for number in range(40):
        world.token(scope="orders:read orders:write" if number == 20 else "orders:read")
        world.clock.advance(90)
    golden(
        token_text(world, scope="orders:write"),
        """
        scope was 'orders:read', expected 'orders:write'

        token request 40 of 40: POST https://auth.test/token, client 'billing' (the nearest of those that differ)

                  expected       received
          scope   orders:write   orders:read

        all token requests in this test:
          1   +0s     200  scope='orders:read'
          2   +90s    200  scope='orders:read'
          3   +180s   200  scope='orders:read'
          4   +270s   200  scope='orders:read'
          ... 28 more ...
          33  +2880s  200  scope='orders:read'
          34  +2970s  200  scope='orders:read'
          35  +3060s  200  scope='orders:read'
          36  +3150s  200  scope='orders:read'
          37  +3240s  200  scope='orders:read'
          38  +3330s  200  scope='orders:read'
          39  +3420s  200  scope='orders:read'
          40  +3510s  200  scope='orders:read'  <- this one

        Nothing in the requests tells why. To see all of it: print(oauthcc.token_requests[39].scopes)
        """,
    )


def test_a_journal_that_keeps_only_the_newest():
    """A history that is not complete says so."""
    world = World(journal_limit=3)
    for _ in range(5):
        world.token(scope="orders:read")
    golden(
        token_text(world, scope="orders:write"),
        """
        scope was 'orders:read', expected 'orders:write'

        token request 3 of 3: POST https://auth.test/token, client 'billing' (the nearest of those that differ)

                  expected       received
          scope   orders:write   orders:read

        the newest token requests (older ones are not kept, see journal_limit):
          1  +0s  200  scope='orders:read'
          2  +0s  200  scope='orders:read'
          3  +0s  200  scope='orders:read'  <- this one

        Nothing in the requests tells why. To see all of it: print(oauthcc.token_requests[2].scopes)
        """,
    )
