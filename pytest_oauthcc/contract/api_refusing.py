"""What an API has to refuse: every forgery, requests without a token, and tokens with too little scope."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.contract.api_forged_table import FORGED
from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.contract.api_case import ApiCase

__all__ = ["Forgeries", "Refusing"]

_TOO_LARGE = frozenset({400, 413, 431})


class Refusing:
    """No token, a token in the wrong place, and too little scope."""

    @check("refuses-a-request-without-token", API_CHECKS)
    def test_refuses_a_request_without_token(self, api: ApiCase) -> None:
        """Without a token there is no answer."""
        api.plain()
        api.expect_refusal(api.send("no token"), "a request without token")

    @check("refuses-other-schemes", API_CHECKS)
    def test_refuses_other_schemes(self, api: ApiCase) -> None:
        """What is not Bearer with a token behind it is none."""
        api.plain()
        token = api.good()
        for what, value in {
            "a token as Basic": f"Basic {token}",
            "a token without the word Bearer": token,
            "the word Bearer alone": "Bearer",
            "Bearer and a blank": "Bearer ",
            "two tokens": f"Bearer {token} {token}",
        }.items():
            reply = api.send(what, headers={"Authorization": value})
            api.expect_refusal(reply, what, also=frozenset({400}))

    @check("refuses-a-token-in-the-query", API_CHECKS)
    def test_refuses_a_token_in_the_query(self, api: ApiCase) -> None:
        """A token in the URL is none."""
        if not _takes_params(api.function()):
            api.undecided("it needs send(headers, params=None), which puts params into the query of the URL")
        api.plain()
        reply = api.send("a good token as access_token in the query", params={"access_token": api.good()})
        api.expect_refusal(reply, "a token in the query", also=frozenset({400}))

    @check("answers-403-to-too-little-scope", API_CHECKS)
    def test_answers_403_to_too_little_scope(self, api: ApiCase) -> None:
        """Too little scope is 403, not 401."""
        reply = send_too_little_scope(api)
        api.expect_refusal(reply, "a token without the scope that it demands", status=403)

    @check("compares-scopes-whole", API_CHECKS)
    def test_compares_scopes_whole(self, api: ApiCase) -> None:
        """A scope that contains another one is a different one."""
        send_too_little_scope(api)
        first, *others = (api.scope or "").split()
        for similar in (f"{first}x", f"x{first}", first.swapcase()):
            if similar == first:
                continue
            scope = " ".join([similar, *others])
            reply = api.send(f"a token with the scope {scope!r}", api.good(scope=scope))
            api.expect_refusal(reply, f"a token with the scope {scope!r}", status=403)


def send_too_little_scope(api: ApiCase) -> Any:
    """Send a good token without the scope that the API demands; skip the check where it demands none."""
    __tracebackhide__ = True
    if api.scope is None:
        api.undecided('it needs the attribute scope, such as scope = "orders:read": what the API demands')
    api.plain()
    return api.send("a token with another scope", api.good(scope="oauthcc:other"))


def _takes_params(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some functions that are written in C tell nothing
        return False
    return any(one.name == "params" or one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)


class Forgeries:
    """One test for each forged token; they are made from the table below."""


def _refuses(name: str) -> Callable[..., None]:
    def test(self: Forgeries, api: ApiCase) -> None:  # noqa: ARG001 - a method
        api.plain()
        forged = api.forge(name)
        reply = api.send(f"the forged token {name!r}", forged.value)
        also = _TOO_LARGE if name == "oversized" else frozenset()
        api.expect_refusal(reply, f"the forged token {name!r}", status=forged.status, also=also)

    return test


def _refuses_revoked(self: Forgeries, api: ApiCase) -> None:  # noqa: ARG001
    api.plain()
    if not api.introspects:
        api.undecided("the API does not introspect tokens; a JWT stays good until it expires (RFC 7009 section 3)")
    token = api.good()
    api.provider.revoke(token)
    api.expect_refusal(api.send("a token that was revoked", token), "a revoked token")


for _id, _name in FORGED.items():
    _method = _refuses_revoked if _name == "revoked" else _refuses(_name)
    _method.__name__ = f"test_{_id.replace('-', '_')}"
    _method.__qualname__ = f"Forgeries.{_method.__name__}"
    _method.__doc__ = f"The token is refused: {API_CHECKS[_id].provoked.partition(': ')[2]}"
    setattr(Forgeries, _method.__name__, check(_id, API_CHECKS)(_method))
