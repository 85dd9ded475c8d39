"""What type checkers make of a user's tests: checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, assert_type

import pytest

import pytest_oauthcc
from pytest_oauthcc import (
    ApiRequest,
    Client,
    ClientContract,
    Clock,
    ForgedToken,
    IssuedToken,
    OauthccServer,
    Options,
    Provider,
    ProviderFactory,
    TokenRequest,
)
from pytest_oauthcc.serving.asgi import AsgiApplication


def test_provider(oauthcc: Provider) -> None:
    assert_type(oauthcc.token_url, str)
    assert_type(oauthcc.api_url, str)
    assert_type(oauthcc.client_id, str)
    assert_type(oauthcc.client_secret, str)
    assert_type(oauthcc.scopes, tuple[str, ...])
    assert_type(oauthcc.options, Mapping[str, Any])
    assert_type(oauthcc.mint(scope=["orders:read"], expires_in=60), str)
    assert_type(oauthcc.forge("alg-none"), ForgedToken)
    assert_type(oauthcc.add_client("billing", scopes="orders:read"), Client)
    assert_type(oauthcc.rotate_secret(), str)
    assert_type(oauthcc.tokens, tuple[IssuedToken, ...])
    assert_type(oauthcc.revoke(), int)


def test_journal(oauthcc: Provider) -> None:
    request = oauthcc.token_requests[0]
    assert_type(request, TokenRequest)
    assert_type(request.grant_type, str | None)
    assert_type(request.scopes, frozenset[str])
    assert_type(request.at, datetime)
    assert_type(request.token, IssuedToken | None)
    assert_type(oauthcc.token_requests[:2], list[TokenRequest])
    assert_type(oauthcc.api_requests[-1], ApiRequest)
    assert_type(oauthcc.api_requests[-1].headers["authorization"], str)
    assert_type(len(oauthcc.exchanges), int)


def test_assertions(oauthcc: Provider) -> None:
    oauthcc.assert_token_request(grant_type="client_credentials", scope={"orders:read"}, count=1)
    oauthcc.assert_api_request(method="POST", path="/orders", json={"sku": 7}, headers={"Idempotency-Key": "k"})


def test_script(oauthcc: Provider) -> None:
    oauthcc.token_endpoint.fail("invalid_client", times=2)
    oauthcc.api.get("/orders").reply(json=[{"id": 7}])


def test_clock(oauthcc: Provider, oauthcc_clock: Clock) -> None:
    assert_type(oauthcc.clock, Clock)
    oauthcc_clock.advance(timedelta(hours=1))
    oauthcc_clock.advance(minutes=5)
    oauthcc_clock.expire(before=10)
    assert_type(oauthcc_clock.now(), datetime)
    assert_type(oauthcc_clock.is_moved, bool)


def test_factory(oauthcc_factory: ProviderFactory) -> None:
    assert_type(oauthcc_factory(), Provider)
    assert_type(oauthcc_factory("hgem", api_key="k-123"), Provider)
    assert_type(oauthcc_factory(scopes=["orders:read"], expires_in=60, strict="should"), Provider)


def test_with(oauthcc_server: OauthccServer) -> None:
    opening = pytest_oauthcc.provider(scopes="orders:read", api_url=None)
    assert_type(opening, AbstractContextManager[Provider, bool | None])
    with pytest_oauthcc.provider("hexagon", tenant="t-1") as provider:
        assert_type(provider, Provider)
    assert_type(oauthcc_server.token_url, str)


def test_standalone() -> None:
    assert_type(pytest_oauthcc.standalone(client_id="orders", expires_in=60), Provider)
    assert_type(pytest_oauthcc.standalone("hgem", signing_key=Path("key.pem"), api_key="k-123").asgi(), AsgiApplication)


@pytest.fixture
def oauthcc_options() -> Options:
    return {"scopes": "orders:read orders:write", "expires_in": 120, "token_format": "opaque"}


class TestOrdersClient(ClientContract):
    waived = {"honours-retry-after": "the library leaves that to its caller"}  # noqa: RUF012 - as users write it
