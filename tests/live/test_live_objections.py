"""Requests that only seem to go to the target, or that others could read on their way."""

from __future__ import annotations

import pytest

from pytest_oauthcc.core.authority import site_of
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.live.objections import objection_to
from pytest_oauthcc.live.targets import Target

TARGET = "https://login.acme.example"


def request_to(url, **options):
    return Request("POST", url, Headers(), b"", **options)


@pytest.mark.parametrize(
    ("url", "options", "told"),
    [
        (f"{TARGET}/token", {}, ""),
        (f"{TARGET}:443/token", {"verify": True}, ""),
        ("https://me:pw@login.acme.example/token", {"via": "requests"}, ""),
        ("https://me:pw@login.acme.example/token", {"via": "urllib.request"}, "a part of the host's name"),
        ("http://login.acme.example/token", {}, "goes over plain http"),
        ("http://login.acme.example:443/token", {}, "goes over plain http"),
        ("HTTP://login.acme.example/token", {}, "goes over plain http"),
        (f"{TARGET}/token", {"verify": False}, "remove verify=False"),
        (f"{TARGET}:99999/token", {}, "a port that there is not"),
        (f"{TARGET}:44a/token", {}, "a port that there is not"),
        ("http://127.0.0.1:99999/token", {}, "a port that there is not"),
        ("http://127.0.0.1:8080/token", {}, ""),
        ("http://localhost/token", {}, ""),
        ("http://[::1]:8080/token", {}, ""),
        ("https://127.0.0.1/token", {"verify": False}, ""),
        # Spellings that the C library takes for 127.0.0.1, and others may not.
        ("http://127.1/token", {}, "goes over plain http"),
        ("http://2130706433/token", {}, "goes over plain http"),
        ("http://0/token", {}, "goes over plain http"),
        ("http://localhost./token", {}, "goes over plain http"),
        ("http://127.0.0.1.acme.example/token", {}, "goes over plain http"),
        ("http://localhost.acme.example/token", {}, "goes over plain http"),
    ],
)
def test_what_is_objected_to(url, options, told):
    """A request to the target is sent only if nobody on the way can read it and it goes where it seems to go."""
    found = objection_to(request_to(url, **options))
    assert told in found
    assert bool(told) == bool(found)


@pytest.mark.parametrize(
    ("environ", "is_sent"),
    [
        ({}, True),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, True),
        ({"HTTP_PROXY": "http://proxy.example:3128"}, False),
        ({"http_proxy": "http://proxy.example:3128"}, False),
        ({"ALL_PROXY": "socks5://proxy.example:1080"}, False),
        ({"HTTP_PROXY": "http://proxy.example:3128", "NO_PROXY": "other.example"}, False),
        ({"HTTP_PROXY": "http://proxy.example:3128", "NO_PROXY": "other.example,127.0.0.1"}, True),
        ({"ALL_PROXY": "http://proxy.example:3128", "no_proxy": "*"}, True),
    ],
)
def test_plain_http_and_proxies(monkeypatch, environ, is_sent):
    """What goes in clear text to this machine must not go through a proxy on another."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = objection_to(request_to("http://127.0.0.1:8080/token"))
    assert found == "" if is_sent else "export NO_PROXY=127.0.0.1" in found
    assert objection_to(request_to(f"{TARGET}/token")) == ""


@pytest.mark.parametrize(
    ("target", "other"),
    [
        (f"{TARGET}/token", "https://login.acme.example:8443/token"),
        (f"{TARGET}/token", "http://login.acme.example:443/token"),
        (f"{TARGET}/token", "https://login.acme.example./token"),
        (f"{TARGET}/token", "https://login.acme.example.evil.example/token"),
        (f"{TARGET}/token", "https://evil.login.acme.example/token"),
        (f"{TARGET}/token", "https://login.acme.example@evil.example/token"),
        (f"{TARGET}/token", "https://login.acme.example:443@evil.example/token"),
        (f"{TARGET}/token", "https://login%2eacme.example/token"),
        (f"{TARGET}/token", "https://evil.example%40login.acme.example/token"),
        (f"{TARGET}/token", "https://lоgin.acme.example/token"),  # noqa: RUF001 - the o is Cyrillic on purpose
        (f"{TARGET}/token", "https:///login.acme.example/token"),
        (f"{TARGET}/token", "//evil.example/https://login.acme.example/token"),
        (f"{TARGET}:8443/token", f"{TARGET}/token"),
        # The port of the one is the last group of the other.
        ("https://[2001:db8::1]:8443/token", "https://[2001:db8::1:8443]/token"),
        ("https://[2001:db8::1:8443]/token", "https://[2001:db8::1]:8443/token"),
        ("http://127.0.0.1:8080/token", "http://127.0.0.1:8081/token"),
        ("http://127.0.0.1:8080/token", "http://localhost:8080/token"),
    ],
)
def test_other_hosts(target, other):
    """What only looks like the target's host is another."""
    hosts = Target(name="x", options={"token_url": target}).hosts
    assert site_of(target)[0] in hosts
    assert site_of(other)[0] not in hosts


