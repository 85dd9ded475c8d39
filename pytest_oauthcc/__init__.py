"""
Test OAuth 2.0 client credentials code against a faithful fake of its provider.

Everything is imported when it is first used, so that a test run that does not need it pays nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_oauthcc._opening import provider
    from pytest_oauthcc._provider import Provider
    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.contract import ApiContract, ClientContract
    from pytest_oauthcc.core.clients import Client
    from pytest_oauthcc.core.forgery import ForgedToken
    from pytest_oauthcc.core.journal import ApiRequest, TokenRequest
    from pytest_oauthcc.core.templates import OMIT
    from pytest_oauthcc.core.tokens import IssuedToken
    from pytest_oauthcc.errors import (
        Mismatch,
        NotServed,
        OauthccError,
        OptionError,
        ProfileError,
        TooManyExchanges,
        Violation,
    )
    from pytest_oauthcc.process.standalone import standalone
    from pytest_oauthcc.profiles import Profile
    from pytest_oauthcc.serving.server import OauthccServer
    from pytest_oauthcc.typed_options import Options, ProviderFactory

__all__ = [
    "OMIT",
    "ApiContract",
    "ApiRequest",
    "Client",
    "ClientContract",
    "Clock",
    "ForgedToken",
    "IssuedToken",
    "Mismatch",
    "NotServed",
    "OauthccError",
    "OauthccServer",
    "OptionError",
    "Options",
    "Profile",
    "ProfileError",
    "Provider",
    "ProviderFactory",
    "TokenRequest",
    "TooManyExchanges",
    "Violation",
    "provider",
    "standalone",
]

_HOMES = {
    "OMIT": "core.templates",
    "ApiContract": "contract.api_contract",
    "ApiRequest": "core.journal",
    "Client": "core.clients",
    "ClientContract": "contract",
    "Clock": "clock",
    "ForgedToken": "core.forgery",
    "IssuedToken": "core.tokens",
    "Mismatch": "errors",
    "NotServed": "errors",
    "OauthccError": "errors",
    "OauthccServer": "serving.server",
    "OptionError": "errors",
    "Options": "typed_options",
    "Profile": "profiles",
    "ProfileError": "errors",
    "Provider": "_provider",
    "ProviderFactory": "typed_options",
    "TokenRequest": "core.journal",
    "TooManyExchanges": "errors",
    "Violation": "errors",
    "provider": "_opening",
    "standalone": "process.standalone",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
