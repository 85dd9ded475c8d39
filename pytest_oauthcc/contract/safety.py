"""Safety: what nobody else may see, and whom the client must not trust."""

from __future__ import annotations

import base64
import inspect
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.case import ELSEWHERE
from pytest_oauthcc.contract.leaks import eavesdrop, everything_held, leak_in, secrets_by_name
from pytest_oauthcc.contract.sight import is_of_a_client

if TYPE_CHECKING:
    from pytest_oauthcc.contract.case import Case
    from pytest_oauthcc.core.journal import Exchange

__all__ = ["Safety"]

_REDIRECTS = [301, 302, 307, 308]
_NETRC = ("netrc-login", "netrc-password")
_FAULTY = {
    "untrusted": "of an authority that nobody knows",
    "wrong-host": "for another host",
    "expired": "out of date",
}


class Safety:
    """Secrets, tokens and strangers."""

    @check("sets-a-timeout")
    def test_sets_a_timeout_on_token_requests(self, client: Case) -> None:
        """A token endpoint that stays silent does not block for ever."""
        client.plain_call()
        timeouts = [entry.request.timeout for entry in client.provider.token_requests]
        if any(timeout is not None and timeout.is_unlimited for timeout in timeouts):
            client.broken("the token request has no timeout")
        if not timeouts or None in timeouts:
            client.undecided("the client's HTTP library does not tell its timeout")

    @check("checks-certificates")
    def test_checks_certificates(self, client: Case) -> None:
        """The certificate check is left on."""
        client.plain_call()
        for entry in client.provider.exchanges:
            if entry.request.verify is False:
                client.broken(f"{client.name_of(entry)} was sent with the certificate check switched off")
        if any(entry.request.verify is None for entry in client.provider.exchanges):
            client.undecided("the HTTP library does not tell whether it checks; see refuses-bad-certificates")

    @check("refuses-bad-certificates")
    @pytest.mark.parametrize("fault", _FAULTY)
    def test_refuses_bad_certificates(self, client: Case, fault: str) -> None:
        """Nothing is sent to a server whose certificate proves nothing."""
        client.plain_call()
        client.server().show_certificate(fault)
        calls = [client.call()]  # the API first
        client.expire()
        calls.append(client.call())
        for call in calls:
            for entry in (*call.token_requests, *call.api_requests):
                client.broken(f"{client.name_of(entry)} was sent although the server's certificate is {_FAULTY[fault]}")
        if not any(call.error for call in calls):
            client.undecided("the client made no more requests, and raised no exception")

    @check("keeps-secrets-out-of-logs")
    def test_keeps_secrets_out_of_logs(self, client: Case) -> None:
        """Nothing that is logged or printed holds the secret or a token."""
        client.provider.token_endpoint.fail("invalid_client", times=1)
        with eavesdrop() as heard:
            client.call()
            client.call()
            client.provider.revoke()
            call = client.call()
        client.need_token_request(call)
        secrets = secrets_by_name(client.provider)
        for where, text in heard:
            what = leak_in(text, secrets)
            if what is not None:
                client.broken(f"{what} is in {where}")

    @check("keeps-secrets-out-of-exceptions")
    def test_keeps_secrets_out_of_exceptions(self, client: Case) -> None:
        """No exception holds the secret or a token."""
        endpoint = client.provider.token_endpoint
        endpoint.fail("invalid_client", times=1).fail(status=500, times=1).refuse_connection(times=1)
        endpoint.reply(body="<html>", content_type="text/html", times=1)
        errors = [client.call().error for _ in range(4)]
        client.provider.revoke()
        client.provider.api.fail("invalid_token", times=4)
        errors += [client.call().error for _ in range(2)]
        raised = [error for error in errors if error is not None]
        if not raised or not client.provider.token_requests:
            client.undecided("the client asked for no token, or raised no exception; see raises-when-refused")
        secrets = secrets_by_name(client.provider)
        for error in raised:
            what = leak_in(everything_held(error), secrets)
            if what is not None:
                client.broken(f"{what} is in the exception {type(error).__name__}")

    @check("hides-secrets-in-its-repr")
    def test_hides_secrets_in_its_repr(self, client: Case) -> None:
        """Printing the client's objects shows neither the secret nor the token."""
        client.plain_call()
        things = _objects_behind(client.client())
        if not things:
            client.undecided("call_api is bound to no object that could be printed; return a method of the client")
        secrets = secrets_by_name(client.provider)
        for thing in things:
            what = leak_in(repr(thing), secrets)
            if what is not None:
                client.broken(f"{what} is in the repr of the client's {type(thing).__name__}")

    @check("keeps-tokens-out-of-urls-and-cookies")
    def test_keeps_tokens_out_of_urls_and_cookies(self, client: Case) -> None:
        """The token travels in its header only."""
        call = client.call()
        if not client.provider.api_requests or not client.provider.token_requests:
            client.undecided(f"the client did not call the API with a new token ({client.outcome_of(call)})")
        tokens = {token.value: "the token" for token in client.provider.tokens}
        for entry in client.provider.exchanges:
            for where, text in (("URL", entry.url), ("Cookie header", entry.headers.get("cookie", ""))):
                if leak_in(text, tokens):
                    client.broken(f"the token is in the {where} of {client.name_of(entry)}")

    @check("sends-the-secret-to-the-token-endpoint-only")
    def test_sends_the_secret_to_the_token_endpoint_only(self, client: Case) -> None:
        """The API never sees the secret, the token endpoint never an access token."""
        client.plain_call()
        client.expire()
        client.call()
        secrets = secrets_by_name(client.provider)
        hidden = {secret: name for secret, name in secrets.items() if name != "an access token"}
        tokens = {secret: name for secret, name in secrets.items() if name == "an access token"}
        for entry in client.provider.api_requests:
            what = leak_in(_sent(entry), hidden)
            if what is not None:
                client.broken(f"{what} went to the API with {client.name_of(entry)}")
        for request in client.provider.token_requests:
            if leak_in(_sent(request), tokens):
                client.broken(f"an access token went to the token endpoint with {client.name_of(request)}")

    @check("keeps-the-token-from-other-hosts")
    @pytest.mark.parametrize("status", _REDIRECTS)
    def test_keeps_its_token_from_other_hosts(self, client: Case, status: int) -> None:
        """A redirect of the API to another host does not take the token along."""
        client.plain_call()
        stranger = client.elsewhere()
        client.provider.api.redirect(f"{ELSEWHERE}/api/collect", status)
        call = client.call()
        self._need_the_same_process(client)
        if not call.api_requests:
            client.undecided("the client did not call the API a second time")
        tokens = {token.value: "the token" for token in client.provider.tokens}
        for entry in stranger.exchanges:
            if leak_in(_sent(entry), tokens):
                client.broken(f"the API's redirect ({status}) took the token to {urlsplit(entry.url).hostname}")

    @check("keeps-the-token-from-plain-http")
    def test_keeps_its_token_from_plain_http(self, client: Case) -> None:
        """A redirect of the API from https to http does not take the token along."""
        url = client.provider.api_url
        if not url.startswith("https://"):
            client.undecided("the API's own URL is not https")
        client.plain_call()
        client.provider.api.redirect("http" + url[5:] + "contract", 307, times=1)
        client.call()
        self._need_the_same_process(client)
        tokens = {token.value: "the token" for token in client.provider.tokens}
        for entry in client.provider.api_requests:
            if entry.url.startswith("http://") and leak_in(_sent(entry), tokens):
                client.broken("the API's redirect took the token to an http:// URL, in the clear")

    @check("keeps-the-secret-from-other-hosts")
    @pytest.mark.parametrize("status", _REDIRECTS)
    def test_keeps_its_secret_from_other_hosts(self, client: Case, status: int) -> None:
        """A redirect of the token endpoint to another host does not take the secret along."""
        stranger = client.elsewhere()
        client.provider.token_endpoint.redirect(f"{ELSEWHERE}/token", status)
        call = client.call()
        client.need_token_request(call)
        self._need_the_same_process(client)
        secrets = secrets_by_name(client.provider)
        for entry in stranger.exchanges:
            what = leak_in(_sent(entry), secrets)
            if what is not None:
                client.broken(f"the token endpoint's redirect ({status}) took {what} to {urlsplit(entry.url).hostname}")

    @check("refuses-a-plain-http-token-url")
    def test_refuses_a_plain_http_token_url(self, client: Case) -> None:
        """Credentials are not sent to a URL that is not https."""
        url = client.provider.token_url
        if not url.startswith("https://"):
            client.undecided("the provider's own token URL is not https")
        client.provider.reconfigure(token_url="http" + url[5:])
        call = client.call()
        requests = client.provider.token_requests
        if any(entry.url.startswith("https://") for entry in requests):
            client.undecided("call_api does not take the token URL from oauthcc.token_url")
        if any(leak_in(_sent(entry), secrets_by_name(client.provider)) for entry in requests):
            client.broken("the client sent its secret to an http:// token URL, in the clear; expected an error")
        if call.error is None:
            client.undecided("the client asked for no token, and raised no exception; see gets-a-token")

    @check("is-not-misled-by-netrc")
    def test_is_not_misled_by_netrc(self, client: Case) -> None:
        """Entries of ~/.netrc do not take the place of the client's own credentials."""
        hosts = {urlsplit(url).hostname for url in (client.provider.token_url, client.provider.api_url)}
        login, password = _NETRC
        with tempfile.TemporaryDirectory() as home:
            file = Path(home) / ".netrc"
            file.write_text("".join(f"machine {host} login {login} password {password}\n" for host in hosts))
            file.chmod(0o600)
            for name, value in (("NETRC", str(file)), ("HOME", home), ("USERPROFILE", home)):
                client.environment.setenv(name, value)
            call = client.call()
            client.environment.undo()
        entry_of_file = f"Basic {base64.b64encode(':'.join(_NETRC).encode()).decode()}"
        for entry in client.provider.exchanges:
            if entry.headers.get("authorization") == entry_of_file:
                client.broken(f"{client.name_of(entry)} carried the entry of ~/.netrc in its Authorization header")
        client.need_api_request(call)

    @staticmethod
    def _need_the_same_process(client: Case) -> None:
        if not client.is_in_process:
            client.undecided("the client's requests go over sockets, where another host can't be served")


