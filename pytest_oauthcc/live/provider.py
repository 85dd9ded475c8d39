"""The real provider in the place of the fake: the same object, the same journal, the same rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

from pytest_oauthcc.core.adoption import adopt
from pytest_oauthcc.core.authority import Authority, key_of, site_of
from pytest_oauthcc.core.client_certificates import certificate_thumbprint
from pytest_oauthcc.core.journal import ApiRequest, Exchange, OtherRequest, TokenRequest
from pytest_oauthcc.core.jwt_parts import decode_claims, is_numeric_date
from pytest_oauthcc.core.messages import Answer, NetworkFault, Request, Response
from pytest_oauthcc.core.scopes import as_scopes
from pytest_oauthcc.core.token_endpoint import TokenEndpoint
from pytest_oauthcc.errors import NotServed, TooManyExchanges
from pytest_oauthcc.live.comparing import compare_refusals, compare_tokens, members_of
from pytest_oauthcc.live.learning import Occasion
from pytest_oauthcc.live.objections import objection_to
from pytest_oauthcc.live.real_provider import RealProvider
from pytest_oauthcc.live.scripts import LiveApi, RealScript
from pytest_oauthcc.live.shared_tokens import key_of_request
from pytest_oauthcc.live.sightings import secrets_of_answer, secrets_of_request
from pytest_oauthcc.masking import mask_url
from pytest_oauthcc.transports.passage import Passage
from pytest_oauthcc.transports.switchboard import BOARD, looks_like_token_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_oauthcc.clock import Clock
    from pytest_oauthcc.core.causes import Verdict
    from pytest_oauthcc.core.dialect import Dialect
    from pytest_oauthcc.core.settings import Settings
    from pytest_oauthcc.live.run import LiveRun
    from pytest_oauthcc.profiles import Profile

__all__ = ["LiveProvider"]

_OK = 200
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVER_ERROR = 400, 401, 403, 429, 500
_REFUSALS = frozenset({_UNAUTHORIZED, _FORBIDDEN})
_SKEW = 30.0  # seconds by which two right clocks may differ
_NOBODY_HAS_IT = "oauthcc-a-scope-that-nobody-has"


class LiveProvider(RealProvider):
    """
    A real provider, as a test sees it.

    Requests to its hosts go there, and what comes back is journalled, judged by the same rules, and compared with what
    a fake with the same profile answers to the same request. Where only the token endpoint is real, the API is the fake
    that it always was, and takes the real tokens.

    Args:
        settings: As the target and the test's options say.
        dialect: Of the profile.
        clock: The test's.
        profile: The profile, if one was named.
        run: What the tests of the run share.
    """

    def __init__(
        self, settings: Settings, dialect: Dialect, clock: Clock, profile: Profile | None, run: LiveRun
    ) -> None:
        super().__init__(settings, dialect, clock, profile, run.target)
        self._run = run
        # A second fake that only says what it would have answered; the real tokens are known to the first.
        self._twin = Authority(settings, dialect, clock, find_issued=self._find_issued)
        self.token_endpoint = TokenEndpoint(self._state)
        self.token_endpoint.script = RealScript("the token endpoint", replies_give_way=False)
        if self._target.has_api:
            self.api = LiveApi(self._state, find_issued=self._find_issued, provenance=BOARD.provenance)
        self._binds_to_certificates = settings.certificate_binding != "off"
        self._reused: set[str] = set()

    # --- exchanges

    def takes(self, url: str) -> bool:
        """Whether the URL is on one of the target's hosts, all of which may be reached."""
        return site_of(url)[0] in self._target.hosts

    def receive(self, request: Request, api_path: str | None) -> Answer | Passage:
        """Let one request through; one to the API, where that is a fake, is answered as ever."""
        __tracebackhide__ = True
        if not self.takes(request.url) or (api_path is not None and not self._target.has_api):
            return self.exchange(request, api_path)
        self._refuse_unsafe(request)
        if self._target.certificate is not None and request.via != "requests":
            # Other libraries don't let the twin see what they show; where they showed nothing, the real one says so.
            request = replace(request, client_certificate=self._target.certificate.der)
        self.check_limit()
        if api_path is not None:
            return self._to_api(request, api_path)
        if key_of(request.url) == key_of(self.token_url):
            return self._to_token_endpoint(request)
        if looks_like_token_request(request):
            self._count_token_request()  # another spelling of the URL, or where a redirect leads
        return self._let_through(OtherRequest(request, self.clock.time(), "other"), self._note_other)

    def begin_test(self) -> None:
        """Count anew, and share tokens anew."""
        super().begin_test()
        self._reused.clear()

    def _refuse_unsafe(self, request: Request) -> None:
        __tracebackhide__ = True
        problem = objection_to(request)
        if problem:
            self._refuse(NotServed(f"--oauthcc-live: {request.method} {mask_url(request.url)} {problem}. Not sent."))

    @staticmethod
    def _refuse(error: NotServed | TooManyExchanges) -> NoReturn:
        __tracebackhide__ = True
        BOARD.note_failure(error)
        raise error

    def _let_through(self, entry: Exchange, note: Callable[[Response], None]) -> Passage:
        """Journal a request, judge it, and let it go; ``note`` gets the answer when the client has read it."""
        secrets_of_request(entry, self._run.redactor)
        with self._state.lock:
            self._state.journal.add(entry)
        self.judge_message(entry)

        def came(response: Response, is_complete: bool) -> None:
            if not is_complete:
                self._run.count_exchange()
                entry.outcome = response if response.status else None
                return
            entry.outcome = response
            secrets_of_answer(response, self._run.redactor)
            note(response)

        def failed(error: BaseException) -> None:
            entry.outcome = NetworkFault(_fault_kind(error), f"{type(error).__name__} on the way to the provider")

        return Passage(came, failed)

    def _note_other(self, response: Response) -> None:
        """Nothing is known of the other endpoints that could be compared."""

    # --- the token endpoint

    def _to_token_endpoint(self, request: Request) -> Answer | Passage:
        __tracebackhide__ = True
        with self._twin.state.lock:
            entry, expected = self._twin.token_endpoint.respond(request)
        verdict, entry.verdict, entry.token = entry.verdict, None, None
        fake, entry.outcome = expected.outcome, None
        assert isinstance(fake, Response)  # noqa: S101 - nobody can script the twin
        skew = self._run.skew(self.clock.time())
        self._refuse_moved_clock(entry, skew)
        key = key_of_request(entry, self._state.settings.headers)
        stored = self._run.reusable(key) if fake.status == _OK and abs(skew) < 1 and key not in self._reused else None
        self._reused.add(key)
        if stored is not None:
            return self._reuse(entry, stored)
        self._count_token_request()

        def note(response: Response) -> None:
            self._note_token_answer(entry, fake, response, verdict, skew)
            if response.status == _OK and entry.token is not None:
                self._run.keep(key, response, entry.token.expiry - entry.token.issued)

        return self._let_through(entry, note)

    def _refuse_moved_clock(self, entry: TokenRequest, skew: float) -> None:
        """Skip where the real provider, or the client, would compare the moved clock with a real one."""
        __tracebackhide__ = True
        if abs(skew) <= _SKEW:
            return
        if entry.presented.signed:
            self._skip("the client signs its assertion by the moved clock, and the real provider checks it by its own")
        before = next((other.token for other in reversed(tuple(self.token_requests)) if other.token is not None), None)
        if before is None or before.is_expired(entry.time):
            return
        told = before.claims.get("exp")
        if isinstance(told, int | float) and told <= entry.time:
            self._skip("the client compares the moved clock with the real exp of its token")

    def _count_token_request(self) -> None:
        __tracebackhide__ = True
        if not self._run.quota.take():
            self._refuse(TooManyExchanges(self._run.quota_text()))

    def _skip(self, reason: str) -> NoReturn:
        __tracebackhide__ = True
        self._run.skip_reason = f"--oauthcc-live: {reason}"
        pytest.skip(self._run.skip_reason)

    def _reuse(self, entry: TokenRequest, stored: Response) -> Answer:
        """Answer with a token that an earlier test of this run fetched."""
        __tracebackhide__ = True
        secrets_of_answer(stored, self._run.redactor)  # it may be new to this worker
        entry.outcome = stored
        entry.token = self._adopt(entry, stored, 0.0)
        with self._state.lock:
            self._state.journal.add(entry)
        self.judge_message(entry)
        return Answer(stored)

    def _note_token_answer(
        self, entry: TokenRequest, fake: Response, live: Response, verdict: Verdict | None, skew: float
    ) -> None:
        if _is_bad_day(live):
            self._run.drift.pass_over()
            return
        if live.status == _OK:
            entry.token = self._adopt(entry, live, skew)
        elif fake.status >= _BAD_REQUEST:
            entry.verdict = verdict
        cause = None if verdict is None else verdict.cause
        if _OK in (live.status, fake.status):
            separator = self._state.dialect.scope.separator
            differences = compare_tokens(fake, live, scope_separator=separator)
        else:
            differences = compare_refusals(f"token refusal ({cause})", fake, live)
        self._run.drift.note(differences, BOARD.current_test)
        self._run.lessons.note_token(Occasion(entry, live, cause, self._state.values, entry.token))

    def _adopt(self, entry: TokenRequest, response: Response, skew: float) -> Any:
        """Make the real token known: to the journal, the fake API, and the clock."""
        members = members_of(response) or {}
        claims = decode_claims(str(members.get("access_token", "")))
        scopes = entry.requested_scopes or as_scopes(_texts(claims.get("scope", claims.get("scp"))))
        certificate = entry.request.client_certificate
        is_bound = not claims and certificate is not None and self._binds_to_certificates  # a JWT says so itself
        token = adopt(
            response,
            self._state,
            client_id=entry.client_id or self.client_id,
            scopes=scopes,
            audience=(),  # whoever the real token is for, the fake API takes it
            now=entry.time,
            x5t=certificate_thumbprint(certificate) if is_bound and certificate is not None else None,
        )
        expiry = claims.get("exp")
        if token is not None and "expires_in" not in members and is_numeric_date(expiry):
            token.expiry = expiry + skew
        return token

    # --- the API

    def _to_api(self, request: Request, api_path: str) -> Passage:
        __tracebackhide__ = True
        with self._twin.state.lock:
            entry, expected = self._twin.api.respond(request, api_path)
        verdict, entry.verdict = entry.verdict, None
        fake, entry.outcome = expected.outcome, None
        assert isinstance(fake, Response)  # noqa: S101 - nobody can script the twin
        skew = self._run.skew(self.clock.time())
        token = entry.token
        if token is not None and token.is_expired(entry.time) and not token.is_expired(entry.time - skew):
            self._skip("the token is expired by the moved clock only, and the real API goes by its own")
        return self._let_through(
            entry, lambda response: self._note_api_answer(entry, api_path, fake, response, verdict)
        )

    def _note_api_answer(
        self, entry: ApiRequest, api_path: str, fake: Response, live: Response, verdict: Verdict | None
    ) -> None:
        if _is_bad_day(live):
            self._run.drift.pass_over()
            return
        refused = live.status in _REFUSALS or (live.status == _BAD_REQUEST and verdict is not None)
        if not refused and fake.status < _BAD_REQUEST:
            return  # what the API answers to a good token is its own business
        if refused and verdict is None and live.status == _FORBIDDEN:
            # The fake can't know what scope the API wants; asked for one that nobody has, it shows how it refuses.
            with self._twin.state.lock:
                self._twin.api.require(scope=_NOBODY_HAS_IT)
                again, expected = self._twin.api.respond(entry.request, api_path)
                self._twin.api.require(scope=())
            verdict = again.verdict
            assert isinstance(expected.outcome, Response)  # noqa: S101
            fake = expected.outcome
        cause = None if verdict is None else verdict.cause
        entry.verdict = verdict if refused else None
        self._run.drift.note(compare_refusals(f"API refusal ({cause})", fake, live), BOARD.current_test)
        if refused:
            self._run.lessons.note_api(Occasion(entry, live, cause, self._state.values, entry.token))


def _fault_kind(error: BaseException) -> Literal["refused", "connect_timeout", "read_timeout"]:
    """Return what a network did by the name of the exception, which all HTTP libraries choose alike."""
    name = type(error).__name__.lower()
    if "timeout" not in name:
        return "refused"
    return "connect_timeout" if "connect" in name else "read_timeout"


def _is_bad_day(live: Response) -> bool:
    """Whether the provider has too much to do or is out of order, which says nothing about what it is like."""
    return live.status == _TOO_MANY or live.status >= _SERVER_ERROR


def _texts(claim: Any) -> Any:
    if isinstance(claim, list):
        return [str(item) for item in claim]
    return claim if isinstance(claim, str) else None
