"""A provider without a fixture: ``with pytest_oauthcc.provider(...)``."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, overload

from pytest_oauthcc._provider import Provider
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.session import Session, settle, take_problems
from pytest_oauthcc.transports.switchboard import BOARD

if TYPE_CHECKING:
    from typing import Unpack

    from pytest_oauthcc.typed_options import Options

__all__ = ["provider"]


class _Opening(AbstractContextManager[Provider]):
    """A provider for as long as a ``with`` block takes; a class, for a generator would show in tracebacks."""

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._sessions: list[Session] = []

    def __enter__(self) -> Provider:
        __tracebackhide__ = True
        session = Session()
        try:
            made = session.open(self._layer)
        except BaseException:
            session.close()
            raise
        self._sessions.append(session)
        return made

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        __tracebackhide__ = True
        try:
            if kind is None:
                settle()
            elif not BOARD.current_test:
                take_problems()  # outside of pytest nobody would tell them later, but for the next provider
        finally:
            self._sessions.pop().close()


@overload
def provider(profile: None = None, **options: Unpack[Options]) -> AbstractContextManager[Provider]: ...


@overload
def provider(profile: str, **options: Any) -> AbstractContextManager[Provider]: ...


def provider(profile: str | None = None, **options: Any) -> AbstractContextManager[Provider]:
    """
    Fake a provider where no fixture fits: session scope, ``setUpClass``, Hypothesis, a REPL.

    ``with pytest_oauthcc.provider("hgem", api_key="k-123") as p:`` gives what the fixture ``oauthcc`` gives.

    Args:
        profile: A profile's name or the path of a .toml file.
        options: As for ``@pytest.mark.oauthcc``; only ini settings are inherited.

    Returns:
        A context manager, whose ``with`` gives the provider and raises ``OptionError`` where an option is wrong. At its
        end it raises an ``OauthccError`` for what the client did wrong and nobody saw yet.
    """
    given = options if profile is None else {**options, "profile": profile}
    return _Opening(Layer("pytest_oauthcc.provider()", given))