def _sent(entry: Exchange) -> str:
    """Return everything that a request says, as one text."""
    headers = "\n".join(f"{name}: {value}" for name, value in entry.headers.fields)
    return f"{entry.url}\n{headers}\n{entry.body.decode('utf-8', 'replace')}"


def _objects_behind(function: Any) -> list[Any]:
    """Return the objects that a callable belongs to, and those that they hold, as far as they are the client's own."""
    near = [getattr(function, "__self__", None), getattr(function, "func", None), *getattr(function, "args", ())]
    if inspect.isfunction(function):
        near += inspect.getclosurevars(function).nonlocals.values()
    elif not inspect.ismethod(function) and not inspect.isbuiltin(function):
        near.append(function)
    found = [one for one in near if _is_of_the_client(one)]
    for _ in range(2):
        held = [value for one in found for value in getattr(one, "__dict__", {}).values()]
        found += [one for one in held if _is_of_the_client(one) and not any(one is known for known in found)]
    return found


def _is_of_the_client(thing: Any) -> bool:
    # A dictionary is data, whatever it is called: who prints a token prints a token.
    if inspect.isroutine(thing) or inspect.ismodule(thing) or isinstance(thing, type | dict | list | tuple | str):
        return False
    return is_of_a_client(str(type(thing).__module__))
