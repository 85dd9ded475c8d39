"""Runs the fixture of pytest-iam, the one way to its server, in a test that waits to be ended."""

import base64
import os
import sys
import threading
from typing import Any

import pytest


def test_serve(iam_server: Any) -> None:
    """Serve one client until the end of the process."""
    with iam_server.app.app_context():
        client = iam_server.models.Client(
            client_id="orders",
            client_secret="s3cret",
            client_name="orders",
            grant_types=["client_credentials"],
            response_types=[],
            token_endpoint_auth_method="client_secret_basic",
            scope=["orders:read"],
        )
        iam_server.backend.save(client)
    print("\nbody grant_type=client_credentials&scope=orders%3Aread")
    print(f"authorization Basic {base64.b64encode(b'orders:s3cret').decode()}")
    print(f"token_url {iam_server.url}oauth/token", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    # No ini file: one further up belongs to whoever compares.
    sys.exit(pytest.main([__file__, "-q", "-s", "-c", os.devnull, "-p", "no:cacheprovider", "-o", "python_files=*.py"]))
