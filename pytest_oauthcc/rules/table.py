"""The one table of rules: strict mode, the contract, the failure texts and the documentation are made from it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pytest_oauthcc.rules import (
    assertion,
    authentication,
    bearer,
    dpop,
    leaks,
    resource,
    retries,
    scope,
    token_request,
    token_status,
    token_use,
    transport,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.rules.rule import Rule

__all__ = ["RULES"]

_SUBJECTS = (
    token_request,
    resource,
    authentication,
    assertion,
    scope,
    transport,
    leaks,
    bearer,
    dpop,
    token_status,
    token_use,
    retries,
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for subject in _SUBJECTS for rule in subject.RULES})
"""All rules by id: those that look at one request, subject by subject, then those that look at the journal."""
