"""The contracts: a class to subclass, and every known bug of a client, or of an API, has a test."""

from __future__ import annotations

from pytest_oauthcc.contract.api_contract import ApiContract
from pytest_oauthcc.contract.client_contract import ClientContract

__all__ = ["ApiContract", "ClientContract"]
