"""The transports wired to a board, with a check after each test that nothing of them is left."""

from __future__ import annotations

import http.server
import importlib.util
import threading

import pytest
from transport_harness import FakeBoard, Handler, patch_points

from pytest_oauthcc.transports.installation import Installation


@pytest.fixture(autouse=True)
def patch_points_before():
    """Check after each test that every patch point is what it was before."""
    if importlib.util.find_spec("httpx2"):
        from pytest_oauthcc.transports.respx_patches import httpcore2_mocker

        httpcore2_mocker()  # stays registered, so that it must be there before
        import httpcore2  # noqa: F401 - httpx2 imports it only with the first client
        import httpx2  # noqa: F401
    if importlib.util.find_spec("vcr"):
        import vcr  # noqa: F401
    before = patch_points()
    yield before
    assert patch_points() == before


@pytest.fixture
def board():
    """A board, as yet without transports."""
    return FakeBoard()


@pytest.fixture
def installation(board):
    """Transports that are not started yet, and are stopped in the end whatever happens."""
    installation = Installation(board)
    yield installation
    installation.stop()


@pytest.fixture
def wired(board, installation):
    """The board, with every transport in place."""
    installation.start()
    return board


@pytest.fixture(scope="session")
def loopback():
    """A real server: ``/`` echoes, ``/silent`` never answers, ``/reset`` breaks off in the body."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.silence = threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.silence.set()
    server.shutdown()
    server.server_close()
    thread.join()
