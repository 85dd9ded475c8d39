"""The contract over the zoo: fixtures for every animal and every driver."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from zoo_client import Right
from zoo_drivers import DRIVERS, AsyncHttpxDriver, close_all
from zoo_mutants import MUTANTS

from pytest_oauthcc import ClientContract
from pytest_oauthcc.contract import calls

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT_ON_SOCKETS = 0.5  # what times out there takes its time


class OneLockForAll(AsyncHttpxDriver):
    """Has one asyncio lock for all event loops."""

    def lock(self) -> asyncio.Lock:
        if not hasattr(self, "the_lock"):
            self.the_lock = asyncio.Lock()
        return self.the_lock


class ZooContract(ClientContract):
    __test__ = False
    scope = "orders:read"
    advice = True
    animal: ClassVar[type[Right]] = Right
    driver: ClassVar[str] = "requests"

    @pytest.fixture(autouse=True)
    def _hangs_for_a_short_time_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Spare the time that an animal would hang which is known to."""
        monkeypatch.setattr(calls, "PATIENCE", getattr(self.animal, "patience", calls.PATIENCE))

    @pytest.fixture(autouse=True)
    def _keeps_its_files_in_the_tests_folder(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if hasattr(self.animal, "writes_files"):
            monkeypatch.setattr(tempfile, "tempdir", str(request.getfixturevalue("tmp_path")))

    @pytest.fixture
    def oauthcc_options(self) -> dict[str, Any]:
        options = dict(getattr(self.animal, "options", {}))
        if options.get("profile") == "raw":
            options["profile"] = str(Path(__file__).with_name("zoo_raw.toml"))
        return options

    @pytest.fixture
    def zoo(self, request: pytest.FixtureRequest, oauthcc: Any) -> Iterator[Any]:
        server = request.getfixturevalue("oauthcc_server") if getattr(self.animal, "is_served", False) else None
        where = server or oauthcc

        def make(client_id: str | None = None, client_secret: str | None = None, scope: str | None = None) -> Any:
            client = self.animal(
                where.token_url,
                where.api_url,
                client_id or oauthcc.client_id,
                client_secret or oauthcc.client_secret,
                scope or self.scope,
                dict(oauthcc.authority.state.settings.headers),
                jwks_url=where.jwks_url,
            )
            if hasattr(self.animal, "has_key"):
                client.private_key = oauthcc.private_key
            if server is not None:
                client.verify, client.timeout = str(server.ca_pem_path), _TIMEOUT_ON_SOCKETS
            driver = OneLockForAll if self.animal.__name__ == "OneLoop" else DRIVERS[self.driver]
            return driver(client)

        yield make
        close_all()

    @pytest.fixture
    def keeper(self, zoo: Any) -> Any:
        return zoo()

    @pytest.fixture
    def call_api(self, keeper: Any) -> Any:
        return keeper.orders

    @pytest.fixture
    def make_client(self, zoo: Any) -> Any:
        return lambda **options: zoo(**options).orders

    @pytest.fixture
    def send_body(self, keeper: Any) -> Any:
        return keeper.send_body


def contracts(animals: dict[str, type[Right]], drivers: Any = DRIVERS) -> dict[str, type]:
    """Make a contract class for every animal on every driver; a module puts them into its namespace."""
    return {
        name: type(name, (ZooContract,), _attributes(name, animal, driver))
        for animal in animals.values()
        for driver in drivers
        if getattr(animal, "only", driver) == driver
        for name in [f"Test{animal.__name__}_{driver.replace('-', '_')}"]
    }


def _attributes(name: str, animal: type[Right], driver: str) -> dict[str, Any]:
    advice = getattr(animal, "wants_advice", True)
    scope = getattr(animal, "asks_for", "orders:read")
    return {
        "animal": animal,
        "driver": driver,
        "advice": advice,
        "scope": scope,
        "__module__": __name__,
        "__qualname__": name,
    }


__all__ = ["MUTANTS", "ZooContract", "contracts"]
