"""Keeping a token: used until it expires, by all callers, and by nobody else."""

from __future__ import annotations

import os
import pickle
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.calls import count_issued
from pytest_oauthcc.contract.verdict import describe_error

if TYPE_CHECKING:
    from pytest_oauthcc.contract.calls import Together
    from pytest_oauthcc.contract.case import Case

__all__ = ["Keeping"]

_CALLS = 5
_CALLERS = 6
_HAS_MODES = os.name == "posix"


class Keeping:
    """One token for many calls."""

    @check("reuses-its-token")
    def test_reuses_its_token(self, client: Case) -> None:
        """Five calls need one token."""
        client.plain_call()
        for _ in range(_CALLS - 1):
            call = client.call()
            if not call.worked:
                client.broken(f"a later call with the same client failed: {client.outcome_of(call)}")
        asked = count_issued(client.provider.token_requests)
        if asked > 1:
            client.broken(f"the client made {asked} token requests for {_CALLS} calls in a row, expected 1")

    @check("asks-once-for-many-callers")
    def test_asks_once_for_many_callers(self, client: Case) -> None:
        """Callers that come at the same moment share the first token."""
        client.client()
        if client.provider.token_requests:
            client.undecided("the client asks for its token while it is made; renews-once-for-many-callers decides")
        client.provider.token_endpoint.hold(until=_CALLERS)
        _judge_burst(client, client.together(_CALLERS), "the first token")

    @check("renews-once-for-many-callers")
    def test_renews_once_for_many_callers(self, client: Case) -> None:
        """Callers that come at the same moment share a renewed token."""
        client.plain_call()
        client.expire()
        client.provider.token_endpoint.hold(until=_CALLERS)
        calls = client.together(_CALLERS)
        if not calls.token_requests:
            client.undecided("the client does not renew; see renews-an-expired-token")
        _judge_burst(client, calls, "a renewed token")

    @check("keeps-tokens-of-clients-apart")
    def test_keeps_tokens_of_clients_apart(self, client: Case) -> None:
        """A client never uses the token of another client."""
        other = client.provider.add_client()
        first, second = client.make(), client.make(client_id=other.client_id, client_secret=other.client_secret)
        wanted = ((first, client.provider.client_id), (second, other.client_id), (first, client.provider.client_id))
        for function, client_id in wanted:
            call = client.call(function)
            if not call.api_requests:
                client.undecided(f"a client of make_client failed ({client.outcome_of(call)}); see gets-a-token")
            token = call.api_requests[-1].token
            if token is not None and token.client_id != client_id:
                client.broken(f"the client {client_id!r} called the API with the token of {token.client_id!r}")
        if not any(entry.client_id == other.client_id for entry in client.provider.token_requests):
            client.undecided("make_client does not use the client_id that it is given")

    @check("keeps-tokens-of-scopes-apart")
    def test_keeps_tokens_of_scopes_apart(self, client: Case) -> None:
        """A client never uses a token that was asked for with another scope."""
        known = client.provider.scopes or ("contract:one", "contract:two")
        required = frozenset(client.dialect.scope.required)
        scopes = [scope for scope in known if scope not in required][:2]
        if len(scopes) < 2 or required:  # noqa: PLR2004
            client.undecided("the client may not have two scopes of which it could choose one")
        made = [(client.make(scope=scope), scope) for scope in scopes]
        for function, scope in [*made, made[0]]:
            call = client.call(function)
            if not call.api_requests or call.api_requests[-1].token is None:
                client.undecided(f"a client of make_client failed ({client.outcome_of(call)}); see gets-a-token")
            granted = call.api_requests[-1].scopes
            if not granted:
                client.undecided("the client's token has no scope at all")
            if scope not in granted:
                client.broken(
                    f"the client with the scope {scope!r} called the API with a token for {' '.join(sorted(granted))!r}"
                )

    @check("starts-without-a-token")
    def test_starts_without_a_token(self, client: Case) -> None:
        """The first call does not use a token of an earlier client."""
        call = client.call()
        sent = [entry for entry in client.provider.api_requests if entry.bearer is not None]
        if not sent:
            client.undecided(f"no token was sent to the API ({client.outcome_of(call)}); see gets-a-token")
        if sent[0].token is None and not client.provider.token_requests:
            why = sent[0].verdict.detail if sent[0].verdict is not None else "the provider never issued it"
            client.broken(f"a fresh client sent a token that it can't have asked for: {why}")

    @check("keeps-cached-tokens-private")
    def test_keeps_cached_tokens_private(self, client: Case) -> None:
        """A file with the token in it is for the owner only."""
        if not _HAS_MODES:
            client.undecided("files have no POSIX modes on this system")
        with tempfile.TemporaryDirectory() as home:
            for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR"):
                client.environment.setenv(name, home)
            client.environment.setattr(tempfile, "tempdir", home)
            client.environment.chdir(home)
            before = os.umask(0o022)
            try:
                client.plain_call()
            finally:
                os.umask(before)
            tokens = [token.value.encode() for token in client.provider.tokens]
            for path in (path for path in Path(home).rglob("*") if path.is_file()):
                content = path.read_bytes()
                if _others_can_read(path, Path(home)) and any(token in content for token in tokens):
                    client.broken(f"the token is in the file {path.name} with the mode {_mode(path):03o}, expected 600")
            client.environment.undo()

    @check("survives-pickling")
    def test_survives_pickling(self, client: Case) -> None:
        """A pickled client calls the API."""
        client.plain_call()
        function = client.client()
        if "<locals>" in getattr(function, "__qualname__", "") or "<lambda>" in getattr(function, "__name__", ""):
            client.undecided("call_api is a local function, which nobody can pickle; return a method of the client")
        copy, error = _pickled(function)
        if error is not None:
            client.broken(f"the client can't be pickled: {describe_error(error)}")
        call = client.call(copy)
        if not call.worked:
            client.broken(f"the unpickled client fails: {client.outcome_of(call)}")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _others_can_read(path: Path, home: Path) -> bool:
    """Whether somebody else may read a file: it is not private, nor is any of the directories on the way to it."""
    on_the_way = path.parents[: path.parents.index(home)]
    return bool(_mode(path) & 0o077) and all(_mode(directory) & 0o011 for directory in on_the_way)


def _pickled(thing: Any) -> tuple[Any, Exception | None]:
    try:
        return pickle.loads(pickle.dumps(thing)), None  # noqa: S301 - what was pickled a moment ago
    except Exception as error:  # noqa: BLE001 - pickle raises what it likes
        return None, error


def _judge_burst(client: Case, calls: Together, what: str) -> None:
    if calls.hung:
        client.broken(f"{calls.hung} of {_CALLERS} callers that needed {what} at the same moment did not come back")
    if calls.errors:
        error = calls.errors[0]
        alone = client.call()
        if not alone.worked:
            client.undecided(f"the client fails when it is called alone, too ({client.outcome_of(alone)})")
        client.broken(
            f"{len(calls.errors)} of {_CALLERS} callers that needed {what} at the same moment failed: "
            + describe_error(error)
        )
    asked = count_issued(calls.token_requests)
    if asked > 1:
        client.broken(
            f"{_CALLERS} callers that needed {what} at the same moment made {asked} token requests, expected 1"
        )
    if not asked or len(calls.api_requests) < _CALLERS:
        client.undecided("the callers did not all call the API; see gets-a-token")
