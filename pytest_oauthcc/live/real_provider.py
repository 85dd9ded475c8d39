"""What a test may ask of a real provider: where it is and who the client is. What only a fake can do skips the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pytest_oauthcc._provider import Provider
from pytest_oauthcc.client_certificate import ClientCertificate
from pytest_oauthcc.live.scripts import skip_for_fake

if TYPE_CHECKING:
    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.names import Names
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.live.targets import Target
    from pytest_oauthcc.profiles import Profile

__all__ = ["RealProvider"]


class RealProvider(Provider):
    """
    A provider that is what its target says.

    Args:
        settings: As the target and the test's options say.
        dialect: Of the profile.
        clock: The test's.
        profile: The profile, if one was named.
        target: Where the provider is, and the client's credentials.
    """

    is_live = True

    def __init__(
        self, settings: Settings, dialect: Dialect, clock: Clock, profile: Profile | None, target: Target
    ) -> None:
        super().__init__(settings, dialect, clock, profile)
        self._target = target

    def __repr__(self) -> str:
        return f"<live Provider {self._target.name}: {self.token_url}, {len(self.exchanges)} exchanges>"

    # --- where and who

    @property
    def private_key(self) -> str:
        """The client's private key as PEM; without one in the target the test is skipped."""
        return self._target.private_key or skip_for_fake("oauthcc.private_key (the target has no private_key_file_env)")

    def client_certificate(self, *arguments: Any, **options: Any) -> ClientCertificate:
        """Give the target's certificate; without one in it, and for every other one, the test is skipped."""
        __tracebackhide__ = True
        found = self._target.certificate
        if found is None:
            skip_for_fake("oauthcc.client_certificate() (the target has no client_certificate_file_env)")
        if arguments or options:
            skip_for_fake("oauthcc.client_certificate(...) of another than the target's client")
        return ClientCertificate(found.certificate_file, found.key_file)

    @property
    def metadata_url(self) -> str:
        """Where the authorization server's metadata are."""
        return self._target.urls.get("metadata_url") or super().metadata_url

    @property
    def jwks_url(self) -> str:
        """Where the public keys are."""
        return self._target.urls.get("jwks_url") or super().jwks_url

    @property
    def introspection_url(self) -> str:
        """Where a token's state is told, if the target says so."""
        return self._target.urls.get("introspection_url") or skip_for_fake("introspection without introspection_url")

    @property
    def revocation_url(self) -> str:
        """Where a token is revoked, if the target says so."""
        return self._target.urls.get("revocation_url") or skip_for_fake("revocation without revocation_url")

    # --- what only a fake can do

    def _skipped(self, name: str) -> NoReturn:
        __tracebackhide__ = True
        skip_for_fake(f"oauthcc.{name}")

    def add_client(self, *_arguments: Any, **_options: Any) -> Any:
        """Skip the test."""
        self._skipped("add_client()")

    def rotate_secret(self) -> str:
        """Skip the test."""
        self._skipped("rotate_secret()")

    def rotate_keys(self, **_options: Any) -> None:
        """Skip the test."""
        self._skipped("rotate_keys()")

    def mint(self, *_arguments: Any, **_options: Any) -> str:
        """Skip the test."""
        self._skipped("mint()")

    def forge(self, *_arguments: Any, **_options: Any) -> Any:
        """Skip the test."""
        self._skipped("forge()")

    def forgeries(self, *_arguments: Any, **_options: Any) -> Any:
        """Skip the test."""
        self._skipped("forgeries()")

    def revoke(self, *_arguments: Any, **_options: Any) -> int:
        """Skip the test."""
        self._skipped("revoke()")

    @property
    def licence_holders(self) -> dict[str, float]:
        """Skip the test."""
        return self._skipped("licence_holders")

    def asgi(self, **_options: Any) -> Any:
        """Skip the test."""
        self._skipped("asgi()")

    def wsgi(self, **_options: Any) -> Any:
        """Skip the test."""
        self._skipped("wsgi()")

    def answer_to(self, names: Names) -> None:
        """Skip the test."""
        del names
        self._skipped("oauthcc_server")

    def reconfigure(self, **_changes: Any) -> None:
        """Skip the test."""
        self._skipped("reconfigure()")

    def reregister(self, **_changes: Any) -> None:
        """Skip the test."""
        self._skipped("reregister()")
