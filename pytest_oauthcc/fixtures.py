"""The fixtures; nothing heavy is imported before one is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_oauthcc.core.forgery_names import FORGERIES
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.layers import Layer
from pytest_oauthcc.marker_layers import marker_layers, options_layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.core.forgery import ForgedToken
    from pytest_oauthcc.serving.server import OauthccServer
    from pytest_oauthcc.session import Session
    from pytest_oauthcc.typed_options import ProviderFactory

__all__ = [
    "_oauthcc_session",
    "oauthcc",
    "oauthcc_clock",
    "oauthcc_factory",
    "oauthcc_forged_token",
    "oauthcc_options",
    "oauthcc_server",
]


@pytest.fixture
def oauthcc_options() -> dict[str, Any]:
    """Override this fixture to give a module, class or package its own options for ``oauthcc``."""
    return {}


@pytest.fixture
def _oauthcc_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    from pytest_oauthcc.session import Session, settle
    from pytest_oauthcc.transports.switchboard import BOARD

    BOARD.begin_test(request.node.nodeid)
    session = Session()
    try:
        yield session
        settle()
    finally:
        session.close()
        BOARD.failures.clear()


@pytest.fixture
def oauthcc_clock(_oauthcc_session: Session) -> Clock:
    """Give the test's clock: ``advance``, ``advance_to``, ``expire``, ``freeze``, ``skip_sleeps``."""
    return _oauthcc_session.clock


@pytest.fixture
def oauthcc(request: pytest.FixtureRequest, _oauthcc_session: Session, oauthcc_options: dict[str, Any]) -> Provider:
    """Give a fake OAuth 2.0 provider, token endpoint and API, wired into requests, httpx and urllib."""
    problem = ""
    try:
        layers = [options_layer(oauthcc_options), *marker_layers(request.node)]
        return _oauthcc_session.open(*layers, relative_to=Path(request.node.path).parent)
    except OptionError as error:
        problem = str(error)
    return pytest.fail(problem, pytrace=False)  # out of the except block, or pytest would show the error twice


@pytest.fixture
def oauthcc_factory(_oauthcc_session: Session, request: pytest.FixtureRequest) -> ProviderFactory:
    """Make more providers in one test: ``oauthcc_factory(profile=None, **options)``, each with its own hosts."""

    def make(profile: str | None = None, **options: Any) -> Provider:
        __tracebackhide__ = True
        given = options if profile is None else {**options, "profile": profile}
        return _oauthcc_session.open(
            Layer("oauthcc_factory()", given), number=1, relative_to=Path(request.node.path).parent
        )

    return make


@pytest.fixture(params=FORGERIES)
def oauthcc_forged_token(request: pytest.FixtureRequest, oauthcc: Provider) -> ForgedToken:
    """Give one forged token after another, each with its name, why an API has to refuse it, and with which status."""
    problem = ""
    try:
        return oauthcc.forge(request.param)
    except OptionError as error:
        problem = str(error)
    return pytest.skip(problem)


@pytest.fixture
def oauthcc_server(oauthcc: Provider) -> Iterator[OauthccServer]:
    """Serve the test's provider on 127.0.0.1 as well: for aiohttp, subprocesses, other languages."""
    from pytest_oauthcc.serving.server import OauthccServer

    if oauthcc.is_live:
        pytest.skip("--oauthcc-live: oauthcc_server is something that only a fake can do")
    server, problem = None, ""
    try:
        server = OauthccServer(oauthcc, tls=oauthcc.authority.state.settings.tls)
    except OptionError as error:
        problem = str(error)
    if server is None:
        pytest.fail(problem, pytrace=False)
    with server:
        yield server
