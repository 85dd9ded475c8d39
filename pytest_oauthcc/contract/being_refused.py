"""Being refused: what the client does when the token endpoint or the API says no, or says nothing that makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.leaks import told_to_a_person
from pytest_oauthcc.contract.verdict import describe_error
from pytest_oauthcc.core.templates import OMIT

if TYPE_CHECKING:
    from pytest_oauthcc.contract.calls import Call
    from pytest_oauthcc.contract.case import Case

__all__ = ["USELESS", "BeingRefused"]

_MANY = 30

_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Welcome</h1></body></html>"
USELESS: dict[str, dict[str, Any]] = {
    "html": {"body": _PAGE, "content_type": "text/html; charset=utf-8"},
    "empty": {"body": b"", "content_type": "application/json"},
    "truncated": {"body": '{"access_token": "abc", "expi', "content_type": "application/json"},
    "not-utf-8": {"body": b'\xff\xfe{\x00"\x00\x80', "content_type": "application/json; charset=utf-8"},
    "list": {"json": ["access_token"]},
    "null": {"json": None},
    "deeply-nested": {"body": "[" * 50_000, "content_type": "application/json"},
    "huge": {"body": "x" * 500_000, "content_type": "text/plain"},
}
"""Answers with the status 200 that are no answers, as arguments of ``reply``."""

_OWN_MISTAKES = (AssertionError, AttributeError, IndexError, KeyError, NameError, TypeError)


class BeingRefused:
    """No for an answer."""

    @check("does-not-retry-refused-credentials")
    @pytest.mark.parametrize("status", [401, 400])
    def test_does_not_retry_refused_credentials(self, client: Case, status: int) -> None:
        """invalid_client is final, with whatever status; another way to authenticate may be tried once."""
        _refuse(client, status)
        methods = [entry.auth_method for entry in client.provider.token_requests]
        if len(methods) > len(set(methods)):
            client.broken(f"the client sent its refused credentials {len(methods)} times, expected once")

    @check("raises-when-refused")
    def test_raises_when_it_is_refused(self, client: Case) -> None:
        """A refused client says so, and leaves the API alone."""
        call = _refuse(client)
        if client.api_requests_after_asking():
            client.broken("the client called the API after its credentials had been refused")
        if call.error is None:
            client.broken("the call came back as if nothing had happened, expected an exception")

    @check("tells-the-servers-error")
    def test_tells_the_servers_error(self, client: Case) -> None:
        """The server's error and error_description are in the exception."""
        client.provider.token_endpoint.fail("invalid_scope", description="ask the desk for ref 7f3a-contract")
        call = _no_token(client)
        if call.error is None:
            client.undecided("the call raised no exception; see raises-when-refused")
        told = told_to_a_person(call.error)
        missing = [text for text in ("invalid_scope", "7f3a-contract") if text not in told]
        if missing:
            what = " and ".join(
                {"invalid_scope": "error", "7f3a-contract": "error_description"}[one] for one in missing
            )
            client.broken(f"the exception does not tell the server's {what}: {describe_error(call.error)}")

    @check("notices-an-error-in-a-200")
    def test_notices_an_error_in_a_200(self, client: Case) -> None:
        """An error is an error, whatever the status."""
        client.provider.token_endpoint.reply(json={"error": "invalid_scope", "error_description": "no such scope"})
        _judge_useless(client, _no_token(client), "200 with an error in the body")

    @check("uses-no-missing-token")
    @pytest.mark.parametrize("token", [OMIT, None, ""], ids=["absent", "null", "empty"])
    def test_uses_no_missing_token(self, client: Case, token: Any) -> None:
        """Without a token the API is not called."""
        _answer_with_token(client, token)

    @check("takes-a-text-for-a-token")
    @pytest.mark.parametrize("token", [4711, ["t"], {"value": "t"}], ids=["number", "list", "object"])
    def test_takes_only_a_text_for_a_token(self, client: Case, token: Any) -> None:
        """With a token that is no text the API is not called."""
        _answer_with_token(client, token)

    @check("explains-a-useless-answer")
    @pytest.mark.parametrize("answer", USELESS)
    def test_explains_a_useless_answer(self, client: Case, answer: str) -> None:
        """An answer that is no token leads to an exception that is not the client's own mistake."""
        client.provider.token_endpoint.reply(**USELESS[answer])
        call = _no_token(client)
        what = f"a {answer.replace('-', ' ')} answer with the status 200"
        _judge_useless(client, call, what)
        if isinstance(call.error, _OWN_MISTAKES):
            client.broken(f"{what} makes the client stumble: {describe_error(call.error)}")

    @check("tells-the-status-of-an-error-page")
    @pytest.mark.parametrize("status", [403, 404, 502])
    def test_tells_the_status_of_an_error_page(self, client: Case, status: int) -> None:
        """The status of a page that is not JSON is in the exception."""
        client.provider.token_endpoint.fail(status=status)
        call = _no_token(client)
        if call.error is None:
            client.undecided("the call raised no exception; see raises-when-refused")
        if str(status) not in told_to_a_person(call.error):
            client.broken(f"the exception does not tell the status {status}: {describe_error(call.error)}")

    @check("does-not-renew-on-403")
    def test_does_not_renew_on_403(self, client: Case) -> None:
        """A lack of rights is no matter of another token."""
        client.plain_call()
        client.provider.api.fail("insufficient_scope")
        call = client.call()
        if not call.api_requests:
            client.undecided("the client did not call the API a second time")
        if call.token_requests:
            client.broken(f"the client asked for {len(call.token_requests)} more tokens after a 403, expected none")


def _answer_with_token(client: Case, token: Any) -> None:
    members = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
    client.provider.token_endpoint.reply(json={name: value for name, value in members.items() if value is not OMIT})
    shown = "without an access_token" if token is OMIT else f"with access_token: {token!r}"
    _judge_useless(client, _no_token(client), f"200 {shown}")


def _refuse(client: Case, status: int = 401) -> Call:
    client.provider.token_endpoint.fail("invalid_client", status=status, description="client authentication failed")
    return _no_token(client)


def _no_token(client: Case) -> Call:
    """Call the client; the check is about what it does when it gets no token, so it has to ask for one."""
    call = client.call()
    client.need_token_request(call)
    return call


def _judge_useless(client: Case, call: Call, what: str) -> None:
    __tracebackhide__ = True
    if call.hung:
        client.broken(f"the call did not come back after {what}")
    called = client.api_requests_after_asking()
    if called:
        sent = called[0].bearer
        shown = f", with {sent!r} for a token" if sent in {"None", "null", "4711"} else ""
        client.broken(f"the client called the API after {what}{shown}")
    if call.error is None:
        client.broken(f"the call came back as if nothing had happened after {what}, expected an exception")
