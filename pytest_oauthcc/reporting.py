"""What a test's report says beside its failure: the exchanges in order, and what was noticed about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    beside: Sequence[tuple[OauthccError, TracebackType | None]] = (),
) -> Iterator[tuple[str, str]]:
    """
    Yield the sections for the report of the test that is ending.

    Args:
        beside: What went wrong beside the failure that the test has already.

    Yields:
        Titles and texts.
    """
    providers = [provider for provider in ACTIVE if len(provider.journal_of_test.all)]
    journals = [(provider.name, provider.journal_of_test) for provider in providers]
    secrets = [secret for provider in providers for secret in provider.secrets]
    shown = timeline(journals, secrets=secrets)
    if shown:
        yield EXCHANGES, shown
    noticed = []
    for provider in providers:
        judged = provider.judge()
        behaviour = check_behaviour(provider.journal_of_test.all, provider.scene)
        noticed += notes([*judged.notes, *behaviour], judged.allowed)
    if noticed:
        yield "oauthcc: notes", "\n".join(noticed)
    for error, _ in beside:
        yield "oauthcc: besides", str(error)
