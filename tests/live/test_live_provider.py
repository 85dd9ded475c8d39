"""What a live provider lets through, refuses, shares and skips."""

from __future__ import annotations

import json

from live_suites import HEAD

ONLY_FAKE = [
    "oauthcc.mint()",
    "oauthcc.forge('alg-none')",
    "oauthcc.forgeries()",
    "oauthcc.revoke()",
    "oauthcc.rotate_keys()",
    "oauthcc.rotate_secret()",
    "oauthcc.add_client()",
    "oauthcc.asgi()",
    "oauthcc.wsgi()",
    "oauthcc.licence_holders",
    "oauthcc.reconfigure(expires_in=3)",
    "oauthcc.reregister(client_id='x')",
    "oauthcc.answer_to(None)",
    "oauthcc.private_key",
    "oauthcc.introspection_url",
    "oauthcc.revocation_url",
    "oauthcc.token_endpoint.fail('invalid_client')",
    "oauthcc.token_endpoint.reply(json={})",
    "oauthcc.token_endpoint.alter(scope='x')",
    "oauthcc.token_endpoint.refuse_connection()",
    "oauthcc.token_endpoint.time_out(times=2)",
    "oauthcc.token_endpoint.drop_mid_body()",
    "oauthcc.token_endpoint.redirect('https://x.test')",
    "oauthcc.token_endpoint.delay(3)",
    "oauthcc.token_endpoint.hold(2)",
    "oauthcc.api.fail()",
    "oauthcc.api.get('/orders').fail(status=500)",
    "oauthcc.api.require(scope='x')",
    "request.getfixturevalue('oauthcc_server')",
    "request.getfixturevalue('oauthcc_factory')()",
]


def test_what_only_a_fake_can_do_is_skipped(suite):
    """Each thing that only a fake can do skips the test with a reason, and is no failure."""
    tests = [
        f"def test_{number}(oauthcc, request):\n    {line}\n    raise AssertionError"
        for number, line in enumerate(ONLY_FAKE)
    ]
    forged = "def test_forged(oauthcc_forged_token): raise AssertionError"
    result = suite("\n".join([*tests, forged, "def test_real(oauthcc): assert fetch(oauthcc).status_code == 200"]))
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] == 1
    assert "failed" not in outcomes
    assert "errors" not in outcomes
    assert outcomes["skipped"] > len(ONLY_FAKE)
    assert result.ret == 0


def test_what_gives_way(suite):
    """Replies of the API give way to the real one; recover() and wrong arguments are what they ever were."""
    result = suite(
        """
        def test_replies(oauthcc):
            oauthcc.api.get("/orders").reply(json={"orders": "scripted"})
            oauthcc.api.alter(orders=1).recover()
            oauthcc.token_endpoint.recover()
            token = fetch(oauthcc).json()["access_token"]
            assert call(oauthcc, token).json() == {"orders": [7]}
            assert "live" in repr(oauthcc) and "live" in repr(oauthcc.api)

        def test_wrong_arguments(oauthcc):
            with pytest.raises(ValueError, match="times is 0"):
                oauthcc.api.fail(times=0)
        """
    )
    result.assert_outcomes(passed=2)


def test_only_the_targets_hosts_are_reached(suite):
    """A request to any other host is refused before it leaves, and nothing but the target is ever connected to."""
    result = suite(
        """
        import pytest_oauthcc

        @pytest.fixture(autouse=True)
        def connected(monkeypatch):
            seen, connect = [], socket.socket.connect
            def watch(sock, address):
                seen.append(address)
                return connect(sock, address)
            monkeypatch.setattr(socket.socket, "connect", watch)
            return seen

        GET = [lambda url: requests.get(url, timeout=3), httpx.get, httpx2.get, urllib.request.urlopen]

        @pytest.mark.oauthcc(passthrough=["other.example"])
        @pytest.mark.parametrize("get", GET)
        def test_elsewhere(oauthcc, connected, get):
            for url in ("https://other.example/", "http://192.0.2.1/"):
                with pytest.raises(pytest_oauthcc.NotServed, match="--oauthcc-live reaches the hosts of the target only"):
                    get(url)
            assert connected == []
            from pytest_oauthcc.transports.switchboard import BOARD
            assert len(BOARD.take_failures()) == 2

        @pytest.mark.parametrize("get", GET)
        def test_elsewhere_swallowed(oauthcc, connected, get):
            try:
                get("https://other.example/")
            except AssertionError:
                pass

        def test_target(oauthcc, connected):
            token = fetch(oauthcc).json()["access_token"]
            call(oauthcc, token)
            assert requests.get(oauthcc.issuer + "/nothing", timeout=9).status_code == 404
            from urllib.parse import urlsplit
            ports = {urlsplit(url).port for url in (oauthcc.token_url, oauthcc.api_url)}
            assert {address[:2] for address in connected} == {("127.0.0.1", port) for port in ports}
            assert [entry.kind for entry in oauthcc.authority.state.journal.all][-1] == "other request"
        """,
        api=True,
    )
    result.assert_outcomes(passed=5, failed=4)