@pytest.mark.parametrize(
    "same", ["https://LOGIN.Acme.Example/x", f"{TARGET}:443/", f"{TARGET}?x", "HTTPS://login.acme.example"]
)
def test_the_same_host(same):
    """Case, the usual port, path and query make no other host."""
    assert site_of(same)[0] in Target(name="x", options={"token_url": f"{TARGET}/token"}).hosts


TRICKS = [
    "https://login.acme.example/",
    "https://LOGIN.ACME.EXAMPLE/",
    "https://login.acme.example@evil.example/",
    "https://login.acme.example:443@evil.example/",
    "https://evil.example@login.acme.example/",
    "https://evil.example:443@login.acme.example/",
    "https://evil.example#@login.acme.example/",
    "https://evil.example?@login.acme.example/",
    "https://evil.example/@login.acme.example/",
    "https://evil.example\\@login.acme.example/",
    "https://login.acme.example\\@evil.example/",
    "https://login.acme.example\\.evil.example/",
    "https://evil.example%40login.acme.example/",
    "https://evil.example%2f@login.acme.example/",
    "https://evil.example%23@login.acme.example/",
    "https://evil.example%00@login.acme.example/",
    "https://evil.example%20@login.acme.example/",
    "https://evil.example @login.acme.example/",
    "https://evil.example\t@login.acme.example/",
    "https://login.acme.exam\tple/",
    "https://login.acme.example\r\n.evil.example/",
    "https://login.acme.example./",
    "https://login.acme.example.evil.example/",
    "https://login.acme.example:8443/",
    "https://login.acme.example:99999/",
    "https://login.acme.example:0/",
    "https://login.acme.example:/",
    "https://login%2eacme.example/",
    "https://ｌogin.acme.example/",  # noqa: RUF001 - fullwidth on purpose
    "https://login。acme.example/",
    "https://lоgin.acme.example/",  # noqa: RUF001 - Cyrillic on purpose
    "https://[login.acme.example]/",
    "https://[::ffff:192.0.2.1]/",
    "https://3221225985/",
    "https:evil.example/",
    "https:/evil.example/",
    "https:///evil.example/",
    "http://login.acme.example/",
    "http://login.acme.example:443/",
]


