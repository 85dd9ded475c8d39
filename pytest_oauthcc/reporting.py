"""What a test's report says beside its failure: the exchanges in order, and what was noticed about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_oauthcc.explain.hiding import hide
from pytest_oauthcc.explain.notes import notes
from pytest_oauthcc.explain.timeline import timeline
from pytest_oauthcc.rules.behaviour import check_behaviour
from pytest_oauthcc.session import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from pytest_oauthcc.errors import OauthccError

__all__ = ["EXCHANGES", "sections"]

EXCHANGES = "oauthcc: exchanges"


def sections(
    beside: Sequence[tuple[OauthccError, TracebackType | None]] = (), failure: BaseException | None = None
) -> Iterator[tuple[str, str]]:
    """
    Yield the sections for the report of the test that is ending.

    Args:
        beside: What went wrong beside the failure that the test has already.
        failure: That failure; the verdict of a contract shows the exchanges itself.

    Yields:
        Titles and texts.
    """
    providers = [provider for provider in ACTIVE if len(provider.journal_of_test.all)]
    journals = [(provider.name, provider.journal_of_test) for provider in providers]
    secrets = {secret for provider in ACTIVE for secret in provider.secrets}
    behaviour = {provider.name: check_behaviour(provider.journal_of_test.all, provider.scene) for provider in providers}
    findings = [finding for found in behaviour.values() for finding in found]
    shown = timeline(journals, findings=findings, secrets=secrets)
    if shown and not getattr(failure, "shows_exchanges", False):
        yield EXCHANGES, shown
    noticed: list[str] = []
    for provider in providers:
        judged = provider.judge()
        noticed += notes([*judged.notes, *behaviour[provider.name]], judged.allowed)
    if noticed:
        yield "oauthcc: notes", hide("\n".join(noticed), secrets)
    for error, _ in beside:
        yield "oauthcc: besides", str(error)