def test_nothing_leaves_the_process_of_a_fake(suite):
    """Without the flag no socket is ever connected, whatever the client does."""
    result = suite(
        """
        @pytest.fixture(autouse=True)
        def closed(monkeypatch):
            def refuse(*arguments):
                raise RuntimeError("a socket was used")
            for name in ("connect", "connect_ex", "sendto"):
                monkeypatch.setattr(socket.socket, name, refuse)
            monkeypatch.setattr(socket, "getaddrinfo", refuse)

        def test_fake(oauthcc):
            token = fetch(oauthcc).json()["access_token"]
            for post in (httpx.post, httpx2.post):
                assert fetch(oauthcc, post).status_code == 200
            assert call(oauthcc, token).status_code == 200
            for get in (requests.get, httpx.get, httpx2.get, urllib.request.urlopen):
                with pytest.raises(AssertionError):
                    get("https://other.example/")
            oauthcc._broken.clear()
            from pytest_oauthcc.transports.switchboard import BOARD
            assert len(BOARD.take_failures()) == 4
        """,
        live_mode=False,
    )
    result.assert_outcomes(passed=1)


def test_unsafe_requests_are_not_sent(suite):
    """Plain http and a switched-off certificate check are refused before the secret is on its way."""
    result = suite(
        """
        import pytest_oauthcc

        def test_http(oauthcc):
            with pytest.raises(pytest_oauthcc.NotServed, match="goes over plain http"):
                requests.post("http://login.acme.example/token", {"grant_type": "x"}, timeout=3)
            with pytest.raises(pytest_oauthcc.NotServed, match="switched off; remove verify=False"):
                requests.get("https://login.acme.example/token", verify=False, timeout=3)
            from pytest_oauthcc.transports.switchboard import BOARD
            assert len(BOARD.take_failures()) == 2
            assert fetch(oauthcc).status_code == 200
        """,
        issuer="https://login.acme.example",
        introspection_url="https://login.acme.example/introspect",
        revocation_url="https://login.acme.example/revoke",
        metadata_url="https://login.acme.example/metadata",
    )
    result.assert_outcomes(passed=1)


def test_a_run_without_exchanges_fails(suite):
    """A live run in which nothing reached the provider proves nothing, so it is no pass."""
    result = suite("def test_nothing(oauthcc): pass\n@pytest.mark.oauthcc('hgem')\ndef test_more(oauthcc): pass\n")
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*ERROR no request reached the provider*"])
    assert suite("def test_nothing(oauthcc): pass\n", "--collect-only").ret == 0


def test_the_quota(suite):
    """More token requests than a minute takes are not sent; the message says what to do."""
    result = suite(
        """
        @pytest.mark.parametrize("number", range(4))
        def test_many(oauthcc, number):
            assert fetch(oauthcc).status_code == 200
        """,
        token_requests_per_minute=2,
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["*has sent 2 token requests within a minute*", "*reuse = true in the target*"])


def test_the_quota_counts_every_spelling_of_the_url(suite):
    """A token request is one wherever on the target it goes, such as where a redirect leads."""
    result = suite(
        """
        @pytest.mark.parametrize("number", range(2))
        def test_elsewhere(oauthcc, number):
            data = {"grant_type": "client_credentials"}
            assert requests.post(oauthcc.token_url + "/", data=data).status_code >= 400
        """,
        token_requests_per_minute=1,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*has sent 1 token request within a minute*"])


def test_the_quota_holds_for_all_workers(suite):
    """Three workers together send no more than one alone."""
    result = suite(
        """
        @pytest.mark.parametrize("number", range(9))
        def test_many(oauthcc, number):
            assert fetch(oauthcc).status_code == 200
        """,
        "-n3",
        token_requests_per_minute=4,
    )
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] <= 4
    assert outcomes["passed"] + outcomes["failed"] == 9
    result.stdout.fnmatch_lines([f"oauthcc: {outcomes['passed']} live exchanges*"])


