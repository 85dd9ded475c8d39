"""Runs the fixture of pytest-iam, the one way to its server, in a test that waits to be ended."""

import os
import sys
import threading

import pytest


def test_serve(iam_server):  # noqa: ANN001, ANN201, D103 - not a test of ours
    with iam_server.app.app_context():
        client = iam_server.models.Client(
            client_id="orders",
            client_secret="s3cret",
            client_name="orders",
            grant_types=["client_credentials"],
            response_types=[],
            token_endpoint_auth_method="client_secret_post",
            scope=["orders:read"],
        )
        iam_server.backend.save(client)
    print(f"\ntoken_url {iam_server.url}oauth/token", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    # No ini file: one further up belongs to whoever compares.
    sys.exit(pytest.main([__file__, "-q", "-s", "-c", os.devnull, "-p", "no:cacheprovider", "-o", "python_files=*.py"]))
