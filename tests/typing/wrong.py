"""What type checkers have to reject: both mypy and pyright tell of an ignore that there is nothing to ignore for."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
# ruff: noqa: PGH003 - the two call their errors by different names

from __future__ import annotations

import pytest_oauthcc
from pytest_oauthcc import Options, Provider, ProviderFactory


def test_calls(oauthcc: Provider, oauthcc_factory: ProviderFactory) -> None:
    oauthcc_factory(scope="orders:read")  # type: ignore
    oauthcc_factory(expires_in="60")  # type: ignore
    oauthcc_factory(token_format="JWT")  # type: ignore
    pytest_oauthcc.provider(signing_alg="RS1")  # type: ignore
    pytest_oauthcc.provider(strict="must")  # type: ignore
    oauthcc.assert_token_request(grant="client_credentials")  # type: ignore
    oauthcc.clock.advance("1 hour")  # type: ignore
    oauthcc.mint(expires_in="60")  # type: ignore
    oauthcc.client_id = "another"  # type: ignore
    oauthcc.tokn_url  # type: ignore


options: Options = {"scope": "orders:read"}  # type: ignore
other: Options = {"expires_in": 1.5}  # type: ignore