def test_reuse(suite):
    """Tests share a token that is still good; within a test, and after the clock was moved, a request is a real one."""
    result = suite(
        """
        SEEN = set()

        @pytest.mark.parametrize("number", range(3))
        def test_shares(oauthcc, number):
            answer = fetch(oauthcc)
            SEEN.add(answer.json()["access_token"])
            assert 880 < answer.json()["expires_in"] <= 900
            assert call(oauthcc, answer.json()["access_token"]).status_code == 200
            assert oauthcc.token_requests[0].status == 200
            assert oauthcc.token_requests[0].token.value in SEEN
            assert len(SEEN) == 1

        def test_fetches_again(oauthcc):
            assert fetch(oauthcc).json()["access_token"] in SEEN
            assert fetch(oauthcc).json()["access_token"] not in SEEN

        def test_moved(oauthcc):
            oauthcc.clock.advance(seconds=5000)
            assert fetch(oauthcc).json()["access_token"] not in SEEN

        def test_other_scope(oauthcc):
            assert fetch(oauthcc, scope="orders:write").json()["access_token"] not in SEEN

        def test_wrong_secret(oauthcc):
            form = {"grant_type": "client_credentials", "scope": "orders:read", "client_id": oauthcc.client_id}
            assert requests.post(oauthcc.token_url, form | {"client_secret": "wrong-one"}, timeout=9).status_code == 401
        """,
        reuse=True,
    )
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["oauthcc: 8 live exchanges*"])


def test_the_moved_clock(suite):
    """A moved clock is the client's own; what would compare it with the real exp is skipped with the reason."""
    result = suite(
        """
        import base64, json

        def test_fetches_again(oauthcc):
            fetch(oauthcc)
            oauthcc.clock.expire()
            assert fetch(oauthcc).status_code == 200
            assert oauthcc.token_requests[0].token.value != oauthcc.token_requests[1].token.value

        def test_expired_by_the_moved_clock_only(oauthcc):
            token = fetch(oauthcc).json()["access_token"]
            oauthcc.clock.expire()
            try:
                assert call(oauthcc, token).status_code == 401
            except BaseException:
                raise RuntimeError("swallowed")

        def test_swallowed_for_good(oauthcc):
            token = fetch(oauthcc).json()["access_token"]
            oauthcc.clock.expire()
            try:
                call(oauthcc, token)
            except BaseException:
                pass
        """
    )
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(["*expired by the moved clock only, and the real API goes by its own"])


def test_a_jwt_and_the_moved_clock(live, oidc_provider, pytester):
    """A client that compares the moved clock with a real exp, and so fetches again at once, is skipped."""
    pytester.makepyfile(
        test_it=HEAD
        + """
import jwt

def get(oauthcc):
    from urllib.parse import quote_plus
    who = quote_plus(oauthcc.client_id), quote_plus(oauthcc.client_secret)
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    return requests.post(oauthcc.token_url, form, auth=who, timeout=9).json()["access_token"]

def test_compares(oauthcc):
    token = get(oauthcc)
    oauthcc.clock.advance(hours=2)
    token = get(oauthcc)
    if jwt.decode(token, options={"verify_signature": False, "verify_exp": False})["exp"] < time.time():
        get(oauthcc)
"""
    )
    result = live("-rs", environment=oidc_provider.environment("jwt", api=False))
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*compares the moved clock with the real exp of its token"])


