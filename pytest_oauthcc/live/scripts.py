"""What a test says about a fake, where there is none: it is skipped with the reason, and replies give way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_oauthcc.core.actions import Alter, Reply
from pytest_oauthcc.core.api import Api
from pytest_oauthcc.core.script import Script

if TYPE_CHECKING:
    from pytest_oauthcc.core.actions import Action
    from pytest_oauthcc.core.routes import Route

__all__ = ["LiveApi", "RealScript", "skip_for_fake"]


def skip_for_fake(what: str) -> NoReturn:
    """
    Skip the test, since it needs what only a fake can do.

    Args:
        what: What it asked for, such as ``oauthcc.mint()``.

    Raises:
        pytest.skip.Exception: Always.
    """
    __tracebackhide__ = True
    pytest.skip(f"--oauthcc-live: {what} is something that only a fake can do")


class RealScript(Script):
    """
    The script of an endpoint that is real: it stays empty.

    Args:
        where: The endpoint, for the reason of a skip.
        replies_give_way: Whether a scripted answer is passed over in favour of the real one.
    """

    def __init__(self, where: str, *, replies_give_way: bool) -> None:
        super().__init__()
        self._where = where
        self._replies_give_way = replies_give_way

    def add(self, action: Action, times: int | None) -> None:
        """Pass over a reply, or skip the test."""
        __tracebackhide__ = True
        if self._replies_give_way and isinstance(action, Reply | Alter):
            return
        if times is not None:
            Script().add(action, times)  # raises for a wrong number, as ever
        skip_for_fake(f"scripting {self._where} ({type(action).__name__.lower()})")


class LiveApi(Api):
    """The real API, as far as a test can say anything about it: its replies give way, its routes are as they are."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.script = RealScript("the API", replies_give_way=True)

    def __repr__(self) -> str:
        return f"<live API {self._state.settings.api_url}>"

    def route(self, path: str, **options: Any) -> Route:
        """Take note of a route; what it is told to answer gives way to the real answer."""
        __tracebackhide__ = True
        route = super().route(path, **options)
        if not isinstance(route.script, RealScript):
            route.script = RealScript(f"the API's route {route.path}", replies_give_way=True)
        return route

    def require(self, **_options: Any) -> LiveApi:
        """Skip the test: what the real API demands, it decides itself."""
        __tracebackhide__ = True
        skip_for_fake("oauthcc.api.require()")
