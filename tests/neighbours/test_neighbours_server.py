"""Stubs of other people beside ``oauthcc_server``: what goes to the server gets there, and they hear nothing of it."""

from __future__ import annotations

import importlib.util

import pytest
from inner_runs import INI, WITHOUT
from neighbour_kinds import OURS_FIRST, THEIRS_FIRST, cases
from patch_points import changes, open_things, snapshot

CLIENTS = """
import asyncio
import base64
import json
import ssl

try:
    import aiohttp
except ImportError:
    aiohttp = None

FORM = {"grant_type": "client_credentials", "scope": "a"}
BODY = b"grant_type=client_credentials&scope=a"


def basic(auth):
    return "Basic " + base64.b64encode(":".join(auth).encode()).decode()

def context_of(ca):
    return ca and ssl.create_default_context(cafile=ca)

def by_session(url, auth, ca):
    with requests.Session() as session:
        return session.post(url, data=FORM, auth=auth, verify=ca).json()

def by_stream_of_requests(url, auth, ca):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with requests.post(url, data=iter([BODY]), auth=auth, headers=headers, verify=ca, stream=True) as answer:
        return json.loads(b"".join(answer.iter_content(7)))

def by_urllib(url, auth, ca):
    request = urllib.request.Request(url, BODY)
    request.add_header("Authorization", basic(auth))
    with urllib.request.urlopen(request, context=context_of(ca)) as answer:
        return json.load(answer)

def by_client(library):
    def send(url, auth, ca):
        with library.Client(verify=context_of(ca) or True) as client:
            return client.post(url, data=FORM, auth=auth).json()
    return send

def by_async_client(library):
    def send(url, auth, ca):
        async def fetch():
            async with library.AsyncClient(verify=context_of(ca) or True) as client:
                async with client.stream("POST", url, data=FORM, auth=auth) as answer:
                    await answer.aread()
                    return answer.json()
        return asyncio.run(fetch())
    return send

def by_aiohttp(url, auth, ca):
    async def fetch():
        async with aiohttp.ClientSession(headers={"Authorization": basic(auth)}) as session:
            async with session.post(url, data=FORM, ssl=context_of(ca) or True) as answer:
                return await answer.json()
    return asyncio.run(fetch())

WAYS = [
    by_session,
    by_stream_of_requests,
    by_urllib,
    *(make(library) for make in (by_client, by_async_client) for library in (httpx, httpx2) if library),
    *([by_aiohttp] if aiohttp else []),
]

def talk(server, theirs):
    \"\"\"The server gets what is for it, and theirs hear nothing of that; what is for them they get, or refuse.\"\"\"
    auth = server.provider.client_id, server.provider.client_secret
    ca = str(server.ca_pem_path) if server.base_url.startswith("https") else None
    for way in WAYS:
        before = list(theirs.urls())
        assert way(server.token_url, auth, ca)["scope"] == "a"
        assert list(theirs.urls()) == before
    assert theirs.get(THEIRS) == "theirs"
    assert list(theirs.urls()) == [*before, THEIRS]
    with pytest.raises(theirs.refusal):
        theirs.get("https://unknown.example/")
    assert [entry.request.via for entry in server.provider.exchanges] == ["oauthcc_server"] * len(WAYS)
"""
TEST = """
{mark}
def test_{scheme}({args}):
    {decorator}
    def inside():
        with {opening}:
            talk({server}, theirs)
    inside()
"""


def module_of(neighbour, order):
    """Return the text of a test module that talks to a server, over HTTP and, where that can be, over HTTPS."""
    if order == OURS_FIRST:
        args, server = ["oauthcc_server", "theirs"], "oauthcc_server"
    else:
        args, server = ["theirs", "request"], 'request.getfixturevalue("oauthcc_server")'
    opening = "contextlib.nullcontext()"
    if neighbour.way != "fixture":
        args.remove("theirs")
        opening = "opened() as theirs"
    marks = {"http": ""}
    if importlib.util.find_spec("trustme"):
        marks["https"] = "@pytest.mark.oauthcc(tls=True)"
    tests = [
        TEST.format(
            mark=mark,
            scheme=scheme,
            args=", ".join(args),
            decorator=neighbour.decorator,
            opening=opening,
            server=server,
        )
        for scheme, mark in marks.items()
    ]
    return neighbour.prelude() + CLIENTS + "".join(tests), len(tests)


REFUSING = ("pytest-recording, block_network", "pytest-socket")  # these are asked to let nothing out


@pytest.mark.parametrize(("neighbour", "order"), cases((OURS_FIRST, THEIRS_FIRST), REFUSING))
def test_the_server_is_reached_beside_stubs(pytester, neighbour, order):
    """In whichever order they were set up, and with every library that the stubs are for; and nothing stays."""
    text, count = module_of(neighbour, order)
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_it=text)
    before, opened = snapshot(), open_things()

    result = pytester.runpytest_inprocess(*WITHOUT, *neighbour.options)

    result.assert_outcomes(passed=count)
    assert changes(before) == []
    assert open_things() <= opened


@pytest.mark.parametrize(
    ("mark", "plugin", "other", "error"),
    [
        ("block_network", "pytest_recording", "socket", "RuntimeError: Network is disabled"),
        ('block_network(allowed_hosts=["127.0.0.1"])', "pytest_recording", "socket", ""),
        ("disable_socket", "pytest_socket", "recording", "SocketBlockedError"),
        ('allow_hosts(["127.0.0.1"])', "pytest_socket", "recording", ""),
    ],
)
def test_whoever_forbids_sockets_forbids_this_one(pytester, mark, plugin, other, error):
    """That is the user's wish: the error is that of the plugin that forbids, and its own exceptions are the remedy."""
    if not importlib.util.find_spec(plugin):
        pytest.skip(f"{plugin} is not installed")
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(f"""
        import pytest
        import requests

        @pytest.mark.{mark}
        def test_it(oauthcc_server):
            assert requests.get(oauthcc_server.metadata_url).ok
    """)

    # In a process of its own: what was refused half way leaves a socket that nobody closes.
    unclosed = ("-W", "ignore::pytest.PytestUnraisableExceptionWarning", "-W", "ignore:A test tried to use socket")
    result = pytester.runpytest_subprocess(*WITHOUT, "-p", f"no:{other}", *unclosed)

    assert result.ret == (pytest.ExitCode.TESTS_FAILED if error else pytest.ExitCode.OK)
    result.stdout.fnmatch_lines([f"E *{error}*"] if error else ["*1 passed*"])