def test_no_spelling_of_a_url_leads_elsewhere(suite):
    """However a URL is spelled: what HTTP libraries look up or connect to is the target and nothing else."""
    result = suite(
        f"""
        from contextlib import suppress

        TRICKS = {TRICKS!r}

        def by_async(library, url):
            import asyncio
            async def go():
                async with library.AsyncClient() as client:
                    await client.get(url)
            asyncio.run(go())

        GETS = {{
            "requests": lambda url: requests.get(url, timeout=3),
            "httpx": httpx.get,
            "httpx2": httpx2.get,
            "urllib": urllib.request.urlopen,
            "async httpx": lambda url: by_async(httpx, url),
            "async httpx2": lambda url: by_async(httpx2, url),
        }}

        @pytest.fixture
        def asked(monkeypatch):
            seen = set()
            def look_up(host, port, *arguments, **options):
                seen.add((host.decode() if isinstance(host, bytes) else host, port))
                raise OSError("no network here")
            def connect(sock, address):
                seen.add(address[:2])
                raise OSError("no network here")
            monkeypatch.setattr(socket, "getaddrinfo", look_up)
            monkeypatch.setattr(socket.socket, "connect", connect)
            return seen

        @pytest.mark.parametrize("get", GETS.values(), ids=GETS)
        def test_tricks(oauthcc, asked, get):
            from pytest_oauthcc.transports.switchboard import BOARD
            for url in TRICKS:
                with suppress(Exception):
                    get(url)
            BOARD.take_failures()
            assert {{(host.lower(), port) for host, port in asked}} == {{("login.acme.example", 443)}}

        @pytest.mark.parametrize("get", [requests.get, httpx.get, httpx2.get])
        def test_the_host_header_does_not_count(oauthcc, asked, get):
            with pytest.raises(AssertionError, match="reaches the hosts of the target only"):
                get("https://evil.example/", headers={{"Host": "login.acme.example"}})
            from pytest_oauthcc.transports.switchboard import BOARD
            BOARD.take_failures()
            assert asked == set()

        @pytest.mark.parametrize("library", [httpx, httpx2])
        def test_the_target_of_a_request_does_not_count(oauthcc, asked, library):
            with pytest.raises(AssertionError, match="reaches the hosts of the target only"):
                with library.Client() as client:
                    client.get("https://evil.example/", extensions={{"target": b"@login.acme.example/"}})
            from pytest_oauthcc.transports.switchboard import BOARD
            BOARD.take_failures()
            assert asked == set()

        @pytest.mark.oauthcc(strict=False)
        def test_a_run_needs_an_exchange(oauthcc):
            assert fetch(oauthcc).status_code == 200
        """,
        issuer=TARGET,
    )
    result.assert_outcomes(passed=12)


def test_proxies(suite, monkeypatch):
    """Plain http to this machine is not given to a proxy; TLS goes through one, and its password is masked."""
    password = "pr0xy p4ssword"
    monkeypatch.setenv("HTTP_PROXY", "http://me:pr0xy%20p4ssword@proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:pr0xy%20p4ssword@proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    result = suite(
        f"""
        import pytest_oauthcc

        GETS = [
            lambda url: requests.get(url, timeout=3),
            httpx.get,
            httpx2.get,
            lambda url: urllib.request.build_opener().open(url),  # urlopen has one that knows the proxies of before
        ]

        @pytest.fixture
        def asked(monkeypatch):
            seen = set()
            def look_up(host, port, *arguments, **options):
                seen.add(host.decode() if isinstance(host, bytes) else host)
                raise OSError("no network here")
            monkeypatch.setattr(socket, "getaddrinfo", look_up)
            return seen

        @pytest.mark.oauthcc(allow={{"not-served": "x"}})
        @pytest.mark.parametrize("get", GETS)
        def test_clear_text(oauthcc, asked, get):
            with pytest.raises(pytest_oauthcc.NotServed, match="export NO_PROXY=127.0.0.1"):
                get(oauthcc.token_url)
            assert asked == set()
            from pytest_oauthcc.transports.switchboard import BOARD
            assert len(BOARD.take_failures()) == 1

        @pytest.mark.parametrize("get", GETS)
        def test_tls(oauthcc, asked, get):
            with pytest.raises(Exception):
                get("https://login.acme.example/")
            assert asked == {{"proxy.example"}}

        def test_shows(oauthcc, monkeypatch):
            import os
            local = urllib.request.getproxies()
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            assert fetch(oauthcc).status_code == 200
            assert "{password}" in local.values()
        """,
        "--showlocals",
        issuer=TARGET,
    )
    result.assert_outcomes(passed=8, failed=1)
    assert "p4ssword" not in result.stdout.str()


def test_a_pastebin_is_refused(live):
    """What a live run prints is not published."""
    result = live(
        "--pastebin=all",
        environment={
            "OAUTHCC_TOKEN_URL": f"{TARGET}/t",
            "OAUTHCC_CLIENT_ID": "c",
            "OAUTHCC_CLIENT_SECRET": "s3cr3t-s3cr3t",
        },
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--pastebin publishes what a run prints, so it is not for live runs*"])
