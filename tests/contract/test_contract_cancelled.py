"""One of several tasks that wait for a token is cancelled: whom the check blames, and whom it does not."""

from __future__ import annotations

import preload  # noqa: F401
import pytest

MODULE = """
import asyncio
import time

import httpx
import pytest
from pytest_oauthcc import ClientContract

{mark}
class TestClient(ClientContract):
    @pytest.fixture
    def call_api(self, oauthcc):
        return Client(oauthcc).call

class Client:
    def __init__(self, oauthcc):
        self.oauthcc, self.token, self.until, self.task, self.calls = oauthcc, None, 0.0, None, 0

    async def call(self):
        self.calls += 1
        if self.calls > {most}:
            raise RuntimeError("too many calls")
        if not (self.token and time.time() < self.until):
            {wait}
        async with httpx.AsyncClient() as http:
            answer = await http.get(self.oauthcc.api_url, headers={{"Authorization": "Bearer " + self.token}})
        answer.raise_for_status()

    async def shared(self):
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.fetch())
        return self.task

    async def fetch(self):
        form = {{"grant_type": "client_credentials"}}
        auth = (self.oauthcc.client_id, self.oauthcc.client_secret)
        async with httpx.AsyncClient() as http:
            answer = await http.post(self.oauthcc.token_url, data=form, auth=auth)
        self.token, self.until = answer.json()["access_token"], time.time() + 3000
"""


@pytest.fixture
def told(pytester):
    """Run the check on a client that waits for its token in some way, and return the outcome."""

    def run(wait, *, mark="", most=9):
        pytester.makepyfile(MODULE.format(wait=wait, mark=mark, most=most))
        plugins = ("-p", "no:randomly", "-p", "no:asyncio")
        return pytester.runpytest(*plugins, "-rs", "-k", "survives_a_cancelled")

    return run


@pytest.mark.parametrize("wait", ["await self.fetch()", "await asyncio.shield(await self.shared())"])
def test_who_does_not_depend_on_the_cancelled_caller_holds(told, wait):
    """Each for itself, or behind a shield: the others get their token."""
    told(wait).stdout.fnmatch_lines(["*1 passed*"])


def test_a_shared_task_without_a_shield_is_found(told):
    """The first caller's cancellation reaches the task that all wait for."""
    done = told("await (await self.shared())")

    done.stdout.fnmatch_lines(
        ["2 of 2 callers failed when another one was cancelled that waited for the same token: CancelledError"]
    )


def test_a_call_that_fails_later_is_found(told):
    """Callers may get away, and the client be broken for those that come after."""
    done = told("await self.fetch()", most=4)

    done.stdout.fnmatch_lines(["a call failed after another one was cancelled that waited for the same token:*"])


def test_a_client_that_does_not_renew_is_left_undecided(told):
    """Where no token is asked for nobody waits for one."""
    told("self.token or await self.fetch()").stdout.fnmatch_lines(["*: the client does not renew;*"])


def test_trio_is_left_undecided(told):
    """The check cancels tasks of asyncio."""
    mark = "@pytest.mark.anyio\n@pytest.mark.parametrize('anyio_backend', ['trio'])"
    told("await self.fetch()", mark=mark).stdout.fnmatch_lines(["*survives-a-cancelled-caller: it needs asyncio*"])
