"""What serves and judges behind ``Provider``: the part of it that the switchboard, the plugin and the servers call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_oauthcc.core.authority import Authority
from pytest_oauthcc.core.journal import StrayRequest
from pytest_oauthcc.errors import TooManyExchanges, Violation
from pytest_oauthcc.masking import is_sensitive
from pytest_oauthcc.rules.behaviour import check_elsewhere
from pytest_oauthcc.rules.message import check_message
from pytest_oauthcc.rules.scene import Scene
from pytest_oauthcc.rules.verdicts import failing
from pytest_oauthcc.transports.switchboard import BOARD
from pytest_oauthcc.whereabouts import users_traceback

if TYPE_CHECKING:
    from types import TracebackType

    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.core.api import Api
    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.journal import Exchange, Journal
    from pytest_oauthcc.core.messages import Answer, Request
    from pytest_oauthcc.core.names import Names
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.core.token_endpoint import TokenEndpoint
    from pytest_oauthcc.core.tokens import IssuedToken
    from pytest_oauthcc.profiles import Profile
    from pytest_oauthcc.rules.finding import Finding
    from pytest_oauthcc.rules.verdicts import Judgement
    from pytest_oauthcc.transports.passage import Passage

__all__ = ["ServedProvider"]

_MOST_REFUSED = 20  # exchanges beyond max_exchanges, after which nothing less than the end of the test helps


class ServedProvider:
    """
    A provider as everything but the test sees it: it answers, judges, and keeps what went wrong until somebody asks.

    Args:
        settings: The resolved options.
        dialect: The provider's own ways.
        clock: Decides when a token is expired.
        profile: The profile, if one was named.
    """

    is_live = False

    def __init__(self, settings: Settings, dialect: Dialect, clock: Clock, profile: Profile | None = None) -> None:
        self.profile = profile
        self.clock = clock
        self.name = dialect.name
        self.authority = Authority(settings, dialect, clock, find_issued=self._find_issued, provenance=BOARD.provenance)
        self._state = self.authority.state
        self._allowed: dict[str, str] = dict(settings.allow)
        self._scene: Scene | None = None
        self._broken: list[tuple[Finding, TracebackType | None]] = []
        self._exchanges_before_test = 0
        self._refused_exchanges = 0
        self.token_endpoint: TokenEndpoint = self.authority.token_endpoint
        self.api: Api = self.authority.api

    # --- serving

    def receive(self, request: Request, api_path: str | None) -> Answer | Passage:
        """Answer one request; transports call this through the switchboard."""
        __tracebackhide__ = True
        return self.exchange(request, api_path)

    def takes(self, url: str) -> bool:
        """Whether a request to a URL that is none of the provider's own is for it nevertheless."""
        del url
        return False

    def exchange(self, request: Request, api_path: str | None) -> Answer:
        """Answer one request, and judge it by the rules."""
        __tracebackhide__ = True
        self.check_limit()
        entry, answer = self.authority.serve(request, api_path)
        self.judge_message(entry)
        return answer

    def check_limit(self) -> None:
        """Refuse an exchange beyond ``max_exchanges``."""
        __tracebackhide__ = True
        journal, limit = self._state.journal, self._state.settings.max_exchanges
        if journal.count - self._exchanges_before_test >= limit:
            self._refuse_exchange(limit)

    def _refuse_exchange(self, limit: int) -> NoReturn:
        __tracebackhide__ = True
        with self._state.lock:
            self._refused_exchanges += 1
            refused = self._refused_exchanges
        if refused > _MOST_REFUSED:
            import pytest  # only here: a fake that runs as a process of its own starts without it

            # The client swallows whatever an ``except Exception`` can, and would go on for ever.
            raise pytest.fail.Exception(f"more than {limit:,} exchanges in one test, and no end of them", pytrace=False)
        from pytest_oauthcc.explain.too_many import too_many

        error = TooManyExchanges(too_many(limit, self._state.journal, secrets=self.secrets))
        if refused == 1:
            BOARD.note_failure(error)
        raise error

    def answer_to(self, names: Names) -> None:
        """Be called by the names that a server of this provider has for it, as well as by its own."""
        self.authority.answer_to(names)
        self._scene = None  # the rules have to know them, too

    def begin_test(self) -> None:
        """Count exchanges towards ``max_exchanges`` from here."""
        self._exchanges_before_test = self._state.journal.count
        self._refused_exchanges = 0

    def expiry_of(self, value: str | None) -> tuple[float, float] | None:
        """Tell the clock when a token was issued and when it expires; None asks for the newest one."""
        token = self._state.tokens.newest if value is None else self._state.tokens.get(value)
        return None if token is None else (token.issued, token.expiry)

    def _find_issued(self, value: str) -> IssuedToken | None:
        return self._state.tokens.get(value)

    # --- judging

    @property
    def scene(self) -> Scene:
        """What the rules may know of this provider."""
        if self._scene is None or not self._scene.is_of(self.authority):
            self._scene = Scene.of(self.authority)
        return self._scene

    def judge_message(self, entry: Exchange) -> None:
        """Note which rules a request breaks, with the place of the client that sent it."""
        findings = check_message(entry, self.scene)
        if findings:
            entry.violations = findings
            where = users_traceback()
            with self._state.lock:
                self._broken.extend((finding, where) for finding in findings)

    def overhear(self, request: Request) -> None:
        """Note a request to somebody else, if it carries a token or a secret that is only for this provider."""
        if self._state.settings.api_url is None:
            return  # the API is one of the user's own stubs, wherever that is
        entry = StrayRequest(request, self.clock.time())
        if check_elsewhere(entry, self.scene):
            with self._state.lock:
                self._state.journal.add(entry)  # the behaviour rules will find it there

    def allows(self, rule_id: str) -> bool:
        """Whether a test lets a rule be broken."""
        return rule_id in self._allowed

    @property
    def journal_of_test(self) -> Journal:
        """The journal of the running test alone."""
        return self._state.journal.since(self._exchanges_before_test)

    def judge(self) -> Judgement:
        """Sort the broken rules of the running test into those that fail it, those that are told, and those allowed."""
        entries = self.journal_of_test.all
        findings = [finding for entry in entries for finding in entry.violations]
        return failing(findings, self._state.settings.strict, self._allowed)

    def take_violation(self) -> tuple[Violation, TracebackType | None] | None:
        """Return the failure that broken rules make, with the place of the first request; it is told only once."""
        with self._state.lock:
            broken, self._broken = self._broken, []
        if not broken:
            return None
        judged = failing([finding for finding, _ in broken], self._state.settings.strict, self._allowed)
        if not judged.fails:
            return None
        from pytest_oauthcc.explain.violations import violations

        where = next(where for finding, where in broken if finding is judged.fails[0])
        return Violation(violations(judged.fails, self.journal_of_test, secrets=self.secrets)), where

    @property
    def secrets(self) -> list[str]:
        """What must never be shown."""
        options = self._state.settings.own
        own = [value for name, value in options.items() if isinstance(value, str) and is_sensitive(name)]
        clients = list(self._state.clients.values())  # a copy: others may register meanwhile
        return [*(client.client_secret for client in clients), *own]

    # --- what the contracts change

    def reconfigure(self, **changes: Any) -> None:
        """
        Change settings of a provider that is being served; the contract prepares its checks so.

        Args:
            changes: Fields of ``Settings``; URLs may change in their scheme and query only.
        """
        with self._state.lock:
            self._state.settings = replace(self._state.settings, **changes)
            self._state.values = {**self._state.values, "token_url": self._state.settings.token_url}

    def reregister(self, *, client_id: str | None = None, client_secret: str | None = None) -> None:
        """Give the provider's own client another id or secret, before anybody has asked for the old ones."""
        client = self._state.main_client
        with self._state.lock:
            del self._state.clients[client.client_id]
            client.client_id = client_id or client.client_id
            client.client_secret = client_secret or client.client_secret
            self._state.clients[client.client_id] = client