def test_rules_judge_real_exchanges(suite):
    """The same rules fail a test whose client breaks them at the real provider."""
    result = suite(
        """
        def test_wrong_content_type(oauthcc):
            requests.post(oauthcc.token_url, json={"grant_type": "client_credentials"}, timeout=9)

        @pytest.mark.oauthcc(strict=False)
        def test_allowed(oauthcc):
            requests.post(oauthcc.token_url, json={"grant_type": "client_credentials"}, timeout=9)

        @pytest.mark.oauthcc(max_exchanges=2)
        def test_endless(oauthcc):
            for _ in range(9):
                try:
                    fetch(oauthcc)
                except AssertionError:
                    pass
        """
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*Violation*", "*TooManyExchanges*"])


def test_other_profiles_and_second_providers(suite):
    """A test for another provider than the target's is skipped; provider() is the target, too."""
    result = suite(
        """
        import pytest_oauthcc

        @pytest.mark.oauthcc("hgem")
        def test_other(oauthcc):
            raise AssertionError

        @pytest.mark.oauthcc("duende", token_url="https://wrong.example/token", client_secret="wrong")
        def test_same(oauthcc):
            assert oauthcc.name == "duende"
            assert fetch(oauthcc).status_code == 200

        def test_provider():
            with pytest_oauthcc.provider() as p:
                assert fetch(p).status_code == 200
        """,
        profile="duende",
    )
    result.assert_outcomes(passed=2, skipped=1)
    result.stdout.fnmatch_lines(["*the test is for the profile 'hgem', and the target post is like 'duende'"])


def test_real_responses_are_untouched(suite):
    """Streaming, raw reads, redirects, stubs of the user's, and failures of the network are as without us."""
    result = suite(
        """
        def test_stream(oauthcc):
            form = {"grant_type": "client_credentials", "client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
            answer = requests.post(oauthcc.token_url, form, stream=True, timeout=9)
            assert oauthcc.token_requests[0].token is None
            assert len(answer.raw.read(10)) == 10
            assert len(answer.raw.read()) == int(answer.headers["Content-Length"]) - 10
            assert oauthcc.token_requests[0].token is not None
            with httpx.stream("POST", oauthcc.token_url, data=form) as answer:
                assert oauthcc.token_requests[1].status == 200
                assert b"".join(answer.iter_bytes(7))
            assert oauthcc.token_requests[1].token is not None
            request = urllib.request.Request(oauthcc.token_url, __import__("urllib.parse").parse.urlencode(form).encode())
            with urllib.request.urlopen(request) as answer:
                parts = [answer.read(5), answer.readline(), answer.read1(9)]
                buffer = bytearray(4)
                while answer.readinto(buffer):
                    pass
            assert oauthcc.token_requests[2].token is not None
            assert b"access_token" in oauthcc.token_requests[2].outcome.body

        @responses.activate
        def test_below_the_users_stubs(oauthcc):
            responses.get("https://other.example/", json={"x": 1})
            assert fetch(oauthcc).status_code == 200
            assert requests.get("https://other.example/", timeout=9).json() == {"x": 1}

        def test_below_pytest_httpx(oauthcc, httpx_mock):
            httpx_mock.add_response(url="https://other.example/", json={"x": 1})
            assert fetch(oauthcc, httpx.post).status_code == 200
            assert oauthcc.token_requests[0].token is not None
            assert httpx.get("https://other.example/").json() == {"x": 1}
            async def go():
                async with httpx.AsyncClient() as client:
                    return await client.get(oauthcc.api_url + "orders")
            import asyncio
            assert asyncio.run(go()).status_code == 401
            assert oauthcc.api_requests[0].status == 401

        def test_requests_mock(oauthcc, requests_mock):
            requests_mock.get("https://other.example/", json={"x": 1})
            assert fetch(oauthcc).status_code == 200

        @pytest.mark.parametrize("get", [lambda url: requests.get(url, timeout=9), httpx.get, httpx2.get, urllib.request.urlopen])
        def test_failures(oauthcc, get, monkeypatch):
            def refuse(*arguments):
                raise ConnectionRefusedError("nobody there")
            monkeypatch.setattr(socket.socket, "connect", refuse)
            with pytest.raises(Exception):
                get(oauthcc.api_url + "orders")
            assert oauthcc.api_requests[0].status is None
            assert oauthcc.api_requests[0].result == "refused"

        def test_async_failure(oauthcc, monkeypatch):
            import asyncio
            async def refuse(*arguments, **options):
                raise TimeoutError("too slow")
            monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", refuse)
            monkeypatch.setattr("anyio.connect_tcp", refuse)
            async def go():
                async with httpx.AsyncClient() as client:
                    await client.get(oauthcc.api_url + "orders")
            with pytest.raises(Exception):
                asyncio.run(go())
            assert oauthcc.api_requests[0].status is None
        """
    )
    result.assert_outcomes(passed=9)
    result.stdout.no_fnmatch_line("*slipped*")


def test_api_refusals_are_compared(suite, pytester):
    """A 403 of the real API is compared with the fake's own way of saying so."""
    result = suite(
        """
        def test_forbidden(oauthcc):
            token = fetch(oauthcc).json()["access_token"]
            assert call(oauthcc, token, "admin").status_code == 403

        def test_other_statuses(oauthcc):
            token = fetch(oauthcc).json()["access_token"]
            assert call(oauthcc, token, "nowhere").status_code == 404
        """,
        "--oauthcc-drift=drift.json",
    )
    result.assert_outcomes(passed=2)
    rows = json.loads((pytester.path / "drift.json").read_text())["differences"]
    assert {row["what"].split(":")[0] for row in rows if row["what"].startswith("API")} == {
        "API refusal (insufficient_scope)"
    }
