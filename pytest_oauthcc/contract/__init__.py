"""The contract: a class to subclass, and every known client bug has a test."""

from __future__ import annotations

from pytest_oauthcc.contract.client_contract import ClientContract

__all__ = ["ClientContract"]
