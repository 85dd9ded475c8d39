"""Awkward credentials: ids and secrets that are legal, and that break clients in production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.contract.leaks import chain_of

if TYPE_CHECKING:
    from pytest_oauthcc.contract.case import Case
    from pytest_oauthcc.core.journal import TokenRequest

__all__ = ["Credentials"]

_SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})


class Credentials:
    """How the client brings its id and secret to the token endpoint."""

    @check("encodes-a-secret-with-reserved-characters")
    def test_encodes_reserved_characters_of_its_secret(self, client: Case) -> None:
        """A secret with reserved characters arrives as it is."""
        _judge(client, "a secret with reserved characters", secret="p%2F+q&r=s: /t?u#100%~'\"")  # noqa: S106

    @check("encodes-an-id-with-reserved-characters")
    def test_encodes_reserved_characters_of_its_id(self, client: Case) -> None:
        """A client id with reserved characters arrives as it is."""
        _judge(client, "an id with reserved characters", client_id="batch%20job+1 & co/7")

    @check("keeps-a-colon-in-its-id")
    def test_keeps_a_colon_in_its_id(self, client: Case) -> None:
        """A client id with a colon arrives as it is."""
        if client.dialect.basic_encoding == "raw" and "client_secret_post" not in client.settings.auth_methods:
            client.undecided("the provider reads Basic credentials as they are, and so can't have colons in its ids")
        _judge(client, "an id with a colon", client_id="tenant-a:billing")

    @check("sends-a-non-ascii-secret-as-utf-8")
    def test_sends_a_non_ascii_secret_as_utf_8(self, client: Case) -> None:
        """A secret with letters beyond ASCII arrives as it is."""
        _judge(client, "a secret that is not ASCII", secret="p\u00e4\u20acs-\u0161ifra-77")  # noqa: S106

    @check("sends-a-long-secret")
    def test_sends_a_long_secret(self, client: Case) -> None:
        """A secret of 180 characters arrives as it is."""
        _judge(client, "a secret of 180 characters", secret="Long-Secret-9" * 13 + "0123456789A")

    @check("survives-white-space-around-the-secret")
    def test_survives_white_space_around_its_secret(self, client: Case) -> None:
        """A secret that ends in a line break arrives as it is, or without the line break."""
        secret = "from-a-file-4711"  # noqa: S105
        request = _present(client, "a secret that ends in a line break", secret=f"{secret}\n")
        found = {value for _, value in request.presented.readings}
        if not found & {secret, f"{secret}\n"}:
            client.broken("a secret that ends in a line break arrived as neither itself nor its stripped self")


def _present(client: Case, what: str, *, client_id: str | None = None, secret: str | None = None) -> TokenRequest:
    """Give the client other credentials, call it, and return the token request in which it presents them."""
    known_id, known_secret = client.provider.client_id, client.provider.client_secret
    client.provider.reregister(client_id=client_id, client_secret=secret)
    call = client.call()
    requests = client.provider.token_requests
    if not requests:
        # What encodings and headers complain with, however the client wraps it up.
        if call.error is None or not any(isinstance(one, ValueError) for one in chain_of(call.error)):
            client.undecided(f"the client made no token request ({client.outcome_of(call)}); see gets-a-token")
        client.broken(f"the client can't send {what}: {client.outcome_of(call)}")
    presented = requests[0].presented
    if presented.method not in _SECRET_METHODS and not presented.problem:
        client.undecided(f"the client authenticates by {presented.method}, and sends no secret")
    sent_id_as_before = any(name == known_id for name, _ in presented.readings)
    sent_secret_as_before = any(value == known_secret for _, value in presented.readings)
    if (client_id and sent_id_as_before) or (secret and sent_secret_as_before):
        client.undecided("call_api does not take its credentials from oauthcc.client_id and oauthcc.client_secret")
    return requests[0]


def _judge(client: Case, what: str, *, client_id: str | None = None, secret: str | None = None) -> None:
    first = _present(client, what, client_id=client_id, secret=secret)
    if any(request.token is not None for request in client.provider.token_requests):
        return
    why = first.verdict.detail if first.verdict is not None else f"it got {first.result}"
    client.broken(f"the client can't authenticate with {what}: {why}")
